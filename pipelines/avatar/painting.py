"""A character laid over the frames of a film, or alone on glass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.avatar.characters import Character, Place, bust, draw_backdrop, draw_character
from pipelines.avatar.follow import Following
from studio.drawing.canvas import Canvas
from studio.types.character import Expression

#: How much larger than the person's own head a character's is, where it lies over it, and how
#: far up it is moved, in heads: people have hair. A person's hair is drawn beyond the head.
_COVER = {"person": 1.27, "cat": 1.4, "fox": 1.4, "robot": 1.34}
_UP = 0.07

Rgb = NDArray[Any]


@dataclass(frozen=True)
class Scene:
    """What is drawn.

    Attributes:
        who: the character.
        following: what it does.
        size_wh: of the upright picture.
        backdrop: uint8 ``(h, w, 3)``, the picture behind it; None for the footage itself.
    """

    who: Character
    following: Following
    size_wh: tuple[int, int]
    backdrop: NDArray[np.uint8] | None = None


def own_backdrop(who: Character, size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """The background that suits a character, uint8 ``(h, w, 3)``."""
    canvas = Canvas(*size_wh)
    draw_backdrop(canvas, who, *size_wh)
    return canvas.pixels[..., :3].copy()


class BustPass:
    """Head and shoulders before a picture; an ``RgbPass``."""

    def __init__(self, scene: Scene) -> None:
        assert scene.backdrop is not None
        self.notes: list[str] = []
        self._scene = scene
        height, width = scene.backdrop.shape[:2]
        self._canvas = Canvas(width, height)
        self._behind = np.full((height, width, 4), 255, np.uint8)
        self._behind[..., :3] = scene.backdrop

    def __call__(self, rgb: Rgb, number: int) -> Rgb:
        """The picture that takes the place of one."""
        np.copyto(self._canvas.pixels, self._behind)
        scene = self._scene
        now = scene.following.expression(number)
        draw_character(self._canvas, scene.who, now, bust(*scene.size_wh))
        made: Rgb = cv2.cvtColor(self._canvas.pixels, cv2.COLOR_RGBA2RGB)
        return made if rgb.dtype == np.uint8 else made.astype(np.uint16) * np.uint16(257)


class HeadPass:
    """A character's head over the person's own; an ``RgbPass``."""

    def __init__(self, scene: Scene) -> None:
        self.notes: list[str] = []
        self._scene = scene
        self._canvas = Canvas(*scene.size_wh)

    def __call__(self, rgb: Rgb, number: int) -> Rgb:
        """The picture that takes the place of one."""
        scene = self._scene
        x, y, size = (float(v) for v in scene.following.head_px[number])
        share = float(scene.following.seen[number])
        if share <= 0 or not np.isfinite(size):
            return rgb
        now = scene.following.expression(number)
        now = Expression(**{**vars(now), "x": 0.0, "y": 0.0, "scale": 1.0})
        place = Place(x, y - _UP * size, size * _COVER[scene.who.kind])
        self._canvas.clear()
        with self._canvas.see_through(share):
            draw_character(self._canvas, scene.who, now, place, trunk=False)
        over = self._canvas.pixels
        top, left, bottom, right = _around(place, scene.size_wh, reach=1.35)
        if bottom <= top or right <= left:
            return rgb
        made = rgb.copy()
        made[top:bottom, left:right] = _laid(
            rgb[top:bottom, left:right], over[top:bottom, left:right]
        )
        return made


def _around(place: Place, size_wh: tuple[int, int], reach: float) -> tuple[int, int, int, int]:
    """Rows and columns that a head and its hair can touch."""
    far = place.head_px * reach
    left, right = (int(np.clip(place.x + d, 0, size_wh[0])) for d in (-far, far))
    top, bottom = (int(np.clip(place.y + d, 0, size_wh[1])) for d in (-far, far))
    return top, left, bottom, right


def _laid(under: Rgb, over: NDArray[np.uint8]) -> Rgb:
    """A straight RGBA picture over another."""
    alpha = over[..., 3:].astype(np.float32) / 255
    deep = 1.0 if under.dtype == np.uint8 else 257.0
    mixed = under + (over[..., :3] * np.float32(deep) - under) * alpha
    made: Rgb = np.rint(mixed).astype(under.dtype)
    return made


class GlassPainter:
    """A character alone, on nothing."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._canvas = Canvas(*scene.size_wh)

    def __call__(self, number: int) -> NDArray[np.uint8]:
        """Uint8 ``(h, w, 4)`` RGBA with straight colours."""
        self._canvas.clear()
        scene = self._scene
        draw_character(
            self._canvas, scene.who, scene.following.expression(number), bust(*scene.size_wh)
        )
        return spread(self._canvas.pixels)


def spread(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A straight RGBA picture, its colours carried a little way into what is transparent.

    Codecs share colour between neighbouring pixels; black next to an edge would make a rim.
    """
    covered = cv2.inRange(rgba[..., 3], 16, 255)
    made = rgba.copy()
    # A quarter of the size is fine enough for what nobody sees.
    height, width = covered.shape
    small_wh = (max(1, width // 4), max(1, height // 4))
    rgb = cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB)
    kept = cv2.bitwise_and(rgb, rgb, mask=covered)
    colors = cv2.blur(cv2.resize(kept, small_wh, interpolation=cv2.INTER_AREA), (3, 3))
    weight = cv2.blur(cv2.resize(covered, small_wh, interpolation=cv2.INTER_AREA), (3, 3))
    full = colors.astype(np.float32) * 255 / np.maximum(weight, 1)[..., None].astype(np.float32)
    filled = cv2.resize(np.clip(full, 0, 255).astype(np.uint8), (width, height))
    rim = cv2.dilate(covered, np.ones((7, 7), np.uint8)) & ~covered
    rows, columns = np.nonzero(rim)
    made[rows, columns, :3] = filled[rows, columns]
    return made
