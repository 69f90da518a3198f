"""Where single conditions hold: a concept in words, speech, a person, a thing, a likeness."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.search.library import Library
from pipelines.search.result import Why
from pipelines.search.words import Concept, morphemes
from studio.archive.search_index import Document, IndexedMedia, Phrase, Place, Shots
from studio.archive.vectors import Near

#: Cosines of the sentence model: what has nothing in common lies below the first (unrelated
#: words of the dictionary have 0.1 to 0.35), what means the same at the second or above.
_THING = (0.38, 0.80)
_SAID = (0.30, 0.85)
#: Below this a place is no answer.
LEAST = 0.15
_NEAR_PHRASES = 120
_MOST_EACH = 60
#: How far a frame may fall behind the likest of its shot and still belong to the answer.
_FALL = 0.12
_LIKE = (0.35, 0.95)
_NEAR_FRAMES = 600
_HEARD = ("speech", "text")
#: Documents that words look through; people are asked for by name.
KINDS = ("object", "scene", "speech", "text", "look", "sound")
#: What the direction of a class alone may be worth.
_CLASS_MOST = 0.8
#: A frame belongs to the answer that has this share of the peak's cosine: a thing that turns away
#: or is half hidden is still there.
_CLASS_KEPT = 0.62


@dataclass(frozen=True)
class Found:
    """A condition holds here.

    Attributes:
        media: number of the file.
        shot: number of the shot, or -1.
        start_frame, end_frame, peak_frame, start_s, end_s: as in ``Document``.
        worth: 0 to 1.
        why: for a person.
        also: what else of another kind says the same of this shot.
    """

    media: int
    shot: int
    start_frame: int
    end_frame: int
    peak_frame: int
    start_s: float
    end_s: float
    worth: float
    why: Why
    also: tuple[Why, ...] = ()


def _scaled(value: float, span: tuple[float, float]) -> float:
    return min(max((value - span[0]) / (span[1] - span[0]), 0.0), 1.0)


def concept_places(
    library: Library,
    concept: Concept,
    vector: NDArray[np.float32] | None,
    media: Collection[int] | None,
    kinds: Collection[str] = KINDS,
) -> list[Found]:
    """Where a concept is seen, heard or said.

    Args:
        library: to look in.
        concept: with its words.
        vector: what its English means; None where nothing is known of it.
        media: only these files; all where None.
        kinds: of documents to look through.
    """
    fits: dict[int, float] = {}
    said = library.index.phrases_saying(concept.words)
    near = library.phrases.nearest(vector, _NEAR_PHRASES) if vector is not None else None
    numbers = {*said, *(near.media.tolist() if near is not None else ())}
    phrases = {n: p for n, p in library.index.phrases_of(numbers).items() if p.kind in kinds}
    if near is not None:
        for number, cosine in zip(near.media.tolist(), near.cosines.tolist(), strict=True):
            phrase = phrases.get(number)
            if phrase is not None:
                span = _SAID if phrase.kind in _HEARD else _THING
                weight = 0.75 if phrase.kind in _HEARD else 0.9
                fits[number] = weight * _scaled(cosine, span)
    for number, fit in said.items():
        phrase = phrases.get(number)
        if phrase is not None:
            fits[number] = max(fits.get(number, 0.0), _said_fit(phrase, concept, fit))
    wanted = [n for n, fit in fits.items() if fit >= LEAST]
    wanted.sort(key=lambda n: -fits[n])
    places = library.index.places(wanted[:_NEAR_PHRASES], media, _MOST_EACH)
    return [_found(place, fits[place.phrase], concept) for place in places]


def _said_fit(phrase: Phrase, concept: Concept, fit: float) -> float:
    """How well a phrase that holds words of a concept answers it."""
    wanted = {word.lower() for word in concept.words}
    there = set(morphemes(phrase.text))
    if phrase.kind in _HEARD:
        share = len({w for w in wanted if _in(w, there)}) / max(1, len(wanted))
        return share**2 if len(wanted) > 1 else 0.7 * share
    if phrase.text == concept.text:
        return 1.0
    return 0.85 * (0.6 + 0.4 * fit)


def _in(word: str, words: Collection[str]) -> bool:
    """Whether a word is among others, in some form of it: ``walk`` is in ``walked``."""
    return word in words or any(
        min(len(w), len(word)) > 3 and (w.startswith(word) or word.startswith(w)) for w in words
    )


def _found(place: Place, fit: float, concept: Concept) -> Found:
    document = place.document
    start_s, end_s = document.start_s, document.end_s
    start_frame, end_frame = document.start_frame, document.end_frame
    peak = document.peak_frame
    worth = fit * (0.35 + 0.65 * document.score)
    if document.words:
        start_s, end_s = _words_span(document, concept.words)
        if start_frame >= 0:
            share = (document.end_frame - document.start_frame) / max(
                document.end_s - document.start_s, 1e-6
            )
            start_frame = document.start_frame + round((start_s - document.start_s) * share)
            end_frame = document.start_frame + round((end_s - document.start_s) * share)
            end_frame = max(end_frame, start_frame + 1)
            peak = (start_frame + end_frame) // 2
    why = Why(
        document.kind, document.text, concept.text or " ".join(concept.words), round(worth, 3)
    )
    return Found(
        place.media, document.shot, start_frame, end_frame, peak, start_s, end_s, worth, why
    )


def _words_span(document: Document, asked: Sequence[str]) -> tuple[float, float]:
    """From the first to the last of the words that were asked for; all of it where none is."""
    wanted = {word.lower() for word in asked}
    rows = [
        n
        for n, (text, _, _) in enumerate(document.words)
        if any(_in(w, morphemes(text)) for w in wanted)
    ]
    if len(rows) < max(1, len(wanted) // 2):
        return document.start_s, document.end_s
    best = _tightest(document, rows, wanted)
    return document.words[best[0]][1], max(
        end for _, _, end in document.words[best[0] : best[1] + 1]
    )


def _tightest(document: Document, rows: list[int], wanted: set[str]) -> tuple[int, int]:
    """The shortest run of words that holds as many of the wanted as the whole does."""

    def held(first: int, last: int) -> int:
        there = {m for text, _, _ in document.words[first : last + 1] for m in morphemes(text)}
        return sum(1 for w in wanted if _in(w, there))

    all_held = held(rows[0], rows[-1])
    spans = [(a, b) for a in rows for b in rows if b >= a]
    return min(
        (span for span in spans if held(*span) == all_held), key=lambda s: (s[1] - s[0], s[0])
    )


def exact_places(
    library: Library, kind: str, text: str, media: Collection[int] | None
) -> list[Found]:
    """Where documents of one kind say exactly a text, whatever its capitals."""
    wanted = library.index.phrases_like(kind, text)
    return [
        Found(
            p.media,
            p.document.shot,
            p.document.start_frame,
            p.document.end_frame,
            p.document.peak_frame,
            p.document.start_s,
            p.document.end_s,
            p.document.score,
            Why(kind, p.document.text, text, p.document.score),
        )
        for p in library.index.places(wanted, media, 10 * _MOST_EACH)
    ]


def near_frames(
    library: Library, vectors: NDArray[np.float32], within: Collection[int] | None
) -> tuple[Near, ...]:
    """The frames that look most like each of several vectors, all looked through once.

    Args:
        library: to look in.
        vectors: float32 ``(k, dimensions)``, what they should look like.
        within: numbers of the files to look through; all where None.
    """
    return library.pictures.nearest_each(vectors, _NEAR_FRAMES, within)


def like_places(
    library: Library,
    near: Near,
    media: Sequence[IndexedMedia],
    *,
    but: tuple[int, int, int] | None = None,
    asked: str,
    a_class: bool = False,
) -> list[Found]:
    """Shots that look like something: the run of frames around the likest one.

    Args:
        library: to look in.
        near: frames that look like it, as :func:`near_frames` gives them.
        media: the files.
        but: file, first frame and end of the shot that was asked by; it is no answer.
        asked: what to call it.
        a_class: whether it is the direction of a class, and not a picture.
    """
    span = library.frames.span if a_class else _LIKE
    looked_by = library.frames.name if library.frames.is_hub else ""
    enough = near.cosines >= span[0] * _CLASS_KEPT
    rows: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for number, frame, cosine in zip(
        near.media[enough].tolist(),
        near.frames[enough].tolist(),
        near.cosines[enough].tolist(),
        strict=True,
    ):
        rows[number].append((frame, cosine))
    found: list[Found] = []
    shots = library.index.shots_of(tuple(rows))
    for each in media:
        if each.number not in rows:
            continue
        # Vectors are made of two frames a second; a run may lack none.
        step = 0.75 * each.frames / max(each.duration_s, 1e-6)
        own = but is not None and but[0] == each.number
        for run in _runs(
            shots[each.number], sorted(rows[each.number]), step, span[0], a_class=a_class
        ):
            if own and but is not None and run.start_frame < but[2] and but[1] < run.end_frame:
                continue
            worth = _scaled(run.cosine, span) * (_CLASS_MOST if a_class else 1.0)
            kind = "scene" if a_class else "like"
            text = f"{asked} ({run.cosine:.2f})" if a_class else f"{run.cosine:.2f} alike"
            why = Why(kind, text, asked, round(worth, 3), looked_by)
            found.append(Found(each.number, *run[:-1], worth, why))
    return found


class _Run(NamedTuple):
    """Frames of a shot that look alike; fields as those of ``Found``."""

    shot: int
    start_frame: int
    end_frame: int
    peak_frame: int
    start_s: float
    end_s: float
    cosine: float


def _runs(
    shots: Shots, rows: list[tuple[int, float]], step: float, enough: float, *, a_class: bool
) -> Iterator[_Run]:
    """Of each shot the run of frames around the likest, where that is like enough."""
    inside: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for frame, cosine in rows:
        inside[max(bisect_right(shots.starts, frame) - 1, 0)].append((frame, cosine))
    for shot, own in inside.items():
        peak = max(range(len(own)), key=lambda n: own[n][1])
        if own[peak][1] < enough:
            continue
        start, end, start_s, end_s = shots.spans[shot]
        least = own[peak][1] * _CLASS_KEPT if a_class else own[peak][1] - _FALL
        first = last = peak
        while first > 0 and _goes_on(own[first - 1], own[first], step, least):
            first -= 1
        while last < len(own) - 1 and _goes_on(own[last + 1], own[last], step, least):
            last += 1
        low, high = own[first][0], own[last][0]
        low = start if low - start < step else low - round(step / 3)
        high = end if end - high <= step else high + round(step / 3)
        second = (end_s - start_s) / max(end - start, 1)
        times = start_s + (low - start) * second, start_s + (high - start) * second
        yield _Run(shot, low, high, own[peak][0], *times, own[peak][1])


def _goes_on(one: tuple[int, float], by: tuple[int, float], step: float, least: float) -> bool:
    return abs(one[0] - by[0]) <= step and one[1] >= least
