"""Heads of a cat and a fox: ears, fur, muzzle and whiskers about the eyes that all share."""

from __future__ import annotations

import numpy as np

from pipelines.avatar.characters.face import draw_brows, draw_eyes
from pipelines.avatar.characters.look import Character, Edge
from pipelines.avatar.characters.mouth import MouthLines, draw_inner_mouth, mouth_lines
from pipelines.avatar.characters.turning import Points, Turn, mirrored
from studio.drawing.canvas import Canvas, Linear, Radial, ellipse, faded, mixed, smooth
from studio.types.character import Expression

CAT: Edge = (
    (0.0, -0.97), (0.40, -0.90), (0.75, -0.63), (0.93, -0.22), (1.0, 0.18), (1.03, 0.42),
    (0.88, 0.58), (0.72, 0.76), (0.40, 0.93), (0.0, 0.97),
)  # fmt: skip
FOX: Edge = (
    (0.0, -0.97), (0.38, -0.90), (0.71, -0.65), (0.90, -0.24), (1.02, 0.14), (1.16, 0.46),
    (0.90, 0.56), (0.58, 0.80), (0.28, 0.98), (0.0, 1.04),
)  # fmt: skip
_CORNERS = {"cat": (5,), "fox": (5,)}


def animal_edge(turn: Turn, who: Character) -> Points:
    """The outline of the head without its ears."""
    return turn.edge(mirrored(who.edge))


def _corners(who: Character) -> tuple[int, ...]:
    count = 2 * len(who.edge) - 2
    one = _CORNERS[who.kind][0]
    return (one, count - one)


def draw_animal(canvas: Canvas, turn: Turn, who: Character, now: Expression) -> None:
    """Everything above the neck."""
    _draw_ears(canvas, turn, who, now)
    skin = who.skin
    shape = smooth(animal_edge(turn, who), _corners(who))
    canvas.fill(
        shape,
        Linear((-0.6, -0.9), (0.6, 1.0), (skin.light, skin.tone, skin.shade), (0.0, 0.45, 1.0)),
    )
    with canvas.inside(shape):
        _draw_coat(canvas, turn, who)
    _draw_muzzle(canvas, turn, who, now)
    draw_eyes(canvas, turn, who, now)
    draw_brows(canvas, turn, who, now)
    _draw_whiskers(canvas, turn, who, now)


def _draw_ears(canvas: Canvas, turn: Turn, who: Character, now: Expression) -> None:
    skin = who.skin
    tall = 1.52 if who.kind == "fox" else 1.36
    for side, brow in ((1, now.brow_left), (-1, now.brow_right)):
        # Ears say what brows say.
        up = 0.05 * brow - 0.06 * now.frown
        outer = np.array(
            [(0.20, -0.80), (0.46, -1.16 - up), (0.80, -tall - up), (0.95, -0.95), (0.93, -0.35)]
        ) * (side, 1)
        inner = np.array(
            [
                (0.40, -0.82),
                (0.56, -1.08 - up),
                (0.775, -tall + 0.16 - up),
                (0.85, -0.92),
                (0.84, -0.50),
            ]
        ) * (side, 1)
        canvas.fill(
            smooth(turn.edge(outer, 0.0), (0, 2, 4)),
            Linear(
                (0, -tall),
                (0, -0.5),
                (mixed(who.brows.color, skin.tone, 0.0 if who.kind == "fox" else 0.75), skin.tone),
                (0.1, 0.55),
            ),
        )
        canvas.fill(
            smooth(turn.edge(inner, 0.04), (0, 2, 4)),
            Linear((0, -tall), (0, -0.5), (mixed(skin.blush, skin.shade, 0.45), skin.blush)),
        )
        tuft = np.array(
            [
                (0.36, -0.72),
                (0.50, -1.0),
                (0.55, -0.86),
                (0.66, -1.02),
                (0.68, -0.84),
                (0.80, -0.90),
                (0.80, -0.52),
            ]
        ) * (side, 1)
        canvas.fill(
            smooth(turn.edge(tuft, 0.06), (0, 1, 2, 3, 4, 5, 6)), mixed(skin.light, "#ffffff", 0.25)
        )


def _draw_coat(canvas: Canvas, turn: Turn, who: Character) -> None:
    skin = who.skin
    pale = "#fdf6ec" if who.kind == "fox" else mixed(skin.light, "#ffffff", 0.6)
    if who.kind == "fox":
        for side in (-1, 1):
            cheek = np.array(
                [
                    (-0.02, 0.30),
                    (0.10, 0.12),
                    (0.30, 0.20),
                    (0.52, 0.36),
                    (0.80, 0.30),
                    (1.6, 0.30),
                    (1.9, 0.7),
                    (0.6, 1.2),
                    (-0.02, 1.3),
                ]
            ) * (side, 1)
            canvas.fill(
                smooth(turn.surface(cheek), (0, 6, 7, 8)),
                Linear((0, 0.1), (0, 1.0), (pale, mixed(pale, skin.shade, 0.16))),
            )
    else:
        for x, long in ((-0.22, 0.26), (0.0, 0.36), (0.22, 0.26)):
            stripe = turn.surface(
                [(x * 1.15 - 0.045, -1.0), (x * 1.15 + 0.045, -1.0), (x * 0.9, -0.86 + long)]
            )
            canvas.fill(smooth(stripe, (0, 1, 2)), faded(who.brows.color, 0.9))
        for side in (-1, 1):
            for y, inwards in ((0.22, 0.70), (0.40, 0.74)):
                stripe = turn.surface(
                    np.array([(1.05, y - 0.05), (1.05, y + 0.05), (inwards, y + 0.015)]) * (side, 1)
                )
                canvas.fill(smooth(stripe, (0, 1, 2)), faded(who.brows.color, 0.75))
    for side in (-1, 1):
        x, y = (float(v) for v in turn.surface([(side * who.eyes.apart, 0.0)])[0])
        canvas.fill(
            ellipse(x, y, 0.34, 0.3),
            Radial((x, y), 0.34, (faded(skin.shade, 0.30), faded(skin.shade, 0))),
        )
        x, y = (float(v) for v in turn.surface([(side * 0.62, 0.42)])[0])
        canvas.fill(
            ellipse(x, y, 0.22, 0.16),
            Radial((x, y), 0.22, (faded(skin.blush, 0.5), faded(skin.blush, 0))),
        )


