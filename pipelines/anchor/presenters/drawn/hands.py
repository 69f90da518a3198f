"""Forearms on the desk and folded hands, painted once. Places are in units of the head."""

from __future__ import annotations

import numpy as np

from pipelines.anchor.presenters.drawn.look import Look
from pipelines.anchor.presenters.drawn.relief import Points
from studio.drawing.canvas import Canvas, Linear, ellipse, faded, mixed, smooth, tapered

#: Fingers of the upper hand from the index to the little one: knuckle, joint, tip; and width.
_FINGERS = (
    (((-0.18, 3.925), (0.06, 3.885), (0.30, 3.985)), 0.125),
    (((-0.21, 4.030), (0.06, 3.995), (0.345, 4.085)), 0.128),
    (((-0.22, 4.140), (0.05, 4.110), (0.325, 4.190)), 0.122),
    (((-0.20, 4.240), (0.04, 4.220), (0.265, 4.285)), 0.108),
)


def paint_arms(canvas: Canvas, look: Look) -> None:
    """Both forearms and the hands where they meet.

    Args:
        canvas: in units of the head.
        look: whose.
    """
    for side in (1, -1):
        _paint_sleeve(canvas, look, side)
    _paint_hands(canvas, look)


def _paint_sleeve(canvas: Canvas, look: Look, side: int) -> None:
    worn = look.clothes
    wide = worn.wide
    light, dark = mixed(worn.jacket, "#ffffff", 0.16), mixed(worn.jacket, "#05060f", 0.5)
    away = np.array([side, 1.0])
    edge = np.array([
        (1.90 * wide, 3.62), (1.30 * wide, 3.96), (0.86, 3.98), (0.56, 3.93),
        (0.60, 4.32), (0.95, 4.62), (1.35 * wide, 5.0), (1.85 * wide, 5.3),
    ]) * away  # fmt: skip
    shape = smooth(edge, (0, 3, 4, 7))
    cast = smooth(edge + np.array([0.0, -0.05]), (0, 3, 4, 7))
    canvas.fill(cast, faded("#05060f", 0.45), blur=0.09)
    gain = 0.55 if side < 0 else 0.25
    canvas.fill(
        shape,
        Linear(
            (0.0, 3.85), (side * 0.25, 4.75),
            (mixed(worn.jacket, light, gain), worn.jacket, mixed(worn.jacket, dark, 0.75)),
            (0.0, 0.42, 1.0),
        ),
    )  # fmt: skip
    with canvas.inside(shape):
        top = np.array([(1.35 * wide, 4.02), (0.9, 4.05), (0.62, 4.02)]) * away
        canvas.fill(tapered(top, 0.12), faded(light, 0.30 + 0.35 * (side < 0)), blur=0.04)
        for x, lean in ((0.78, 0.10), (0.98, 0.16), (1.22, 0.22), (1.42, 0.26)):
            fold = np.array([(x, 3.96), (x + lean * 0.4, 4.22), (x + lean, 4.6)]) * away
            canvas.fill(tapered(fold, 0.06), faded(dark, 0.5), blur=0.022)
            canvas.fill(
                tapered(fold - away * (0.05, 0), 0.04), faded(light, 0.22 * gain), blur=0.02
            )
        hem = np.array([(0.56, 3.9), (0.585, 4.12), (0.61, 4.36)]) * away
        canvas.line(smooth(hem, closed=False), faded(dark, 0.9), 0.03)
    cuff = smooth(
        np.array([(0.57, 3.955), (0.505, 3.945), (0.53, 4.29), (0.60, 4.30)]) * away, (0, 1, 2, 3)
    )
    cool = mixed(worn.under, "#2b3a5c", 0.30 if side < 0 else 0.45)
    canvas.fill(cuff, Linear((0, 3.93), (0, 4.31), (worn.under, cool)))


