"""The head of a robot: a box with a screen, on which eyes, brows and a mouth are lights."""

from __future__ import annotations

import numpy as np

from pipelines.avatar.characters.look import Character
from pipelines.avatar.characters.mouth import mouth_lines
from pipelines.avatar.characters.turning import Points, Turn
from studio.drawing.canvas import (
    Canvas,
    Linear,
    Radial,
    ellipse,
    faded,
    mixed,
    polygon,
    rounded,
    smooth,
)
from studio.types.character import Expression

_FRONT, _BACK = 0.34, -0.40


def _box(half_w: float, half_h: float, y: float, radius: float) -> Points:
    """A rectangle with round corners, as points."""
    made = []
    for number, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        middle = np.array([sx * (half_w - radius), y + sy * (half_h - radius)])
        for angle in (number + np.linspace(0, 1, 5)) * np.pi / 2:
            made.append(middle + radius * np.array([np.cos(angle), np.sin(angle)]))
    return np.array(made)


def draw_robot(canvas: Canvas, turn: Turn, who: Character, now: Expression) -> None:
    """Everything above the neck."""
    skin = who.skin
    top = turn.plate([(0, -0.9), (0, -1.22)], 0.0)
    canvas.line(polygon(top, closed=False), skin.shade, 0.06)
    bulb = float(top[1, 0]), float(top[1, 1])
    canvas.fill(
        ellipse(*bulb, 0.24, 0.24),
        Radial(bulb, 0.24, (faded(who.eyes.iris, 0.55), faded(who.eyes.iris, 0))),
    )
    canvas.fill(
        ellipse(*bulb, 0.1, 0.1),
        Radial((bulb[0] - 0.03, bulb[1] - 0.04), 0.13, ("#ffffff", who.eyes.iris)),
    )
    for side in (-1, 1):
        x, y = (float(v) for v in turn.plate([(side * 1.0, 0.0)], -0.05)[0])
        canvas.fill(rounded(x, y, 0.14, 0.27, 0.09), skin.shade)
        canvas.fill(
            rounded(x - 0.02, y - 0.01, 0.10, 0.22, 0.07), mixed(skin.tone, skin.shade, 0.4)
        )
    body = _box(0.96, 0.92, 0.02, 0.34)
    back, front = turn.plate(body, _BACK), turn.plate(body, _FRONT)
    canvas.fill(smooth(back), skin.shade)
    for one in range(len(body)):
        two = (one + 1) % len(body)
        side_wall = np.array([back[one], back[two], front[two], front[one]])
        canvas.fill(polygon(side_wall), mixed(skin.tone, skin.shade, 0.75))
        canvas.line(polygon(side_wall[1:3], closed=False), mixed(skin.tone, skin.shade, 0.75), 0.01)
    canvas.fill(
        smooth(front),
        Linear(
            (-0.7, -0.9),
            (0.7, 1.0),
            (skin.light, skin.tone, mixed(skin.tone, skin.shade, 0.5)),
            (0.0, 0.5, 1.0),
        ),
    )
    for x, y in ((-0.78, 0.78), (0.78, 0.78)):
        px, py = (float(v) for v in turn.plate([(x, y)], _FRONT)[0])
        canvas.fill(ellipse(px, py, 0.035, 0.035), skin.shade)
    rim = turn.plate(_box(0.83, 0.70, -0.02, 0.26), _FRONT + 0.02)
    glass = turn.plate(_box(0.80, 0.67, -0.02, 0.24), _FRONT)
    canvas.fill(smooth(rim), mixed(skin.shade, "#101828", 0.5))
    canvas.fill(smooth(glass), Linear((-0.5, -0.6), (0.5, 0.7), ("#22304a", "#0d1424")))
    with canvas.inside(smooth(glass)):
        _draw_lights(canvas, turn, who, now)
        shine = turn.plate([(-0.9, -0.75), (-0.25, -0.75), (-0.62, 0.75), (-1.1, 0.75)], _FRONT)
        canvas.fill(polygon(shine), "#ffffff0d")


def _glow(canvas: Canvas, points: Points, color: str, corners: tuple[int, ...] = ()) -> None:
    shape = smooth(points, corners)
    canvas.line(shape, faded(color, 0.14), 0.12)
    canvas.line(shape, faded(color, 0.22), 0.05)
    canvas.fill(shape, color)


def _draw_lights(canvas: Canvas, turn: Turn, who: Character, now: Expression) -> None:
    color = who.eyes.iris
    depth = _FRONT + 0.03
    for side, openness, raised in (
        (1, now.eye_left, now.brow_left),
        (-1, now.eye_right, now.brow_right),
    ):
        high = 0.026 + 0.19 * float(np.clip(openness, 0, 1.4))
        x = side * who.eyes.apart * 1.12 + 0.10 * now.gaze_x
        y = -0.12 + 0.07 * now.gaze_y
        eye = _box(0.15, high, y, min(high, 0.14))
        # A grin pushes the lower rim up, as cheeks do.
        push = 0.8 * high * max(now.smile, now.cheek, 0) * float(openness > 0.3)
        bend = np.where(eye[:, 1] > y, push * (1 - (eye[:, 0] / 0.16) ** 2), 0)
        eye = eye + np.stack([np.full(len(eye), x), -bend], axis=1)
        _glow(canvas, turn.plate(eye, depth), color)
        inner = side * 0.10 * now.frown
        brow = np.array([(-0.17, 0.0), (0.0, -0.03), (0.17, 0.0)])
        brow += np.array([side * who.eyes.apart * 1.12, -0.47 - 0.11 * raised])
        brow[0 if side > 0 else 2, 1] += abs(inner)
        line = smooth(turn.plate(brow, depth), closed=False)
        canvas.line(line, faded(color, 0.25), 0.10)
        canvas.line(line, color, 0.045)
    lines = mouth_lines(now, 1.0, 1.15)
    upper = np.stack([lines.x, lines.upper_inner - 0.30], axis=1)
    lower = np.stack(
        [lines.x, np.maximum(lines.lower_inner, lines.upper_inner + 0.02) - 0.30], axis=1
    )
    opening = turn.plate(np.concatenate([upper, lower[::-1][1:-1]]), depth)
    if lines.gap > 0.01:
        _glow(canvas, opening, color, (0, len(upper) - 1))
        with canvas.inside(smooth(opening, (0, len(upper) - 1))):
            for x in np.linspace(-0.3, 0.3, 9):
                bar = turn.plate([(x, 0.1), (x, 0.9)], depth)
                canvas.line(polygon(bar, closed=False), "#0d142480", 0.012)
    else:
        line = smooth(turn.plate(upper, depth), closed=False)
        canvas.line(line, faded(color, 0.25), 0.10)
        canvas.line(line, color, 0.045)
