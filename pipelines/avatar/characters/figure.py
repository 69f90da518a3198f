"""A whole character on a canvas, in the order in which things hide each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.avatar.characters.animals import animal_edge, draw_animal
from pipelines.avatar.characters.clothes import draw_clothes
from pipelines.avatar.characters.hair import draw_back
from pipelines.avatar.characters.hands import draw_hands
from pipelines.avatar.characters.head import draw_head, head_edge
from pipelines.avatar.characters.look import Character
from pipelines.avatar.characters.robot import draw_robot
from pipelines.avatar.characters.turning import Turn
from studio.drawing.canvas import Canvas, Linear, Radial, faded, mixed, polygon, rounded, smooth
from studio.types.character import Expression

#: Raised whenever the same character and expression would give other pixels.
DRAWING_VERSION = 1


_EVERYWHERE = [(-9.0, -9.0), (9.0, -9.0), (9.0, 9.0)]
#: Where hair behind a head that is drawn alone does not cover the neck below it.
_NECK = [(0.62, 9.0), (0.40, 0.85), (-0.40, 0.85), (-0.62, 9.0)]


@dataclass(frozen=True)
class Place:
    """Where a character stands in a picture.

    Attributes:
        x, y: pixels of the middle of its head at rest.
        head_px: height of its head.
    """

    x: float
    y: float
    head_px: float


def bust(width: int, height: int) -> Place:
    """Head and shoulders in the middle of a picture."""
    head = min(height * 0.48, width * 0.62)
    return Place(width / 2, height * 0.42, head)


def draw_character(
    canvas: Canvas, who: Character, now: Expression, place: Place, *, trunk: bool = True
) -> None:
    """Draw a character over what a canvas holds.

    Args:
        canvas: in pixels.
        who: the character.
        now: what it does.
        place: where.
        trunk: also neck, shoulders and hands; else the head alone, with its hair.
    """
    unit = place.head_px / 2
    turn = Turn(now.yaw, now.pitch, max(now.mouth.jaw, 0.0))
    at = (place.x + now.x * place.head_px, place.y + now.y * place.head_px)
    trunk_at = (place.x + now.shoulder_x * place.head_px, place.y + now.shoulder_y * place.head_px)
    head = {"x": at[0], "y": at[1], "scale": unit * now.scale, "turn": now.roll}
    if who.hair is not None:
        clear = [] if trunk else _NECK
        around = polygon([*_EVERYWHERE, *clear, (-9.0, 9.0)])
        with canvas.placed(**head), canvas.inside(around):
            draw_back(canvas, turn, who.hair)
    if trunk:
        with canvas.placed(*trunk_at, unit, now.shoulder_roll):
            moved = np.array([at[0] - trunk_at[0], at[1] - trunk_at[1]]) / unit
            _draw_neck(canvas, turn, who, now, moved)
            draw_clothes(canvas, who, now.breath, _shadow(turn, now, moved))
    with canvas.placed(**head):
        if who.kind == "robot":
            draw_robot(canvas, turn, who, now)
        elif who.kind == "person":
            draw_head(canvas, turn, who, now)
        else:
            draw_animal(canvas, turn, who, now)
    if trunk:
        with canvas.placed(place.x, place.y, unit):
            draw_hands(canvas, who, now)


def _draw_neck(
    canvas: Canvas, turn: Turn, who: Character, now: Expression, moved: np.ndarray
) -> None:
    """From the head, wherever it is, to the shoulders."""
    skin, w = who.skin, who.neck
    cosine, sine = np.cos(now.roll), np.sin(now.roll)
    spin = np.array([[cosine, -sine], [sine, cosine]]) * now.scale
    top = turn.edge([(w, 0.55), (-w, 0.55)], -0.25) @ spin.T + moved
    throat = turn.edge([(0, 1.05)], -0.1) @ spin.T + moved
    waist = (top + np.array([(w, 1.05), (-w, 1.05)])) / 2 + np.array([0.0, 0.1])
    low = np.array([(w + 0.02, 1.12), (w + 0.16, 1.34), (0.95, 1.62), (0.0, 2.0)])
    mirror = low[2::-1] * (-1, 1)
    outline = np.concatenate([top[:1], waist[:1], low, mirror, waist[1:], top[1:]])
    shape = smooth(outline, (0, 10))
    if who.kind == "robot":
        canvas.fill(shape, skin.shade)
        for y in (1.06, 1.18, 1.30):
            canvas.line(
                smooth([(-w, y), (w, y)], closed=False), mixed(skin.shade, "#0c0a1e", 0.4), 0.03
            )
        return
    canvas.fill(
        shape, Linear((-0.4, 0.8), (0.5, 1.6), (skin.tone, mixed(skin.tone, skin.shade, 0.5)))
    )
    with canvas.inside(shape):
        edge = head_edge(turn, who) if who.kind == "person" else animal_edge(turn, who)
        under = edge @ spin.T + moved + (0.05, 0.17)
        canvas.fill(smooth(under), faded(skin.shade, 0.9))
    x, y = float(throat[0, 0]), 1.5
    for side in (-1, 1):
        cord = [(side * 0.26 + x * 0.3, 1.18), (side * 0.14, 1.40), (side * 0.07, y)]
        canvas.line(smooth(cord, closed=False), faded(skin.shade, 0.45), 0.022)


def _shadow(turn: Turn, now: Expression, moved: np.ndarray) -> tuple[float, float]:
    """Where the head's shadow falls on the chest."""
    x, y = (float(v) for v in turn.edge([(0.06, 1.30)])[0] * now.scale + moved)
    return x, y


def draw_backdrop(canvas: Canvas, who: Character, width: int, height: int) -> None:
    """The background that suits a character: light from above, a halo behind the head."""
    top, low = who.backdrop
    whole = rounded(width / 2, height / 2, width / 2 + 1, height / 2 + 1, 0)
    canvas.fill(whole, Linear((0, 0), (0, height), (top, low)))
    canvas.fill(
        whole, Radial((width / 2, height * 0.40), height * 0.75, ("#ffffff66", "#ffffff00"))
    )
