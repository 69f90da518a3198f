"""Hair: what hangs behind the head, and what lies over it. Points are ``(x, y, depth)``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.avatar.characters.look import Hair
from pipelines.avatar.characters.turning import Points, Turn, mirrored
from studio.drawing.canvas import Canvas, Linear, Radial, ellipse, faded, smooth

_Place = tuple[float, float, float]


@dataclass(frozen=True)
class Cut:
    """Shapes of one hair style.

    Attributes:
        back: behind the neck; may be empty.
        front: over the head.
        corners: numbers of points of ``front`` where it bends sharply.
        light, dark: lines that strands follow, in the light colour and in the shade.
        gloss: line of the highlight.
        puffs: round tufts over the front: x, y, depth and radius.
    """

    back: tuple[_Place, ...]
    front: tuple[_Place, ...]
    corners: tuple[int, ...] = ()
    light: tuple[tuple[_Place, ...], ...] = ()
    dark: tuple[tuple[_Place, ...], ...] = ()
    gloss: tuple[_Place, ...] = ()
    puffs: tuple[tuple[float, float, float, float], ...] = ()


def _both(half: Sequence[_Place]) -> tuple[_Place, ...]:
    return tuple((float(x), float(y), float(z)) for x, y, z in mirrored(half))


def _arc(
    middle: tuple[float, float], radii: tuple[float, float], span: tuple[float, float], count: int,
    depth: float,
) -> list[_Place]:  # fmt: skip
    """Places along an arc; angles in turns, clockwise from the right."""
    return [
        (middle[0] + radii[0] * float(np.cos(a)), middle[1] + radii[1] * float(np.sin(a)), depth)
        for a in np.linspace(span[0], span[1], count) * 2 * np.pi
    ]


_BOB = Cut(
    back=_both((
        (0, -1.12, -0.1), (0.5, -1.06, -0.1), (0.84, -0.72, -0.1), (0.95, -0.2, -0.15),
        (0.98, 0.3, -0.2), (0.95, 0.72, -0.2), (0.82, 0.99, -0.2), (0.45, 1.0, -0.3), (0, 0.98, -0.3),
    )),
    front=_both((
        (0, -1.15, 0.05), (0.5, -1.08, 0.05), (0.845, -0.74, 0.05), (0.95, -0.2, 0.0),
        (0.975, 0.3, 0.02), (0.945, 0.72, 0.05), (0.80, 0.985, 0.1), (0.655, 0.9, 0.22),
        (0.70, 0.5, 0.24), (0.705, 0.1, 0.28), (0.655, -0.24, 0.4), (0.4, -0.31, 0.58), (0.0, -0.335, 0.66),
    )),
    corners=(6, 10, 14, 18),
    light=(
        ((0.12, -1.05, 0.2), (0.2, -0.75, 0.5), (0.22, -0.38, 0.66)),
        ((0.72, -0.7, 0.1), (0.84, -0.1, 0.1), (0.84, 0.6, 0.12)),
        ((-0.55, -0.85, 0.2), (-0.78, -0.2, 0.1), (-0.82, 0.5, 0.12)),
    ),
    dark=(
        ((-0.1, -1.05, 0.2), (-0.16, -0.75, 0.5), (-0.15, -0.36, 0.66)),
        ((0.35, -0.98, 0.2), (0.47, -0.7, 0.4), (0.5, -0.3, 0.55)),
        ((-0.35, -0.98, 0.2), (-0.44, -0.7, 0.4), (-0.46, -0.3, 0.55)),
        ((0.88, -0.3, 0.05), (0.88, 0.3, 0.08), (0.80, 0.85, 0.12)),
        ((-0.88, -0.3, 0.05), (-0.9, 0.3, 0.08), (-0.82, 0.85, 0.12)),
    ),
    gloss=((-0.66, -0.60, 0.3), (-0.35, -0.74, 0.45), (0, -0.78, 0.5), (0.35, -0.74, 0.45), (0.66, -0.60, 0.3)),
)  # fmt: skip

#: What is seen of short hair beside the far temple when the head turns.
_SKULL = _both((
    (0, -1.10, 0.0), (0.55, -0.98, 0.0), (0.80, -0.62, 0.0), (0.80, -0.15, 0.0), (0.74, 0.12, 0.0), (0, 0.2, 0.0),
))  # fmt: skip

_SWEPT = Cut(
    back=_SKULL,
    front=(
        (-0.765, 0.10, 0.0), (-0.845, -0.25, 0.0), (-0.86, -0.65, 0.0), (-0.66, -1.06, 0.05),
        (-0.25, -1.25, 0.1), (0.25, -1.30, 0.12), (0.70, -1.10, 0.08), (0.87, -0.70, 0.0),
        (0.845, -0.25, 0.0), (0.765, 0.10, 0.0),
        (0.70, -0.06, 0.15), (0.695, -0.38, 0.3), (0.60, -0.60, 0.42), (0.30, -0.72, 0.52),
        (-0.08, -0.70, 0.56), (-0.42, -0.56, 0.5), (-0.60, -0.52, 0.42), (-0.69, -0.36, 0.3), (-0.70, -0.06, 0.15),
    ),
    corners=(0, 9, 16),
    light=(
        ((-0.5, -0.72, 0.4), (-0.2, -1.02, 0.3), (0.3, -1.08, 0.25), (0.66, -0.86, 0.2)),
        ((-0.55, -0.9, 0.2), (-0.2, -1.14, 0.2), (0.25, -1.19, 0.2), (0.6, -1.02, 0.15)),
    ),
    dark=(
        ((-0.52, -0.62, 0.45), (-0.2, -0.88, 0.4), (0.25, -0.95, 0.35), (0.64, -0.72, 0.3)),
        ((-0.4, -0.6, 0.5), (-0.1, -0.78, 0.5), (0.25, -0.83, 0.45), (0.56, -0.66, 0.4)),
        ((0.76, -0.62, 0.1), (0.79, -0.3, 0.1), (0.755, 0.0, 0.1)),
        ((-0.76, -0.62, 0.1), (-0.79, -0.3, 0.1), (-0.755, 0.0, 0.1)),
    ),
    gloss=((-0.55, -0.82, 0.3), (-0.15, -1.06, 0.25), (0.3, -1.12, 0.22), (0.62, -0.95, 0.18)),
)  # fmt: skip

_PARTED = Cut(
    back=_SKULL,
    front=(
        (-0.765, 0.14, 0.0), (-0.825, -0.2, 0.0), (-0.845, -0.6, 0.0), (-0.70, -0.98, 0.05),
        (-0.30, -1.15, 0.1), (0.20, -1.17, 0.1), (0.64, -1.0, 0.06), (0.84, -0.62, 0.0),
        (0.825, -0.2, 0.0), (0.765, 0.14, 0.0),
        (0.705, -0.05, 0.15), (0.70, -0.34, 0.28), (0.655, -0.60, 0.38), (0.50, -0.74, 0.45), (0.12, -0.80, 0.52),
        (-0.22, -0.78, 0.52), (-0.40, -0.92, 0.40), (-0.52, -0.72, 0.42), (-0.675, -0.52, 0.35), (-0.70, -0.05, 0.15),
    ),
    corners=(0, 9, 12, 16, 18),
    light=(
        ((-0.36, -0.98, 0.35), (0.0, -1.04, 0.3), (0.36, -0.98, 0.3), (0.62, -0.78, 0.28)),
        ((-0.36, -1.02, 0.3), (0.02, -1.1, 0.22), (0.4, -1.04, 0.2), (0.7, -0.8, 0.15)),
    ),
    dark=(
        ((-0.37, -0.95, 0.38), (-0.05, -0.94, 0.4), (0.32, -0.88, 0.4), (0.58, -0.72, 0.36)),
        ((-0.42, -1.0, 0.3), (-0.62, -0.8, 0.25), (-0.74, -0.5, 0.15)),
        ((0.755, -0.55, 0.1), (0.77, -0.25, 0.1), (0.745, 0.02, 0.1)),
        ((-0.755, -0.45, 0.1), (-0.77, -0.2, 0.1), (-0.745, 0.02, 0.1)),
    ),
    gloss=((-0.30, -1.03, 0.3), (0.1, -1.07, 0.25), (0.5, -0.94, 0.22)),
)  # fmt: skip

_WAVES = Cut(
    back=_both((
        (0, -1.14, -0.1), (0.52, -1.07, -0.1), (0.88, -0.72, -0.1), (1.0, -0.15, -0.2), (0.98, 0.35, -0.25),
        (1.10, 0.8, -0.25), (1.04, 1.25, -0.25), (1.12, 1.65, -0.25), (0.95, 1.98, -0.25), (0.5, 2.02, -0.3), (0, 1.9, -0.3),
    )),
    front=(
        (-0.16, -1.12, 0.08), (-0.55, -1.08, 0.05), (-0.87, -0.76, 0.05), (-0.99, -0.2, 0.0), (-0.96, 0.32, 0.0),
        (-1.08, 0.78, 0.0), (-1.0, 1.22, 0.0), (-1.07, 1.60, 0.0), (-0.86, 1.92, 0.05), (-0.64, 1.70, 0.1),
        (-0.76, 1.28, 0.12), (-0.66, 0.86, 0.16), (-0.735, 0.42, 0.2), (-0.72, 0.0, 0.3), (-0.62, -0.42, 0.45), (-0.35, -0.74, 0.55),
        (-0.14, -0.98, 0.45),
        (0.22, -0.76, 0.58), (0.54, -0.50, 0.5), (0.70, -0.1, 0.32), (0.735, 0.42, 0.2), (0.66, 0.86, 0.16),
        (0.76, 1.28, 0.12), (0.64, 1.70, 0.1), (0.86, 1.92, 0.05), (1.07, 1.60, 0.0), (1.0, 1.22, 0.0), (1.08, 0.78, 0.0),
        (0.96, 0.32, 0.0), (0.99, -0.2, 0.0), (0.88, -0.76, 0.05), (0.52, -1.1, 0.05), (0.12, -1.17, 0.08),
    ),
    corners=(8, 16, 24),
    light=(
        ((-0.2, -1.04, 0.2), (0.3, -0.88, 0.4), (0.7, -0.45, 0.3), (0.82, 0.1, 0.15), (0.80, 0.5, 0.1), (0.90, 0.95, 0.08), (0.80, 1.4, 0.08)),
        ((-0.3, -1.0, 0.2), (-0.66, -0.66, 0.3), (-0.84, 0.0, 0.12), (-0.82, 0.5, 0.1), (-0.9, 0.95, 0.08), (-0.82, 1.4, 0.08)),
    ),
    dark=(
        ((-0.15, -1.02, 0.3), (0.26, -0.82, 0.5), (0.6, -0.45, 0.42), (0.74, 0.05, 0.25), (0.77, 0.45, 0.2)),
        ((-0.2, -0.98, 0.3), (-0.5, -0.66, 0.45), (-0.7, -0.2, 0.32), (-0.77, 0.4, 0.2)),
        ((0.9, -0.3, 0.05), (0.88, 0.3, 0.05), (0.98, 0.8, 0.05), (0.90, 1.3, 0.05), (0.94, 1.66, 0.05)),
        ((-0.9, -0.3, 0.05), (-0.88, 0.3, 0.05), (-0.98, 0.8, 0.05), (-0.90, 1.3, 0.05), (-0.94, 1.66, 0.05)),
    ),
    gloss=((-0.74, -0.55, 0.25), (-0.45, -0.86, 0.3), (0.0, -1.0, 0.3), (0.42, -0.86, 0.35), (0.74, -0.5, 0.25)),
)  # fmt: skip

_CURLS = Cut(
    back=_both(((0, -1.36, -0.1), (0.62, -1.24, -0.1), (1.02, -0.86, -0.1), (1.12, -0.36, -0.12),
                (1.04, 0.12, -0.15), (0.80, 0.42, -0.2), (0, 0.5, -0.2))),
    front=(
        *_arc((0, -0.40), (0.98, 0.92), (0.53, 0.97), 12, 0.0),
        (0.80, -0.20, 0.1), (0.70, -0.34, 0.25), (0.62, -0.52, 0.38), (0.36, -0.70, 0.5), (0, -0.755, 0.55),
        (-0.36, -0.70, 0.5), (-0.62, -0.52, 0.38), (-0.70, -0.34, 0.25), (-0.80, -0.20, 0.1),
    ),
    puffs=(
        *((x, y, z, 0.165) for x, y, z in _arc((0, -0.42), (1.05, 0.95), (0.46, 1.04), 15, -0.05)),
        *((x, y, z, 0.150) for x, y, z in _arc((0, -0.36), (0.92, 0.84), (0.51, 0.99), 14, 0.1)),
        *((x, y, z, 0.125) for x, y, z in _arc((0, -0.28), (0.80, 0.72), (0.53, 0.97), 14, 0.3)),
        *((x, y, z, 0.095) for x, y, z in _arc((0, -0.18), (0.72, 0.58), (0.53, 0.97), 15, 0.42)),
    ),
)  # fmt: skip

CUTS = {"bob": _BOB, "swept": _SWEPT, "parted": _PARTED, "waves": _WAVES, "curls": _CURLS}


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
    return turn.wrap(CUTS[hair.style].front) + (0, drop)


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
            line = smooth(turn.wrap(cut.gloss), closed=False)
            canvas.line(line, faded(hair.light, 0.35), 0.15)
            canvas.line(line, faded(hair.light, 0.55), 0.06)
        for strand in cut.dark:
            canvas.line(smooth(turn.wrap(strand), closed=False), faded(hair.shade, 0.75), 0.024)
        for strand in cut.light:
            canvas.line(smooth(turn.wrap(strand), closed=False), faded(hair.light, 0.8), 0.018)


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
