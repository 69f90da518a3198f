"""Hair, laid strand by strand between guides. Places are in units of the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.presenters.drawn.look import Hair
from studio.drawing.canvas import Canvas, Linear, faded, mixed, smooth, tapered

Guide = Sequence[tuple[float, float]]
Lines = NDArray[np.float64]

#: Points along a strand.
_STEPS = 10


@dataclass(frozen=True)
class Lock:
    """Hair between guides that run from the roots to the tips.

    Attributes:
        guides: side by side; what is drawn later lies over what is drawn before.
        strands: how many.
        width: of a strand, in units.
        gloss: where along a strand the light falls, 0 to 1; below 0 for nowhere.
        wild: how far strands stray, in units.
        shade: how much darker all of it is, 0 to 1.
        alpha: how much it covers.
        wave: how far strands swing to the sides, in units, and how often.
    """

    guides: tuple[Guide, ...]
    strands: int = 90
    width: float = 0.05
    gloss: float = 0.32
    wild: float = 0.012
    shade: float = 0.0
    alpha: float = 1.0
    wave: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Cut:
    """A hair style: what hangs behind the neck, and what lies over the head."""

    front: tuple[Lock, ...]
    back: tuple[Lock, ...] = ()


def mirror(lock: Lock) -> Lock:
    """The same on the other side."""
    guides = tuple(tuple((-x, y) for x, y in guide) for guide in lock.guides)
    return Lock(guides, *(getattr(lock, name) for name in list(vars(lock))[1:]))


def paint_locks(canvas: Canvas, hair: Hair, locks: Sequence[Lock]) -> None:
    """Lay locks, the first lowest.

    Args:
        canvas: in units of the head.
        hair: colours.
        locks: what to lay; the same ones always come out alike.
    """
    for number, lock in enumerate(locks):
        _paint(canvas, hair, lock, np.random.default_rng([17, number]))


def _paint(canvas: Canvas, hair: Hair, lock: Lock, draw: np.random.Generator) -> None:
    guides = np.stack([_resampled(guide) for guide in lock.guides])
    dark = mixed(hair.dark, "#000000", 0.5 * lock.shade)
    color = mixed(hair.color, hair.dark, lock.shade)
    light = mixed(hair.light, hair.color, lock.shade)
    if lock.alpha >= 1:
        canvas.fill(_sheet(guides), mixed(dark, color, 0.5))
    for layer, (share, width) in enumerate(((0.45, 1.0), (0.35, 0.55), (0.2, 0.30))):
        for _ in range(round(lock.strands * share)):
            across = draw.random()
            strand = _between(guides, across)
            strand = strand + _stray(strand, lock, draw)
            first = draw.uniform(0, 0.15) if layer else 0.0
            last = draw.uniform(0.75, 1.0) if layer else 1.0
            strand = _stretch(strand, first, last)
            body = mixed(dark, color, float(np.clip(draw.normal(0.55, 0.28), 0, 1)))
            lit = mixed(body, light, float(np.clip(draw.normal(0.45, 0.25), 0, 1)))
            canvas.fill(
                tapered(strand, lock.width * width * draw.uniform(0.7, 1.3)),
                _ink(strand, body, lit, dark, lock, draw),
            )


def _sheet(guides: Lines) -> object:
    """All that lies between the guides: along the first, the tips, the last, the roots."""
    edge = [guides[0], guides[1:-1, -1], guides[-1][::-1], guides[-2:0:-1, 0]]
    count = len(guides) - 2
    corners = (0, _STEPS - 1, _STEPS + count, 2 * _STEPS + count - 1)
    return smooth(np.concatenate(edge), corners)


def cast_shadow(canvas: Canvas, locks: Sequence[Lock], color: str) -> None:
    """What locks keep from the light, a little below and beside them."""
    for lock in locks:
        if lock.alpha < 1:
            continue
        guides = np.stack([_resampled(guide) for guide in lock.guides])
        canvas.fill(_sheet(guides + np.array([0.012, 0.034])), faded(color, 0.5), blur=0.03)


def _ink(
    strand: Lines, body: str, lit: str, dark: str, lock: Lock, draw: np.random.Generator
) -> str | Linear:
    root, tip = strand[0], strand[-1]
    if lock.gloss < 0 or np.hypot(*(tip - root)) < 0.05:
        return faded(body, lock.alpha)
    at = float(np.clip(lock.gloss + draw.normal(0, 0.03), 0.12, 0.85))
    colors = (dark, body, lit, body, mixed(body, dark, 0.5))
    return Linear(
        (float(root[0]), float(root[1])),
        (float(tip[0]), float(tip[1])),
        tuple(faded(c, lock.alpha) for c in colors),
        (0.0, at * 0.55, at, min(at * 1.6 + 0.05, 0.95), 1.0),
    )


def _stray(strand: Lines, lock: Lock, draw: np.random.Generator) -> Lines:
    along = np.linspace(0, 1, _STEPS)
    away = draw.normal(size=2) * lock.wild
    made = away * (0.45 + 0.55 * along[:, None])
    if lock.wave[0]:
        step = np.gradient(strand, axis=0)
        normal = np.stack([-step[:, 1], step[:, 0]], axis=1)
        normal /= np.maximum(np.hypot(*normal.T), 1e-6)[:, None]
        swing = np.sin(2 * np.pi * lock.wave[1] * along + draw.normal(0, 0.25))
        made = made + normal * (swing * lock.wave[0] * np.clip(along * 2.2, 0, 1))[:, None]
    return np.asarray(made)


def _stretch(strand: Lines, first: float, last: float) -> Lines:
    """A part of a strand, with as many points as all of it."""
    whole, part = np.linspace(0, 1, _STEPS), np.linspace(first, last, _STEPS)
    return np.stack([np.interp(part, whole, strand[:, k]) for k in (0, 1)], axis=1)


def _between(guides: Lines, across: float) -> Lines:
    place = across * (len(guides) - 1)
    low = min(int(place), len(guides) - 2)
    share = place - low
    return np.asarray(guides[low] * (1 - share) + guides[low + 1] * share)


def _resampled(guide: Guide) -> Lines:
    """A guide with :data:`_STEPS` points at equal distances along a curve through its points."""
    from scipy.interpolate import PchipInterpolator

    knots = np.asarray(guide, np.float64)
    far = np.concatenate([[0], np.cumsum(np.maximum(np.hypot(*np.diff(knots, axis=0).T), 1e-6))])
    return np.asarray(PchipInterpolator(far, knots)(np.linspace(0, far[-1], _STEPS)))
