"""Which piece of footage goes where: worth, coverage and difference weighed together.

The choice is a placement of pieces into slots. Its value is the worth of every piece in its
slot (a window of it was found before), plus what it covers of the story with falling returns,
less what repeats: likeness to other pieces chosen, to its neighbours most of all, and to
earlier versions. A greedy placement, the hardest slot first, is improved by exchanges until
none helps. Two pieces of one shot are never neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.likeness import DUPLICATE
from pipelines.trailer.windows import Piece

#: What each thing counts against a worth of 0 to 1 a slot.
_COVERAGE = 0.35
_ALIKE = 0.02
_DUPLICATE = 0.30
#: Less alike than this, two pieces are simply of one film.
_OTHER = 0.55
_NEIGHBOUR_ALIKE = 0.45
_SAME_SHOT = 0.12
_BACKWARD = 0.10
_SAME_SCALE = 0.05
#: Forbidden, yet finite: a placement on the way to a good one may break the rule.
_FORBIDDEN = 100.0
_SWEEPS = 8


@dataclass(frozen=True)
class Problem:
    """Everything the choice depends on.

    Attributes:
        pieces: candidates.
        worth: float64 ``(m, k)``, of each piece in each slot; -inf where it has no window.
        alike: float64 ``(m, m)``, see :func:`pipelines.trailer.likeness.likeness`.
        bins: int64 ``(m,)``, part of the story that each piece covers.
        beside: slot after which another follows directly: bool ``(k,)``, the last is False.
        forward: bool ``(k,)``: whether the story should not run backward into the next slot.
        most_a_shot: pieces of one shot that may be used.
    """

    pieces: list[Piece]
    worth: NDArray[np.float64]
    alike: NDArray[np.float64]
    bins: NDArray[np.int64]
    beside: NDArray[np.bool_]
    forward: NDArray[np.bool_]
    most_a_shot: int


class _Board:
    """A placement that is being improved; ``placed[s]`` is a piece or -1."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        slots = problem.worth.shape[1]
        self.placed = np.full(slots, -1, np.int64)
        pieces = problem.pieces
        shots = [(p.tape, p.shot) for p in pieces]
        numbers = {shot: i for i, shot in enumerate(sorted(set(shots)))}
        self.shot = np.array([numbers[shot] for shot in shots])
        self.story = np.array([p.story for p in pieces])
        self.scale = np.array([p.scale for p in pieces])
        alike = problem.alike.copy()
        np.fill_diagonal(alike, 0)
        same = self.shot[:, None] == self.shot[None, :]
        np.fill_diagonal(same, False)
        repeat = np.clip((alike - _OTHER) / (DUPLICATE - _OTHER), 0, 1) ** 2
        self.apart = -_ALIKE * alike - _DUPLICATE * repeat - _SAME_SHOT * same
        jump = np.clip((alike - 0.3) / 0.7, 0, 1)
        flat = np.clip(1 - np.abs(self.scale[:, None] - self.scale[None, :]) / 0.25, 0, 1)
        self.side = -_NEIGHBOUR_ALIKE * jump - _SAME_SCALE * flat - _FORBIDDEN * same
        self.bin_count = int(problem.bins.max()) + 1 if len(pieces) else 1

    def _side_gain(self, slot: int, placed: NDArray[np.int64]) -> NDArray[np.float64]:
        problem = self.problem
        gain = np.zeros(len(problem.pieces))
        left = placed[slot - 1] if slot > 0 and problem.beside[slot - 1] else -1
        right = placed[slot + 1] if problem.beside[slot] else -1
        if left >= 0:
            gain += self.side[left]
            if problem.forward[slot - 1]:
                gain -= _BACKWARD * (self.story < self.story[left])
        if right >= 0:
            gain += self.side[right]
            if problem.forward[slot]:
                gain -= _BACKWARD * (self.story > self.story[right])
        return gain

    def gains(self, slot: int, placed: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """What each piece would add in a slot, the others standing; -inf for those in use."""
        placed = self.placed if placed is None else placed
        others = np.delete(placed, slot)
        others = others[others >= 0]
        covered = np.bincount(self.problem.bins[others], minlength=self.bin_count)
        steps = np.sqrt(covered + 1.0) - np.sqrt(covered)
        gain: NDArray[np.float64] = self.problem.worth[:, slot] + self._side_gain(slot, placed)
        gain = gain + _COVERAGE * steps[self.problem.bins]
        if len(others):
            gain = gain + self.apart[others].sum(axis=0)
            used = np.bincount(self.shot[others], minlength=int(self.shot.max()) + 1)
            gain = gain - _FORBIDDEN * (used[self.shot] >= self.problem.most_a_shot)
            gain[others] = -np.inf
        return gain

    def start(self) -> bool:
        """Fill every slot, the one with the fewest pieces first; whether that went."""
        order = np.lexsort(
            (np.arange(len(self.placed)), np.isfinite(self.problem.worth).sum(axis=0))
        )
        return all(self._fill(int(slot)) for slot in order)

    def _fill(self, slot: int) -> bool:
        gain = self.gains(slot)
        best = int(np.argmax(gain))
        if np.isfinite(gain[best]):
            self.placed[slot] = best
            return True
        # Every piece that fits is in use: move one to the best of its other places.
        for holder in np.flatnonzero(self.placed >= 0):
            piece = self.placed[holder]
            if not np.isfinite(self.problem.worth[piece, slot]):
                continue
            trial = self.placed.copy()
            trial[slot], trial[holder] = piece, -1
            other = self.gains(int(holder), trial)
            if np.isfinite(other.max()):
                trial[holder] = int(np.argmax(other))
                self.placed = trial
                return True
        return False

    def improve(self) -> None:
        """Replace and swap while it helps."""
        for _ in range(_SWEEPS):
            better = self._replace() + self._swap()
            if not better:
                return

    def _replace(self) -> int:
        better = 0
        for slot in range(len(self.placed)):
            gain = self.gains(slot)
            best = int(np.argmax(gain))
            if gain[best] > gain[self.placed[slot]] + 1e-9:
                self.placed[slot] = best
                better += 1
        return better

    def _pair_value(self, first: int, second: int, placed: NDArray[np.int64]) -> float:
        """What two slots contribute that depends on which of their pieces stands where."""
        problem = self.problem
        value = 0.0
        edges = {first - 1, first, second - 1, second}
        for slot in (first, second):
            value += float(problem.worth[placed[slot], slot])
        for edge in edges:
            if 0 <= edge < len(placed) - 1 and problem.beside[edge]:
                a, b = placed[edge], placed[edge + 1]
                value += float(self.side[a, b])
                if problem.forward[edge] and self.story[b] < self.story[a]:
                    value -= _BACKWARD
        return value

    def _swap(self) -> int:
        better = 0
        for first in range(len(self.placed)):
            for second in range(first + 1, len(self.placed)):
                a, b = self.placed[first], self.placed[second]
                worth = self.problem.worth
                if not (np.isfinite(worth[a, second]) and np.isfinite(worth[b, first])):
                    continue
                trial = self.placed.copy()
                trial[first], trial[second] = b, a
                if self._pair_value(first, second, trial) > (
                    self._pair_value(first, second, self.placed) + 1e-9
                ):
                    self.placed = trial
                    better += 1
        return better

    def lawful(self) -> bool:
        """Whether every slot is filled and no rule is broken."""
        if (self.placed < 0).any():
            return False
        beside = self.problem.beside[:-1]
        if (beside & (self.shot[self.placed[:-1]] == self.shot[self.placed[1:]])).any():
            return False
        return bool(np.bincount(self.shot[self.placed]).max() <= self.problem.most_a_shot)


def choose(problem: Problem) -> NDArray[np.int64] | None:
    """The piece for each slot, int64 ``(k,)``, or None where no lawful placement was found."""
    if not len(problem.pieces) or len(problem.pieces) < problem.worth.shape[1]:
        return None
    board = _Board(problem)
    if not board.start():
        return None
    board.improve()
    return board.placed if board.lawful() else None


def shortlist(worth: NDArray[np.float64], bins: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Which of many pieces to consider at all: the best, and the best of each part of the story.

    Args:
        worth: float64 ``(m,)``.
        bins: int64 ``(m,)``.
        most: how many to keep.

    Returns:
        rising indices.
    """
    if len(worth) <= most:
        return np.arange(len(worth))
    order = np.argsort(-worth, kind="stable")
    rank_in_bin = np.zeros(len(worth), np.int64)
    seen = np.zeros(int(bins.max()) + 1, np.int64)
    for piece in order:
        rank_in_bin[piece] = seen[bins[piece]]
        seen[bins[piece]] += 1
    quota = max(1, most // (2 * len(seen)))
    first = order[rank_in_bin[order] < quota]
    rest = order[rank_in_bin[order] >= quota]
    return np.sort(np.concatenate((first, rest))[:most])
