"""A map over a picture: colour where something speaks for the answer, grey where nothing does."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

#: Raised whenever the same map would be drawn otherwise.
DRAWING_VERSION = 1
#: How much colour the picture keeps where nothing speaks for the answer, and how bright it is.
_COLOUR, _LIGHT = 0.35, 0.72
#: How much of the map's colour covers the picture where it is strongest.
_MOST = 0.72
#: Below this share of the strongest nothing is drawn.
_LEAST = 0.12
#: The darkest colours of the table cannot be told from shadow; it begins above them.
_TABLE_FROM = 70
_INK, _DIM, _PLATE = "#f4f6fa", "#b9c2cf", "#0e1218d0"


def colour_table() -> NDArray[np.uint8]:
    """uint8 ``(256, 3)`` RGB, dark violet over orange to light yellow, rising in lightness."""
    ramp = np.linspace(_TABLE_FROM, 250, 256).astype(np.uint8)[:, None]
    return np.asarray(cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO)[:, 0, ::-1], np.uint8)


class Painter:
    """Draws maps over the pictures of one film. Threads may share it.

    Args:
        question: what is explained.
        full: the value that is drawn strongest.
        unit: word before the score.
    """

    def __init__(self, question: str, full: float, unit: str = "") -> None:
        self._question, self._full, self._unit = question, max(full, 1e-6), unit
        self._table = colour_table()

    @property
    def made_by(self) -> list[Any]:
        """All that decides how a map is drawn."""
        return [DRAWING_VERSION, self._question, round(self._full, 5), self._unit]

    def __call__(
        self,
        rgb: NDArray[Any],
        plane: NDArray[np.float32],
        score: float | None,
        said: str = "",
    ) -> NDArray[Any]:
        """The picture with its map.

        Args:
            rgb: uint8 or uint16 ``(h, w, 3)``.
            plane: float32, of whatever size; zero and below speak for nothing.
            score: of the frame; None where nothing was looked at.
            said: what it is of, in the place of the question.
        """
        height, width = rgb.shape[:2]
        deep = rgb.dtype == np.uint16
        picture = (rgb >> 8).astype(np.uint8) if deep else rgb
        share = np.clip(plane / self._full, 0, 1)
        share = np.clip((share - _LEAST) / (1 - _LEAST), 0, 1)
        large = cv2.resize(share, (width, height), interpolation=cv2.INTER_CUBIC)
        level = np.clip(large * 255 + 0.5, 0, 255).astype(np.uint8)
        grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        under = cv2.addWeighted(picture, _LIGHT * _COLOUR, grey, _LIGHT * (1 - _COLOUR), 0)
        heat = self._table[level]
        cover = cv2.merge([level, level, level]).astype(np.float32) * (_MOST / 255)
        # Where it is strongest the picture shows in its own colours, not in grey.
        base = under + (picture.astype(np.float32) - under) * np.sqrt(cover / _MOST)
        made = np.clip(base + (heat - base) * cover + 0.5, 0, 255).astype(np.uint8)
        _lay(made, _caption(said or self._question, _said(score, self._unit), width, height))
        drawn: NDArray[Any] = made.astype(np.uint16) * 257 if deep else made
        return drawn


def _said(score: float | None, unit: str) -> str:
    return "" if score is None else f"{unit} {score:.2f}".strip()


@lru_cache(maxsize=256)
def _caption(question: str, said: str, width: int, height: int) -> NDArray[np.uint8]:
    """A plate with words and the scale: uint8 RGBA."""
    from studio.drawing.canvas import Canvas, rounded
    from studio.drawing.lettering import Face, set_lines, shortened
    from studio.media.cards import font_path

    size = max(11.0, 0.032 * min(width, height) + 4)
    face, small = Face(font_path("Bold"), size), Face(font_path("Regular"), size * 0.82)
    most = 0.6 * width
    words = set_lines((shortened(question, face, most),), face, _INK)
    value = set_lines((said,), small, _DIM) if said else np.zeros((1, 1, 4), np.uint8)
    bar_wh = (round(5 * size), max(4, round(0.34 * size)))
    pad = round(0.6 * size)
    wide = words.shape[1] + value.shape[1] + bar_wh[0] + 4 * pad
    tall = max(words.shape[0], value.shape[0]) + pad
    canvas = Canvas(wide, tall)
    canvas.fill(rounded(wide / 2, tall / 2, wide / 2, tall / 2, 0.3 * tall), _PLATE)
    x = pad
    canvas.lay(words, x, (tall - words.shape[0]) // 2)
    x += words.shape[1] + pad // 2
    canvas.lay(value, x, (tall - value.shape[0]) // 2)
    x += value.shape[1] + pad
    ramp = colour_table()[np.linspace(0, 255, bar_wh[0]).astype(int)]
    bar = np.repeat(ramp[None], bar_wh[1], axis=0)
    opaque = np.dstack([bar, np.full(bar.shape[:2], 255, np.uint8)])
    canvas.lay(opaque, x, (tall - bar_wh[1]) // 2)
    return canvas.pixels.copy()


def _lay(picture: NDArray[np.uint8], plate: NDArray[np.uint8]) -> None:
    """Lay a plate into the lower left of a picture, where it fits."""
    height, width = picture.shape[:2]
    inset = round(0.03 * min(width, height)) + 2
    tall, wide = plate.shape[:2]
    if tall + 2 * inset > height or wide + 2 * inset > width:
        return
    place = picture[height - inset - tall : height - inset, inset : inset + wide]
    alpha = plate[..., 3:].astype(np.float32) / 255
    place[:] = (place + (plate[..., :3] - place.astype(np.float32)) * alpha + 0.5).astype(np.uint8)
