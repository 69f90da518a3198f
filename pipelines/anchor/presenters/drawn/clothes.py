"""Neck, shoulders, arms and what is worn, painted once. Places are in units of the head."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from pipelines.anchor.presenters.drawn.hands import paint_arms
from pipelines.anchor.presenters.drawn.look import Look
from pipelines.anchor.presenters.drawn.relief import Points
from studio.drawing.canvas import (
    Canvas,
    Linear,
    Radial,
    ellipse,
    faded,
    mixed,
    polygon,
    smooth,
    tapered,
)

#: Below the lower edge of every picture.
LOW = 6.2


def paint_body(canvas: Canvas, look: Look) -> None:
    """All below the head.

    Args:
        canvas: in units of the head.
        look: whose.
    """
    _paint_neck(canvas, look)
    STYLES[look.clothes.style](canvas, look)
    with canvas.inside(smooth(_trunk(look, look.clothes.wide), (0, 10, 11, 21))):
        paint_arms(canvas, look)


def moved(points: ArrayLike, by: tuple[float, float]) -> Points:
    """Points a little off their places."""
    made: Points = np.asarray(points, np.float64) + np.array(by)
    return made


def _both(half: list[tuple[float, float]]) -> Points:
    right = np.array(half)
    return np.concatenate([right, right[::-1] * (-1, 1)])


def _paint_neck(canvas: Canvas, look: Look) -> None:
    skin, w = look.skin, look.clothes.neck
    neck = smooth(
        _both([
            (w - 0.02, 0.4), (w, 0.9), (w + 0.03, 1.22), (w + 0.22, 1.42), (0.66, 1.62), (0.6, 2.6),
        ]),
        (0, 5, 6, 11),
    )  # fmt: skip
    canvas.fill(neck, Linear((-w - 0.1, 1.0), (w + 0.15, 1.1), (
        mixed(skin.shade, skin.tone, 0.4), skin.tone, mixed(skin.tone, skin.shade, 0.6),
        mixed(skin.shade, skin.deep, 0.55)), (0.0, 0.32, 0.66, 1.0)))  # fmt: skip
    with canvas.inside(neck):
        for side in (-1, 1):
            cord = [(side * w * 0.95, 0.95), (side * w * 0.62, 1.25), (side * 0.10, 1.55)]
            canvas.line(smooth(cord, closed=False), faded(skin.deep, 0.07), 0.07)
            canvas.fill(tapered(np.array(cord), 0.05), faded(skin.light, 0.12), blur=0.03)
            bone = [(side * 0.12, 1.64), (side * 0.40, 1.56), (side * 0.85, 1.55)]
            canvas.fill(tapered(np.array(bone), 0.05), faded(skin.light, 0.4), blur=0.02)
            low = moved(bone, (0, 0.05))
            canvas.fill(tapered(low, 0.05), faded(skin.deep, 0.28), blur=0.02)
        canvas.fill(ellipse(0.0, 1.60, 0.07, 0.05), faded(skin.deep, 0.25), blur=0.03)
        # What the chin and the jaw keep from the lamps.
        under = smooth(_both([(0.0, 0.3), (w + 0.2, 0.3), (w + 0.15, 0.95), (0.20, 1.20)]))
        canvas.fill(under, faded(mixed(skin.deep, "#3a1512", 0.25), 0.72), blur=0.055)
        side_shade = smooth([(w * 0.45, 0.6), (w + 0.3, 0.6), (w + 0.3, 1.5), (w * 0.75, 1.4)])
        canvas.fill(side_shade, faded(skin.deep, 0.42), blur=0.08)


def _trunk(look: Look, wide: float) -> Points:
    half = [
        (0.36, 1.20), (0.58, 1.38), (0.98 * wide, 1.55), (1.34 * wide, 1.70), (1.56 * wide, 1.91),
        (1.65 * wide, 2.25), (1.70 * wide, 2.8), (1.75 * wide, 3.5), (1.79 * wide, 4.2),
        (1.78 * wide, 4.8), (1.72 * wide, LOW),
    ]  # fmt: skip
    return _both(half)


def _cloth(canvas: Canvas, look: Look, wide: float) -> None:
    """A jacket without its front: shoulders and sleeves, folds and light."""
    color = look.clothes.jacket
    light, dark = mixed(color, "#ffffff", 0.16), mixed(color, "#05060f", 0.48)
    edge = _trunk(look, wide)
    wide = 0.88 * wide
    shape = smooth(edge, (0, 10, 11, 21))
    canvas.fill(shape, Linear((-1.9, 1.4), (2.1, 4.0), (light, color, mixed(color, dark, 0.7)),
                              (0.0, 0.42, 1.0)))  # fmt: skip
    with canvas.inside(shape):
        for side in (-1, 1):
            gain = 1.0 if side < 0 else 0.55
            # The sleeve is round: light along its middle, shade at both sides.
            arm = np.array([(1.56, 2.0), (1.66, 2.8), (1.72, 3.6), (1.80, 4.6)]) * (side * wide, 1)
            canvas.fill(tapered(arm, 0.42), faded(light, 0.50 * gain), blur=0.12)
            inner = np.array([(1.24, 2.35), (1.30, 2.9), (1.33, 3.7), (1.30, 4.7), (1.28, LOW)])
            inner = inner * (side * wide, 1)
            canvas.line(smooth(inner, closed=False), faded(dark, 0.95), 0.030)
            canvas.fill(
                tapered(moved(inner, (side * 0.06, 0.0)), 0.26), faded(dark, 0.55), blur=0.07
            )
            canvas.fill(tapered(inner - (side * 0.09, 0.0), 0.18), faded(dark, 0.32), blur=0.07)
            seam = np.array([(1.33, 1.60), (1.36, 1.85), (1.30, 2.15), (1.24, 2.45)])
            canvas.line(smooth(seam * (side * wide, 1), closed=False), faded(dark, 0.45), 0.016)
            canvas.fill(
                tapered(moved(seam * (side * wide, 1), (side * 0.05, 0.02)), 0.09),
                faded(light, 0.35 * gain), blur=0.03,
            )  # fmt: skip
            for at, long, way in (
                (2.75, 0.42, 0.22),
                (3.25, 0.50, 0.30),
                (3.7, 0.55, -0.2),
                (4.1, 0.5, 0.3),
            ):
                fold = np.array([
                    (1.34, at), (1.34 + long * 0.5, at + way * 0.6), (1.34 + long, at + way),
                ]) * (side * wide, 1)  # fmt: skip
                canvas.fill(tapered(fold, 0.07), faded(dark, 0.38), blur=0.03)
                canvas.fill(
                    tapered(fold - (0.0, 0.06), 0.05), faded(light, 0.30 * gain), blur=0.025
                )
            drag = np.array([(0.62, 2.9), (0.95, 2.75), (1.22, 2.5)]) * (side * wide, 1)
            canvas.fill(tapered(drag, 0.07), faded(dark, 0.30), blur=0.04)
            waist = np.array([(0.30, 4.1), (0.75, 4.25), (1.2, 4.1)]) * (side * wide, 1)
            canvas.fill(tapered(waist, 0.10), faded(dark, 0.30), blur=0.05)
        top = np.array([(-1.75, 1.80), (-1.42, 1.64), (-0.95, 1.52), (-0.5, 1.38)]) * (wide, 1)
        canvas.fill(tapered(moved(top, (0, 0.05)), 0.09), faded(light, 0.55), blur=0.035)


def _lapels(
    canvas: Canvas, look: Look, half: list[tuple[float, float]], collar: list[tuple[float, float]]
) -> None:
    """Collar and lapels on both sides, each with the shadow it throws."""
    color = look.clothes.jacket
    light, dark = mixed(color, "#ffffff", 0.17), mixed(color, "#05060f", 0.58)
    for side in (1, -1):
        for points in (half, collar):
            flap = np.array(points) * (side, 1)
            canvas.fill(polygon(moved(flap, (0.035, 0.05))), faded("#05060f", 0.38), blur=0.035)
            gain = 0.55 if side < 0 else 0.25
            canvas.fill(polygon(flap), Linear(
                (side * 0.1, 1.3), (side * 0.75, 2.5),
                (mixed(color, dark, 0.22), mixed(color, light, gain))))  # fmt: skip
            canvas.line(polygon(flap), faded(dark, 0.8), 0.013)
            canvas.line(polygon(flap - (0.014, 0.012)), faded(light, 0.30), 0.008)


def _suit(canvas: Canvas, look: Look) -> None:
    worn = look.clothes
    wide = worn.wide
    _cloth(canvas, look, wide)
    _skin_v(canvas, look, 1.7)
    cool = mixed(worn.under, "#2b3a5c", 0.30)
    front = smooth(
        [(0.0, 1.40), (0.17, 1.34), (0.33, 1.12), (0.41, 1.20), (0.48, 1.7), (0.03, 4.05),
         (-0.03, 4.05), (-0.48, 1.7), (-0.41, 1.20), (-0.33, 1.12), (-0.17, 1.34)],
        (2, 3, 4, 5, 6, 7, 8, 9),
    )  # fmt: skip
    canvas.fill(
        front, Linear((-0.4, 1.4), (0.45, 2.4), (worn.under, mixed(worn.under, cool, 0.35), cool))
    )
    with canvas.inside(front):
        for side in (-1, 1):
            line = np.array([(0.16, 1.7), (0.20, 2.3), (0.12, 3.2)]) * (side, 1)
            canvas.fill(tapered(line, 0.05), faded(cool, 0.7), blur=0.03)
        _draw_tie(canvas, worn.accent)
    _collar(canvas, worn.under)
    _lapels(
        canvas, look,
        [(0.47, 1.30), (0.56, 1.96), (0.88, 2.03), (0.85, 2.26), (0.60, 3.05),
         (0.05, 4.25), (-0.01, 4.02), (0.30, 2.5), (0.40, 1.62)],
        [(0.40, 1.15), (0.53, 1.22), (0.69, 1.47), (0.78, 1.77), (0.56, 1.96), (0.44, 1.58)],
    )  # fmt: skip
    _front_edge(canvas, worn.jacket)
    square = np.array(
        [(0.86, 2.78), (0.93, 2.64), (1.00, 2.73), (1.08, 2.60), (1.16, 2.74), (1.15, 2.79)]
    )
    canvas.fill(polygon(square * (wide, 1)), mixed(worn.under, "#8fa0bd", 0.12))
    welt = polygon(np.array([(0.83, 2.80), (1.20, 2.74), (1.21, 2.83), (0.84, 2.89)]) * (wide, 1))
    canvas.fill(welt, mixed(worn.jacket, "#ffffff", 0.07))
    canvas.line(welt, mixed(worn.jacket, "#05060f", 0.5), 0.012)


def _front_edge(canvas: Canvas, color: str) -> None:
    dark = mixed(color, "#05060f", 0.6)
    edge = [(0.04, 4.2), (0.06, 4.9), (0.10, LOW)]
    canvas.line(smooth(edge, closed=False), faded(dark, 0.9), 0.022)
    canvas.fill(tapered(moved(edge, (0.06, 0)), 0.2), faded(dark, 0.4), blur=0.06)


def _draw_tie(canvas: Canvas, color: str) -> None:
    light, dark = mixed(color, "#ffffff", 0.20), mixed(color, "#05060f", 0.50)
    blade = polygon([(-0.075, 1.72), (0.075, 1.72), (0.20, 3.6), (0.0, 4.3), (-0.20, 3.6)])
    canvas.fill(blade, faded("#1a2038", 0.45), blur=0.06)
    canvas.fill(
        blade,
        Linear((-0.18, 2.2), (0.2, 2.3), (mixed(color, light, 0.5), color, dark), (0.0, 0.4, 1.0)),
    )
    with canvas.inside(blade):
        for y in np.arange(1.6, 4.6, 0.17):
            stripe = polygon(
                [(-0.3, y + 0.20), (0.3, y - 0.16), (0.3, y - 0.125), (-0.3, y + 0.235)]
            )
            canvas.fill(stripe, faded(light, 0.55))
        canvas.fill(
            tapered(np.array([(0.01, 1.74), (-0.02, 2.0), (0.0, 2.4)]), 0.07),
            faded(dark, 0.6),
            blur=0.02,
        )
        canvas.fill(ellipse(0.0, 1.74, 0.12, 0.06), faded(dark, 0.7), blur=0.03)
    knot = smooth(
        [(-0.125, 1.42), (0.0, 1.405), (0.125, 1.42), (0.088, 1.70), (0.0, 1.745), (-0.088, 1.70)],
        (0, 2, 3, 5),
    )
    canvas.fill(knot, Linear((-0.12, 1.4), (0.13, 1.72), (light, color, dark), (0.0, 0.45, 1.0)))
    with canvas.inside(knot):
        for y in (1.42, 1.54, 1.66):
            canvas.fill(
                polygon([(-0.2, y + 0.02), (0.2, y - 0.09), (0.2, y - 0.06), (-0.2, y + 0.05)]),
                faded(light, 0.5),
            )
        canvas.fill(ellipse(0.06, 1.62, 0.06, 0.12), faded(dark, 0.35), blur=0.03)


def _collar(canvas: Canvas, color: str) -> None:
    cool = mixed(color, "#2b3a5c", 0.34)
    for side in (-1, 1):
        leaf = np.array(
            [(0.335, 1.10), (0.44, 1.22), (0.46, 1.50), (0.30, 1.86), (0.09, 1.44), (0.20, 1.36)]
        )
        flap = leaf * (side, 1)
        canvas.fill(polygon(moved(flap, (0.02, 0.045))), faded("#1a2038", 0.40), blur=0.03)
        canvas.fill(polygon(flap), Linear(
            (side * 0.1, 1.2), (side * 0.45, 1.8),
            (color, mixed(color, cool, 0.30 if side < 0 else 0.65))))  # fmt: skip
        canvas.line(polygon(flap), faded(cool, 0.9), 0.010)
        stitch = [(0.445, 1.48), (0.30, 1.825), (0.115, 1.45)]
        canvas.line(polygon(np.array(stitch) * (side, 1), closed=False), faded(cool, 0.4), 0.006)


def _blazer(canvas: Canvas, look: Look) -> None:
    """A woman's blazer over a blouse with an open collar."""
    worn = look.clothes
    wide = worn.wide
    _cloth(canvas, look, wide)
    _skin_v(canvas, look, 2.35)
    cool = mixed(worn.under, "#4a3d52", 0.30)
    front = polygon([(-0.50, 1.35), (-0.33, 1.62), (0.0, 2.32), (0.33, 1.62), (0.50, 1.35),
                     (0.62, 1.9), (0.03, 4.1), (-0.03, 4.1), (-0.62, 1.9)])  # fmt: skip
    canvas.fill(
        front, Linear((-0.4, 1.6), (0.45, 3.0), (worn.under, mixed(worn.under, cool, 0.3), cool))
    )
    with canvas.inside(front):
        for x0, y0, x1, y1 in (
            (-0.30, 1.8, -0.05, 3.4),
            (0.30, 1.85, 0.06, 3.3),
            (-0.15, 2.2, -0.01, 3.6),
            (0.16, 2.2, 0.02, 3.6),
        ):
            fold = np.array([(x0, y0), ((x0 + x1) / 2 + 0.03, (y0 + y1) / 2), (x1, y1)])
            canvas.fill(tapered(fold, 0.06), faded(cool, 0.6), blur=0.03)
        for y in (2.62, 2.98, 3.34):
            canvas.fill(ellipse(0.0, y, 0.024, 0.024), mixed(worn.under, "#8a7f92", 0.35))
            canvas.fill(ellipse(-0.005, y - 0.006, 0.012, 0.012), "#ffffffb0")
        canvas.line(polygon([(0.035, 2.36), (0.03, 4.0)], closed=False), faded(cool, 0.7), 0.008)
    for side in (-1, 1):
        leaf = np.array(
            [
                (0.37, 1.16),
                (0.50, 1.30),
                (0.53, 1.62),
                (0.30, 2.02),
                (0.0, 2.36),
                (0.22, 1.82),
                (0.345, 1.45),
            ]
        )
        flap = leaf * (side, 1)
        canvas.fill(
            smooth(moved(flap, (0.015, 0.045)), (0, 1, 3, 4)), faded("#2a1a2e", 0.32), blur=0.03
        )
        canvas.fill(smooth(flap, (0, 1, 3, 4)), Linear(
            (side * 0.05, 1.3), (side * 0.5, 2.0),
            (worn.under, mixed(worn.under, cool, 0.25 if side < 0 else 0.6))))  # fmt: skip
        canvas.line(smooth(flap, (0, 1, 3, 4)), faded(cool, 0.8), 0.008)
    _lapels(
        canvas, look,
        [(0.50, 1.36), (0.60, 2.02), (0.88, 2.06), (0.84, 2.30), (0.58, 3.05),
         (0.05, 4.25), (-0.01, 4.02), (0.34, 2.6), (0.44, 1.75)],
        [(0.43, 1.18), (0.56, 1.26), (0.71, 1.50), (0.79, 1.80), (0.60, 2.02), (0.48, 1.62)],
    )  # fmt: skip
    _front_edge(canvas, worn.jacket)


