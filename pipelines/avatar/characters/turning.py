"""A head that turns though it is drawn flat: every point has a depth, and is turned by it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.floating[Any]]

#: How far a head is turned and nodded at most, radians: drawn flat, it breaks beyond.
MOST_YAW, MOST_PITCH = 0.72, 0.5
#: Half axes of the face's front as an ellipsoid: across, up and down, towards the viewer.
_ACROSS, _UP, _DEEP = 1.02, 1.35, 0.66
#: How much of the narrowing of a flat disc a head shows: its back comes into view instead.
_NARROWING = 0.3


class Turn:
    """Where points of a head are seen.

    Args:
        yaw, pitch: radians, as of an ``Expression``; softly held to what can be drawn.
        jaw: 0 to 1, how far the chin is dropped.
    """

    def __init__(self, yaw: float = 0.0, pitch: float = 0.0, jaw: float = 0.0) -> None:
        self.yaw = MOST_YAW * float(np.tanh(yaw / MOST_YAW))
        self.pitch = MOST_PITCH * float(np.tanh(pitch / MOST_PITCH))
        self._sin = float(np.sin(self.yaw)), float(np.sin(self.pitch))
        self._cos = float(np.cos(self.yaw)), float(np.cos(self.pitch))
        self._jaw = jaw

    def plate(self, points: ArrayLike, depth: float | Points = 0.0) -> Points:
        """Points of a flat thing at a depth; above 0 before the head's middle."""
        at = np.asarray(points, np.float64)
        x = at[:, 0] * self._cos[0] + depth * self._sin[0]
        # What is turned up or down moves along: nodding brings high points forward.
        y = at[:, 1] * self._cos[1] + depth * self._sin[1]
        return np.stack([x, y], axis=1)

    def surface(self, points: ArrayLike, lift: float = 0.0) -> Points:
        """Points drawn on the face; ``lift`` units before it."""
        at = np.asarray(points, np.float64)
        inside = 1 - (at[:, 0] / _ACROSS) ** 2 - (at[:, 1] / _UP) ** 2
        return self.plate(at, _DEEP * np.sqrt(np.clip(inside, 0, 1)) + lift)

    def edge(self, points: ArrayLike, depth: float = 0.0) -> Points:
        """Points of the head's outline, the chin dropped by the jaw."""
        at = np.array(points, np.float64)
        low = np.clip((at[:, 1] - 0.1) / 0.9, 0, 1)
        low = low * low * (3 - 2 * low)
        at[:, 1] += 0.14 * self._jaw * low
        away = depth + 0.06 + 0.22 * low
        x = at[:, 0] * (1 - _NARROWING * (1 - self._cos[0])) + away * self._sin[0]
        y = at[:, 1] * (1 - _NARROWING * (1 - self._cos[1])) + away * self._sin[1]
        return np.stack([x, y], axis=1)

    def wrap(self, points: ArrayLike) -> Points:
        """Points ``(n, 3)`` of what lies about the head, each with its own depth."""
        at = np.asarray(points, np.float64)
        x = at[:, 0] * (1 - _NARROWING * (1 - self._cos[0])) + at[:, 2] * self._sin[0]
        y = at[:, 1] * (1 - _NARROWING * (1 - self._cos[1])) + at[:, 2] * self._sin[1]
        # A hairline does not come round the far side: it ends at the head's edge.
        half = 0.80 * np.sqrt(np.clip(1 - np.abs(at[:, 1] / 1.3) ** 6, 0, 1)) - 0.035
        middle = 0.08 * self._sin[0]
        near = at[:, 2] > 0.12
        x = np.where(near, np.clip(x, middle - half, middle + half), x)
        return np.stack([x, y], axis=1)


def mirrored(half: ArrayLike) -> Points:
    """A closed outline from its half on the right, from top to bottom."""
    right = np.asarray(half, np.float64)
    left = right[::-1] * ((-1, 1) if right.shape[1] == 2 else (-1, 1, 1))
    first = 1 if abs(right[-1, 0]) < 1e-9 else 0
    last = len(left) - 1 if abs(right[0, 0]) < 1e-9 else len(left)
    return np.concatenate([right, left[first:last]])
