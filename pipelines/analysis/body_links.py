"""Pieces of tracks that broke off, joined again: who was hidden, or left and came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Seconds after which nobody is expected back.
_GAP_S = 8.0
#: Looks of one person differ by less (measured on two children: half of the pairs by 0.39, 95 %
#: by 0.60; pairs of both by 0.72 and 0.55). Means of several bodies lie closer together.
_MOST_APART = 0.48
#: Where only pieces seen among others could be joined, a little less is asked.
_UNCLEAR = 3
#: What a place that goes on is worth against a look.
_BY_PLACE = 0.12
#: Seconds by which the last boxes of a piece may be somebody else's, beside the next.
_BESIDE_S = 0.35
#: A look that changes by more within a piece, over so many clear samples, is another person's.
_CHANGES, _CHANGE_ROWS = 0.5, 4
#: Samples about those on which somebody is covered that are not trusted either; and how many
#: have to be clear on both sides for looks to be compared.
_AROUND, _LEAST_CLEAR = 1, 3
#: Body heights that somebody moves at once, and in a second.
_REACH, _REACH_PER_S = 0.8, 1.6
_SIZES = 2.2
_IMPOSSIBLE = 1e6


@dataclass(frozen=True)
class Piece:
    """A piece of a track; boxes are middle, width and height in picture heights.

    Attributes:
        rows: of the bodies, rising.
        start_s, end_s: when.
        first_box, last_box: float32 ``(4,)``.
        first_look, last_look: float32 ``(126,)``, of its first and its last third.
        clear: on how many rows it is seen well.
        before: last row of the piece that it went on from by its place; -1 where it began.
    """

    rows: tuple[int, ...]
    start_s: float
    end_s: float
    first_box: NDArray[np.float32]
    last_box: NDArray[np.float32]
    first_look: NDArray[np.float32]
    last_look: NDArray[np.float32]
    clear: int
    before: int = -1


def linked(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces of one shot in groups, each of one person and in order of time.

    Every end is joined to the beginning that looks most like it, all at once at the least
    cost; nobody is in two places at once.
    """
    from scipy.optimize import linear_sum_assignment

    groups = [[piece] for piece in sorted(pieces, key=lambda p: p.start_s)]
    while len(groups) > 1:
        cost = np.array(
            [[_cost(one[-1], other[0]) for other in groups] for one in groups], np.float64
        )
        # What may not be costs hardly more than the dearest that may: it must push none aside.
        chosen = zip(*linear_sum_assignment(np.minimum(cost, 1.001)), strict=True)
        after = {int(i): int(j) for i, j in chosen if cost[i, j] <= 1.0}
        if not after:
            break
        begun = set(after.values())
        chains = []
        for first in (n for n in range(len(groups)) if n not in begun):
            chain, at = list(groups[first]), first
            while at in after:
                at = after[at]
                chain += groups[at]
            chains.append(chain)
        groups = chains
    return groups


def _cost(one: Piece, other: Piece) -> float:
    """Of saying that the second goes on with the first: up to 1 where it may be."""
    gap_s = other.start_s - one.end_s
    apart = float(np.linalg.norm(one.last_look - other.first_look))
    if other.before == one.rows[-1]:  # its place says so: only a clearly better look is believed
        return min(apart / _MOST_APART, 1.0) - _BY_PLACE
    if not -_BESIDE_S <= gap_s <= _GAP_S or other.start_s <= one.start_s:
        return _IMPOSSIBLE
    height = float(max(one.last_box[3], other.first_box[3]))
    away = float(np.hypot(*(other.first_box[:2] - one.last_box[:2]))) / max(height, 1e-6)
    sizes = float(other.first_box[3] / max(float(one.last_box[3]), 1e-6))
    if away > _REACH + _REACH_PER_S * gap_s or not 1 / _SIZES <= sizes <= _SIZES:
        return _IMPOSSIBLE
    most = _MOST_APART + (0.06 if min(one.clear, other.clear) < _UNCLEAR else 0.0)
    return apart / most + 0.01 * abs(gap_s) if apart <= most else _IMPOSSIBLE


def cut_where_unsure(
    rows: Sequence[int],
    clear: Sequence[int],
    seconds: NDArray[np.float64],
    looks: NDArray[np.float32],
) -> list[tuple[list[int], list[int]]]:
    """A piece cut in the middle of each stretch on which others covered the body, and where its
    look changes for good.

    Who comes out of a crowd, or from behind a wall, is then asked again by looks, of all who
    were there at once.

    Args:
        rows: of the piece.
        clear: those on which it is seen well.
        seconds: of the rows, ``(n,)``.
        looks: of the rows, ``(n, 126)``.

    Returns:
        The parts: their rows, and those of them on which the body is seen well.
    """
    seen = np.isin(rows, clear)
    hidden = ~seen
    for step in range(1, _AROUND + 1):
        hidden[step:] |= ~seen[:-step]
        hidden[:-step] |= ~seen[step:]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hidden.astype(int), [0]])))
    cuts = [0]
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        left, right = seen[cuts[-1] : start].sum(), seen[end:].sum()
        if min(left, right) >= _LEAST_CLEAR:
            middle = (seconds[start] + seconds[end - 1]) / 2
            cuts.append(int(np.searchsorted(seconds, middle, side="right")))
    cuts = sorted({*cuts, *_changes(np.flatnonzero(seen), looks)})
    ends = [*cuts[1:], len(rows)]
    parts = [list(rows[a:b]) for a, b in zip(cuts, ends, strict=True) if a < b]
    known = set(clear)
    return [(part, [row for row in part if row in known]) for part in parts]


def _changes(seen: NDArray[np.int64], looks: NDArray[np.float32]) -> list[int]:
    """Rows from which the look of a piece is another, for longer than a moment."""
    wide = _CHANGE_ROWS
    apart = np.zeros(len(seen))
    for at in range(wide, len(seen) - wide + 1):
        before, after = looks[seen[at - wide : at]], looks[seen[at : at + wide]]
        apart[at] = np.linalg.norm(before.mean(axis=0) - after.mean(axis=0))
    found: list[int] = []
    while apart.size and apart.max() > _CHANGES:
        at = int(apart.argmax())
        found.append(int(seen[at]))
        apart[max(at - wide, 0) : at + wide] = 0
    return found
