"""The One-Euro filter (Casiez, Roussel and Vogel, 2012): steady at rest, quick in movement."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class OneEuro:
    """Smooths points that belong to one thing. For one thread.

    Args:
        rate_hz: of the calls.
        rest_hz: what passes at rest; lower is steadier.
        quick: how much of the speed, in sizes of the thing a second, is added to that.
        speed_hz: what passes of the speed itself.
    """

    def __init__(
        self, rate_hz: float, *, rest_hz: float = 1.5, quick: float = 12.0, speed_hz: float = 1.5
    ) -> None:
        self._rate_hz, self._rest_hz, self._quick = rate_hz, rest_hz, quick
        self._speed_share = self._share(speed_hz)
        self._points: Floats | None = None
        self._given: Floats | None = None
        self._speed: Floats | None = None

    def _share(self, cut_hz: float) -> float:
        return 1 / (1 + self._rate_hz / (2 * math.pi * cut_hz))

    def __call__(self, points: Floats, size: float) -> Floats:
        """The points, smoothed.

        Args:
            points: float32 ``(k, d)``.
            size: of the thing, in the points' unit: speeds are told in sizes a second.
        """
        if self._points is None or self._speed is None or self._given is None:
            self._points, self._given = points, points
            self._speed = np.zeros_like(points)
            return points
        speed = (points - self._given) * np.float32(self._rate_hz)
        self._speed = self._speed + self._speed_share * (speed - self._speed)
        # One pace for all points: a face must not come apart where one corner moves.
        pace = float(np.median(np.linalg.norm(self._speed[:, :2], axis=1))) / max(size, 1e-6)
        share = self._share(self._rest_hz + self._quick * pace)
        self._points = (self._points + share * (points - self._points)).astype(np.float32)
        self._given = points
        return self._points
