"""``studio report``: tables that a researcher can cite."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.command import AsJson, Budget, DeviceName, Seed, emit, settings_of, stoppable_job

if TYPE_CHECKING:
    from pipelines.report import Result


def report(
    footage: Annotated[
        list[Path], typer.Argument(metavar="FOOTAGE...", help="Films, or folders of films.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the tables.")],
    sampling: Annotated[
        str,
        typer.Option(
            help="Frames a second that are looked at (2, or 1/5), every, or key: one a shot."
        ),
    ] = "2",
    no_speech: Annotated[
        bool, typer.Option("--no-speech", help="Leave out who speaks; it takes longest.")
    ] = False,
    language: Annotated[
        str, typer.Option(help="Of the speech, e.g. en or ko; auto to find out.")
    ] = "auto",
    gallery: Annotated[
        Path | None, typer.Option(help="Folder of known people; the usual one.")
    ] = None,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="No picture of each shot on the page.")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Look again, whatever is stored.")
    ] = False,
    seed: Seed = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is stored and what would be computed.")
    ] = False,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Count what is seen and heard: screen time, speaking time, things, places, cutting rate.

    OUT gets report.html, methods.json, a CSV and a Parquet file of each table, the raw rows
    they were counted from (raw/), an ELAN file (.eaf) and a metadata track (.vtt) of each film.
    """
    with stoppable_job(settings_of(device, memory_budget)) as job:
        from pipelines import report as pipeline

        options = pipeline.Options(
            out=out,
            sampling=sampling,
            speech=not no_speech,
            language=language,
            gallery=gallery,
            thumbnails=not no_pictures,
            cache=not no_cache,
            seed=seed,
            dry_run=dry_run,
        )
        result: Result = pipeline.run(footage, options, job)
    emit(as_json, pipeline.describe(result), lambda: print(pipeline.summarise(result)))
