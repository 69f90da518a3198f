"""Where a face stands in its picture: axes, scale and pose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.types.landmarks import CHIN, FOREHEAD, LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS

Floats = NDArray[np.floating[Any]]

#: Points that lie at one height on both sides of a face: the ears, the corners of the mouth.
_SIDES = ((RIGHT_EYE_CORNERS[0], LEFT_EYE_CORNERS[1]), (61, 291), (234, 454))
_UPPER_LIP, _LOWER_LIP = 13, 14


@dataclass(frozen=True)
class FaceFrame:
    """Axes of a face. Its unit is the distance of the outer corners of the eyes, about 9 cm.

    Attributes:
        origin_px: float64 ``(3,)``, the middle of the mouth.
        axes: float64 ``(3, 3)``, rows: to the right of the picture, down, away from the viewer,
            as the face has them.
        unit_px: pixels of one unit.
    """

    origin_px: Floats
    axes: Floats
    unit_px: float

    @classmethod
    def of(cls, points_px: Floats) -> FaceFrame:
        """Of a mesh, ``(468, 3)``."""
        points = points_px.astype(np.float64)
        across = np.zeros(3)
        for right, left in _SIDES:
            side = points[left] - points[right]
            across += side / np.linalg.norm(side)
        across /= np.linalg.norm(across)
        down = points[CHIN] - points[FOREHEAD]
        down -= across * (down @ across)
        down /= np.linalg.norm(down)
        away = np.cross(across, down)
        unit = np.linalg.norm(points[LEFT_EYE_CORNERS[1]] - points[RIGHT_EYE_CORNERS[0]])
        origin = (points[_UPPER_LIP] + points[_LOWER_LIP]) / 2
        return cls(origin, np.stack([across, down, away]), float(unit))

    def local(self, points_px: Floats) -> Floats:
        """Points ``(..., 3)`` of the picture in units of the face."""
        moved: Floats = (points_px - self.origin_px) @ self.axes.T / self.unit_px
        return moved

    def flat(self, x_px: Floats, y_px: Floats) -> tuple[Floats, Floats]:
        """Places of the picture on the face's plane through the mouth: x and y in units."""
        (a, b), (c, d) = self.axes[:2, :2]
        x, y = x_px - self.origin_px[0], y_px - self.origin_px[1]
        scale = self.unit_px * (a * d - b * c)
        return (d * x - c * y) / scale, (a * y - b * x) / scale

    def shown(self, across: Floats, down: Floats, away: Floats | float = 0.0) -> Floats:
        """Moves in units as moves in the picture: float32 ``(..., 2)`` px."""
        away = np.broadcast_to(np.asarray(away), np.shape(down))
        moves = np.stack(np.broadcast_arrays(across, down, away), axis=-1) @ self.axes[:, :2]
        return np.asarray(moves * self.unit_px, np.float32)

    @property
    def down_px(self) -> Floats:
        """float64 ``(2,)``: the face's down in the picture, of length 1."""
        flat = self.axes[1, :2]
        return np.asarray(flat / np.linalg.norm(flat))

    @property
    def yaw_deg(self) -> float:
        """How far it is turned to the right of the picture."""
        return float(np.degrees(np.arcsin(np.clip(-self.axes[2, 0], -1, 1))))

    @property
    def roll_deg(self) -> float:
        """How far it leans, with the clock."""
        return float(np.degrees(np.arctan2(self.axes[0, 1], self.axes[0, 0])))
