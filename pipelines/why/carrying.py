"""Maps that go along with what they lie on, drawn over a film.

Frames between two samples have no map of their own: the last one is moved by the optical flow,
and what the next sample says otherwise comes in over as many frames as lie between two samples,
so that the map neither lags behind what moves nor jumps. At a cut it begins anew.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.stylize.motion import FLOW_PX, MotionFinder, Warper, flow_picture
from pipelines.why.drawing import Painter
from pipelines.why.evidence import Sample, plane_of

#: Raised whenever the same samples would be drawn otherwise.
CARRYING_VERSION = 2
#: Of the planes that are carried: the cells of most maps are larger than their pixels.
_PLANE_PX = 160


class Carrier:
    """The map of one frame after the other. For one thread.

    Args:
        samples: by their frames.
        starts: first frames of shots, rising.
        period: frames between two samples.
        display_wh: of the film.
        end: behind the last frame of the film.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        starts: Sequence[int],
        period: int,
        display_wh: tuple[int, int],
        end: int,
    ) -> None:
        self._samples, self._frames = samples, [s.frame for s in samples]
        self._starts, self._period, self._end = list(starts), max(1, period), end
        scale = min(1.0, _PLANE_PX / max(display_wh))
        self.wh = (max(1, round(display_wh[0] * scale)), max(1, round(display_wh[1] * scale)))
        self._find, self._warp = MotionFinder(), Warper(self.wh)
        self._before: NDArray[np.uint8] | None = None
        self._plane: NDArray[np.float32] | None = None
        self._coming = np.zeros((self.wh[1], self.wh[0]), np.float32)
        self._left = 0
        self.shown: Sample | None = None

    def __call__(self, rgb: NDArray[Any], number: int) -> NDArray[np.float32]:
        """The map of a frame: float32 ``(h, w)`` at :attr:`wh`, in the samples' unit.

        Args:
            rgb: the frame.
            number: rising by one from call to call.
        """
        grey = flow_picture(rgb, FLOW_PX)
        at = bisect_right(self._starts, number) - 1
        start = self._starts[at] if at >= 0 else 0
        if number == start:
            self._plane = self._before = None
        if self._plane is not None and self._before is not None:
            motion = self._find(self._before, grey)
            self._plane = self._warp(self._plane, motion, cv2.INTER_LINEAR)
            if self._left:
                self._coming = self._warp(self._coming, motion, cv2.INTER_LINEAR)
        self._before = grey
        if self._plane is None:
            self._plane = self._begin(number, at)
        else:
            self._plane = self._go_on(self._plane, number)
        return self._plane

    def _begin(self, number: int, shot: int) -> NDArray[np.float32]:
        """With the sample that is due, or the next one of the shot."""
        end = self._starts[shot + 1] if shot + 1 < len(self._starts) else self._end
        start = self._starts[shot] if shot >= 0 else 0
        last = bisect_right(self._frames, number) - 1
        if last < 0 or self._frames[last] < start:
            last = bisect_left(self._frames, number)
        self.shown = None
        if last < len(self._frames) and start <= self._frames[last] < end:
            self.shown = self._samples[last]
        self._left = 0
        return plane_of(self.shown.patches if self.shown else (), self.wh)

    def _go_on(self, plane: NDArray[np.float32], number: int) -> NDArray[np.float32]:
        at = bisect_left(self._frames, number)
        if at < len(self._frames) and self._frames[at] == number:
            self.shown = self._samples[at]
            self._coming = (plane_of(self.shown.patches, self.wh) - plane).astype(np.float32)
            self._left = self._period
        if not self._left:
            return plane
        step = (self._coming / self._left).astype(np.float32)
        self._coming = (self._coming - step).astype(np.float32)
        self._left -= 1
        return (plane + step).astype(np.float32)


class WhyPass:
    """Draws the map over each frame of a stretch; an ``RgbPass``.

    Args:
        carrier: of the stretch.
        painter: of the film.
    """

    def __init__(self, carrier: Carrier, painter: Painter) -> None:
        self._carrier, self._painter = carrier, painter

    @property
    def notes(self) -> list[str]:
        """Nothing happens otherwise than asked."""
        return []

    def __call__(self, rgb: NDArray[Any], number: int) -> NDArray[Any]:
        """The frame with its map."""
        plane = self._carrier(rgb, number)
        shown = self._carrier.shown
        if shown is None:
            return self._painter(rgb, plane, None)
        return self._painter(rgb, plane, shown.score, shown.said)
