"""What fits and what has to go: arithmetic only, no models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Resident:
    """A loaded model as the budget sees it.

    Attributes:
        key: its name.
        held_bytes: what dropping it frees.
        reload_s: seconds to have it back.
        uses: leases so far.
        clock: the ageing clock at its last use, see :func:`eviction_value`.
        pinned: in use now.
        expected: how many stages from now it was said to be needed; None where nobody said.
    """

    key: str
    held_bytes: int
    reload_s: float
    uses: int
    clock: float
    pinned: bool
    expected: int | None = None


#: Uses that count. Where one phase of work follows another, the many uses of the last one
#: would keep its models for too long: on made-up phases of 25 leases, 2.05 times the optimum
#: without a bound and 1.54 with this one (``python -m tests.benchmarks pool``).
MOST_USES = 4


def eviction_value(resident: Resident) -> float:
    """What keeping it is worth: the clock at its last use plus reload seconds times uses per byte.

    GreedyDual-Size-Frequency (Cherkasova, 1998), its frequency bounded. The clock is the value
    of what was last evicted (:func:`clock_after`): it rises with every eviction, so what was
    dear once and is never used again is overtaken by what is used now.
    """
    uses = min(resident.uses, MOST_USES)
    return resident.clock + resident.reload_s * uses / max(resident.held_bytes, 1)


def _order(resident: Resident) -> tuple[bool, int, float]:
    """First what nobody announced, cheapest first; then what is needed last."""
    if resident.expected is None:
        return False, 0, eviction_value(resident)
    return True, -resident.expected, eviction_value(resident)


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
    for resident in sorted((r for r in residents if not r.pinned), key=_order):
        victims.append(resident)
        short -= resident.held_bytes
        if short <= 0:
            break
    if short > 0:
        return None
    for resident in sorted(victims, key=_order, reverse=True):  # spare what can be spared
        if short + resident.held_bytes <= 0:
            victims.remove(resident)
            short += resident.held_bytes
    return tuple(v.key for v in victims)


def clock_after(clock: float, residents: Sequence[Resident], victims: Iterable[str]) -> float:
    """The ageing clock once these were evicted; it never falls."""
    gone = set(victims)
    return max([clock, *(eviction_value(r) for r in residents if r.key in gone)])


@dataclass(frozen=True)
class Room:
    """One device's memory, counted.

    Attributes:
        budget_bytes: what all models may hold.
        held_bytes: what they are counted at, loads and evictions under way included.
        free_bytes: what the device has left, as read now.
        headroom_bytes: of that, for others.
        owed_bytes: what models in use may still allocate.
    """

    budget_bytes: int
    held_bytes: int
    free_bytes: int
    headroom_bytes: int = 0
    owed_bytes: int = 0

    @property
    def open_bytes(self) -> int:
        """What another model may take without any eviction; negative where too much is held."""
        real = self.free_bytes - self.headroom_bytes - self.owed_bytes
        return min(self.budget_bytes - self.held_bytes, real)


@dataclass(frozen=True)
class Preflight:
    """Whether models fit, before anything is loaded.

    Attributes:
        fits: on some rung.
        rung: the first on which they do, in words; empty where none.
        need_bytes: on that rung, or at best.
        open_bytes: what there is for them, idle models counted as gone.
        load_s: seconds that loading what is not loaded yet takes, where measured.
        reason: in a sentence.
    """

    fits: bool
    rung: str
    need_bytes: int
    open_bytes: int
    load_s: float
    reason: str
