"""How long a question takes: exactly over 200,000 frames, by the index over 2,000,000.

``python -m tests.benchmarks search`` takes minutes, most of them to build the large index;
``python -m tests.benchmarks.search 300000`` makes
that one smaller, 0 leaves it out. Frames are vectors of 256 numbers around 4,000 places,
as many as a library of so many frames has scenes. Each question is timed beside the bare product
of numpy over the same rows, one after the other.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from pipelines import search
from pipelines.search import asking
from pipelines.search.indexing import words_of
from pipelines.search.library import Library
from studio.adapters import yolo
from studio.archive.search_index import Document
from studio.archive.vectors import FlatVectors
from studio.archive.vectors_lance import LanceVectors
from studio.jobs.job import Job

WIDE, FILE = 256, 2000
SMALL, LARGE = 200_000, 2_000_000
QUESTIONS = (
    "dog", "a man on a bicycle", "버스", "고양이", "flowers", "sunglasses", "a dog and a cat",
    "a city street with cars", "음식", "never give up",
)  # fmt: skip
ROUNDS = 40
WANTED = 50


def main() -> None:
    large = int(sys.argv[1]) if len(sys.argv) > 1 else LARGE
    rng = np.random.default_rng(0)
    places = rng.normal(size=(4000, WIDE)).astype(np.float32)

    def made(rows: int) -> np.ndarray:
        near = places[rng.integers(0, len(places), rows)]
        found = near + 0.7 * rng.normal(size=(rows, WIDE)).astype(np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    with tempfile.TemporaryDirectory() as folder:
        exact(Path(folder), made)
        questions(Path(folder), made)
        if large:
            by_index(Path(folder), made, large)


def _say(name: str, seconds: list[float], bare: list[float]) -> None:
    own, other = (
        np.percentile(np.array(seconds) * 1e3, [50, 95]),
        np.percentile(np.array(bare) * 1e3, [50, 95]),
    )
    print(
        f"{name}: median {own[0]:.1f} ms, p95 {own[1]:.1f} ms; bare numpy {other[0]:.1f} and "
        f"{other[1]:.1f} ms; {own[0] / other[0]:.2f} times the bare product"
    )


def _bare(rows: np.ndarray, asked: np.ndarray) -> np.ndarray:
    return np.argpartition(rows @ asked, -WANTED)[-WANTED:]


def exact(folder: Path, made) -> None:
    """Nearest frames, all compared."""
    index = FlatVectors(folder / "flat", WIDE)
    for media in range(SMALL // FILE):
        index.add(media, np.arange(FILE), made(FILE))
    rows = np.array(index.nearest(made(1)[0], 1) and index._vectors)
    own, bare = [], []
    for _ in range(ROUNDS):
        asked = made(1)[0]
        started = time.perf_counter()
        index.nearest(asked, WANTED)
        own.append(time.perf_counter() - started)
        started = time.perf_counter()
        _bare(rows, asked)
        bare.append(time.perf_counter() - started)
    _say(f"nearest of {SMALL} frames, exact", own, bare)


def questions(folder: Path, made) -> None:
    """Whole questions in words, from text to in and out, over a library of that many frames."""
    job = Job()
    library = Library(folder / "library")
    rng = np.random.default_rng(1)
    said = "we never give up on the long road to the sea and the old house by the river".split()
    for number in range(SMALL // FILE):
        found = []
        for shot in range(FILE // 8):
            for label in rng.choice(80, 3, replace=False):
                found.append(
                    Document(
                        "object", yolo.LABELS[label], shot, shot * 100, shot * 100 + 100,
                        shot * 100 + 50, shot * 4.0, shot * 4.0 + 4, float(rng.random()),
                    )
                )  # fmt: skip
            words = tuple((w, shot * 4.0, shot * 4.0 + 1) for w in rng.permutation(said)[:6])
            text = " ".join(w for w, _, _ in words)
            found.append(
                Document("speech", text, -1, 0, 100, 50, shot * 4.0, shot * 4.0 + 1, 0.9, words)
            )
        media = library.index.put(
            content_hash=f"{number:040}", path=Path(f"/films/{number}.mp4"), duration_s=1000.0,
            frames=25_000, made_by="{}",
            shots=[(s * 100, s * 100 + 100, s * 4.0, s * 4.0 + 4) for s in range(FILE // 8)],
            documents=found, words_of=words_of(found) if number == 0 else {},
        )  # fmt: skip
        library.pictures.add(media, np.arange(FILE) * 12, made(FILE))
        if number == 0:  # the sentences of one file stand for those of all
            library.learn(job)
    films = library.index.media()
    for text in QUESTIONS:  # the models are loaded
        asking.ask(library, search.Options(text), films, job)
    own, bare = [], []
    rows = np.array(library.pictures._vectors)
    for number in range(ROUNDS):
        options = search.Options(QUESTIONS[number % len(QUESTIONS)])
        started = time.perf_counter()
        asking.ask(library, options, films, job)
        own.append(time.perf_counter() - started)
        started = time.perf_counter()
        _bare(rows, made(1)[0])
        bare.append(time.perf_counter() - started)
    library.close()
    _say(f"whole questions in words over {SMALL} frames", own, bare)


def by_index(folder: Path, made, large: int) -> None:
    """Nearest frames by the index, and how many of the true nearest it finds."""
    index = LanceVectors(folder / "lance", WIDE)
    rows = np.memmap(folder / "rows.f32", np.float32, "w+", 0, (large, WIDE))
    piece = 50_000
    started = time.perf_counter()
    for start in range(0, large, piece):
        count = min(piece, large - start)
        rows[start : start + count] = made(count)
        media = np.arange(start, start + count) // FILE
        index.add_many(media, np.arange(start, start + count) % FILE, rows[start : start + count])
    index.tidy()
    print(f"{large} frames taken in and indexed: {time.perf_counter() - started:.0f} s")
    own, bare, kept = [], [], []
    for _ in range(ROUNDS):
        asked = made(1)[0]
        started = time.perf_counter()
        near = index.nearest(asked, WANTED)
        own.append(time.perf_counter() - started)
        started = time.perf_counter()
        best = _bare(rows, asked)
        bare.append(time.perf_counter() - started)
        found = near.media * FILE + near.frames
        kept.append(len(np.intersect1d(found, best)) / WANTED)
    _say(f"nearest of {large} frames by the index, recall {np.mean(kept):.3f}", own, bare)


if __name__ == "__main__":
    main()
