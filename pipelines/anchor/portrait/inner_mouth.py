"""What parted lips show: a dark hollow, teeth and a tongue, in the portrait's own light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.portrait.face_frame import FaceFrame
from pipelines.anchor.portrait.mouth_line import MouthLine
from pipelines.anchor.portrait.warping import smooth

Floats = NDArray[np.floating[Any]]

#: Halves of the dental arch as seen from the front, in units from the middle: where a tooth ends.
_TEETH_UPPER = (0.092, 0.162, 0.232, 0.290, 0.345)
_TEETH_LOWER = (0.058, 0.120, 0.185, 0.248, 0.310)
#: How far upper teeth stand below the closed lips' line, and lower teeth above it, in units.
_SHOWN_UPPER, _SHOWN_LOWER = 0.026, 0.014
#: The hue of a hollow, whatever that of the picture's shadows.
_WARM = np.array([1.3, 0.9, 0.75])


@dataclass(frozen=True)
class InnerMouth:
    """The inside of one portrait's mouth, over a box of its picture.

    Attributes:
        left_px, top_px: of the box.
        across: float32 ``(wide,)``, units from the middle of the mouth.
        rest_px: float32 ``(wide,)``, the line of the closed lips, in rows of the box.
        jaw_px: float32 ``(wide,)``, that of the lower lip while the jaw is up.
        unit_px: of the face.
        hollow, tooth, tongue: float32 ``(3,)`` RGB, 0 to 255.
        soft_px: how sharp the portrait is.
        grain: float32 ``(high, wide, 1)``, as in the skin.
        own: float32 ``(high, wide, 4)``, teeth as portrayed, RGB and cover; None where the lips
            are closed.
    """

    left_px: int
    top_px: int
    across: Floats
    rest_px: Floats
    jaw_px: Floats
    unit_px: float
    hollow: Floats
    tooth: Floats
    tongue: Floats
    soft_px: float
    grain: Floats
    own: Floats | None

    def draw(self, upper_px: Floats, lower_px: Floats, drop_px: float, tongue: float) -> Floats:
        """The opening between two lips.

        Args:
            upper_px, lower_px: ``(n, 2)``, the lips' inner edges from the left to the right, in
                the picture.
            drop_px: how far the lower teeth went down.
            tongue: 0 low to 1 between the teeth.

        Returns:
            float32 ``(high, wide, 4)``: RGB 0 to 255, multiplied by cover, and cover 0 to 1.
        """
        high, wide = self.grain.shape[:2]
        unit = self.unit_px
        columns = self.left_px + np.arange(wide)
        top, low = (self._row_of(line) for line in (upper_px, lower_px))
        ends = max(upper_px[0, 0], lower_px[0, 0]), min(upper_px[-1, 0], lower_px[-1, 0])
        gap = np.maximum(low - top, 0) * ((columns >= ends[0]) & (columns <= ends[1]))
        rows = slice(max(0, int(top.min()) - 3), min(high, int(np.ceil(low.max())) + 4))
        y: Floats = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
        soft = np.float32(self.soft_px)
        cover = _step((y - top) / soft) * _step((low - y) / soft) * np.minimum(gap / soft, 1)
        # Deep inside it is darkest; along the lower lip some light falls in.
        depth = np.clip((y - top) / np.maximum(gap, 1), 0, 1)
        paint: Floats = self.hollow * (0.55 + 0.6 * depth**2)[..., None]
        widest = float(gap.max())
        paint = self._with_tongue(paint, y, low, widest, tongue)
        lit = float(smooth(np.asarray(widest / (0.10 * unit))))
        paint = self._with_lower_teeth(paint, y, drop_px, lit)
        paint = self._with_upper_teeth(paint, y, lit)
        # The upper lip and the corners throw their shadow on all of it.
        shade = 0.55 + 0.45 * smooth((y - top) / (0.035 * unit))
        shade = shade * (0.6 + 0.4 * smooth(gap / (0.05 * unit)))
        # The grain is as in the skin, of its brightness.
        paint = paint * shade[..., None] * (1 + self.grain[rows] * (0.9 / 110))
        if self.own is not None:
            own = self.own[rows]
            lighter = (0.65 + 0.35 * shade)[..., None]
            paint = paint + own[..., 3:] * (own[..., :3] * lighter - paint)
        made = np.zeros((high, wide, 4), np.float32)
        made[rows, :, :3] = np.clip(paint, 0, 255) * cover[..., None]
        made[rows, :, 3] = cover
        return made

    def _row_of(self, line_px: Floats) -> Floats:
        """A line in each column of the box: float32 ``(1, wide)``, in its rows."""
        columns = self.left_px + np.arange(self.across.size)
        rows = np.interp(columns, line_px[:, 0], line_px[:, 1]) - self.top_px
        return np.asarray(rows[None], np.float32)

    def _with_tongue(
        self, paint: Floats, y: Floats, low: Floats, widest: float, lift: float
    ) -> Floats:
        unit = self.unit_px
        floor = float(np.max(low))
        high = (0.30 + 0.55 * lift) * widest + 0.01 * unit
        reach = 0.21 * unit
        x = self.across * unit
        back = floor - high * np.sqrt(np.clip(1 - (x / reach) ** 2, 0, 1))
        cover = _step((y - back[None]) / (0.016 * unit)) * (np.abs(x) < reach)[None]
        rise = np.clip((y - back[None]) / max(high, 1), 0, 1)
        groove = 1 - 0.16 * np.exp(-((x / (0.03 * unit)) ** 2))
        light = (0.30 + 0.45 * smooth(rise * 1.2)) * groove[None]
        return _over(paint, self.tongue * light[..., None], 0.9 * cover)

    def _with_upper_teeth(self, paint: Floats, y: Floats, lit: float) -> Floats:
        unit = self.unit_px
        x = np.abs(self.across)
        edge = self.rest_px + unit * (_SHOWN_UPPER - 0.16 * x**2 - _notches(x, _TEETH_UPPER, 0.005))
        cover = _step((edge[None] - y) / (1.1 * self.soft_px)) * (x < _TEETH_UPPER[-1])[None]
        light = (0.98 - 3.6 * x**2) * (1 - 0.16 * _seams(x, _TEETH_UPPER, unit, self.soft_px))
        near_edge = 1 - 0.12 * np.exp(-np.clip(edge[None] - y, 0, None) / (0.012 * unit))
        shine = (
            self.tooth * (np.clip(light, 0.2, 1)[None] * near_edge * (0.45 + 0.55 * lit))[..., None]
        )
        return _over(paint, shine, cover)

    def _with_lower_teeth(self, paint: Floats, y: Floats, drop: float, lit: float) -> Floats:
        """Only their edge is in the light, and soft: they stand farther back."""
        unit = self.unit_px
        x = np.abs(self.across)
        edge = self.jaw_px + drop - unit * (_SHOWN_LOWER - 0.10 * x**2)
        cover = _step((y - edge[None]) / (2.2 * self.soft_px)) * smooth(1.9 - x / 0.14)[None]
        light = (0.80 - 2.6 * x**2) * (1 - 0.10 * _seams(x, _TEETH_LOWER, unit, self.soft_px))
        shine = self.tooth * (np.clip(light, 0.3, 1)[None] * np.ones_like(y))[..., None]
        return _over(paint, shine, 0.7 * lit * cover)


def _over(paint: Floats, colour: Floats, cover: Floats) -> Floats:
    return np.asarray(paint + cover[..., None] * (colour - paint))


def _step(distance: Floats) -> Floats:
    """From 0 to 1 about a distance of 0, one wide."""
    return np.asarray(np.clip(distance + 0.5, 0, 1))


def _notches(x: Floats, ends: tuple[float, ...], deep: float) -> Floats:
    """Between two teeth their edge draws back, in units."""
    return np.asarray(deep * sum(np.exp(-(((x - end) / 0.012) ** 2)) for end in (0.0, *ends)))


def _seams(x: Floats, ends: tuple[float, ...], unit: float, soft_px: float) -> Floats:
    wide = max(0.007, 0.5 * soft_px / unit)
    return np.asarray(
        np.clip(sum(np.exp(-(((x - end) / wide) ** 2)) for end in (0.0, *ends)), 0, 1)
    )


def inner_mouth(
    rgb: NDArray[np.uint8], points_px: Floats, face: FaceFrame, mouth: MouthLine, soft_px: float
) -> InnerMouth:
    """The inside of a portrait's mouth.

    Args:
        rgb: uint8 ``(h, w, 3)``.
        points_px: ``(468, 3)``.
        soft_px: how far an edge of the portrait is spread.
    """
    unit = face.unit_px
    both = np.concatenate([mouth.upper_px, mouth.lower_px])
    left, top = (both.min(axis=0) - np.array([0.06, 0.10]) * unit).astype(int)
    right, low = (both.max(axis=0) + np.array([0.06, 0.36]) * unit).astype(int)
    left, top = max(0, left), max(0, top)
    right, low = min(rgb.shape[1], right), min(rgb.shape[0], low)
    columns = np.arange(left, right, dtype=np.float64)
    line = (mouth.upper_px + mouth.lower_px) / 2
    if mouth.open:  # the upper lip comes down the farther way
        line = 0.4 * mouth.upper_px + 0.6 * mouth.lower_px
    fit = np.polyfit(line[:, 0] - left, line[:, 1] - top, 2)
    rest = np.polyval(fit, columns - left)
    low_rest = rest
    if mouth.open:
        fit = np.polyfit(mouth.lower_px[:, 0] - left, mouth.lower_px[:, 1] - top, 2)
        low_rest = np.polyval(fit, columns - left)
    across = face.flat(columns, top + rest)[0]
    middle = float(np.interp(0, mouth.share, face.flat(line[:, 0], line[:, 1])[0]))
    skin, lips, dark = _colours(rgb, points_px)
    grain = np.random.default_rng(0).normal(size=(low - top, right - left, 1)).astype(np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), max(0.5, 0.6 * soft_px))[..., None]
    grain *= _grain(rgb, points_px, unit) / max(float(grain.std()), 1e-6)
    grey = float(skin @ (0.30, 0.59, 0.11))
    tooth: Floats = 1.05 * (0.75 * skin + 0.25 * grey * np.array([1.04, 1.0, 0.94]))
    if mouth.open:
        tooth = _own_tooth(rgb, mouth, tooth)
    own = _own_teeth(rgb, mouth, (left, top, right, low), soft_px) if mouth.open else None
    return InnerMouth(
        int(left),
        int(top),
        np.asarray(across - middle, np.float32),
        np.asarray(rest, np.float32),
        np.asarray(low_rest, np.float32),
        unit,
        np.asarray(0.45 * dark @ (0.30, 0.59, 0.11) * _WARM + 0.09 * lips, np.float32),
        np.asarray(np.clip(tooth, 0, 255), np.float32),
        np.asarray(np.clip(0.86 * lips + (12, 0, 2), 0, 255), np.float32),
        soft_px,
        np.asarray(grain, np.float32),
        own,
    )


def _colours(rgb: NDArray[np.uint8], points: Floats) -> tuple[Floats, Floats, Floats]:
    """Lit skin, lips and the deepest tone of a face, each ``(3,)``."""
    on = np.zeros(rgb.shape[:2], np.uint8)
    hull = cv2.convexHull(np.rint(points[:, :2]).astype(np.int32))
    cv2.fillConvexPoly(on, hull, 1)
    pixels = rgb[on > 0].astype(np.float64)
    light = pixels @ (0.30, 0.59, 0.11)
    bright, deep = np.percentile(light, [88, 2])
    skin = pixels[(light > 0.93 * bright) & (light < 1.07 * bright)].mean(axis=0)
    dark = pixels[light <= deep].mean(axis=0)
    lip = np.zeros(rgb.shape[:2], np.uint8)
    lower = points[[17, 84, 314, 87, 14, 317, 181, 405], :2]
    cv2.fillConvexPoly(lip, cv2.convexHull(np.rint(lower).astype(np.int32)), 1)
    lips = np.median(rgb[lip > 0].reshape(-1, 3), axis=0)
    return skin, lips, dark


def _grain(rgb: NDArray[np.uint8], points: Floats, unit: float) -> float:
    """Deviation of a cheek's finest texture, of 255."""
    x, y = points[50, :2].astype(int)
    side = max(4, int(0.08 * unit))
    cheek = rgb[max(0, y - side) : y + side, max(0, x - side) : x + side].mean(axis=2)
    fine = cheek - cv2.GaussianBlur(cheek, (0, 0), 2.0)
    return float(min(9.0, fine.std()))


