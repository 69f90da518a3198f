"""Who sits for a portrait: the one face of a picture, or why there is none that can speak."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.portrait.face_frame import FaceFrame
from pipelines.anchor.portrait.tracing import brightness
from studio.adapters import face_mesh, mtcnn
from studio.errors import RequestError
from studio.models.pool import ModelPool
from studio.types.landmarks import LEFT_EYE, RIGHT_EYE

Floats = NDArray[np.floating[Any]]

#: Shorter side of a picture, and the width of its face, below which nothing can be shown large.
LEAST_PX, LEAST_FACE_PX = 160, 60
#: Faces are looked for on a picture of this longer side.
_LOOKED_AT_PX = 1600
_SURE, _MAYBE = 0.95, 0.80
#: A second face of this share of the first one's width is a second sitter.
_SECOND = 0.45
#: Turned farther, or leaning more, the far half of the face is not in the picture.
MOST_YAW_DEG, MOST_ROLL_DEG = 33.0, 30.0
#: Below both eyes, more than this share of the skin is darker than :data:`_DARK` of the cheeks'
#: and forehead's lightness behind dark glasses, whatever they reflect: 0.32 to 1.00 on five frames
#: with them and 56 pictures with drawn ones (four kinds of glare or none), in colour and in grey;
#: without them 0.00 to 0.03 on six faces and 0.18 on one lit from the side, behind clear glasses
#: up to 0.13. One eye alone may lie in shadow (0.63).
_COVERED, _DARK = 0.25, 0.60
#: Width of a face, outer corner to outer corner, at which its eyes are looked at.
_EYES_AT_PX = 160.0


@dataclass(frozen=True)
class Sitter:
    """The face of a portrait.

    Attributes:
        points_px: float32 ``(468, 3)``.
        irises_px: float32 ``(2, 5, 2)``, right and left.
        notes: what is worth knowing.
    """

    points_px: Floats
    irises_px: Floats
    notes: tuple[str, ...] = ()


def find_sitter(rgb: NDArray[np.uint8], path: Path, pool: ModelPool) -> Sitter:
    """The one face that can be made to speak.

    Args:
        rgb: uint8 ``(h, w, 3)``.
        path: of the picture, for what is said of it.
        pool: of models.

    Raises:
        RequestError: the picture is too small, shows no face, two, one from the side, a very
            small one, one that leans, is cut off, or hides its eyes.
        ModelError: a model cannot be had.
    """
    name = path.name
    height, width = rgb.shape[:2]
    if min(height, width) < LEAST_PX:
        raise RequestError(
            f"{name} is {width}x{height}: too small for a portrait.",
            f"Give a picture of at least {LEAST_PX} pixels on its shorter side.",
        )
    boxes, eyes, notes = _faces(rgb, name, pool)
    with pool.lease(face_mesh.SPEC) as meshes:
        squares = face_mesh.squares_of_boxes(boxes[:1], eyes[:1])
        found = meshes.find(rgb, squares, again=True, irises=True)
    if found.presence[0] < 0.5:
        raise _no_face(name)
    sitter = Sitter(found.points_px[0], found.irises_px[0], notes)
    _check_pose(sitter.points_px, rgb.shape, name)
    _check_eyes(rgb, sitter, name)
    return sitter


def _no_face(name: str) -> RequestError:
    return RequestError(
        f"{name} shows no face that can be made to speak.",
        "Give a portrait of one person who looks towards the viewer, eyes and mouth in sight.",
    )


def _faces(
    rgb: NDArray[np.uint8], name: str, pool: ModelPool
) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Boxes, largest first, and eyes, in pixels of the picture."""
    scale = min(1.0, _LOOKED_AT_PX / max(rgb.shape[:2]))
    looked = rgb
    if scale < 1:
        looked = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    with pool.lease(mtcnn.SPEC) as finder:
        seen = finder.detect(looked[None], min_face_px=20.0)
    wh = np.array(rgb.shape[1::-1], np.float32)
    boxes, marks = seen.xyxy * np.tile(wh, 2), seen.landmarks * wh
    wide = boxes[:, 2] - boxes[:, 0]
    order = np.argsort(-wide * (seen.scores > _MAYBE), kind="stable")
    order = order[seen.scores[order] > _MAYBE]
    if not len(order):
        raise _no_face(name)
    sure = [row for row in order if seen.scores[row] > _SURE]
    first = sure[0] if sure else order[0]
    others = [row for row in sure if row != first]
    if any(wide[row] > _SECOND * wide[first] for row in others):
        raise RequestError(
            f"{name} shows {1 + len(others)} faces: a portrait is of one person.",
            "Cut the picture so that only the presenter's face is on it.",
        )
    if wide[first] < LEAST_FACE_PX:
        raise RequestError(
            f"The face on {name} is only {wide[first]:.0f} pixels wide.",
            f"It has to be {LEAST_FACE_PX} at least: give a larger scan, or a closer picture.",
        )
    notes: tuple[str, ...] = ()
    if others:
        notes = (f"{name}: {len(others)} small face(s) behind the presenter stay still",)
    return boxes[[first]], marks[[first]], notes


