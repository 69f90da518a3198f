"""A head that turns, nods and leans a little, on a body that breathes.

Turned in two and a half dimensions: every place has a depth, of the face from its mesh, of the
rest of the head from the round of a skull; what is nearer moves farther.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from pipelines.anchor.portrait.face_frame import FaceFrame
from pipelines.anchor.portrait.warping import Grid, Moves, smooth
from studio.types.landmarks import CHIN, FACE_OVAL

Floats = NDArray[np.floating[Any]]

#: A skull about the middle of the mouth, in units: where its middle is, and its half axes.
_SKULL_AT, _SKULL = (0.0, -0.62, 0.85), (0.98, 1.35)
#: A neck bends too: the whole head goes aside as if turned about a point so far behind it.
_NECK = 0.45
#: Degrees beyond which a picture has nothing to show: moves are held there.
MOST_DEG = (9.0, 7.0, 8.0)
#: Of the face's unit: how far shoulders rise with a breath.
_BREATH = 0.022
_STEP_PX = 12


@dataclass(frozen=True)
class Head:
    """The moves of head and shoulders.

    Attributes:
        grid: where they are told.
        yaw, pitch, roll: float32 ``(rows, columns, 2)`` px for a radian.
        breath: float32 ``(rows, columns, 2)`` px of a full chest.
    """

    grid: Grid
    yaw: Moves
    pitch: Moves
    roll: Moves
    breath: Moves

    def moves(self, head_deg: Floats, breath: float) -> Moves:
        """Float32 ``(rows, columns, 2)`` px."""
        held = [m * np.tanh(d / m) for d, m in zip(head_deg, MOST_DEG, strict=True)]
        yaw, pitch, roll = (np.float32(np.radians(v)) for v in held)
        turned = yaw * self.yaw + pitch * self.pitch + roll * self.roll
        return np.asarray(turned + np.float32(breath) * self.breath, np.float32)


def head_of(points_px: Floats, face: FaceFrame, wh: tuple[int, int]) -> Head:
    """The moves of a head.

    Args:
        points_px: ``(468, 3)``, the face's mesh.
        face: its axes.
        wh: of the picture.
    """
    unit = face.unit_px
    origin = face.origin_px[:2]
    chin = face.local(points_px[CHIN])
    # The fields reach over the whole picture down to its edge; the person's matte bounds them.
    box = (
        origin[0] - 3.2 * unit,
        origin[1] - 2.9 * unit,
        origin[0] + 3.2 * unit,
        origin[1] + 4.2 * unit,
    )
    grid = Grid.over(box, wh, _STEP_PX)
    px, py = grid.nodes
    x, y = (px - origin[0]) / unit, (py - origin[1]) / unit
    near = _nearness(points_px, face, px, py) + _NECK
    holds = 1 - smooth((y - (chin[1] - 0.12)) / 0.95)  # of the head, not of the shoulders
    yaw = np.stack([near * holds, 0 * near], axis=-1)
    pitch = np.stack([0 * near, near * holds], axis=-1)
    pivot = chin[1] + 0.25
    roll = np.stack([-(y - pivot) * holds, x * holds], axis=-1)
    shoulders = smooth((grid.top_px + grid.high - py) / (1.5 * unit))
    breath = np.stack([0 * x, -_BREATH * (0.55 + 0.45 * (1 - holds)) * shoulders], axis=-1)
    # At the sides and above it ends softly: what is beyond is background, or stands still.
    ends = smooth((px - grid.left_px) / (0.5 * unit) + _off(grid.left_px)) * smooth(
        (grid.left_px + grid.wide - 1 - px) / (0.5 * unit) + _off(wh[0] - grid.left_px - grid.wide)
    )
    fields = [
        np.asarray(unit * field * ends[..., None], np.float32)
        for field in (yaw, pitch, roll, breath)
    ]
    return Head(grid, *fields)


def _off(room_px: float) -> float:
    """1 where the box ends with the picture, and nothing has to be soft."""
    return 1.0 if room_px <= 0 else 0.0


def _nearness(points: Floats, face: FaceFrame, px: Floats, py: Floats) -> Floats:
    """Units nearer to the viewer than the skull's middle, at places of the picture."""
    local = face.local(points)
    unit = face.unit_px
    middle = face.origin_px[:2] + face.shown(*(np.asarray(v) for v in _SKULL_AT))[:2]
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = middle + unit * np.stack(
        [_SKULL[0] * np.cos(angles), _SKULL[1] * np.sin(angles)], axis=1
    )
    outline = points[list(FACE_OVAL), :2]
    inner = [p for p in ring if np.linalg.norm(outline - p, axis=1).min() > 0.25 * unit]
    known = np.concatenate([points[::3, :2], np.reshape(inner, (-1, 2))])
    depth = np.concatenate([_SKULL_AT[2] - local[::3, 2], np.zeros(len(inner))])
    told = RBFInterpolator(known / unit, depth, kernel="linear", smoothing=0.02)
    found = told(np.stack([px.ravel(), py.ravel()], axis=1) / unit).reshape(px.shape)
    far = np.hypot((px - middle[0]) / _SKULL[0], (py - middle[1]) / _SKULL[1]) / unit
    return np.asarray(np.clip(found, 0, None) * (1 - smooth((far - 0.9) / 0.35)))
