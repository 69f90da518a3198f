"""Requests for models, recorded and made up, and what each way of evicting makes of them."""

from __future__ import annotations

import itertools
import json
import random
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

from studio.models.budget import Resident, clock_after, plan_eviction
from studio.models.lease import Lease
from studio.models.pool import ModelPool
from studio.models.spec import AnySpec

FOLDER = Path(__file__).with_name("traces")


@dataclass(frozen=True)
class Trace:
    """Who asked for what.

    Attributes:
        name: of the trace.
        models: by key, bytes and seconds of a load.
        events: ``("+", key)`` a lease begins, ``("-", key)`` it ends, ``("=", keys)`` these were
            said to come from now on.
    """

    name: str
    models: dict[str, tuple[int, float]]
    events: tuple[tuple[str, str], ...]

    @property
    def total_bytes(self) -> int:
        """All models together."""
        return sum(size for size, _ in self.models.values())

    @property
    def pinned_bytes(self) -> int:
        """The most that is in use at a time; no budget can be smaller."""
        most = 0
        pins: dict[str, int] = {}
        for sign, key in self.events:
            if sign == "=":
                continue
            pins[key] = pins.get(key, 0) + (1 if sign == "+" else -1)
            most = max(most, sum(self.models[k][0] for k, n in pins.items() if n))
        return most


class RecordingPool(ModelPool):
    """Writes down every lease."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.events: list[tuple[str, str]] = []
        self.sizes: dict[str, int] = {}

    def lease(self, spec: AnySpec, **options: Any) -> Any:
        """As the pool's, and written down."""
        self.sizes[spec.key] = spec.need_bytes
        return _Recorded(super().lease(spec, **options), self.events, spec.key)

    @contextmanager
    def expect(self, specs: Sequence[AnySpec], prefetch: bool = True) -> Iterator[None]:
        """As the pool's, and written down."""
        with super().expect(specs, prefetch):
            self._told()
            yield
        self._told()

    def _told(self) -> None:
        coming = self._books.expected.get(threading.current_thread(), [])
        self.events.append(("=", " ".join(each.spec.key for each in coming)))

    def trace(self, name: str) -> Trace:
        """What was asked for; seconds are those of the latest load."""
        seconds = {}
        for place in self._books.places:
            seconds |= {key: held.load_s for key, held in place.models.items()}
        models = {key: (size, round(seconds[key], 4)) for key, size in self.sizes.items()}
        return Trace(name, models, tuple(self.events))


class _Recorded:
    def __init__(self, lease: Lease[Any], events: list[tuple[str, str]], key: str) -> None:
        self._lease, self._events, self._key = lease, events, key

    def __enter__(self) -> Any:
        model = self._lease.__enter__()
        self._events.append(("+", self._key))
        return model

    def __exit__(self, *error: Any) -> None:
        self._events.append(("-", self._key))
        self._lease.__exit__(*error)


def write(trace: Trace) -> None:
    """Keep a recorded trace in the repository."""
    FOLDER.mkdir(exist_ok=True)
    events = [sign + key for sign, key in trace.events]
    text = json.dumps({"models": trace.models, "events": events}, indent=1)
    (FOLDER / f"{trace.name}.json").write_text(text + "\n", encoding="utf-8")


def recorded() -> list[Trace]:
    """The traces in the repository."""
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        models = {key: (int(size), float(load_s)) for key, (size, load_s) in data["models"].items()}
        events = tuple((event[0], event[1:]) for event in data["events"])
        found.append(Trace(path.stem, models, events))
    return found


def made_up() -> list[Trace]:
    """Patterns in which ways of evicting are known to differ."""
    chance = random.Random(7)
    models = {
        f"m{i}": (chance.randrange(40, 900), round(chance.uniform(0.1, 4.0), 2)) for i in range(9)
    }
    names = list(models)
    weights = [1 / (rank + 1) for rank in range(len(names))]

    def leases(keys: Iterable[str]) -> tuple[tuple[str, str], ...]:
        return tuple(itertools.chain.from_iterable((("+", k), ("-", k)) for k in keys))

    phases = [chance.sample(names, 4) for _ in range(6)]
    often = [names[0], names[1]]
    scan = itertools.chain.from_iterable([*often, other] for other in names[2:] * 6)
    return [
        Trace("loop", models, leases(names * 15)),
        Trace("some often", models, leases(chance.choices(names, weights, k=150))),
        Trace("evenly", models, leases(chance.choices(names, k=150))),
        Trace("phases", models, leases(chance.choice(p) for p in phases for _ in range(25))),
        Trace("two often, one scan", models, leases(scan)),
    ]


#: ``(state, need, free) -> victims``; the state names what is loaded and unpinned.
Choose = Callable[["Replay", int, int], Sequence[str]]


