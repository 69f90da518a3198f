"""How much pictures of 48x27 change: a cheap measure that says where a shot cannot end, and
whether a change stays.

Differences are of means over 3x3 pixels, so that noise counts little, and are divided by the
pictures' own contrast, so that a cut between two dark pictures counts as much as between two
bright ones.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.analysis.growing import GrowingArray
from pipelines.analysis.transitions import F32

#: Of everything below; part of what a stored result was made by.
VERSION = 1
#: Difference of neighbours above which a cut may lie between them. The least cut among the 107
#: of a music video shows 0.33, of 81 joined ones 0.49; half of the frames stay below 0.07.
JUMP = 0.12
#: Difference over the long baseline above which a gradual transition may lie in it. The least
#: of 75 joined ones of 8 to 40 frames shows 0.66.
DRIFT = 0.25
LONG = 24
#: Frames before and after a possible transition that are looked at with it.
AROUND = 8

_FLASH = 6  # frames after which a picture that comes back ends a flash
_CELL = 3
_STILL = 6.0  # levels of 255 that count as nothing in a picture without contrast
_BRIGHTNESS = np.array([0.2126, 0.7152, 0.0722], np.float32)  # ITU-R BT.709


class ChangeMeter:
    """Measures footage as it comes and hands the frames on once it is known whether the
    network has to see them. Holds the last frames and eight numbers a frame.
    """

    #: Frames that wait: one is wanted if a change is found up to this many frames later.
    DELAY = LONG + AROUND

    def __init__(self) -> None:
        self._frames = np.zeros((0, 27, 48, 3), np.uint8)  # waiting
        self._cells = np.zeros((0, 27 * 48 * 3 // _CELL**2), np.float32)  # the last LONG
        # Of the waiting frames and AROUND before them: may a transition begin or end here?
        self._jumps = np.zeros(AROUND, np.bool_)
        self._drifts = np.zeros(AROUND, np.bool_)
        self._brightest = GrowingArray(np.float32)
        self._distances = GrowingArray(np.float32, _FLASH)  # from the frames up to so many before

    def push(self, frames: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """The next frames.

        Args:
            frames: uint8 ``(n, 27, 48, 3)``.

        Returns:
            Frames in order, each once, and for each whether a transition may be near.
        """
        cells, brightest = _cells(frames)
        known = np.concatenate([self._cells, cells])
        contrast = known.std(axis=1)
        count = len(cells)
        near = np.stack([_distances(known, contrast, count, n) for n in range(1, _FLASH + 1)])
        self._brightest.extend(brightest)
        self._distances.extend(near.T)
        self._jumps = np.concatenate([self._jumps, near[0] > JUMP])
        drifts = _distances(known, contrast, count, LONG) > DRIFT
        self._drifts = np.concatenate([self._drifts, drifts])
        self._frames = np.concatenate([self._frames, frames])
        self._cells = known[-LONG:]
        return self._hand_on(max(len(self._frames) - self.DELAY, 0))

    def finish(self) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """The frames that still wait."""
        return self._hand_on(len(self._frames))

    def _hand_on(self, count: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        # Row i of the flags is the frame AROUND before waiting frame i.
        wanted = _any_within(self._jumps, count, 2 * AROUND)
        wanted |= _any_within(self._drifts, count, 2 * AROUND + LONG)
        frames = self._frames[:count]
        self._frames = self._frames[count:]
        self._jumps, self._drifts = self._jumps[count:], self._drifts[count:]
        return frames, wanted

    @property
    def brightest(self) -> F32:
        """float32 ``(n,)``: luma of the brightest cell of every frame so far, 0 to 1."""
        return self._brightest.rows

    def stays(self) -> F32:
        """Whether what changed behind each frame stays changed.

        Returns:
            float32 ``(n,)``: the smallest difference between one of the frames up to five
            before and one up to six after the change, over the change itself; 1 where the
            footage is too short to say. About 0 at a flash or a lost frame.
        """
        lags = self._distances.rows.T
        count = lags.shape[1]
        least = np.full(count, np.inf, np.float32)
        for lag in range(2, _FLASH + 1):
            between = lags[lag - 1]  # [t]: frames t - lag and t
            for after in range(1, lag + 1):
                # Neither end of the footage has a frame to compare with.
                valid = slice(max(lag - after, 0), max(count - after, 0))
                moved = between[valid.start + after : valid.stop + after]
                least[valid] = np.minimum(least[valid], moved)
        change = np.zeros(count + 1, np.float32)
        change[:count] = lags[0]  # [t]: frames t - 1 and t
        around = np.maximum(change[:-1], change[1:])
        around[:-1] = np.maximum(around[:-1], change[2:])
        found: F32 = np.where(np.isfinite(least), least / np.maximum(around, 1e-3), 1)
        return found.astype(np.float32)


def _cells(frames: NDArray[np.uint8]) -> tuple[F32, F32]:
    """float32 ``(n, 432)``: means of 3x3 pixels; ``(n,)``: luma of the brightest, 0 to 1."""
    count, height, width, _ = frames.shape
    tall = frames.reshape(count * height, width, 3).astype(np.float32)
    size_wh = (width // _CELL, count * height // _CELL)
    means = cv2.resize(tall, size_wh, interpolation=cv2.INTER_AREA)
    cells = means.reshape(count, height // _CELL, width // _CELL, 3)
    brightest: F32 = (cells @ _BRIGHTNESS).max(axis=(1, 2)) / 255
    return cells.reshape(count, -1), brightest


def _distances(known: F32, contrast: F32, count: int, lag: int) -> F32:
    """float32 ``(count,)``: how far each of the last rows is from the one ``lag`` earlier; 0
    where there is none. About 1 between pictures of different things."""
    found = np.zeros(count, np.float32)
    rows = min(count, len(known) - lag)
    if rows > 0:
        now, then = slice(len(known) - rows, None), slice(-rows - lag, -lag)
        between = (contrast[now] + contrast[then]) / 2
        found[-rows:] = np.abs(known[now] - known[then]).mean(axis=1) / (_STILL + between)
    return found


def _any_within(flags: NDArray[np.bool_], count: int, reach: int) -> NDArray[np.bool_]:
    """bool ``(count,)``: whether one of ``flags[i : i + reach + 1]`` is set."""
    total = np.concatenate([[0], np.cumsum(flags)])
    first = np.arange(count)
    last = np.minimum(first + reach + 1, len(flags))
    found: NDArray[np.bool_] = total[last] > total[first]
    return found
