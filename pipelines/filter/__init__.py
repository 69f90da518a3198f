"""Filters on whole films: people tracked and covered, adorned or lifted off their background.

``person_matte(rgb, MatteState(net))`` gives how much of each pixel is a person, float32
``(h, w)``; ``net`` is a leased ``studio.adapters.matte.SPEC``. The state is given with every
frame of a shot in turn and ``state.reset()`` at cuts; ``MATTE_LEAD_FRAMES`` before a stretch let
it begin in step.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.filter.describe import describe, summarise
from pipelines.filter.options import Options
from pipelines.filter.person_matte import MATTE_LEAD_FRAMES, MatteState, person_matte
from pipelines.filter.result import Result

if TYPE_CHECKING:
    from studio.jobs.job import Job

__all__ = [
    "MATTE_LEAD_FRAMES",
    "MatteState",
    "Options",
    "Result",
    "describe",
    "person_matte",
    "run",
    "summarise",
]


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Filter one film; see :func:`pipelines.filter.pipeline.run`.

    What it stands on is imported here: looks read the matte alone.
    """
    from pipelines.filter import pipeline

    return pipeline.run(source, options, job)
