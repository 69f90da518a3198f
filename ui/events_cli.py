"""``studio events FOOTAGE --out DIR``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.command import Asked, pipeline_command, run_pipeline


@pipeline_command
def events(
    footage: Annotated[Path, typer.Argument(metavar="FOOTAGE", help="A film.")],
    abnormal: Annotated[
        str, typer.Option(help="Things that should not be seen here: dog,knife,truck.")
    ] = "",
    sound: Annotated[
        bool, typer.Option("--sound/--no-sound", help="Listen for bangs, alarms and silences.")
    ] = True,
    loiter: Annotated[
        float, typer.Option(help="Seconds in one place, while others pass, that are loitering.")
    ] = 20.0,
    least_score: Annotated[float, typer.Option(help="0 to 1; events below are left out.")] = 0.3,
    clips: Annotated[
        bool, typer.Option("--clips", help="Write each event as a film, too.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the table, pictures and timelines; none is written."),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Look again, whatever is stored.")
    ] = False,
    *,
    asked: Asked,
) -> None:
    """What does not fit: wrong way, running, loitering, a crowd that scatters, noises, things.

    With --out: events.json and .csv, a picture of each, timelines for editing programs
    (.plan.json, .otio, .fcpxml, .edl) and a contact sheet; with --clips a film of each.
    """
    run_pipeline(
        "events",
        footage,
        asked,
        out=out,
        abnormal=tuple(name.strip() for name in abnormal.split(",") if name.strip()),
        sound=sound,
        loiter_s=loiter,
        least_score=least_score,
        clips=clips,
        cache=not no_cache,
    )
