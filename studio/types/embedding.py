"""Vectors that place pictures near pictures like them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Embeddings:
    """One vector a sampled frame.

    Attributes:
        frames: int64 ``(n,)``, rising frame numbers.
        vectors: float16 ``(n, d)``, each of length one within rounding, so a dot product is the
            cosine; to be summed in float32 or float64.
        model: name and version of what made them.
    """

    frames: NDArray[np.int64]
    vectors: NDArray[np.float16]
    model: str

    def between(self, start_frame: int, end_frame: int) -> NDArray[np.float16]:
        """float16 ``(m, d)``: the vectors of frames in ``[start_frame, end_frame)``."""
        first, last = np.searchsorted(self.frames, [start_frame, end_frame])
        return self.vectors[first:last]
