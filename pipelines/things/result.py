"""What ``studio things find`` gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True)
class Seen:
    """A thing that stands in the picture for a while.

    Attributes:
        name: of the thing.
        start, end: seconds on the source clock, from the first sample it is seen on to the one
            behind the last; half-open.
        frame: where most of it agrees with a reference.
        corners: where that reference's corners lie there, in shares of the picture.
        reference: the picture's source.
        agreeing: matches there.
        score: 0 to 1.
        samples: on how many it was seen.
        how: ``points`` where local features agree; for a thing without a pattern ``region``
            where a region looks like it, ``maybe`` where that is less sure.
    """

    name: str
    start: Fraction
    end: Fraction
    frame: int
    corners: tuple[tuple[float, float], ...]
    reference: str
    agreeing: int
    score: float
    samples: int
    how: str = "points"


@dataclass(frozen=True)
class Result:
    """What was found.

    Attributes:
        film: the footage.
        seen: by their start.
        looked_for: names, with the number of their pictures.
        files: ``things`` (JSON) and a picture of each sighting; none without ``out``.
        notes: what a user should know.
        wall_s: seconds this run took.
    """

    film: Path
    seen: tuple[Seen, ...]
    looked_for: Mapping[str, int]
    files: Mapping[str, Path] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    wall_s: float = 0.0
