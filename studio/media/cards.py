"""Title and end cards: real type on a quiet ground, drawn frame by frame.

NanumGothic (SIL Open Font License) comes with the ``koreanize-matplotlib`` package and holds
Latin and Hangul. Each letter is drawn once, twice its size, and set from that copy at fractions
of a pixel: the lines draw together a little while they fade in, without a letter ever jumping.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import av
import cv2
import numpy as np
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from studio.errors import RequestError
from studio.media.picture_conform import planes_of
from studio.types.timecode import FrameRate
from studio.types.timeline import Card

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

Weight = Literal["Regular", "Bold", "ExtraBold"]
Alpha = NDArray[np.float32]

#: Shares of width and height that words may take, inside the 90 % that every screen shows.
_SAFE_WIDE, _SAFE_HIGH = 0.82, 0.86
_FADE_S, _AWAY_S = 0.6, 0.4
_OVERSAMPLED = 2
_LINE_HEIGHT = 1.35  # of the type size
_WARM_WHITE = (0.957, 0.937, 0.906)
_GROUND, _GROUND_EDGE = (0.075, 0.080, 0.098), (0.020, 0.021, 0.028)


@dataclass(frozen=True)
class _Style:
    """How a kind of card is set; sizes in shares of the square root of the frame's area."""

    weight: Weight
    largest: float
    smallest: float
    tracking: float  # letter spacing in shares of the type size, at rest
    drift: float  # how much wider it begins
    most_lines: int


_STYLES = {
    "title": _Style("Bold", 0.098, 0.034, 0.06, 0.05, 3),
    "end": _Style("Regular", 0.062, 0.030, 0.05, 0.03, 6),
}


@cache
def font_path(weight: Weight = "Regular") -> Path:
    """The font file of a weight.

    Raises:
        RequestError: the package that carries it is not installed.
    """
    name = f"NanumGothic{'' if weight == 'Regular' else weight}.ttf"
    try:
        found = [f for f in files("koreanize-matplotlib") or [] if f.name == name]
        return Path(str(found[0].locate()))
    except (PackageNotFoundError, IndexError) as exc:
        raise RequestError(
            "The type for cards and contact sheets is not installed.",
            "Install it with: pip install koreanize-matplotlib",
        ) from exc


@cache
def _drawn_characters(weight: Weight) -> frozenset[int]:
    with TTFont(font_path(weight)) as font:
        return frozenset(font.getBestCmap())


def without_missing(text: str, weight: Weight = "Regular") -> tuple[str, str]:
    """A text without the characters the type does not have, and those characters.

    Spaces of any kind and line breaks stay.
    """
    known = _drawn_characters(weight)
    kept = "".join(c for c in text if c == "\n" or c.isspace() or ord(c) in known)
    gone = "".join(dict.fromkeys(c for c in text if c not in kept))
    return kept, gone


@dataclass(frozen=True)
class SetText:
    """Text broken into lines at the size that fits.

    Attributes:
        lines: in order.
        size_px: type size.
        tracking_px: between letters, at rest.
        weight: of the font.
        cut_off: whether words were left out: they do not fit even at the smallest size.
    """

    lines: tuple[str, ...]
    size_px: int
    tracking_px: float
    weight: Weight
    cut_off: bool


def set_text(text: str, kind: Literal["title", "end"], size_wh: tuple[int, int]) -> SetText:
    """Choose size and line breaks: the largest type whose balanced lines fit the safe area.

    Lines break at ``\\n`` and at spaces; within a word only where it is wider than the frame.
    """
    style = _STYLES[kind]
    text = without_missing(text, style.weight)[0].strip()
    scale = float(np.sqrt(size_wh[0] * size_wh[1]))
    width, height = _SAFE_WIDE * size_wh[0], _SAFE_HIGH * size_wh[1]
    most_lines = style.most_lines if size_wh[0] >= size_wh[1] else style.most_lines + 2
    size = max(8, round(style.largest * scale))
    smallest = max(8, round(style.smallest * scale))
    best: tuple[float, int, list[str]] = (0.0, 8, [])
    cut_off = False
    while size >= 8 and (size >= smallest or not best[2]):
        measure = _measure(style.weight, size, (style.tracking + style.drift) * size)
        lines = _broken(text, width, measure, force=size <= smallest)
        room = int(height / (size * _LINE_HEIGHT))
        few = lines is not None and (len(lines) <= most_lines or size <= smallest)
        if lines is not None and few and len(lines) <= room:
            # A line more must buy a quarter more size.
            best = max(best, (size * 0.8 ** len(lines), size, lines))
        elif size == 8:
            best, cut_off = (0.0, size, (lines or [])[: max(room, 1)]), True
        size = size - 1 if size <= 16 else max(8, round(size * 0.96))
    _, size, lines = best
    return SetText(tuple(lines), size, style.tracking * size, style.weight, cut_off)