def _check_pose(points: Floats, shape: tuple[int, ...], name: str) -> None:
    face = FaceFrame.of(points)
    if abs(face.yaw_deg) > MOST_YAW_DEG or _side_hidden(points):
        raise RequestError(
            f"{name} shows a face from the side, {abs(face.yaw_deg):.0f} degrees away from us.",
            f"Give a portrait that looks towards the viewer: up to {MOST_YAW_DEG:.0f} degrees.",
        )
    if abs(face.roll_deg) > MOST_ROLL_DEG:
        raise RequestError(
            f"The face on {name} leans by {abs(face.roll_deg):.0f} degrees.",
            "Turn the picture so that the eyes are level.",
        )
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    size = high - low
    if (low < -0.12 * size).any() or (high > np.array(shape[1::-1]) + 0.12 * size).any():
        raise RequestError(
            f"The face on {name} is cut off by the picture's edge.",
            "Give a portrait with the whole head in it.",
        )


def _side_hidden(points: Floats) -> bool:
    """Whether one eye is foreshortened to nearly nothing."""
    right = np.linalg.norm(points[33, :2] - points[133, :2])
    left = np.linalg.norm(points[362, :2] - points[263, :2])
    return bool(min(right, left) < 0.36 * max(right, left))


def _check_eyes(rgb: NDArray[np.uint8], sitter: Sitter, name: str) -> None:
    """Dark glasses reach below the lids: a glare lights a part of them, never all.

    Eyes as such tell nothing: the mesh draws lids and irises into a reflection.
    """
    unit = FaceFrame.of(sitter.points_px).unit_px
    low, high = sitter.points_px[:, :2].min(axis=0), sitter.points_px[:, :2].max(axis=0)
    left, top = np.maximum(low - 0.1 * unit, 0).astype(int)
    right, end = np.ceil(high + 0.1 * unit).astype(int)
    scale = _EYES_AT_PX / unit
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    face = cv2.resize(rgb[top:end, left:right], None, fx=scale, fy=scale, interpolation=how)
    light = brightness(cv2.GaussianBlur(face, (0, 0), 2.0))
    points = (sitter.points_px[:, :2] - (left, top)) * scale
    skin = _tone(light, points[[50, 280, 151, 9, 108, 337, 205, 425]], _EYES_AT_PX)
    covered = [
        float((light[_below(points[list(ids)], light.shape)] < _DARK * skin).mean())
        for ids in (RIGHT_EYE, LEFT_EYE)
    ]
    if min(covered) > _COVERED:
        raise RequestError(
            f"The eyes on {name} are hidden: dark glasses, or deep shadow.",
            "Give a portrait with both eyes in sight.",
        )


def _below(ring: Floats, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The skin below an eye: half an ellipse about it, without the eye and its lashes."""
    middle, wide = ring.mean(axis=0), float(np.linalg.norm(np.ptp(ring, axis=0)))
    about, eye = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    x, y = (int(v) for v in middle)
    cv2.ellipse(about, (x, y), (int(0.62 * wide), int(0.5 * wide)), 0, 0, 180, 1, -1)
    hull = cv2.convexHull(np.rint(middle + 1.45 * (ring - middle)).astype(np.int32))
    cv2.fillConvexPoly(eye, hull, 1)
    return np.asarray((about > 0) & (eye == 0))


def _tone(light: NDArray[np.float32], places: Floats, unit: float) -> float:
    """The median lightness at places of a picture."""
    side = max(1, round(0.012 * unit))
    found = []
    for x, y in np.rint(places).astype(int):
        patch = light[max(0, y - side) : y + side + 1, max(0, x - side) : x + side + 1]
        if patch.size:
            found.append(float(patch.mean()))
    return float(np.median(found)) if found else 0.0
