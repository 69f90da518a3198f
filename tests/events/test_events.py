"""Odd events: planted in made scenes, found; in ordinary ones, nothing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from pipelines import events
from pipelines.analysis import noises
from pipelines.events.result import OddEvent
from pipelines.events.things_and_sounds import abnormal_things, check_classes, odd_sounds
from pipelines.events.ways import odd_ways, ways_of
from studio.errors import RequestError
from studio.types.analysis import FootageAnalysis
from studio.types.detections import Detections
from studio.types.media import FrameTimes
from studio.types.motion import BodyTrack
from studio.types.sound_event import SoundEvent
from studio.types.timeline import Role

HZ, ASPECT = 6, 16 / 9
TALL = 0.2  # of the picture's height
LENGTH_S = 60
TIMES = FrameTimes(np.arange(LENGTH_S * HZ), LENGTH_S * HZ, Fraction(1, HZ), np.array([0]))


def body(number: int, places: np.ndarray, first: int, rng: np.random.Generator) -> BodyTrack:
    """A body that goes through places (right and down, in picture heights), with a box that
    jitters as detectors' do."""
    noise = rng.normal(0, 0.012 * TALL, (len(places), 4))
    foot = places + noise[:, :2]
    tall = TALL * (1 + noise[:, 2] * 4)
    box = np.stack(
        [(foot[:, 0] - 0.08) / ASPECT, foot[:, 1] - tall, (foot[:, 0] + 0.08) / ASPECT, foot[:, 1]],
        axis=1,
    )
    count = len(places)
    return BodyTrack(
        number, 0, np.arange(first, first + count), box.astype(np.float32),
        np.full(count, 0.8, np.float32), np.zeros((count, 33, 4), np.float16),
        np.zeros(count, np.float32), np.zeros(126, np.float32), 0.8, 0,
    )  # fmt: skip


