"""What ``studio filter`` decides and gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.filter.audit import Audit

if TYPE_CHECKING:
    from studio.media.film_render import FilmReport


@dataclass(frozen=True)
class FilterPlan:
    """What would be made.

    Attributes:
        footage: name of the file.
        size_wh: of the upright picture.
        frames: in the film.
        shots: that it is cut into.
        filters: as they were given, in order.
        networks: that are needed, name and version.
        estimate_s: wall seconds of the render, from a few frames of this footage; what
            ``anonymise`` looks for comes on top. None where not estimated.
    """

    footage: str
    size_wh: tuple[int, int]
    frames: int
    shots: int
    filters: tuple[str, ...]
    networks: tuple[str, ...]
    estimate_s: float | None = None


@dataclass(frozen=True)
class Result:
    """What ``studio filter`` gives.

    Attributes:
        plan: what was decided.
        files: ``film`` or ``preview``, ``report``, and ``audit`` where faces were covered;
            none of a dry run.
        audit: of the finished film where faces were covered.
        render: of the renderer, None of a dry run or a preview.
        command: that makes the same again.
        wall_s: seconds this run took.
        notes: what a user should know.
    """

    plan: FilterPlan
    files: dict[str, Path]
    audit: Audit | None
    render: FilmReport | None
    command: tuple[str, ...]
    wall_s: float
    notes: tuple[str, ...]

    @property
    def safe(self) -> bool:
        """Whether nothing was found that should have been covered."""
        return self.audit is None or not self.audit.findings
