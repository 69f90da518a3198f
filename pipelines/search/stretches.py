"""From what samples show to the frames between which it is true. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.types.shot import Shot

#: A detector that misses a thing for so many samples has lost it, not seen it go.
_MOST_MISSED = 2
#: From so many samples on a shot is long enough for its edges to give way.
_SHOT_OF_SOME = 5


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
                _start(own, int(first), shot),
                _end(own, int(last), shot),
                int(own[first + int(inside.argmax())]),
                inside[inside >= least],
                len(inside),
            )


def _start(samples: NDArray[np.int64], first: int, shot: Shot) -> int:
    return shot.start_frame if first <= _near(samples) else _between(samples, first - 1)


def _end(samples: NDArray[np.int64], last: int, shot: Shot) -> int:
    near = len(samples) - 1 - last <= _near(samples)
    return shot.end_frame if near else _between(samples, last)


def _near(samples: NDArray[np.int64]) -> int:
    """Samples between a stretch and its shot's edge that do not count: a thing that a detector
    finds half a second after a cut was there at the cut, unless the shot is that short."""
    return 1 if len(samples) >= _SHOT_OF_SOME else 0


def _between(samples: NDArray[np.int64], first: int) -> int:
    """Halfway from a sample to the next."""
    return (int(samples[first]) + int(samples[first + 1]) + 1) // 2