def _own_tooth(rgb: NDArray[np.uint8], mouth: MouthLine, guess: Floats) -> Floats:
    """The colour of the teeth that the portrait shows; the guess where it shows none."""
    on = np.zeros(rgb.shape[:2], np.uint8)
    ring = np.concatenate([mouth.upper_px, mouth.lower_px[::-1]])
    cv2.fillPoly(on, [np.rint(ring).astype(np.int32)], 1)
    pixels = rgb[on > 0].astype(np.float64)
    if not len(pixels):
        return guess
    light = pixels @ (0.30, 0.59, 0.11)
    found: Floats = np.median(pixels[light >= np.percentile(light, 60)], axis=0)
    return found if found.mean() > 0.8 * guess.mean() else guess


def _own_teeth(
    rgb: NDArray[np.uint8], mouth: MouthLine, box: tuple[int, int, int, int], soft_px: float
) -> Floats:
    """What the portrait itself shows between its lips: float32 ``(high, wide, 4)``."""
    left, top, right, low = box
    columns = np.arange(left, right)
    y = np.arange(low - top, dtype=np.float64)[:, None]
    tops, lows = (
        np.interp(columns, line[:, 0], line[:, 1]) - top
        for line in (mouth.upper_px, mouth.lower_px)
    )
    lips_px = max(1.0, 0.8 * soft_px)
    within = (columns > mouth.upper_px[0, 0]) & (columns < mouth.upper_px[-1, 0])
    cover = (
        _step((y - tops - lips_px) / lips_px)
        * _step((lows - y - 2 * lips_px) / (1.5 * lips_px))
        * within
    )
    return np.concatenate([rgb[top:low, left:right], cover[..., None]], axis=2).astype(np.float32)
