"""Lines of type, set by Skia's paragraph engine: kerned, and Hangul whole.

A face is a font file; sizes are pixels of the em. What is set comes as a picture of its own with
straight alpha, cut to the ink's advance and the line's height, so that it can be laid anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.drawing.canvas import Canvas, skia_module

#: Height of a line in shares of the type size.
LINE_HEIGHT = 1.22


@dataclass(frozen=True)
class Face:
    """How letters look.

    Attributes:
        path: of the font file.
        size_px: of the em.
        spacing_em: added between letters, in shares of the size.
    """

    path: Path
    size_px: float
    spacing_em: float = 0.0

    def at(self, size_px: float) -> Face:
        """The same letters in another size."""
        return Face(self.path, size_px, self.spacing_em)

    @property
    def line_px(self) -> int:
        """Pixels from one line to the next."""
        return round(self.size_px * LINE_HEIGHT)


@cache
def _fonts() -> tuple[Any, Any, set[str]]:
    skia = skia_module()
    provider = skia.textlayout_TypefaceFontProvider()
    fonts = skia.textlayout_FontCollection()
    fonts.setDefaultFontManager(provider)
    return provider, fonts, set()


def _family(path: Path) -> str:
    provider, _, known = _fonts()
    name = str(path)
    if name not in known:
        face = skia_module().Typeface.MakeFromFile(name)
        if face is None:
            raise ValueError(f"{path.name} is no font file")
        provider.registerTypeface(face, name)
        known.add(name)
    return name


def _paragraph(text: str, face: Face, color: int) -> Any:
    skia = skia_module()
    letters = skia.textlayout_TextStyle()
    letters.setFontFamilies([_family(face.path)])
    letters.setFontSize(face.size_px)
    letters.setColor(color)
    letters.setLetterSpacing(face.spacing_em * face.size_px)
    style = skia.textlayout_ParagraphStyle()
    style.setTextStyle(letters)
    builder = skia.textlayout_ParagraphBuilder.make(style, _fonts()[1], skia.Unicodes.ICU.Make())
    builder.pushStyle(letters)
    builder.addText(text)
    made = builder.Build()
    made.layout(1e6)
    return made


@cache
def width_px(text: str, face: Face) -> float:
    """How far a line of type reaches, in pixels."""
    return float(_paragraph(text, face, 0xFF000000).LongestLine) if text else 0.0


def broken(text: str, face: Face, wide_px: float) -> tuple[str, ...]:
    """Lines no wider than that, as even as may be; a word wider than that stands alone.

    Lines break at spaces and at ``\\n``. Hangul breaks between words too, as newspapers set it.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        words = paragraph.split()
        greedy = _filled(words, face, wide_px)
        low, high = wide_px / 2, wide_px
        for _ in range(8):  # the narrowest measure that needs no more lines makes them even
            middle = (low + high) / 2
            if len(_filled(words, face, middle)) <= len(greedy):
                high = middle
            else:
                low = middle
        found = _filled(words, face, high)
        lines += found if all(width_px(x, face) <= wide_px for x in found) else greedy
    return tuple(lines)


def _filled(words: list[str], face: Face, wide_px: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and width_px(f"{lines[-1]} {word}", face) <= wide_px:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]


def fitted(text: str, face: Face, wide_px: float, most_lines: int, least_px: float = 18) -> Face:
    """The face at the largest size, no larger than its own, at which a text takes few lines.

    Below ``least_px`` it is not made smaller: the text then is wider, or takes more lines.
    """
    while face.size_px > least_px:
        lines = broken(text, face, wide_px)
        if len(lines) <= most_lines and all(width_px(x, face) <= wide_px for x in lines):
            break
        face = face.at(max(face.size_px * 0.95, least_px))
    return face


def shortened(text: str, face: Face, wide_px: float) -> str:
    """A line that fits: the text, or its beginning and an ellipsis."""
    if width_px(text, face) <= wide_px:
        return text
    while text and width_px(f"{text.rstrip()}…", face) > wide_px:
        text = text[:-1]
    return f"{text.rstrip()}…"


def write(canvas: Canvas, text: str, face: Face, color: str, x: float, y: float) -> None:
    """Set a line on a canvas, its left edge at ``x``, its baseline at ``y``."""
    digits = color.removeprefix("#")
    argb = int(digits[:6], 16) | int(digits[6:8] or "ff", 16) << 24
    paragraph = _paragraph(text, face, argb)
    paragraph.paint(canvas.raw, x, y - paragraph.AlphabeticBaseline)


def set_lines(
    lines: tuple[str, ...], face: Face, color: str, align: float = 0.0
) -> NDArray[np.uint8]:
    """Lines of type as a picture.

    Args:
        lines: top to bottom.
        face: of all.
        color: ``#rrggbb`` or ``#rrggbbaa``.
        align: 0 flush left, 0.5 centred, 1 flush right.

    Returns:
        uint8 ``(h, w, 4)`` RGBA, straight; one :attr:`Face.line_px` high a line, its baseline
        at 0.92 of the size below the line's top.
    """
    widths = [width_px(line, face) for line in lines]
    widest = max(widths, default=0.0)
    canvas = Canvas(int(np.ceil(widest)) + 4, max(1, face.line_px * len(lines)))
    for number, (line, wide) in enumerate(zip(lines, widths, strict=True)):
        y = number * face.line_px + 0.92 * face.size_px
        write(canvas, line, face, color, 2 + align * (widest - wide), round(y))
    return canvas.pixels
