"""Make-up and reshaping: colour laid into the skin, and smooth warps of the mesh's places."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.filter.drawing import Rgb, ring, widened
from pipelines.filter.head import Head, head_of
from pipelines.filter.people import Face
from pipelines.filter.specs import COLOURS, Makeup, Reshape
from studio.types.landmarks import LEFT_EYE, LIPS_INNER, LIPS_OUTER, RIGHT_EYE, Floats

#: Raised whenever the same faces would be made up or shaped otherwise.
MAKEUP_VERSION = 1
_BITS = 4
#: Between the lid and the brow, the person's right and left.
_LIDS = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 190, 56, 28, 27, 29, 30, 247, 130),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 414, 286, 258, 257, 259, 260, 467, 359),
)
#: The upper lash lines, from the outer corner.
_LASHES = ((33, 246, 161, 160, 159, 158, 157, 173), (263, 466, 388, 387, 386, 385, 384, 398))
_CHEEKS = (50, 280)
_LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)


class _Patch:
    """The part of a picture that a face takes, as float32 of 0 to 255."""

    def __init__(self, rgb: Rgb, points_px: Floats, margin_px: float) -> None:
        height, width = rgb.shape[:2]
        low = np.clip(np.floor(points_px.min(axis=0) - margin_px), 0, [width, height])
        high = np.clip(np.ceil(points_px.max(axis=0) + margin_px), 0, [width, height])
        (self.left, self.top), (self.right, self.bottom) = low.astype(int), high.astype(int)
        self.origin = low.astype(np.float32)
        self.empty = self.right - self.left < 4 or self.bottom - self.top < 4
        self.part = rgb[self.top : self.bottom, self.left : self.right]
        self.deep = 1.0 if rgb.dtype == np.uint8 else 257.0

    def area(self, *polygons: Floats, soft_px: float) -> NDArray[np.float32]:
        """How much of each pixel polygons cover, softly; later ones cut holes into the first."""
        mask: Any = np.zeros(self.part.shape[:2], np.uint8)
        for number, polygon in enumerate(polygons):
            places = np.round((polygon - self.origin) * (1 << _BITS)).astype(np.int32)
            cv2.fillPoly(mask, [places], 0 if number else 255, cv2.LINE_AA, _BITS)
        if soft_px > 0.3:
            mask = cv2.GaussianBlur(mask, (0, 0), soft_px)
        share: NDArray[np.float32] = mask.astype(np.float32) / 255
        return share


def _tinted(part: NDArray[np.float32], share: Any, colour: tuple[int, int, int]) -> Any:
    """Colour laid in: the skin's own light and grain stay."""
    light = cv2.transform(part, _LUMA)
    weight = float(share.sum())
    if weight < 1:
        return part
    mean = max(float((light * share).sum()) / weight, 8.0)
    tint = np.array(colour, np.float32)
    own = float(tint @ _LUMA[0])
    # As light as the colour on light skin, darker on dark skin, but never darker than half.
    level = 0.45 * own + 0.55 * min(mean, own * 1.3)
    # Grain and shine stay, without what the mesh's edge takes in of lighter skin.
    grain = np.minimum((light / mean) ** 0.75, 1.3)[..., None]
    laid = grain * (tint * (level / max(own, 1.0)))
    return part + share[..., None] * (laid - part)


def apply_makeup(rgb: Rgb, face: Face, made: Makeup) -> None:
    """Make a face up; the picture is written to."""
    points = np.ascontiguousarray(face.points_px[:, :2])
    head = head_of(face)
    unit = head.width_px
    patch = _Patch(rgb, points, 0.1 * unit)
    if patch.empty:
        return
    part: Any = patch.part.astype(np.float32) / patch.deep
    strength = made.strength
    if made.blush:
        for cheek in _CHEEKS:
            along = ring(np.zeros(2, np.float32), 0.15 * unit, 0.095 * unit)
            turned = along @ head.axes[:2, :2]
            share = patch.area(turned + points[cheek], soft_px=0.055 * unit)
            part = _tinted(
                part, share * (0.32 * strength * _faces(head, cheek)), COLOURS[made.blush]
            )
    if made.shadow:
        for lid in _LIDS:
            share = patch.area(points[list(lid)], soft_px=0.016 * unit)
            part = _tinted(part, share * (0.6 * strength), COLOURS[made.shadow])
    if made.liner:
        for lash in _LASHES:
            line = points[list(lash)]
            wing = line[0] + (line[0] - line[4]) * 0.28 - head.axes[1, :2] * 0.03 * unit
            up = head.axes[1, :2] * 0.016 * unit
            shape = np.concatenate([[wing], line, (line - up)[::-1]]).astype(np.float32)
            share = patch.area(shape, soft_px=0.004 * unit)
            part = part * (1 - 0.85 * strength * share[..., None])
    if made.lips:
        outer, inner = (points[list(lips)] for lips in (LIPS_OUTER, LIPS_INNER))
        share = patch.area(widened(outer, 1.01), inner, soft_px=0.008 * unit)
        part = _tinted(part, share * (0.75 * strength), COLOURS[made.lips])
    limit = 255 if rgb.dtype == np.uint8 else 65535
    whole = np.clip(part * patch.deep + 0.5, 0, limit).astype(rgb.dtype)
    rgb[patch.top : patch.bottom, patch.left : patch.right] = whole


