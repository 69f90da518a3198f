"""What the pool did and how it stands, as values: for the page, the command line and notes."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from studio.models.accounts import write_json


def size_text(size_bytes: float) -> str:
    """``1.2 GiB``, ``160 MiB``."""
    gib = size_bytes / 2**30
    return f"{gib:.1f} GiB" if gib >= 1 else f"{size_bytes / 2**20:.0f} MiB"


@dataclass(frozen=True)
class Decision:
    """One thing the pool did.

    Attributes:
        kind: ``loaded``, ``fetched`` (from the host to the card), ``evicted``, ``parked`` (from
            the card to the host), ``waits``, ``refused``, ``failed``, ``corrected``,
            ``prefetched``, ``rung`` or ``taken back``.
        key: of the model.
        text: in a sentence.
        at_s: seconds since 1970.
        held_bytes: that it is about.
        idle_s, reload_s: of an eviction.
    """

    kind: str
    key: str
    text: str
    at_s: float
    held_bytes: int = 0
    idle_s: float = 0.0
    reload_s: float = 0.0


@dataclass(frozen=True)
class ResidentStatus:
    """One model in memory.

    Attributes:
        key: name and version.
        form: ``plain``, or the rungs it was loaded on.
        tier: ``device`` or ``host``.
        held_bytes: on the device.
        host_bytes: of its host copy.
        pins: leases now.
        uses: leases so far.
        idle_s: since the last.
        load_s: seconds its load took.
    """

    key: str
    form: str
    tier: str
    held_bytes: int
    host_bytes: int
    pins: int
    uses: int
    idle_s: float
    load_s: float


@dataclass(frozen=True)
class DeviceStatus:
    """One device.

    Attributes:
        device: ``cpu`` or ``cuda:0``.
        name: as the maker calls it.
        total_bytes, free_bytes: of the device, other programs included.
        budget_bytes: what models may hold.
        headroom_bytes: left free for others.
        held_bytes: what models are counted at.
        residents: the models there.
    """

    device: str
    name: str
    total_bytes: int
    free_bytes: int
    budget_bytes: int
    headroom_bytes: int
    held_bytes: int
    residents: tuple[ResidentStatus, ...]


@dataclass(frozen=True)
class WaiterStatus:
    """One who waits: for which model, for how long, and whether as batch work."""

    key: str
    waited_s: float
    batch: bool


@dataclass(frozen=True)
class PoolStatus:
    """How a pool stands.

    Attributes:
        pid: of its process.
        at_s: seconds since 1970.
        devices: at least one.
        waiters: in order.
        decisions: the last ones, oldest first.
    """

    pid: int
    at_s: float
    devices: tuple[DeviceStatus, ...]
    waiters: tuple[WaiterStatus, ...]
    decisions: tuple[Decision, ...]


def to_plain(status: PoolStatus) -> dict[str, Any]:
    """As values that JSON knows."""
    return asdict(status)


def from_plain(data: dict[str, Any]) -> PoolStatus:
    """The inverse of :func:`to_plain`.

    Raises:
        TypeError, KeyError: it is none.
    """
    devices = tuple(
        DeviceStatus(
            **{**device, "residents": tuple(ResidentStatus(**r) for r in device["residents"])}
        )
        for device in data["devices"]
    )
    waiters = tuple(WaiterStatus(**w) for w in data["waiters"])
    decisions = tuple(Decision(**d) for d in data["decisions"])
    return PoolStatus(data["pid"], data["at_s"], devices, waiters, decisions)


class StatusBoard:
    """A folder in which every process that holds models says how its pool stands.

    Args:
        folder: in the cache.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def post(self, name: str, status: PoolStatus) -> None:
        """Say how a pool stands; the name is one pool's of this process."""
        write_json(self._folder / f"{status.pid}-{name}.json", to_plain(status))

    def withdraw(self, name: str) -> None:
        """Take the word back: the pool is gone."""
        (self._folder / f"{os.getpid()}-{name}.json").unlink(missing_ok=True)

    def read(self) -> tuple[PoolStatus, ...]:
        """The pools of all processes that still run, newest word first."""
        import psutil

        found = []
        for path in sorted(self._folder.glob("[0-9]*.json")):
            try:
                status = from_plain(json.loads(path.read_text(encoding="utf-8")))
                # A number may have gone to another process since.
                born = psutil.Process(status.pid).create_time()
            except (OSError, ValueError, TypeError, KeyError, psutil.Error):
                path.unlink(missing_ok=True)
                continue
            if born <= status.at_s + 1:
                found.append(status)
            else:
                path.unlink(missing_ok=True)
        return tuple(sorted(found, key=lambda status: -status.at_s))

    def ask_release(self) -> float:
        """Ask all pools to drop what is idle; they do at their next step.

        Returns:
            When it was asked, seconds since 1970.
        """
        asked = time.time()
        write_json(self._folder / "release.json", asked)
        return asked

    def release(self, wait_s: float) -> list[dict[str, Any]]:
        """Ask all pools to drop what is idle, and wait for their word.

        Returns:
            For each pool its ``pid``, whether it ``answered``, and the bytes ``before`` and
            ``after``; one that has no work answers when its page or its next job looks.
        """
        before = self.read()
        asked_s = self.ask_release()
        until = time.monotonic() + wait_s
        after = self.read()
        while time.monotonic() < until and any(s.at_s < asked_s for s in after):
            time.sleep(0.1)
            after = self.read()
        now = {status.pid: status for status in after}
        return [
            {
                "pid": old.pid,
                "answered": old.pid in now and now[old.pid].at_s >= asked_s,
                "before": sum(device.held_bytes for device in old.devices),
                "after": sum(device.held_bytes for device in now.get(old.pid, old).devices),
            }
            for old in before
        ]

    def asked_release(self) -> int:
        """When that was last asked, in nanoseconds; 0 for never."""
        try:
            return (self._folder / "release.json").stat().st_mtime_ns
        except OSError:
            return 0


