"""What is to be explained: words, a kind of thing, an expression, a likeness, or an answer of a
search with all of these in its reasons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.search.asking import likeness_asked, thing_asked
from pipelines.search.options import shot_asked
from pipelines.search.words import classes_of, understand
from pipelines.why.evidence import Evidence, FaceEvidence, PlaceEvidence, ThingEvidence
from pipelines.why.options import ANY, Options
from studio.adapters import expression, picture_places, picture_regions, picture_words, yolo
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.detections import Detections

#: Kinds of reasons that lie in no place of the picture.
_NO_PLACE = {
    "speech": "it is said",
    "sound": "it is heard",
    "look": "it is a measure of the whole picture",
    "text": "it is read; the report of the analysis says where it stands",
    "person": "a face was recognised as a whole",
}


@dataclass(frozen=True)
class Question:
    """Something that can be explained.

    Attributes:
        kind: ``word``, ``object``, ``expression`` or ``like``.
        text: for people.
        classes: names of the classes it stands for.
        direction: float32 ``(256,)`` for ``word`` and ``like``; None for the others.
        wanted: the detector's kind, or the expression; empty where there is none.
        notes: what a user should know.
    """

    kind: str
    text: str
    classes: tuple[str, ...] = ()
    direction: NDArray[np.float32] | None = None
    wanted: str = ""
    notes: tuple[str, ...] = ()

    @property
    def evidence(self) -> type[PlaceEvidence] | type[ThingEvidence] | type[FaceEvidence]:
        """What looks for it."""
        by_kind: dict[str, type[PlaceEvidence] | type[ThingEvidence] | type[FaceEvidence]] = {
            "object": ThingEvidence,
            "expression": FaceEvidence,
        }
        return by_kind.get(self.kind, PlaceEvidence)

    @contextmanager
    def looking(
        self, job: Job, display_wh: tuple[int, int], options: Options, faces: Detections | None
    ) -> Iterator[Evidence]:
        """What looks for it, with its models leased."""
        rate = options.sample_rate
        if self.kind == "object":
            with job.pool.lease(picture_regions.SPEC) as regions:
                yield ThingEvidence(regions, self.wanted, rate)
        elif self.kind == "expression":
            assert faces is not None
            with job.pool.lease(expression.SPEC) as face_net:
                yield FaceEvidence(face_net, faces, self.wanted, rate, options.seed)
        else:
            assert self.direction is not None
            with (
                job.pool.lease(picture_words.SPEC) as words,
                job.pool.lease(picture_places.SPEC) as places,
            ):
                yield PlaceEvidence(places, words, self.direction, display_wh, rate)


def question_of(options: Options, job: Job) -> Question:
    """What the options ask.

    Raises:
        RequestError: no model knows of it; the hint says what is known.
        MediaError: a picture to be like cannot be read.
    """
    if options.word.strip():
        return _word(options.word, job)
    if options.thing.strip():
        label = thing_asked(options.thing)
        return Question("object", label, (label,), wanted=label)
    if options.expression.strip():
        return _expression(options.expression.strip().lower())
    return _like(options.like, job)


def _word(text: str, job: Job) -> Question:
    concepts = [c for c in understand(text).concepts if c.known or not text.isascii()]
    names = [c.text for c in concepts] or [text.strip().lower()]
    with job.pool.lease(picture_words.SPEC) as layer:
        for name in names:
            numbers = classes_of(name, layer.names)
            if numbers:
                classes = tuple(layer.names[n] for n in numbers)
                others = [n for n in names if n != name]
                notes = (f"Only {name} is explained, not {', '.join(others)}.",) if others else ()
                direction = layer.direction(numbers)
                return Question("word", name, classes, direction, notes=notes)
    for name in names:
        if name in yolo.LABELS:
            note = f"No scene word is called {name}; the detector's kind of that name is explained."
            return Question("object", name, (name,), wanted=name, notes=(note,))
    raise RequestError(
        f"No scene word is called {text}.",
        "Scene words are the classes of ImageNet and groups of them (lion, flower, car, …); "
        "kinds of the detector: --object, feelings: --expression.",
    )


def _expression(name: str) -> Question:
    if name == ANY:
        return Question("expression", "expression", expression.EXPRESSIONS)
    if name not in expression.EXPRESSIONS:
        raise RequestError(
            f"No expression is called {name}.",
            "There are: " + ", ".join((*expression.EXPRESSIONS, ANY)),
        )
    return Question("expression", name, (name,), wanted=name)


def _like(text: str, job: Job) -> Question:
    if shot_asked(text) is None:
        found = likeness_asked(None, text, job)
    else:
        from pipelines.search.library import open_library

        with open_library(job) as library:
            if library.frames.is_hub:
                raise RequestError(
                    f"{library.frames.name} looked at the frames of this index, and its vectors "
                    "tell of no places.",
                    "Give a picture instead: --like PICTURE",
                )
            found = likeness_asked(library, text, job)
    return Question("like", f"like {found.asked}", direction=found.vector)


@dataclass(frozen=True)
class HitPlace:
    """Where an answer is.

    Attributes:
        film: its file.
        span: frames, half-open.
        question: what its weightiest reason that lies in the picture asks.
    """

    film: Path
    span: tuple[int, int]
    question: Question


def hit_of(table: Path, options: Options, job: Job) -> HitPlace:
    """An answer of a ``search.json``.

    Args:
        table: written by ``studio search --out``.
        options: of which ``hit`` and ``seed`` count.
        job: lends the models.

    Raises:
        RequestError: it is no such file, has no such answer, or none of its reasons lies in the
            picture.
    """
    data = _table(table)
    rows = data["hits"]
    if not rows or options.hit > len(rows):
        raise RequestError(
            f"{table.name} has {len(rows)} answers, not {options.hit}.", "Give one that is there."
        )
    row = rows[options.hit - 1]
    try:
        film = Path(str(row["path"]))
        span = (int(row["start_frame"]), int(row["end_frame"]))
        reasons = [
            (str(w["kind"]), str(w["text"]), str(w["asked"]), str(w.get("looked_by", "")))
            for w in row["reasons"]
        ]
    except (KeyError, TypeError, ValueError) as exc:
        raise _no_table(table) from exc
    if span[0] < 0 or span[1] <= span[0]:
        raise RequestError(f"Answer {options.hit} has no picture.", "Choose another one.")
    none: list[str] = []
    for kind, text, asked, looked_by in reasons:
        if looked_by:  # the starter's map would be of another answer than this one
            none.append(f"“{text}” has no map: {looked_by} found it, which tells of no places.")
            continue
        question = _of_reason(kind, text, asked, str(data.get("like", "")), job)
        if question is not None:
            return HitPlace(film, span, replace(question, notes=(*question.notes, *none)))
        none.append(f"“{text}” has no map: {_NO_PLACE.get(kind, 'no model tells where')}.")
    raise RequestError(
        f"Answer {options.hit} has nothing to be drawn.", " ".join(none) or "Choose another one."
    )


def _of_reason(kind: str, text: str, asked: str, like: str, job: Job) -> Question | None:
    if kind == "object" and text in yolo.LABELS:
        return Question("object", text, (text,), wanted=text)
    if kind == "scene":
        for name in (asked, text):
            try:
                return _word(name, job)
            except RequestError:
                continue
    if kind == "like" and like:
        return _like(like, job)
    if kind == "look" and text.endswith(" face"):
        from pipelines.search.documents import FEELINGS

        for name, said in FEELINGS.items():
            if said == text:
                return _expression(name)
    return None


def _table(table: Path) -> dict[str, Any]:
    try:
        data = json.loads(table.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise RequestError(
            f"{table} is not there.", "Write one: studio search … --out DIR"
        ) from exc
    except (OSError, ValueError) as exc:
        raise _no_table(table) from exc
    if not isinstance(data, dict) or not isinstance(data.get("hits"), list):
        raise _no_table(table)
    return data


def _no_table(table: Path) -> RequestError:
    return RequestError(
        f"{table.name} is no table of answers.",
        "--hit N explains an answer of a search.json, as studio search --out writes it.",
    )
