"""A drawn presenter: painted once, then moved, with eyes and mouth drawn anew."""

from __future__ import annotations

import threading
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.presenters.drawn.clothes import LOW, paint_body
from pipelines.anchor.presenters.drawn.extras import draw_glasses, paint_brows, paint_earrings
from pipelines.anchor.presenters.drawn.eyes import draw_eyes
from pipelines.anchor.presenters.drawn.hair import cast_shadow, paint_locks
from pipelines.anchor.presenters.drawn.hair_cuts import CUTS
from pipelines.anchor.presenters.drawn.look import Look
from pipelines.anchor.presenters.drawn.mouth import Saying, draw_mouth
from pipelines.anchor.presenters.drawn.relief import Field, Grid, heights
from pipelines.anchor.presenters.drawn.skin import outline, paint_face
from pipelines.anchor.presenters.drawn.turning import Pose, Relief, Warp
from studio.drawing.canvas import Canvas, smooth
from studio.types.performance import Performance

#: Raised whenever the same row would give other pixels.
DRAWING_VERSION = 1
#: Painted layers are so many times as fine as what is shown.
_FINE = 2
#: The head's layer and the body's, in units.
_HEAD = (-1.28, -1.36, 1.28, 2.16)
_BODY = (-2.2, 0.5, 2.2, LOW)
#: From the middle of the head to the lower edge, and across all, in units.
_BELOW, _ACROSS = 4.72, 4.3
#: How much the chest rises with a breath, to its height above the lower edge; and in how many
#: steps, each kept once it was made: of a fifth of a pixel at 1080p.
_BREATH, _STEPS = 0.0045, 16


class _Layers(NamedTuple):
    """What is painted once."""

    body: NDArray[np.uint8]
    body_grid: Grid
    back: Warp | None
    head: Warp
    relief: Relief


