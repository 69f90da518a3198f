"""Filters on whole films: people tracked and covered, adorned or lifted off their background."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.filter.describe import describe, summarise
from pipelines.filter.options import Options
from pipelines.filter.result import Result

if TYPE_CHECKING:
    from studio.jobs.job import Job

__all__ = ["Options", "Result", "describe", "run", "summarise"]


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Filter one film; see :func:`pipelines.filter.pipeline.run`.

    What it stands on is imported here: the page reads the options alone, and has to be ready soon.
    """
    from pipelines.filter import pipeline

    return pipeline.run(source, options, job)
