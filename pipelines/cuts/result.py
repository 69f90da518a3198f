"""What ``studio cuts`` gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.analysis.cut_corrections import Boundary, CutCorrections
from studio.types.media import FrameTimes, MediaInfo
from studio.types.shot import Shot


@dataclass(frozen=True)
class Cut:
    """A cut, and whose it is.

    Attributes:
        boundary: where it lies.
        found_by: ``model``, ``person``, or ``removed`` for one that a model found and a person
            said is none.
        was: where it was at first, for one that a person moved.
    """

    boundary: Boundary
    found_by: str
    was: Boundary | None = None


@dataclass(frozen=True)
class Result:
    """The cuts of a film.

    Attributes:
        media, times: of the film.
        model: name and version of what found cuts.
        shots: as every pipeline sees them now; on a dry run as it would.
        cuts: in order, those that were removed among them.
        corrections: all that was decided.
        changed: what this run said, one line each.
        file: where the decisions lie.
        files: that were written, by what they are.
        notes: what a user should know.
        wall_s: seconds this run took.
    """

    media: MediaInfo
    times: FrameTimes
    model: str
    shots: tuple[Shot, ...]
    cuts: tuple[Cut, ...]
    corrections: CutCorrections
    changed: tuple[str, ...]
    file: Path
    files: dict[str, Path]
    notes: tuple[str, ...]
    wall_s: float
