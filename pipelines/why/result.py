"""What ``studio why`` decides and gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio.media.film_render import FilmReport


@dataclass(frozen=True)
class Moment:
    """One frame that was looked at.

    Attributes:
        frame: number of it.
        second: on the source clock.
        score: what the model says of the whole frame (see ``WhyPlan.unit``).
        x, y: where the most speaks for it, in shares of the picture; -1 where nothing does.
        said: what the score is of, where that differs from frame to frame.
    """

    frame: int
    second: float
    score: float
    x: float
    y: float
    said: str = ""


@dataclass(frozen=True)
class WhyPlan:
    """What would be made.

    Attributes:
        footage: name of the file.
        size_wh: of the upright picture.
        frames: in the stretch that is explained.
        start_frame: its first.
        shots: that the film is cut into.
        question: what is explained, ``lion``.
        kind: ``word``, ``object``, ``expression`` or ``like``.
        method: how the maps come about, with its source.
        unit: what a score says.
        classes: names of the classes that the question stands for.
        samples: frames that are looked at.
        networks: that are needed, name and version.
    """

    footage: str
    size_wh: tuple[int, int]
    frames: int
    start_frame: int
    shots: int
    question: str
    kind: str
    method: str
    unit: str
    classes: tuple[str, ...]
    samples: int
    networks: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """What ``studio why`` gives.

    Attributes:
        plan: what was decided.
        moments: of each frame that was looked at, in order.
        files: ``film`` or ``preview``, ``report``, and ``still-SECONDS`` each; none of a dry run.
        render: of the renderer; None of a dry run or a stretch.
        command: that makes the same again.
        wall_s: seconds this run took.
        notes: what a user should know.
    """

    plan: WhyPlan
    moments: tuple[Moment, ...]
    files: dict[str, Path]
    render: FilmReport | None
    command: tuple[str, ...]
    wall_s: float
    notes: tuple[str, ...]