def _faces(head: Head, cheek: int) -> float:
    """How much a cheek looks at the camera: nothing of one that is turned away."""
    side = -1 if cheek == _CHEEKS[0] else 1
    yaw = float(head.axes[2, 0])  # where the back of the head points, to the right above 0
    return float(np.clip(1 - 1.6 * max(0.0, -side * yaw), 0, 1))


def reshape_face(rgb: Rgb, face: Face, how: Reshape) -> tuple[Rgb, Face]:
    """A face with larger eyes or slimmer cheeks, and where its points are then."""
    head = head_of(face)
    points = face.points_px[:, :2]
    margin = (0.35 if how.kind == "face" else 0.2) * head.width_px
    patch = _Patch(rgb, points, margin)
    if patch.empty or not how.amount:
        return rgb, face
    move = _slimmer if how.kind == "face" else _larger_eyes
    height, width = patch.part.shape[:2]
    step = max(1, min(height, width) // 48)  # the warp is smooth: few places say all of it
    across = np.append(np.arange(0, width - 1, step, dtype=np.float32), width - 1)
    down = np.append(np.arange(0, height - 1, step, dtype=np.float32), height - 1)
    grid = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2).astype(np.float32)
    shift = move(grid + patch.origin + 0.5, face, head, how.amount)
    shift = shift.reshape(len(down), len(across), 2)
    # Places between the grid's by plain interpolation, exactly over the patch.
    xs = np.interp(np.arange(width), across, np.arange(len(across))).astype(np.float32)
    ys = np.interp(np.arange(height), down, np.arange(len(down))).astype(np.float32)
    shift = cv2.remap(
        shift,
        np.broadcast_to(xs, (height, width)).copy(),
        np.broadcast_to(ys[:, None], (height, width)).copy(),
        cv2.INTER_LINEAR,
    )
    from_x = shift[..., 0] + np.arange(width, dtype=np.float32)
    from_y = shift[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    warped = cv2.remap(patch.part, from_x, from_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    made = rgb.copy()
    made[patch.top : patch.bottom, patch.left : patch.right] = warped
    moved = face.points_px.copy()
    moved[:, :2] -= move(points.astype(np.float32), face, head, how.amount)
    return made, replace(face, points_px=moved)


def _larger_eyes(places: Floats, face: Face, head: Head, amount: float) -> Floats:
    """How far from each place its colour comes: float32 ``(n, 2)``."""
    shift = np.zeros_like(places)
    for eye in (RIGHT_EYE, LEFT_EYE):
        points = face.points_px[list(eye), :2]
        middle = points.mean(axis=0)
        reach = 1.0 * float(np.linalg.norm(points - middle, axis=1).max()) + 0.1 * head.width_px
        away = places - middle
        far = np.minimum(np.linalg.norm(away, axis=1, keepdims=True) / reach, 1)
        shift -= away * (amount * (1 - far**2) ** 2)
    return shift.astype(np.float32)


def _slimmer(places: Floats, face: Face, head: Head, amount: float) -> Floats:
    """As :func:`_larger_eyes`: cheeks and jaw drawn towards the middle line of the face."""
    points = face.points_px[:, :2]
    axis_x, axis_y = (a / max(float(np.linalg.norm(a)), 1e-6) for a in head.axes[:2, :2])
    nose, chin = points[6], points[152]
    tall = max(float((chin - nose) @ axis_y), 1.0)
    away = places - nose
    down = (away @ axis_y) / tall
    lean = float((chin - nose) @ axis_x) * np.clip(down, 0, 1.2)
    out = (away @ axis_x) - lean
    sides = [float((points[i] - nose) @ axis_x) for i in (58, 288)]
    half = np.where(out < 0, max(-sides[0], 1.0), max(sides[1], 1.0))
    share = np.abs(out) / half
    # Most at the cheeks and the jaw, nothing at the eyes, nor far outside the face.
    across = np.where(share < 1, share, share * np.clip((1.75 - share) / 0.75, 0, 1) ** 2)
    along = np.clip((down - 0.05) / 0.5, 0, 1) * np.clip((1.65 - down) / 0.6, 0, 1)
    along = along * along * (3 - 2 * along)
    size = np.sign(out) * half * (0.45 * amount) * across * along
    made: Floats = (size[:, None] * axis_x).astype(np.float32)
    return made
