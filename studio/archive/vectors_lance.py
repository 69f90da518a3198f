"""Vectors of very many files in LanceDB: an inverted file with product quantisation, so that a
question reads a small part of them (Jégou and others, 2011)."""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.archive.vectors import Near
from studio.errors import RequestError

_TABLE = "vectors"
#: From so many rows on there is an index; below, all are compared.
INDEXED_FROM = 100_000
#: Partitions a question reads, and how many times the wanted rows are compared exactly.
_PROBES, _REFINED = 24, 12
#: Pieces, one a write, and versions nobody reads any more, from which on the table is tidied: the
#: library never does it by itself.
_WRITES = 16
#: Rows outside the index, as a share of all, that call for taking them in.
_LOOSE_SHARE = 0.1
#: Old versions stay for whoever is reading them.
_KEPT = datetime.timedelta(minutes=10)


class LanceVectors:
    """A ``VectorIndex`` in LanceDB.

    Args:
        folder: of the database; made when first written to.
        dimensions: of a vector.
    """

    def __init__(self, folder: Path, dimensions: int) -> None:
        self.folder = folder
        self.dimensions = dimensions
        self._table: Any = None

    def __len__(self) -> int:
        table = self._open()
        if table is None:
            return 0
        with self._told():
            return int(table.count_rows())

    def add(self, media: int, frames: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Append rows; see ``FlatVectors.add``."""
        self.add_many(np.full(len(frames), media, np.int64), frames, vectors)

    def add_many(
        self, media: NDArray[np.int64], frames: NDArray[np.int64], vectors: NDArray[np.float32]
    ) -> None:
        """Append rows of several files."""
        if vectors.shape != (len(frames), self.dimensions) or (len(media) and media.min() < 0):
            raise ValueError(f"{vectors.shape} does not fit {len(frames)} x {self.dimensions}")
        import pyarrow

        flat = pyarrow.array(np.ascontiguousarray(vectors, np.float32).ravel())
        rows = pyarrow.table(
            {
                "media": pyarrow.array(media.astype(np.int64)),
                "frame": pyarrow.array(frames.astype(np.int64)),
                "vector": pyarrow.FixedSizeListArray.from_arrays(flat, self.dimensions),
            }
        )
        with self._told():
            table = self._open()
            if table is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._table = self._connect().create_table(_TABLE, rows)
            else:
                table.add(rows)

    def remove(self, media: int) -> None:
        """Strike out a file's rows."""
        table = self._open()
        if table is not None:
            with self._told():
                table.delete(f"media = {int(media)}")

    def of(self, media: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """A file's frames and vectors."""
        table = self._open()
        if table is None:
            return np.zeros(0, np.int64), np.zeros((0, self.dimensions), np.float32)
        with self._told():
            rows = table.search().where(f"media = {int(media)}").limit(None).to_arrow()
        frames = rows["frame"].to_numpy()
        vectors = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        order = np.argsort(frames, kind="stable")
        return frames[order], vectors.reshape(-1, self.dimensions)[order]

    def nearest(
        self, vector: NDArray[np.float32], most: int, media: Collection[int] | None = None
    ) -> Near:
        """The nearest rows; with an index nearly all of them (see the benchmark)."""
        table = self._open()
        none = np.zeros(0, np.int64)
        if table is None or most < 1 or (media is not None and not media):
            return Near(none, none, np.zeros(0, np.float32))
        with self._told():
            query = table.search(vector.astype(np.float32)).distance_type("cosine").limit(most)
            query = query.nprobes(_PROBES).refine_factor(_REFINED)
            if media is not None:
                query = query.where(f"media IN ({', '.join(str(int(m)) for m in media)})", True)
            rows = query.select(["media", "frame", "_distance"]).to_arrow()
        cosines = (1 - rows["_distance"].to_numpy()).astype(np.float32)
        return Near(rows["media"].to_numpy(), rows["frame"].to_numpy(), cosines)

    def nearest_each(
        self, vectors: NDArray[np.float32], most: int, media: Collection[int] | None = None
    ) -> tuple[Near, ...]:
        """The nearest rows to each of several vectors."""
        return tuple(self.nearest(vector, most, media) for vector in vectors)

    def tidy(self) -> bool:
        """Join pieces and make or extend the index, where that is due."""
        table = self._open()
        if table is None:
            return False
        done = False
        with self._told():
            count = int(table.count_rows())
            indices = [each.name for each in table.list_indices()]
            if not indices and count >= INDEXED_FROM:
                table.create_index(
                    metric="cosine",
                    index_type="IVF_PQ",
                    num_partitions=max(64, round(math.sqrt(count))),
                    num_sub_vectors=max(1, self.dimensions // 8),
                    sample_rate=64,
                    max_iterations=20,
                )
                done = True
            loose = 0
            for name in indices:
                told = table.index_stats(name)
                loose = max(loose, int(told.num_unindexed_rows) if told is not None else 0)
            pieces = int(table.stats()["fragment_stats"]["num_fragments"])
            before = datetime.datetime.now() - _KEPT
            old = sum(each["timestamp"].replace(tzinfo=None) < before
                      for each in table.list_versions())  # fmt: skip
            if done or loose > _LOOSE_SHARE * count or max(pieces, old) > _WRITES:
                table.optimize(cleanup_older_than=_KEPT)
                done = True
        return done

    def close(self) -> None:
        """Let go of the table."""
        self._table = None

    def _connect(self) -> Any:
        import lancedb

        return lancedb.connect(self.folder)

    def _open(self) -> Any:
        if self._table is None and (self.folder / f"{_TABLE}.lance").is_dir():
            with self._told():
                self._table = self._connect().open_table(_TABLE)
        if self._table is not None:
            with self._told():
                self._table.checkout_latest()
        return self._table

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The library's errors as ours."""
        try:
            yield
        except (OSError, RuntimeError, ValueError) as exc:
            raise RequestError(
                f"The index in {self.folder} cannot be used: {str(exc).splitlines()[0][:160]}",
                "Delete that folder and add the footage again; stored analyses make that quick.",
            ) from exc