def status_text(statuses: tuple[PoolStatus, ...]) -> str:
    """What a person reads in a terminal."""
    if not statuses:
        return "no process holds models now"
    now = time.time()
    lines = []
    for status in statuses:
        lines.append(f"process {status.pid}, {now - status.at_s:.0f} s ago")
        for device in status.devices:
            lines.append(
                f"  {device.device} {device.name}: models hold {size_text(device.held_bytes)} of "
                f"{size_text(device.budget_bytes)}; {size_text(device.free_bytes)} of "
                f"{size_text(device.total_bytes)} free, {size_text(device.headroom_bytes)} of it "
                "for others"
            )
            for model in device.residents:
                use = f"{model.pins} in use" if model.pins else f"idle {model.idle_s:.0f} s"
                size = model.held_bytes or model.host_bytes
                lines.append(
                    f"    {model.key}"
                    + (f" ({model.form})" if model.form != "plain" else "")
                    + f": {size_text(size)} on the {model.tier}, {use}, {model.uses} leases, "
                    f"load {model.load_s:.1f} s"
                )
        for waiter in status.waiters:
            kind = "batch" if waiter.batch else "interactive"
            lines.append(f"  waits for {waiter.key}: {waiter.waited_s:.0f} s ({kind})")
        lines += [f"  {decision.text}" for decision in status.decisions[-8:]]
    return "\n".join(lines)


def release_text(answers: list[dict[str, Any]]) -> str:
    """What a person reads after ``StatusBoard.release``."""
    if not answers:
        return "no process holds models now"
    return "\n".join(
        f"process {each['pid']}: {size_text(each['before'])} before, {size_text(each['after'])} now"
        if each["answered"]
        else f"process {each['pid']}: asked; it lets go at its next step"
        for each in answers
    )
