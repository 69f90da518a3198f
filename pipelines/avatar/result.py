"""What ``studio avatar`` decides and gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.avatar.options import Format

if TYPE_CHECKING:
    from studio.media.film_render import FilmReport


@dataclass(frozen=True)
class AvatarPlan:
    """What would be made.

    Attributes:
        footage: name of the file.
        avatar: name of the character.
        background: as asked for.
        format: ``mp4``, ``prores`` or ``webm``.
        size_wh: of the picture.
        frames: in the film.
        shots: that it is cut into.
        followed_share: of the frames in which the person's face is seen, 0 to 1; None where it
            was not looked at.
        hands_share: the same of a hand.
        lost_s: stretches in which the character rests for want of a face, seconds.
        estimate_s: wall seconds, from a few frames of this footage; None where not estimated.
    """

    footage: str
    avatar: str
    background: str
    format: Format
    size_wh: tuple[int, int]
    frames: int
    shots: int
    followed_share: float | None = None
    hands_share: float | None = None
    lost_s: tuple[tuple[float, float], ...] = ()
    estimate_s: float | None = None


@dataclass(frozen=True)
class Result:
    """What ``studio avatar`` gives.

    Attributes:
        plan: what was decided.
        files: ``film`` or ``preview``, and ``report``; none of a dry run.
        render: of the renderer, None of a dry run or a preview.
        command: that makes the same again.
        wall_s: seconds this run took.
        notes: what a user should know.
    """

    plan: AvatarPlan
    files: dict[str, Path]
    render: FilmReport | None
    command: tuple[str, ...]
    wall_s: float
    notes: tuple[str, ...]
