"""A person's head: ears, skin, beard, and the order in which it is laid on."""

from __future__ import annotations

import numpy as np

from pipelines.avatar.characters.face import draw_brows, draw_eyes, draw_glasses, draw_nose
from pipelines.avatar.characters.hair import draw_front, front_outline
from pipelines.avatar.characters.hair_cuts import CUTS
from pipelines.avatar.characters.look import Character
from pipelines.avatar.characters.mouth import MOUTH_Y, draw_mouth, mouth_lines
from pipelines.avatar.characters.turning import Points, Turn, mirrored
from studio.drawing.canvas import Canvas, Linear, Radial, ellipse, faded, mixed, rounded, smooth
from studio.types.character import Expression


def head_edge(turn: Turn, who: Character) -> Points:
    """The outline of the bare head."""
    return turn.edge(mirrored(who.edge))


def draw_head(canvas: Canvas, turn: Turn, who: Character, now: Expression) -> None:
    """Everything above the neck but what hangs behind it."""
    skin = who.skin
    _draw_ears(canvas, turn, who)
    if who.earrings:
        _draw_earrings(canvas, turn, who, far=True)
    shape = smooth(head_edge(turn, who))
    lit = -0.35 - 0.25 * turn.yaw
    canvas.fill(
        shape,
        Linear(
            (lit, -0.9),
            (0.55, 1.05),
            (skin.light, skin.tone, mixed(skin.tone, skin.shade, 0.55)),
            (0.0, 0.5, 1.0),
        ),
    )
    with canvas.inside(shape):
        _shade(canvas, turn, who, now)
    draw_nose(canvas, turn, who)
    if who.beard:
        _draw_beard(canvas, turn, who, now)
    draw_mouth(canvas, turn, who, now)
    if who.moustache:
        _draw_moustache(canvas, turn, who, now)
    draw_eyes(canvas, turn, who, now)
    if who.hair is not None:
        draw_front(canvas, turn, who.hair)
    draw_brows(canvas, turn, who, now)
    draw_glasses(canvas, turn, who)
    if who.earrings:
        _draw_earrings(canvas, turn, who, far=False)


def _shade(canvas: Canvas, turn: Turn, who: Character, now: Expression) -> None:
    """Shadows and colour on the skin."""
    skin = who.skin
    # Away from the light, and wider on the side the head turns from.
    for side, strength in ((1, 0.62 - 0.3 * turn.yaw), (-1, 0.22 + 0.3 * turn.yaw)):
        if strength > 0.02:
            x = float(turn.edge([(side * 0.80, 0.2)])[0, 0])
            dark = faded(skin.shade, min(strength, 0.8))
            soft = faded(skin.shade, 0.28 * min(strength, 0.8))
            colors = (faded(skin.shade, 0), soft, dark)
            ink = Linear((x - side * 0.62, 0.0), (x, 0.14), colors, (0.0, 0.55, 1.0))
            canvas.fill(rounded(x - side * 0.2, 0, 0.6, 1.4, 0), ink)
    warm = 0.34 + 0.22 * max(now.smile, 0)
    for side in (-1, 1):
        _glow(canvas, turn, (side * 0.44, 0.38 - 0.04 * now.smile), 0.26, skin.blush, warm)
        _glow(canvas, turn, (side * who.eyes.apart, -0.05), 0.29, skin.shade, 0.32)
    if who.freckles:
        spots = (
            (0.28, 0.33),
            (0.36, 0.28),
            (0.43, 0.35),
            (0.34, 0.40),
            (0.50, 0.29),
            (0.22, 0.28),
            (0.40, 0.44),
            (0.12, 0.22),
            (0.06, 0.27),
        )
        for side in (-1, 1):
            for x, y in turn.surface(np.array(spots) * (side, 1)):
                canvas.fill(ellipse(float(x), float(y), 0.011, 0.010), faded(skin.blush, 0.85))
    _glow(canvas, turn, (0.0, 0.86 + 0.12 * now.mouth.jaw), 0.15, skin.light, 0.4)
    if who.hair is not None:
        cast = smooth(front_outline(turn, who.hair, 0.055), CUTS[who.hair.style].corners)
        canvas.fill(cast, faded(skin.shade, 0.5))


def _glow(
    canvas: Canvas, turn: Turn, at: tuple[float, float], radius: float, color: str, strength: float
) -> None:
    """A round spot on the face that fades outwards."""
    x, y = (float(v) for v in turn.surface([at])[0])
    ink = Radial((x, y), radius, (faded(color, strength), faded(color, 0)))
    canvas.fill(ellipse(x, y, radius, radius), ink)


