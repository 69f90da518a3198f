"""Looks on whole films and on photos: painted, colour tables, grades; steady and resumable."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.stylize.describe import describe, summarise
from pipelines.stylize.options import Options
from pipelines.stylize.result import Result

if TYPE_CHECKING:
    from studio.jobs.job import Job

__all__ = ["Options", "Result", "describe", "run", "summarise"]


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Lay looks over one film; see :func:`pipelines.stylize.pipeline.run`.

    What it stands on is imported here: the page reads the options alone, and has to be ready soon.
    """
    from pipelines.stylize import pipeline

    return pipeline.run(source, options, job)
