"""One clock and one frame size for footage of many rates, sizes and orientations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.options import Aspect
from studio.types.analysis import FootageAnalysis
from studio.types.media import FrameTimes, VideoStream
from studio.types.timecode import STANDARD_RATES, FrameRate

#: Timelines run at no more than this many frames a second, and at no fewer than the other.
MOST_FPS = Fraction(60)
LEAST_FPS = Fraction(12)

#: Sizes people deliver in, largest first.
_DELIVERY: dict[Aspect, tuple[tuple[int, int], ...]] = {
    "16:9": ((3840, 2160), (1920, 1080), (1280, 720), (960, 540), (640, 360)),
    "9:16": ((1080, 1920), (720, 1280), (540, 960), (360, 640)),
    "1:1": ((1080, 1080), (720, 720), (540, 540), (360, 360)),
}
#: How much a crop may be enlarged to reach a delivery size. A telephone shows 9:16 at 720
#: pixels or more, and a crop of wide footage has few, so it may double; others stay as they are.
_MOST_ENLARGED: dict[Aspect, float] = {"16:9": 1.0, "9:16": 2.0, "1:1": 1.0}
_SMALLEST_SIDE_PX = 16


@dataclass(frozen=True)
class Clock:
    """Source frames against timeline frames.

    Attributes:
        times: of the source.
        edges_s: float64 ``(n + 1,)``: where each frame starts, and where the last one ends; of a
            constant rate, free of the container's rounding.
        rate: of the timeline.
        whole_frames: whether one source frame is one timeline frame.
    """

    times: FrameTimes
    edges_s: NDArray[np.float64]
    rate: FrameRate
    whole_frames: bool

    @classmethod
    def of(cls, analysis: FootageAnalysis, rate: FrameRate) -> Clock:
        """The clock of footage with picture."""
        assert analysis.frame_times is not None and analysis.media.video is not None
        times = analysis.frame_times
        video = analysis.media.video
        if video.variable_rate:
            edges = np.append(times.seconds, float(times.end_pts * times.time_base))
        else:
            edges = np.arange(len(times) + 1) / float(video.rate.fps)
        return cls(times, edges, rate, not video.variable_rate and video.rate == rate)

    def ends(self, starts: NDArray[np.int64], frames: int) -> NDArray[np.int64]:
        """Source frames at which so many timeline frames are filled, counted from ``starts``.

        May lie past the end of the source; ``len(edges_s)`` then.
        """
        if self.whole_frames or frames == 0:
            return starts + frames
        reach = self.edges_s[starts] + frames / float(self.rate.fps) - 1e-6
        return np.searchsorted(self.edges_s, reach, side="left").astype(np.int64)

    def befores(self, starts: NDArray[np.int64], frames: int) -> NDArray[np.int64]:
        """First source frame that so many timeline frames of handle before ``starts`` read."""
        if self.whole_frames or frames == 0:
            return starts - frames
        reach = self.edges_s[starts] - frames / float(self.rate.fps) + 1e-6
        return np.searchsorted(self.edges_s, reach, side="right").astype(np.int64) - 1

    def longest(self, start_frame: int, end_frame: int) -> int:
        """Timeline frames that a stretch of source frames can fill."""
        if self.whole_frames:
            return end_frame - start_frame
        seconds = self.edges_s[end_frame] - self.edges_s[start_frame]
        return int((seconds + 1e-6) * float(self.rate.fps))


def _video(analysis: FootageAnalysis) -> VideoStream:
    assert analysis.media.video is not None
    return analysis.media.video


def _timeline_rate_for(video: VideoStream) -> FrameRate:
    fps = video.rate.fps
    if not video.variable_rate and LEAST_FPS <= fps <= MOST_FPS:
        return video.rate
    if fps < LEAST_FPS:
        return FrameRate(Fraction(24))
    while fps > MOST_FPS:
        fps /= 2
    return FrameRate(min(STANDARD_RATES, key=lambda rate: abs(rate / fps - 1)))


def timeline_rate(footage: Sequence[FootageAnalysis]) -> FrameRate:
    """The rate that most seconds of the footage have, so that most of it needs no conforming.

    A variable rate counts as the standard rate next to it; above 60 frames a second the rate is
    halved; below 12 it becomes 24.
    """
    seconds: dict[FrameRate, Fraction] = {}
    for analysis in footage:
        rate = _timeline_rate_for(_video(analysis))
        seconds[rate] = seconds.get(rate, Fraction(0)) + analysis.media.duration
    return max(seconds, key=lambda rate: seconds[rate])


def _even(pixels: float) -> int:
    return max(_SMALLEST_SIDE_PX, round(pixels / 2) * 2)


def aspect_ratio(aspect: Aspect) -> float:
    """Width over height of an aspect other than ``source``."""
    width, height = aspect.split(":")
    return int(width) / int(height)


def timeline_size(footage: Sequence[FootageAnalysis], aspect: Aspect) -> tuple[int, int]:
    """Width and height in pixels, both even.

    ``source`` takes the size that most seconds of the footage have. Another aspect takes the
    largest delivery size that the crop of that size reaches: 9:16 may enlarge it up to twice,
    the others never; a crop smaller than all of them is kept as it is.
    """
    seconds: dict[tuple[int, int], Fraction] = {}
    for analysis in footage:
        size = _video(analysis).display_wh
        seconds[size] = seconds.get(size, Fraction(0)) + analysis.media.duration
    width, height = max(seconds, key=lambda wh: (seconds[wh], wh[0] * wh[1]))
    if aspect == "source":
        return _even(width), _even(height)
    share_w, share_h = crop_shares((width, height), aspect_ratio(aspect))
    crop_w, crop_h = width * share_w, height * share_h
    for wide, high in _DELIVERY[aspect]:
        if wide <= crop_w * _MOST_ENLARGED[aspect] + 1:
            return wide, high
    return _even(crop_w), _even(crop_h)


def crop_shares(display_wh: tuple[int, int], ratio: float) -> tuple[float, float]:
    """Width and height, in shares of the picture, of the largest crop of that aspect."""
    own = display_wh[0] / display_wh[1]
    return (ratio / own, 1.0) if ratio < own else (1.0, own / ratio)
