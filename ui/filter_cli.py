"""``studio filter FOOTAGE --apply …``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.command import Asked, Preview, pipeline_command, run_pipeline


@pipeline_command
def filter_film(
    footage: Annotated[Path, typer.Argument(metavar="FOOTAGE", help="A film.")],
    apply: Annotated[
        list[str] | None,
        typer.Option(
            help="A filter; repeatable, each is done to what the one before gave. "
            "background:blur=20 | background:replace=PICTURE or FILM | background:green | "
            "mask:NAME | glasses:NAME | hat:NAME | makeup:natural|evening|bold | "
            "makeup:lips=red,liner | eyes:bigger=0.2 | face:slim=0.2 | look:NAME | grade:NAME | "
            "anonymise:blur|pixelate|drawn[,except=NAME,NAME][,only=NAME] | "
            "box:x,y,w,h[,from=S,to=S]:blur"
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("filtered"),
    gallery: Annotated[
        Path | None, typer.Option(help="Folder of known people; the usual one if left out.")
    ] = None,
    preview: Preview = 0.0,
    *,
    asked: Asked,
) -> None:
    """Filters on the people of a whole film. Gives the film with its sound, a report and, where
    faces are covered, an audit of every frame; exit 1 if a face may still be recognised."""
    result = run_pipeline(
        "filter",
        footage,
        asked,
        out=out,
        apply=tuple(apply or ()),
        gallery=gallery,
        preview_s=preview,
    )
    if not result.safe:
        raise typer.Exit(1)
