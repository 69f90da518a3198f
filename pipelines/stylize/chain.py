"""Looks laid on one after the other, as one function over the pictures of a film."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.stylize.keyed import Keyed, KeyLayer
from pipelines.stylize.shot_style import Painter, Statistics, padded
from pipelines.stylize.steady import Steady
from pipelines.stylize.tiles import TilePlan
from pipelines.stylize.where import Placing, WhereLayer
from studio.media.lut import Lut, LutPainter

#: Raised whenever the same layers would give other pixels.
CHAIN_VERSION = 1
_LUMA = np.array([[0.2126, 0.7152, 0.0722]], np.float32)

Rgb = NDArray[Any]


@dataclass(frozen=True)
class PaintLayer:
    """A painted look.

    Attributes:
        net: paints.
        style: as the network takes it.
        plan: of tiles.
        shot_style: the statistics of each frame.
        strength: 0 to 1.
        keep_color: only lightness is taken.
        smooth: share of the picture before, 0 to 1.
        resets: frames that begin a shot.
        painters: threads that paint at once.
        colour_step: pixels a side to one of colour in the film: 2 of 4:2:0.
        made_with: name and version of the network.
    """

    net: Painter
    style: NDArray[np.float32]
    plan: TilePlan
    shot_style: Statistics
    strength: float
    keep_color: bool
    smooth: float
    resets: frozenset[int]
    painters: int = 1
    colour_step: int = 1
    made_with: str = ""

    def paint(self, rgb: NDArray[np.uint8], statistics: NDArray[np.float32]) -> NDArray[np.uint8]:
        """A picture, whole or in tiles: uint8 ``(h, w, 3)``, valid until the thread paints
        again."""
        height, width = rgb.shape[:2]
        picture = padded(rgb)
        if len(self.plan.tiles) == 1:
            return self._piece(picture, statistics)[:height, :width]
        made = np.empty_like(picture)
        across, down = self.plan.tile_wh
        for t in self.plan.tiles:
            piece = self._piece(picture[t.y : t.y + down, t.x : t.x + across], statistics)
            made[t.top : t.bottom, t.left : t.right] = piece[
                t.top - t.y : t.bottom - t.y, t.left - t.x : t.right - t.x
            ]
        return made[:height, :width]

    def _piece(
        self, pixels: NDArray[np.uint8], statistics: NDArray[np.float32]
    ) -> NDArray[np.uint8]:
        made: NDArray[np.uint8]
        made = self.net.paint(pixels, self.style, statistics, self.painters)
        return made

    def finished(self, under: Rgb, painted: NDArray[np.uint8]) -> Rgb:
        """A painted picture as it is laid over what it was painted from."""
        return laid_on(under, painted, self.strength, self.keep_color)


def laid_on(under: Rgb, painted: NDArray[np.uint8], strength: float, keep_color: bool) -> Rgb:
    """A painted picture over what it was painted from; of the same kind as that."""
    made: Rgb = painted
    if under.dtype == np.uint16:
        made = painted.astype(np.uint16) * np.uint16(257)
    if keep_color:
        made = recoloured(under, made)
    return mixed(under, made, strength)


@dataclass(frozen=True)
class ColourLayer:
    """A colour look.

    Attributes:
        lut: the table.
        strength: 0 to 1.
    """

    lut: Lut
    strength: float


Layer = PaintLayer | KeyLayer | ColourLayer | WhereLayer


class ChainPass:
    """Lays the looks over the pictures of one stretch; an ``RgbPass``.

    Args:
        layers: in order; a :class:`WhereLayer` holds for all of them.
        first: the frame it may begin with: those before it are given back untouched.
    """

    def __init__(self, layers: Sequence[Layer], first: int = 0) -> None:
        self._steps = [_step(layer) for layer in layers if not isinstance(layer, WhereLayer)]
        where = [layer for layer in layers if isinstance(layer, WhereLayer)]
        self._placing = Placing(where[0]) if where else None
        self._first = first
        self.notes: list[str] = []

    def __call__(self, rgb: Rgb, number: int) -> Rgb:
        """The picture that takes the place of one."""
        if number < self._first:
            return rgb
        made = rgb
        for step in self._steps:
            made = step(made, number)
        return made if self._placing is None else self._placing(rgb, made, number)


def _step(layer: PaintLayer | KeyLayer | ColourLayer) -> Callable[[Rgb, int], Rgb]:
    if isinstance(layer, PaintLayer):
        return _Painting(layer)
    if isinstance(layer, KeyLayer):
        return _drawing(layer)
    painter, strength = LutPainter(layer.lut), layer.strength
    return lambda rgb, _number: mixed(rgb, painter(rgb), strength)


def _drawing(layer: KeyLayer) -> Callable[[Rgb, int], Rgb]:
    keyed = Keyed(layer)
    return lambda rgb, number: laid_on(
        rgb, keyed(to_bytes(rgb), number), layer.strength, layer.keep_color
    )


class _Painting:
    """Paints and steadies. For one thread."""

    def __init__(self, layer: PaintLayer) -> None:
        self._layer = layer
        self._steady = Steady(layer.smooth, layer.colour_step)

    def __call__(self, rgb: Rgb, number: int) -> Rgb:
        layer = self._layer
        if number in layer.resets:
            self._steady.reset()
        statistics = layer.shot_style.at(number)
        painted = layer.paint(to_bytes(rgb), statistics)
        return layer.finished(rgb, self._steady(rgb, painted))


def to_bytes(rgb: Rgb) -> NDArray[np.uint8]:
    """A picture in 8 bits a channel."""
    return rgb if rgb.dtype == np.uint8 else ((rgb.astype(np.uint32) + 128) // 257).astype(np.uint8)


def mixed(under: Rgb, over: Rgb, strength: float) -> Rgb:
    """One picture laid over another; the kind is kept."""
    if strength >= 1:
        return over
    made: Rgb = cv2.addWeighted(under, 1 - strength, over, strength, 0)
    return made


def recoloured(source: Rgb, painted: Rgb) -> Rgb:
    """The lightness of one picture with the colours of another."""
    if source.dtype == np.uint8:
        lightness = [cv2.transform(picture, _LUMA) for picture in (source, painted)]
        shift = cv2.subtract(lightness[1], lightness[0], dtype=cv2.CV_16S)
        made: Rgb = cv2.add(source, cv2.merge([shift] * 3), dtype=cv2.CV_8U)
        return made
    wide = source.astype(np.float32)
    lighter = cv2.transform(painted.astype(np.float32), _LUMA) - cv2.transform(wide, _LUMA)
    clipped: Rgb = np.clip(wide + lighter[..., None] + 0.5, 0, 65535).astype(np.uint16)
    return clipped
