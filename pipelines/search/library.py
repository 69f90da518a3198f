"""The index as pipelines hold it: documents, what phrases mean, what frames look like."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from pipelines.search import frames
from pipelines.search.frames import FramesModel
from pipelines.search.options import FOLDER
from pipelines.search.words import meaning
from studio.adapters import sentence
from studio.archive.search_index import SearchIndex
from studio.archive.vectors import VectorIndex, grown, open_vectors
from studio.jobs.job import Job

#: Phrases that are given vectors between two writes.
_AT_ONCE = 1024


class Library:
    """An open index. Made by :func:`open_library`.

    Attributes:
        folder: it lies in.
        index: documents and full text.
        frames: which model the vectors of frames are of.
        pictures: vectors of frames.
        phrases: vectors of phrases; a phrase's number is its file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = SearchIndex.open(folder / "index.sqlite")
        self.frames: FramesModel = frames.read(folder)
        self.pictures: VectorIndex = self._pictures()
        self.phrases: VectorIndex = open_vectors(folder / "phrases", sentence.DIMENSIONS)

    def _pictures(self) -> VectorIndex:
        return open_vectors(self.folder / "pictures", self.frames.dimensions)

    def look_by(self, model: FramesModel) -> None:
        """Let frames be looked at by a model; an index that holds some keeps to its own.

        Raises:
            RequestError: its frames were looked at by another.
        """
        frames.choose(self.folder, model, empty=not self.index.media())
        if model != self.frames:
            self.pictures.close()
            if not len(self.pictures):
                shutil.rmtree(self.folder / "pictures", ignore_errors=True)
            self.frames = model
            self.pictures = self._pictures()

    def learn(self, job: Job) -> None:
        """Give phrases that are new their vectors; those that a killed run left out, too."""
        phrases = self.index.unlearnt()
        for start in range(0, len(phrases), _AT_ONCE):
            piece = phrases[start : start + _AT_ONCE]
            with job.pool.lease(sentence.SPEC) as model:
                vectors = model.read([meaning(p.kind, p.text) for p in piece])
            self.phrases.add_many(
                np.array([p.number for p in piece]), np.zeros(len(piece), np.int64), vectors
            )
            self.index.learnt(piece)

    def tidy(self) -> None:
        """What is due from time to time: room given back, the form for many rows."""
        for name in ("pictures", "phrases"):
            vectors: VectorIndex = getattr(self, name)
            vectors.tidy()
            wide = self.frames.dimensions if name == "pictures" else sentence.DIMENSIONS
            setattr(self, name, grown(vectors, self.folder / name, wide))

    def close(self) -> None:
        """Let go of the files."""
        self.pictures.close()
        self.phrases.close()
        self.index.close()


@contextmanager
def open_library(job: Job, folder: Path | None = None) -> Iterator[Library]:
    """The index, closed at the end.

    Args:
        job: whose settings say where it lies.
        folder: of it; None for the usual one.

    Raises:
        IndexUnavailable: it cannot be used.
    """
    library = Library(folder or job.settings.data_dir / FOLDER)
    try:
        yield library
    finally:
        library.close()
