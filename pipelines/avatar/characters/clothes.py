"""Neck, shoulders and what is worn. Zero is the middle of the head at rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipelines.avatar.characters.look import Character
from pipelines.avatar.characters.turning import Points, mirrored
from studio.drawing.canvas import Canvas, Linear, Radial, ellipse, faded, mixed, polygon, smooth

#: Lowest point drawn, in units; pictures end above it.
LOW = 6.0


def _both(*half: tuple[float, float]) -> Points:
    return mirrored(half)


def _flap(canvas: Canvas, points: list[tuple[float, float]], color: str, rim: str) -> None:
    """A pair of pointed pieces, one a side, with a rim."""
    for side in (1, -1):
        shape = polygon(np.array(points) * (side, 1))
        canvas.line(shape, rim, 0.03)
        canvas.fill(shape, color)


def trunk(wide: float, breath: float) -> Points:
    """The edge of shoulders and arms."""
    rise = -0.02 * breath
    return _both(
        (0.0, 1.16), (0.30, 1.16 + rise), (0.52, 1.34 + rise), (0.98 * wide, 1.52 + rise),
        (1.38 * wide, 1.70 + rise), (1.64 * wide, 2.05), (1.76 * wide, 2.7), (1.84 * wide, 3.6),
        (1.9 * wide, LOW), (0.0, LOW),
    )  # fmt: skip


def draw_clothes(
    canvas: Canvas, who: Character, breath: float, shadow: tuple[float, float]
) -> None:
    """Shoulders in what is worn; the head's shadow falls on them at a place."""
    wide = 0.92 + 0.8 * (who.neck - 0.26)
    worn = who.clothes
    edge = trunk(wide, breath)
    shape = smooth(edge, (8, 9, 10))
    light = mixed(worn.color, "#ffffff", 0.13)
    dark = mixed(worn.color, "#0c0a1e", 0.34)
    canvas.fill(shape, Linear((-1.3, 1.2), (1.5, 3.6), (light, worn.color, dark), (0.0, 0.4, 1.0)))
    with canvas.inside(shape):
        for side in (1, -1):
            arm = np.array([(1.22, 2.35), (1.16, 3.0), (1.20, 3.9), (1.16, LOW)]) * (side * wide, 1)
            canvas.line(smooth(arm, closed=False), faded(dark, 0.75), 0.035)
        _STYLES[worn.style](canvas, who)
        x, y = shadow
        dim = Radial((x, y - 0.1), 0.55, ("#0c0a1e3c", "#0c0a1e00"))
        canvas.fill(ellipse(x, y - 0.1, 0.55, 0.55), dim)


def _blazer(canvas: Canvas, who: Character) -> None:
    worn = who.clothes
    dark = mixed(worn.color, "#0c0a1e", 0.45)
    under = _both((0.0, 1.1), (0.36, 1.14), (0.34, 1.6), (0.0, 3.3))
    canvas.fill(
        polygon(under),
        Linear((-0.3, 1.2), (0.4, 2.8), (worn.under, mixed(worn.under, "#20304a", 0.22))),
    )
    skin = _both((0.0, 1.0), (0.30, 1.08), (0.20, 1.44), (0.0, 1.82))
    canvas.fill(smooth(skin, (0, 3)), Linear((0, 1.1), (0, 1.8), (who.skin.shade, who.skin.tone)))
    rim = mixed(worn.under, "#20304a", 0.35)
    _flap(
        canvas,
        [(0.27, 1.04), (0.44, 1.24), (0.25, 1.70), (0.0, 1.84), (0.17, 1.42)],
        worn.under,
        rim,
    )
    lapel = [
        (0.36, 1.10),
        (0.62, 1.34),
        (0.80, 1.86),
        (0.60, 1.90),
        (0.66, 2.04),
        (0.03, 3.30),
        (0.0, 3.10),
        (0.36, 1.66),
    ]
    _flap(canvas, lapel, mixed(worn.color, "#ffffff", 0.07), dark)
    canvas.line(polygon([(0.03, 3.3), (0.05, LOW)], closed=False), dark, 0.03)


