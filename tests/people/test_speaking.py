"""A face for each voice: the one that moves when it is heard, or none."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipelines import analysis, subtitles
from pipelines.people import identities, open_gallery
from pipelines.people.mouths import MouthMotion, watched
from pipelines.people.speaking import propose, proposed_names
from studio.jobs.job import Job
from studio.settings import Settings
from studio.types.analysis import FootageAnalysis, Speech
from studio.types.people import People, Person
from studio.types.shot import Shot, TransitionKind
from studio.types.speakers import Speakers, Turn
from studio.types.transcript import Transcript
from tests.footage import counted_clip
from tests.people.talking import TURN_S, two_people, words_at
from tests.picture_pool import picture_cache, picture_pool

__all__ = ["picture_cache", "picture_pool"]


def speakers_of(words) -> Speakers:
    labels = tuple(dict.fromkeys(w.speaker for w in words))
    turns: list[Turn] = []
    for word in words:
        if turns and turns[-1].speaker == word.speaker:
            turns[-1] = replace(turns[-1], end=word.end)
        else:
            turns.append(Turn(word.start, word.end, word.speaker, 1.0))
    voices = np.zeros((len(labels), 256), np.float32)
    return Speakers(labels, voices, tuple(w.speaker for w in words), tuple(turns))


@pytest.fixture
def job(picture_pool, picture_cache, tmp_path) -> Job:
    settings = Settings(cache_dir=picture_cache, data_dir=tmp_path / "data", device="cpu")
    return Job(settings, pool=picture_pool)


def analysed(film: Path, job: Job) -> FootageAnalysis:
    """The faces of a film that is one shot."""
    found = analysis.run(film, analysis.Options(only=("faces",)), job).analysis
    assert found.frame_times is not None
    end = len(found.frame_times)
    shot = Shot(0, end, Fraction(0), found.frame_times.start(end), TransitionKind.START, 0, end)
    return replace(found, shots=(shot,))


@pytest.mark.parametrize("right_talks", [pytest.param(True, marks=pytest.mark.slow), False])
def test_the_face_that_speaks_is_proposed_and_a_still_one_is_not(job, tmp_path, right_talks):
    film, words = two_people(tmp_path, right_talks=right_talks)
    found = analysed(film, job)
    speech = Speech((), Transcript("en", tuple(words), ((0, len(words)),)))
    found = replace(found, speech=speech, speakers=speakers_of(words))
    who = identities(found, open_gallery(job, None), job)
    assert len(who.persons) == 2
    faces = {p.speaker: p for p in proposed_names(found, who, job)}
    assert set(faces) == ({"S1", "S2"} if right_talks else {"S1"})
    assert faces["S1"].xyxy[2] < 0.5 and faces["S1"].score > 0.6, "she is on the left"
    assert faces["S1"].proposed_name.startswith("Person ") and not faces["S1"].known
    for span in faces["S1"].times:
        assert span.end <= TURN_S or span.start >= 2 * TURN_S - Fraction(1, 10)
    if right_talks:
        assert faces["S2"].xyxy[0] > 0.5 and faces["S2"].score > 0.4


# The decision alone

BOX = (0.1, 0.1, 0.3, 0.3)
PEOPLE = People(
    (), (Person("Ada", "Ada", (0,), 3, BOX), Person("Person 1", None, (1,), 9, BOX)), (), "m"
)
WORDS = words_at(
    [
        ("S1", [(k * 0.3, k * 0.3 + 0.25) for k in range(20)]),
        ("S2", [(7 + k * 0.3, 7 + k * 0.3 + 0.25) for k in range(20)]),
    ]
)


def mouth(*moving: tuple[float, float], over: tuple[float, float] = (0.0, 14.0)) -> MouthMotion:
    """A mouth that opens and closes four times a second at those times, else hardly."""
    times = np.arange(over[0], over[1], 0.08)
    opening = 0.05 + np.random.default_rng(0).normal(0, 0.004, len(times))
    for start, end in moving:
        inside = (times >= start) & (times < end)
        opening[inside] += 0.06 * (1 + np.sin(2 * np.pi * 4 * times[inside]))
    return MouthMotion(times.tolist(), opening.tolist())


@pytest.mark.parametrize(
    ("motion", "wanted"),
    [
        ({0: mouth((0, 6)), 1: mouth((7, 13))}, {"S1": "Ada", "S2": "Person 1"}),
        ({0: mouth((0, 6))}, {"S1": "Ada"}),
        ({0: mouth(), 1: mouth()}, {}),  # a voice over portraits
        ({0: mouth((0, 14))}, {}),  # who chews all the time says nothing
        ({0: mouth((0, 6)), 1: mouth((0, 6))}, {}),  # two at once: it may be either
        ({0: mouth((0.0, 0.6), over=(0.0, 0.6))}, {}),  # seen too shortly
        ({0: mouth((6.2, 6.9))}, {}),  # moves between the two
        ({}, {}),
    ],
)
def test_only_a_mouth_that_moves_with_the_voice_is_proposed(motion, wanted):
    found = propose(speakers_of(WORDS), WORDS, PEOPLE, motion)
    assert {p.speaker: p.proposed_name for p in found} == wanted
    assert all(p.known == (p.proposed_name == "Ada") and 0.4 <= p.score <= 1 for p in found)


def test_without_faces_nothing_is_watched(job, tmp_path):
    found = analysed(counted_clip(tmp_path / "bars.mp4", 50), job)
    assert watched(speakers_of(WORDS), People((), (), (), "m"), found) == []
    speech = Speech((), Transcript("en", tuple(WORDS), ((0, len(WORDS)),)))
    found = replace(found, speech=speech, speakers=speakers_of(WORDS))
    who = identities(found, open_gallery(job, None), job)
    assert proposed_names(found, who, job) == ()


@pytest.mark.slow
def test_subtitles_propose_a_name_and_give_none_unasked(job, tmp_path):
    film, _ = two_people(tmp_path, right_talks=False)
    options = subtitles.Options(out=tmp_path / "out", language="en", faces="on")
    first = subtitles.run(film, options, job)
    assert set(first.plan.names.values()) == {""}, "proposed is not named"
    (face,) = first.plan.proposed
    assert face.speaker == "S1" and face.xyxy[2] < 0.5
    assert "S1 may be" in subtitles.summarise(first)
    written = json.loads(first.files["plan"].read_text())
    assert written["proposed"][0]["proposed_name"] == face.proposed_name
    named = subtitles.run(film, replace(options, names=(("S1", "Ada"),)), job)
    assert named.plan.names["S1"] == "Ada"
    again = subtitles.run(film, options, job)
    assert again.plan.names["S1"] == "Ada" and again.plan.names["S2"] == ""
    assert again.plan.proposed == first.plan.proposed
    assert "S1 may be" not in subtitles.summarise(again)
