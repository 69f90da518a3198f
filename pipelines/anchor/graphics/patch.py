"""Small pictures laid on a frame, and how things move in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
Rgba = NDArray[np.uint8]


@dataclass(frozen=True)
class Patch:
    """A picture at a place.

    Attributes:
        x, y: of its left upper corner in the frame; it may reach beyond.
        rgba: uint8 ``(h, w, 4)``, straight colours.
        alpha: how much of it shows, 0 to 1.
    """

    x: int
    y: int
    rgba: Rgba
    alpha: float = 1.0


class Painter(Protocol):
    """Draws one element of the programme."""

    def patches(self, k: int) -> list[Patch]:
        """What is to be laid on the frame, lowest first, ``k`` frames after its start."""


#: Alphas from here on cover: a difference of one step that nobody sees, and many of them.
_COVERS = 254


def lay(frame: Rgb, patch: Patch) -> None:
    """Lay a patch on a frame, in place.

    Most pixels of a drawn figure cover or show nothing: they are copied, and only those of its
    edges are mixed.

    Args:
        frame: uint8 ``(h, w, 3)``.
        patch: what.
    """
    high, wide = patch.rgba.shape[:2]
    left, top = max(patch.x, 0), max(patch.y, 0)
    right, bottom = min(patch.x + wide, frame.shape[1]), min(patch.y + high, frame.shape[0])
    if left >= right or top >= bottom or patch.alpha <= 0:
        return
    rgba = patch.rgba[top - patch.y : bottom - patch.y, left - patch.x : right - patch.x]
    below = frame[top:bottom, left:right]
    alpha = cv2.extractChannel(np.ascontiguousarray(rgba), 3)
    if patch.alpha < 1:
        alpha = cv2.convertScaleAbs(alpha, alpha=patch.alpha)
    colours = cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB)
    edges = cv2.findNonZero(cv2.inRange(alpha, 1, _COVERS - 1))
    count = 0 if edges is None else len(edges)
    solid = np.ascontiguousarray(below)
    if 3 * count > alpha.size:
        share = cv2.multiply(alpha, 1 / 255, dtype=cv2.CV_32F)
        below[...] = cv2.blendLinear(colours, solid, share, 1 - share)
        return
    cv2.copyTo(colours, cv2.compare(alpha, _COVERS, cv2.CMP_GE), solid)
    if count:
        columns, rows = edges.reshape(-1, 2).T
        edge = alpha[rows, columns].astype(np.int32)[:, None]
        made = colours[rows, columns] * edge + below[rows, columns] * (255 - edge)
        solid[rows, columns] = (made + 127) // 255
    below[...] = solid


def eased(share: float) -> float:
    """Fast at first, coming to rest: for what comes in."""
    left = 1 - min(max(share, 0.0), 1.0)
    return 1 - left**3


def leaving(share: float) -> float:
    """From rest, then fast: for what goes out."""
    return min(max(share, 0.0), 1.0) ** 3


def smooth(share: float) -> float:
    """At rest at both ends."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


@dataclass(frozen=True)
class Stay:
    """How an element comes, stays and goes.

    Attributes:
        frames: it is there for.
        fps: frames a second.
        come_s, go_s: seconds of its coming and going; shortened together where there is no time.
    """

    frames: int
    fps: float
    come_s: float = 0.5
    go_s: float = 0.35

    def come(self, k: int, delay_s: float = 0.0) -> float:
        """How far it has come at frame ``k``, 0 to 1, not eased."""
        return min(max(((k + 1) / self.fps - delay_s) / self._come, 0.0), 1.0)

    def gone(self, k: int) -> float:
        """How far it has gone at frame ``k``, 0 to 1, not eased."""
        left = (self.frames - 1 - k) / self.fps
        return min(max(1 - left / self._go, 0.0), 1.0) if self._go else 0.0

    @property
    def _come(self) -> float:
        return max(self.come_s * self._fit, 1e-6)

    @property
    def _go(self) -> float:
        return self.go_s * self._fit

    @property
    def _fit(self) -> float:
        whole = self.come_s + self.go_s
        return min(1.0, 0.8 * self.frames / self.fps / whole) if whole else 1.0