def passers(rng: np.random.Generator, count: int = 12, pace: float = 0.8) -> list[np.ndarray]:
    """People who walk from left to right: places at six a second."""
    made = []
    for _ in range(count):
        speed = pace * rng.uniform(0.8, 1.25) * TALL
        x = np.arange(0.1, ASPECT - 0.1, speed / HZ)
        y = rng.uniform(0.55, 0.9) + 0.02 * np.sin(np.arange(len(x)) / 9 + rng.uniform(0, 6))
        made.append(np.stack([x, y], axis=1)[: LENGTH_S * HZ // 2])
    return made


def crowd(seed: int) -> tuple[list[BodyTrack], np.random.Generator]:
    rng = np.random.default_rng(seed)
    firsts = rng.integers(0, LENGTH_S * HZ // 2, 12)
    ways = passers(rng)
    return [body(n, way, int(firsts[n]), rng) for n, way in enumerate(ways)], rng


def found_in(tracks: list[BodyTrack], loiter_s: float = 20.0) -> list[tuple[str, tuple[int, ...]]]:
    ways = ways_of(tracks, TIMES, ASPECT)
    return [(e.kind, e.body_tracks) for e in odd_ways(ways, TIMES, ASPECT, loiter_s=loiter_s)]


def plant(kind: str, rng: np.random.Generator) -> np.ndarray:
    """The places of somebody who does not fit."""
    (way,) = passers(rng, 1)
    if kind == "wrong way":
        return way[::-1].copy()
    if kind == "running":  # walks, and after a third runs at 2.2 body heights a second
        turn = len(way) // 3
        x = way[turn, 0] + np.arange(1, 60) * 2.2 * TALL / HZ
        x = x[x < ASPECT]
        return np.concatenate([way[:turn], np.stack([x, np.full(len(x), way[turn, 1])], axis=1)])
    steps = rng.normal(0, 0.01, (25 * HZ, 2))
    return np.array([0.8, 0.7]) + steps


@pytest.mark.parametrize("kind", ["wrong way", "running", "loitering"])
def test_planted_ways_are_found_and_ordinary_people_are_not(kind):
    hits = wrong = 0
    for seed in range(4):
        tracks, rng = crowd(seed)
        odd = body(99, plant(kind, rng), 60, rng)
        told = found_in([*tracks, odd])
        hits += (kind, (99,)) in told
        wrong += sum(each != (kind, (99,)) for each in told)
    assert found_in(tracks) == [], "nobody of the crowd is odd"
    assert hits == 4, f"recall {hits} of 4"
    assert wrong <= 1, f"{wrong} told besides"


def test_a_crowd_that_scatters_is_found_when_it_does_and_one_that_walks_is_not():
    hits = 0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        tracks = []
        for number in range(7):
            angle = 2 * np.pi * number / 7 + rng.uniform(-0.3, 0.3)
            away = np.array([np.cos(angle), 0.6 * np.sin(angle)])
            stand = np.array([0.9, 0.6]) + away * rng.uniform(0.03, 0.06)
            calm = stand + rng.normal(0, 0.004, (10 * HZ, 2))
            flight = stand + away * np.arange(1, 3 * HZ)[:, None] * 1.8 * TALL / HZ
            tracks.append(body(number, np.concatenate([calm, flight]), 12, rng))
        told = odd_ways(ways_of(tracks, TIMES, ASPECT), TIMES, ASPECT, loiter_s=20.0)
        scatters = [e for e in told if e.kind == "scatter"]
        hits += len(scatters) == 1 and abs(float(scatters[0].start) - 12.0) < 1.0
    assert hits == 3, f"recall {hits} of 3"


def test_one_shot_is_not_judged_by_another():
    tracks, rng = crowd(3)
    other = replace(body(99, plant("wrong way", rng), 60, rng), shot=1)
    assert found_in([*tracks, other]) == []


def clicks(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Ten seconds of 16 kHz sound: low noise, and at 6 s (an alarm from 3 s) what is asked."""
    rate = 16000
    sound = rng.normal(0, 0.004, 10 * rate)
    time_s = np.arange(4 * rate) / rate
    if kind == "bang":
        sound[6 * rate : 6 * rate + rate // 2] += rng.normal(0, 0.5, rate // 2) * np.exp(
            -np.arange(rate // 2) / (0.05 * rate)
        )
    if kind in ("beeps", "steady", "two tones"):
        pitch = np.full(len(time_s), 2900.0)
        if kind == "two tones":
            pitch = np.where(time_s % 1.0 < 0.5, 960.0, 770.0)
        on = (time_s % 0.5 < 0.25) if kind == "beeps" else np.ones(len(time_s), bool)
        sound[3 * rate : 7 * rate] += 0.2 * on * np.sin(2 * np.pi * np.cumsum(pitch) / rate)
    if kind == "drums":  # a beat: every hit is as loud as the last
        for at in np.arange(0.5, 9.5, 0.5):
            first = round(at * rate)
            sound[first : first + 2000] += rng.normal(0, 0.3, 2000) * np.exp(-np.arange(2000) / 500)
        sound += 0.05 * np.sin(2 * np.pi * 180 * np.arange(len(sound)) / rate)
    if kind == "tune":  # ten notes, none held
        notes = 440 * 2 ** (rng.integers(0, 13, 10) / 12)
        sound[:] += 0.2 * np.sin(2 * np.pi * np.cumsum(np.repeat(notes, rate)) / rate)
    return sound.astype(np.float32)


def heard(sound: np.ndarray) -> list[SoundEvent]:
    whole = (len(sound) - 1024) // 512
    tones = noises._tones(sound[: (whole - 1) * 512 + 1024])
    blocks = noises.Blocks(noises._levels(sound[: whole * 512]), *tones)
    return [*noises.bangs(blocks), *noises.alarms(blocks)]


@pytest.mark.parametrize(
    ("kind", "label", "at_s"),
    [("bang", "bang", 6.0), ("beeps", "alarm", 3.0), ("steady", "alarm", 3.0),
     ("two tones", "alarm", 3.0), ("hush", "", 0.0), ("drums", "", 0.0), ("tune", "", 0.0)],
)  # fmt: skip
def test_bangs_and_alarms_are_heard_and_music_is_none(kind, label, at_s):
    for seed in range(3):
        found = heard(clicks(kind, np.random.default_rng(seed)))
        assert [event.label for event in found] == ([label] if label else [])
        if label:
            assert abs(float(found[0].start) - at_s) <= 0.1
            if label == "alarm":
                assert abs(float(found[0].end) - 7.0) <= 0.3


def test_odd_events_are_called_so_where_they_are_edited(tmp_path):
    """In a timeline for editing programs they are no b-roll."""
    from pipelines.events.pipeline import _timeline
    from studio.media.probe import frame_times, probe
    from studio.media.timeline_io import write_edl
    from tests.footage import bikes

    info = probe(bikes())
    footage = FootageAnalysis(info, frame_times(info), 1.0, models={})
    odd = [OddEvent("running", Fraction(1), Fraction(2), 0.6, "3.0 body heights a second")]
    timeline = _timeline(footage, odd, events.Options())
    assert [clip.role for clip in timeline.clips] == [Role.ODD]
    write_edl(timeline, tmp_path / "odd.edl")
    told = (tmp_path / "odd.edl").read_text()
    assert "odd event: 3.0 body heights a second (running 0.60)" in told
    assert "b-roll" not in told.casefold()


def test_a_hush_counts_only_in_the_middle_of_sound():
    hushes = [
        SoundEvent(Fraction(start), Fraction(end), "silence", 0.9)
        for start, end in ((0, 4), (10, 14), (20, 22), (26, 30))
    ]
    found = odd_sounds((), hushes, Fraction(30), None)
    assert [(e.kind, e.start, e.frame) for e in found] == [("silence", Fraction(10), -1)]


def test_things_declared_abnormal_are_told_with_their_time():
    rows = [(5, 0.9), (6, 0.5), (20, 0.45), (40, 0.42), (41, 0.41)]
    count = len(rows)
    objects = Detections(
        np.arange(LENGTH_S * HZ), np.array([frame for frame, _ in rows]),
        np.tile(np.float32([0.1, 0.2, 0.3, 0.4]), (count, 1)),
        np.array([score for _, score in rows], np.float32), np.full(count, 1),
        ("person", "dog"), np.zeros((count, 0, 2), np.float32), np.zeros((count, 0), np.float32),
    )  # fmt: skip
    found = abnormal_things(objects, TIMES, check_classes([" Dog"], objects.labels))
    assert [(e.start, e.end, e.frame) for e in found] == [
        (Fraction(5, HZ), Fraction(7, HZ), 5),
        (Fraction(40, HZ), Fraction(42, HZ), 40),
    ]
    with pytest.raises(RequestError, match="knows no 'dragon'"):
        check_classes(["dragon"], objects.labels)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"abnormal": ("dragon",)}, "dragon"), ({"loiter_s": 0.0}, "loiters"),
     ({"least_score": 2.0}, "least score")],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_read(wrong, said, tmp_path):
    with pytest.raises(RequestError, match=said) as told:
        events.run(tmp_path / "none.mp4", events.Options(**wrong), None)
    assert told.value.hint
