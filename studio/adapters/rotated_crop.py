"""Turned squares of a picture: cut out for a network, its points brought back.

A square is four numbers: middle x, middle y and side in pixels of the picture, and the angle in
radians by which its upright direction is turned clockwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.types.landmarks import Floats


def cut_out(rgb: NDArray[np.uint8], square: Floats, size_px: int) -> NDArray[np.uint8]:
    """A square, upright: uint8 ``(size_px, size_px, 3)``; outside the picture is black."""
    import cv2

    x, y, side, angle = (float(v) for v in square)
    scale = max(side, 1e-3) / size_px
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    middle = (size_px - 1) / 2
    # From the square's pixels to the picture's, as cv2 wants it with WARP_INVERSE_MAP.
    back = np.array(
        [
            [cos, -sin, x - 0.5 - middle * (cos - sin)],
            [sin, cos, y - 0.5 - middle * (sin + cos)],
        ]
    )
    source: Any = rgb
    if scale > 2:  # plain interpolation would skip pixels
        step = int(scale)
        wh = (max(1, rgb.shape[1] // step), max(1, rgb.shape[0] // step))
        reach = int(np.ceil(side * 0.75)) + 2
        left, top = max(0, int(x) - reach), max(0, int(y) - reach)
        piece = rgb[top : int(y) + reach, left : int(x) + reach]
        wh = (max(1, piece.shape[1] // step), max(1, piece.shape[0] // step))
        if not piece.size:
            return np.zeros((size_px, size_px, 3), np.uint8)
        source = cv2.resize(piece, wh, interpolation=cv2.INTER_AREA)
        ratio = np.array([wh[0] / piece.shape[1], wh[1] / piece.shape[0]])[:, None]
        back[:, 2] += 0.5 - np.array([left, top])
        back = back * ratio
        back[:, 2] -= 0.5
    made: NDArray[np.uint8] = cv2.warpAffine(
        source, back, (size_px, size_px), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    return made


def in_picture(points: Floats, square: Floats, size_px: int) -> Floats:
    """Points of a cut-out square ``(k, 2)`` or ``(k, 3)`` in the picture; depth is scaled."""
    x, y, side, angle = (float(v) for v in square)
    scale = side / size_px
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]], np.float32)
    made = points.astype(np.float32) * np.float32(scale)
    made[:, :2] = (made[:, :2] - side / 2) @ turn + np.array([x, y], np.float32)
    return made


def squares_about(
    xyxy_px: Floats, from_px: Floats, to_px: Floats, *, scale: float, target: float, up: float = 0.0
) -> Floats:
    """Squares about boxes, turned so that one point lies in a direction from another.

    Args:
        xyxy_px: float32 ``(n, 4)``.
        from_px, to_px: float32 ``(n, 2)``.
        scale: the square's side in longer sides of the box.
        target: the direction in radians, mathematically positive: 0 is right, pi / 2 up.
        up: how far the square is moved towards its own top, in heights of the box.

    Returns:
        float32 ``(n, 4)``.
    """
    across = to_px - from_px
    turn = target - np.arctan2(-across[:, 1], across[:, 0])
    angle = (turn + np.pi) % (2 * np.pi) - np.pi
    size = xyxy_px[:, 2:] - xyxy_px[:, :2]
    middle = (xyxy_px[:, :2] + xyxy_px[:, 2:]) / 2
    shift = up * size[:, 1:]
    middle = middle + shift * np.stack([np.sin(angle), -np.cos(angle)], axis=1)
    side = size.max(axis=1, keepdims=True) * scale
    return np.concatenate([middle, side, angle[:, None]], axis=1).astype(np.float32)
