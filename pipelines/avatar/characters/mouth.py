"""A mouth: lips, and between them teeth and tongue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.avatar.characters.look import Character
from pipelines.avatar.characters.turning import Points, Turn
from studio.drawing.canvas import Canvas, Linear, ellipse, faded, mixed, smooth
from studio.types.character import Expression

#: The line between closed lips, in units; half a resting mouth across.
MOUTH_Y, MOUTH_W = 0.665, 0.26
#: Nobody looks friendly with a straight mouth.
REST_SMILE = 0.3
#: What a jaw wide open drops the lower lip by.
JAW_DROP = 0.27
_U = np.array([-1.0, -0.88, -0.55, -0.2, 0.0, 0.2, 0.55, 0.88, 1.0])
_BOW = np.array([0.0, 0.3, 0.78, 1.0, 0.84, 1.0, 0.78, 0.3, 0.0])
_BELLY = np.array([0.0, 0.26, 0.76, 0.98, 1.0, 0.98, 0.76, 0.26, 0.0])

Line = NDArray[np.float64]


@dataclass(frozen=True)
class MouthLines:
    """The four lines of a mouth, from its right corner to its left, before the head is turned.

    Attributes:
        x: shared by all, in units.
        upper, upper_inner, lower_inner, lower: y of each.
        gap: units between the lips in the middle.
    """

    x: Line
    upper: Line
    upper_inner: Line
    lower_inner: Line
    lower: Line
    gap: float


def mouth_lines(now: Expression, full: float = 1.0, wide: float = 1.0) -> MouthLines:
    """The lines of a mouth.

    Args:
        now: what the face does.
        full, wide: of the lips and the mouth, to the usual.
    """
    m = now.mouth
    jaw, pucker = float(np.clip(m.jaw, 0, 1.2)), float(np.clip(m.pucker, 0, 1))
    smile = float(np.clip(now.smile + REST_SMILE, -1, 1))
    half = MOUTH_W * wide * (1 + 0.24 * m.width + 0.17 * max(smile, 0) - 0.42 * pucker - 0.08 * jaw)
    corner = MOUTH_Y + 0.02 * jaw - (0.085 * smile if smile > 0 else 0.06 * smile)
    corner += 0.35 * JAW_DROP * jaw * (0.45 + 0.4 * pucker)
    # Smiling flattens the middle, and draws the upper lip up the teeth.
    top = MOUTH_Y - 0.03 * max(m.upper_lip, 0) - 0.045 * jaw + 0.012 * max(smile, 0)
    low = (
        MOUTH_Y + JAW_DROP * jaw + 0.022 * max(m.lower_lip, 0) * (0.3 + jaw) + 0.02 * max(smile, 0)
    )
    if jaw < 0.02 and m.upper_lip <= 0.05 and m.lower_lip <= 0.05:
        top = low = MOUTH_Y + 0.02 * smile
    roundness = 0.75 - 0.25 * min(jaw + pucker, 1)
    arch = np.clip(1 - _U * _U, 0, 1) ** roundness
    upper_inner = corner + (top - corner) * arch
    lower_inner = corner + (low - corner) * arch
    upper_full = (
        0.058
        * full
        * (1 + 0.45 * pucker + 0.5 * min(m.upper_lip, 0) - 0.22 * max(smile, 0) - 0.12 * jaw)
    )
    lower_full = (
        0.078
        * full
        * (1 + 0.40 * pucker + 0.5 * min(m.lower_lip, 0) - 0.20 * max(smile, 0) - 0.15 * jaw)
    )
    return MouthLines(
        half * _U,
        upper_inner - upper_full * _BOW,
        upper_inner,
        lower_inner,
        lower_inner + lower_full * _BELLY,
        max(low - top, 0.0),
    )


def draw_mouth(canvas: Canvas, turn: Turn, who: Character, now: Expression) -> None:
    """A person's mouth."""
    lines = mouth_lines(now, who.lips)
    skin = who.skin
    push = 0.06 + 0.05 * now.mouth.pucker

    def at(ys: Line) -> Points:
        return turn.surface(np.stack([lines.x, ys], axis=1), push)

    last = len(_U) - 1
    ends = (0, last)
    under = turn.surface([(0.0, float(lines.lower[4]) + 0.055)], push)[0]
    canvas.fill(
        ellipse(float(under[0]), float(under[1]), 0.13, 0.03), faded(skin.shade, 0.4), blur=0.02
    )
    upper = np.concatenate([at(lines.upper), at(lines.upper_inner)[::-1][1:-1]])
    lower = np.concatenate([at(lines.lower_inner), at(lines.lower)[::-1][1:-1]])
    y0, y1 = float(upper[:, 1].min()), float(lower[:, 1].max())
    if lines.gap > 0.008:
        draw_inner_mouth(canvas, turn, lines, now, push)
    canvas.fill(smooth(upper, ends), mixed(skin.lip, "#3a0f1c", 0.16))
    canvas.fill(
        smooth(lower, ends),
        Linear(
            (0, y0),
            (0, y1),
            (skin.lip, mixed(skin.lip, skin.light, 0.30), skin.lip),
            (0.2, 0.62, 1.0),
        ),
    )
    dark = mixed(skin.lip, "#2a0a14", 0.62)
    if lines.gap <= 0.02:
        canvas.line(smooth(at(lines.upper_inner), closed=False), faded(dark, 0.85), 0.014)
    shine = turn.surface(
        np.stack([lines.x[3:6] * 0.9, lines.lower[3:6] * 0.55 + lines.lower_inner[3:6] * 0.45], 1),
        push,
    )
    canvas.line(smooth(shine, closed=False), "#ffffff30", 0.016)
    for side, end in ((-1, 0), (1, last)):
        x, y = (float(v) for v in at(lines.upper_inner)[end])
        canvas.line(
            smooth(
                [(x - side * 0.012, y), (x + side * 0.018, y - 0.014 * now.smile)], closed=False
            ),
            faded(dark, 0.6),
            0.014,
        )
        grin = float(np.clip(now.smile, 0, 1))
        if grin > 0.15:
            fold = np.array([(0.20, 0.44), (0.29, 0.51), (abs(float(lines.x[end])) + 0.075, 0.61)])
            canvas.line(
                smooth(turn.surface(fold * (side, 1), 0.03), closed=False),
                faded(skin.shade, 0.55 * (grin - 0.15)), 0.022,
            )  # fmt: skip


