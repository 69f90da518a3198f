"""Clocks that jump: recordings joined end to end, and time stamps hurt by damage.

Within a file, times should rise, but for the few frames that are stored out of order. Where
they fall back, or leap in a format
whose clock may restart (MPEG streams), what follows is put right behind what came before.
A stretch that leaps away and returns - one damaged time stamp - is brought back in place.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

#: A step back beyond this is a jump; less is disorder that decoders tolerate.
_BACK_S = Fraction(1, 2)
#: A step forward beyond this may be a jump.
_AHEAD_S = Fraction(10)
#: Frames that may be out of order.
_REORDERED = 20


@dataclass(frozen=True)
class ClockJumps:
    """What to add to the time stamps of a stream, by place in the file.

    Attributes:
        packets: number of the packet from which a shift holds, rising; empty for a steady
            clock.
        shifts: ticks to add.
    """

    packets: tuple[int, ...] = ()
    shifts: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.packets)

    def at(self, packet: int) -> int:
        """The shift of a packet, by its number in the file."""
        place = bisect_right(self.packets, packet) - 1
        return self.shifts[place] if place >= 0 else 0

    def for_all(self, count: int) -> NDArray[np.int64]:
        """The shift of each of the first ``count`` packets."""
        shifts = np.zeros(count, np.int64)
        for packet, shift in zip(self.packets, self.shifts, strict=True):
            shifts[packet:] = shift
        return shifts


def _usual_step(stamps: NDArray[np.int64]) -> int:
    steps = np.diff(np.unique(stamps))
    return int(np.median(steps)) if len(steps) else 0


def find_jumps(stamps: NDArray[np.int64], base: Fraction, restarts: bool) -> ClockJumps:
    """Where a clock jumps, and the shifts that mend it.

    Args:
        stamps: time stamps in ticks, in the order of the file.
        base: seconds a tick.
        restarts: whether the format lets a clock start anew, forwards too.
    """
    if len(stamps) < 2:
        return ClockJumps()
    usual = _usual_step(stamps)
    back = -max(int(_BACK_S / base), _REORDERED * usual)
    ahead = max(int(_AHEAD_S / base), _REORDERED * usual)
    steps = np.diff(stamps)
    edges = np.flatnonzero((steps < back) | (steps > ahead))
    falls = edges[steps[edges] < back]
    if not len(edges) or not (len(falls) or restarts):
        return ClockJumps()
    packets: list[int] = []
    shifts: list[int] = []
    usual = _usual_step(stamps[: edges[0] + 1]) or usual
    shift, ends = 0, int(stamps[: edges[0] + 1].max())
    for edge, stop in zip(edges, [*edges[1:], len(stamps) - 1], strict=True):
        part = stamps[edge + 1 : stop + 1]
        first, due = int(part.min()), ends + usual
        homes = [s for s in (0, *shifts) if back <= first + s - due <= ahead]
        if homes:
            shift = homes[0]
        elif steps[edge] < 0 or restarts or (falls > edge).any():
            shift = due - first
        # else: a long gap that nothing contradicts
        packets.append(int(edge) + 1)
        shifts.append(shift)
        ends = int(part.max()) + shift
    return ClockJumps(tuple(packets), tuple(shifts))
