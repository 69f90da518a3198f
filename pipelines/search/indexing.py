"""Footage into the index and out of it; what is stored is used, nothing is analysed twice."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipelines import analysis
from pipelines.analysis.options import CUTTING_PARTS
from pipelines.search import frames
from pipelines.search.corrections_changed import said_of
from pipelines.search.documents import VERSION, documents
from pipelines.search.footage_list import Listed, enter
from pipelines.search.footage_list import listed as listed_footage
from pipelines.search.library import Library, open_library
from pipelines.search.options import IndexOptions
from pipelines.search.words import full_text
from studio.adapters import picture_words, sentence
from studio.archive.search_index import Document, IndexedMedia
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.analysis import FootageAnalysis

_PARTS = (*CUTTING_PARTS, "sound_events")
_SOUND = ("speech", "sound", "sound_events")


@dataclass(frozen=True)
class Added:
    """What became of one file.

    Attributes:
        media: as it is in the index.
        state: ``new``, ``known`` or ``renewed``.
        documents: it has.
        notes: what a user should know.
    """

    media: IndexedMedia
    state: str
    documents: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class IndexResult:
    """What ``studio index`` gives.

    Attributes:
        added: a line a file.
        media: all that is in the index, or in the collection.
        collections: their names.
        wall_s: seconds this run took.
    """

    added: tuple[Added, ...]
    media: tuple[IndexedMedia, ...]
    collections: tuple[str, ...]
    wall_s: float


def add(footage: Sequence[Path], options: IndexOptions, job: Job) -> IndexResult:
    """Make files searchable.

    Args:
        footage: films and sound files; a file that is known is only put into the collection.
        options: see there.
        job: settings, models, store, progress.

    Raises:
        MediaError: a file cannot be used; those before it are in the index.
        RequestError: no files, or an index that cannot be used.
    """
    started = time.perf_counter()
    project = None
    if options.library:
        project = listed_footage(job.settings, options.owner, options.collection)
        every = project or Listed((), (), ())
        footage = footage or every.paths
        if not footage and every.missing:
            raise RequestError(
                f"{every.missing[0]} is not where it was.",
                "studio library list --find FOLDER looks for footage that was moved.",
            )
    if not footage:
        raise RequestError("no footage was given", "Name one or more files.")
    if project is not None and project.project:
        options = replace(options, collection="")  # the project's own list says what is in it
    added = []
    with open_library(job, options.index) as library:
        if options.frames_model:
            library.look_by(frames.wanted(options.frames_model, job))
        for number, path in enumerate(footage):
            job.report("index", number / len(footage), path.name)
            added.append(add_one(library, path, options, job))
            if options.library:
                from studio.media.probe import probe

                into = project.project if project is not None else ""
                enter(job.settings, probe(path, job.settings), options.owner, into)
        library.tidy()
        media = library.index.media(options.collection)
        collections = library.index.collections()
    job.report("index", 1.0, f"{len(added)} files")
    return IndexResult(tuple(added), media, collections, time.perf_counter() - started)


def listed(options: IndexOptions, job: Job) -> IndexResult:
    """What is in the index, or in a collection of it."""
    started = time.perf_counter()
    with open_library(job, options.index) as library:
        media = library.index.media(options.collection)
        collections = library.index.collections()
    return IndexResult((), media, collections, time.perf_counter() - started)


def remove(names: Sequence[str], options: IndexOptions, job: Job) -> IndexResult:
    """Forget files, or take them out of a collection where one is named.

    Args:
        names: paths, file names or content hashes.
        options: of which ``collection`` and ``index`` count.
        job: settings.

    Raises:
        RequestError: a name is not in the index; nothing was removed then.
    """
    started = time.perf_counter()
    with open_library(job, options.index) as library:
        found = [find_media(library, name) for name in names]
        for media in found:
            if options.collection:
                library.index.take_out(media.number, options.collection)
            else:
                library.pictures.remove(media.number)
                library.index.remove(media.number)
        library.tidy()
        kept = library.index.media(options.collection)
        collections = library.index.collections()
    return IndexResult((), kept, collections, time.perf_counter() - started)


def find_media(library: Library, name: str) -> IndexedMedia:
    """The file of that path, name or content hash.

    Raises:
        RequestError: none is, or several are.
    """
    everything = library.index.media()
    path = Path(name)
    here = path.resolve() if path.exists() else None
    for fits in (
        [m for m in everything if here is not None and m.path == here],
        [m for m in everything if len(name) >= 8 and m.content_hash.startswith(name)],
        [m for m in everything if m.name in (name, path.name)],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise RequestError(
                f"{len(fits)} files in the index are called {name}.",
                "Give its whole path: " + ", ".join(str(m.path) for m in fits[:4]),
            )
    raise RequestError(
        f"{name} is not in the index.",
        "Add it: studio index add FILE" if here else "See what is: studio index list",
    )


def add_one(library: Library, path: Path, options: IndexOptions, job: Job) -> Added:
    """Make one file searchable, or again where what its documents are made by has changed."""
    from studio.media.probe import probe

    info = probe(path, job.settings)
    texts = info.video is not None and (options.texts or _texts_are_read(path, options, job))
    parts = (*_PARTS, "texts") if texts else _PARTS
    wanted = analysis.Options(
        only=parts if info.video is not None else _SOUND,
        cache=options.cache,
        language=options.language,
    )
    made_by = json.dumps(
        {
            "documents": VERSION,
            "phrases": sentence.SPEC.key,
            "pictures": library.frames.key,
            "language": options.language,
            "texts": texts,
        }
        | said_of(job.settings.data_dir, info.content_hash),
        sort_keys=True,
    )
    known = library.index.find(info.content_hash)
    notes: tuple[str, ...] = ()
    state = "known"
    if known is None or known.made_by != made_by or not options.cache:
        state = "new" if known is None else "renewed"
        footage = analysis.run(path, wanted, job).analysis
        notes = footage.notes
        known = _keep(library, footage, made_by, job)
    elif known.path != info.path:
        library.index.move(known.number, info.path)
        state = "moved"
    if options.collection:
        library.index.put_into(known.number, options.collection)
    if options.people and info.video is not None:
        from pipelines.search.persons import refresh

        notes = (*notes, *refresh(library, known, job))
    known = library.index.find(info.content_hash)
    assert known is not None
    return Added(known, state, library.index.count(known.number), notes)


def _texts_are_read(path: Path, options: IndexOptions, job: Job) -> bool:
    """Whether an earlier analysis read the text in the picture."""
    only = analysis.Options(only=("texts",), cache=options.cache, dry_run=True)
    return "texts" in analysis.run(path, only, job).stored


def _keep(library: Library, footage: FootageAnalysis, made_by: str, job: Job) -> IndexedMedia:
    info, times = footage.media, footage.frame_times
    classes = np.zeros((0, 1000), np.float32)
    names: tuple[str, ...] = ()
    if footage.embeddings is not None and len(footage.embeddings.frames):
        with job.pool.lease(picture_words.SPEC) as layer:
            classes = layer.classes(footage.embeddings.vectors)
            names = layer.names
    numbers, vectors = library.frames.of_footage(footage, job)
    found = documents(footage, classes, names)
    shots = [
        (s.start_frame, s.end_frame, float(s.start), float(s.end)) for s in footage.shots or ()
    ]
    number = library.index.put(
        content_hash=info.content_hash,
        path=info.path,
        duration_s=float(info.duration),
        frames=len(times) if times is not None else 0,
        made_by=made_by,
        shots=shots,
        documents=found,
        words_of=words_of(found),
    )
    library.pictures.remove(number)
    if len(numbers):
        library.pictures.add(number, numbers, vectors)
    library.learn(job)
    known = library.index.find(info.content_hash)
    assert known is not None
    return known


def words_of(found: Sequence[Document]) -> dict[tuple[str, str], str]:
    """The words by which full text finds each phrase."""
    return {(d.kind, d.text): full_text(d.kind, d.text) for d in found}
