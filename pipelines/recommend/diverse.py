"""Maximal marginal relevance (Carbonell and Goldstein, 1998). Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def diverse(
    vectors: NDArray[np.float32], worth: NDArray[np.float64], most: int, diversity: float
) -> list[int]:
    """Rows that are worth much and unlike each other, in the order in which they were chosen.

    Args:
        vectors: float32 ``(n, d)`` of unit length.
        worth: float64 ``(n,)``, 0 to 1.
        most: rows wanted.
        diversity: 0 takes the worthiest; 1 takes, after the worthiest, what is least like
            those taken before.
    """
    left = np.ones(len(worth), np.bool_)
    alike = np.zeros(len(worth))
    chosen: list[int] = []
    while left.any() and len(chosen) < most:
        gain = (1 - diversity) * worth - diversity * alike if chosen else worth
        row = int(np.where(left, gain, -np.inf).argmax())
        chosen.append(row)
        left[row] = False
        alike = np.maximum(alike, vectors @ vectors[row])
    return chosen
