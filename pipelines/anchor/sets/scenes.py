"""Drawn newsrooms, each a function of the picture's size and a few colours.

What is behind a presenter must not draw the eye: large forms, soft light that falls towards the
middle, nothing bright at the edges, no line that ends in a head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from studio.drawing.canvas import Canvas, Linear, Radial, ellipse, faded, mixed, polygon, rounded

Colours = dict[str, str]


@dataclass(frozen=True)
class Scene:
    """How a set is drawn.

    Attributes:
        draw: onto a canvas of a width and height in pixels.
        colours: that it knows, with what they are unless told otherwise.
    """

    draw: Callable[[Canvas, int, int, Colours], None]
    colours: Colours


def _box(x: float, y: float, wide: float, high: float) -> object:
    return polygon([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)])


def _vignette(canvas: Canvas, width: int, height: int, strength: float) -> None:
    middle, reach = (width / 2, height * 0.42), float(np.hypot(width, height)) * 0.6
    dark = faded("#000000", strength)
    canvas.fill(
        _box(0, 0, width, height),
        Radial(middle, reach, ("#00000000", "#00000000", dark), (0.0, 0.45, 1.0)),
    )


def _skyline(canvas: Canvas, width: int, height: int, c: Colours) -> None:
    """Evening over a city behind tall windows."""
    horizon = height * 0.66
    canvas.fill(
        _box(0, 0, width, height),
        Linear((0, 0), (0, horizon), (c["sky"], mixed(c["sky"], c["glow"], 0.45), c["glow"]),
               (0.0, 0.62, 1.0)),
    )  # fmt: skip
    canvas.fill(
        ellipse(width * 0.5, horizon, width * 0.6, height * 0.22),
        Radial((width * 0.5, horizon), width * 0.6, (faded(c["glow"], 0.55), faded(c["glow"], 0))),
    )
    dice = np.random.default_rng(11)
    unit = height / 1080
    for depth, (low, high, wide) in enumerate(
        ((0.10, 0.22, 74), (0.16, 0.34, 96), (0.22, 0.50, 132))
    ):
        shade = mixed(mixed(c["glow"], c["sky"], 0.55), c["city"], 0.35 + 0.32 * depth)
        x = -float(dice.uniform(0, wide)) * unit
        while x < width:
            across = wide * unit * float(dice.uniform(0.6, 1.35))
            # Towers stand at the sides: the middle is the presenter's.
            aside = min(1.0, abs((x + across / 2) / width - 0.5) * 2.4)
            tall = height * float(dice.uniform(low, high)) * (0.45 + 0.55 * aside)
            top = horizon - tall + depth * 26 * unit
            canvas.fill(
                _box(x, top, across, height - top),
                Linear((0, top), (0, height), (shade, mixed(shade, c["glow"], 0.18))),
            )
            if depth:
                _windows(canvas, dice, x, top, across, horizon - top, unit, c["lamp"], depth)
            x += across + float(dice.uniform(-6, 16)) * unit
    floor = height * 0.80
    canvas.fill(
        _box(0, floor, width, height - floor),
        Linear((0, floor), (0, height), (mixed(c["frame"], c["glow"], 0.16), c["frame"])),
    )
    bars = 7 if width > height else 3
    for number in range(bars + 1):
        x = width * number / bars
        half = (9 if number % 2 else 15) * unit
        canvas.fill(
            _box(x - half, 0, 2 * half, floor),
            Linear((x - half, 0), (x + half, 0),
                   (c["frame"], mixed(c["frame"], c["glow"], 0.25), c["frame"]), (0.0, 0.3, 1.0)),
        )  # fmt: skip
    canvas.fill(_box(0, height * 0.135, width, 10 * unit), c["frame"])
    canvas.fill(
        _box(0, floor - 12 * unit, width, 14 * unit),
        Linear((0, floor - 12 * unit), (0, floor), (mixed(c["frame"], c["glow"], 0.3), c["frame"])),
    )
    _vignette(canvas, width, height, 0.5)


def _windows(
    canvas: Canvas, dice: np.random.Generator, x: float, top: float, across: float, tall: float,
    unit: float, lamp: str, depth: int,
) -> None:  # fmt: skip
    step_x, step_y = 15 * unit, 21 * unit
    columns, rows = int(across / step_x) - 1, int(tall / step_y) - 1
    for column in range(max(columns, 0)):
        for row in range(max(rows, 0)):
            if dice.random() < 0.26:
                glow = faded(lamp, float(dice.uniform(0.25, 0.75)) * (0.6 + 0.2 * depth))
                left, up = x + (column + 0.8) * step_x, top + (row + 0.7) * step_y
                canvas.fill(_box(left, up, 6 * unit, 9 * unit), glow)


def _newsroom(canvas: Canvas, width: int, height: int, c: Colours) -> None:
    """Desks and screens beyond a glass wall, out of focus."""
    unit = height / 1080
    far = height * 0.50
    canvas.fill(
        _box(0, 0, width, far),
        Linear((0, 0), (0, far), (mixed(c["wall"], "#000000", 0.45), c["wall"])),
    )
    canvas.fill(
        _box(0, far, width, height - far),
        Linear((0, far), (0, height), (c["wall"], mixed(c["wall"], "#000000", 0.55))),
    )
    middle = width / 2
    for row in range(6):  # lamps of the ceiling, running towards the middle
        near = (row + 1) / 6
        y = far - (far + 60 * unit) * near**1.7
        for side in (-1, 0, 1):
            x = middle + side * width * 0.36 * (0.25 + 0.95 * near**1.3)
            wide, high = width * 0.11 * (0.2 + near), 12 * unit * (0.3 + near * 1.4)
            canvas.fill(rounded(x, y, wide, high * 2.6, high), faded(c["lamp"], 0.10), 16 * unit)
            canvas.fill(rounded(x, y, wide, high, high), faded(c["lamp"], 0.55 + 0.3 * near))
    dice = np.random.default_rng(5)
    for row in range(4):  # rows of desks with screens, nearer ones lower and larger
        near = 0.35 + 0.22 * row
        y = far + height * 0.045 * (row + 0.4) ** 1.35
        step = width * 0.115 * near * 1.5
        x = -float(dice.uniform(0, step))
        body = mixed(c["desk"], c["wall"], 0.55 - 0.15 * row)
        while x < width + step:
            wide, high = step * 0.62, step * 0.37
            lit = (c["screen"], c["screen2"], mixed(c["screen"], c["wall"], 0.6))
            colour = lit[int(dice.integers(3))]
            canvas.fill(rounded(x, y - high * 0.75, wide / 2 + 4, high / 2 + 4, 6 * unit), body)
            canvas.fill(
                rounded(x, y - high * 0.75, wide / 2, high / 2, 4 * unit),
                Linear((x, y - high * 1.2), (x, y - high * 0.2),
                       (mixed(colour, "#ffffff", 0.25), colour)),
            )  # fmt: skip
            for line in range(3):
                canvas.fill(
                    _box(x - wide * 0.38, y - high * (1.02 - 0.2 * line),
                         wide * float(dice.uniform(0.25, 0.7)), high * 0.07),
                    faded("#ffffff", 0.35),
                )  # fmt: skip
            x += step * float(dice.uniform(0.95, 1.35))
        canvas.fill(
            _box(0, y - 2 * unit, width, height * 0.06),
            Linear((0, y), (0, y + height * 0.06), (body, mixed(body, "#000000", 0.5))),
        )
    for number in range(5):  # the glass in front
        x = width * (number + 0.5) / 5 if width > height else width * number / 4
        canvas.fill(_box(x - 5 * unit, 0, 10 * unit, height), faded(c["glass"], 0.55))
        canvas.fill(_box(x + 5 * unit, 0, 2 * unit, height), faded("#ffffff", 0.18))
    sheen = [(width * 0.10, 0), (width * 0.34, 0), (width * 0.08, height), (-width * 0.16, height)]
    canvas.fill(polygon(sheen), faded("#ffffff", 0.035))
    _vignette(canvas, width, height, 0.55)


def _wall(canvas: Canvas, width: int, height: int, c: Colours) -> None:
    """A wall of screens with slow waves of light, between two columns."""
    unit = height / 1080
    canvas.fill(
        _box(0, 0, width, height),
        Linear((0, 0), (0, height), (mixed(c["deep"], "#000000", 0.25), c["deep"])),
    )
    canvas.fill(
        ellipse(width * 0.5, height * 0.45, width * 0.55, height * 0.5),
        Radial((width * 0.5, height * 0.45), max(width, height) * 0.55,
               (faded(c["light"], 0.75), faded(c["light"], 0.0))),
    )  # fmt: skip
    x = np.linspace(-0.05 * width, 1.05 * width, 64)
    for number in range(9):
        phase, rise = 0.7 * number, 0.34 + 0.055 * number
        wave = (
            height * rise
            + height * 0.075 * np.sin(2.1 * np.pi * x / width + phase)
            + height * 0.03 * np.sin(5.3 * np.pi * x / width - 1.7 * phase)
        )
        ridge = np.stack([x, wave], axis=1)
        foot = np.stack([x[::-1], wave[::-1] + height * (0.05 + 0.012 * number)], axis=1)
        colour = mixed(c["light"], c["wave"], number / 8)
        canvas.fill(polygon(np.concatenate([ridge, foot])), faded(colour, 0.16), 5 * unit)
        canvas.line(polygon(ridge, closed=False), faded(mixed(colour, "#ffffff", 0.5), 0.30),
                    2.2 * unit)  # fmt: skip
    columns, rows = (6, 3) if width > height else (3, 6)
    for number in range(1, columns):
        canvas.fill(_box(width * number / columns - unit, 0, 2 * unit, height), "#00000055")
    for number in range(1, rows):
        canvas.fill(_box(0, height * number / rows - unit, width, 2 * unit), "#00000055")
    floor = height * 0.86
    canvas.fill(
        _box(0, floor, width, height - floor),
        Linear((0, floor), (0, height), (mixed(c["deep"], c["light"], 0.45), c["deep"])),
    )
    for side in (0.0, 1.0):
        edge = width * (0.035 + 0.93 * side)
        half = 26 * unit
        canvas.fill(
            _box(edge - half * 2.3, 0, half * 4.6, height), mixed(c["deep"], "#000000", 0.5)
        )
        canvas.fill(
            _box(edge - half * 0.25, 0, half * 0.5, height), faded(c["strip"], 0.25), 20 * unit
        )
        canvas.fill(_box(edge - half * 0.12, 0, half * 0.24, height), c["strip"])
    _vignette(canvas, width, height, 0.45)


def _atrium(canvas: Canvas, width: int, height: int, c: Colours) -> None:
    """A bright room: wooden slats, a pale wall, a round light."""
    unit = height / 1080
    canvas.fill(
        _box(0, 0, width, height),
        Linear((0, 0), (0, height), (mixed(c["wall"], "#ffffff", 0.25), c["wall"])),
    )
    sun = (width * 0.5, height * 0.40)
    radius = height * 0.36 if width > height else width * 0.48
    canvas.fill(ellipse(*sun, radius * 1.12, radius * 1.12), faded("#ffffff", 0.35), 40 * unit)
    canvas.fill(
        ellipse(*sun, radius, radius),
        Linear((0, sun[1] - radius), (0, sun[1] + radius),
               (mixed(c["panel"], "#ffffff", 0.22), c["panel"])),
    )  # fmt: skip
    canvas.line(ellipse(*sun, radius, radius), faded("#ffffff", 0.75), 5 * unit)
    bank = width * (0.27 if width > height else 0.2)
    step = 34 * unit
    for side in (0, 1):
        count = int(bank / step)
        for number in range(count + 1):
            x = number * step if side == 0 else width - (number + 1) * step
            tone = 0.10 * (number % 3) / 3 + 0.14 * (number / max(count, 1))
            wood = mixed(c["wood"], "#ffffff", tone)
            canvas.fill(
                _box(x, 0, step * 0.66, height),
                Linear((x, 0), (x + step * 0.66, 0),
                       (mixed(wood, "#000000", 0.28), wood, mixed(wood, "#ffffff", 0.12)),
                       (0.0, 0.3, 1.0)),
            )  # fmt: skip
            gap = x + step * 0.66
            canvas.fill(_box(gap, 0, step * 0.34, height), mixed(c["wood"], "#000000", 0.62))
        edge = count * step + step if side == 0 else width - count * step - step
        canvas.fill(_box(edge - 34 * unit * (1 - side), 0, 34 * unit, height),
                    faded("#000000", 0.10), 14 * unit)  # fmt: skip
    floor = height * 0.84
    canvas.fill(
        _box(0, floor, width, height - floor),
        Linear((0, floor), (0, height), (mixed(c["wall"], c["wood"], 0.35), c["wood"])),
    )
    canvas.fill(_box(0, floor - 8 * unit, width, 9 * unit), faded("#ffffff", 0.5))
    _vignette(canvas, width, height, 0.28)


def draw_dawn(canvas: Canvas, width: int, height: int, c: Colours) -> None:
    """Sky, hills, cranes and water at dawn."""
    unit = height / 1080
    horizon = height * 0.60
    canvas.fill(
        _box(0, 0, width, horizon),
        Linear((0, 0), (0, horizon), (c["sky"], mixed(c["sky"], c["dawn"], 0.5), c["dawn"]),
               (0.0, 0.55, 1.0)),
    )  # fmt: skip
    dice = np.random.default_rng(23)
    for _ in range(7):
        x, y = float(dice.uniform(0, width)), height * float(dice.uniform(0.16, 0.46))
        canvas.fill(
            ellipse(x, y, width * float(dice.uniform(0.10, 0.24)), 13 * unit),
            faded(mixed(c["dawn"], "#ffffff", 0.35), 0.30), 14 * unit,
        )  # fmt: skip
    hills = np.linspace(0, width, 40)
    for depth in range(2):
        ridge = horizon - height * (0.05 - 0.02 * depth) * (
            1.1 + np.sin(hills / width * (5 + 3 * depth) + depth * 2)
        )
        shape = np.concatenate(
            [np.stack([hills, ridge], axis=1), [[width, horizon + 4], [0, horizon + 4]]]
        )
        canvas.fill(polygon(shape), mixed(c["dawn"], c["land"], 0.45 + 0.3 * depth))
    for x, size in ((0.07, 1.15), (0.17, 0.9), (0.83, 0.95), (0.93, 1.2)):
        _crane(canvas, width * x, horizon, height * 0.26 * size, c["land"], x > 0.5)
    canvas.fill(
        _box(0, horizon, width, height - horizon),
        Linear((0, horizon), (0, height), (mixed(c["dawn"], c["water"], 0.35), c["water"])),
    )
    for _ in range(90):
        deep = float(dice.random()) ** 1.5
        y = horizon + (height - horizon) * deep
        x = width * (0.5 + float(dice.normal(0, 0.26)))
        half = (14 + 90 * deep) * unit
        canvas.fill(ellipse(x, y, half, (1.2 + 2.6 * deep) * unit),
                    faded(mixed(c["dawn"], "#ffffff", 0.4), 0.22))  # fmt: skip


def _harbour(canvas: Canvas, width: int, height: int, c: Colours) -> None:
    """The same through one wide window."""
    draw_dawn(canvas, width, height, c)
    unit = height / 1080
    frame = c["frame"]
    canvas.fill(_box(0, 0, width, height * 0.085), frame)
    canvas.fill(_box(0, height * 0.085, width, 5 * unit), mixed(frame, "#ffffff", 0.25))
    bars = (0.0, 0.335, 0.665, 1.0) if width > height else (0.0, 0.16, 0.84, 1.0)
    for share in bars:
        half = 16 * unit
        canvas.fill(
            _box(width * share - half, 0, 2 * half, height),
            Linear((width * share - half, 0), (width * share + half, 0),
                   (frame, mixed(frame, "#ffffff", 0.2), frame)),
        )  # fmt: skip
    sill = height * 0.85
    canvas.fill(_box(0, sill, width, height - sill),
                Linear((0, sill), (0, height), (mixed(frame, c["dawn"], 0.2), frame)))  # fmt: skip
    canvas.fill(_box(0, sill, width, 5 * unit), mixed(frame, c["dawn"], 0.5))
    _vignette(canvas, width, height, 0.42)


def _crane(canvas: Canvas, x: float, foot: float, tall: float, ink: str, turned: bool) -> None:
    way = -1 if turned else 1
    pen = tall * 0.022
    leg = tall * 0.17
    for dx in (-leg, leg):
        canvas.line(polygon([(x + dx, foot), (x + dx * 0.75, foot - tall * 0.62)], False), ink, pen)
    canvas.line(polygon([(x - leg, foot - tall * 0.34), (x + leg, foot - tall * 0.34)], False),
                ink, pen)  # fmt: skip
    top = foot - tall * 0.62
    canvas.line(polygon([(x - way * tall * 0.35, top), (x + way * tall * 0.75, top)], False),
                ink, pen * 1.5)  # fmt: skip
    mast = (x - way * leg * 0.4, foot - tall)
    for end in ((x + way * tall * 0.68, top), (x - way * tall * 0.33, top), (x, top)):
        canvas.line(polygon([mast, end], False), ink, pen * 0.7)


def draw_desk(canvas: Canvas, width: int, height: int, c: Colours) -> None:
    """A desk from side to side: a lit edge, a front that falls into shadow."""
    top = c.get("desk_top", "#d8dde6")
    front = c.get("desk_front", "#2a3344")
    lip = max(6, height * 0.16)
    bow = np.linspace(0, width, 33)
    rise = lip * 0.35 * ((bow / width - 0.5) * 2) ** 2
    upper = np.stack([bow, rise], axis=1)
    lower = np.stack([bow[::-1], rise[::-1] + lip], axis=1)
    canvas.fill(
        polygon(np.concatenate([lower[::-1], [[width, height], [0, height]]])),
        Linear(
            (0, lip), (0, height), (mixed(front, "#ffffff", 0.10), mixed(front, "#000000", 0.35))
        ),
    )
    canvas.fill(
        polygon(np.concatenate([upper, lower])),
        Linear((0, 0), (0, lip * 1.3), (mixed(top, "#ffffff", 0.25), mixed(top, front, 0.30))),
    )
    canvas.line(polygon(upper, closed=False), faded("#ffffff", 0.55), max(1.5, height * 0.008))
    glow = c.get("strip", c.get("lamp", "#ffffff"))
    seam = np.stack([bow, rise + lip + height * 0.07], axis=1)
    canvas.line(polygon(seam, closed=False), faded(glow, 0.75), max(2.0, height * 0.018))


_DESK = {"desk_top": "#cfd6e2", "desk_front": "#222c3e"}
SCENES = {
    "skyline": Scene(_skyline, {
        "sky": "#17264d", "glow": "#e7966b", "city": "#141b33", "lamp": "#ffd796",
        "frame": "#10141f", **_DESK}),
    "newsroom": Scene(_newsroom, {
        "wall": "#27405f", "lamp": "#e9f2ff", "desk": "#16202f", "screen": "#4d94cf",
        "screen2": "#c8803f", "glass": "#16202f", **_DESK}),
    "wall": Scene(_wall, {
        "deep": "#0a1430", "light": "#1f5fa8", "wave": "#53c0d9", "strip": "#8fd8ff", **_DESK}),
    "atrium": Scene(_atrium, {
        "wall": "#d9dedb", "panel": "#6fa39b", "wood": "#a57a4f",
        "desk_top": "#f2efe9", "desk_front": "#8b6844"}),
    "harbour": Scene(_harbour, {
        "sky": "#31507f", "dawn": "#f0b58a", "land": "#233049", "water": "#1f3c5c",
        "frame": "#1a2130", "lamp": "#ffd9b0", **_DESK}),
}  # fmt: skip
