"""Hands from their joints, with the sleeve that they come out of."""

from __future__ import annotations

import numpy as np

from pipelines.avatar.characters.look import Character
from studio.drawing.canvas import Canvas, Linear, faded, mixed, polygon, smooth
from studio.types.character import Expression, Hand

_FINGERS = ((17, 18, 19, 20), (13, 14, 15, 16), (9, 10, 11, 12), (5, 6, 7, 8))
_THICK = (0.84, 0.98, 1.04, 1.0)


def draw_hands(canvas: Canvas, who: Character, now: Expression) -> None:
    """Both hands, where in sight; in head heights, two units each."""
    for side, hand in ((1, now.hand_left), (-1, now.hand_right)):
        if hand is not None and hand.seen > 0:
            with canvas.see_through(min(hand.seen * 1.5, 1.0)):
                _draw_hand(canvas, who, side, hand)


def _draw_hand(canvas: Canvas, who: Character, side: int, hand: Hand) -> None:
    at = hand.points.astype(np.float64) * 2
    # Sinks as it leaves.
    at[:, 1] += (1 - hand.seen) * 0.8
    skin, worn = who.skin, who.clothes
    palm = float(np.hypot(*(at[9] - at[0])))
    across = max(float(np.hypot(*(at[5] - at[17]))), 0.45 * palm, 1e-3)
    pen = across * (0.34 if who.kind == "person" else 0.40)
    rim = faded(mixed(skin.shade, "#3a1020", 0.25), 0.9)
    away = at[0] - at[9]
    away = away / max(float(np.hypot(*away)), 1e-6)
    down = np.array([side * 1.5, 3.4]) - at[0]
    down = down / max(float(np.hypot(*down)), 1e-6)
    along = away * 0.45 + down * 0.55
    along = along / max(float(np.hypot(*along)), 1e-6)
    normal = np.array([-along[1], along[0]])

    def cuff(start: float, end: float, near: float, far: float) -> np.ndarray:
        one, two = at[0] + along * start * palm, at[0] + (along * 0.4 + down * 0.6) * end * palm
        return np.array(
            [
                one + normal * near * across,
                two + normal * far * across,
                two - normal * far * across,
                one - normal * near * across,
            ]
        )

    canvas.fill(polygon(cuff(-0.2, 1.0, 0.36, 0.42)), skin.shade)
    dark = mixed(worn.color, "#0c0a1e", 0.35)
    sleeve = cuff(0.28, 6.0, 0.50, 0.95)
    canvas.line(polygon(sleeve), dark, 0.03)
    canvas.fill(
        polygon(sleeve),
        Linear(
            tuple(sleeve[0]),
            tuple(sleeve[3]),
            (mixed(worn.color, "#ffffff", 0.14), mixed(worn.color, "#0c0a1e", 0.15)),
        ),
    )
    hem = sleeve[[0, 3]]
    canvas.line(polygon(hem, closed=False), dark, 0.05)
    for joints, thick in zip(_FINGERS, _THICK, strict=True):
        bones = smooth(at[list(joints)], closed=False)
        canvas.line(bones, rim, pen * thick + 0.035)
        canvas.line(bones, skin.tone, pen * thick)
    middle = at[[0, 5, 17]].mean(axis=0)
    outline = at[[0, 1, 2, 5, 9, 13, 17]]
    outline = middle + (outline - middle) * 1.14
    canvas.line(smooth(outline[[0, 1, 2, 3]], closed=False), rim, 0.035)
    canvas.line(smooth(outline[[6, 0]], closed=False), rim, 0.035)
    canvas.fill(
        smooth(outline),
        Linear(tuple(at[9]), tuple(at[0]), (skin.tone, mixed(skin.tone, skin.shade, 0.45))),
    )
    for root, knuckle in ((5, 6), (9, 10), (13, 14), (17, 18)):
        canvas.line(
            polygon([at[root], at[root] + (at[knuckle] - at[root]) * 0.5], closed=False),
            skin.tone,
            pen * 0.86,
        )
    thumb = smooth(at[[1, 2, 3, 4]], closed=False)
    canvas.line(thumb, rim, pen * 1.1 + 0.035)
    canvas.line(thumb, mixed(skin.tone, skin.light, 0.3), pen * 1.1)
    canvas.line(polygon(at[[0, 1]] * 0.5 + at[[1, 2]] * 0.5, closed=False), skin.tone, pen * 1.05)
    if who.kind == "robot":
        for joint in (2, 3, 6, 7, 10, 11, 14, 15, 18, 19):
            canvas.line(polygon(at[[joint, joint]], closed=False), skin.shade, pen * 0.5)
