"""Who speaks when."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Turn:
    """A stretch in which one person speaks.

    Attributes:
        start, end: seconds on the source clock; half-open. Boundaries lie between words.
        speaker: label, ``S1``; empty where nobody known fits.
        confidence: how much nearer this voice is than the next, 0 to 1.
    """

    start: Fraction
    end: Fraction
    speaker: str
    confidence: float


@dataclass(frozen=True)
class Speakers:
    """Who speaks in one file.

    Attributes:
        labels: ``S1``, ``S2`` … in order of appearance.
        voices: float32 ``(len(labels), d)``, what each voice is like; unit length.
        words: the label of each word of the transcript, empty where it is not known.
        turns: in order of time.
        overlaps: half-open ``(start, end)`` in seconds where two seem to speak at once.
    """

    labels: tuple[str, ...]
    voices: NDArray[np.float32]
    words: tuple[str, ...]
    turns: tuple[Turn, ...]
    overlaps: tuple[tuple[Fraction, Fraction], ...] = ()