def _lines(who: Character, now: Expression) -> MouthLines:
    """The mouth of a muzzle: lips are thin, and the upper hangs in two arcs."""
    made = mouth_lines(now, 0.45, 1.0 if who.kind == "fox" else 0.92)
    u = made.x / made.x[-1]
    arcs = -0.05 + 0.055 * np.abs(np.sin(np.pi * u)) * (1 - 0.4 * min(now.mouth.jaw, 1))
    drop = np.clip(1 - u * u, 0, 1) ** 0.6
    inner = made.upper_inner * 0.35 + (0.665 * 0.65) + arcs
    lower = np.maximum(inner, inner + (made.lower_inner - made.upper_inner) * drop**0.2)
    return MouthLines(made.x, inner - 0.02, inner, lower, lower + 0.02, made.gap)


def _draw_muzzle(canvas: Canvas, turn: Turn, who: Character, now: Expression) -> None:
    skin = who.skin
    pale = "#fdf6ec" if who.kind == "fox" else mixed(skin.light, "#ffffff", 0.72)
    lines = _lines(who, now)
    lift = 0.20
    chin_y = 0.74 + 0.24 * max(now.mouth.jaw, 0)

    def at(ys: np.ndarray) -> Points:
        return turn.surface(np.stack([lines.x, ys], axis=1), lift)

    x, y = (float(v) for v in turn.surface([(0, chin_y)], 0.12)[0])
    canvas.fill(
        ellipse(x, y, 0.21, 0.155),
        Linear((x, y - 0.1), (x, y + 0.15), (pale, mixed(pale, skin.shade, 0.35))),
    )
    last = len(lines.x) - 1
    if lines.gap > 0.012:
        draw_inner_mouth(canvas, turn, lines, now, lift)
    else:
        canvas.line(smooth(at(lines.upper_inner), closed=False), skin.lip, 0.03)
    for side in (-1, 1):
        puff = np.array([(0.0, 0.36), (0.16, 0.34), (0.34, 0.46), (0.36, 0.60), (0.0, 0.62)])
        puff[3, 0] = float(lines.x[-1]) * 1.25
        puff[3, 1] = float(lines.upper_inner[-1]) - 0.03
        lip = np.stack([lines.x, lines.upper_inner], axis=1)
        inwards = lip[last:3:-1] if side > 0 else lip[:5]
        half = np.concatenate([puff[:4] * (side, 1), inwards])
        canvas.fill(smooth(turn.surface(half, lift), (0, len(half) - 1)), pale)
    canvas.line(smooth(at(lines.upper_inner), closed=False), skin.lip, 0.026)
    if lines.gap > 0.012:
        canvas.line(smooth(at(lines.lower_inner), closed=False), mixed(skin.lip, pale, 0.35), 0.022)
    seam = turn.surface([(0, 0.44), (0, float(lines.upper_inner[4]))], lift)
    canvas.line(smooth(seam, closed=False), skin.lip, 0.024)
    wide = 0.15 if who.kind == "fox" else 0.115
    nose = turn.surface(
        [
            (0, 0.315),
            (wide * 0.8, 0.315),
            (wide, 0.36),
            (wide * 0.45, 0.44),
            (0, 0.465),
            (-wide * 0.45, 0.44),
            (-wide, 0.36),
            (-wide * 0.8, 0.315),
        ],
        lift + 0.1,
    )
    canvas.fill(smooth(nose), who.brows.color if who.kind == "fox" else skin.blush)
    x, y = (float(v) for v in turn.surface([(-0.03, 0.345)], lift + 0.12)[0])
    canvas.fill(ellipse(x, y, 0.045, 0.018), "#ffffff80")


def _draw_whiskers(canvas: Canvas, turn: Turn, who: Character, now: Expression) -> None:
    lift = 0.03 * now.smile
    for side in (-1, 1):
        for start, end in (
            ((0.30, 0.47), (0.98, 0.36 - lift)),
            ((0.31, 0.53), (1.02, 0.54 - lift)),
            ((0.29, 0.59), (0.95, 0.71 - lift)),
        ):
            a = turn.surface([(side * start[0], start[1])], 0.2)[0]
            b = turn.edge([(side * end[0], end[1])], 0.35)[0]
            bend = (a + b) / 2 + (0, -0.03)
            canvas.line(
                smooth([a, bend, b], closed=False),
                "#fffffff0" if who.kind == "cat" else faded(who.brows.color, 0.7),
                0.012,
            )
