"""Eyes that blink and look about.

A lid that comes down shows skin that no portrait shows: it is painted, in the tones from above
and below the eye and with the grain from below it, and ends in the line of the lashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.anchor.portrait.face_frame import FaceFrame
from pipelines.anchor.portrait.tracing import brightness, edge_offsets
from pipelines.anchor.portrait.warping import Moves, smooth

Floats = NDArray[np.floating[Any]]

#: Lids from the left of the picture to the right: upper, lower.
_LIDS = {
    "right": (
        (33, 246, 161, 160, 159, 158, 157, 173, 133),
        (33, 7, 163, 144, 145, 153, 154, 155, 133),
    ),
    "left": (
        (362, 398, 384, 385, 386, 387, 388, 466, 263),
        (362, 382, 381, 380, 374, 373, 390, 249, 263),
    ),
}
#: How far an iris goes at a gaze of 1, in its radii: aside and down.
_LOOKS = (0.5, 0.26)
_REACH = 0.035  # how far from the mesh's line a lid is looked for, in units
#: Above the open lid's edge, how far the painted skin reaches and fades, in units.
_ABOVE, _FADES = 0.010, 0.085
#: The lower lid comes to meet the upper one by so much of the opening.
_MEETS = 0.10


@dataclass(frozen=True)
class Eye:
    """One eye as portrayed.

    Attributes:
        slices: its box in the picture.
        top_px, low_px: float64 ``(wide,)``, the lids' edges in each column of the box, in its rows.
        aside: float32 ``(high, wide)``, how much a place moves with the iris.
        radius_px: of the iris.
        tone: float32 ``(2, wide, 3)`` RGB, skin above and below.
        texture: float32 ``(high, wide, 3)``, its grain.
        lash_rgb: float32 ``(3,)``.
        unit_px: of the face.
    """

    slices: tuple[slice, slice]
    top_px: Floats
    low_px: Floats
    aside: NDArray[np.float32]
    radius_px: float
    tone: NDArray[np.float32]
    texture: NDArray[np.float32]
    lash_rgb: NDArray[np.float32]
    unit_px: float

    def looking(self, gaze: tuple[float, float]) -> Moves:
        """Where what is seen came from, relative: float32 ``(high, wide, 2)``."""
        way = -np.multiply(gaze, _LOOKS) * self.radius_px
        return np.asarray(self.aside[..., None] * way, np.float32)

    def lid(self, blink: float) -> Floats:
        """The upper lid on its way down.

        Args:
            blink: 0 open to 1 shut.

        Returns:
            float32 ``(high, wide, 4)``: RGB 0 to 255, multiplied by cover, and cover 0 to 1.
        """
        unit = self.unit_px
        y = np.arange(self.aside.shape[0], dtype=np.float32)[:, None]
        opening = self.low_px - self.top_px
        shut = self.low_px - _MEETS * opening * 0.5
        edge = (self.top_px + blink * (shut - self.top_px))[None].astype(np.float32)
        top = self.top_px[None].astype(np.float32)
        # Where the eye is nearly closed anyway, in its corners, nothing is painted.
        wide = smooth(opening / (0.035 * unit))[None]
        starts = np.clip((y - top + unit * (_ABOVE + _FADES)) / (unit * _FADES), 0, 1)
        cover = (
            smooth(starts) * np.clip(edge - y + 0.5, 0, 1) * wide * smooth(np.asarray(blink / 0.12))
        )
        down = np.clip((y - top) / np.maximum(edge - top, 1), 0, 1)
        # The ball under the lid: light in the middle, darker into the fold and to the lashes.
        round_ = 0.84 + 0.25 * np.sin(np.pi * (0.12 + 0.72 * down)) - 0.10 * down**4
        tone = self.tone[0] + smooth(down)[..., None] * (self.tone[1] - self.tone[0])
        slid = np.clip(np.rint(y - edge + self.texture.shape[0] - 1), 0, self.texture.shape[0] - 1)
        grain = np.take_along_axis(self.texture, slid.astype(np.int64)[..., None], axis=0)
        skin = tone * round_[..., None] + grain
        lash_px = max(0.9, 0.008 * unit)
        thin = smooth(opening / (0.075 * unit))[None] * smooth(np.asarray(blink / 0.3))
        line = 0.62 * np.exp(-(((y - edge) / lash_px) ** 2)) * thin
        # Lashes lie over the skin and over what is left of the eye.
        paint = np.concatenate([skin * cover[..., None], cover[..., None]], axis=2)
        over = line[..., None]
        made = paint * (1 - over) + np.concatenate([self.lash_rgb * over, over], axis=2)
        return np.asarray(np.clip(made, 0, 255), np.float32)


def find_eyes(
    rgb: NDArray[np.uint8], points_px: Floats, irises_px: Floats, face: FaceFrame
) -> dict[str, Eye]:
    """The eyes of a portrait, ``right`` and ``left`` of the person.

    Args:
        rgb: uint8 ``(h, w, 3)``.
        points_px: ``(468, 3)``.
        irises_px: ``(2, 5, 2)``, right and left.
    """
    light = brightness(rgb)
    return {
        side: _eye(rgb, light, points_px, irises_px[number], face.unit_px, side)
        for number, side in enumerate(("right", "left"))
    }


def _eye(
    rgb: NDArray[np.uint8],
    light: NDArray[np.float32],
    points: Floats,
    iris: Floats,
    unit: float,
    side: str,
) -> Eye:
    upper, lower = (points[list(ids), :2].astype(np.float64) for ids in _LIDS[side])
    left, right = int(np.ceil(upper[0, 0])), int(upper[-1, 0])
    columns = np.arange(left, right + 1, dtype=np.float64)
    top, low = _smoothly(upper, columns), _smoothly(lower, columns)
    share = (columns - columns[0]) / max(1.0, np.ptp(columns))
    middle = smooth(np.minimum(share, 1 - share) / 0.25)
    # From skin to lashes it grows darker.
    line = np.stack([columns, top], axis=1)
    found = edge_offsets(-light, line, np.array([0.0, 1.0]), _REACH * unit, 0.008 * unit)
    top = top + middle * np.clip(found, -_REACH * unit, 0.3 * _REACH * unit)
    low = np.maximum(low, top)
    above = max(0, int(top.min() - unit * (_ABOVE + _FADES)) - 2)
    below = min(rgb.shape[0], int(np.ceil(low.max())) + max(4, round(0.03 * unit)))
    box = slice(above, below), slice(left, right + 1)
    tone = _tones(rgb, columns, top, low, unit)
    texture = _texture(rgb, box, low, unit)
    top, low = top - above, low - above
    y = np.arange(below - above, dtype=np.float64)[:, None]
    inside = smooth((y - top) / 1.5) * smooth((low - y) / 1.5)
    centre = iris.mean(axis=0) - (left, above)
    radius = max(1.0, float(np.linalg.norm(iris[1:] - iris[0], axis=1).mean()))
    x = np.arange(right + 1 - left, dtype=np.float64)[None]
    beside = np.abs(x - centre[0]) - radius
    room = np.where(x < centre[0], centre[0] - radius, right - left - centre[0] - radius)
    aside = inside * (1 - smooth(beside / np.maximum(room, 1.0)))
    opening = rgb[box][inside > 0.5]
    dark = np.percentile(opening, 8, axis=0) if len(opening) else np.zeros(3)
    return Eye(
        box,
        top,
        low,
        aside.astype(np.float32),
        radius,
        tone,
        texture,
        np.asarray(dark, np.float32),
        unit,
    )


def _tones(
    rgb: NDArray[np.uint8], columns: Floats, top: Floats, low: Floats, unit: float
) -> NDArray[np.float32]:
    """Skin above and below an eye in each column, smoothly: float32 ``(2, n, 3)``."""
    made = []
    for rows, steps in ((top, (-0.085, -0.02)), (low, (0.035, 0.085))):
        offsets = np.linspace(steps[0] * unit, steps[1] * unit, 9)
        at_y = np.clip(np.rint(rows[None] + offsets[:, None]), 0, rgb.shape[0] - 1).astype(int)
        seen = rgb[at_y, columns.astype(int)[None]].astype(np.float64)
        # Brows and shadows of the fold are no skin of the lid: the lighter half counts.
        tone = np.percentile(seen, 85, axis=0)
        made.append(gaussian_filter1d(tone, 0.10 * unit, axis=0, mode="nearest"))
    above, below = made
    return np.asarray([0.6 * above + 0.4 * below, 0.35 * above + 0.65 * below], np.float32)


def _texture(
    rgb: NDArray[np.uint8], box: tuple[slice, slice], low: Floats, unit: float
) -> NDArray[np.float32]:
    """The grain of the skin below an eye: float32 of the box, about 0."""
    high = box[0].stop - box[0].start
    start = int(low.max() + 0.05 * unit)
    strip = rgb[start : start + high, box[1]].astype(np.float32)
    if strip.shape[0] < 4:
        return np.zeros((high, box[1].stop - box[1].start, 3), np.float32)
    fine = strip - cv2.GaussianBlur(strip, (0, 0), max(1.5, 0.018 * unit))
    fine = 0.65 * np.clip(fine, -14, 14)  # a mole or a fold is not repeated
    reflected = np.pad(fine, ((0, high - len(fine)), (0, 0), (0, 0)), mode="wrap")
    return np.asarray(reflected, np.float32)


def _smoothly(points: Floats, columns: Floats) -> Floats:
    from scipy.interpolate import PchipInterpolator

    at, rows = np.unique(points[:, 0], return_index=True)
    return np.asarray(PchipInterpolator(at, points[rows, 1])(columns))
