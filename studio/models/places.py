"""The pool's books: which models are on which device, and what they are counted at."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, cast

from studio.models.accounts import Needs
from studio.models.budget import Resident, Room
from studio.models.device import Device, DeviceMemory
from studio.models.records import DeviceStatus, ResidentStatus
from studio.models.spec import PLAIN, AnySpec, Closable, Form, Frugal, Movable


@dataclass(eq=False)
class Pin:
    """One lease: whose it is, and how many units of work it does at a time."""

    thread: threading.Thread
    units: float


@dataclass(eq=False)
class Held:
    """A model in memory.

    Attributes:
        spec, form, place: what it is and where.
        model: the object that is lent.
        needs: what it is counted at.
        load_s: seconds its load from disk took.
        last_use: by the pool's clock.
        clock: the ageing clock at its last use.
        uses: leases so far.
        pins: the leases of now.
        kept_units: units whose working memory stays until it is closed.
        copy_bytes: of its host copy; 0 where it has none.
        parked: it waits on the host.
        fetch_s: seconds that bringing it from the host took; 0 where never done.
        seen: whether the device's own count tells what it holds.
        before_bytes: what the process held on the device before it was loaded; None where
            nothing can be learned from that any more.
        load_bytes: what the load added to that.
        quiet_until: number of the lease that its first use must still be the latest of, for
            its working memory to be told from that of others.
        noted: how many of the model's own notes were taken over.
    """

    spec: AnySpec
    form: Form
    place: Place
    model: Closable
    needs: Needs
    load_s: float
    last_use: float
    clock: float = 0.0
    uses: int = 0
    pins: list[Pin] = field(default_factory=list)
    kept_units: float = 0.0
    copy_bytes: int = 0
    parked: bool = False
    fetch_s: float = 0.0
    seen: bool = False
    before_bytes: int | None = None
    load_bytes: int = 0
    quiet_until: int = -1
    noted: int = 0

    @property
    def key(self) -> str:
        """Its name in the books."""
        return key_of(self.spec, self.form)

    def bytes_with(self, units: float) -> int:
        """What it would be counted at on its device with further units at work."""
        if self.parked:
            return 0
        at_work = sum(pin.units for pin in self.pins) + units
        return self.needs.total_bytes(max(at_work, self.kept_units))

    @property
    def held_bytes(self) -> int:
        """What it is counted at on its device."""
        return self.bytes_with(0.0)

    def share_out(self) -> None:
        """Tell the model how much it may do at a time: as much as the largest lease."""
        if self.pins and "batch" in self.spec.rungs:
            cast(Frugal, self.model).allow(max(pin.units for pin in self.pins))

    @property
    def movable(self) -> Movable:
        """The model, where it can wait on the host."""
        return cast(Movable, self.model)

    @property
    def reload_s(self) -> float:
        """Seconds to have it back if it is evicted now."""
        return self.fetch_s if self.copy_bytes and self.fetch_s else self.load_s


def key_of(spec: AnySpec, form: Form) -> str:
    """Name of a model in one form."""
    return spec.key if form == PLAIN else f"{spec.key} ({form})"


def is_movable(model: Any) -> bool:
    """Whether a model can wait on the host."""
    return all(hasattr(model, n) for n in ("copy_bytes", "keep_copy", "to_host", "to_device"))


@dataclass(eq=False)
class Place:
    """One device's share of the books. Everything here is read and changed under the lock.

    Attributes:
        device, memory: which one.
        given_bytes: the budget from the settings; 0 means half of what is free at first.
        headroom_bytes: left free for others.
        models: in memory, by key; parked ones too.
        loading_bytes: promised to a load under way.
        making_way: models that are being closed for that load; it only begins after them.
        leaving: others that are being closed.
        copies_bytes: of host copies, on the host's place alone.
        clock: the ageing clock of its evictions.
    """

    device: Device
    memory: DeviceMemory
    given_bytes: int
    headroom_bytes: int
    models: dict[str, Held] = field(default_factory=dict)
    loading_bytes: int = 0
    making_way: list[Held] = field(default_factory=list)
    leaving: list[Held] = field(default_factory=list)
    copies_bytes: int = 0
    clock: float = 0.0

    @property
    def budget_bytes(self) -> int:
        """What models may hold here."""
        if not self.given_bytes:
            self.given_bytes = max(self.memory.free_bytes() // 2, 1)
        return self.given_bytes

    @property
    def held_bytes(self) -> int:
        """What models are counted at here, with loads and evictions under way."""
        models = sum(held.held_bytes for held in self.models.values())
        leaving = sum(held.held_bytes for held in self.leaving)
        making_way = sum(held.held_bytes for held in self.making_way)
        return models + leaving + max(making_way, self.loading_bytes) + self.copies_bytes

    def room(self) -> Room:
        """The memory as it is now; asks the device."""
        models = [held for held in self.models.values() if not held.parked]
        owed = self.loading_bytes
        if self.memory.exact:
            seen = sum(h.held_bytes for h in (*models, *self.leaving, *self.making_way) if h.seen)
            owed += max(0, seen - self.memory.held_bytes())
            models = [held for held in models if not held.seen]
        for held in models:  # what was used once has taken its working memory
            taken = held.needs.total_bytes(held.kept_units)
            owed += max(0, held.held_bytes - taken) if held.pins else 0
        return Room(
            self.budget_bytes,
            self.held_bytes,
            self.memory.free_bytes(),
            self.headroom_bytes,
            owed,
        )

    def residents(self, expected: dict[str, int]) -> list[Resident]:
        """The models on the device, as the eviction sees them."""
        return [
            Resident(
                key,
                held.held_bytes,
                held.reload_s,
                held.uses,
                held.clock,
                bool(held.pins),
                expected.get(key),
            )
            for key, held in self.models.items()
            if not held.parked
        ]

    def status(self, now: float) -> DeviceStatus:
        """As a value."""
        return DeviceStatus(
            device=self.device.torch_name,
            name=self.device.name,
            total_bytes=self.device.total_bytes,
            free_bytes=self.memory.free_bytes(),
            budget_bytes=self.budget_bytes,
            headroom_bytes=self.headroom_bytes,
            held_bytes=self.held_bytes,
            residents=tuple(
                ResidentStatus(
                    key=held.spec.key,
                    form=str(held.form),
                    tier="host" if held.parked else "device",
                    held_bytes=held.held_bytes,
                    host_bytes=held.copy_bytes,
                    pins=len(held.pins),
                    uses=held.uses,
                    idle_s=0.0 if held.pins else round(now - held.last_use, 3),
                    load_s=round(held.load_s, 3),
                )
                for held in self.models.values()
            ),
        )
