"""Eyes, brows, nose: drawn on the face and turned with it."""

from __future__ import annotations

import numpy as np

from pipelines.avatar.characters.look import Character
from pipelines.avatar.characters.turning import Points, Turn
from studio.drawing.canvas import Canvas, Linear, Radial, ellipse, faded, mixed, smooth
from studio.types.character import Expression

#: The eyes' line, and half an eye across, in units.
EYE_Y, EYE_W = 0.06, 0.2
_U = np.array([-1.0, -0.72, -0.3, 0.15, 0.58, 0.88, 1.0])
_UPPER = np.array([0.035, -0.05, -0.113, -0.134, -0.104, -0.04, -0.0])
_LOWER = np.array([0.035, 0.062, 0.085, 0.092, 0.075, 0.035, -0.0])


def draw_eyes(canvas: Canvas, turn: Turn, who: Character, now: Expression) -> None:
    """Both eyes and their lids."""
    for side, openness in ((1, now.eye_left), (-1, now.eye_right)):
        _draw_eye(canvas, turn, who, now, side, openness)


def _draw_eye(
    canvas: Canvas, turn: Turn, who: Character, now: Expression, side: int, openness: float
) -> None:
    eyes, skin = who.eyes, who.skin
    size = eyes.size
    u = np.concatenate([_U])
    tilt = -eyes.tilt * (u + 1) / 2
    raised = 0.05 * max(now.cheek, 0.6 * max(now.smile, 0))
    lower = (_LOWER * size + tilt) - raised * (1 - u * u) * size
    upper_open = _UPPER * size + tilt
    shut = lower - 0.012 * (1 - u * u)
    # A cubic on what is seen: the last tenth of closing is the part that reads as a blink.
    share = float(np.clip(openness, 0, 1.4))
    upper = shut + (upper_open - shut) * share
    x = side * (eyes.apart + u * EYE_W * size)

    def at(ys: np.ndarray, lift: float = 0.0, xs: np.ndarray = x) -> Points:
        return turn.surface(np.stack([xs, EYE_Y + ys], axis=1), lift)

    crease = upper_open - 0.05 * size * (1.1 - u * u) - 0.012
    crease = np.minimum(crease - 0.02 * max(share - 1, 0), upper - 0.03 * (1 - u * u))
    lid = np.concatenate([at(crease), at(upper)[::-1]])
    canvas.fill(smooth(lid, (0, len(u) - 1, len(u), 2 * len(u) - 1)), faded(eyes.lid, 0.55))
    if share > 0.07:
        opening = np.concatenate([at(upper), at(lower)[::-1][1:-1]])
        shape = smooth(opening, (0, len(u) - 1))
        white = Radial(
            _point(at(np.zeros(1), xs=x[3:4])),
            0.26 * size,
            (eyes.white, mixed(eyes.white, "#8a90a8", 0.3)),
        )
        canvas.fill(shape, white)
        with canvas.inside(shape):
            _draw_iris(canvas, turn, who, now, side)
            below = upper + 0.05 * size
            shadow = np.concatenate([at(upper - 0.02), at(below)[::-1]])
            canvas.fill(smooth(shadow, (0, len(u) - 1, len(u), 2 * len(u) - 1)), "#2a1d3a38")
        rim = smooth(at(lower), closed=False)
        canvas.line(rim, faded(mixed(skin.shade, eyes.lash, 0.4), 0.65), 0.012)
        if side * (x[0]) > 0 and not eyes.slit:  # the corner by the nose
            canvas.fill(
                ellipse(*_point(at(np.array([0.03]), xs=x[:1] + side * 0.014)), 0.014, 0.011),
                faded(skin.blush, 0.7),
            )
    else:
        canvas.line(smooth(at(lower + 0.005), closed=False), eyes.lash, 0.03)
    thick = (0.014 + 0.021 * ((u + 1) / 2) ** 0.8) * (0.75 + 0.25 * size)
    outer = upper - thick
    tip = x[-1] + side * (0.02 + eyes.lashes), upper[-1] - 0.02 - eyes.lashes * 0.8
    line = np.concatenate([
        at(outer),
        turn.surface([(tip[0], EYE_Y + tip[1])]),
        at(upper)[::-1],
    ])  # fmt: skip
    canvas.fill(smooth(line, (0, len(u), len(u) + 1, len(line) - 1)), eyes.lash)
    canvas.line(
        smooth(at(crease)[1:], closed=False), faded(mixed(skin.shade, eyes.lash, 0.3), 0.55), 0.011
    )


