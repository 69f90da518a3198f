"""``studio summary FOOTAGE``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.command import AsJson, Budget, DeviceName, Seed, emit, settings_of, stoppable_job


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
    seed: Seed = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan and what rendering it will cost.")
    ] = False,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Make a film shorter by what is important in it.

    Writes summary.mp4, its plan, timelines (.otio, .fcpxml, .edl), importance.csv and a contact
    sheet.
    """
    with stoppable_job(settings_of(device, memory_budget)) as job:
        from pipelines import summary as pipeline

        options = pipeline.Options(
            out=out,
            ratio=ratio,
            length_s=length,
            scorer=scorer,
            loudness_lufs=loudness,
            seed=seed,
            dry_run=dry_run,
        )
        result = pipeline.run([footage], options, job)
    emit(as_json, pipeline.describe(result), lambda: print(pipeline.summarise(result)))
