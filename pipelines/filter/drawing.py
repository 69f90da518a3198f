"""A sheet of glass over a part of a picture, drawn on finely and laid over."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.types.landmarks import Floats

Rgb = NDArray[Any]
Colour = tuple[int, int, int]
#: Bits of a pixel's parts that points are told in.
_BITS = 4
#: Sheets with a longer side up to this are drawn so much finer, for smooth edges; on larger
#: ones edges are smoothed as they are drawn.
_FINE_PX, _FINER = 360, 2


class Sheet:
    """Where something is drawn. What is drawn later stands in place of what was there.

    Args:
        size_wh: of the picture.
        points_px: float32 ``(n, 2)``, what the sheet has to reach over.
        light: how bright things stand here, 1 as they are.
        facets: whether polygons will lie edge to edge: smoothed as they are drawn, what is
            below would shine through between them.
    """

    def __init__(
        self,
        size_wh: tuple[int, int],
        points_px: Floats,
        light: float = 1.0,
        *,
        facets: bool = False,
    ) -> None:
        low = np.maximum(np.floor(points_px.min(axis=0)).astype(int) - 3, 0)
        high = np.minimum(np.ceil(points_px.max(axis=0)).astype(int) + 4, size_wh)
        self._low, self.wh = low, np.maximum(high - low, 0)
        self.empty = bool((self.wh < 2).any())
        self._fine = _FINER if facets or self.wh.max(initial=0) <= _FINE_PX else 1
        self._line = cv2.LINE_8 if self._fine > 1 else cv2.LINE_AA
        self._light = light
        width, height = (1, 1) if self.empty else self.wh * self._fine
        self._glass = np.zeros((height, width, 4), np.uint8)

    def _places(self, points_px: Floats) -> NDArray[np.int32]:
        fine = (points_px - self._low) * self._fine - 0.5
        places: NDArray[np.int32] = np.round(fine * (1 << _BITS)).astype(np.int32)
        return places

    def _paint(self, colour: Colour, alpha: float) -> tuple[int, int, int, int]:
        lit = [min(255, round(c * self._light)) for c in colour]
        r, g, b = (round(c * alpha) for c in lit)
        return r, g, b, round(255 * alpha)

    def fill(self, points_px: Floats, colour: Colour, alpha: float = 1.0) -> None:
        """A polygon; ``alpha`` 0 cuts a hole."""
        if not self.empty:
            places = self._places(points_px)
            paint = self._paint(colour, alpha)
            cv2.fillPoly(self._glass, [places], paint, self._line, _BITS)

    def stroke(self, points_px: Floats, width_px: float, colour: Colour) -> None:
        """A line of even width that bends little, with round ends; any width."""
        self.fill(_thick(points_px, width_px / 2), colour)

    def disc(self, middle_px: Floats, radius_px: float, colour: Colour, alpha: float = 1.0) -> None:
        """A circle."""
        self.fill(ring(middle_px, radius_px, radius_px), colour, alpha)

    def soften(self, sigma_px: float) -> None:
        """Blur what was drawn."""
        if not self.empty and sigma_px > 0:
            self._glass = np.asarray(
                cv2.GaussianBlur(self._glass, (0, 0), sigma_px * self._fine), np.uint8
            )

    def lay_over(self, rgb: Rgb) -> None:
        """Put the glass over a picture, which is written to."""
        if self.empty:
            return
        (left, top), (width, height) = self._low, self.wh
        glass = self._glass
        if self._fine > 1:
            glass = np.asarray(
                cv2.resize(glass, (int(width), int(height)), interpolation=cv2.INTER_AREA)
            )
        under = rgb[top : top + height, left : left + width]
        over = cv2.cvtColor(glass, cv2.COLOR_RGBA2RGB)
        through = cv2.merge([cv2.bitwise_not(cv2.extractChannel(glass, 3))] * 3)
        if rgb.dtype == np.uint8:
            made: Any = cv2.add(cv2.multiply(under, through, scale=1 / 255), over)
        else:
            made = (
                under.astype(np.float32) * (through / 255) + over.astype(np.float32) * 257
            ).clip(0, 65535)
        rgb[top : top + height, left : left + width] = made


def ring(middle_px: NDArray[Any], across_px: float, down_px: float, count: int = 36) -> Floats:
    """An ellipse as a polygon: float32 ``(count, 2)``."""
    turns = np.linspace(0, 2 * np.pi, count, endpoint=False)
    points = np.stack([np.cos(turns) * across_px, np.sin(turns) * down_px], axis=1)
    made: Floats = (points + np.asarray(middle_px)).astype(np.float32)
    return made


#: Half a circle from one side of a line's end to the other, and how far its corners may jut
#: out, in half widths of the line.
_CAP = np.linspace(np.pi / 2, -np.pi / 2, 9)
_JUT = 1.5


def _thick(points_px: Floats, half_px: float) -> Floats:
    """The outline of a line that bends little, with round ends: float32 ``(n, 2)``.

    Drawn as one polygon it takes a tenth of the time of a piece for each stretch and joint.
    """
    steps = np.diff(points_px, axis=0)
    far = np.linalg.norm(steps, axis=1)
    kept = np.concatenate([[True], far >= 1e-3])
    points, steps = points_px[kept], steps[kept[1:]] / far[kept[1:], None]
    if not len(steps):
        return ring(points[0], half_px, half_px)
    normals = np.stack([-steps[:, 1], steps[:, 0]], axis=1)
    before, after = normals[np.r_[0, : len(normals)]], normals[np.r_[: len(normals), -1]]
    middle = (before + after) / 2
    # Longer at a joint, so that the sides stay as far apart.
    side = middle / np.maximum((middle**2).sum(axis=1, keepdims=True), 1 / _JUT) * half_px

    def cap(place: Floats, along: Floats, across: Floats) -> Any:
        turns = _CAP[1:-1, None]
        return place + half_px * (np.cos(turns) * along + np.sin(turns) * across)

    outline = [
        *(points + side, cap(points[-1], steps[-1], normals[-1])),
        *((points - side)[::-1], cap(points[0], -steps[0], -normals[0])),
    ]
    made: Floats = np.concatenate(outline).astype(np.float32)
    return made


def light_on(rgb: Rgb, points_px: Floats) -> float:
    """How bright things look where a face is: 0.45 to 1.15, 1 for a face in plain light."""
    height, width = rgb.shape[:2]
    low = np.clip(points_px.min(axis=0).astype(int), 0, [width - 1, height - 1])
    high = np.clip(points_px.max(axis=0).astype(int) + 1, low + 1, [width, height])
    patch = rgb[low[1] : high[1] : 4, low[0] : high[0] : 4, 1]
    level = float(patch.mean()) / (1 if rgb.dtype == np.uint8 else 257)
    return float(np.clip(0.35 + level / 190, 0.45, 1.15))


def widened(points_px: Floats, share: float) -> Floats:
    """A polygon made larger about its middle."""
    middle = points_px.mean(axis=0)
    made: Floats = (middle + (points_px - middle) * share).astype(np.float32)
    return made
