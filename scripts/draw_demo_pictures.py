"""Draw the pictures of the demonstration scripts: ``python scripts/draw_demo_pictures.py``.

They are drawn so that nobody takes an invented story for footage of a real one.
"""

from __future__ import annotations

from math import pi
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.sets.scenes import draw_dawn
from studio.drawing.canvas import (
    Canvas,
    Linear,
    Radial,
    ellipse,
    faded,
    mixed,
    polygon,
    smooth,
)
from studio.media.image_io import jpeg_bytes
from studio.media.writer import write_beside

WIDE, HIGH = 1920, 1080
OUT = Path(__file__).resolve().parent.parent / "assets" / "scripts"


def _all() -> object:
    return polygon([(0, 0), (WIDE, 0), (WIDE, HIGH), (0, HIGH)])


def harbour(canvas: Canvas) -> None:
    """Cranes at dawn, and a ferry at the quay."""
    colours = {"sky": "#2c5a93", "dawn": "#f4bf8f", "land": "#22314b", "water": "#1d4567"}
    draw_dawn(canvas, WIDE, HIGH, colours)
    hull = [(560, 700), (1300, 700), (1240, 790), (630, 790)]
    canvas.fill(polygon([(540, 788), (1330, 788), (1250, 830), (600, 830)]), "#0f2b4555", 12)
    canvas.fill(polygon(hull), Linear((0, 700), (0, 790), ("#f2f4f6", "#b9c4d0")))
    canvas.fill(polygon([(582, 752), (1266, 752), (1240, 790), (630, 790)]), "#b03a2e")
    for deck, (left, right, top) in enumerate(
        ((640, 1220, 640), (700, 1140, 588), (760, 1000, 544))
    ):
        canvas.fill(
            polygon([(left, top), (right, top), (right, top + 60), (left, top + 60)]),
            mixed("#f7f8f9", "#c9d3de", deck / 3),
        )
        for x in range(left + 26, right - 20, 44):
            canvas.fill(
                polygon([(x, top + 18), (x + 24, top + 18), (x + 24, top + 36), (x, top + 36)]),
                "#2f4964",
            )
    canvas.fill(polygon([(1030, 588), (1090, 588), (1082, 500), (1044, 500)]), "#b03a2e")
    _birds(canvas, [(420, 300, 1.0), (520, 260, 0.7), (1480, 330, 0.9), (1400, 240, 0.6)])


def waves(canvas: Canvas) -> None:
    """A sea that breaks over a wall."""
    canvas.fill(_all(), Linear((0, 0), (0, HIGH), ("#51657a", "#8ea1ad", "#5d7787")))
    x = np.linspace(-40, WIDE + 40, 60)
    for row in range(7):
        y = 430 + row * 74 + 26 * np.sin(x / WIDE * (9 - row) * pi + row * 1.7)
        shape = np.concatenate([np.stack([x, y], axis=1), [[WIDE + 40, HIGH], [-40, HIGH]]])
        tone = mixed("#5f8092", "#173447", row / 6)
        canvas.fill(
            polygon(shape), Linear((0, 400), (0, HIGH), (mixed(tone, "#ffffff", 0.18), tone))
        )
        canvas.line(polygon(np.stack([x, y], axis=1), closed=False), "#ffffff88", 3.5)
    wall = [(1040, 660), (WIDE, 560), (WIDE, HIGH), (1040, HIGH)]
    canvas.fill(polygon(wall), Linear((1040, 600), (WIDE, HIGH), ("#8b8d88", "#4a4d4d")))
    for step in range(1, 7):
        share = step / 7
        canvas.line(
            polygon([(1040, 660 + 420 * share), (WIDE, 560 + 520 * share)], False), "#00000033", 4
        )
    dice = np.random.default_rng(3)
    for _ in range(420):
        way, far = float(dice.uniform(-2.5, -0.7)), float(dice.gamma(2.2, 95))
        cx, cy = 1060 + np.cos(way) * far * 0.8, 700 + np.sin(way) * far
        size = float(dice.uniform(3, 26)) * max(0.15, 1 - far / 640)
        canvas.fill(
            ellipse(cx, cy, size, size), faded("#ffffff", float(dice.uniform(0.15, 0.6))), 3
        )


