"""A collection of hours takes the memory of one; the page speaks Korean; what is missing is named.

The analyses are made up, as stored ones would be: two things and a face on every sample.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from pipelines import events
from pipelines.events.judging import odd_events
from pipelines.people.walks import walks_of
from pipelines.report.annotations import cues_of, tiers_of
from pipelines.report.counting import ALL, count
from pipelines.report.options import Options, checked
from pipelines.report.raw_tables import HEADS, Footage, raw_tables, sample_stretches
from pipelines.report.words import LANGUAGES, Words
from pipelines.report.writing import Writing
from pipelines.things.result import Seen
from studio.adapters import unsafe_content
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.probe import probe
from studio.settings import Settings
from studio.tables import packages
from studio.tables.table_files import read_parquet
from studio.types.analysis import FootageAnalysis, TextSeen, ViewFacts
from studio.types.detections import Detections
from studio.types.landmarks import POSE_NAMES
from studio.types.media import FrameTimes
from studio.types.motion import Bodies, BodyTracks
from studio.types.people import FaceTrack, People, Person
from studio.types.shot import Shot, TransitionKind
from studio.types.sound_event import SoundEvent
from studio.types.speakers import Speakers, Turn
from tests.footage import bikes

RATE, SHOT_S = 25, 6


def made_up(number: int, seconds: int, every_s: int) -> Footage:
    """A film of that length with a sample every so many seconds."""
    name = f"hour {number:02}.mp4"
    info = replace(
        probe(bikes()), content_hash=f"{number:064x}", duration=Fraction(seconds)
    )  # fmt: skip
    frames = seconds * RATE
    pts = np.arange(frames, dtype=np.int64)
    times = FrameTimes(pts, frames, Fraction(1, RATE), pts[::RATE])
    shots = tuple(
        Shot(a, a + SHOT_S * RATE, Fraction(a, RATE), Fraction(a, RATE) + SHOT_S,
             TransitionKind.CUT, a, a + SHOT_S * RATE)
        for a in range(0, frames, SHOT_S * RATE)
    )  # fmt: skip
    sampled = np.arange(0, frames, every_s * RATE, dtype=np.int64)
    n, chance = len(sampled), np.random.default_rng(number)
    boxes = np.sort(chance.random((2 * n, 4), np.float32).reshape(2 * n, 2, 2), axis=1)
    boxes = np.ascontiguousarray(boxes.reshape(2 * n, 4))
    labels = ("chair", "dog", "car", "piano")
    objects = Detections(
        sampled, np.repeat(sampled, 2), boxes, chance.random(2 * n, np.float32),
        chance.integers(0, 4, 2 * n), labels, np.zeros((2 * n, 0, 2), np.float32),
        np.zeros((2 * n, 0), np.float32),
    )  # fmt: skip
    feelings = chance.random((n, 2)).astype(np.float32)
    faces = Detections(
        sampled, sampled, boxes[:n].copy(), chance.random(n, np.float32), np.zeros(n, np.int64),
        ("face",), np.zeros((n, 5, 2), np.float32), feelings, ("happy", "sad"),
    )  # fmt: skip
    views = ViewFacts(
        sampled, *(np.zeros(n, np.float32) for _ in range(4)),
        np.tile(np.arange(5, dtype=np.int32), (n, 1)), np.full((n, 5), 0.3, np.float32),
        chance.integers(0, 255, (n, 5, 3)).astype(np.uint8), np.full((n, 5), 0.2, np.float32),
        np.zeros(n, np.float32), tuple(f"word {k}" for k in range(5)),
    )  # fmt: skip
    half = n // 2
    tracks = tuple(
        FaceTrack(0, sampled[part], faces.xyxy[part], faces.landmarks[part], faces.scores[part],
                  sampled[part][:1], np.ones(1, np.float32), np.zeros((1, 4), np.float32))
        for part in (slice(0, half), slice(half, n))
    )  # fmt: skip
    box = (0.1, 0.1, 0.4, 0.4)
    people = People(
        tracks, (Person("Ada", "Ada", (0,), 0, box), Person("Person 1", None, (1,), 0, box)), (),
        "made up@1",
    )  # fmt: skip
    bodies, table = walking(sampled, boxes, n, SHOT_S * RATE)
    analysis = FootageAnalysis(
        info, times, 1.0, shots=shots, objects=objects, faces=faces, views=views, models={},
        texts=tuple(
            TextSeen("EXIT", Fraction(a), Fraction(a + 4), a * RATE, ((0.1, 0.1),) * 4, 0.9, 4)
            for a in (0, 2, 20)
        ),
        noises=(SoundEvent(Fraction(8), Fraction(17, 2), "bang", 0.7),),
        sound_events=(
            SoundEvent(Fraction(0), Fraction(seconds), "music", 0.8),
            SoundEvent(Fraction(30), Fraction(34), "silence", 0.9),
        ),
        speakers=Speakers(
            ("S1", "S2"), np.eye(2, dtype=np.float32), (),
            tuple(
                Turn(Fraction(a), Fraction(a + 3), "S1" if a % 20 else "S2", 0.9)
                for a in range(0, seconds, 10)
            ),
        ),
        bodies=bodies, body_tracks=table, safety=replace(
            objects, labels=unsafe_content.FLAGGED, label_ids=np.zeros(2 * n, np.int64),
            scores=np.full(2 * n, 0.5, np.float32),
        ),
    )  # fmt: skip
    stretches = sample_stretches(sampled, times, shots, one_a_shot=False)
    walks, _ = walks_of(table.tracks(bodies), people, times)
    seen = Seen(
        "mug", Fraction(3), Fraction(9), 75, ((0.1, 0.1), (0.2, 0.1), (0.2, 0.2), (0.1, 0.2)),
        "mug.png", 0, 0.8, 6, "region",
    )  # fmt: skip
    return Footage(
        name, analysis, people, *stretches, walks=walks,
        events=odd_events(analysis, events.Options()), sightings=(seen,), voices={"S1": "Ada"},
    )  # fmt: skip


def walking(sampled: np.ndarray, boxes: np.ndarray, n: int, shot: int) -> tuple:
    """Two bodies on every sample, of which one has its hand up and stands and one sits."""
    points = np.zeros((2 * n, 33, 4), np.float16)
    points[..., 3] = 0.9
    at = {name: number for number, name in enumerate(POSE_NAMES)}
    for part, down in (("eye", 0.2), ("shoulder", 0.3), ("hip", 0.5), ("knee", 0.7), ("ankle", 0.9),
                       ("wrist", 0.1)):  # fmt: skip
        for side in ("left", "right"):
            points[:, at[f"{side}_{part}"], :2] = (0.5, down)
    points[1::2, [at["left_wrist"], at["right_wrist"]], 1] = 0.5
    points[1::2, [at["left_knee"], at["right_knee"]], 1] = 0.52
    bodies = Bodies(
        sampled, np.repeat(sampled, 2), boxes, np.full(2 * n, 0.8, np.float32),
        np.zeros((2 * n, 126), np.float16), points, np.ones(2 * n, np.float32), 16 / 9,
    )  # fmt: skip
    rows, counts, shots = [], [], []
    for number in np.unique(sampled // shot):
        inside = np.flatnonzero(sampled // shot == number)
        for body in (0, 1):
            rows.append(2 * inside + body)
            counts.append(len(inside))
            shots.append(number)
    count = len(counts)
    table = BodyTracks(
        np.concatenate(rows), np.array(counts), np.array(shots), np.zeros(count, np.int64),
        np.zeros((count, 126), np.float32), np.full(count, 0.8, np.float32),
    )  # fmt: skip
    return bodies, table


def written(
    out, films: int, seconds: int, every_s: int, traced: bool = True, **more
) -> tuple[int, dict]:
    """Peak of memory in bytes while so many films are written, and the files."""
    options = Options(out, thumbnails=False, speech=False, **more)
    names = [f"hour {n:02}.mp4" for n in range(films)]

    def one_by_one() -> Iterator[Footage]:
        for number in range(films):
            yield made_up(number, seconds, every_s)

    gc.collect()
    if traced:
        tracemalloc.start()
    try:
        with Writing(options, names, Job(Settings(cache_dir=out / "cache"))) as writing:
            for film in one_by_one():
                writing.add(film)
                del film
            writing.finish(())
        return tracemalloc.get_traced_memory()[1], dict(writing.files)
    finally:
        tracemalloc.stop()


def test_more_films_take_no_more_memory_and_are_summed_as_they_are(tmp_path):
    # Fonts and templates come with the first of them, and are no memory of a film.
    written(tmp_path / "first", 1, 120, 2, traced=False, page_language="ko")
    one, _ = written(tmp_path / "one", 1, 300, 2, page_language="ko")
    two, files = written(tmp_path / "two", 2, 300, 2, page_language="ko")
    assert two < 1.15 * one
    raw = [read_parquet(files[f"{name}.parquet"]) for name in HEADS]
    assert len(raw[2]) == 2 * 150 * 3
    for again in count(raw):
        assert again.rows == read_parquet(files[f"{again.name}.parquet"]).rows, again.name
    # The sums over all films, by hand.
    persons = list(read_parquet(files["persons.parquet"]).records())
    together = [row for row in persons if row["file"] == ALL]
    assert [row["person"] for row in together] == ["Ada"], "strangers are none of other films"
    own = sum(row["seconds"] for row in persons if row["person"] == "Ada" and row["file"] != ALL)
    assert together[0]["seconds"] == pytest.approx(own, abs=0.01)
    assert own == pytest.approx(300, abs=7)
    assert together[0]["share"] == pytest.approx(own / 600, abs=1e-4)
    # Each figure of what is new, by hand from what was made up.
    figure = {
        name: list(read_parquet(files[f"{name}.parquet"]).records())
        for name in ("texts_seen", "sounds", "events", "safety", "known_things", "speaking",
                     "bodies", "bodies_over_time", "persons_by_head", "colors")
    }  # fmt: skip
    film = "hour 00.mp4"
    told = {(r["file"], r["text"]): (r["seconds"], r["times"]) for r in figure["texts_seen"]}
    assert told == {
        (film, "EXIT"): (10, 3),
        ("hour 01.mp4", "EXIT"): (10, 3),
        (ALL, "EXIT"): (20, 6),
    }
    heard = {r["sound"]: (r["seconds"], r["share"]) for r in figure["sounds"] if r["file"] == film}
    assert heard == {"music": (300, 1.0), "silence": (4, 0.0133), "bang": (0.5, 0.0017)}
    odd = {r["event"]: r["seconds"] for r in figure["events"] if r["file"] == film}
    assert odd["bang"] == 0.5
    assert odd["silence"] == 4
    assert [r["times"] for r in figure["safety"] if r["file"] == film] == [1]
    assert [(r["seconds"], r["share"]) for r in figure["known_things"]] == [
        (12, 0.02), (6, 0.02), (6, 0.02),
    ]  # fmt: skip
    spoken = {(r["file"], r["speaker"]): (r["named"], r["seconds"]) for r in figure["speaking"]}
    assert spoken == {
        (film, "Ada"): (1, 45), (film, "S2"): (0, 45), ("hour 01.mp4", "Ada"): (1, 45),
        ("hour 01.mp4", "S2"): (0, 45), (ALL, "Ada"): (1, 90),
    }  # fmt: skip
    poses = [r for r in figure["bodies"] if r["file"] == film]
    assert sum(r["seconds"] for r in poses) == pytest.approx(600, abs=0.1)
    assert sum(r["hand_raised_s"] for r in poses) == pytest.approx(300, abs=0.1)
    assert sum(r["sitting_s"] for r in poses) == pytest.approx(300, abs=0.1)
    assert sum(r["standing_s"] for r in poses) == pytest.approx(300, abs=0.1)
    over_time = [r for r in figure["bodies_over_time"] if r["file"] == film]
    assert len(over_time) == 30
    assert {(r["mean_bodies"], r["most_bodies"]) for r in over_time} == {(2, 2)}
    assert figure["persons_by_head"] == [], "nobody measured how heads are turned"
    assert sum(r["share"] for r in figure["colors"] if r["file"] == film) <= 1.0001
    missing = {r["what"]: r["why_not"] for r in read_parquet(files["looked_for.parquet"]).records()
               if not r["looked_for"]}  # fmt: skip
    assert missing == {"head pose": "no face was found"}
    page = files["page"].read_text("utf-8")
    assert '<html lang="ko">' in page
    assert "누가 언제 보이나" in page
    assert "Kinds of shots" not in page
    for words in ("몸과 자세", "노출된 엉덩이", "비슷한 영역", "EXIT", "찾지 않음: 고개 방향"):
        assert (words in page) == (words != "비슷한 영역"), words  # no pictures were asked for
    head = files["persons.csv"].read_text("utf-8-sig").splitlines()[0]
    assert head.startswith("file,person,named,seconds"), "columns stay as they are cited"


@pytest.mark.slow
def test_ten_hours_as_one(tmp_path):
    written(tmp_path / "warm", 1, 120, 10)
    one, _ = written(tmp_path / "one", 1, 3600, 1)
    ten, _ = written(tmp_path / "ten", 10, 3600, 1)
    print(f"peak: 1 h {one / 1e6:.1f} MB, 10 h {ten / 1e6:.1f} MB")
    assert ten < 1.15 * one


def test_raw_columns_have_the_types_that_are_said(tmp_path):
    from pipelines.report.raw_tables import KINDS

    tables = raw_tables(made_up(0, 60, 2), Options(tmp_path))
    raw = {table.name: list(table.records()) for table in tables}
    tiers = tiers_of("hour 00.mp4", raw)
    named = {"sound: music", "odd: bang", "known: mug", "flag: buttocks bare", "speaker: Ada"}
    assert named <= set(tiers)
    # Bodies that no face tells are counted, and have no tier each.
    assert not any(name.startswith("body: Body") for name in tiers)
    assert {text for _, _, text in tiers["bodies"]} == {"2"}
    assert sum(b - a for a, b, _ in tiers["bodies"]) == pytest.approx(60, abs=0.1)
    assert tiers["hand raised"]
    (first, *_) = cues_of("hour 00.mp4", raw)
    assert json.loads(first[2])["known"] == ["mug"]
    for table in tables:
        for name in table.columns:
            kinds = {type(cell) for cell in table.column(name) if cell is not None}
            assert kinds <= {KINDS.get(name, str)}, f"{table.name}.{name}: {kinds}"


def test_a_voice_has_the_name_that_a_person_gave_it(tmp_path):
    from pipelines.people import open_gallery
    from pipelines.report.pipeline import _film
    from pipelines.report.voices import tell_voice

    known = made_up(0, 60, 2).analysis
    nobody = replace(
        known.faces, frames=known.faces.frames[:0], xyxy=known.faces.xyxy[:0],
        scores=known.faces.scores[:0], label_ids=known.faces.label_ids[:0],
        landmarks=known.faces.landmarks[:0], attributes=known.faces.attributes[:0],
    )  # fmt: skip
    known = replace(known, faces=nobody)
    job = Job(Settings(cache_dir=tmp_path / "cache", data_dir=tmp_path / "data"))
    gallery = open_gallery(job, tmp_path / "people")
    told = [turn for turn in known.speakers.turns if turn.speaker == "S2"]
    tell_voice(gallery.path, known.media.content_hash, "아다 Ada", told)
    film = _film("a.mp4", known, gallery, Options(tmp_path), job)
    tables = {table.name: table for table in raw_tables(film, Options(tmp_path))}
    who = {(row["speaker"], row["named"]) for row in tables["turns"].records()}
    assert who == {("S1", 0), ("아다 Ada", 1)}
    why = {r["what"]: r["why_not"] for r in tables["looked_for"].records() if not r["looked_for"]}
    assert why["known things"] == "not asked for"
    assert why["head pose"] == "no face was found"
    asked = replace(Options(tmp_path), known_things=True, references=tmp_path / "none")
    film = _film("a.mp4", known, gallery, asked, job)
    assert film.sightings is None
    assert "studio things add" in film.notes[0]


def test_what_is_missing_is_named_before_anything_begins(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        packages.importlib.util, "find_spec", lambda name: None if name == "pympi" else real(name)
    )
    with pytest.raises(RequestError, match="pympi") as refused:
        packages.check_packages()
    assert "media-studio[research]" in refused.value.hint
    assert refused.value.exit_code == 2


def test_every_message_of_the_pages_in_both_languages(tmp_path):
    from pipelines.report import words

    catalogue = json.loads(words._FILE.read_text("utf-8"))
    assert all(set(each) == set(LANGUAGES) for each in catalogue.values())
    assert Words("ko").value("close-up") == "클로즈업"
    assert Words("en").value("of nobody's list") == "of nobody's list"
    assert checked(Options(tmp_path, language="ko")).words == "ko"
    with pytest.raises(RequestError, match="page-language"):
        checked(Options(tmp_path, page_language="fr"))