def _point(points: Points) -> tuple[float, float]:
    return float(points[0, 0]), float(points[0, 1])


def _draw_iris(canvas: Canvas, turn: Turn, who: Character, now: Expression, side: int) -> None:
    eyes = who.eyes
    radius = (0.155 if eyes.slit else 0.127) * eyes.size
    middle_x = side * eyes.apart + float(np.clip(now.gaze_x, -1, 1)) * 0.085 * eyes.size
    middle_y = EYE_Y - 0.014 * eyes.size + float(np.clip(now.gaze_y, -1, 1)) * 0.055 * eyes.size
    around = np.linspace(0, 2 * np.pi, 12, endpoint=False)

    def disc(x: float, y: float, rx: float, ry: float) -> Points:
        ring = np.stack([middle_x + x + rx * np.cos(around), middle_y + y + ry * np.sin(around)], 1)
        return turn.surface(ring, -0.02)

    whole = disc(0, 0, radius, radius)
    cx, cy = (float(v) for v in whole.mean(axis=0))
    canvas.fill(smooth(whole), mixed(eyes.iris, "#0a0a14", 0.55))
    lit = Radial(
        (cx, cy + radius * 0.55),
        radius * 1.25,
        (mixed(eyes.iris, "#ffffff", 0.42), eyes.iris, mixed(eyes.iris, "#0a0a14", 0.35)),
        (0.0, 0.55, 1.0),
    )
    canvas.fill(smooth(disc(0, 0, radius * 0.88, radius * 0.88)), lit)
    pupil = (0.2, 0.7) if eyes.slit else (0.46, 0.46)
    canvas.fill(smooth(disc(0, 0, radius * pupil[0], radius * pupil[1])), "#14101c")
    canvas.fill(
        smooth(disc(-radius * 0.36, -radius * 0.40, radius * 0.27, radius * 0.27)), "#ffffff"
    )
    canvas.fill(
        smooth(disc(radius * 0.36, radius * 0.36, radius * 0.13, radius * 0.13)), "#ffffffb0"
    )


def draw_brows(canvas: Canvas, turn: Turn, who: Character, now: Expression) -> None:
    """Both brows."""
    brows, eyes = who.brows, who.eyes
    u = np.array([-1.0, -0.5, 0.05, 0.55, 1.0])
    for side, raised in ((1, now.brow_left), (-1, now.brow_right)):
        inner = np.clip(-u, 0, 1)
        x = eyes.apart + 0.02 + u * 0.235
        x = x - 0.035 * now.frown * inner
        y = -0.215 - 0.03 * (eyes.size - 1) * 4 - brows.arch * (1 - 0.6 * (u - 0.3) ** 2)
        y = y + 0.02 * u - 0.105 * float(np.clip(raised, -1, 1)) + 0.07 * now.frown * inner
        thick = np.array([0.030, 0.034, 0.030, 0.021, 0.006]) * brows.weight
        top = np.stack([side * x, y - thick], axis=1)
        low = np.stack([side * x, y + thick], axis=1)
        shape = turn.surface(np.concatenate([top, low[::-1]]), 0.02)
        canvas.fill(smooth(shape, (0, 4, 5, 9)), brows.color)


