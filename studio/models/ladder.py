"""Out of memory is a ladder: each rung asks for less, the last fails one item and goes on.

Free what is idle, then fewer items or smaller tiles at a time, then half precision, then weights
that stay on the host, then the processor. What ran out is told apart, for it decides which rungs
help. The rung that worked is remembered for a model, a device and a shape.
"""

from __future__ import annotations

import json
import math
import re
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

from studio.errors import DoesNotFit, ModelError, StudioError
from studio.models.accounts import write_json
from studio.models.pool import ModelPool
from studio.models.preflight import forms_of
from studio.models.records import size_text
from studio.models.spec import PLAIN, AnySpec, Form, M, ModelSpec

Item = TypeVar("Item")
Value = TypeVar("Value")


class Shortage(StrEnum):
    """What ran out."""

    DEVICE = "device memory"
    FRAGMENTED = "device memory in one piece"
    PINNED = "pinned host memory"
    HOST = "host memory"


_PINNED = ("cudahostalloc", "pin_memory", "pinned", "cudahostregister", "host alloc")
_HOST = (
    "defaultcpuallocator",
    "bad_alloc",
    "bad alloc",
    "not enough memory: you tried to allocate",
    "cannot allocate memory",
    "failed to allocate memory",
    "unable to allocate",
)
_DEVICE = (
    "cuda out of memory",
    "hip out of memory",
    "cuda failed with error out of memory",
    "cuda error: out of memory",
    "cudaerrormemoryallocation",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
)
_UNITS = {"bytes": 0, "kib": 10, "mib": 20, "gib": 30, "tib": 40}


def _amount(text: str, pattern: str) -> float:
    found = re.search(pattern + r"\s*([\d.]+)\s*(bytes|[kmgt]ib)", text)
    return float(found[1]) * 2 ** _UNITS[found[2]] if found else 0.0


def what_ran_out(error: BaseException) -> Shortage | None:
    """What ran out, where an error says that memory did; looks through its causes.

    Knows the words of torch, CTranslate2, ONNX Runtime, OpenVINO and the C++ library, numpy's
    and Python's own error, and the pool's.
    """
    seen: BaseException | None = error
    while seen is not None:
        found = _one(seen)
        if found is not None:
            return found
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return None


def _one(error: BaseException) -> Shortage | None:
    if isinstance(error, DoesNotFit):
        return Shortage.DEVICE
    text = str(error).lower()
    if any(word in text for word in _PINNED) and "memory" in text:
        return Shortage.PINNED
    if isinstance(error, MemoryError) or any(word in text for word in _HOST):
        return Shortage.HOST
    if type(error).__name__ != "OutOfMemoryError" and not any(word in text for word in _DEVICE):
        return None
    tried = _amount(text, "tried to allocate")
    kept = re.search(r"([\d.]+)\s*(bytes|[kmgt]ib) is reserved by pytorch but unallocated", text)
    kept_bytes = float(kept[1]) * 2 ** _UNITS[kept[2]] if kept else 0.0
    # Torch holds enough free memory, but in pieces.
    return Shortage.FRAGMENTED if 0 < tried <= kept_bytes else Shortage.DEVICE


@dataclass(frozen=True)
class Rung:
    """One way to ask for less.

    Attributes:
        batch: items at a time.
        tile: side of a square tile; 0 where there are none.
        form: how the model is loaded.
    """

    batch: int
    tile: int
    form: Form

    def describe(self, first: Rung) -> str:
        """In words, against what was asked for."""
        words = []
        if self.batch != first.batch:
            words.append(f"{self.batch} at a time, not {first.batch}")
        if self.tile != first.tile:
            words.append(f"tiles of {self.tile}, not {first.tile}" if first.tile else "tiles")
        if self.form.half:
            words.append("half precision")
        if self.form.offload:
            words.append("weights kept on the host")
        if self.form.cpu:
            words.append("on the processor")
        return ", ".join(words) or "as asked"


def plan_rungs(spec: AnySpec, batch: int, tiles: Sequence[int] = ()) -> list[Rung]:
    """Every rung for a model, from what was asked for down.

    Args:
        spec: says which forms it can take.
        batch: items at a time.
        tiles: sides of square tiles, largest first.
    """
    if batch < 1:
        raise ValueError(f"a batch of {batch}")
    sizes = tuple(tiles) or (0,)
    rungs = [Rung(batch, sizes[0], PLAIN)]
    while rungs[-1].batch > 1:
        rungs.append(Rung(math.ceil(rungs[-1].batch / 2), sizes[0], PLAIN))
    rungs += [Rung(1, size, PLAIN) for size in sizes[1:]]
    smallest = rungs[-1]
    rungs += [
        Rung(smallest.batch, smallest.tile, form)
        for form in forms_of(spec).values()
        if form != PLAIN
    ]
    return rungs


