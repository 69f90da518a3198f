"""Where the parts of a picture were in the one before, and where that can be relied on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

#: The longer side of the pictures that motion is found in, at most. An animation of 1280x720
#: flickers 9 % more than with 448 and is 1 % less sharp, in half the time; smaller films, which
#: are taken as they are or at half size, do not differ.
FLOW_PX = 320
#: Below so many pixels a side no motion can be found.
_LEAST_PX = 16
# Sundaram, Brox and Keutzer 2010: a point whose way there and back does not close is hidden.
_CLOSING_SHARE, _CLOSING_PX2 = 0.01, 0.5
#: How different in grey levels (of 255) two views of one thing may be before none of the older
#: is used; from half of it on less and less is.
_UNLIKE = 24.0
#: Trust, of 255, for each difference in grey levels.
_LIKENESS = np.clip(255 * (2 - 2 * np.arange(256) / _UNLIKE), 0, 255).astype(np.uint8)
_SUM = np.ones((1, 2), np.float32)
_AROUND = np.ones((3, 3), np.uint8)

Plane = NDArray[np.float32]


def flow_picture(rgb: NDArray[Any], most_px: int = FLOW_PX) -> NDArray[np.uint8]:
    """What motion is found in: uint8 grey, a whole number of times smaller.

    Args:
        rgb: uint8 or uint16 ``(h, w, 3)``.
        most_px: of the longer side.
    """
    height, width = rgb.shape[:2]
    # Grey first: it is one pass, and leaves a third to be made smaller. Whole squares of pixels
    # become one: a tenth of the time of any other measure. At the far edges less than a square
    # is left out.
    grey: NDArray[Any] = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    times = min(-(-max(height, width) // most_px), min(height, width) // _LEAST_PX)
    if times > 1:
        wh = (width // times, height // times)
        whole = grey[: wh[1] * times, : wh[0] * times]
        grey = cv2.resize(whole, wh, interpolation=cv2.INTER_AREA)
    return (grey >> 8).astype(np.uint8) if grey.dtype == np.uint16 else grey


@dataclass(frozen=True)
class Motion:
    """From a picture back to the one before.

    Attributes:
        flow: float32 ``(h, w, 2)``, pixels of the small pictures: what is at ``x`` now was at
            ``x + flow`` before.
        trust: float32 ``(h, w)``, 0 to 1: whether the same thing is seen in both.
    """

    flow: NDArray[np.float32]
    trust: Plane


class MotionFinder:
    """Finds motion by dense inverse search (Kroeger et al. 2016). For one thread.

    Args:
        fine: more exact and about 2.5 times slower.
    """

    def __init__(self, *, fine: bool = False) -> None:
        preset = cv2.DISOPTICAL_FLOW_PRESET_MEDIUM if fine else cv2.DISOPTICAL_FLOW_PRESET_FAST
        self._search = cv2.DISOpticalFlow.create(preset)
        self._grid: NDArray[np.float32] | None = None

    def __call__(self, before: NDArray[np.uint8], now: NDArray[np.uint8]) -> Motion:
        """Motion between two pictures of :func:`flow_picture`."""
        back = self._search.calc(now, before, None)
        forth = self._search.calc(before, now, None)
        if self._grid is None or self._grid.shape[:2] != now.shape:
            self._grid = _grid(now.shape[1], now.shape[0])
        there = cv2.add(self._grid, back)
        # What came from outside finds no way back.
        returned = cv2.remap(forth, there, None, cv2.INTER_LINEAR, borderValue=(1e4, 1e4))
        gap = _squares(cv2.add(back, returned))
        ways = cv2.add(_squares(back), _squares(returned))
        limit = cv2.addWeighted(ways, _CLOSING_SHARE, ways, 0, _CLOSING_PX2)
        sure = cv2.erode(cv2.compare(gap, limit, cv2.CMP_LE), _AROUND)  # edges of it, too
        warped = cv2.remap(before, there, None, cv2.INTER_LINEAR)
        unlike = cv2.blur(cv2.absdiff(now, warped), (5, 5))
        likeness = cv2.bitwise_and(cv2.LUT(unlike, _LIKENESS), sure)
        trust: Plane = cv2.blur(likeness, (3, 3)).astype(np.float32)
        trust *= np.float32(1 / 255)
        return Motion(back, trust)


def _grid(width: int, height: int) -> NDArray[np.float32]:
    """The place of each pixel: float32 ``(h, w, 2)``, x and y."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([x, y], axis=-1)


def _squares(vectors: NDArray[np.float32]) -> Plane:
    plane: Plane = cv2.transform(cv2.multiply(vectors, vectors), _SUM)
    return plane


class Warper:
    """Brings pictures of one size to where their parts are now. For one thread.

    Args:
        wh: width and height of the pictures.
    """

    def __init__(self, wh: tuple[int, int]) -> None:
        self._wh = wh
        self._grid = _grid(*wh)

    def __call__(
        self, before: NDArray[Any], motion: Motion, interpolation: int = cv2.INTER_CUBIC
    ) -> NDArray[Any]:
        """The picture before, moved."""
        height, width = motion.flow.shape[:2]
        scale = (self._wh[0] / width, self._wh[1] / height, 1.0, 1.0)
        there = cv2.resize(cv2.multiply(motion.flow, scale), self._wh)
        cv2.add(there, self._grid, there)
        warped: NDArray[Any] = cv2.remap(
            before, there, None, interpolation, borderMode=cv2.BORDER_REPLICATE
        )
        return warped

    def trust(self, motion: Motion) -> Plane:
        """The trust of each pixel of a picture of this size."""
        plane: Plane = cv2.resize(motion.trust, self._wh)
        return plane