def draw_inner_mouth(
    canvas: Canvas, turn: Turn, lines: MouthLines, now: Expression, push: float
) -> None:
    """What is seen between the lips: darkness, tongue, teeth that stay with their jaws."""

    def at(ys: Line) -> Points:
        return turn.surface(np.stack([lines.x, ys], axis=1), push)

    last = len(_U) - 1
    opening = np.concatenate([at(lines.upper_inner), at(lines.lower_inner)[::-1][1:-1]])
    shape = smooth(opening, (0, last))
    y0, y1 = float(opening[:, 1].min()), float(opening[:, 1].max())
    canvas.fill(shape, Linear((0, y0), (0, y1), ("#3a0d16", "#5d1a25")))
    half = float(lines.x[-1])
    jaw = max(now.mouth.jaw, 0.0)
    u = np.linspace(-1, 1, 9)
    bend = 1 - u * u
    with canvas.inside(shape):
        floor = MOUTH_Y + JAW_DROP * jaw
        rise = 0.055 + 0.10 * now.mouth.tongue * max(jaw, 0.25)
        tongue = np.stack([u * half * 0.66, floor + 0.03 - rise * bend**0.7], axis=1)
        root = np.array([(half * 0.66, floor + 0.2), (-half * 0.66, floor + 0.2)])
        canvas.fill(
            smooth(turn.surface(np.concatenate([tongue, root]), push - 0.05), (0, 8, 9, 10)),
            "#c4606a",
        )
        groove = turn.surface([(0, floor - rise * 0.8), (0, floor + 0.02)], push - 0.05)
        canvas.line(smooth(groove, closed=False), "#a84a56a0", 0.012)
        for edge, way, size in ((MOUTH_Y - 0.034, 1, 0.092), (floor + 0.058, -1, 0.05)):
            rows = np.stack(
                [u * half * 0.86, edge + way * size * (0.35 + 0.65 * bend**0.5)], axis=1
            )
            back = np.stack([u[::-1] * half * 0.86, np.full(9, edge - way * 0.12)], axis=1)
            teeth = turn.surface(np.concatenate([rows, back]), push - 0.03)
            canvas.fill(smooth(teeth, (0, 8, 9, 17)), "#fbf7f1" if way > 0 else "#e4dbd4")
        shadow = np.concatenate([at(lines.upper_inner - 0.01), at(lines.upper_inner + 0.022)[::-1]])
        canvas.fill(smooth(shadow, (0, last, last + 1, 2 * last + 1)), "#2a0a1445")
