"""``studio summary FOOTAGE``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.command import Asked, pipeline_command, run_pipeline


@pipeline_command
def summary(
    footage: Annotated[Path, typer.Argument(metavar="FOOTAGE", help="A film.")],
    ratio: Annotated[
        float,
        typer.Option(help="Share of the film; 0.15 where neither this nor --length is given."),
    ] = 0.0,
    length: Annotated[float, typer.Option(help="Seconds wanted, in place of --ratio.")] = 0.0,
    scorer: Annotated[
        Path | None,
        typer.Option(help="A network of studio train summary; the studio's own editor without."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("summary"),
    loudness: Annotated[float, typer.Option(help="Integrated loudness, LUFS.")] = -14.0,
    *,
    asked: Asked,
) -> None:
    """Make a film shorter by what is important in it.

    Writes summary.mp4, its plan, timelines (.otio, .fcpxml, .edl), importance.csv and a contact
    sheet.
    """
    run_pipeline(
        "summary",
        [footage],
        asked,
        out=out,
        ratio=ratio,
        length_s=length,
        scorer=scorer,
        loudness_lufs=loudness,
    )
