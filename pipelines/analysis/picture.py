"""Plain measures of pictures: light, colour, sharpness, movement; black, frozen, flash frames."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.analysis.analyser import ModelAnalyser
from pipelines.analysis.growing import GrowingArray
from pipelines.analysis.options import Options
from studio.models.pool import ModelPool
from studio.types.analysis import PictureFacts
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo

Gray = NDArray[np.uint8]

_VERSION = "picture-measures@2"
_MAX_SIDE_PX = 320  # a lens out of focus still shows; at 160 only gross blur does
_FLOW_SIDE_PX = 160
#: Full measures a second; light and repetition are looked at in every frame.
RATE = Fraction(25, 3)
_FLOW_S = 0.065  # at least, between the pictures of a flow: two frames at 24 to 30, so that a
# cartoon drawn on twos moves in every pair
_MOST_COLORFUL = 109.0  # "extremely colourful" in the authors' own scale
_OPPONENTS = np.array([[1, -1, 0], [0.5, 0.5, -1]], np.float32)  # of red, green, blue

_BLACK_LEVEL, _LIT_SHARE = 32, 0.005
_FREEZE_S, _SAME_LEVELS, _SAME_MEAN = 0.5, 4, 0.6
_BRIDGED_BY = 3
_FLASH_FRAMES, _FLASH_JUMP = 3, 0.1
_BAR_LEVEL, _BAR_SPREAD, _LEAST_BAR, _MOST_BAR = 24, 6, 0.03, 0.4
_UNEXPLAINED = 0.6  # of the change that a flow must leave to count as a cut, and not small


class _Look(NamedTuple):
    """The measures of one sampled frame."""

    frame: int
    luma: float
    contrast: float
    sharpness: float
    colorfulness: float
    motion: float
    camera_x: float
    camera_y: float
    bar_x: float
    bar_y: float


class PictureMeasures(ModelAnalyser):
    """Measures pictures as they are decoded; a ``PictureAnalyser[PictureFacts]``.

    Eight frames a second are measured in full; besides them every flash frame is in the
    result, with the movement, sharpness and colour of the sample nearest to it.

    Args:
        pool: nothing is leased from it; every analyser is made alike.
        info: of the file.
        times: of its frames.
        options: not used.
    """

    part = "picture"

    def __init__(
        self, pool: ModelPool, info: MediaInfo, times: FrameTimes, options: Options
    ) -> None:
        super().__init__(pool)
        self.request = FrameRequest(max_side_px=_MAX_SIDE_PX, batch=32)
        self.made_by: dict[str, Any] = {
            "measures": _VERSION,
            "max_side_px": _MAX_SIDE_PX,
            "rate": str(RATE),
        }
        self.notes: list[str] = []
        self._due_s = 0.0
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._recent: deque[tuple[float, Gray]] = deque()
        self._looks = GrowingArray(np.float64, len(_Look._fields))
        self._frames = GrowingArray(np.int64)
        self._times_s = GrowingArray(np.float64)
        self._lights = GrowingArray(np.float32, 3)  # mean luma, black, same as before

    def take(self, batch: FrameBatch) -> None:
        """Measure the next pictures."""
        self._frames.extend(batch.frames)
        self._times_s.extend(batch.times_s)
        for pixels, frame, time_s in zip(
            batch.pixels, batch.frames.tolist(), batch.times_s.tolist(), strict=True
        ):
            gray: Gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
            small = _shrunk(gray)
            light = cv2.mean(small)[0] / 255
            self._lights.extend([(light, _is_black(small), self._is_repeat(small))])
            while len(self._recent) > 1 and time_s - self._recent[1][0] >= _FLOW_S:
                self._recent.popleft()
            if time_s + 1e-6 >= self._due_s:
                self._due_s = max(self._due_s, time_s - float(1 / RATE)) + float(1 / RATE)
                self._looks.extend([self._look(pixels, gray, small, frame, time_s)])
            self._recent.append((time_s, small))

    def _is_repeat(self, small: Gray) -> bool:
        if not self._recent or self._recent[-1][1].shape != small.shape:
            return False
        change = cv2.absdiff(small, self._recent[-1][1])
        most = cv2.norm(change, cv2.NORM_INF)
        return most <= _SAME_LEVELS and cv2.mean(change)[0] <= _SAME_MEAN

    def _look(
        self, pixels: NDArray[np.uint8], gray: Gray, small: Gray, frame: int, time_s: float
    ) -> _Look:
        rows, columns = picture_area(gray)
        inside = gray[rows, columns]
        light, spread = _mean_and_spread(inside)
        _, edges = _mean_and_spread(cv2.Laplacian(inside, cv2.CV_16S))
        flow = (np.nan, np.nan, np.nan)
        if self._recent and self._recent[0][1].shape == small.shape:
            before_s, before = self._recent[0]
            flow = self._movement(before, small, max(time_s - before_s, 1e-3))
        return _Look(
            frame,
            light / 255,
            spread / 255,
            edges * edges / max(spread * spread, 1.0),
            colorfulness(pixels[rows, columns]),
            *flow,
            columns.start / gray.shape[1],
            rows.start / gray.shape[0],
        )

    def _movement(self, before: Gray, now: Gray, seconds: float) -> tuple[float, float, float]:
        """Median speed and global flow in picture heights a second; NaN across a cut.

        On a photograph panned at known speeds, noisy and clean: within 0.022 up to 0.2, within
        5 % up to 1.2.
        """
        rows, columns = picture_area(now)
        old, new = (
            np.ascontiguousarray(before[rows, columns]),
            np.ascontiguousarray(now[rows, columns]),
        )
        height, width = new.shape
        if min(height, width) < 16:  # the flow's patches need as much
            return 0.0, 0.0, 0.0
        flow = self._flow.calc(old, new, None)
        grid_x, grid_y, around = _grids(height, width)
        # Where the flow is right, the new picture fetched along it is the old one.
        fetched = cv2.remap(new, grid_x + flow[..., 0], grid_y + flow[..., 1], cv2.INTER_LINEAR)
        left = cv2.mean(cv2.absdiff(fetched, old))[0]
        change = cv2.mean(cv2.absdiff(new, old))[0]
        if left > max(_UNEXPLAINED * change, 8.0):
            return np.nan, np.nan, np.nan
        scale = 1.0 / (seconds * before.shape[0])
        across, down = cv2.split(flow)
        speed = np.median(cv2.magnitude(across, down))
        ground = [np.median(moved.ravel()[around]) for moved in (across, down)]
        return float(speed) * scale, float(ground[0]) * scale, float(ground[1]) * scale

    def finish(self) -> PictureFacts:
        """All measures."""
        if not len(self._looks):
            none = np.zeros(0, np.float32)
            flags = np.zeros(0, bool)
            return PictureFacts(
                np.zeros(0, np.int64), none, none, none, none, none, none, none, flags, flags, flags
            )
        frames, times_s = self._frames.rows, self._times_s.rows
        light = self._lights.rows
        lights, black = light[:, 0].astype(np.float64), light[:, 1] > 0
        frozen = find_frozen(light[:, 2] > 0, times_s)
        flash = find_flashes(lights)
        looks = self._looks.rows
        for column in (5, 6, 7):
            looks[:, column] = _filled(looks[:, column])
        sampled = looks[:, 0].astype(np.int64)
        shown = np.union1d(sampled, frames[flash])
        rows = _nearest(sampled, shown)
        at = np.searchsorted(frames, shown)
        values = looks[rows].astype(np.float32)
        own = flash[at] & (sampled[rows] != shown)
        luma = np.where(own, lights[at], values[:, 1]).astype(np.float32)
        return PictureFacts(
            frames=shown,
            luma=luma,
            contrast=values[:, 2],
            sharpness=values[:, 3],
            colorfulness=values[:, 4],
            motion=values[:, 5],
            camera_x=values[:, 6],
            camera_y=values[:, 7],
            black=black[at],
            frozen=frozen[at],
            flash=flash[at],
            bar_x=values[:, 8],
            bar_y=values[:, 9],
        )


@lru_cache(maxsize=8)
def _grids(
    height: int, width: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Columns and rows of each pixel, and which pixels are the border of the picture: people
    stand in the middle, the ground is seen around them."""
    grid_y, grid_x = np.mgrid[0:height, 0:width].astype(np.float32)
    around = np.ones((height, width), bool)
    around[height // 4 : -(height // 4), width // 4 : -(width // 4)] = False
    return grid_x, grid_y, np.flatnonzero(around)


def _mean_and_spread(values: NDArray[Any]) -> tuple[float, float]:
    """Mean and standard deviation of one channel."""
    mean, spread = cv2.meanStdDev(values)
    return float(mean[0, 0]), float(spread[0, 0])


def _shrunk(gray: Gray) -> Gray:
    """The picture for flow and light: its longer side at most 160 px."""
    height, width = gray.shape
    share = _FLOW_SIDE_PX / max(height, width)
    if share >= 1:
        return gray
    wh = (max(1, round(width * share)), max(1, round(height * share)))
    small: Gray = cv2.resize(gray, wh, interpolation=cv2.INTER_AREA)
    return small


def _is_black(small: Gray) -> bool:
    """Near-black all over: fewer than 5 pixels in a thousand are lit. A dark scene with a lamp
    in it is none, a letterboxed one neither."""
    lit = cv2.countNonZero(cv2.compare(small, _BLACK_LEVEL, cv2.CMP_GT))
    return lit < _LIT_SHARE * small.size


def picture_area(gray: Gray) -> tuple[slice, slice]:
    """Rows and columns without letterbox and pillarbox bars.

    Bars are flat, black and as broad on both sides, 3 to 40 % of the picture each.
    """
    areas = []
    for axis in (1, 0):
        high, low = gray.max(axis=axis), gray.min(axis=axis)
        lit = np.flatnonzero((high > _BAR_LEVEL) | (high - low > _BAR_SPREAD))
        total = len(high)
        first, after = (int(lit[0]), total - 1 - int(lit[-1])) if len(lit) else (0, 0)
        bar = min(first, after)
        alike = abs(first - after) <= 1 + total // 60
        found = alike and _LEAST_BAR * total <= bar <= _MOST_BAR * total
        # One more row is left out: scaling blends the edge of the bar into the picture.
        areas.append(slice(bar + 1, total - bar - 1) if found else slice(0, total))
    return areas[0], areas[1]


def colorfulness(rgb: NDArray[np.uint8]) -> float:
    """Hasler and Süsstrunk, "Measuring colourfulness in natural images" (2003), over the value
    their viewers called extremely colourful: 0 for grey, about 1 at the most.

    Args:
        rgb: uint8 ``(h, w, 3)``.
    """
    mean, spread = cv2.meanStdDev(cv2.transform(rgb.astype(np.float32), _OPPONENTS))
    return float(cv2.norm(spread) + 0.3 * cv2.norm(mean)) / _MOST_COLORFUL


def find_frozen(same: NDArray[np.bool_], times_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Frames of a picture that stands still for half a second or more.

    A single frame that differs between repeats of three frames and more is bridged: a keyframe
    codes the same picture anew.

    Args:
        same: ``(n,)``, whether each frame repeats the one before it.
        times_s: of the frames.
    """
    bridged = same.copy()
    if len(same) > 2 * _BRIDGED_BY:
        windows = np.lib.stride_tricks.sliding_window_view(same, _BRIDGED_BY)
        runs: NDArray[np.bool_] = np.asarray(windows.all(axis=1))
        bridged[_BRIDGED_BY:-_BRIDGED_BY] |= runs[: -_BRIDGED_BY - 1] & runs[_BRIDGED_BY + 1 :]
    frozen = np.zeros(len(same), bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], bridged, [False]]).astype(np.int8)))
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        shown_from = max(first - 1, 0)  # the picture that is repeated
        until_s = times_s[last] if last < len(times_s) else times_s[-1]
        if until_s - times_s[shown_from] >= _FREEZE_S:
            frozen[shown_from:last] = True
    return frozen


def find_flashes(luma: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Frames whose brightness jumps by a tenth of the range for one to three frames and back.

    The jump must be more than twice what the light before and after differ by, so a cut
    between shots of different light is none.

    Args:
        luma: ``(n,)``, mean brightness of every frame, 0 to 1.
    """
    flash = np.zeros(len(luma), bool)
    for length in range(1, _FLASH_FRAMES + 1):
        count = len(luma) - length - 1
        if count < 1:
            break
        before, after = luma[:count], luma[length + 1 :]
        inside = np.lib.stride_tricks.sliding_window_view(luma, length)[1 : count + 1]
        need = np.maximum(_FLASH_JUMP, 2 * np.abs(before - after))
        up = inside.min(axis=1) - np.maximum(before, after) > need
        down = np.minimum(before, after) - inside.max(axis=1) > need
        for start in np.flatnonzero(up | down):
            flash[start + 1 : start + 1 + length] = True
    return flash


def _filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaps (the first frame, cuts) take the value of the nearest sample."""
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return np.zeros_like(values)
    return values[known[_nearest(known, np.arange(len(values)))]]


def _nearest(sorted_values: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.int64]:
    """For each wanted value the index of the nearest of the sorted ones."""
    after = np.clip(np.searchsorted(sorted_values, wanted), 1, max(len(sorted_values) - 1, 1))
    if len(sorted_values) == 1:
        return np.zeros(len(wanted), np.int64)
    left, right = sorted_values[after - 1], sorted_values[after]
    return np.where(wanted - left <= right - wanted, after - 1, after).astype(np.int64)