def _measure(weight: Weight, size: int, tracking: float) -> Callable[[str], float]:
    font = ImageFont.truetype(str(font_path(weight)), size)
    return lambda text: float(font.getlength(text)) + tracking * max(len(text) - 1, 0)


def _broken(
    text: str, width: float, measure: Callable[[str], float], force: bool
) -> list[str] | None:
    """Lines no wider than ``width``, balanced; None where a word is too wide and not forced."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        words = paragraph.split()
        if not force and any(measure(word) > width for word in words):
            return None
        pieces = [piece for word in words for piece in _pieces(word, width, measure)]
        greedy = _filled(pieces, width, measure)
        # The narrowest measure that needs no more lines makes them even.
        low, high = width / 2, width
        for _ in range(10):
            middle = (low + high) / 2
            widest = max(map(measure, pieces), default=0)
            if middle >= widest and len(_filled(pieces, middle, measure)) <= len(greedy):
                high = middle
            else:
                low = middle
        lines += _filled(pieces, high, measure) or [""]
    return lines


def _pieces(word: str, width: float, measure: Callable[[str], float]) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and measure(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _filled(words: list[str], width: float, measure: Callable[[str], float]) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and measure(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


@dataclass(frozen=True)
class _Letter:
    """A drawn letter: its ink at twice the size, and where it lies in a line."""

    ink: Alpha
    left: float  # from the pen, pixels at rest
    top: float  # from the top of the line
    pen: float  # along the line without letter spacing
    number: int  # in the line


class CardPainter:
    """The frames of a card. For one thread.

    Args:
        card: what it says and for how long.
        size_wh: even width and height in pixels.
        rate: of the timeline.
    """

    def __init__(self, card: Card, size_wh: tuple[int, int], rate: FrameRate) -> None:
        self._card, self._size_wh, self._rate = card, size_wh, rate
        self._style = _STYLES[card.kind]
        self.text = set_text(card.text, card.kind, size_wh)
        gone = without_missing(card.text, self._style.weight)[1]
        notes = [f"The type has no letter for {gone!r}; left out of a card."] if gone else []
        if self.text.cut_off:
            notes.append(f"Not all of {card.text[:30]!r} fits on a card; the rest is left out.")
        self.notes = tuple(notes)
        self._ground = _ground(size_wh)
        self._lines = [_letters(line, self.text) for line in self.text.lines]

    def frame(self, k: int) -> VideoFrame:
        """The card at timeline frame ``k`` from its start, ``yuv420p``; outside it, its ends."""
        frame = av.VideoFrame(*self._size_wh, "yuv420p")
        planes = planes_of(frame)
        for plane, ground in zip(planes, self._ground, strict=True):
            plane[:] = ground
        ink = self._ink(k)
        if ink is None:
            return frame
        top, alpha = ink
        half = cv2.resize(
            alpha, (alpha.shape[1] // 2, alpha.shape[0] // 2), interpolation=cv2.INTER_AREA
        )
        for plane, level, mask in zip(planes, _yuv(_WARM_WHITE), (alpha, half, half), strict=True):
            first = top if mask is alpha else top // 2
            rows = plane[first : first + mask.shape[0]]
            rows[:] = np.rint(rows + mask * (level - rows))
        return frame

    def strength(self, k: int) -> float:
        """How strongly the words show at frame ``k``, 0 to 1."""
        seconds = float(self._rate.seconds(1)) * (k + 0.5)
        length = float(self._rate.seconds(self._card.frames))
        rise = min(_FADE_S, length / 3)
        shown = min(seconds / rise, 1.0)
        if self._card.kind == "end":
            away = min(_AWAY_S, length / 4)
            shown = min(shown, (length - seconds) / away)
        shown = min(max(shown, 0.0), 1.0)
        return shown * shown * (3 - 2 * shown)

    def _ink(self, k: int) -> tuple[int, Alpha] | None:
        """The rows that hold words, from an even one on, and how covered each pixel is."""
        shown = self.strength(k)
        if shown <= 0 or not any(self._lines):
            return None
        width, height = self._size_wh
        pitch = self.text.size_px * _LINE_HEIGHT
        block = pitch * len(self._lines)
        first = (height - block) / 2
        margin = self.text.size_px // 2
        top = max(0, int(first - margin)) // 2 * 2
        bottom = min(height, (int(first + block + margin) + 2) // 2 * 2)
        alpha = np.zeros((bottom - top, width), np.float32)
        share = min(max((k + 0.5) / self._card.frames, 0.0), 1.0)
        slack = (1 - share) ** 2  # wide at first, at rest at the end
        tracking = self.text.tracking_px + self._style.drift * self.text.size_px * slack
        for row, letters in enumerate(self._lines):
            if not letters:
                continue
            last = letters[-1]
            wide = last.pen + last.left + last.ink.shape[1] / _OVERSAMPLED + tracking * last.number
            start = (width - wide - letters[0].left) / 2
            for letter in letters:
                x = start + letter.pen + letter.left + tracking * letter.number
                _stamp(alpha, letter.ink, x, first - top + row * pitch + letter.top)
        return top, alpha * shown


def _letters(line: str, text: SetText) -> list[_Letter]:
    font = ImageFont.truetype(str(font_path(text.weight)), text.size_px * _OVERSAMPLED)
    ascent, descent = font.getmetrics()
    lead = (text.size_px * _LINE_HEIGHT * _OVERSAMPLED - ascent - descent) / 2
    letters = []
    for number, character in enumerate(line):
        box = font.getbbox(character)
        if character.isspace() or box[2] <= box[0] or box[3] <= box[1]:
            continue
        left, top = int(box[0]) - 1, int(box[1]) - 1
        image = Image.new("L", (int(box[2]) - left + 2, int(box[3]) - top + 2))
        ImageDraw.Draw(image).text((-left, -top), character, fill=255, font=font)
        pen = float(font.getlength(line[: number + 1]) - font.getlength(character))
        letters.append(
            _Letter(
                np.asarray(image, np.float32) / np.float32(255),
                left / _OVERSAMPLED,
                (top + lead) / _OVERSAMPLED,
                pen / _OVERSAMPLED,
                number,
            )
        )
    return letters


def _stamp(alpha: Alpha, ink: Alpha, x: float, y: float) -> None:
    """Add a letter at a place in fractions of a pixel, averaged down from its larger copy."""
    left, top = int(np.floor(x)), int(np.floor(y))
    high, wide = (side // _OVERSAMPLED + 2 for side in ink.shape)
    # One doubled pixel of the ink lies at x * 2; shifting before averaging keeps the motion even.
    shift = np.array([[1, 0, (x - left) * _OVERSAMPLED], [0, 1, (y - top) * _OVERSAMPLED]])
    moved = cv2.warpAffine(ink, shift, (wide * _OVERSAMPLED, high * _OVERSAMPLED))
    small = cv2.resize(moved, (wide, high), interpolation=cv2.INTER_AREA)
    rows = slice(max(top, 0), min(top + high, alpha.shape[0]))
    columns = slice(max(left, 0), min(left + wide, alpha.shape[1]))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    part = small[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    place = alpha[rows, columns]
    np.maximum(place, part, out=place)


def _yuv(rgb: tuple[float, float, float]) -> tuple[float, float, float]:
    """R'G'B' (0 to 1) to BT.709 levels of limited range."""
    red, green, blue = rgb
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (
        16 + 219 * luma,
        128 + 224 * (blue - luma) / 1.8556,
        128 + 224 * (red - luma) / 1.5748,
    )


def _ground(size_wh: tuple[int, int]) -> list[NDArray[np.uint8]]:
    """A dark ground, a little lighter behind the words; dithered, so that no bands show."""
    width, height = size_wh
    dither = np.random.default_rng(1)
    planes = []
    middle, edge = _yuv(_GROUND), _yuv(_GROUND_EDGE)
    for i, shrink in enumerate((1, 2, 2)):
        y, x = np.ogrid[: height // shrink, : width // shrink]
        across = ((x + 0.5) * shrink / width - 0.5) * 2
        down = ((y + 0.5) * shrink / height - 0.46) * 2
        far = np.clip((across**2 + down**2) / 1.6, 0, 1)
        far = far * far * (3 - 2 * far)
        level = middle[i] + (edge[i] - middle[i]) * far
        planes.append(np.floor(level + dither.random(level.shape)).astype(np.uint8))
    return planes
