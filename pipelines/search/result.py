"""What a search gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.search.words import Asked
from studio.archive.search_index import IndexedMedia


@dataclass(frozen=True)
class Why:
    """One reason for an answer.

    Attributes:
        kind: ``object``, ``scene``, ``speech``, ``person``, ``look``, ``sound``, ``like``.
        text: what was found there, in words.
        asked: what of the question it answers.
        score: 0 to 1.
        looked_by: name of the model that looked at the frames, where it was not the starter.
    """

    kind: str
    text: str
    asked: str
    score: float
    looked_by: str = ""


@dataclass(frozen=True)
class Hit:
    """A place in a film.

    Attributes:
        media: the file.
        shot: number of the shot; -1 where the answer is bound to none.
        start_frame, end_frame: half-open; -1 for sound alone.
        peak_frame: where it is plainest.
        start_s, end_s: the same on the source clock.
        score: 0 to 1.
        reasons: why, the weightiest first.
    """

    media: IndexedMedia
    shot: int
    start_frame: int
    end_frame: int
    peak_frame: int
    start_s: float
    end_s: float
    score: float
    reasons: tuple[Why, ...]


@dataclass(frozen=True)
class Result:
    """What ``studio search`` and ``studio recommend`` give.

    Attributes:
        hits: best first.
        asked: how the question was understood; None where it had no words.
        searched: files that were looked through.
        files: that were written, by what they are.
        thumbnails: a picture for each hit, in order; None for sound alone.
        notes: what a user should know.
        ask_s: seconds from question to answers, without files.
        wall_s: seconds of this run.
    """

    hits: tuple[Hit, ...]
    asked: Asked | None
    searched: int
    files: dict[str, Path]
    thumbnails: tuple[Path | None, ...]
    notes: tuple[str, ...]
    ask_s: float
    wall_s: float
