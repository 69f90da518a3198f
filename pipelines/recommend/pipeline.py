"""A shot, a film or a picture to scenes like it, chosen so that they differ from each other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.recommend.diverse import diverse
from pipelines.search import pipeline as searching
from pipelines.search.asking import chosen_media, likeness_asked
from pipelines.search.corrections_changed import renew
from pipelines.search.finding import Found, like_places, near_frames
from pipelines.search.indexing import find_media
from pipelines.search.library import Library, open_library
from pipelines.search.options import MOST, shot_asked
from pipelines.search.options import Options as SearchOptions
from pipelines.search.result import Hit, Result
from studio.archive.search_index import IndexedMedia
from studio.errors import RequestError
from studio.jobs.job import Job

#: Places among which is chosen, for each that is wanted.
_AMONG = 8
#: Shots of a film that stand for it: the ones farthest from each other.
_SHOTS_OF_A_FILM = 6
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class Options:
    """Options of ``studio recommend``.

    Attributes:
        like: a film, ``FILE@SECONDS`` for a shot of it, or a picture.
        collection: only its files; empty for all.
        most: scenes wanted.
        diversity: 0 for the likest only, 1 for those most unlike each other.
        out, clips, index: as of ``studio search``.
        seed: nothing is drawn by chance; here so that every pipeline takes it.
        dry_run: only say what would be looked for.
    """

    like: str
    collection: str = ""
    most: int = 10
    diversity: float = 0.3
    out: Path | None = None
    clips: bool = False
    index: Path | None = None
    seed: int = 0
    dry_run: bool = False


def run(source: Path | Sequence[Path] | None, options: Options, job: Job) -> Result:
    """Scenes like one.

    A film is not recommended to itself: where a whole film is given, its own shots are left out,
    and each scene is held against the shots of it that differ most.

    Args:
        source: nothing, or the film as a path.
        options: see there.
        job: settings, models, progress.

    Raises:
        RequestError: an option cannot work, or the film is not in the index.
        MediaError: the picture cannot be read.
    """
    started = time.perf_counter()
    like = str(source) if isinstance(source, Path) else options.like
    if not 0 <= options.diversity <= 1:
        raise RequestError(f"--diversity {options.diversity:g} is not possible.", "Give 0 to 1.")
    if not 1 <= options.most <= MOST:
        raise RequestError(f"--most {options.most} is not possible.", f"Give 1 to {MOST}.")
    if options.clips and options.out is None:
        raise RequestError("--clips needs a folder.", "Give one: --out DIR")
    with open_library(job, options.index) as library:
        media, notes = renew(library, chosen_media(library, options.collection, job.settings), job)
        within = {m.number for m in media} if options.collection else None
        begun = time.perf_counter()
        found = _alike(library, like, media, within, job)
        chosen = _chosen(library, found, options)
        by_number = {m.number: m for m in media}
        hits = tuple(_hit(by_number[f.media], f) for f in chosen if f.media in by_number)
        ask_s = time.perf_counter() - begun
    if not hits:
        notes = (
            *notes,
            f"Nothing in {len(media)} files looks like {like}; add more: studio index add",
        )
    files: dict[str, Path] = {}
    thumbnails: tuple[Path | None, ...] = (None,) * len(hits)
    if options.out is not None and hits and not options.dry_run:
        asked = SearchOptions(
            like=like, collection=options.collection, out=options.out, clips=options.clips
        )
        files, thumbnails, more = searching.write(hits, asked, options.out, job)
        notes = (*notes, *more)
    wall_s = time.perf_counter() - started
    return Result(hits, None, len(media), files, thumbnails, notes, ask_s, wall_s)


def _alike(
    library: Library,
    like: str,
    media: Sequence[IndexedMedia],
    within: set[int] | None,
    job: Job,
) -> list[Found]:
    if shot_asked(like) is not None or Path(like).suffix.lower() in _PICTURES:
        asked = likeness_asked(library, like, job)
        (near,) = near_frames(library, asked.vector[None], within)
        return like_places(library, near, media, but=asked.but, asked=asked.asked)
    own = find_media(library, like)
    _, vectors = library.pictures.of(own.number)
    if not len(vectors):
        raise RequestError(f"{own.name} has no picture.", "Give a film, a shot of it or a photo.")
    whole = (own.number, 0, own.frames)
    others = {m.number for m in media} - {own.number}
    found: list[Found] = []
    for near in near_frames(library, vectors[_farthest(vectors, _SHOTS_OF_A_FILM)], others):
        found += like_places(library, near, media, but=whole, asked=own.name)
    best: dict[tuple[int, int], Found] = {}
    for place in found:
        key = (place.media, place.shot)
        if key not in best or place.worth > best[key].worth:
            best[key] = place
    return list(best.values())


def _farthest(vectors: NDArray[np.float32], count: int) -> list[int]:
    """Rows that stand for all: the nearest to the mean, then each the farthest from those."""
    chosen = [int((vectors @ vectors.mean(axis=0)).argmax())]
    near = vectors @ vectors[chosen[0]]
    while len(chosen) < min(count, len(vectors)):
        chosen.append(int(near.argmin()))
        near = np.maximum(near, vectors @ vectors[chosen[-1]])
    return chosen


def _chosen(library: Library, found: list[Found], options: Options) -> list[Found]:
    found = sorted(found, key=lambda f: (-f.worth, f.media, f.start_s))
    found = [f for f in found if f.worth > 0][: _AMONG * options.most]
    if not found:
        return []
    vectors = []
    known: dict[int, tuple[NDArray[np.int64], NDArray[np.float32]]] = {}
    for place in found:
        frames, own = known.setdefault(place.media, library.pictures.of(place.media))
        vectors.append(own[int(np.searchsorted(frames, place.peak_frame))])
    worth = np.array([place.worth for place in found])
    rows = diverse(np.stack(vectors), worth, options.most, options.diversity)
    return [found[row] for row in rows]


def _hit(media: IndexedMedia, place: Found) -> Hit:
    return Hit(
        media,
        place.shot,
        place.start_frame,
        place.end_frame,
        place.peak_frame,
        place.start_s,
        place.end_s,
        round(place.worth, 4),
        (place.why,),
    )
