"""A painted head that turns: every place has a height, and moves by it.

The same rule moves points (for what is drawn anew in each frame) and pixels (for what was painted
once): forward for points; for pixels backward, by a few rounds of fixed-point iteration on a
coarse grid, since heads of presenters turn by a few degrees only.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.presenters.drawn.relief import EYE_Y, Field, Grid, Points

#: About what a head nods and tilts, in units; and how far behind its middle it turns.
_NOD_Y, _TILT_Y, _AXIS_Z = 0.75, 1.15, -0.12
#: How far a chin falls where speech opens the mouth widest, in units.
CHIN_DROP = 0.115
#: How far a brow travels.
_BROW_RISE = 0.06
#: Pixels of the picture for one of the coarse grid.
_COARSE = 8


@dataclass(frozen=True)
class Pose:
    """How a head is held in one frame.

    Attributes:
        yaw, pitch, roll: radians, signs as in ``Performance``.
        drop: 0 to 1, of the jaw.
        brows: left and right, -1 to 1.
        breath: 0 to 1.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    drop: float = 0.0
    brows: tuple[float, float] = (0.0, 0.0)
    breath: float = 0.0

    @property
    def rise(self) -> float:
        """How far breath lifts head and shoulders, in units."""
        return 0.022 * self.breath

    def turned(
        self, x: Field | Points, y: Field | Points, z: Field | Points
    ) -> tuple[Points, Points]:
        """Where places of the head are seen: x and y, in units."""
        across = x * cos(self.yaw) + (z - _AXIS_Z) * sin(self.yaw)
        down = _NOD_Y + (y - _NOD_Y) * cos(self.pitch) + z * sin(self.pitch)
        cosine, sine = cos(self.roll), sin(self.roll)
        low = down - _TILT_Y
        return across * cosine - low * sine, _TILT_Y + across * sine + low * cosine - self.rise


class Relief:
    """Heights of a head, and what else moves its places.

    Args:
        grid: places of the head's layer.
        z: float32 ``(h, w)``, heights in units.
    """

    def __init__(self, grid: Grid, z: Field) -> None:
        self._grid, self._z = grid, z

    def at(self, points: Points) -> Points:
        """Heights at points ``(n, 2)``: float64 ``(n,)``."""
        where = (points - (self._grid.left, self._grid.top)) * self._grid.scale - 0.5
        xy = where.astype(np.float32)
        found = cv2.remap(
            self._z, xy[None, :, 0], xy[None, :, 1], cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE
        )
        return np.asarray(found[0], np.float64)

    def project(self, pose: Pose, points: Points, lift: float = 0.0) -> Points:
        """Points ``(n, 2)`` drawn on the head, ``lift`` units before it, as they are seen."""
        x, y = pose.turned(points[:, 0], points[:, 1], self.at(points) + lift)
        return np.stack([x, y], axis=1)


class Warp:
    """Moves the pixels of one layer as a head's pose asks.

    Args:
        layer: uint8 ``(h, w, 4)``, premultiplied, painted ``fine`` times as large as it is shown.
        grid: its places.
        z: float32 ``(h, w)``, its heights.
        moves: float32 ``(h, w)``, 1 where it goes with the head, 0 where it stays.
        jaw: float32 ``(h, w)``, 1 where it goes with the chin.
        fine: pixels of the layer for one of the picture.
    """

    def __init__(
        self,
        layer: NDArray[np.uint8],
        grid: Grid,
        z: Field,
        moves: Field,
        jaw: Field,
        fine: int,
    ) -> None:
        self._layer, self.grid = layer, grid
        self.wh = (grid.wh[0] // fine, grid.wh[1] // fine)
        self._coarse_wh = (self.wh[0] // _COARSE + 2, self.wh[1] // _COARSE + 2)
        unit = grid.scale / fine
        # Places of the coarse grid's points, which lie at every eighth pixel's corner.
        x = np.arange(self._coarse_wh[0], dtype=np.float32) * _COARSE / unit + grid.left
        y = np.arange(self._coarse_wh[1], dtype=np.float32) * _COARSE / unit + grid.top
        self._x, self._y = (a.astype(np.float32) for a in np.meshgrid(x, y))
        self._fields = np.dstack([z, moves, jaw]).astype(np.float32)
        self._fields = cv2.resize(
            self._fields, None, fx=1 / fine / 4, fy=1 / fine / 4, interpolation=cv2.INTER_AREA
        )
        self._field_scale = unit / 4

    def _fields_at(self, x: Field, y: Field) -> tuple[Field, Field, Field]:
        to_x = (x - self.grid.left) * self._field_scale - 0.5
        to_y = (y - self.grid.top) * self._field_scale - 0.5
        found = cv2.remap(self._fields, to_x, to_y, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
        return found[..., 0], found[..., 1], found[..., 2]

    def sources(self, pose: Pose) -> tuple[Field, Field]:
        """Whence each point of the coarse grid takes its pixel, in units."""
        x, y = self._x, self._y
        for _ in range(3):
            z, moves, jaw = self._fields_at(x, y)
            seen_x, seen_y = pose.turned(x, y, z)
            off_y = seen_y - y + pose.drop * CHIN_DROP * jaw + self._brow_shift(pose, x, y)
            x = (self._x - moves * (seen_x - x)).astype(np.float32)
            y = (self._y - moves * off_y - (1 - moves) * -pose.rise).astype(np.float32)
        return x, y

    def _brow_shift(self, pose: Pose, x: Field, y: Field) -> Field:
        left, right = pose.brows
        if left == 0 and right == 0:
            return np.zeros_like(x)
        high = np.exp(-(((y + 0.20 - EYE_Y) / 0.15) ** 2))
        by_side = np.exp(-(((x - 0.30) / 0.26) ** 2)) * left
        by_side = by_side + np.exp(-(((x + 0.30) / 0.26) ** 2)) * right
        return np.asarray(-_BROW_RISE * high * by_side, np.float32)

    def __call__(self, pose: Pose) -> NDArray[np.uint8]:
        """The layer as it is seen: uint8 ``(h, w, 4)``, premultiplied."""
        x, y = self.sources(pose)
        scale = self.grid.scale
        both = np.dstack([(x - self.grid.left) * scale - 0.5, (y - self.grid.top) * scale - 0.5])
        width, height = self.wh
        steps = np.array([[1 / _COARSE, 0, 0.5 / _COARSE], [0, 1 / _COARSE, 0.5 / _COARSE]])
        maps = cv2.warpAffine(
            both, steps, (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        made = cv2.remap(self._layer, maps, None, cv2.INTER_LINEAR, None, cv2.BORDER_CONSTANT)
        return np.asarray(made, np.uint8)
