"""Eyes that blink and look about.

The upper lid's skin is drawn down as it is in the portrait: most between the fold and the lashes,
not at all at the lashes themselves, so that their line travels whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.portrait.face_frame import FaceFrame
from pipelines.anchor.portrait.tracing import brightness, edge_offsets
from pipelines.anchor.portrait.warping import smooth
from studio.types.landmarks import LEFT_BROW, RIGHT_BROW

Floats = NDArray[np.floating[Any]]
Moves = NDArray[np.float32]

#: Lids from the left of the picture to the right.
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
_BROWS = {"right": RIGHT_BROW, "left": LEFT_BROW}
#: How far an iris goes at a gaze of 1, in its radii: aside and down.
_LOOKS = (0.5, 0.26)
#: Of the way from the lid to the brow, how much skin is drawn.
_DRAWN = 0.62
_REACH = 0.035  # how far from the mesh's line a lid is looked for, in units


@dataclass(frozen=True)
class Eye:
    """One eye as portrayed.

    Attributes:
        slices: its box in the picture.
        top_px, low_px: float64 ``(wide,)``, the lids' edges in each column of the box, in its rows.
        skin_px: float64 ``(wide,)``, from where on the skin is drawn down.
        inside: float32 ``(high, wide)``, 1 in the opening.
        aside: float32 ``(high, wide)``, how much a place moves with the iris.
        radius_px: of the iris.
        lash_rgb: float32 ``(3,)``, 0 to 255.
        lash_px: thickness of the lashes' line.
    """

    slices: tuple[slice, slice]
    top_px: Floats
    low_px: Floats
    skin_px: Floats
    inside: NDArray[np.float32]
    aside: NDArray[np.float32]
    radius_px: float
    lash_rgb: NDArray[np.float32]
    lash_px: float

    def moves(self, blink: float, gaze: tuple[float, float]) -> Moves:
        """Where what is seen came from, relative: float32 ``(high, wide, 2)``."""
        high, wide = self.inside.shape
        made = np.zeros((high, wide, 2), np.float32)
        if any(gaze):
            made[..., 0] = -gaze[0] * _LOOKS[0] * self.radius_px * self.aside
            made[..., 1] = -gaze[1] * _LOOKS[1] * self.radius_px * self.aside
        if blink > 0:
            y = np.arange(high, dtype=np.float64)[:, None]
            lid = self.lid_px(blink)
            before, after = self.top_px - self.skin_px, lid - self.skin_px
            t = (y - self.skin_px) / np.maximum(after, 1e-6)
            steep = np.clip(after / np.maximum(before, 1e-6), 1.0, 2.9)
            # Hermite's cubic from 0 to 1: at both ends the skin moves without being drawn.
            came = steep * (2 * t**3 - 3 * t**2 + t) + 3 * t**2 - 2 * t**3
            skin = (t > 0) & (t < 1)
            drawn = self.skin_px + before * came - y
            made[..., 0][skin] = 0
            made[..., 1][skin] = drawn[skin]
        return made

    def lid_px(self, blink: float) -> Floats:
        """Float64 ``(wide,)``: the upper lid's edge, in rows of the box."""
        return np.asarray(self.top_px + blink * (self.low_px - self.top_px))

    def lashes(self, blink: float) -> NDArray[np.float32]:
        """Float32 ``(high, wide)``: how much the line of the lashes covers, 0 to 1."""
        y = np.arange(self.inside.shape[0], dtype=np.float64)[:, None]
        lid = self.lid_px(blink)
        tall = smooth((self.low_px - self.top_px) / (3 * self.lash_px))
        line = np.exp(-(((y - lid) / self.lash_px) ** 2))
        return np.asarray(0.75 * min(1.0, 2 * blink) * line * tall, np.float32)


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
        side: _eye(rgb, light, points_px, irises_px[number], face, side)
        for number, side in enumerate(("right", "left"))
    }


def _eye(
    rgb: NDArray[np.uint8],
    light: NDArray[np.float32],
    points: Floats,
    iris: Floats,
    face: FaceFrame,
    side: str,
) -> Eye:
    upper, lower = (points[list(ids), :2].astype(np.float64) for ids in _LIDS[side])
    brow = points[list(_BROWS[side]), :2]
    unit = face.unit_px
    left, right = int(np.ceil(upper[0, 0])), int(upper[-1, 0])
    columns = np.arange(left, right + 1, dtype=np.float64)
    top = _smoothly(upper, columns)
    low = _smoothly(lower, columns)
    share = (columns - columns[0]) / max(1.0, np.ptp(columns))
    middle = smooth(np.minimum(share, 1 - share) / 0.25)
    # From skin to lashes it grows darker.
    line = np.stack([columns, top], axis=1)
    found = edge_offsets(-light, line, np.array([0.0, 1.0]), _REACH * unit, 0.008 * unit)
    top = top + middle * np.clip(found, -_REACH * unit, 0.5 * _REACH * unit)
    low = np.maximum(low, top)
    brow_low = float(np.sort(brow[:, 1])[-5:].mean())
    skin = top - _DRAWN * np.maximum(top.min() - brow_low, 0.05 * unit)
    above, below = int(skin.min()) - 2, int(np.ceil(low.max())) + max(3, round(0.05 * unit))
    above, below = max(0, above), min(rgb.shape[0], below)
    box = slice(above, below), slice(left, right + 1)
    top, low, skin = top - above, low - above, skin - above
    y = np.arange(below - above, dtype=np.float64)[:, None]
    inside = smooth((y - top) / 1.5) * smooth((low - y) / 1.5)
    centre = iris.mean(axis=0) - (left, above)
    radius = max(1.0, float(np.linalg.norm(iris[1:] - iris[0], axis=1).mean()))
    x = np.arange(right + 1 - left, dtype=np.float64)[None]
    beside = np.abs(x - centre[0]) - radius
    room = np.where(x < centre[0], centre[0] - radius, right - left - centre[0] - radius)
    aside = inside * (1 - smooth(beside / np.maximum(room, 1.0)))
    dark = np.percentile(rgb[box][inside > 0.5], 8, axis=0) if (inside > 0.5).any() else np.zeros(3)
    return Eye(
        box,
        top,
        low,
        skin,
        inside.astype(np.float32),
        aside.astype(np.float32),
        radius,
        np.asarray(dark, np.float32),
        max(1.0, 0.011 * unit),
    )


def _smoothly(points: Floats, columns: Floats) -> Floats:
    from scipy.interpolate import PchipInterpolator

    at, rows = np.unique(points[:, 0], return_index=True)
    return np.asarray(PchipInterpolator(at, points[rows, 1])(columns))
