"""Where on the timeline a cut may fall, and how well it falls there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Without music cuts fall on a grid of about so many a second, fine enough to be felt as free.
_FREE_HZ = 12.5
#: A length this many times the wanted one, or more, is not tried.
_LONGEST_STRETCH = 3.0


@dataclass(frozen=True)
class Pulse:
    """Timeline frames a cut may fall on.

    Attributes:
        frames: int64 ``(n,)``, rising.
        strength: float64 ``(n,)``: 1 on a downbeat, 0.5 on a beat, 0 elsewhere.
        musical: whether these are beats.
        climax_frame: where the music rises most, or None.
    """

    frames: NDArray[np.int64]
    strength: NDArray[np.float64]
    musical: bool = False
    climax_frame: int | None = None

    @classmethod
    def free(cls, frames: int, fps: float) -> Pulse:
        """An even grid, for a cut without music."""
        grid = np.arange(0, frames + 1, max(1, round(fps / _FREE_HZ)), dtype=np.int64)
        return cls(grid, np.zeros(len(grid)))

    def nearest(self, frame: int, low: int, high: int, fps: float) -> int | None:
        """The pulse in ``[low, high]`` nearest to a frame; a downbeat may be half a second off.

        None where there is none.
        """
        inside = (self.frames >= low) & (self.frames <= high)
        if not inside.any():
            return None
        grid, strength = self.frames[inside], self.strength[inside]
        return int(grid[np.argmin(np.abs(grid - frame) / fps - 0.5 * strength)])


def tile(
    pulse: Pulse,
    start: int,
    end: int,
    want: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    least_frames: int,
    weak_cost: float,
) -> list[int]:
    """Cut ``[start, end)`` at pulses so that the lengths come nearest to what is wanted.

    Dynamic programming over the pulses: the sum of squared log ratios of length to wish, each
    weighed by its length, plus a cost for every cut on a weak pulse, is least.

    Args:
        pulse: where cuts may fall; ``start`` and ``end`` are taken as given.
        start, end: timeline frames.
        want: wished length in frames, at each of some frames.
        least_frames: no part is shorter, unless the whole is.
        weak_cost: what a cut off the downbeat costs, 0.1 being a little.

    Returns:
        the frames at which the parts start, ``start`` first.
    """
    inside = (pulse.frames >= start + least_frames) & (pulse.frames <= end - least_frames)
    points = np.concatenate(([start], pulse.frames[inside], [end]))
    weak = np.concatenate(([0.0], (1 - pulse.strength[inside]) * weak_cost, [0.0]))
    best = np.full(len(points), np.inf)
    best[0] = 0.0
    came_from = np.zeros(len(points), np.int64)
    for at in range(1, len(points)):
        lengths = (points[at] - points[:at]).astype(np.float64)
        wished = want((points[at] + points[:at]) / 2)
        # Weighed by length: a long part that is too long is wrong for longer.
        cost = best[:at] + np.log(lengths / wished) ** 2 * lengths / wished + weak[at]
        cost[lengths < least_frames] = np.inf
        cost[(lengths > _LONGEST_STRETCH * wished) & (lengths > 2 * least_frames)] += 10.0
        came_from[at] = int(np.argmin(cost))
        best[at] = cost[came_from[at]]
    if not np.isfinite(best[-1]):
        return [start]
    cuts, at = [], len(points) - 1
    while at > 0:
        at = int(came_from[at])
        cuts.append(int(points[at]))
    return cuts[::-1]
