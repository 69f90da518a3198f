"""A style at one size: places in pixels, faces, plates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

from pipelines.anchor.styles import Colours, Places, Style, Words
from studio.drawing.canvas import Canvas, Linear, polygon, rounded
from studio.drawing.lettering import Face
from studio.media.cards import font_path

Weight = Literal["Light", "Regular", "Bold", "ExtraBold"]
#: What a style says where it has no words for a language.
_FALLBACK = {"en": Words("News", "Headlines", ()), "ko": Words("뉴스", "주요 소식", ())}


@dataclass(frozen=True)
class Kit:
    """What every painter is given.

    Attributes:
        style: of the house.
        aspect: shape of the picture, a key of the style's places.
        size_wh: of the picture.
        language: of the segment.
        fps: frames a second.
    """

    style: Style
    aspect: str
    size_wh: tuple[int, int]
    language: str
    fps: float

    @property
    def colours(self) -> Colours:
        """Of the style."""
        return self.style.colours

    @cached_property
    def places(self) -> Places:
        """Of the style in this shape."""
        return self.style.places[self.aspect]

    @property
    def words(self) -> Words:
        """Of the style in this language."""
        return self.style.words.get(self.language) or _FALLBACK[self.language]

    @property
    def short_px(self) -> int:
        """The picture's short side."""
        return min(self.size_wh)

    @property
    def tall(self) -> bool:
        """Whether the picture is higher than wide."""
        return self.size_wh[1] > self.size_wh[0]

    def px(self, at_1080: float) -> int:
        """A length that is so many pixels where the short side has 1080."""
        return max(1, round(at_1080 * self.short_px / 1080))

    def box(self, name: str) -> tuple[int, int, int, int]:
        """Left, top, width and height of a place in pixels."""
        x, y, wide, high = getattr(self.places, name)
        width, height = self.size_wh
        return round(x * width), round(y * height), round(wide * width), round(high * height)

    def headline(self, at_1080: float) -> Face:
        """The face of headlines."""
        return Face(_font(self.style.headline), float(self.px(at_1080)), -0.01)

    def text(self, at_1080: float) -> Face:
        """The face of all else."""
        return Face(_font(self.style.text), float(self.px(at_1080)))

    def light(self, at_1080: float) -> Face:
        """A quiet face."""
        return Face(font_path("Regular"), float(self.px(at_1080)))

    @property
    def radius_px(self) -> float:
        """Of corners."""
        return self.style.radius * self.short_px

    def plate(self, wide: int, high: int, colour: Any) -> Canvas:
        """A canvas with one plate that fills it."""
        canvas = Canvas(wide, high)
        shape = rounded(wide / 2, high / 2, wide / 2, high / 2, min(self.radius_px, high / 2))
        canvas.fill(shape, colour)
        return canvas

    def ground(self) -> Canvas:
        """The whole picture in the colours of the ground."""
        width, height = self.size_wh
        canvas = Canvas(width, height)
        c = self.colours
        canvas.fill(
            polygon([(0, 0), (width, 0), (width, height), (0, height)]),
            Linear((0, 0), (width, height), (c.ground_far, c.ground)),
        )
        return canvas


def _font(name: str) -> Path:
    if name in ("Light", "Regular", "Bold", "ExtraBold"):
        return font_path(cast(Any, name))
    return Path(name)
