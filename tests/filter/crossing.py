"""A film of two known people who cross, made of photographs, and where each face truly is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tests.footage import ffmpeg, shared_media

WH = (640, 360)
RATE = 25


@dataclass(frozen=True)
class Actor:
    """A cut-out person.

    Attributes:
        rgb: uint8 ``(h, w, 3)``.
        alpha: float32 ``(h, w)``.
        face: left, top, right, bottom in its pixels.
    """

    rgb: np.ndarray
    alpha: np.ndarray
    face: np.ndarray


@dataclass(frozen=True)
class Scene:
    """The film, and the truth.

    Attributes:
        path: of the film.
        faces: float ``(frames, 2, 4)``: of the first and the second person in pixels; the second
            stands in front.
    """

    path: Path
    faces: np.ndarray


def actor(name: str, box: Sequence[int], face: Sequence[int]) -> Actor:
    """A head with soft edges out of a photograph.

    Args:
        name: of the picture in the media folder.
        box: of the head; an ellipse in it is kept.
        face: in pixels of the photograph.
    """
    picture = cv2.imread(str(shared_media(name)))[:, :, ::-1]
    left, top, right, bottom = box
    rgb = np.ascontiguousarray(picture[top:bottom, left:right])
    height, width = rgb.shape[:2]
    alpha = np.zeros((height, width), np.float32)
    middle, half = (width // 2, height // 2), (int(width * 0.46), int(height * 0.48))
    cv2.ellipse(alpha, middle, half, 0, 0, 360, 1.0, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), width * 0.02)
    return Actor(rgb, alpha, np.array(face, float) - [left, top, left, top])


def place(picture: np.ndarray, one: Actor, x: float, y: float, tall: float) -> np.ndarray:
    """Paint somebody into a picture; gives where the face is then."""
    scale = tall / one.rgb.shape[0]
    move = np.array([[scale, 0, x - one.rgb.shape[1] * scale / 2], [0, scale, y - tall / 2]])
    if scale < 0.7:  # plain interpolation would skip pixels
        wh = (round(one.rgb.shape[1] * scale), round(tall))
        rgb = cv2.resize(one.rgb, wh, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(one.alpha, wh, interpolation=cv2.INTER_AREA)
        shift = move.copy()
        shift[:, :2] = np.eye(2)
    else:
        rgb, alpha, shift = one.rgb, one.alpha, move
    over = cv2.warpAffine(rgb, shift, WH, flags=cv2.INTER_LINEAR)
    share = cv2.warpAffine(alpha, shift, WH, flags=cv2.INTER_LINEAR)[..., None]
    picture[:] = (picture * (1 - share) + over * share).astype(np.uint8)
    return one.face * scale + np.tile(move[:, 2], 2)


#: Of their heads, and of their faces as MTCNN finds them, in the photographs.
BIDEN_BOX, BIDEN_FACE = (350, 60, 790, 660), (428, 174, 713, 562)
OBAMA_BOX, OBAMA_FACE = (110, 90, 555, 730), (190, 212, 473, 637)


def cross(path: Path, frames: int = 100) -> Scene:
    """Mr Biden walks from left to right, Mr Obama from right to left and in front of him; both
    come nearer. Mr Biden comes in after ten frames."""
    behind = actor("face_biden_1.jpg", BIDEN_BOX, BIDEN_FACE)
    before = actor("face_obama_2.jpg", OBAMA_BOX, OBAMA_FACE)
    ground = cv2.GaussianBlur(
        np.random.default_rng(4).integers(40, 200, (*WH[::-1], 3), np.uint8), (0, 0), 12
    )
    ground = cv2.normalize(ground, None, 60, 190, cv2.NORM_MINMAX)
    faces = np.full((frames, 2, 4), np.nan)
    pictures = []
    for number in range(frames):
        share = number / (frames - 1)
        picture = ground.copy()
        tall = 140 + 60 * share
        bob = 8 * np.sin(number / 5)
        if number >= 10:
            faces[number, 0] = place(picture, behind, 110 + 420 * share, 170 + bob, tall)
        faces[number, 1] = place(picture, before, 530 - 420 * share, 205 - bob, tall * 1.05)
        pictures.append(picture)
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WH[0]}x{WH[1]}", "-r", RATE)
    data = b"".join(p.tobytes() for p in pictures)
    encode = ("-c:v", "libx264", "-crf", 16, "-pix_fmt", "yuv420p")
    ffmpeg(*raw, "-i", "pipe:0", *encode, path, stdin=data)
    return Scene(path, faces)
