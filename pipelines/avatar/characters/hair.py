"""Hair: what hangs behind the head, and what lies over it."""

from __future__ import annotations

import numpy as np

from pipelines.avatar.characters.hair_cuts import CUTS, Cut
from pipelines.avatar.characters.look import Hair
from pipelines.avatar.characters.turning import Points, Turn
from studio.drawing.canvas import Canvas, Linear, Radial, ellipse, faded, smooth, tapered


def draw_back(canvas: Canvas, turn: Turn, hair: Hair) -> None:
    """What hangs behind the neck."""
    cut = CUTS[hair.style]
    if cut.back:
        shape = turn.wrap(cut.back)
        top, low = float(shape[:, 1].min()), float(shape[:, 1].max())
        canvas.fill(
            smooth(shape), Linear((0, top), (0, low), (hair.color, hair.shade), (0.1, 0.75))
        )


def front_outline(turn: Turn, hair: Hair, drop: float = 0.0) -> Points:
    """The edge of what lies over the head; ``drop`` units lower, for the shadow it throws."""
    outline: Points = turn.wrap(CUTS[hair.style].front) + np.array([0.0, drop])
    return outline


def draw_front(canvas: Canvas, turn: Turn, hair: Hair) -> None:
    """What lies over the head, with strands and gloss."""
    cut = CUTS[hair.style]
    if cut.puffs:
        _draw_puffs(canvas, turn, hair, cut)
        return
    shape = smooth(front_outline(turn, hair), cut.corners)
    canvas.fill(
        shape,
        Linear((-0.5, -1.2), (0.35, 0.9), (hair.light, hair.color, hair.shade), (0.0, 0.45, 1.0)),
    )
    with canvas.inside(shape):
        if cut.gloss:
            line = turn.wrap(cut.gloss)
            canvas.fill(tapered(line, 0.2), faded(hair.light, 0.3))
            canvas.fill(tapered(line, 0.09), faded(hair.light, 0.5))
        for strand in cut.dark:
            canvas.fill(tapered(turn.wrap(strand), 0.036), faded(hair.shade, 0.75))
        for strand in cut.light:
            canvas.fill(tapered(turn.wrap(strand), 0.032), faded(hair.light, 0.75))


def _draw_puffs(canvas: Canvas, turn: Turn, hair: Hair, cut: Cut) -> None:
    """Curls: round tufts, each with its own light and a dark rim where it meets the next."""
    canvas.fill(smooth(front_outline(turn, hair)), hair.color)
    at = np.array(cut.puffs)
    middles = turn.wrap(at[:, :3])
    for number, ((x, y), usual) in enumerate(zip(middles.tolist(), at[:, 3].tolist(), strict=True)):
        radius = usual * (1, 1.14, 0.92, 1.08, 0.96)[number * 7 % 5]
        ink = Radial((x - radius * 0.35, y - radius * 0.45), radius * 1.45,
                     (hair.light, hair.color, hair.shade), (0.0, 0.55, 1.0))  # fmt: skip
        canvas.fill(ellipse(x, y, radius, radius), ink)
