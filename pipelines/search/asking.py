"""A question to answers: each condition looked up, then put together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.search.corrections_changed import renew
from pipelines.search.finding import (
    Found,
    concept_places,
    exact_places,
    like_places,
    near_frames,
)
from pipelines.search.footage_list import listed, project_names
from pipelines.search.frames import starter
from pipelines.search.fusing import Answer, together
from pipelines.search.indexing import find_media
from pipelines.search.library import Library
from pipelines.search.options import Options, shot_asked
from pipelines.search.result import Hit
from pipelines.search.words import Asked, Concept, entries, understand
from studio.adapters import sentence
from studio.archive.search_index import IndexedMedia
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.settings import Settings

#: A question of so many words may be one that somebody says.
_WHOLE_WORDS = 2


@dataclass(frozen=True)
class Likeness:
    """What an answer should look like.

    Attributes:
        vector: float32 ``(dimensions,)`` of the index's model of frames.
        but: file, first frame and end of the shot it was taken from; None for a picture.
        asked: what to call it.
    """

    vector: NDArray[np.float32]
    but: tuple[int, int, int] | None
    asked: str


def chosen_media(
    library: Library, collection: str, settings: Settings | None = None, owner: str = ""
) -> tuple[IndexedMedia, ...]:
    """The files to look through.

    Args:
        library: the index.
        collection: of it, or a project of the library; empty for all.
        settings: say where the library of footage lies; None looks into the index alone.
        owner: whose projects are meant.

    Raises:
        RequestError: there are none, or no such collection; the hint says how to get some.
    """
    found = library.index.media(collection)
    if found:
        return found
    every = library.index.media()
    lists = list(library.index.collections())
    if collection and settings is not None:
        project = listed(settings, owner, collection)
        if project is not None:
            wanted = set(project.hashes)
            found = tuple(m for m in every if m.content_hash in wanted)
            if found:
                return found
            raise RequestError(
                f"Nothing of the project {collection} can be searched yet.",
                f"studio index add --in {collection!r}",
            )
        lists += project_names(settings, owner)
    if collection and every:
        raise RequestError(
            f"There is no collection called {collection}.",
            f"There are: {', '.join(lists)}"
            if lists
            else f"Make one: studio index add FILE --in {collection}",
        )
    raise RequestError(
        "Nothing can be searched yet: the index is empty.",
        "Add footage first: studio index add FILE..., or without a file all of the library.",
    )


def not_searchable(media: Sequence[IndexedMedia], options: Options, job: Job) -> tuple[str, ...]:
    """A note where footage of the project that was asked for is not in the index."""
    if not options.collection or any(options.collection in m.collections for m in media):
        return ()
    project = listed(job.settings, options.owner, options.collection)
    lacking = len(set(project.hashes) - {m.content_hash for m in media}) if project else 0
    if not lacking:
        return ()
    return (
        f"{lacking} file(s) of {options.collection} cannot be searched yet: "
        f"studio index add --in {options.collection!r}",
    )


def ask(
    library: Library, options: Options, media: Sequence[IndexedMedia], job: Job
) -> tuple[tuple[Hit, ...], Asked | None, tuple[str, ...]]:
    """The answers, how the question was understood, and what a user should know.

    Args:
        library: to look in.
        options: the question.
        media: files to look through.
        job: lends the models.
    """
    within = {m.number for m in media} if options.collection else None
    notes: list[str] = []
    asked = understand(options.text) if options.text.strip() else None
    wanted: list[list[Found]] = []
    if asked is not None:
        wanted = _wanted(library, asked, media, within, job)
        if asked.unknown:
            words = ", ".join(f"“{word}”" for word in asked.unknown)
            notes.append(
                f"{words}: not in the dictionary of Korean, so looked for as written, in what was "
                "said and in names."
            )
    musts = _musts(library, options, media, within, job, notes)
    answers = together(wanted, musts, options.most)
    by_number = {m.number: m for m in media}
    hits = tuple(_hit(by_number, answer) for answer in answers if answer[0].media in by_number)
    if not hits:
        notes.append(_helpful(library, options, asked, len(media)))
    return hits, asked, tuple(notes)


def _wanted(
    library: Library,
    asked: Asked,
    media: Sequence[IndexedMedia],
    within: Collection[int] | None,
    job: Job,
) -> list[list[Found]]:
    """Where each thing asked for is; where the words as a whole are said, that is an answer to
    all of them."""
    whole = Concept(asked.english, asked.words, known=False)
    concepts = list(asked.concepts) or [whole]
    as_said = len(asked.words) >= _WHOLE_WORDS and concepts != [whole]
    texts = [c.text for c in concepts] + ([asked.english] if as_said else [])
    vectors = _meanings(job, texts)
    by_class = library.frames.of_concepts(concepts, job)
    directions = [direction for direction in by_class if direction is not None]
    near = iter(near_frames(library, np.stack(directions), within) if directions else ())
    found = []
    for concept, vector, direction in zip(concepts, vectors, by_class, strict=False):
        places = concept_places(library, concept, vector, within)
        if direction is not None:
            places += like_places(library, next(near), media, asked=concept.text, a_class=True)
        found.append(places)
    if not as_said:
        return found
    all_said = concept_places(library, whole, vectors[-1], within, ("speech", "text"))
    return [[*places, *all_said] for places in found]


def _meanings(job: Job, texts: Sequence[str]) -> list[NDArray[np.float32] | None]:
    """What each text means; None for an empty one."""
    read = list(dict.fromkeys(text for text in texts if text.strip()))
    if not read:
        return [None] * len(texts)
    with job.pool.lease(sentence.SPEC) as model:
        known = dict(zip(read, model.read(read), strict=True))
    return [known.get(text) for text in texts]


def _musts(
    library: Library,
    options: Options,
    media: Sequence[IndexedMedia],
    within: Collection[int] | None,
    job: Job,
    notes: list[str],
) -> list[list[Found]]:
    musts: list[list[Found]] = []
    if options.person.strip():
        musts.append(_person(library, options.person, within, notes))
    if options.thing.strip():
        musts.append(exact_places(library, "object", thing_asked(options.thing), within))
    if options.speech.strip():
        said = understand(options.speech)
        concept = Concept(said.english, said.words, known=False)
        (vector,) = _meanings(job, [said.english])
        musts.append(concept_places(library, concept, vector, within, ("speech",)))
    if options.like.strip():
        like = likeness_asked(library, options.like, job)
        (near,) = near_frames(library, like.vector[None], within)
        musts.append(like_places(library, near, media, but=like.but, asked=like.asked))
    return musts


def _person(
    library: Library, name: str, within: Collection[int] | None, notes: list[str]
) -> list[Found]:
    found = exact_places(library, "person", name, within)
    if not found:
        known = sorted({p.text for p in library.index.phrases(("person",), most=200)})
        named = [k for k in known if not k.startswith("Person ")]
        notes.append(
            f"Nobody called {name} is seen."
            + (f" There are: {', '.join(named[:20])}." if named else "")
            + " A face gets a name by: studio people add NAME PHOTO"
        )
    return found


def thing_asked(name: str) -> str:
    """A kind of thing as the detector calls it, from English or Korean.

    Raises:
        RequestError: the detector knows no such kind.
    """
    from studio.adapters.yolo import LABELS

    asked = understand(name)
    for text in (name.strip().lower(), *(c.text for c in asked.concepts)):
        if text in LABELS:
            return text
        fitting = [k for k in LABELS if k in entries() and text in entries()[k].others]
        if fitting:
            return fitting[0]
    raise RequestError(
        f"The detector knows no kind of thing called {name}.",
        "It knows: " + ", ".join(LABELS) + ". Other things are found by words: studio search.",
    )


def likeness_asked(library: Library | None, like: str, job: Job) -> Likeness:
    """What a picture, or a shot of a film in the index, looks like.

    Args:
        library: that holds the film; only a picture needs none.
        like: a path, or ``FILE@SECONDS``.
        job: lends the models.

    Raises:
        MediaError: no picture that can be read.
        RequestError: the film is not in the index, or has no picture then.
    """
    place = shot_asked(like)
    if place is not None:
        if library is None:
            raise ValueError("a shot is looked up in an index")
        (media,), _ = renew(library, [find_media(library, str(place[0]))], job)
        return shot_likeness(library, media, place[1])
    from studio.media.still import read_still

    pixels = read_still(Path(like), job.settings)
    model = library.frames if library is not None else starter()
    return Likeness(model.of_picture(pixels, job), None, Path(like).name)


def shot_likeness(library: Library, media: IndexedMedia, at_s: float) -> Likeness:
    """What the shot at a time looks like.

    Raises:
        RequestError: there is no shot then.
    """
    for start, end, start_s, end_s in library.index.shots(media.number).spans:
        if start_s <= at_s < end_s:
            frames, vectors = library.pictures.of(media.number)
            inside = vectors[(frames >= start) & (frames < end)]
            if not len(inside):  # a shot between two samples looks like the nearest one
                inside = vectors[[int(np.abs(frames - (start + end) // 2).argmin())]]
            mean = inside.mean(axis=0)
            unit = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
            return Likeness(unit, (media.number, start, end), f"{media.name}@{at_s:g}")
    raise RequestError(
        f"{media.name} has no shot at {at_s:g} s.", f"It lasts {media.duration_s:.1f} s."
    )


def _hit(by_number: dict[int, IndexedMedia], answer: Answer) -> Hit:
    place, parts = answer
    reasons = tuple(
        why
        for part in sorted(parts, key=lambda p: -p.worth)
        for why in (replace(part.why, score=round(part.worth, 3)), *part.also)
    )
    return Hit(
        by_number[place.media],
        place.shot,
        place.start_frame,
        place.end_frame,
        place.peak_frame,
        place.start_s,
        place.end_s,
        round(place.worth, 4),
        reasons,
    )


def _helpful(library: Library, options: Options, asked: Asked | None, count: int) -> str:
    """What to try where nothing answers."""
    where = f"in {options.collection}" if options.collection else f"in {count} files"
    conditions = [
        flag
        for flag, value in (
            ("--person", options.person),
            ("--object", options.thing),
            ("--speech", options.speech),
            ("--like", options.like),
        )
        if value
    ]
    if asked is not None and conditions:
        return f"Nothing {where} meets all conditions; try without {' or '.join(conditions)}."
    said = [p.text for p in library.index.phrases(("object", "scene"), most=12)]
    known = f" Among what is seen there: {', '.join(said)}." if said else ""
    return f"Nothing {where} answers this.{known}"
