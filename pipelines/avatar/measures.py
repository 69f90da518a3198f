"""What a face mesh says of a face, in numbers that neither its place nor its turn changes.

The head's turn is the rotation that brings a canonical face onto the mesh (Umeyama 1991), found
on points that no expression moves much. The mesh is turned back by it, and all openings and
distances are taken in the canonical face's own frame, in distances of the outer eye corners.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Raised whenever the same mesh would give other numbers.
MEASURES_VERSION = 1

#: Points that expressions hardly move, in distances of the outer eye corners; zero between
#: these, x to the picture's right, y down, z away. The mean of seven faces of photographs,
#: paintings and a film, mirrored onto itself; turned so that the seven look ahead on average.
_CANONICAL = {
    10: (0.0, -0.609, -0.147), 151: (0.0, -0.430, -0.203), 9: (0.0, -0.232, -0.253),
    8: (0.0, -0.136, -0.248), 168: (0.0, -0.061, -0.249), 6: (0.0, 0.017, -0.307),
    197: (0.0, 0.095, -0.369), 195: (0.0, 0.168, -0.438), 5: (0.0, 0.247, -0.510),
    4: (0.0, 0.345, -0.544), 33: (-0.5, 0.0, 0.0), 263: (0.5, 0.0, 0.0),
    133: (-0.193, 0.008, -0.059), 362: (0.193, 0.008, -0.059),
    127: (-0.792, 0.087, 0.553), 356: (0.792, 0.087, 0.553),
    234: (-0.786, 0.256, 0.589), 454: (0.786, 0.256, 0.589),
    93: (-0.778, 0.426, 0.576), 323: (0.778, 0.426, 0.576),
    116: (-0.712, 0.203, 0.124), 345: (0.712, 0.203, 0.124),
    50: (-0.549, 0.364, -0.101), 280: (0.549, 0.364, -0.101),
    129: (-0.238, 0.401, -0.213), 358: (0.238, 0.401, -0.213),
}  # fmt: skip
_RIGID = np.array(list(_CANONICAL))
_FACE = np.array(list(_CANONICAL.values()))
_FACE_MIDDLE = _FACE.mean(axis=0)
_SPREAD = float(((_FACE - _FACE_MIDDLE) ** 2).sum())
#: The middle of the head in the canonical frame.
_HEAD = np.array([0.0, 0.06, 0.48])

#: The numbers, in order.
MEASURES = (
    *("x_px", "y_px", "scale_px", "yaw", "pitch", "roll"),
    *("eye_right", "eye_left", "gaze_x", "gaze_y", "brow_right", "brow_left", "brow_gap"),
    *("mouth_gap", "mouth_width", "corners", "upper_lip", "lower_lip", "lips"),
)
AT = {name: number for number, name in enumerate(MEASURES)}

Floats = NDArray[np.float64]


def head_turn(points_px: NDArray[np.floating]) -> tuple[Floats, float, Floats]:
    """How a canonical face lies on a mesh.

    Args:
        points_px: ``(468, 3)``.

    Returns:
        The rotation ``(3, 3)`` from the canonical face to the picture, pixels to one distance
        of the outer eye corners, and the place of the point between these.
    """
    seen = points_px[_RIGID].astype(np.float64)
    middle = seen.mean(axis=0)
    left, sizes, right = np.linalg.svd((seen - middle).T @ (_FACE - _FACE_MIDDLE))
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left * sign) @ right
    scale = float((sizes * sign).sum() / _SPREAD)
    return rotation, scale, middle - scale * rotation @ _FACE_MIDDLE


def angles(rotation: Floats) -> tuple[float, float, float]:
    """Yaw, pitch and roll of a rotation, radians, signed as in ``Expression``."""
    ahead = -rotation[:, 2]
    yaw = float(np.arctan2(ahead[0], -ahead[2]))
    pitch = float(np.arcsin(np.clip(ahead[1], -1, 1)))
    # What is left of the turn of the eyes' line once yaw and pitch are undone.
    across = rotation[:, 0]
    level = np.array([np.cos(yaw), 0.0, np.sin(yaw)])
    up = np.cross(ahead, level)
    return yaw, pitch, float(np.arctan2(-across @ up, across @ level))


def measure(
    points_px: NDArray[np.floating], irises_px: NDArray[np.floating]
) -> NDArray[np.float32]:
    """The numbers named in :data:`MEASURES`.

    Args:
        points_px: ``(468, 3)``, a mesh.
        irises_px: ``(2, 5, 2)``, of the right and the left eye.
    """
    rotation, scale, origin = head_turn(points_px)
    q = (points_px.astype(np.float64) - origin) @ rotation / scale
    head = origin + scale * rotation @ _HEAD
    yaw, pitch, roll = angles(rotation)
    gaze = [_gaze(points_px, irises_px[0, 0], 33, 133), _gaze(points_px, irises_px[1, 0], 362, 263)]
    gaze_x, gaze_y = np.mean(gaze, axis=0)
    corners = (q[61] + q[291]) / 2
    return np.array([
        head[0], head[1], scale, yaw, pitch, roll,
        _opening(q, ((159, 145), (158, 153), (160, 144)), (33, 133)),
        _opening(q, ((386, 374), (385, 380), (387, 373)), (362, 263)),
        gaze_x, gaze_y,
        _brow(q, (105, 66, 107), (33, 133)), _brow(q, (334, 296, 336), (263, 362)),
        np.linalg.norm(q[107] - q[336]),
        np.mean([np.linalg.norm(q[a] - q[b]) for a, b in ((13, 14), (82, 87), (312, 317))]),
        np.linalg.norm(q[61] - q[291]),
        q[13, 1] - corners[1],
        q[13, 1] - q[2, 1],
        q[152, 1] - q[14, 1],
        np.linalg.norm(q[0] - q[13]) + np.linalg.norm(q[17] - q[14]),
    ], np.float32)  # fmt: skip


def _opening(q: Floats, lids: tuple[tuple[int, int], ...], ends: tuple[int, int]) -> float:
    """Mean distance of the lids in widths of the eye."""
    width = max(float(np.linalg.norm(q[ends[0]] - q[ends[1]])), 1e-6)
    return float(np.mean([np.linalg.norm(q[a] - q[b]) for a, b in lids])) / width


def _brow(q: Floats, points: tuple[int, ...], eye: tuple[int, int]) -> float:
    """Height of a brow over the line of its eye."""
    return float((q[eye[0], 1] + q[eye[1], 1]) / 2 - q[list(points), 1].mean())


def _gaze(
    points_px: NDArray[np.floating], iris_px: NDArray[np.floating], first: int, second: int
) -> Floats:
    """Place of the iris between the corners of its eye, in half widths: along, and across.

    ``first`` is the corner on the left of the picture.
    """
    one, two = (points_px[p, :2].astype(np.float64) for p in (first, second))
    along = (two - one) / 2
    size = max(float(along @ along), 1e-9)
    off = iris_px - (one + two) / 2
    return np.array([off @ along, along[0] * off[1] - along[1] * off[0]]) / size