def draw_nose(canvas: Canvas, turn: Turn, who: Character) -> None:
    """A nose by its shade, its wings and its light."""
    skin, w = who.skin, who.nose
    deep = mixed(skin.shade, "#3a1020", 0.18)
    half = [(0.055, -0.02), (0.05, 0.16), (0.115, 0.33), (0.128, 0.395), (0.085, 0.43)]
    left = [(-x, y) for x, y in half]
    side = np.array([*left, (0.0, 0.452), *half[::-1]]) * (w, 1)
    lifts = np.array([0.02, 0.07, 0.12, 0.10, 0.12, 0.17, 0.12, 0.10, 0.12, 0.07, 0.02])
    shape = np.concatenate([turn.surface(p[None], z) for p, z in zip(side, lifts, strict=True)])
    top, low = float(shape[:, 1].min()), float(shape[:, 1].max())
    ink = Linear(
        (0, top),
        (0, low),
        (faded(skin.shade, 0.0), faded(skin.shade, 0.22), faded(skin.shade, 0.75)),
        (0.0, 0.55, 1.0),
    )
    canvas.fill(smooth(shape), ink)
    # The side that light does not reach.
    ridge = np.array(
        [
            (0.03 * w, 0.0),
            (0.028 * w, 0.2),
            (0.06 * w, 0.37),
            (0.13 * w, 0.40),
            (0.11 * w, 0.33),
            (0.06 * w, 0.18),
            (0.08 * w, 0.0),
        ]
    )
    depths = np.array([0.05, 0.11, 0.18, 0.10, 0.10, 0.05, 0.0])
    shadow = np.concatenate([turn.surface(p[None], z) for p, z in zip(ridge, depths, strict=True)])
    canvas.fill(
        smooth(shadow), Linear((0, top), (0, low), (faded(skin.shade, 0.0), faded(skin.shade, 0.5)))
    )
    tip = turn.surface([(-0.012, 0.345)], 0.2)[0]
    canvas.fill(
        ellipse(float(tip[0]), float(tip[1]), 0.055 * w, 0.042),
        Radial(
            (float(tip[0]), float(tip[1])),
            0.06 * w,
            (faded(skin.light, 0.85), faded(skin.light, 0.0)),
        ),
    )
    for hand in (-1, 1):
        wing = np.array([(0.112, 0.33), (0.14, 0.375), (0.128, 0.42), (0.092, 0.425)]) * (
            hand * w,
            1,
        )
        canvas.line(smooth(turn.surface(wing, 0.10), closed=False), faded(deep, 0.55), 0.014)
        hole = np.array([(0.095, 0.428), (0.065, 0.416), (0.03, 0.432), (0.062, 0.44)]) * (
            hand * w,
            1,
        )
        canvas.fill(smooth(turn.surface(hole, 0.13)), faded(deep, 0.8))


def draw_glasses(canvas: Canvas, turn: Turn, who: Character) -> None:
    """Glasses before the eyes, with temples to the ears."""
    if not who.glasses:
        return
    x, rx, ry = who.eyes.apart + 0.01, 0.265, 0.235 if who.round_glasses else 0.19
    power = 1.0 if who.round_glasses else 0.55
    around = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    cosine, sine = np.cos(around), np.sin(around)
    ring = np.stack(
        [
            np.sign(cosine) * abs(cosine) ** power * rx,
            np.sign(sine) * abs(sine) ** power * ry + 0.075,
        ],
        1,
    )
    depth = 0.72
    for side in (-1, 1):
        middle = np.array([side * x, 0.0])
        frame = turn.plate(ring + middle, depth - 0.05)
        canvas.fill(smooth(frame), "#cfe4ff26")
        glint = turn.plate(
            np.array([(-0.16, -0.06), (-0.06, -0.13), (-0.10, 0.10), (-0.17, 0.13)])
            + middle
            + np.array([0.0, 0.075]),
            depth,
        )
        with canvas.inside(smooth(frame)):
            canvas.fill(smooth(glint, (0, 1, 2, 3)), "#ffffff30")
        canvas.line(smooth(frame), who.glasses, 0.034)
        start = turn.plate([(side * (x + rx), 0.03)], depth - 0.05)[0]
        end = turn.edge([(side * 0.80, -0.01)])[0]
        canvas.line(smooth([start, end], closed=False), who.glasses, 0.034)
    bridge = turn.plate([(-x + rx, 0.05), (0, 0.01), (x - rx, 0.05)], depth + 0.06)
    canvas.line(smooth(bridge, closed=False), who.glasses, 0.03)
