"""``studio cuts FOOTAGE``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.errors import RequestError
from ui.command import Asked, pipeline_command, run_pipeline


@pipeline_command
def cuts(
    footage: Annotated[Path, typer.Argument(metavar="FOOTAGE", help="A film.")],
    remove: Annotated[
        list[str] | None, typer.Option(metavar="TIME", help="Here is no cut. Repeatable.")
    ] = None,
    move: Annotated[
        list[str] | None,
        typer.Option(metavar="TIME=TIME", help="This cut lies there. Repeatable."),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIME",
            help="Here is a cut: the first frame of the new shot; START-END for a gradual one. "
            "Repeatable.",
        ),
    ] = None,
    kind: Annotated[
        str, typer.Option(help="Of gradual ones that are added: dissolve or fade.")
    ] = "dissolve",
    undo: Annotated[bool, typer.Option("--undo", help="Take the last decision back.")] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Look again, whatever is stored.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the cuts as files; none is written.")
    ] = None,
    *,
    asked: Asked,
) -> None:
    """Where shots end, and who says so; keeps what you say for every later run and model.

    Without --remove, --move and --add it lists the cuts. A TIME is seconds (12.48, 1:02.5), a
    frame (f312) or a time code (00:00:12:12). What is decided is kept apart from the analysis:
    trailers, summaries, search, reports, looks and filters all see the cuts as they are listed.

    With --out: cuts.csv, and the film in its shots as cuts.otio, cuts.fcpxml, cuts.edl.
    """
    run_pipeline(
        "cuts",
        footage,
        asked,
        remove=tuple(remove or ()),
        move=tuple(_both(text) for text in move or ()),
        add=tuple(add or ()),
        kind=kind,
        undo=undo,
        cache=not no_cache,
        out=out,
    )


def _both(text: str) -> tuple[str, str]:
    old, mark, new = text.partition("=")
    if not mark or not old.strip() or not new.strip():
        raise RequestError(
            f"--move {text} names no two times.", "Write where it is and belongs: --move 12.48=12.6"
        )
    return old, new
