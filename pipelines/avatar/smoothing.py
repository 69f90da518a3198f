"""Signals made calm without making them late."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def one_euro(values: Floats, fps: float, least_hz: Floats, beta: Floats) -> Floats:
    """The One-Euro filter (Casiez and others, CHI 2012): calm at rest, prompt in motion.

    It is run forwards and backwards and the mean taken: what one pass delays, the other brings
    early, so that nothing lags.

    Args:
        values: ``(n, k)``, one column a signal, without gaps.
        fps: rows a second.
        least_hz: ``(k,)``, cutoff at rest.
        beta: ``(k,)``, Hz more for each unit a second.
    """
    ahead = _pass(values, fps, least_hz, beta)
    back = _pass(values[::-1], fps, least_hz, beta)[::-1]
    return (ahead + back) / 2


def _pass(values: Floats, fps: float, least_hz: Floats, beta: Floats) -> Floats:
    made = np.array(values, np.float64)
    if not len(made):
        return made
    speed = np.zeros(values.shape[1])
    share_of_speed = _share(np.ones(1), fps)
    for row in range(1, len(made)):
        speed += share_of_speed * ((values[row] - made[row - 1]) * fps - speed)
        share = _share(least_hz + beta * np.abs(speed), fps)
        made[row] = made[row - 1] + share * (values[row] - made[row - 1])
    return made


def _share(cutoff_hz: Floats, fps: float) -> Floats:
    """How much of a new value a low pass of first order takes."""
    turn = 2 * np.pi * cutoff_hz / fps
    return np.asarray(turn / (turn + 1))


def runs(there: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches where something is there, half-open."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def bridged(values: Floats, there: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """Fill gaps of at most ``most`` rows between rows that are there, in place, by straight
    lines; gives what is there now."""
    now = there.copy()
    for (_, end), (start, _) in zip(runs(there)[:-1], runs(there)[1:], strict=True):
        if start - end <= most:
            share = (np.arange(end, start) - (end - 1)) / (start - end + 1)
            step = values[start] - values[end - 1]
            values[end:start] = values[end - 1] + share.reshape(-1, *[1] * step.ndim) * step
            now[end:start] = True
    return now


def eased(there: NDArray[np.bool_], rise: int, fall: int) -> Floats:
    """0 to 1: how much something is there, without jumps but at the first row.

    Args:
        there: ``(n,)``.
        rise, fall: rows from nothing to all, and back.
    """
    share = np.zeros(len(there))
    now = float(there[0]) if len(there) else 0.0
    for row, seen in enumerate(there):
        if row:
            now = min(1.0, now + 1 / max(rise, 1)) if seen else max(0.0, now - 1 / max(fall, 1))
        share[row] = now
    return share * share * (3 - 2 * share)
