"""What is heard beside words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

#: What a stretch of sound can be called.
LABELS = ("music", "applause", "silence")
#: What a single noise can be called.
NOISES = ("bang", "alarm")


@dataclass(frozen=True)
class SoundEvent:
    """A stretch of sound that a viewer who cannot hear would want told.

    Attributes:
        start, end: seconds on the source clock; half-open.
        label: one of :data:`LABELS`, or of a noise one of :data:`NOISES`.
        score: how clear the case is, 0 to 1; made of plain measures, not a probability.
    """

    start: Fraction
    end: Fraction
    label: str
    score: float
