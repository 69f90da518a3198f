"""Vectors of many files, and those nearest to one: read from the disk as they are, all compared.

On disk lie the numbers of one generation (``vectors-3.f32``, ``rows-3.i64``) and ``flat.json``,
which says how many rows of them count. Rows are appended before the JSON says so, and a file's
rows are struck out in place; a writer that is killed leaves the index as it was before.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from studio.errors import RequestError
from studio.media.writer import write_beside

#: More rows than this are searched by an index that does not compare all of them.
MOST_FLAT = 500_000
#: Struck-out rows are thrown away once they are this share of all.
_DEAD_SHARE = 0.3
_STRUCK = -1
_WAIT_S = 60.0
#: Rows of so many bytes are held against every question while they lie in the caches. Each product
#: is shared out among the cores by numpy itself: with an eighth of the rows it takes twice as long,
#: and threads of our own win nothing (2 cores, 1 MiB of second cache each, nothing else at work).
_BLOCK_BYTES = 1 << 22


@dataclass(frozen=True)
class Near:
    """The nearest rows, nearest first; all arrays are ``(k,)``.

    Attributes:
        media: int64, number of the file.
        frames: int64, frame in it.
        cosines: float32.
    """

    media: NDArray[np.int64]
    frames: NDArray[np.int64]
    cosines: NDArray[np.float32]


class VectorIndex(Protocol):
    """Vectors by file and frame; those nearest to one."""

    def __len__(self) -> int:
        """Rows that count."""

    def add(self, media: int, frames: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Append a file's rows; on disk when it returns."""

    def add_many(
        self, media: NDArray[np.int64], frames: NDArray[np.int64], vectors: NDArray[np.float32]
    ) -> None:
        """Append rows of several files."""

    def remove(self, media: int) -> None:
        """Strike out a file's rows."""

    def of(self, media: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """A file's frames, rising, and their vectors."""

    def nearest(
        self, vector: NDArray[np.float32], most: int, media: Collection[int] | None = None
    ) -> Near:
        """The rows nearest to a vector, among all files or some."""

    def nearest_each(
        self, vectors: NDArray[np.float32], most: int, media: Collection[int] | None = None
    ) -> tuple[Near, ...]:
        """The rows nearest to each of several vectors."""

    def tidy(self) -> bool:
        """Give back what is struck out, where that is due; whether anything was done."""

    def close(self) -> None:
        """Let go of the files."""


@dataclass(frozen=True)
class _State:
    generation: int
    rows: int
    dead: int
    dimensions: int


class FlatVectors:
    """Every row is compared; a ``VectorIndex``.

    One product over mapped memory: with 200,000 rows of 256 float32 a question takes about as
    long as numpy needs for the bare product, and two that are asked at once about as long as one
    (see ``tests/benchmarks/search.py``): what takes time is to read the rows.

    Args:
        folder: for its files; made when first written to.
        dimensions: of a vector.
    """

    def __init__(self, folder: Path, dimensions: int) -> None:
        self.folder = folder
        self.dimensions = dimensions
        self._seen: tuple[int, int] = (-1, -1)
        self._state = _State(0, 0, 0, dimensions)
        self._vectors: NDArray[np.float32] = np.zeros((0, dimensions), np.float32)
        self._rows: NDArray[np.int64] = np.zeros((0, 2), np.int64)

    def __len__(self) -> int:
        self._refresh()
        return self._state.rows - self._state.dead

    def add(self, media: int, frames: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Append rows.

        Args:
            media: number of the file, not negative.
            frames: int64 ``(n,)``.
            vectors: float32 ``(n, dimensions)`` of unit length.

        Raises:
            ValueError: shapes that do not fit.
            RequestError: another program holds the index for too long.
        """
        self.add_many(np.full(len(frames), media, np.int64), frames, vectors)

    def add_many(
        self, media: NDArray[np.int64], frames: NDArray[np.int64], vectors: NDArray[np.float32]
    ) -> None:
        """Append rows of several files; ``media`` is int64 ``(n,)``, else as :meth:`add`."""
        if vectors.shape != (len(frames), self.dimensions) or (len(media) and media.min() < 0):
            raise ValueError(f"{vectors.shape} does not fit {len(frames)} x {self.dimensions}")
        rows = np.stack([media.astype(np.int64), frames.astype(np.int64)], axis=1)
        with self._writing() as state:
            self._append("vectors", "f32", state, vectors.astype(np.float32), self.dimensions * 4)
            self._append("rows", "i64", state, rows, 16)
            self._write(_State(state.generation, state.rows + len(rows), state.dead, *self._last))

    def remove(self, media: int) -> None:
        """Strike out a file's rows; nothing happens where it has none."""
        with self._writing() as state:
            if not state.rows:
                return
            rows = np.memmap(self._file("rows", "i64", state), np.int64, "r+", 0, (state.rows, 2))
            own = np.flatnonzero(rows[:, 0] == media)
            rows[own, 0] = _STRUCK
            rows.flush()
            dead = state.dead + len(own)
            self._write(_State(state.generation, state.rows, dead, *self._last))

    def of(self, media: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """A file's frames and vectors."""
        self._refresh()
        own = np.flatnonzero(self._rows[:, 0] == media)
        own = own[np.argsort(self._rows[own, 1], kind="stable")]
        return self._rows[own, 1].copy(), np.array(self._vectors[own])

    def nearest(
        self, vector: NDArray[np.float32], most: int, media: Collection[int] | None = None
    ) -> Near:
        """The nearest rows.

        Args:
            vector: float32 ``(dimensions,)`` of unit length.
            most: rows wanted.
            media: only rows of these files; of all where None.
        """
        return self.nearest_each(vector[None], most, media)[0]

    def nearest_each(
        self, vectors: NDArray[np.float32], most: int, media: Collection[int] | None = None
    ) -> tuple[Near, ...]:
        """The nearest rows to each of several vectors, for which every row is read once.

        Args:
            vectors: float32 ``(k, dimensions)`` of unit length.
            most, media: see :meth:`nearest`.
        """
        self._refresh()
        every = _cosines(self._vectors, vectors.astype(np.float32))
        count = len(self._rows)
        if self._state.dead or media is not None:
            own = self._rows[:, 0]
            kept = own >= 0 if media is None else np.isin(own, list(media))
            every[:, ~kept] = -np.inf
            count = int(kept.sum())
        return tuple(self._best(cosines, min(most, count)) for cosines in every)

    def _best(self, cosines: NDArray[np.float32], most: int) -> Near:
        if not most:
            none = np.zeros(0, np.int64)
            return Near(none, none, np.zeros(0, np.float32))
        best = np.argpartition(cosines, len(cosines) - most)[len(cosines) - most :]
        best = best[np.lexsort((best, -cosines[best]))]
        return Near(self._rows[best, 0].copy(), self._rows[best, 1].copy(), cosines[best])

    def tidy(self) -> bool:
        """Write a new generation without the rows that are struck out, where they are many."""
        self._refresh()
        if self._state.dead <= _DEAD_SHARE * self._state.rows:
            return False
        with self._writing() as state:
            self._refresh()
            kept = np.flatnonzero(self._rows[:, 0] >= 0)
            new = _State(state.generation + 1, 0, 0, self.dimensions)
            for start in range(0, len(kept), 65_536):
                piece = kept[start : start + 65_536]
                at = _State(new.generation, start, 0, self.dimensions)
                self._append("vectors", "f32", at, self._vectors[piece], self.dimensions * 4)
                self._append("rows", "i64", at, self._rows[piece], 16)
            self._write(_State(new.generation, len(kept), 0, self.dimensions))
            for name, ending in (("vectors", "f32"), ("rows", "i64")):
                with suppress(OSError):  # whoever has it mapped keeps it until they look again
                    self._file(name, ending, state).unlink()
        return True

    def close(self) -> None:
        """Let go of the mapped memory."""
        self._vectors = np.zeros((0, self.dimensions), np.float32)
        self._rows = np.zeros((0, 2), np.int64)
        self._seen = (-1, -1)

    @property
    def _last(self) -> tuple[int]:
        return (self.dimensions,)

    def _file(self, name: str, ending: str, state: _State) -> Path:
        return self.folder / f"{name}-{state.generation}.{ending}"

    def _append(
        self, name: str, ending: str, state: _State, values: NDArray[np.generic], row_bytes: int
    ) -> None:
        path = self._file(name, ending, state)
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.truncate(state.rows * row_bytes)  # what a killed writer left goes
            file.seek(state.rows * row_bytes)
            file.write(np.ascontiguousarray(values).data)
            file.flush()
            os.fsync(file.fileno())

    def _write(self, state: _State) -> None:
        said = {
            "generation": state.generation,
            "rows": state.rows,
            "dead": state.dead,
            "dimensions": state.dimensions,
        }
        with write_beside(self.folder / "flat.json") as beside:
            beside.write_text(json.dumps(said), encoding="utf-8")

    def _read(self) -> _State:
        try:
            said = json.loads((self.folder / "flat.json").read_text(encoding="utf-8"))
            state = _State(said["generation"], said["rows"], said["dead"], said["dimensions"])
        except FileNotFoundError:
            return _State(0, 0, 0, self.dimensions)
        except (OSError, ValueError, KeyError) as exc:
            raise _damaged(self.folder) from exc
        if state.dimensions != self.dimensions:
            raise RequestError(
                f"{self.folder} holds vectors of {state.dimensions} numbers, not "
                f"{self.dimensions}.",
                "They are of another model: delete the folder, and add the footage again.",
            )
        return state

    def _refresh(self) -> None:
        """See what writers did since."""
        try:
            said = (self.folder / "flat.json").stat()
            seen = (said.st_mtime_ns, said.st_ino)
        except OSError:
            seen = (0, 0)
        if seen == self._seen:
            return
        state = self._read()
        if state.rows:
            try:
                self._vectors = np.memmap(
                    self._file("vectors", "f32", state),
                    np.float32,
                    "r",
                    0,
                    (state.rows, self.dimensions),
                )
                self._rows = np.memmap(
                    self._file("rows", "i64", state), np.int64, "r", 0, (state.rows, 2)
                )
            except (OSError, ValueError) as exc:
                raise _damaged(self.folder) from exc
        else:
            self._vectors = np.zeros((0, self.dimensions), np.float32)
            self._rows = np.zeros((0, 2), np.int64)
        self._state, self._seen = state, seen

    @contextmanager
    def _writing(self) -> Iterator[_State]:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            held = FileLock(self.folder / ".lock").acquire(timeout=_WAIT_S)
        except Timeout as exc:
            raise RequestError(
                f"Another program is changing the index in {self.folder}.", "Try again later."
            ) from exc
        with held:
            yield self._read()


def _cosines(rows: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Every row by every vector, float32 ``(k, n)``: ``rows @ vector``, a block at a time.

    One product with both as matrices would copy the rows into an order of its own first, which
    costs as much as the second reading that it saves.
    """
    rows = np.asarray(rows)  # slices of a memmap are dear
    found = np.empty((len(vectors), len(rows)), np.float32)
    block = max(64, _BLOCK_BYTES // (4 * max(1, rows.shape[1])) // 64 * 64)
    for start in range(0, len(rows), block):
        end = min(start + block, len(rows))
        for number, vector in enumerate(vectors):
            np.dot(rows[start:end], vector, out=found[number, start:end])
    return found


def _damaged(folder: Path) -> RequestError:
    return RequestError(
        f"The index in {folder} is damaged.",
        "Delete that folder and add the footage again; stored analyses make that quick.",
    )


def open_vectors(folder: Path, dimensions: int) -> VectorIndex:
    """The vectors in a folder, in the form they have: few are compared one by one.

    Args:
        folder: may not exist yet.
        dimensions: of a vector.
    """
    if (folder / "large").is_dir():
        from studio.archive.vectors_lance import LanceVectors

        return LanceVectors(folder / "large", dimensions)
    return FlatVectors(folder, dimensions)


def grown(index: VectorIndex, folder: Path, dimensions: int) -> VectorIndex:
    """The index in the form for many rows where it has become that large, else as it is.

    Args:
        index: as :func:`open_vectors` gave it.
        folder: of it.
        dimensions: of a vector.
    """
    if not isinstance(index, FlatVectors) or len(index) <= MOST_FLAT:
        return index
    from studio.archive.vectors_lance import LanceVectors

    beside = folder / "large.new"
    shutil.rmtree(beside, ignore_errors=True)
    large = LanceVectors(beside, dimensions)
    rows = index._rows
    for number in np.unique(rows[rows[:, 0] >= 0, 0]).tolist():
        large.add(number, *index.of(number))
    large.tidy()
    large.close()
    beside.replace(folder / "large")
    index.close()
    return LanceVectors(folder / "large", dimensions)