def _shell(canvas: Canvas, look: Look) -> None:
    """A woman's blazer over a round-necked top, with a fine chain."""
    worn, skin = look.clothes, look.skin
    wide = worn.wide
    _cloth(canvas, look, wide)
    _skin_v(canvas, look, 2.05, 0.70)
    dark = mixed(worn.under, "#1a1020", 0.35)
    neckline = [
        (-0.60, 1.36),
        (-0.50, 1.62),
        (-0.28, 1.88),
        (0.0, 1.96),
        (0.28, 1.88),
        (0.50, 1.62),
        (0.60, 1.36),
    ]
    front = smooth(
        [*neckline, (0.62, 2.0), (0.03, 4.1), (-0.03, 4.1), (-0.62, 2.0)], (0, 6, 7, 8, 9, 10)
    )
    canvas.fill(
        front, Linear((-0.5, 1.7), (0.5, 3.2), (worn.under, mixed(worn.under, dark, 0.4), dark))
    )
    with canvas.inside(front):
        for side in (-1, 1):
            fold = np.array([(0.30, 1.95), (0.20, 2.6), (0.05, 3.5)]) * (side, 1)
            canvas.fill(tapered(fold, 0.09), faded(dark, 0.6), blur=0.05)
    canvas.line(smooth(neckline, closed=False), faded(dark, 0.8), 0.022)
    canvas.line(
        smooth(moved(neckline, (0, 0.02)), closed=False),
        mixed(worn.under, "#ffffff", 0.2),
        0.012,
    )
    chain = [(-0.42, 1.36), (-0.26, 1.62), (0.0, 1.76), (0.26, 1.62), (0.42, 1.36)]
    canvas.line(smooth(moved(chain, (0.005, 0.012)), closed=False), faded(skin.deep, 0.5), 0.010)
    canvas.line(smooth(chain, closed=False), worn.accent, 0.009)
    canvas.fill(ellipse(0.006, 1.80, 0.030, 0.034), faded(skin.deep, 0.4), blur=0.01)
    canvas.fill(
        ellipse(0.0, 1.785, 0.027, 0.030), Radial((-0.01, 1.775), 0.04, ("#ffffff", worn.accent))
    )
    _lapels(
        canvas, look,
        [(0.60, 1.40), (0.66, 2.06), (0.93, 2.10), (0.89, 2.34), (0.62, 3.05),
         (0.05, 4.25), (-0.01, 4.02), (0.40, 2.6), (0.54, 1.75)],
        [(0.47, 1.20), (0.62, 1.28), (0.77, 1.52), (0.85, 1.84), (0.66, 2.06), (0.57, 1.66)],
    )  # fmt: skip
    _front_edge(canvas, worn.jacket)


def _skin_v(canvas: Canvas, look: Look, bottom: float, wide: float = 0.50) -> None:
    """The chest in an open collar, softly lit, over the jacket."""
    skin = look.skin
    w = look.clothes.neck
    chest = smooth(
        _both(
            [
                (w - 0.03, 0.3),
                (w - 0.01, 0.9),
                (w + 0.03, 1.22),
                (wide, 1.42),
                (0.72 * wide, 1.75),
                (0.0, bottom),
            ]
        ),
        (0, 5, 6, 11),
    )
    canvas.fill(
        chest,
        Linear(
            (-0.4, 1.2), (0.45, 1.9), (skin.tone, skin.tone, mixed(skin.tone, skin.shade, 0.75))
        ),
    )
    with canvas.inside(chest):
        _paint_neck(canvas, look)


STYLES: dict[str, Callable[[Canvas, Look], None]] = {
    "suit": _suit,
    "blazer": _blazer,
    "shell": _shell,
}
