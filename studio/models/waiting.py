"""In which order those who wait for a model are served: a pure function over their facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: How many that came later may be served before a waiter; then nobody passes any more.
MOST_OVERTAKEN = 8


@dataclass(frozen=True)
class Waiting:
    """One who waits.

    Attributes:
        number: of arrival.
        batch: gives way to interactive work.
        holds: has other models in use, which nobody gets before it goes on.
        overtaken: how many that came later, and held nothing, were served since.
    """

    number: int
    batch: bool
    holds: bool
    overtaken: int


def in_order(waiters: Iterable[Waiting]) -> list[Waiting]:
    """Who goes first.

    Those who hold models, for others wait for these; then whoever was overtaken too often;
    then interactive work, then batch work; each in order of arrival.
    """

    def place(waiter: Waiting) -> tuple[int, int]:
        if waiter.holds:
            rank = 0
        elif waiter.overtaken >= MOST_OVERTAKEN:
            rank = 1
        else:
            rank = 3 if waiter.batch else 2
        return rank, waiter.number

    return sorted(waiters, key=place)


def may_pass(waiter: Waiting, ahead: Sequence[Waiting]) -> bool:
    """Whether one may be served before those ahead of it, who cannot go yet."""
    return waiter.holds or all(
        other.overtaken < MOST_OVERTAKEN or other.number > waiter.number for other in ahead
    )


def overtaken_by(waiter: Waiting, others: Iterable[Waiting]) -> list[int]:
    """Numbers of those that are overtaken when ``waiter`` is served."""
    return [o.number for o in others if o.number < waiter.number and not waiter.holds]