def helps(rung: Rung, shortage: Shortage) -> bool:
    """Whether a rung can help where this ran out: weights that stay on the host, and the
    processor, only take more of the host."""
    if shortage in (Shortage.HOST, Shortage.PINNED):
        return not (rung.form.offload or rung.form.cpu)
    return True


class RungMemory:
    """The rung that worked last, by model, device and shape; a file in the cache.

    A rung was needed in some amount of free memory. Where there is clearly more now, the ladder
    begins at the top again.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def _read(self) -> dict[str, list[Any]]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def recall(self, key: str, rungs: Sequence[Rung], open_bytes: int) -> int:
        """Number of the rung to begin with."""
        row = self._read().get(key)
        if row is None or open_bytes > 1.25 * row[1] + 1:
            return 0
        texts = [rung.describe(rungs[0]) for rung in rungs]
        return texts.index(row[0]) if row[0] in texts else 0

    def keep(self, key: str, rung: str, open_bytes: int) -> None:
        """The rung that worked, and how much memory there was."""
        rows = self._read()
        if rows.get(key, [None])[0] != rung:
            write_json(self._path, {**rows, key: [rung, open_bytes, time.time()]})


@dataclass(frozen=True)
class Outcome(Generic[Item, Value]):
    """What became of one item.

    Attributes:
        item: it.
        value: its result; None where it failed.
        error: why it failed; None where it did not.
        rung: on which it was made, in words.
        notes: what a user should know: every rung that was left, and why.
    """

    item: Item
    value: Value | None
    error: StudioError | None
    rung: str
    notes: tuple[str, ...] = ()


def run(
    pool: ModelPool,
    spec: ModelSpec[M],
    items: Sequence[Item],
    call: Callable[[M, Sequence[Item], int], Sequence[Value]],
    *,
    batch: int = 1,
    tiles: Sequence[int] = (),
    shape: str = "",
    units: float = 1.0,
) -> Iterator[Outcome[Item, Value]]:
    """Do the work of a queue; whatever runs out of memory, every item comes out, in order.

    Args:
        pool: lends the model.
        spec: which; its ``rungs`` say which forms it can take.
        items: the queue.
        call: ``(model, items, tile)`` gives a value for each item. It is called again with
            fewer items where memory ran out, so it may keep nothing of a call that raised.
        batch: items at a time.
        tiles: sides of square tiles to try, largest first, where the work can be tiled.
        shape: of an item, such as ``1280x720``; what is remembered holds for this shape.
        units: of ``spec.working_unit`` that a full batch is.

    Yields:
        An outcome for each item. One that fails on every rung carries the error, and the next
        begins where the last success was.

    Raises:
        StudioError: anything that is not about memory.
    """
    climb = _Climb(pool, spec, plan_rungs(spec, batch, tiles), shape, units)
    queue = list(items)
    while queue:
        outcomes = climb.next_chunk(queue, call)
        del queue[: len(outcomes)]
        yield from outcomes


class _Climb:
    """Where a queue stands on its ladder."""

    def __init__(
        self, pool: ModelPool, spec: AnySpec, rungs: list[Rung], shape: str, units: float
    ) -> None:
        self._pool, self._spec, self._rungs, self._units = pool, spec, rungs, units
        self._memory = RungMemory(pool.cache_dir / "pool" / "rungs.json")
        self._key = f"{spec.key} | {pool.device.name} | {shape}"
        self._start = self._memory.recall(self._key, rungs, self._open_bytes())
        self._kept = self._start

    def _open_bytes(self) -> int:
        return self._pool.preflight([self._spec]).open_bytes

    def next_chunk(
        self, queue: Sequence[Item], call: Callable[[Any, Sequence[Item], int], Sequence[Value]]
    ) -> list[Outcome[Item, Value]]:
        """The next items, down the ladder until they are done or have failed."""
        notes: list[str] = []
        if self._start:
            notes.append(f"begun {self._words(self._start)}: that worked before")
        at, freed = self._start, False
        while True:
            rung = self._rungs[at]
            chunk = queue[: rung.batch]
            failed = self._attempt(rung, chunk, call)
            if not isinstance(failed, _Failure):
                if at not in (self._kept, 0):
                    self._memory.keep(self._key, self._words(at), self._open_bytes())
                self._start = self._kept = at
                words = self._words(at)
                return [
                    Outcome(item, value, None, words, tuple(notes))
                    for item, value in zip(chunk, failed, strict=True)
                ]
            text = f"{self._spec.name} ran out of {failed.shortage} {self._words(at)}"
            notes.append(text)
            self._pool.note("rung", self._spec.key, text)
            if not freed:  # once for each chunk: what is idle, and what only waits on the host
                freed = True
                gained = self._make_way(failed.shortage)
                if gained:
                    notes.append(f"freed {size_text(gained)} of idle models")
                    continue
            below = range(at + 1, len(self._rungs))
            helping = [i for i in below if helps(self._rungs[i], failed.shortage)]
            if not helping:
                item = queue[0]
                error = ModelError(
                    f"{self._spec.name}: {failed.shortage} ran out on every rung, "
                    f"the last {self._words(at)}",
                    "Use a smaller picture or model, or close other programs.",
                )
                error.__cause__ = failed.error
                return [Outcome(item, None, error, self._words(at), tuple(notes))]
            if self._rungs[helping[0]].form != rung.form:
                self._pool.release_idle()  # the form that was left would be held for nothing
            at = helping[0]

    def _words(self, at: int) -> str:
        return self._rungs[at].describe(self._rungs[0])

    def _make_way(self, shortage: Shortage) -> int:
        """Free what nobody uses; bytes gained. Fragments are gathered without dropping models,
        which counts as a gain: the same is worth trying again."""
        if shortage is Shortage.FRAGMENTED:
            self._pool.give_back()
            return 1
        if shortage is Shortage.PINNED:
            return self._pool.drop_copies()
        return self._pool.release_idle(keep=(self._spec,))

    def _attempt(
        self,
        rung: Rung,
        chunk: Sequence[Item],
        call: Callable[[Any, Sequence[Item], int], Sequence[Value]],
    ) -> Sequence[Value] | _Failure:
        first = self._rungs[0]
        area = (rung.tile / first.tile) ** 2 if first.tile else 1.0
        units = self._units * area * rung.batch / first.batch
        try:
            with self._pool.lease(self._spec, form=rung.form, units=units) as model:
                return call(model, chunk, rung.tile)
        except Exception as exc:
            shortage = what_ran_out(exc)
            if shortage is None:
                raise
            # Its frames hold the tensors that did not fit: the next try needs that memory.
            traceback.clear_frames(exc.__traceback__)
            return _Failure(shortage, exc.with_traceback(None))


@dataclass(frozen=True)
class _Failure:
    shortage: Shortage
    error: Exception


class FewerAtOnce:
    """A batch size that halves where memory runs out, for work inside an adapter.

    Args:
        name: of the model, for notes.
        size: items at a time to begin with.
        unit: items in the spec's ``working_unit``; ``size`` where not given.
    """

    def __init__(self, name: str, size: int, unit: int = 0) -> None:
        self._name = name
        self._most = size
        self._unit = unit or size
        self._allowed = size
        self.notes: list[str] = []

    @property
    def size(self) -> int:
        """Items at a time now."""
        return min(self._most, self._allowed)

    def allow(self, share: float) -> None:
        """Take at most this share of a unit at a time; 1 or more lifts that bound."""
        self._allowed = self._most if share >= 1 else max(1, math.floor(self._unit * share))

    def map(self, count: int, call: Callable[[slice], Value]) -> list[Value]:
        """Call with slices that cover ``count`` items, in order, of at most :attr:`size`.

        Once a size was too large, later calls begin with the one that worked; a note says so.

        Raises:
            Exception: what ``call`` raised, where it is not about memory or where one item
                alone does not fit.
        """
        found: list[Value] = []
        at = 0
        while at < count:
            piece = slice(at, min(at + self.size, count))
            try:
                found.append(call(piece))
            except Exception as exc:
                shortage = what_ran_out(exc)
                if shortage is None or piece.stop - at == 1:
                    raise
                traceback.clear_frames(exc.__traceback__)
                self._most = math.ceil((piece.stop - at) / 2)
                self.notes.append(
                    f"{self._name} ran out of {shortage} with {piece.stop - at} at a time: "
                    f"{self.size} at a time from then on"
                )
                continue
            at = piece.stop
        return found
