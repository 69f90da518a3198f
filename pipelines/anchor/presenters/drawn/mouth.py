"""A mouth, drawn anew in each frame: lips, and between them teeth and tongue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.presenters.drawn.look import Look
from pipelines.anchor.presenters.drawn.relief import MOUTH_Y, Points
from pipelines.anchor.presenters.drawn.turning import CHIN_DROP, Pose, Relief
from studio.drawing.canvas import Canvas, Linear, ellipse, faded, mixed, smooth

_HALF = 0.222
#: Between the lips where the mouth is open widest, in units.
_WIDEST = 0.18
_U = np.array([-1.0, -0.86, -0.62, -0.34, -0.13, 0.0, 0.13, 0.34, 0.62, 0.86, 1.0])
_BOW = np.array([0.0, 0.24, 0.62, 0.93, 1.0, 0.84, 1.0, 0.93, 0.62, 0.24, 0.0])
_BELLY = np.array([0.0, 0.30, 0.70, 0.94, 1.0, 1.0, 1.0, 0.94, 0.70, 0.30, 0.0])
_LAST, _MID = len(_U) - 1, len(_U) // 2

Line = NDArray[np.float64]


@dataclass(frozen=True)
class Saying:
    """What a mouth does in one frame, as in ``Performance``; ``open`` is its opening."""

    open: float
    jaw: float
    press: float
    spread: float
    tongue: float
    teeth: float


@dataclass(frozen=True)
class Lips:
    """The four lines of a mouth from its right corner to its left, before the head is turned.

    Attributes:
        x: shared by all, in units.
        upper, upper_inner, lower_inner, lower: y of each.
    """

    x: Line
    upper: Line
    upper_inner: Line
    lower_inner: Line
    lower: Line

    @property
    def gap(self) -> float:
        """Units between the lips in the middle."""
        return float(self.lower_inner[_MID] - self.upper_inner[_MID])


def lips_of(look: Look, now: Saying) -> Lips:
    """Where lips are."""
    face = look.face
    rounded, drawn = max(-now.spread, 0.0), max(now.spread, 0.0)
    half = _HALF * face.mouth * (1 + 0.13 * drawn - 0.30 * rounded - 0.07 * now.open)
    # By what the face mesh makes of drawn lips, so that it reads what was asked: it takes narrow
    # mouths for more open than wide ones, and small gaps for smaller.
    gap = _WIDEST * now.open**0.7 * (1 - 0.42 * rounded) * (1 + 0.16 * drawn)
    smile = (0.024 + 0.008 * drawn) * (1 - 0.8 * rounded)
    corner = MOUTH_Y - smile + (0.36 + 0.06 * rounded) * gap
    bite = now.teeth
    # Rounded lips open upward too; a lip that is bitten meets the teeth that stand in the gap.
    above = 0.13 + 0.14 * rounded
    top = MOUTH_Y + 0.004 - above * gap - 0.010 * bite
    low = MOUTH_Y + 0.004 + (1 - above) * gap
    low = low * (1 - bite) + (MOUTH_Y + 0.016) * bite
    arch = np.clip(1 - _U**2, 0, 1) ** (0.72 - 0.24 * rounded)
    # Closed lips meet in a soft wave, the upper's middle hanging lowest.
    wave = 0.006 * np.exp(-((_U / 0.22) ** 2)) - 0.004 * np.exp(-(((np.abs(_U) - 0.4) / 0.25) ** 2))
    wave = wave * (1 - min(now.open * 4, 1))
    upper_inner = corner + (top - corner) * arch + wave
    lower_inner = np.maximum(corner + (low - corner) * arch + wave, upper_inner)
    full = face.lips * (1 - 0.42 * now.press) * (1 + 0.22 * rounded)
    upper_full = 0.050 * full * (1 - 0.10 * now.open - 0.12 * drawn)
    lower_full = 0.068 * full * (1 - 0.12 * now.open - 0.10 * drawn) * (1 - 0.32 * bite)
    return Lips(
        half * _U,
        upper_inner - upper_full * _BOW,
        upper_inner,
        lower_inner,
        lower_inner + lower_full * _BELLY,
    )


def draw_mouth(canvas: Canvas, relief: Relief, pose: Pose, look: Look, now: Saying) -> None:
    """A mouth.

    Args:
        canvas: in units of the head.
        relief, pose: where its places are seen.
        look: whose.
        now: what it does.
    """
    skin, face = look.skin, look.face
    lips = lips_of(look, now)
    push = 0.03 * max(-now.spread, 0.0)

    def at(ys: Line, xs: Line = lips.x) -> Points:
        return relief.project(pose, np.stack([xs, ys], axis=1), push)

    upper = np.concatenate([at(lips.upper), at(lips.upper_inner)[::-1][1:-1]])
    lower = np.concatenate([at(lips.lower_inner), at(lips.lower)[::-1][1:-1]])
    ends = (0, _LAST)
    _draw_about(canvas, look, at, lips, now)
    if lips.gap > 0.004:
        _draw_inside(canvas, look, at, lips, now)
    deep = mixed(skin.lip, skin.deep, 0.45)
    y0, y1 = float(upper[:, 1].min()), float(upper[:, 1].max())
    canvas.fill(smooth(upper, ends), Linear((0, y0), (0, y1), (
        mixed(skin.lip, skin.tone, 0.30 - 0.2 * face.made_up), skin.lip, deep), (0.0, 0.45, 1.0)),
        blur=0.0045)  # fmt: skip
    y2, y3 = float(lower[:, 1].min()), float(lower[:, 1].max())
    canvas.fill(smooth(lower, ends), Linear((0, y2), (0, y3), (
        mixed(skin.lip, deep, 0.35), mixed(skin.lip, skin.light, 0.22), skin.lip,
        mixed(skin.lip, skin.shade, 0.45)), (0.0, 0.40, 0.72, 1.0)), blur=0.0045)  # fmt: skip
    dark = mixed(skin.lip, "#2a0a10", 0.70)
    closed = 1 - min(lips.gap / 0.02, 1.0)
    if closed > 0:
        line = at(lips.upper_inner)
        canvas.line(smooth(line, closed=False), faded(dark, 0.62 * closed), 0.010)
        middle = line[2:-2]
        canvas.line(smooth(middle, closed=False), faded(dark, 0.35 * closed), 0.014)
    middle_y = lips.lower_inner[_MID] * 0.5 + lips.lower[_MID] * 0.5
    gx, gy = (float(v) for v in at(np.array([middle_y]), np.array([-0.018]))[0])
    shine = 0.20 + 0.28 * face.made_up
    canvas.fill(
        ellipse(gx, gy, 0.30 * float(lips.x[-1]), 0.008), faded("#ffffff", shine), blur=0.010
    )


def _draw_about(
    canvas: Canvas, look: Look, at: Callable[..., Points], lips: Lips, now: Saying
) -> None:
    """Shade about the lips: below the lower one, in the corners."""
    skin = look.skin
    under = at(lips.lower[_MID : _MID + 1] + 0.030, lips.x[_MID : _MID + 1] + 0.01)[0]
    canvas.fill(
        ellipse(float(under[0]), float(under[1]), 0.125, 0.024), faded(skin.deep, 0.30), blur=0.022
    )
    for end, side in ((0, -1), (_LAST, 1)):
        x, y = (float(v) for v in at(lips.upper_inner[end : end + 1], lips.x[end : end + 1])[0])
        canvas.fill(
            ellipse(x + side * 0.008, y + 0.002, 0.020, 0.014), faded(skin.deep, 0.55), blur=0.011
        )


def _draw_inside(
    canvas: Canvas, look: Look, at: Callable[..., Points], lips: Lips, now: Saying
) -> None:
    """Darkness, tongue, and teeth that stay with their jaws."""
    opening = np.concatenate([at(lips.upper_inner), at(lips.lower_inner)[::-1][1:-1]])
    shape = smooth(opening, (0, _LAST))
    y0, y1 = float(opening[:, 1].min()), float(opening[:, 1].max())
    canvas.fill(shape, Linear((0, y0), (0, y1 + 0.02), ("#2c0a0c", "#4d161a")))
    half = float(lips.x[-1])
    drop = CHIN_DROP * now.jaw
    u = np.linspace(-1, 1, 11)
    bend = np.clip(1 - u * u, 0, 1)

    def band(edge: Line, root: Line, wide: float) -> Points:
        xs = u * half * wide
        return np.concatenate([at(edge, xs), at(root, xs)[::-1]])

    corners = (0, 10, 11, 21)
    with canvas.inside(shape):
        floor = MOUTH_Y + 0.022 + drop
        rise = 0.045 + 0.075 * now.tongue * (0.35 + 0.65 * min(now.open * 2, 1))
        tongue = band(floor + 0.045 - rise * tongue_back(bend), np.full(11, floor + 0.25), 0.72)
        low, high = float(tongue[:, 1].max()), float(tongue[:, 1].min())
        canvas.fill(smooth(tongue, corners), Linear((0, high), (0, low), ("#a85558", "#6a2a2e")))
        lower = band(floor + 0.010 + 0.018 * (1 - bend), np.full(11, floor + 0.2), 0.70)
        canvas.fill(smooth(lower, corners), faded("#b9a69d", 0.75))
        edge = MOUTH_Y + 0.022 - 0.020 * (1 - bend)
        upper = band(edge, np.full(11, MOUTH_Y - 0.15), 0.84)
        low = float(upper[:, 1].max())
        canvas.fill(
            smooth(upper, corners),
            Linear((0, low - 0.085), (0, low), ("#cfc3bb", "#f4efe9", "#efe8e0"), (0, 0.55, 1)),
        )
        for place in (0.0, 0.21, -0.21, 0.40, -0.40, 0.57, -0.57):
            tooth = at(
                np.array([MOUTH_Y - 0.05, MOUTH_Y + 0.020 - 0.02 * place * place]),
                np.full(2, place * half * 0.84),
            )
            canvas.line(smooth(tooth, closed=False), "#8b6f6640", 0.005)
        for side in (-1, 1):
            dim = at(np.array([MOUTH_Y + 0.01]), np.array([side * half * 0.92]))[0]
            canvas.fill(ellipse(float(dim[0]), float(dim[1]), 0.055, 0.10), "#1c0608b0", blur=0.02)
        shade = np.concatenate([at(lips.upper_inner - 0.02), at(lips.upper_inner + 0.014)[::-1]])
        canvas.fill(smooth(shade, (0, _LAST, _LAST + 1, 2 * _LAST + 1)), "#24060a70", blur=0.007)


def tongue_back(bend: Line) -> Line:
    """A tongue's back: flat, falling at its sides."""
    made: Line = bend**0.6
    return made
