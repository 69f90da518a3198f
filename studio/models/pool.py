"""Hold models under one budget of memory. ``with pool.lease(SPEC) as model`` is the only way
to hold a model."""

from __future__ import annotations

import copy
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from studio.errors import Cancelled, ModelBusy
from studio.models.accounts import Accounts
from studio.models.admission import Books
from studio.models.budget import Preflight
from studio.models.device import Device, DeviceMemory, HostMemory, find_devices, memory_of
from studio.models.lease import Lease
from studio.models.loading import load_model, put_away
from studio.models.places import Held, Pin, Place
from studio.models.prefetch import Prefetcher
from studio.models.preflight import plan_preflight
from studio.models.records import Decision, PoolStatus, StatusBoard, WaiterStatus, size_text
from studio.models.spec import PLAIN, AnySpec, Form, M, ModelSpec
from studio.models.tickets import Coming, Ticket, Waiter
from studio.settings import Settings

#: How often one who waits looks whether it was cancelled, or whether another program has let
#: go of memory: that is nowhere announced.
_LOOK_S = 0.05
_POST_S = 1.0


class ModelPool:
    """Loads, shares, pins and evicts models.

    A model in use is never evicted. Leases of one model share it, unless its spec says that it
    is exclusive. A lease that does not fit waits in order of arrival, interactive work before
    batch work; nobody is overtaken for ever (``studio.models.waiting``). Where waiting would
    never end, because all who hold models wait themselves, :class:`DoesNotFit` is raised. A
    lease belongs to the thread that took it.

    Args:
        settings: devices, threads, cache folder, budgets.
        device: where models go; found from the settings where not given.
        clock: seconds, for tests.
        memories: of the devices, where they are not the machine's own: ``(device, memory)``,
            the processor last if there are several.
    """

    def __init__(
        self,
        settings: Settings,
        device: Device | None = None,
        clock: Callable[[], float] = time.monotonic,
        memories: Sequence[tuple[Device, DeviceMemory]] = (),
    ) -> None:
        self._settings = settings
        self._given = tuple(memories) or (((device, memory_of(device)),) if device else ())
        self._clock = clock
        self._shared = _Shared(settings)
        self._cancelled: Callable[[], bool] | None = None
        self._batch = False

    @property
    def _books(self) -> Books:
        shared = self._shared
        if shared.books is None:
            with shared.making:
                if shared.books is None:
                    shared.books = self._open_books()
        return shared.books

    def _open_books(self) -> Books:
        settings = self._settings
        found = self._given or tuple((d, memory_of(d)) for d in find_devices(settings.device))
        headroom = settings.memory_headroom_bytes
        places = [
            Place(device, memory, settings.memory_budget_bytes, headroom)
            for device, memory in found
        ]
        if len(places) == 1 and found[0][0].kind == "cuda":
            from studio.models.device import find_device

            places.append(Place(find_device("cpu"), HostMemory(), 0, headroom))
        if len(places) > 1:
            places[-1].given_bytes = settings.host_budget_bytes
        accounts = Accounts(settings.cache_dir / "pool" / "measured.json")
        return Books(places, accounts, self._clock, settings.model_idle_s)

    @property
    def device(self) -> Device:
        """Where models are loaded; the first, where there are several."""
        return self._books.places[0].device

    @property
    def devices(self) -> tuple[Device, ...]:
        """Every device models may be on."""
        return tuple(place.device for place in self._books.places)

    @property
    def cache_dir(self) -> Path:
        """Where what was learned is kept."""
        return self._settings.cache_dir

    @property
    def budget_bytes(self) -> int:
        """What all models on :attr:`device` together may hold."""
        return self._books.places[0].budget_bytes

    @property
    def held_bytes(self) -> int:
        """What the models on :attr:`device` are counted at."""
        with self._books.lock:
            return self._books.places[0].held_bytes

    @property
    def records(self) -> tuple[Decision, ...]:
        """The last decisions."""
        with self._books.lock:
            return tuple(self._books.decisions)

    @property
    def decisions(self) -> tuple[str, ...]:
        """The last decisions, in words."""
        return tuple(decision.text for decision in self.records)

    def serving(
        self, cancelled: Callable[[], bool] | None = None, batch: bool = False
    ) -> ModelPool:
        """The same pool, whose leases by default give up when ``cancelled()``, and wait as
        batch work or not."""
        twin = copy.copy(self)
        twin._cancelled = cancelled
        twin._batch = batch
        return twin

    def lease(
        self,
        spec: ModelSpec[M],
        *,
        form: Form = PLAIN,
        units: float = 1.0,
        least_units: float | None = None,
        batch: bool | None = None,
        timeout_s: float | None = None,
        cancelled: Callable[[], bool] | threading.Event | None = None,
    ) -> Lease[M]:
        """A loaded model, pinned until the ``with`` ends.

        Args:
            spec: which.
            form: how it is to be loaded.
            units: of ``spec.working_unit`` that will be done at a time; below 1 where less is.
            least_units: where so much does not fit and the model can work on less at a time,
                it is halved down to this; a decision says so.
            batch: whether to give way to interactive work.
            timeout_s: the longest to wait for memory or for others; a load is not cut short.
            cancelled: makes a wait end.

        Raises (on entering):
            WeightsMissing, WeightsCorrupt: its files are absent or not the pinned ones.
            DoesNotFit: there is no room, and waiting would not make any.
            ModelBusy: the time is over.
            Cancelled: the user stopped it.
        """
        if units < 0:
            raise ValueError(f"{units} units of work")
        stop = cancelled.is_set if isinstance(cancelled, threading.Event) else cancelled
        give_way = self._batch if batch is None else batch
        now = self._clock()
        until = None if timeout_s is None else now + timeout_s
        wish = Waiter(spec, form, units, give_way, threading.current_thread(), now)
        least = least_units if least_units is not None and "batch" in spec.rungs else units
        return Lease(self, wish, least, until, stop or self._cancelled)

    @contextmanager
    def expect(self, specs: Sequence[AnySpec], prefetch: bool = True) -> Iterator[None]:
        """Say which models this thread will lease, in order, until the ``with`` ends.

        What is expected soon is evicted last, and on a card the next expected model is loaded
        beside the work after each lease, if it fits without evicting another expected one.
        Within another ``with`` of this kind these come before those.

        Args:
            specs: which.
            prefetch: whether they may be loaded ahead; not where it is not sure that they will
                be needed.
        """
        books, me = self._books, threading.current_thread()
        with books.lock:
            before = books.expected.get(me, [])
            books.expected[me] = [*(Coming(spec, prefetch) for spec in specs), *before]
        try:
            yield
        finally:
            with books.lock:
                books.expected.pop(me)
                if before:
                    books.expected[me] = before
            self._shared.prefetcher.join()

    def preflight(
        self, specs: Sequence[AnySpec], *, units: float = 1.0, together: bool = True
    ) -> Preflight:
        """Whether models would fit now, on which rung, and how long loading them takes.

        Args:
            specs: which.
            units: of work at a time.
            together: held at the same time, not one after the other.
        """
        return plan_preflight(self._books, specs, units, together)

    def release_idle(self, keep: Sequence[AnySpec] = ()) -> int:
        """Drop every model that is not in use but ``keep``, from the host too; bytes that
        came free."""
        books = self._books
        kept = {spec.key for spec in keep}
        with books.lock:
            models = [h for p in books.places for h in p.models.values() if not h.pins]
            idle = [h for h in models if h.spec.key not in kept]
            freed = sum(h.held_bytes + h.copy_bytes for h in idle)
            books.leave(idle)
        put_away(books, idle, park=False)
        with books.lock:
            books.admit()
        self._tell()
        return freed

    def give_back(self) -> None:
        """Return to the devices what only their allocators hold."""
        for place in self._books.places:
            place.memory.give_back()

    def drop_copies(self) -> int:
        """Close what waits on the host; bytes of pinned memory that came free."""
        books = self._books
        with books.lock:
            parked = [h for p in books.places for h in p.models.values() if h.parked and not h.pins]
            freed = sum(h.copy_bytes for h in parked)
            books.leave(parked)
        put_away(books, parked)
        return freed

    def notes_since(self, at_s: float, specs: Sequence[AnySpec] = ()) -> tuple[str, ...]:
        """What a user should know of the work since a time (seconds since 1970): on which
        rungs models were used, of ``specs`` where given."""
        keys = {spec.key for spec in specs}
        found = [
            decision.text
            for decision in self.records
            if decision.kind == "rung"
            and decision.at_s >= at_s
            and (not keys or decision.key in keys)
        ]
        return tuple(dict.fromkeys(found))

    def note(self, kind: str, key: str, text: str) -> None:
        """Keep a decision that was taken elsewhere, such as a rung of the ladder."""
        with self._books.lock:
            self._books.record(kind, key, text)
        self._tell()

    def status(self) -> PoolStatus:
        """How the pool stands now; other processes are told as well."""
        self._tell()
        self._heed()
        return self._status()

    def close(self) -> None:
        """Drop what is idle and end the word on the status board."""
        if self._shared.books is None:
            return
        self._shared.prefetcher.join()
        self.release_idle()
        self._shared.board.withdraw(self._shared.name)

    # Taking and giving back.

    def acquire(
        self, wish: Waiter, until: float | None, cancelled: Callable[[], bool] | None
    ) -> tuple[Held, Pin]:
        """Wait for a model and load it; for :class:`Lease` alone."""
        books = self._books
        while True:
            waiter = replace(wish)
            try:
                with books.lock:
                    if not books.at_once(waiter):
                        self._wait(waiter, until, cancelled)
                ticket = waiter.ticket
                if ticket is None or ticket.pin is None:
                    raise RuntimeError("served without a ticket")
                held = ticket.held
                if held is None or not ticket.light:
                    held = self._carry_out(waiter, ticket)
            except BaseException:
                with books.lock:
                    books.withdraw(waiter)
                    books.admit()
                raise
            self._tell()
            if held is not None:
                if books.expected:
                    self._shared.prefetcher.start(books)
                return held, ticket.pin

    def _wait(
        self, waiter: Waiter, until: float | None, cancelled: Callable[[], bool] | None
    ) -> None:
        """Sleep until there is a ticket. Called under the lock."""
        books = self._books
        books.arrivals += 1
        waiter.number = books.arrivals
        waiter.wake = threading.Condition(books.lock)
        books.waiters.append(waiter)
        books.admit()
        if waiter.ticket is None and waiter.error is None:
            books.record("waits", waiter.key, f"{waiter.key} waits")
        while waiter.ticket is None and waiter.error is None:
            if cancelled is not None and cancelled():
                raise Cancelled()
            if until is not None and self._clock() >= until:
                in_use = ", ".join(k for p in books.places for k, h in p.models.items() if h.pins)
                raise ModelBusy(
                    f"{waiter.spec.name} was not to be had in time; in use: {in_use or 'none'}",
                    "Wait until the other work is done, or stop it.",
                )
            waiter.wake.wait(_LOOK_S)
            if waiter.ticket is None and waiter.error is None:
                books.admit()
        if waiter.error is not None:
            raise waiter.error

    def _carry_out(self, waiter: Waiter, ticket: Ticket) -> Held | None:
        """Evict and load as the ticket says; None where the result does not fit after all."""
        books, place = self._books, ticket.place
        put_away(books, ticket.victims)
        held = ticket.held
        if held is None:
            held = load_model(books, self._settings, waiter.spec, waiter.form, ticket)
        elif held.parked:
            started = self._clock()
            held.movable.to_device()
            held.fetch_s = self._clock() - started
        with books.lock:
            if held.parked:
                held.parked = False
                text = f"fetched {held.key} from the host in {held.fetch_s:.2f} s"
                books.record("fetched", held.key, text, held_bytes=held.held_bytes)
            books.done(ticket, held)
            larger = place.memory.exact and place.held_bytes > place.budget_bytes
            if not larger:
                books.admit()
                return held
            if ticket.pin is not None:
                books.unpin(held, ticket.pin)
            size = size_text(held.needs.total_bytes(waiter.units))
            books.record("corrected", held.key, f"{held.key} takes {size}, more than was thought")
            back = [held]
            books.leave(back)
        put_away(books, back, park=False)
        with books.lock:
            books.admit()
        return None

    def give_up(self, held: Held, pin: Pin) -> None:
        """End a lease; for :class:`Lease` alone."""
        books = self._books
        with books.lock:
            if held.before_bytes is not None:
                self._learn(held, pin)
            for text in getattr(held.model, "notes", ())[held.noted :]:
                held.noted += 1
                books.record("rung", held.key, text)
            books.unpin(held, pin)
            if books.waiters:
                books.admit()
        self._tell()

    def _learn(self, held: Held, pin: Pin) -> None:
        """After its first use, if nothing else happened meanwhile: what it worked in."""
        books, memory = self._books, held.place.memory
        if held.before_bytes is None:
            return
        whole = memory.peak_bytes() - held.before_bytes
        held.before_bytes = None
        if held.quiet_until != books.leases or books.busy is not None or not pin.units:
            return
        if whole <= held.load_bytes:
            return  # it was not used for anything
        measured = {"working_bytes": (whole - held.load_bytes) / pin.units}
        if not memory.exact:
            measured["resident_bytes"] = max(held.load_bytes, 0)
        books.accounts.note(held.spec, held.form, held.place.device, **measured)

    # What others are told.

    def _status(self) -> PoolStatus:
        books = self._books
        with books.lock:
            now = self._clock()
            return PoolStatus(
                os.getpid(),
                time.time(),
                tuple(place.status(now) for place in books.places),
                tuple(WaiterStatus(w.key, now - w.since, w.batch) for w in books.waiters),
                tuple(books.decisions)[-20:],
            )

    def _tell(self) -> None:
        """Post how the pool stands where something was decided, and else once a second."""
        shared, books = self._shared, self._books
        now = time.monotonic()
        if not books.dirty and now < shared.told_s + _POST_S:
            return
        if not shared.posting.acquire(blocking=False):
            return  # another thread posts
        try:
            books.dirty = False
            shared.told_s = now
            shared.board.post(shared.name, self._status())
        finally:
            shared.posting.release()
        self._heed()

    def _heed(self) -> None:
        """Release what is idle if another process asked for it (``studio models release``)."""
        shared = self._shared
        asked = shared.board.asked_release()
        if asked > shared.heeded:
            shared.heeded = asked
            self.release_idle()


class _Shared:
    """What all views of one pool have together."""

    def __init__(self, settings: Settings) -> None:
        self.books: Books | None = None
        self.making = threading.Lock()
        self.posting = threading.Lock()
        self.prefetcher = Prefetcher(settings)
        self.board = StatusBoard(settings.cache_dir / "pool")
        self.name = secrets.token_hex(4)
        self.told_s = 0.0
        self.heeded = self.board.asked_release()
