"""Decoded pictures, and what a consumer of pictures asks for."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class FrameRequest:
    """What one consumer wants of a decode pass.

    Attributes:
        size_wh: exact size in pixels, the upright picture stretched to it; or None.
        max_side_px: where ``size_wh`` is None: the longer side is brought to at most this,
            the aspect kept (even sizes); pictures are never enlarged. None: full size.
        pixels: ``rgb`` gives ``(n, h, w, 3)``, ``gray`` gives ``(n, h, w)``.
        rate: samples a second on the source clock; None for every frame.
        batch: frames handed over at once (the last batch may be shorter).
    """

    size_wh: tuple[int, int] | None = None
    max_side_px: int | None = None
    pixels: Literal["rgb", "gray"] = "rgb"
    rate: Fraction | None = None
    batch: int = 1


@dataclass(frozen=True)
class FrameBatch:
    """Consecutive samples of one picture stream, upright and in square pixels.

    Attributes:
        pixels: uint8, ``(n, h, w, 3)`` RGB or ``(n, h, w)`` luma, full range.
        frames: int64 ``(n,)``, frame numbers in presentation order.
        times_s: float64 ``(n,)``, seconds on the source clock.
    """

    pixels: NDArray[np.uint8]
    frames: NDArray[np.int64]
    times_s: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.frames)