def _suit(canvas: Canvas, who: Character) -> None:
    worn = who.clothes
    dark = mixed(worn.color, "#0c0a1e", 0.5)
    under = _both((0.0, 1.1), (0.40, 1.14), (0.36, 1.6), (0.0, 3.3))
    canvas.fill(
        polygon(under),
        Linear((-0.3, 1.2), (0.4, 2.8), (worn.under, mixed(worn.under, "#20304a", 0.25))),
    )
    tie, knot = worn.accent, mixed(worn.accent, "#ffffff", 0.1)
    blade = _both((0.0, 1.60), (0.07, 1.62), (0.17, 3.0), (0.0, 3.3))
    canvas.fill(
        polygon(blade), Linear((-0.15, 1.6), (0.18, 2.2), (tie, mixed(tie, "#0c0a1e", 0.3)))
    )
    for y in np.arange(1.75, 3.2, 0.24):
        canvas.line(polygon([(-0.3, y + 0.16), (0.3, y - 0.14)], closed=False), "#ffffff00", 0.03)
    canvas.fill(
        smooth(_both((0.0, 1.36), (0.13, 1.38), (0.075, 1.63), (0.0, 1.66)), (1, 2, 4, 5)), knot
    )
    rim = mixed(worn.under, "#20304a", 0.35)
    _flap(
        canvas,
        [(0.33, 1.03), (0.47, 1.26), (0.30, 1.66), (0.02, 1.40), (0.20, 1.30)],
        worn.under,
        rim,
    )
    lapel = [
        (0.40, 1.10),
        (0.64, 1.34),
        (0.86, 1.90),
        (0.64, 1.95),
        (0.70, 2.10),
        (0.03, 3.30),
        (0.0, 3.10),
        (0.38, 1.62),
    ]
    _flap(canvas, lapel, mixed(worn.color, "#ffffff", 0.08), dark)
    canvas.fill(polygon([(0.78, 2.42), (1.08, 2.36), (1.07, 2.46), (0.80, 2.53)]), worn.under)


def _crew(canvas: Canvas, who: Character) -> None:
    worn = who.clothes
    dark = mixed(worn.color, "#0c0a1e", 0.4)
    skin = _both((0.0, 1.0), (0.36, 1.08), (0.33, 1.30), (0.0, 1.46))
    canvas.fill(smooth(skin), Linear((0, 1.1), (0, 1.5), (who.skin.shade, who.skin.tone)))
    band = smooth(
        [(-0.43, 1.12), (-0.36, 1.36), (0, 1.53), (0.36, 1.36), (0.43, 1.12)], closed=False
    )
    canvas.line(band, dark, 0.15)
    canvas.line(band, mixed(worn.color, "#ffffff", 0.1), 0.115)
    for way in np.linspace(-0.36, 0.36, 9):
        y = 1.53 - 1.3 * way * way
        canvas.line(
            polygon([(way, y - 0.045), (way * 1.06, y + 0.04)], closed=False),
            faded(dark, 0.5),
            0.012,
        )


def _shirt_sweater(canvas: Canvas, who: Character) -> None:
    _crew(canvas, who)
    rim = mixed(who.clothes.under, "#20304a", 0.35)
    _flap(
        canvas,
        [(0.33, 1.02), (0.50, 1.24), (0.34, 1.58), (0.03, 1.46), (0.22, 1.32)],
        who.clothes.under,
        rim,
    )


def _turtleneck(canvas: Canvas, who: Character) -> None:
    worn = who.clothes
    dark = mixed(worn.color, "#0c0a1e", 0.4)
    w = who.neck + 0.07
    collar = _both((0.0, 0.98), (w - 0.02, 0.93), (w + 0.02, 1.2), (w + 0.13, 1.42), (0.0, 1.56))
    canvas.fill(
        smooth(collar, (1, 7)),
        Linear((-0.4, 1), (0.4, 1.1), (mixed(worn.color, "#ffffff", 0.14), dark)),
    )
    for way in np.linspace(-0.9, 0.9, 10):
        rib = [(way * w, 1.0), (way * (w + 0.02), 1.22), (way * (w + 0.12), 1.47 - 0.06 * abs(way))]
        canvas.line(smooth(rib, closed=False), faded(dark, 0.35), 0.013)


