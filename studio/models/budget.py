"""What fits and what has to go: arithmetic only, no models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Resident:
    """A loaded model as the budget sees it.

    Attributes:
        key: its name.
        held_bytes: what it holds.
        load_s: seconds its load took.
        uses: leases so far.
        idle_s: seconds since its last use.
        pinned: in use now.
    """

    key: str
    held_bytes: int
    load_s: float
    uses: int
    idle_s: float
    pinned: bool


def eviction_value(resident: Resident) -> float:
    """What keeping it is worth per byte: reload seconds times use over bytes, fading while idle.

    The shape of GreedyDual-Size-Frequency (Cherkasova, 1998), with idle time in place of
    its ageing clock.
    """
    return resident.load_s * resident.uses / max(resident.held_bytes, 1) / (1.0 + resident.idle_s)


def plan_eviction(
    residents: Sequence[Resident], need_bytes: int, free_bytes: int
) -> tuple[str, ...] | None:
    """The keys to drop, cheapest first, so that ``need_bytes`` fit; None if they never will.

    Nothing pinned is named, and no more than is needed.
    """
    short = need_bytes - free_bytes
    if short <= 0:
        return ()
    victims: list[Resident] = []
    for resident in sorted((r for r in residents if not r.pinned), key=eviction_value):
        victims.append(resident)
        short -= resident.held_bytes
        if short <= 0:
            break
    if short > 0:
        return None
    for resident in sorted(victims, key=lambda r: -eviction_value(r)):  # spare what can be spared
        if short + resident.held_bytes <= 0:
            victims.remove(resident)
            short += resident.held_bytes
    return tuple(v.key for v in victims)
