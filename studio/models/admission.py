"""Who gets a model next, and what has to go for it. Holds no thread up and loads nothing: the
pool calls it under its one lock, and the threads that wait carry out what was decided."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from studio.errors import DoesNotFit
from studio.models.accounts import Accounts, Needs
from studio.models.budget import Resident, clock_after, plan_eviction
from studio.models.places import Held, Pin, Place
from studio.models.records import Decision, size_text
from studio.models.spec import PLAIN, AnySpec, Form
from studio.models.tickets import Coming, Ticket, Waiter
from studio.models.waiting import Waiting, in_order, may_pass, overtaken_by


@dataclass(eq=False)
class Books:
    """All that the lock guards.

    Attributes:
        places: the devices, the processor last.
        accounts: what models take.
        now: the clock, seconds.
        idle_s: idle for longer goes with the next load; 0 for never.
        lock: the one lock.
        waiters: in order of arrival.
        busy: the load or eviction under way, one at a time, and the thread that does it.
        expected: for each thread the models it said it will need, in order.
        decisions: what was done.
        leases: how many there were.
    """

    places: Sequence[Place]
    accounts: Accounts
    now: Callable[[], float]
    idle_s: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiters: list[Waiter] = field(default_factory=list)
    busy: Ticket | None = None
    busy_thread: threading.Thread | None = None
    expected: dict[threading.Thread, list[Coming]] = field(default_factory=dict)
    decisions: deque[Decision] = field(default_factory=lambda: deque(maxlen=400))
    arrivals: int = 0
    leases: int = 0
    dirty: bool = False

    @property
    def host(self) -> Place | None:
        """Where host copies are counted; None where the processor is the only device."""
        return self.places[-1] if len(self.places) > 1 else None

    def record(self, kind: str, key: str, text: str, **more: float) -> None:
        """Keep a decision."""
        numbers = {name: value for name, value in more.items() if name != "held_bytes"}
        held_bytes = int(more.get("held_bytes", 0))
        self.decisions.append(Decision(kind, key, text, time.time(), held_bytes, **numbers))
        self.dirty = True

    # Who may go.

    def at_once(self, waiter: Waiter) -> bool:
        """Serve one who has nobody to wait for, without a queue."""
        if self.waiters:
            return False
        ticket = self._ticket_for_resident(waiter, may_evict=False)
        if ticket is None:
            return False
        self._hand_over(waiter, ticket)
        return True

    def admit(self) -> None:
        """Serve all who can go on now, in order; end a wait that would last for ever."""
        self._take_back()
        # A thread that was killed here may have served one without striking it off.
        self.waiters[:] = [w for w in self.waiters if w.ticket is None and w.error is None]
        while self._serve_one() or self._break_deadlock():
            pass

    def _facts(self) -> list[Waiting]:
        holding = self.holding()
        return in_order(
            Waiting(w.number, w.batch, w.thread in holding, w.overtaken) for w in self.waiters
        )

    def holding(self) -> set[threading.Thread]:
        """Threads that have models in use."""
        return {p.thread for place in self.places for h in place.models.values() for p in h.pins}

    def _serve_one(self) -> bool:
        order = self._facts()
        by_number = {waiter.number: waiter for waiter in self.waiters}
        short = False  # somebody ahead waits for memory: nobody behind may take any
        for i, facts in enumerate(order):
            if not may_pass(facts, order[:i]):
                continue
            waiter = by_number[facts.number]
            may_load = not short or facts.holds
            ticket = self._ticket_for_resident(waiter, may_load)
            if ticket is None and may_load and not self._taken_by_another(waiter):
                ticket = self._ticket_for_load(waiter)
                short = True
            if ticket is not None:
                self._hand_over(waiter, ticket)
                passed = set(overtaken_by(facts, order))
                for other in self.waiters:
                    other.overtaken += other.number in passed
            if ticket is not None or waiter.error is not None:
                self.waiters.remove(waiter)
                if waiter.wake is not None:
                    waiter.wake.notify()
                return True
        return False

    def _break_deadlock(self) -> bool:
        """Where all who hold something wait, one of them has to give up."""
        if self.busy is not None or not self.waiters:
            return False
        if self.holding() - {waiter.thread for waiter in self.waiters}:
            return False  # somebody works, and will let go
        order = self._facts()
        stuck = [facts for facts in order if facts.holds]
        number = (stuck[-1] if stuck else order[0]).number
        waiter = next(w for w in self.waiters if w.number == number)
        waiter.error = self.refusal(waiter)
        self.waiters.remove(waiter)
        if waiter.wake is not None:
            waiter.wake.notify()
        return True

    # Where it goes.

    def _candidates(self, form: Form) -> Sequence[Place]:
        return self.places[-1:] if form.cpu else self.places[: max(1, len(self.places) - 1)]

    def _resident(self, waiter: Waiter) -> list[Held]:
        found = [place.models.get(waiter.key) for place in self._candidates(waiter.form)]
        return [held for held in found if held is not None and not held.parked]

    def _taken_by_another(self, waiter: Waiter) -> bool:
        """It is in memory, and one at a time may use it."""
        held = self._resident(waiter)
        return bool(held) and waiter.spec.exclusive and all(h.pins for h in held)

    def _ticket_for_resident(self, waiter: Waiter, may_evict: bool) -> Ticket | None:
        for held in self._resident(waiter):
            if waiter.spec.exclusive and held.pins:
                continue
            if self.busy is not None and self.busy.held is held:
                continue  # room is being made for one lease of it; the next is reckoned after
            place = held.place
            more = held.bytes_with(waiter.units) - held.held_bytes
            victims: list[Held] | None = []
            if more > place.budget_bytes - place.held_bytes:
                if not may_evict or self.busy is not None:
                    continue
                victims = self.plan(place, more, keep=held.key)
            if victims is not None:
                pin = Pin(waiter.thread, waiter.units)
                return Ticket(place, held, pin, held.needs, more if victims else 0, victims)
        return None

    def _ticket_for_load(self, waiter: Waiter) -> Ticket | None:
        if self.busy is not None or self._resident(waiter):
            return None
        pin = Pin(waiter.thread, waiter.units)
        found: list[tuple[tuple[bool, float, int], Ticket]] = []
        fits_somewhere = False
        for place in self._candidates(waiter.form):
            parked = place.models.get(waiter.key)
            needs = parked.needs if parked else self.needs(waiter.spec, waiter.form, place)
            need_bytes = needs.total_bytes(waiter.units)
            if need_bytes > place.budget_bytes:
                continue
            fits_somewhere = True
            victims = self.plan(place, need_bytes, keep=waiter.key)
            if victims is None:
                continue
            # Where its copy waits, then where least is lost, then where most is free.
            rank = (parked is None, sum(v.reload_s * v.uses for v in victims), place.held_bytes)
            found.append((rank, Ticket(place, parked, pin, needs, need_bytes, victims)))
        if not fits_somewhere:
            waiter.error = self.refusal(waiter)
        return min(found, key=lambda each: each[0])[1] if found else None

    def needs(self, spec: AnySpec, form: Form, place: Place) -> Needs:
        """What a model takes there."""
        return self.accounts.needs(spec, form, place.device, place.memory.exact)

    def plan(self, place: Place, need_bytes: int, keep: str = "") -> list[Held] | None:
        """The models that have to leave a device so that so much fits; None if it never will."""
        residents, by_key = self._evictable(place, keep)
        victims = plan_eviction(residents, need_bytes, place.room().open_bytes)
        return None if victims is None else [by_key[key] for key in victims]

    def _expected_in(self) -> dict[str, int]:
        """In how many stages each model will be needed, as far as anybody said."""
        found: dict[str, int] = {}
        for coming in self.expected.values():
            for i, each in enumerate(coming):
                found[each.spec.key] = min(i, found.get(each.spec.key, i))
        return found

    def ticket_for_prefetch(self, thread: threading.Thread) -> tuple[AnySpec, Ticket] | None:
        """The next model that a thread will need, if it fits beside what is used and expected."""
        if self.busy is not None or self.waiters:
            return None
        place = self.places[0]
        if place is self.places[-1]:
            return None  # on the processor a load takes the cores of the work beside it
        for spec in (each.spec for each in self.expected.get(thread, []) if each.prefetch):
            if any(spec.key in each.models for each in self.places):
                continue
            needs = self.needs(spec, PLAIN, place)
            victims = self.plan(place, needs.total_bytes())
            expected = self._expected_in()
            if victims is None or any(v.key in expected for v in victims):
                return None
            return spec, Ticket(place, None, None, needs, needs.total_bytes(), victims)
        return None

    def _evictable(self, place: Place, keep: str) -> tuple[list[Resident], dict[str, Held]]:
        expected = self._expected_in()
        residents = [r for r in place.residents(expected) if r.key != keep]
        by_key = dict(place.models)
        if place is self.host:  # models that wait there for a card are in the way, too
            for parked in (h for p in self.places for h in p.models.values() if h.parked):
                name = f"{parked.key} on {parked.place.device.torch_name}"
                by_key[name] = parked
                residents.append(
                    Resident(
                        name,
                        parked.copy_bytes,
                        parked.load_s,
                        parked.uses,
                        parked.clock,
                        bool(parked.pins) or parked.key == keep,
                        expected.get(parked.key),
                    )
                )
        return residents, by_key

    # What was decided, in the books.

    def _hand_over(self, waiter: Waiter, ticket: Ticket) -> None:
        waiter.ticket = ticket
        if ticket.light and ticket.held is not None and ticket.pin is not None:
            self.pin(ticket.held, ticket.pin)
        else:
            self.begin(ticket, waiter.thread)

    def begin(self, ticket: Ticket, thread: threading.Thread) -> None:
        """A load or an eviction starts; its memory is promised and its victims leave."""
        place = ticket.place
        self.busy, self.busy_thread = ticket, thread
        now = self.now()
        if self.idle_s:  # nobody missed them; while one load goes on, so may they
            ticket.victims += [
                held
                for held in place.models.values()
                if held not in (*ticket.victims, ticket.held)
                and not held.pins
                and not held.parked
                and now - held.last_use > self.idle_s
            ]
        residents, _ = self._evictable(place, "")
        place.clock = clock_after(place.clock, residents, [v.key for v in ticket.victims])
        self.leave(ticket.victims, for_a_load=True)
        place.loading_bytes = ticket.need_bytes
        if ticket.held is not None and ticket.pin is not None:
            # Nobody may take it meanwhile; it does not work yet, so it counts no units.
            ticket.held.pins.append(Pin(ticket.pin.thread, 0.0))

    def leave(self, victims: Sequence[Held], for_a_load: bool = False) -> None:
        """Nobody gets these any more; they count until they are closed."""
        for victim in victims:
            place = victim.place
            if not victim.parked:
                (place.making_way if for_a_load else place.leaving).append(victim)
            place.models.pop(victim.key)

    def stay(self, victims: Sequence[Held]) -> None:
        """Those whose turn to be closed did not come are there again."""
        for victim in victims:
            self._has_left(victim)
            victim.place.models[victim.key] = victim

    @staticmethod
    def _has_left(victim: Held) -> None:
        for those in (victim.place.leaving, victim.place.making_way):
            if victim in those:
                those.remove(victim)

    def gone(self, victim: Held) -> None:
        """A victim's memory is free."""
        self._has_left(victim)
        if victim.copy_bytes and self.host is not None:
            self.host.copies_bytes -= victim.copy_bytes

    def parked(self, victim: Held) -> None:
        """A victim waits on the host now."""
        self._has_left(victim)
        victim.parked = True
        victim.kept_units = 0.0
        victim.place.models[victim.key] = victim

    def done(self, ticket: Ticket, held: Held | None) -> None:
        """A load or an eviction ended, well or not: its promise is void."""
        if self.busy is not ticket:
            return
        self.busy = self.busy_thread = None
        ticket.place.loading_bytes = 0
        self.stay(ticket.victims)
        if ticket.held is not None and ticket.pin is not None:
            reserved = [
                p for p in ticket.held.pins if p.thread is ticket.pin.thread and not p.units
            ]
            for pin in reserved[:1]:
                ticket.held.pins.remove(pin)
        if held is not None:
            held.place.models[held.key] = held
            if ticket.pin is not None:
                self.pin(held, ticket.pin)

    def pin(self, held: Held, pin: Pin) -> None:
        """A lease begins."""
        self.leases += 1
        held.uses += 1
        if held.uses == 1 and not self.holding():
            held.quiet_until = self.leases
        held.pins.append(pin)
        held.share_out()
        held.clock = held.place.clock
        held.last_use = self.now()
        coming = self.expected.get(pin.thread, [])
        for each in coming:
            if each.spec.key == held.key:
                coming.remove(each)
                break

    def unpin(self, held: Held, pin: Pin) -> None:
        """A lease ends."""
        if pin not in held.pins:
            return  # taken back before
        if held.place.memory.keeps_working:
            held.kept_units = max(held.kept_units, sum(p.units for p in held.pins))
        held.pins.remove(pin)
        held.share_out()
        held.last_use = self.now()

    def withdraw(self, waiter: Waiter) -> None:
        """One gives up, wherever it stands."""
        if waiter in self.waiters:
            self.waiters.remove(waiter)
        ticket = waiter.ticket
        if ticket is not None:
            if self.busy is ticket:
                self.done(ticket, None)
            if ticket.pin is not None:
                for held in (h for p in self.places for h in p.models.values()):
                    self.unpin(held, ticket.pin)

    def _take_back(self) -> None:
        """What a thread left behind that died without a word."""
        for place in self.places:
            for held in list(place.models.values()):
                for pin in [pin for pin in held.pins if not pin.thread.is_alive()]:
                    self.unpin(held, pin)
                    text = f"{held.key} taken back: thread {pin.thread.name} died with it"
                    self.record("taken back", held.key, text)
        for waiter in [w for w in self.waiters if not w.thread.is_alive()]:
            self.withdraw(waiter)
        if self.busy is not None and self.busy_thread and not self.busy_thread.is_alive():
            self.done(self.busy, None)

    def refusal(self, waiter: Waiter) -> DoesNotFit:
        """Why one cannot be served."""
        spec = waiter.spec
        place = self._candidates(waiter.form)[0]
        need_bytes = self.needs(spec, waiter.form, place).total_bytes(waiter.units)
        room = place.room()
        held_by = tuple(key for key, held in place.models.items() if held.pins)
        text = f"{spec.name} needs {size_text(need_bytes)}; the budget is "
        text += size_text(room.budget_bytes)
        if (
            need_bytes <= room.budget_bytes
            and room.open_bytes < room.budget_bytes - room.held_bytes
        ):
            text += f", {size_text(max(room.free_bytes, 0))} of the device are free"
        if held_by:
            text += f" and {', '.join(held_by)} are in use"
        self.record("refused", waiter.key, f"refused {waiter.key}: {text}", held_bytes=need_bytes)
        return DoesNotFit(
            text,
            "Allow more with --memory-budget, or close other programs.",
            need_bytes=need_bytes,
            free_bytes=max(room.open_bytes, 0),
            held_by=held_by,
        )
