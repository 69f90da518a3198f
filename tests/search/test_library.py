"""A library of analyses that are known to the number: answers, in and out, reasons, empty cases."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipelines import search
from pipelines.recommend.diverse import diverse
from pipelines.search import asking
from pipelines.search.finding import Found
from pipelines.search.fusing import together
from pipelines.search.indexing import _keep
from pipelines.search.library import Library
from pipelines.search.result import Why
from pipelines.search.words import understand
from studio.adapters import yolo
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.models.pool import ModelPool
from studio.settings import Settings
from studio.types.analysis import FootageAnalysis, Speech
from studio.types.detections import Detections
from studio.types.media import FrameTimes, MediaInfo, VideoStream
from studio.types.shot import Shot, TransitionKind
from studio.types.timecode import FrameRate
from studio.types.transcript import Transcript, Word

RATE = 25
CUTS = (0, 100, 250, 400)


def analysed(name: str, seen: dict[str, tuple[int, int]], said: str = "") -> FootageAnalysis:
    """A film of 16 s and three shots, in which things are seen from sample to sample."""
    video = VideoStream(
        0, "h264", (640, 360), Fraction(1), 0, FrameRate(Fraction(RATE)), False,
        Fraction(1, RATE), 0, Fraction(16), "yuv420p", 8, "bt709", "bt709", "bt709", "tv",
    )  # fmt: skip
    info = MediaInfo(
        Path("/films") / name, name * 8, 1, "mp4", Fraction(16), video, None, 1, 0, "", ()
    )
    times = FrameTimes(np.arange(400), 400, Fraction(1, RATE), np.zeros(1, np.int64))
    shots = tuple(
        Shot(a, b, Fraction(a, RATE), Fraction(b, RATE), TransitionKind.CUT, a, b)
        for a, b in itertools.pairwise(CUTS)
    )
    sampled = np.arange(0, 400, 12)
    rows = [
        (frame, yolo.LABELS.index(label))
        for label, (low, high) in seen.items()
        for frame in sampled
        if low <= frame < high
    ]
    rows.sort()
    count = len(rows)
    objects = Detections(
        sampled,
        np.array([frame for frame, _ in rows], np.int64),
        np.tile(np.array([0.2, 0.2, 0.8, 0.8], np.float32), (count, 1)),
        np.full(count, 0.9, np.float32),
        np.array([label for _, label in rows], np.int64),
        yolo.LABELS,
        np.zeros((count, 0, 2), np.float32),
        np.zeros((count, 0), np.float32),
    )
    words = tuple(
        Word(word, Fraction(2 + n, 2), Fraction(5 + 2 * n, 4), 0.9)
        for n, word in enumerate(said.split())
    )
    speech = Speech((), Transcript("", words, ((0, len(words)),))) if words else None
    return FootageAnalysis(info, times, 1.0, shots=shots, objects=objects, speech=speech)


@pytest.fixture(scope="module")
def job(studio_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Job:
    settings = Settings(cache_dir=studio_cache, data_dir=tmp_path_factory.mktemp("data"))
    return Job(settings, ModelPool(settings))


@pytest.fixture(scope="module")
def library(job: Job) -> Iterator[Library]:
    made = Library(job.settings.data_dir / "search")
    films = (
        analysed("a.mp4", {"dog": (100, 400), "bus": (0, 60)}, "we will never give up the house"),
        analysed(
            "b.mp4", {"person": (0, 400), "bicycle": (260, 330)}, "우리는 바다를 보러 갔습니다"
        ),
        analysed("c.mp4", {"cat": (12, 90)}),
    )
    for film in films:
        number = _keep(made, film, "{}", job).number
        made.index.put_into(number, "pets" if film.media.path.name != "b.mp4" else "street")
    yield made
    made.close()


def asked(library: Library, job: Job, text: str = "", **more: str) -> tuple[search.Hit, ...]:
    options = search.Options(text=text, **more)
    media = asking.chosen_media(library, options.collection)
    return asking.ask(library, options, media, job)[0]


def test_things_are_found_to_the_frame_in_two_languages(library: Library, job: Job):
    for text in ("dog", "개", "a puppy", "강아지가 나오는 장면"):
        first, second = asked(library, job, text)[:2]
        found = {(h.media.name, h.start_frame, h.end_frame) for h in (first, second)}
        # One answer a shot: the dog stays through the cut at frame 250.
        assert found == {("a.mp4", 100, 250), ("a.mp4", 250, 400)}, text
        assert first.reasons[0].text == "dog" and first.score > 0.8
    (bus, *_) = asked(library, job, "버스")
    assert (bus.media.name, bus.start_frame) == ("a.mp4", 0) and abs(bus.end_frame - 60) <= 6


def test_words_said_are_found_with_their_own_times(library: Library, job: Job):
    (hit,) = asked(library, job, speech="give up")
    assert hit.media.name == "a.mp4" and (hit.start_s, hit.end_s) == (2.5, 3.25)
    (sea, *_) = asked(library, job, "바다")
    assert sea.media.name == "b.mp4" and sea.reasons[0].kind == "speech"


def test_conditions_hold_together(library: Library, job: Job):
    (hit,) = asked(library, job, "person", thing="bicycle")
    assert hit.media.name == "b.mp4" and 250 <= hit.start_frame <= 262
    assert {why.text for why in hit.reasons} == {"person", "bicycle"}
    assert not asked(library, job, thing="bicycle", speech="never")
    pets = asked(library, job, "dog", collection="pets")
    assert pets[0].media.name == "a.mp4" and {h.media.name for h in pets} <= {"a.mp4", "c.mp4"}
    assert not [h for h in asked(library, job, "dog", collection="street") if h.score > 0.3]


def test_no_answer_says_what_there_is(library: Library, job: Job):
    options = search.Options("submarine volcano orchestra")
    media = asking.chosen_media(library, "")
    hits, _, notes = asking.ask(library, options, media, job)
    assert not [h for h in hits if h.score > 0.4]
    hits, _, notes = asking.ask(library, search.Options("뷁뛟"), media, job)
    assert not hits and "dog" in notes[-1]
    with pytest.raises(RequestError, match="no kind of thing"):
        asked(library, job, thing="gargoyle")
    with pytest.raises(RequestError, match="no collection called"):
        asked(library, job, "dog", collection="birds")


def test_a_file_is_replaced_and_forgotten(job: Job, tmp_path: Path):
    own = Library(tmp_path / "own")
    try:
        with pytest.raises(RequestError, match="index is empty"):
            asking.chosen_media(own, "")
        number = _keep(own, analysed("d.mp4", {"dog": (0, 400)}), "{}", job).number
        assert _keep(own, analysed("d.mp4", {"horse": (0, 400)}), "{}", job).number == number
        assert not [h for h in asked(own, job, "dog") if h.reasons[0].text == "dog"]
        assert len(asked(own, job, "horse")) == 3
        own.index.remove(number)
        assert own.index.media() == () and own.index.places([1, 2], None, 9) == []
    finally:
        own.close()


def test_korean_is_taken_apart():
    said = understand("선글라스 낀 남자가 개와 걷는 장면")
    assert [c.text for c in said.concepts][:2] == ["sunglasses", "person"]
    assert "dog" in said.english and not said.unknown
    assert understand("나비 넥타이").english == "bow tie"
    assert understand("삼투압 개").unknown == ("삼투압",)
    assert [c.text for c in understand("a black and white film of buses").concepts] == [
        "black and white",
        "bus",
    ]


def test_what_two_witnesses_say_of_a_shot_goes_before_what_one_says():
    def found(media: int, kind: str, start: int, worth: float, shot: int = 0) -> Found:
        at = (start, start + 50, start + 25, start / 25, start / 25 + 2)
        return Found(media, shot, *at, worth, Why(kind, kind, "ball", worth))

    globe, ball = found(1, "object", 0, 0.43), found(2, "object", 75, 0.42)
    game, said = found(2, "scene", 0, 0.25), found(1, "speech", 0, 0.4, -1)
    (first, (part,)), *others = together([[globe, ball, game, said]], [], 9)
    assert (first.media, first.start_frame) == (2, 75)
    assert first.worth == pytest.approx(0.42 + 0.5 * 0.58 * 0.25)
    assert part.also == (game.why,), "why it is surer is told"
    # What is bound to no shot, or is told by the same network, confirms nothing.
    assert next(a.worth for a, _ in others if a.media == 1) == 0.43
    alike = [found(3, "scene", 0, 0.3), found(3, "like", 75, 0.5)]
    assert sorted(a.worth for a, _ in together([alike], [], 9)) == [0.3, 0.5]


def test_diversity_takes_the_unlike():
    same = np.array([1.0, 0.0, 0.0])
    near = np.array([0.995, 0.0999, 0.0])
    other = np.array([0.0, 1.0, 0.0])
    vectors = np.stack([same, near, other]).astype(np.float32)
    worth = np.array([0.9, 0.85, 0.5])
    assert diverse(vectors, worth, 2, 0.0) == [0, 1]
    assert diverse(vectors, worth, 2, 0.7) == [0, 2]