def _finger(canvas: Canvas, look: Look, at: Points, wide: float, shade: float) -> None:
    """A finger through three places, lit from above, with a nail at its tip."""
    skin = look.skin
    along = np.linspace(0, 1, 9)
    knots = np.stack([np.interp(along, [0, 0.5, 1], at[:, k]) for k in (0, 1)], 1)
    knots[:, 1] -= 0.018 * np.sin(np.pi * along)
    step = np.gradient(knots, axis=0)
    normal = np.stack([-step[:, 1], step[:, 0]], 1) / np.hypot(*step.T)[:, None]
    half = wide / 2 * np.array([1.0, 1.0, 0.97, 0.96, 1.0, 0.97, 0.92, 0.86, 0.74])
    tip = knots[-1] + (knots[-1] - knots[-2]) / np.hypot(*(knots[-1] - knots[-2])) * wide * 0.42
    there, back = knots + normal * half[:, None], (knots - normal * half[:, None])[::-1]
    edge = np.concatenate([there, tip[None], back])
    shape = smooth(edge)
    canvas.fill(smooth(edge + np.array([0.006, 0.028])), faded(skin.deep, 0.55), blur=0.02)
    y = float(knots[:, 1].mean())
    canvas.fill(shape, Linear((0.0, y - wide * 0.62), (0.03, y + wide * 0.62), (
        mixed(skin.light, skin.tone, shade), mixed(skin.tone, skin.shade, 0.15 + shade * 0.5),
        mixed(skin.shade, skin.deep, 0.30 + shade * 0.4)), (0.0, 0.55, 1.0)))  # fmt: skip
    with canvas.inside(shape):
        for place, size in ((4, 0.05), (7, 0.04)):
            x0, y0 = (float(v) for v in knots[place])
            canvas.fill(
                ellipse(x0, y0 - wide * 0.18, size, wide * 0.22), faded(skin.blush, 0.30), blur=0.02
            )
            for off in (-0.012, 0.010):
                crease = np.array([(x0 + off, y0 - wide * 0.30), (x0 + off + 0.006, y0)])
                canvas.line(smooth(crease, closed=False), faded(skin.deep, 0.22), 0.006)
        tip_x, tip_y = (float(v) for v in knots[-1])
        nail = ellipse(tip_x + wide * 0.10, tip_y - wide * 0.10, wide * 0.30, wide * 0.20)
        shine = (mixed(skin.glow, skin.blush, 0.25), mixed(skin.tone, skin.lip, 0.35))
        canvas.fill(nail, Linear((0, tip_y - wide * 0.3), (0, tip_y + wide * 0.1), shine))


def _paint_hands(canvas: Canvas, look: Look) -> None:
    """The right hand's fingers over the left hand."""
    skin = look.skin
    base = smooth([
        (-0.54, 4.0), (-0.36, 3.88), (-0.10, 3.835), (0.16, 3.83), (0.40, 3.90), (0.55, 3.99),
        (0.56, 4.24), (0.40, 4.335), (0.10, 4.365), (-0.20, 4.35), (-0.42, 4.31), (-0.55, 4.24),
    ])  # fmt: skip
    canvas.fill(ellipse(0.0, 4.36, 0.62, 0.09), faded("#05060f", 0.5), blur=0.05)
    canvas.fill(base, Linear((-0.3, 3.8), (0.25, 4.4), (
        skin.light, skin.tone, skin.shade, mixed(skin.shade, skin.deep, 0.6)),
        (0.0, 0.35, 0.7, 1.0)))  # fmt: skip
    with canvas.inside(base):
        # The back of the left hand beyond the fingers, its knuckles and cords.
        for x, y in ((0.40, 3.955), (0.46, 4.05), (0.46, 4.15)):
            canvas.fill(ellipse(x, y, 0.05, 0.04), faded(skin.light, 0.4), blur=0.025)
        for y in (3.97, 4.08, 4.19):
            cord = np.array([(-0.50, y + 0.06), (-0.36, y + 0.02), (-0.24, y)])
            canvas.fill(tapered(cord, 0.05), faded(skin.light, 0.35), blur=0.02)
            canvas.fill(
                tapered(cord + np.array([0, 0.045]), 0.04), faded(skin.deep, 0.25), blur=0.02
            )
        canvas.fill(ellipse(0.0, 4.38, 0.6, 0.08), faded(skin.deep, 0.6), blur=0.05)
        canvas.fill(ellipse(0.53, 4.2, 0.10, 0.2), faded(skin.deep, 0.35), blur=0.06)
    for number in (3, 2, 1, 0):
        places, wide = _FINGERS[number]
        wide *= 0.92 + 0.3 * (look.clothes.neck - 0.29)  # larger hands on larger people
        _finger(canvas, look, np.array(places), wide, 0.08 * number)
    for number in range(3):  # knuckles, where fingers begin
        (x, y), _, _ = _FINGERS[number][0]
        canvas.fill(ellipse(x - 0.01, y - 0.01, 0.055, 0.05), faded(skin.light, 0.5), blur=0.025)
    thumb = np.array([(-0.36, 3.90), (-0.14, 3.815), (0.10, 3.80)])
    _finger(canvas, look, thumb, 0.135, 0.0)
    with canvas.inside(base):
        for x, y in ((-0.37, 3.95), (-0.28, 4.02), (-0.29, 4.12), (-0.27, 4.22)):
            canvas.fill(ellipse(x, y, 0.06, 0.055), faded(skin.tone, 0.85), blur=0.035)
