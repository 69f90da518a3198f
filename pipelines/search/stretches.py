"""From what samples show to the frames between which it is true. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.types.media import FrameTimes
from studio.types.shot import Shot

#: A detector that misses a thing for so many samples has lost it, not seen it go.
_MOST_MISSED = 2


@dataclass(frozen=True)
class Stretch:
    """Frames of one shot in which something is to be seen.

    Attributes:
        shot: number of the shot.
        start_frame, end_frame: half-open. Where the first or last sample of a shot shows it,
            the shot's own edge; else the middle between a sample that shows it and one that
            does not.
        peak_frame: the sample that shows it best.
        values: float64 ``(k,)``, how plain it is on the samples that show it.
        samples: how many samples the stretch has.
    """

    shot: int
    start_frame: int
    end_frame: int
    peak_frame: int
    values: NDArray[np.float64]
    samples: int


def stretches(
    frames: NDArray[np.int64],
    values: NDArray[np.floating],
    least: float,
    shots: Sequence[Shot],
    most_missed: int = _MOST_MISSED,
) -> Iterator[Stretch]:
    """Where values reach a level, shot by shot.

    Args:
        frames: int64 ``(n,)``, rising: the samples.
        values: ``(n,)``.
        least: from where on something is to be seen.
        shots: tile the footage.
        most_missed: samples below the level that a stretch may bridge.
    """
    for number, shot in enumerate(shots):
        low, high = np.searchsorted(frames, [shot.start_frame, shot.end_frame])
        own, there = frames[low:high], values[low:high]
        shown = np.flatnonzero(there >= least)
        if not len(shown):
            continue
        breaks = np.flatnonzero(np.diff(shown) > most_missed + 1)
        edges = np.concatenate([[0], breaks + 1, [len(shown)]])
        for first, last in zip(shown[edges[:-1]], shown[edges[1:] - 1], strict=True):
            inside = there[first : last + 1].astype(np.float64)
            yield Stretch(
                number,
                shot.start_frame if first == 0 else int(own[first - 1] + own[first] + 1) // 2,
                shot.end_frame if last == len(own) - 1 else int(own[last] + own[last + 1] + 1) // 2,
                int(own[first + int(inside.argmax())]),
                inside[inside >= least],
                len(inside),
            )


def seconds(times: FrameTimes, start_frame: int, end_frame: int) -> tuple[float, float]:
    """When a stretch begins and ends on the source clock."""
    return float(times.start(start_frame)), float(times.start(end_frame))