def _draw_ears(canvas: Canvas, turn: Turn, who: Character) -> None:
    skin = who.skin
    for side in (-1, 1):
        outline = np.array(
            [
                (0.70, -0.08),
                (0.80, -0.16),
                (0.885, -0.10),
                (0.885, 0.06),
                (0.83, 0.24),
                (0.765, 0.34),
                (0.70, 0.28),
            ]
        )
        ear = turn.edge(outline * (side, 1), -0.12)
        canvas.fill(
            smooth(ear),
            Linear(
                (-0.9, 0),
                (0.95, 0.2),
                (mixed(skin.tone, skin.light, 0.4), mixed(skin.tone, skin.shade, 0.45)),
            ),
        )
        fold = turn.edge(
            np.array([(0.775, -0.06), (0.835, -0.03), (0.83, 0.08), (0.79, 0.18)]) * (side, 1),
            -0.12,
        )
        canvas.line(smooth(fold, closed=False), faded(skin.shade, 0.8), 0.025)


def _draw_earrings(canvas: Canvas, turn: Turn, who: Character, *, far: bool) -> None:
    for side in (-1, 1):
        if (side * turn.yaw > 0.12) != far:
            continue
        x, y = (float(v) for v in turn.edge([(side * 0.815, 0.335)], -0.12)[0])
        canvas.line(ellipse(x, y + 0.13, 0.095, 0.125), mixed(who.earrings, "#402000", 0.4), 0.042)
        canvas.line(ellipse(x, y + 0.13, 0.095, 0.125), who.earrings, 0.03)


def _draw_beard(canvas: Canvas, turn: Turn, who: Character, now: Expression) -> None:
    half = np.array(who.edge)
    half = half[half[:, 1] > -0.3]
    low = np.clip((half[:, 1] - 0.3) / 0.7, 0, 1)
    half = np.stack([half[:, 0] + 0.01, half[:, 1] + 0.085 * low], axis=1)
    outer = turn.edge(np.concatenate([half, half[::-1][1:] * (-1, 1)]))
    lines = mouth_lines(now, who.lips)
    wide = float(lines.x[-1])
    right = [
        (-0.72, -0.15, 0.05), (-0.70, 0.12, 0.16), (-0.64, 0.36, 0.36),
        (-0.50, 0.50, 0.52), (-0.30, 0.515, 0.60), (-0.12, 0.50, 0.64),
    ]  # fmt: skip
    left = [(-x, y, z) for x, y, z in right[::-1]]
    inner = turn.wrap([*right, (0.0, 0.515, 0.65), *left])
    outline = np.concatenate([inner, outer[:-1]])
    light, dark = mixed(who.beard, "#ffffff", 0.1), mixed(who.beard, "#0c0810", 0.35)
    canvas.fill(
        smooth(outline, (0, 12, 13)), Linear((-0.6, 0.2), (0.5, 1.1), (light, who.beard, dark))
    )
    # Bare about the lips.
    above, below = float(lines.upper[2]) - 0.02, float(lines.lower[2]) + 0.012
    half = np.array([
        (0.0, float(lines.upper[4]) - 0.012), (wide * 0.6, above), (wide * 1.02, MOUTH_Y),
        (wide * 0.6, below), (0.0, float(lines.lower[4]) + 0.02),
    ])  # fmt: skip
    ring = turn.surface(mirrored(half), 0.06)
    canvas.fill(smooth(ring), faded(dark, 0.55))
    for x, y, long in (
        (-0.5, 0.66, 0.14),
        (0.5, 0.66, 0.14),
        (-0.36, 0.84, 0.12),
        (0.36, 0.84, 0.12),
        (-0.16, 0.93, 0.1),
        (0.16, 0.93, 0.1),
        (0, 0.95, 0.1),
    ):
        drop = 0.2 * max(now.mouth.jaw, 0)
        tuft = turn.surface(
            [(x, y + drop - long / 2), (x * 0.97, y + drop), (x * 0.90, y + drop + long / 2)]
        )
        canvas.line(smooth(tuft, closed=False), faded(dark, 0.5), 0.02)


def _draw_moustache(canvas: Canvas, turn: Turn, who: Character, now: Expression) -> None:
    lines = mouth_lines(now, who.lips)
    wide = float(lines.x[-1])
    low = float(lines.upper[4])
    end = float(lines.upper_inner[-1])
    half = [
        (0.0, 0.50),
        (0.10, 0.475),
        (wide * 0.75, 0.53),
        (wide * 1.2, min(low, end) + 0.025),
        (wide * 0.80, min(low, end) + 0.012),
        (0.05, low + 0.014),
        (0.0, low),
    ]
    shape = turn.surface(mirrored(half), 0.09)
    canvas.fill(
        smooth(shape, (0, 3, 9)),
        Linear((0, 0.45), (0, 0.72), (mixed(who.moustache, "#ffffff", 0.18), who.moustache)),
    )
    for x in (-0.15, -0.07, 0.07, 0.15):
        hairline = turn.surface([(x * 0.7, 0.515), (x * 1.3, 0.60)], 0.09)
        canvas.line(
            smooth(hairline, closed=False), faded(mixed(who.moustache, "#0c0810", 0.4), 0.4), 0.014
        )
