"""``studio why FOOTAGE --word … | --object … | --expression … | --like … | --hit N``."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from ui.command import Asked, Preview, pipeline_command, run_pipeline


@pipeline_command
def why(
    footage: Annotated[
        Path, typer.Argument(metavar="FOOTAGE", help="A film; with --hit the search.json.")
    ],
    word: Annotated[
        str, typer.Option(help="A scene word, English or Korean: lion, flower, 자동차, …")
    ] = "",
    thing: Annotated[
        str, typer.Option("--object", help="A kind of thing the detector knows: dog, bus, …")
    ] = "",
    expression: Annotated[
        str, typer.Option(help="happy, sad, angry, …, or any: what the faces have.")
    ] = "",
    like: Annotated[
        str, typer.Option(metavar="PICTURE|FILE@SECONDS", help="What makes it look like this.")
    ] = "",
    hit: Annotated[
        int, typer.Option(help="An answer of studio search --out DIR: its number in search.json.")
    ] = 0,
    at: Annotated[
        list[float] | None,
        typer.Option("--at", metavar="SECONDS", help="Write this picture, too. Repeatable."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("why"),
    preview: Preview = 0.0,
    sample_rate: Annotated[float, typer.Option(help="Frames a second that are looked at.")] = 4.0,
    *,
    asked: Asked,
) -> None:
    """Show what in the picture speaks for an answer: a heat map that moves with the content.

    Gives the film with the map drawn over it (.why.mp4), a picture for each --at (.why.png), and
    a report with the score and the strongest place of each frame that was looked at.
    """
    run_pipeline(
        "why",
        footage,
        asked,
        out=out,
        word=word,
        thing=thing,
        expression=expression,
        like=like,
        hit=hit,
        stills_s=tuple(at or ()),
        preview_s=preview,
        sample_rate=Fraction(sample_rate).limit_denominator(1000),
    )