def _wrap_top(canvas: Canvas, who: Character) -> None:
    worn = who.clothes
    dark = mixed(worn.color, "#0c0a1e", 0.4)
    skin = _both((0.0, 1.0), (0.46, 1.16), (0.34, 1.72), (0.0, 2.22))
    canvas.fill(
        smooth(skin, (0, 3)),
        Linear((0, 1.1), (0, 2.2), (who.skin.shade, who.skin.tone, who.skin.light)),
    )
    for side in (1, -1):
        bone = smooth([(side * 0.10, 1.50), (side * 0.24, 1.44), (side * 0.42, 1.43)], closed=False)
        canvas.line(bone, faded(who.skin.shade, 0.6), 0.022)
        fold = np.array(
            [
                (0.46, 1.12),
                (0.64, 1.40),
                (0.40, 2.0),
                (-0.10, 2.55),
                (-0.04, 2.25),
                (0.28, 1.78),
                (0.42, 1.36),
            ]
        ) * (side, 1)
        canvas.fill(smooth(fold, (0, 3)), dark if side < 0 else mixed(worn.color, "#ffffff", 0.12))


def _hoodie(canvas: Canvas, who: Character) -> None:
    worn = who.clothes
    dark = mixed(worn.color, "#0c0a1e", 0.42)
    hood = smooth(
        [
            (-0.62, 1.02),
            (-0.60, 1.36),
            (-0.30, 1.62),
            (0, 1.76),
            (0.30, 1.62),
            (0.60, 1.36),
            (0.62, 1.02),
        ],
        closed=False,
    )
    canvas.line(hood, dark, 0.34)
    canvas.line(hood, mixed(worn.color, "#ffffff", 0.12), 0.27)
    for side in (1, -1):
        cord = smooth([(side * 0.2, 1.74), (side * 0.25, 2.1), (side * 0.21, 2.42)], closed=False)
        canvas.line(cord, worn.under, 0.045)
        canvas.fill(ellipse(side * 0.21, 2.46, 0.035, 0.06), worn.accent)
    canvas.line(smooth([(-0.9, 3.1), (0, 3.0), (0.9, 3.1)], closed=False), faded(dark, 0.7), 0.03)


def _scarf(canvas: Canvas, who: Character) -> None:
    worn = who.clothes
    dark = mixed(worn.accent, "#0c0a1e", 0.35)
    tail = smooth([(0.12, 1.5), (0.55, 1.55), (0.74, 2.55), (0.32, 2.65)], (2, 3))
    canvas.fill(tail, Linear((0.1, 1.5), (0.6, 2.6), (worn.accent, dark)))
    for y in (2.2, 2.36):
        canvas.line(polygon([(0.2, y + 0.05), (0.76, y - 0.03)], closed=False), worn.under, 0.06)
    band = smooth(
        [(-0.62, 1.04), (-0.52, 1.34), (-0.1, 1.52), (0.36, 1.46), (0.64, 1.1)], closed=False
    )
    canvas.line(band, dark, 0.40)
    canvas.line(band, worn.accent, 0.36)
    fold = smooth([(-0.56, 1.12), (-0.4, 1.38), (0, 1.5), (0.4, 1.36)], closed=False)
    canvas.line(fold, faded(dark, 0.6), 0.03)


def _chassis(canvas: Canvas, who: Character) -> None:
    worn = who.clothes
    dark = mixed(worn.color, "#0c0a1e", 0.45)
    plate = smooth(_both((0.0, 1.62), (0.66, 1.68), (0.86, 2.0), (0.78, 3.2), (0.0, 3.35)))
    canvas.fill(
        plate, Linear((-0.8, 1.6), (0.8, 3.2), (mixed(worn.color, "#ffffff", 0.35), worn.color))
    )
    canvas.line(plate, faded(dark, 0.8), 0.03)
    canvas.fill(ellipse(0, 2.3, 0.24, 0.24), dark)
    canvas.fill(ellipse(0, 2.3, 0.17, 0.17), worn.accent)
    canvas.fill(ellipse(-0.05, 2.24, 0.06, 0.06), "#ffffff90")
    for side in (1, -1):
        canvas.fill(ellipse(side * 1.36, 2.02, 0.36, 0.36), dark)
        canvas.fill(ellipse(side * 1.36, 1.98, 0.30, 0.30), mixed(worn.color, "#ffffff", 0.2))
        canvas.fill(ellipse(side * 0.62, 1.86, 0.04, 0.04), dark)


_STYLES: dict[str, Callable[[Canvas, Character], None]] = {
    "blazer": _blazer,
    "suit": _suit,
    "crew": _crew,
    "sweater": _shirt_sweater,
    "turtleneck": _turtleneck,
    "wrap": _wrap_top,
    "hoodie": _hoodie,
    "scarf": _scarf,
    "chassis": _chassis,
}