class Replay:
    """One pass over a trace with one way to evict.

    Args:
        trace: the requests.
        budget_bytes: what may be loaded at a time.
        choose: names the victims when a load does not fit; None drops each model with its last
            lease.
    """

    def __init__(self, trace: Trace, budget_bytes: int, choose: Choose | None) -> None:
        self.trace, self.budget_bytes, self.choose = trace, budget_bytes, choose
        self.loaded: dict[str, Resident] = {}
        self.pins: dict[str, int] = {}
        self.last: dict[str, int] = {}
        self.clock = 0.0
        self.seconds = 0.0
        self.at = 0
        self.coming: list[str] = []

    def run(self) -> float:
        """Seconds of all loads."""
        for at, (sign, key) in enumerate(self.trace.events):
            self.at = at
            if sign == "=":
                self.coming = key.split()
                continue
            if sign == "-":
                self.pins[key] -= 1
                self._pin(key)
                if self.choose is None and not self.pins[key]:
                    del self.loaded[key]
                continue
            size, load_s = self.trace.models[key]
            if key not in self.loaded:
                free = self.budget_bytes - sum(r.held_bytes for r in self.loaded.values())
                if free < size and self.choose is not None:
                    for victim in self.choose(self, size, free):
                        assert not self.pins[victim]
                        del self.loaded[victim]
                self.seconds += load_s
                self.loaded[key] = Resident(key, size, load_s, 0, self.clock, False)
            held = self.loaded[key]
            self.loaded[key] = replace(held, uses=held.uses + 1, clock=self.clock)
            if key in self.coming:
                self.coming.remove(key)
            self.pins[key] = self.pins.get(key, 0) + 1
            self.last[key] = self.at
            self._pin(key)
        assert sum(r.held_bytes for r in self.loaded.values()) <= self.budget_bytes
        return self.seconds

    def _pin(self, key: str) -> None:
        self.loaded[key] = replace(self.loaded[key], pinned=bool(self.pins[key]))

    def loose(self) -> list[Resident]:
        """Loaded and not in use."""
        return [r for r in self.loaded.values() if not r.pinned]

    def in_order(self, order: Callable[[Resident], Any], need: int, free: int) -> list[str]:
        """Victims by an order, until the load fits."""
        victims = []
        for resident in sorted(self.loose(), key=order):
            if free >= need:
                break
            victims.append(resident.key)
            free += resident.held_bytes
        return victims


def ours(replay: Replay, need: int, free: int) -> Sequence[str]:
    """What the pool does: its own pure functions, and what the pipelines told it."""
    first = {key: i for i, key in reversed(list(enumerate(replay.coming)))}
    residents = [replace(r, expected=first.get(r.key)) for r in replay.loaded.values()]
    return _evict(replay, residents, need, free)


def ours_untold(replay: Replay, need: int, free: int) -> Sequence[str]:
    """The same where nobody says what comes."""
    return _evict(replay, list(replay.loaded.values()), need, free)


def _evict(replay: Replay, residents: list[Resident], need: int, free: int) -> Sequence[str]:
    victims = plan_eviction(residents, need, free)
    assert victims is not None
    replay.clock = clock_after(replay.clock, residents, victims)
    return victims


def least_recent(replay: Replay, need: int, free: int) -> Sequence[str]:
    """LRU."""
    return replay.in_order(lambda r: replay.last[r.key], need, free)


def smallest_first(replay: Replay, need: int, free: int) -> Sequence[str]:
    """By size alone."""
    return replay.in_order(lambda r: r.held_bytes, need, free)


def optimum(trace: Trace, budget_bytes: int) -> float:
    """The least seconds that any way could reach that knows the future: exact.

    A state is the set of loaded models; every choice of victims at a miss is followed, and of
    the ways to reach a state the cheapest is kept.
    """
    pins: dict[str, int] = {}
    states: dict[frozenset[str], float] = {frozenset(): 0.0}
    for sign, key in trace.events:
        if sign == "=":
            continue
        if sign == "-":
            pins[key] -= 1
            continue
        load_s = trace.models[key][1]
        following: dict[frozenset[str], float] = {}
        for loaded, seconds in states.items():
            if key in loaded:
                following[loaded] = min(seconds, following.get(loaded, seconds))
                continue
            short = sum(trace.models[k][0] for k in loaded | {key}) - budget_bytes
            loose = [k for k in loaded if not pins.get(k)]
            for count in range(len(loose) + 1):
                for victims in itertools.combinations(loose, count):
                    sizes = [trace.models[k][0] for k in victims]
                    gained = sum(sizes)
                    # To drop more than is needed is never better.
                    if gained < short or (sizes and gained - min(sizes) >= short):
                        continue
                    kept = loaded.difference(victims) | {key}
                    cost = seconds + load_s
                    following[kept] = min(cost, following.get(kept, cost))
        states = following
        pins[key] = pins.get(key, 0) + 1
    return min(states.values())


def components_manager() -> Choose:
    """The rule of diffusers' ``ComponentsManager``: its own class, with stand-ins for modules.

    It asks the card for its free memory, less a reserve of nothing here; the answer is put in
    its place.
    """
    from diffusers.modular_pipelines import components_manager as theirs

    @dataclass
    class Module:
        size: int

        def get_memory_footprint(self) -> int:
            return self.size

    @dataclass
    class Hook:
        model_id: str
        model: Module

    strategy = theirs.AutoOffloadStrategy(memory_reserve_margin="0GB")

    def choose(replay: Replay, need: int, free: int) -> Sequence[str]:
        class Card:
            def __init__(self, _device: Any) -> None:
                pass

            def mem_get_info(self) -> tuple[int, int]:
                return free, replay.budget_bytes

        hooks = [Hook(r.key, Module(r.held_bytes)) for r in replay.loose()]
        with mock.patch.object(theirs, "TorchDeviceBackend", Card):
            chosen = strategy(hooks, "new", Module(need), "cuda:0")
        return [hook.model_id for hook in chosen]

    return choose
