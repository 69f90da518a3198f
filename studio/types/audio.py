"""Decoded sound."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class AudioClip:
    """A stretch of sound.

    Attributes:
        samples: float32 ``(channels, n)``, full scale is 1.
        rate_hz: samples a second.
        start: seconds on the source clock of the first sample.
    """

    samples: NDArray[np.float32]
    rate_hz: int
    start: Fraction = Fraction(0)

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return Fraction(self.samples.shape[1], self.rate_hz)

    @property
    def mono(self) -> NDArray[np.float32]:
        """float32 ``(n,)``: the mean of the channels."""
        mean: NDArray[np.float32] = self.samples.mean(axis=0, dtype=np.float32)
        return mean
