"""Curves, colours and a canvas to lay them on: the only room of Skia, which rasters them.

Points are float arrays ``(n, 2)`` in whatever unit the canvas was placed in, y down. Colours
are ``#rrggbb`` or ``#rrggbbaa``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from math import hypot
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.errors import StudioError

Points = NDArray[np.floating[Any]]


@cache
def _skia() -> Any:
    try:
        import skia
    except ImportError as exc:
        raise StudioError(
            f"Nothing can be drawn: {exc}.",
            "pip install skia-python; on a server also apt install libgl1 libegl1.",
        ) from exc
    return skia


def skia_module() -> Any:
    """The library, for the other modules of this room.

    Raises:
        StudioError: it is not installed, or a library of the system is missing.
    """
    return _skia()


def mixed(first: str, second: str, share: float) -> str:
    """A colour between two: the first at 0, the second at 1."""
    one, two = (_channels(c) for c in (first, second))
    made = [round(a + (b - a) * share) for a, b in zip(one, two, strict=True)]
    return "#" + "".join(f"{v:02x}" for v in made)


def faded(color: str, alpha: float) -> str:
    """A colour that lets through what is below it; 1 covers."""
    red, green, blue, own = _channels(color)
    return f"#{red:02x}{green:02x}{blue:02x}{round(own * min(max(alpha, 0), 1)):02x}"


def _channels(color: str) -> tuple[int, int, int, int]:
    digits = color.removeprefix("#")
    if len(digits) not in (6, 8):
        raise ValueError(f"{color!r} is not #rrggbb or #rrggbbaa")
    values = bytes.fromhex(digits)
    return values[0], values[1], values[2], values[3] if len(values) == 4 else 255


@cache
def _argb(color: str) -> int:
    red, green, blue, alpha = _channels(color)
    return alpha << 24 | red << 16 | green << 8 | blue


@dataclass(frozen=True)
class Linear:
    """A gradient along a line, between two points."""

    start: tuple[float, float]
    end: tuple[float, float]
    colors: tuple[str, ...]
    stops: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Radial:
    """A gradient from a point outwards."""

    middle: tuple[float, float]
    radius: float
    colors: tuple[str, ...]
    stops: tuple[float, ...] | None = None


Ink = str | Linear | Radial


def smooth(points: ArrayLike, corners: Sequence[int] = (), closed: bool = True) -> Any:
    """A curve through points: cubic pieces whose handles are a third of each chord, so that it
    never overshoots.

    Args:
        points: ``(n, 2)``.
        corners: numbers of points at which it may bend sharply.
        closed: whether it comes back to its first point.
    """
    knots: list[list[float]] = np.asarray(points, np.float64).tolist()
    count = len(knots)
    tangents = []
    for number in range(count):
        if number in corners:
            tangents.append((0.0, 0.0))
            continue
        ahead, behind = number + 1, number - 1
        if closed:
            ahead %= count
        else:
            ahead, behind = min(ahead, count - 1), max(behind, 0)
        x, y = knots[ahead][0] - knots[behind][0], knots[ahead][1] - knots[behind][1]
        long = hypot(x, y) * 3 or 1.0
        tangents.append((x / long, y / long))
    path = _skia().Path()
    path.moveTo(*knots[0])
    for number in range(count if closed else count - 1):
        one, two = number, (number + 1) % count
        (ax, ay), (bx, by) = knots[one], knots[two]
        (tx, ty), (ux, uy) = tangents[one], tangents[two]
        chord = hypot(bx - ax, by - ay)
        path.cubicTo(
            ax + tx * chord, ay + ty * chord, bx - ux * chord, by - uy * chord, bx, by
        )  # fmt: skip
    if closed:
        path.close()
    return path


def tapered(points: ArrayLike, width: float) -> Any:
    """A stroke through points that is ``width`` wide in its middle and pointed at its ends."""
    knots = np.asarray(points, np.float64)
    along = np.gradient(knots, axis=0)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
    normal /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    half = width / 2 * np.sin(np.linspace(0, np.pi, len(knots)))[:, None]
    there, back = knots + normal * half, (knots - normal * half)[-2:0:-1]
    return smooth(np.concatenate([there, back]), (0, len(knots) - 1))


def polygon(points: ArrayLike, closed: bool = True) -> Any:
    """Straight lines through points."""
    path = _skia().Path()
    knots = np.asarray(points, np.float64).tolist()
    path.moveTo(*knots[0])
    for knot in knots[1:]:
        path.lineTo(*knot)
    if closed:
        path.close()
    return path


def ellipse(x: float, y: float, rx: float, ry: float) -> Any:
    """An upright ellipse about a point."""
    path = _skia().Path()
    path.addOval(_skia().Rect(x - rx, y - ry, x + rx, y + ry))
    return path


def rounded(x: float, y: float, half_w: float, half_h: float, radius: float) -> Any:
    """A rectangle with round corners about a point."""
    path = _skia().Path()
    box = _skia().Rect(x - half_w, y - half_h, x + half_w, y + half_h)
    path.addRoundRect(box, radius, radius)
    return path


class Canvas:
    """A picture in the making. For one thread.

    Args:
        width, height: pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        skia = _skia()
        self._pixels = np.zeros((height, width, 4), np.uint8)
        # Straight colours: drawn in two thirds of the time of premultiplied ones, and what films
        # with alpha hold.
        self._surface = skia.Surface(
            self._pixels, skia.kRGBA_8888_ColorType, skia.kUnpremul_AlphaType
        )
        self._on = self._surface.getCanvas()
        self._unit_px = 1.0

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The picture so far: ``(h, w, 4)`` RGBA, straight colours; a view that later strokes
        change."""
        return self._pixels

    @property
    def raw(self) -> Any:
        """Skia's own canvas, for the other modules of this room."""
        return self._on

    def clear(self, color: str = "#00000000") -> None:
        """Cover all with one colour; fully transparent unless told otherwise."""
        self._on.clear(_argb(color))

    def lay(
        self,
        picture: NDArray[np.uint8],
        x: int = 0,
        y: int = 0,
        *,
        premultiplied: bool = False,
        behind: bool = False,
    ) -> None:
        """Lay a picture over what there is, pixel on pixel of the present units.

        Args:
            picture: uint8 ``(h, w, 4)`` RGBA.
            x, y: where its left upper corner comes, in units.
            premultiplied: whether its colours are already weighted by its alpha.
            behind: lay it under what there is instead.
        """
        skia = _skia()
        kind = skia.kPremul_AlphaType if premultiplied else skia.kUnpremul_AlphaType
        height, width = picture.shape[:2]
        info = skia.ImageInfo.Make(width, height, skia.kRGBA_8888_ColorType, kind)
        whole = np.ascontiguousarray(picture)
        image = skia.Image.MakeRasterCopy(skia.Pixmap(info, whole, width * 4))
        mode = skia.BlendMode.kDstOver if behind else skia.BlendMode.kSrcOver
        self._on.drawImage(image, x, y, skia.SamplingOptions(), skia.Paint(BlendMode=mode))

    def fill(self, shape: Any, ink: Ink, blur: float = 0.0) -> None:
        """Fill a shape.

        Args:
            shape: made by a function of this module.
            ink: a colour or a gradient.
            blur: how far its edge is spread, in units; costly where large.
        """
        paint = self._paint(ink)
        if blur:
            skia = _skia()
            paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
        self._on.drawPath(shape, paint)

    def line(self, shape: Any, ink: Ink, width: float) -> None:
        """Draw along a shape with a round pen; ``width`` in units."""
        skia = _skia()
        paint = self._paint(ink)
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(width)
        paint.setStrokeCap(skia.Paint.kRound_Cap)
        paint.setStrokeJoin(skia.Paint.kRound_Join)
        self._on.drawPath(shape, paint)

    @contextmanager
    def placed(
        self, x: float = 0.0, y: float = 0.0, scale: float = 1.0, turn: float = 0.0
    ) -> Iterator[None]:
        """Units of one's own: ``scale`` to one, turned by radians, zero at (x, y)."""
        self._on.save()
        self._on.translate(x, y)
        self._on.rotate(float(np.rad2deg(turn)))
        self._on.scale(scale, scale)
        try:
            yield
        finally:
            self._on.restore()

    @contextmanager
    def inside(self, shape: Any) -> Iterator[None]:
        """Draw within a shape only."""
        self._on.save()
        self._on.clipPath(shape, doAntiAlias=True)
        try:
            yield
        finally:
            self._on.restore()

    @contextmanager
    def see_through(self, alpha: float) -> Iterator[None]:
        """What is drawn comes as one sheet that lets through what is below; 1 covers."""
        if alpha >= 1:
            yield
            return
        self._on.saveLayerAlpha(None, round(max(alpha, 0) * 255))
        try:
            yield
        finally:
            self._on.restore()

    def _paint(self, ink: Ink) -> Any:
        skia = _skia()
        if isinstance(ink, str):
            return skia.Paint(AntiAlias=True, Color=_argb(ink))
        colors = [_argb(color) for color in ink.colors]
        stops = list(ink.stops) if ink.stops is not None else None
        if isinstance(ink, Linear):
            ends = [skia.Point(*ink.start), skia.Point(*ink.end)]
            shader = skia.GradientShader.MakeLinear(ends, colors, stops)
        else:
            middle = skia.Point(*ink.middle)
            shader = skia.GradientShader.MakeRadial(middle, ink.radius, colors, stops)
        return skia.Paint(AntiAlias=True, Shader=shader, Dither=False)
