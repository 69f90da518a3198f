"""A device whose every byte is counted, and models that take their memory from it.

A model's name says what it takes: ``a-40-10`` holds 40 bytes and works in 10 more a unit.
"""

from __future__ import annotations

import threading
import time

from studio.models.device import Device
from studio.models.pool import ModelPool
from studio.models.spec import LoadContext, ModelSpec
from studio.settings import Settings

MEMORIES: dict[str, CountedMemory] = {}


class OutOfMemoryError(RuntimeError):
    """Named and worded as torch's."""


class CountedMemory:
    """Refuses what it has not; remembers the most that was taken at a time.

    Args:
        name: of the device.
        total_bytes: it has.
        keeps_working: whether models keep what they worked in, as on a processor.
        exact: whether the pool may trust differences.
    """

    def __init__(self, name, total_bytes, keeps_working=False, exact=True):
        self.name, self.total_bytes = name, total_bytes
        self.keeps_working, self.exact = keeps_working, exact
        self.taken = self.most = self.peak = self.allocations = self.given_back = 0
        self.others = 0  # what another program took
        self.fails_at: set[int] = set()
        self.lock = threading.Lock()
        MEMORIES[name] = self

    def take(self, size_bytes):
        with self.lock:
            self.allocations += 1
            free = self.total_bytes - self.taken - self.others
            if self.allocations in self.fails_at or size_bytes > free:
                raise OutOfMemoryError(
                    f"CUDA out of memory. Tried to allocate {size_bytes} bytes. GPU 0 has a total "
                    f"capacity of {self.total_bytes} bytes of which {free} bytes is free."
                )
            self.taken += size_bytes
            self.most = max(self.most, self.taken)
            self.peak = max(self.peak, self.taken)

    def give(self, size_bytes):
        with self.lock:
            self.taken -= size_bytes
            assert self.taken >= 0

    def free_bytes(self):
        return self.total_bytes - self.taken - self.others

    def held_bytes(self):
        return self.taken

    def mark_peak(self):
        self.peak = self.taken

    def peak_bytes(self):
        return self.peak

    def give_back(self):
        self.given_back += 1


class CountedModel:
    """Holds its resident bytes from load to close."""

    def __init__(self, memory, resident_bytes, working_bytes):
        self.memory, self.resident_bytes, self.working_bytes = memory, resident_bytes, working_bytes
        self.kept_bytes = self.busy_bytes = self.in_use = 0
        self.arena = threading.Lock()
        self.closed = False
        self.allowed = None
        memory.take(resident_bytes)

    def run(self, units=1.0, pause_s=0.0):
        """Work in the memory of so many units, then let go of it where the device does."""
        assert not self.closed
        size_bytes = round(self.working_bytes * units)
        if self.memory.keeps_working:  # an arena that grows to the most that was ever needed
            with self.arena:
                more = max(0, self.busy_bytes + size_bytes - self.kept_bytes)
                self.memory.take(more)
                self.kept_bytes += more
                self.busy_bytes += size_bytes
            time.sleep(pause_s)
            with self.arena:
                self.busy_bytes -= size_bytes
        else:
            self.memory.take(size_bytes)
            time.sleep(pause_s)
            self.memory.give(size_bytes)

    def allow(self, share):
        self.allowed = share

    def close(self):
        assert not self.closed
        assert not self.in_use
        self.closed = True
        self.memory.give(self.resident_bytes + self.kept_bytes)


class MovableModel(CountedModel):
    """One that can wait on the host; counts every crossing."""

    host: CountedMemory
    to_host_copies = 0
    to_device_copies = 0

    def __init__(self, memory, resident_bytes, working_bytes):
        super().__init__(memory, resident_bytes, working_bytes)
        self.copy_bytes = resident_bytes
        self.host = MEMORIES["host"]
        self.has_copy = self.parked = False

    def keep_copy(self):
        self.host.take(self.copy_bytes)  # from what was read, before it went to the device
        self.has_copy = True

    def drop_copy(self):
        self.host.give(self.copy_bytes)
        self.has_copy = False

    def to_host(self):
        assert self.has_copy
        assert not self.parked
        self.memory.give(self.resident_bytes)
        self.parked = True

    def to_device(self):
        assert self.parked
        self.memory.take(self.resident_bytes)
        self.parked = False
        MovableModel.to_device_copies += 1

    def close(self):
        if self.has_copy:
            self.drop_copy()
        if self.parked:
            self.closed = True
        else:
            super().close()


def _sizes(context: LoadContext) -> tuple[CountedMemory, int, int]:
    _, resident, working = context.cache_dir.name.partition("@")[0].split("-")
    share = (0.5 if context.half else 1.0) * (0.25 if context.offload else 1.0)
    half = 0.5 if context.half else 1.0
    return MEMORIES[context.device.name], int(int(resident) * share), int(int(working) * half)


def load_counted(context: LoadContext) -> CountedModel:
    time.sleep(0.0005)
    return CountedModel(*_sizes(context))


def load_movable(context: LoadContext) -> MovableModel:
    return MovableModel(*_sizes(context))


def load_larger(context: LoadContext) -> CountedModel:
    """Takes half as much again as it declares."""
    memory, resident, working = _sizes(context)
    return CountedModel(memory, resident * 3 // 2, working)


def load_raising(_context: LoadContext) -> CountedModel:
    raise RuntimeError("the file is odd")


def load_dying(_context: LoadContext) -> CountedModel:
    raise SystemExit


def spec(name, loader="load_counted", exclusive=False, rungs=()):
    """``a-40-10``: 40 bytes resident, 10 working."""
    _, resident, working = name.split("-")
    return ModelSpec(
        name=name,
        version="1",
        role="test",
        licence="AGPL-3.0-or-later",
        source="here",
        weights=(),
        resident_bytes=int(resident),
        working_bytes=int(working),
        working_unit="call",
        loader=f"{__name__}:{loader}",
        exclusive=exclusive,
        rungs=rungs,
    )


def counted_pool(tmp_path, budget, total=None, keeps_working=False, **settings):
    """A pool over one counted device, and the device's memory."""
    memory = CountedMemory("counted", total or budget, keeps_working)
    device = Device("cuda", 0, "counted", memory.total_bytes, memory.total_bytes)
    chosen = {"memory_headroom_bytes": 0, "cache_dir": tmp_path, "memory_budget_bytes": budget}
    host = CountedMemory("host", 10**9)
    memories = [(device, memory), (Device("cpu", 0, "host", 10**9, 10**9), host)]
    return ModelPool(Settings(**(chosen | settings)), memories=memories), memory