class DrawnPresenter:
    """Somebody who never lived; a ``Presenter``.

    Args:
        look: who.
        size_wh: pixels of what is drawn.
    """

    people = False

    def __init__(self, look: Look, size_wh: tuple[int, int]) -> None:
        width, height = size_wh
        if width < 16 or height < 16:
            raise ValueError(f"nobody fits into {width}x{height}")
        self.name, self.size_wh, self.look = look.name, size_wh, look
        self._unit = min(height / 6.15, width / _ACROSS)
        self._middle = (width / 2, height - _BELOW * self._unit)
        self._guard = threading.Lock()
        self._painted: _Layers | None = None
        self._bodies: dict[int, NDArray[np.uint8]] = {}

    def head_xyxy(self) -> tuple[float, float, float, float]:
        """Where its head is at rest: left, top, right, bottom in pixels."""
        x, y = self._middle
        return x - 0.8 * self._unit, y - 1.2 * self._unit, x + 0.8 * self._unit, y + self._unit

    def draw(self, performance: Performance, frame: int) -> NDArray[np.uint8]:
        """One picture, see ``Presenter``."""
        performance.row(frame)  # raises where there is no such frame
        layers = self._layers()
        yaw, pitch, roll = (float(v) for v in np.deg2rad(performance.head_deg[frame]))
        breath = float(performance.breath[frame])
        now = saying(performance, frame)
        left, right = (float(v) for v in performance.brows[frame])
        pose = Pose(yaw, pitch, roll, now.jaw, (left, right), breath)
        canvas = Canvas(*self.size_wh)
        x, y = self._middle
        self._place_body(canvas, layers, breath)
        if layers.back is not None:
            self._lay(canvas, layers.back, pose, behind=True)
        self._lay(canvas, layers.head, pose)
        gaze = tuple(float(v) for v in performance.gaze[frame])
        blink = tuple(float(v) for v in performance.blink[frame])
        with canvas.placed(x, y, self._unit):
            draw_mouth(canvas, layers.relief, pose, self.look, now)
            draw_eyes(
                canvas, layers.relief, pose, self.look, (gaze[0], gaze[1]), (blink[0], blink[1])
            )
            draw_glasses(canvas, layers.relief, pose, self.look)
        return canvas.pixels

    def _lay(self, canvas: Canvas, warp: Warp, pose: Pose, *, behind: bool = False) -> None:
        x, y = self._corner(warp.grid)
        canvas.lay(warp(pose), x, y, premultiplied=True, behind=behind)

    def _corner(self, grid: Grid) -> tuple[int, int]:
        """Whole pixels: layers are made so that their corners fall on them."""
        return (
            round(self._middle[0] + grid.left * self._unit),
            round(self._middle[1] + grid.top * self._unit),
        )

    def _place_body(self, canvas: Canvas, layers: _Layers, breath: float) -> None:
        """The body is first on the canvas: it is copied, which takes a tenth of laying it."""
        step = round(breath * _STEPS)
        made = self._bodies.get(step)
        if made is None:
            made = self._bodies[step] = self._breathing(layers, step / _STEPS)
        x, y = self._corner(layers.body_grid)
        left, right = max(x, 0), min(x + made.shape[1], self.size_wh[0])
        canvas.pixels[y : y + made.shape[0], left:right] = made[:, left - x : right - x]

    def _breathing(self, layers: _Layers, breath: float) -> NDArray[np.uint8]:
        """The body at a moment of breath: straight RGBA."""
        grid = layers.body_grid
        _, y = self._corner(grid)
        wide, high = (side // _FINE for side in grid.wh)
        # Upward from the lower edge, as a chest that fills.
        grows = 1 / (1 + _BREATH * breath)
        base = self.size_wh[1] - y
        steps = np.array([
            [_FINE, 0, 0.5 * (_FINE - 1)],
            [0, _FINE * grows, _FINE * (base - base * grows) + 0.5 * (_FINE * grows - 1)],
        ])  # fmt: skip
        shown = min(high, self.size_wh[1] - y)
        made = cv2.warpAffine(
            layers.body, steps, (wide, shown), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        return _straight(np.asarray(made, np.uint8))

    def _layers(self) -> _Layers:
        with self._guard:
            if self._painted is None:
                self._painted = self._paint()
            return self._painted

    def _grid(self, box: tuple[float, float, float, float]) -> Grid:
        """A layer's places, its corner on a whole pixel of the picture."""
        unit = self._unit
        left = (np.floor(self._middle[0] + box[0] * unit) - self._middle[0]) / unit
        top = (np.floor(self._middle[1] + box[1] * unit) - self._middle[1]) / unit
        wide, high = (int(np.ceil((b - a) * unit)) for a, b in ((left, box[2]), (top, box[3])))
        return Grid(float(left), float(top), unit * _FINE, (wide * _FINE, high * _FINE))

    def _paint(self) -> _Layers:
        look = self.look
        cut = CUTS[look.hair.style]
        head, body = self._grid(_HEAD), self._grid(_BODY)
        z = heights(look.face, head)
        soft = cv2.GaussianBlur(z, (0, 0), 0.02 * head.scale)
        moves, jaw = _moving(head, len(cut.back) > 0)
        front = Canvas(*head.wh)
        paint_face(front, look, head, z)
        with front.placed(-head.left * head.scale, -head.top * head.scale, head.scale):
            paint_brows(front, look)
            paint_earrings(front, look)
            with front.inside(smooth(outline(look))):
                cast_shadow(front, cut.front, look.skin.deep)
            paint_locks(front, look.hair, cut.front)
        back = None
        if cut.back:
            behind = Canvas(*head.wh)
            with behind.placed(-head.left * head.scale, -head.top * head.scale, head.scale):
                paint_locks(behind, look.hair, cut.back)
            flat = np.full_like(z, -0.3)
            back = Warp(_weighted(behind.pixels), head, flat, moves, np.zeros_like(z), _FINE)
        trunk = Canvas(*body.wh)
        with trunk.placed(-body.left * body.scale, -body.top * body.scale, body.scale):
            paint_body(trunk, look)
        return _Layers(
            _weighted(trunk.pixels),
            body,
            back,
            Warp(_weighted(front.pixels), head, soft, moves, jaw, _FINE),
            Relief(head, soft),
        )


def saying(performance: Performance, frame: int) -> Saying:
    """What the mouth does in one frame."""
    press = float(performance.press[frame])
    jaw = float(performance.jaw[frame])
    return Saying(
        open=float(performance.opening[frame]),
        jaw=jaw,
        press=press,
        spread=float(performance.spread[frame]),
        tongue=float(performance.tongue[frame]),
        teeth=float(performance.teeth[frame]),
    )


def _moving(grid: Grid, long_hair: bool) -> tuple[Field, Field]:
    """What goes with the head, and with its chin: float32 ``(h, w)`` each."""
    x, y = grid.places()

    def step(value: Field, low: float, high: float) -> Field:
        t = np.clip((value - low) / (high - low), 0, 1)
        return np.asarray(t * t * (3 - 2 * t), np.float32)

    moves = 1 - 0.85 * step(y, 0.9, 2.0) if long_hair else np.ones_like(y)
    jaw = step(y, 0.58, 0.72) * (1 - step(np.abs(x), 0.44, 0.64))
    return np.asarray(moves, np.float32), np.asarray(jaw, np.float32)


def _straight(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Weighted colours as they were; what is fully transparent is black."""
    edge = (rgba[..., 3] > 0) & (rgba[..., 3] < 255)
    alpha = rgba[edge, 3:].astype(np.uint16)
    made = rgba.copy()
    made[edge, :3] = np.minimum((rgba[edge, :3].astype(np.uint16) * 255 + alpha // 2) // alpha, 255)
    return made


def _weighted(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Straight colours weighted by their alpha."""
    alpha = rgba[..., 3:].astype(np.uint16)
    made = rgba.copy()
    made[..., :3] = ((rgba[..., :3] * alpha + 127) // 255).astype(np.uint8)
    return made