def lighthouse(canvas: Canvas) -> None:
    """A lighthouse on a cape in the evening."""
    canvas.fill(_all(), Linear((0, 0), (0, 760), ("#1b2550", "#6a5d8c", "#f0a77b")))
    beam = Radial((1190, 318), 1300, ("#fff3c8cc", "#fff3c800"))
    canvas.fill(polygon([(1190, 318), (-60, 120), (-60, 420)]), beam)
    canvas.fill(polygon([(1190, 318), (2000, 250), (2000, 380)]), beam)
    canvas.fill(polygon([(0, 740), (WIDE, 740), (WIDE, HIGH), (0, HIGH)]),
                Linear((0, 740), (0, HIGH), ("#b77f74", "#1a2a4a")))  # fmt: skip
    rock = [(760, 800), (900, 730), (1060, 676), (1330, 668), (1560, 716), (1920, 770),
            (1920, 1080), (560, 1080), (640, 900)]  # fmt: skip
    canvas.fill(smooth(rock, (5, 6, 7)), Linear((0, 660), (0, HIGH), ("#3a3852", "#12142a")))
    tower = [(1130, 690), (1250, 690), (1226, 360), (1154, 360)]
    canvas.fill(
        polygon(tower),
        Linear((1130, 0), (1250, 0), ("#ffffff", "#dfe3ea", "#8d95a6"), (0.0, 0.5, 1.0)),
    )
    for band in range(2):
        y0, y1 = 440 + band * 120, 496 + band * 120
        edge = [(1130 + 24 * (690 - y) / 330, y) for y in (y0, y1)]
        other = [(1250 - 24 * (690 - y) / 330, y) for y in (y1, y0)]
        canvas.fill(polygon([*edge, *other]), Linear((1130, 0), (1250, 0), ("#d5473a", "#8d2b25")))
    canvas.fill(polygon([(1140, 360), (1240, 360), (1240, 344), (1140, 344)]), "#23263c")
    canvas.fill(polygon([(1160, 344), (1220, 344), (1220, 292), (1160, 292)]), "#ffe9a6")
    canvas.fill(ellipse(1190, 318, 90, 90), Radial((1190, 318), 90, ("#fff6d8dd", "#fff6d800")))
    canvas.fill(polygon([(1150, 292), (1230, 292), (1190, 246)]), "#23263c")
    house = [(1300, 690), (1460, 700), (1460, 630), (1300, 620)]
    canvas.fill(polygon(house), "#d8d2cf")
    canvas.fill(polygon([(1288, 624), (1472, 634), (1440, 582), (1320, 574)]), "#5b3038")
    canvas.fill(polygon([(1350, 652), (1384, 654), (1384, 690), (1350, 688)]), "#ffd98a")


def gulls(canvas: Canvas) -> None:
    """The badge of an invented team."""
    canvas.fill(_all(), Linear((0, 0), (WIDE, HIGH), ("#134a7c", "#0a2747")))
    for stripe in range(-2, 12):
        x = stripe * 220
        canvas.fill(polygon([(x, 0), (x + 90, 0), (x - 330, HIGH), (x - 420, HIGH)]), "#ffffff0b")
    middle = (WIDE / 2, HIGH / 2)
    canvas.fill(ellipse(*middle, 420, 420), "#f4f6f8")
    canvas.fill(ellipse(*middle, 392, 392), "#c8392f")
    canvas.fill(ellipse(*middle, 352, 352), "#f4f6f8")
    for side in (-1, 1):  # the seams of a ball
        arc = [
            (middle[0] + side * (300 - 120 * np.cos(a)), middle[1] + 330 * np.sin(a))
            for a in np.linspace(-1.05, 1.05, 24)
        ]
        canvas.line(polygon(arc, closed=False), "#c8392f", 6)
        for a in np.linspace(-0.95, 0.95, 13):
            x, y = middle[0] + side * (300 - 120 * np.cos(a)), middle[1] + 330 * np.sin(a)
            canvas.line(
                polygon([(x - 20 * side, y - 12), (x + 12 * side, y - 2)], False), "#c8392f", 5
            )
    wing = [(0, 40), (-70, -30), (-170, -110), (-310, -120), (-220, -60), (-150, 10), (-70, 70),
            (0, 110)]  # fmt: skip
    for side in (1, -1):
        points = [(middle[0] + side * x, middle[1] + y) for x, y in wing]
        canvas.fill(smooth(points, (0, 3, 7)), "#12395f")
    canvas.fill(ellipse(middle[0], middle[1] + 62, 46, 76), "#12395f")
    canvas.fill(ellipse(middle[0], middle[1] - 24, 36, 36), "#12395f")
    canvas.fill(polygon([(middle[0] - 12, middle[1] - 8), (middle[0] + 12, middle[1] - 8),
                         (middle[0], middle[1] + 34)]), "#f0a52e")  # fmt: skip
    for side in (-1, 1):
        canvas.fill(ellipse(middle[0] + side * 14, middle[1] - 30, 6, 6), "#f4f6f8")


def _birds(canvas: Canvas, places: list[tuple[int, int, float]]) -> None:
    for x, y, size in places:
        for side in (-1, 1):
            arc = [
                (x, y),
                (x + side * 26 * size, y - 18 * size),
                (x + side * 58 * size, y - 4 * size),
            ]
            canvas.line(smooth(arc, closed=False), "#2b3a55", 5 * size)


def main() -> None:
    """Write all of them."""
    for name, draw in (
        ("harbour.jpg", harbour), ("sea-wall.jpg", waves), ("lighthouse.jpg", lighthouse),
        ("gulls.jpg", gulls),
    ):  # fmt: skip
        canvas = Canvas(WIDE, HIGH)
        draw(canvas)
        rgb: NDArray[np.uint8] = np.ascontiguousarray(canvas.pixels[..., :3])
        with write_beside(OUT / name) as beside:
            beside.write_bytes(jpeg_bytes(rgb, 86))


if __name__ == "__main__":
    main()
