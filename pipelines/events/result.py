"""What ``studio events`` gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from studio.types.media import MediaInfo


@dataclass(frozen=True)
class OddEvent:
    """Something that does not fit.

    Attributes:
        kind: ``wrong way``, ``running``, ``loitering``, ``scatter``, ``bang``, ``alarm``,
            ``silence`` or the class of a thing declared abnormal.
        start, end: seconds on the source clock; half-open.
        score: 0 to 1, how far from what is usual; of a thing the detector's confidence.
        reason: why, in words with the figures that decided.
        body_tracks: of the people it is about; empty for things and sounds.
        frame: to look at; -1 where there is no picture.
        xyxy: what to look at there, in shares of the picture; None for all of it.
    """

    kind: str
    start: Fraction
    end: Fraction
    score: float
    reason: str
    body_tracks: tuple[int, ...] = ()
    frame: int = -1
    xyxy: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Result:
    """What was found.

    Attributes:
        media: the footage.
        events: by their start.
        people: tracks of bodies that were looked at.
        files: ``table``, ``csv``, timelines, pictures; none without ``out``.
        stored, computed: parts of the analysis.
        notes: what a user should know.
        wall_s: seconds this run took.
    """

    media: MediaInfo
    events: tuple[OddEvent, ...]
    people: int
    files: Mapping[str, Path] = field(default_factory=dict)
    stored: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    wall_s: float = 0.0
