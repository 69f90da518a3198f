"""Every rule of the cut, over footage of every kind."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.trailer.options import Options
from pipelines.trailer.plan import plan_cuts
from studio.codec import to_json
from studio.errors import RequestError
from studio.types.timeline import Card, Role
from tests.trailer.rules import check
from tests.trailer.synthetic import Scene, make, music

FPS = [
    Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(50),
    Fraction(60),
]  # fmt: skip


def options(**more) -> Options:
    return Options(Path("/out"), **more)


def many_shots(seed: int = 1, **more) -> Scene:
    rng = np.random.default_rng(seed)
    return Scene((0.6 + rng.gamma(2, 1.5, 60)).tolist(), seed=seed, **more)


@st.composite
def scenes(draw) -> list[Scene]:
    kind = draw(st.sampled_from(["many", "few", "one", "tiny", "mixed"]))
    files = draw(st.integers(2, 3)) if kind == "mixed" else 1
    made = []
    for number in range(files):
        seed = draw(st.integers(0, 10_000))
        rng = np.random.default_rng(seed)
        least_s, most_s, fewest, most = {
            "many": (0.3, 7, 20, 60),
            "few": (1, 15, 2, 6),
            "one": (5, 90, 1, 1),
            "tiny": (0.04, 1.5, 1, 4),
            "mixed": (0.3, 8, 5, 20),
        }[kind]
        shots = rng.uniform(least_s, most_s, draw(st.integers(fewest, most)))
        made.append(
            Scene(
                [float(s) for s in shots],
                fps=draw(st.sampled_from(FPS)),
                vfr=draw(st.booleans()) and draw(st.booleans()),
                dissolve=draw(st.sampled_from([0, 0, 3])),
                speech=draw(st.sampled_from(["none", "some", "all"])),
                sound=draw(st.sampled_from([True, True, False])),
                musicality=draw(st.sampled_from([0.1, 0.1, 0.9])),
                size_wh=draw(st.sampled_from([(1920, 1080), (1080, 1920), (640, 480)])),
                looks=draw(st.sampled_from([2, 8, 1000])),
                bad=draw(st.sampled_from([(0, 0, 0), (0.1, 0.1, 0.1), (0.3, 0.3, 0.3)])),
                name=f"{number}.mp4",
                seed=seed,
            )
        )
    return made


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    scenes(),
    st.sampled_from([3.0, 10.0, 30.0, 61.7]),
    st.sampled_from(["calm", "balanced", "energetic"]),
    st.sampled_from(["source", "9:16", "1:1"]),
    st.sampled_from(["", "Title"]),
    st.sampled_from(["", "Out now"]),
    st.sampled_from([0.0, 0.2, 0.5]),
    st.sampled_from([None, 70.0, 128.0]),
    st.integers(1, 2),
)
def test_every_rule_holds(made, length_s, pace, aspect, title, end_card, spoiler, bpm, versions):
    footage = [make(scene) for scene in made]
    wish = options(
        length_s=length_s, pace=pace, aspect=aspect, title=title, end_card=end_card,
        spoiler_window=spoiler, versions=versions,
    )  # fmt: skip
    song = music(bpm=bpm) if bpm else None
    try:
        timelines = plan_cuts(footage, wish, song)
    except RequestError as error:
        assert error.hint
        return
    assert len(timelines) == versions
    for timeline in timelines:
        check(timeline, footage, wish, song)


def test_one_seed_one_plan():
    footage = [make(many_shots(speech="some"))]
    plans = [plan_cuts(footage, options(length_s=30, seed=3, versions=2)) for _ in range(2)]
    assert to_json(plans[0]) == to_json(plans[1])
    other = plan_cuts(footage, replace(options(length_s=30, seed=3), out=Path("/elsewhere")))
    assert to_json(other[0]) == to_json(plans[0][0]) | {"options": other[0].options}
    seeded = plan_cuts(footage, options(length_s=30, seed=4))
    assert [c.start for c in seeded[0].clips] != [c.start for c in plans[0][0].clips]


@pytest.mark.parametrize("pace", ["calm", "balanced", "energetic"])
def test_the_pace_rises_and_rests(pace):
    timeline = plan_cuts(
        [make(many_shots(3))], options(pace=pace, title="T", end_card="E", length_s=60)
    )[0]
    assert timeline.frames == 60 * 25
    mean = {
        role: np.mean([c.frames for c in timeline.clips if c.role is role])
        for role in (Role.HOOK, Role.SETUP, Role.BUILD, Role.CLIMAX, Role.BUTTON)
    }
    assert mean[Role.SETUP] > mean[Role.BUILD] > mean[Role.CLIMAX]
    assert mean[Role.BUTTON] > mean[Role.CLIMAX]
    roles = [c.role for c in timeline.clips]
    assert roles == sorted(roles, key=list(mean).index)
    kinds = [i.kind if isinstance(i, Card) else i.role for i in timeline.items]
    assert kinds[-3:] == ["title", Role.BUTTON, "end"]


def test_paces_differ():
    footage = [make(many_shots(3))]
    clips = [
        len(plan_cuts(footage, options(pace=p))[0].clips) for p in ("calm", "balanced", "energetic")
    ]
    assert clips[0] < clips[1] < clips[2]


@pytest.mark.parametrize("bpm", [60.0, 100.0, 128.0, 174.0])
@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(60)])
def test_cuts_fall_on_beats_and_the_climax_on_a_downbeat(bpm, fps):
    footage, song = [make(many_shots(5, fps=fps))], music(bpm=bpm)
    wish = options(length_s=45, title="T", end_card="E")
    timeline = plan_cuts(footage, wish, song)[0]
    check(timeline, footage, wish, song)
    climax = next(
        at for at, i in timeline.placed() if not isinstance(i, Card) and i.role is Role.CLIMAX
    )
    at_s = float(timeline.music.start) + climax / float(fps)
    assert np.abs(song[1].downbeats_s - at_s).min() <= 0.5 / float(fps) + 1e-3


def test_the_loudest_rise_of_the_music_is_the_climax():
    song = music(bpm=120.0, climax_s=100.0, duration_s=160)
    timeline = plan_cuts([make(many_shots(5))], options(length_s=45), song)[0]
    climax = next(at for at, i in timeline.placed() if i.role is Role.CLIMAX)
    assert abs(float(timeline.music.start) + climax / 25 - 100.0) < 2.5


def test_music_that_is_too_short_is_said():
    timeline = plan_cuts(
        [make(many_shots(5))], options(length_s=45), music(duration_s=20, climax_s=None)
    )[0]
    assert timeline.frames == 45 * 25
    assert any("too short" in note for note in timeline.notes)


def test_footage_that_is_music_keeps_its_own_sound_unbroken():
    footage = [make(many_shots(5, musicality=0.9))]
    timeline = plan_cuts(footage, options(length_s=30))[0]
    assert timeline.music.path == str(footage[0].media.path)
    assert {clip.sound.kind for clip in timeline.clips} == {"mute"}
    assert any("unbroken" in note for note in timeline.notes)
    check(timeline, footage, options(length_s=30), (footage[0].media, footage[0].sound))
    given = plan_cuts(footage, options(length_s=30), music())[0]
    assert given.music.path == "/music/song.mp3"


def test_talk_is_never_taken_for_music():
    talking = make(many_shots(5, musicality=0.6, speech="all"))
    assert plan_cuts([talking], options(length_s=30))[0].music is None


def test_strong_lines_are_heard_whole():
    footage = [make(many_shots(7, speech="some"))]
    timeline = plan_cuts(footage, options(length_s=60), music())[0]
    spoken = [c for c in timeline.clips if c.sound.kind == "dialogue"]
    assert len(spoken) >= 3
    assert any(c.sound.lead_frames for c in spoken) and any(c.sound.lag_frames for c in spoken)
    words = footage[0].speech.transcript.words
    for clip in spoken:
        start = float(clip.start) - clip.sound.lead_frames / 25
        end = float(clip.start) + (clip.frames + clip.sound.lag_frames) / 25
        for a, b in footage[0].speech.transcript.sentences:
            heard = [start <= float(w.start) and float(w.end) <= end for w in words[a:b]]
            assert all(heard) or not any(heard), "half a line is heard"


def test_versions_differ_and_stay_good():
    footage = [make(many_shots(11)), make(many_shots(12, name="b.mp4"))]
    timelines = plan_cuts(footage, options(length_s=30, versions=3))
    worth = []
    for number, timeline in enumerate(timelines):
        worth.append(np.mean([sum(r.score * r.weight for r in c.reasons) for c in timeline.clips]))
        for other in timelines[:number]:
            shared = sum(
                any(
                    a.source == b.source and a.start < b.end and b.start < a.end
                    for b in other.clips
                )
                for a in timeline.clips
            )
            assert shared <= 0.6 * len(timeline.clips)
            hook, other_hook = timeline.clips[0], other.clips[0]
            assert (hook.source, hook.start) != (other_hook.source, other_hook.start)
    assert min(worth) > 0.85 * worth[0]


def test_every_file_has_its_place():
    footage = [make(many_shots(n, name=f"{n}.mp4")) for n in (21, 22, 23)]
    timeline = plan_cuts(footage, options(length_s=40, spoiler_window=0.0))[0]
    used = {s.id: sum(c.source == s.id for c in timeline.clips) for s in timeline.sources}
    assert min(used.values()) >= 3


def test_near_duplicates_are_passed_over():
    looks = make(many_shots(31, looks=8))
    timeline = plan_cuts([looks], options(length_s=12, spoiler_window=0.0))[0]
    middle = [(c.start_frame + c.end_frame) // 2 for c in timeline.clips]
    shots = looks.shots
    look = [
        next(i for i, s in enumerate(shots) if s.start_frame <= f < s.end_frame) % 8 for f in middle
    ]
    assert len(set(look)) >= min(7, len(look) - 1)
    assert all(a != b for a, b in pairwise(look))


def test_the_spoiler_window_is_the_end_of_the_whole_story():
    footage = [make(many_shots(n, name=f"{n}.mp4")) for n in (41, 42)]
    timeline = plan_cuts(footage, options(length_s=30, spoiler_window=0.3))[0]
    whole = sum(float(s.duration) for s in timeline.sources)
    first = float(timeline.sources[0].duration)
    last = max(float(c.end) for c in (*timeline.clips, *timeline.broll) if c.source == "s2")
    assert first + last <= 0.7 * whole + 1e-6
    assert any(
        c.source == "s1" and float(c.end) > 0.85 * first for c in (*timeline.clips, *timeline.broll)
    )
    assert any("42.mp4" in note for note in timeline.notes)


def test_footage_shorter_than_asked_gives_what_it_has():
    footage = [make(Scene([3.0, 4.0, 2.5]))]
    timeline = plan_cuts(footage, options(length_s=60, spoiler_window=0.0))[0]
    assert 8.5 < float(timeline.duration) < 9.5
    assert any("60 s were asked for" in note for note in timeline.notes)


def test_one_long_shot_is_one_clip_or_two_around_the_title():
    footage = [make(Scene([200.0]))]
    alone = plan_cuts(footage, options(length_s=30))[0]
    assert len(alone.clips) == 1 and alone.frames == 750
    parted = plan_cuts(footage, options(length_s=30, title="T"))[0]
    assert [type(i) is Card for i in parted.items] == [False, True, False] and parted.frames == 750


def test_rates_are_mixed_by_the_clock():
    slow = make(replace(many_shots(51), fps=Fraction(25), name="slow.mp4"))
    fast = make(replace(many_shots(52), fps=Fraction(50), name="fast.mp4", shots_s=[4.0] * 12))
    wish = options(length_s=30, spoiler_window=0.0)
    timeline = plan_cuts([slow, fast], wish)[0]
    assert timeline.rate.fps == 25
    doubled = [c for c in timeline.clips if c.source == "s2"]
    assert doubled and all(c.end_frame - c.start_frame == 2 * c.frames for c in doubled)
    check(timeline, [slow, fast], wish)


@pytest.mark.parametrize(("kinds", "bad"), [({0: "black"}, "black"), ({0: "frozen"}, "frozen")])
def test_nothing_usable_is_an_error_with_a_hint(kinds, bad):
    with pytest.raises(RequestError) as caught:
        plan_cuts([make(Scene([0.5] if bad == "black" else [0.6], kinds=kinds))], options())
    assert caught.value.hint


@pytest.mark.parametrize(
    "wrong",
    [
        {"length_s": 0.0}, {"length_s": float("nan")}, {"spoiler_window": 0.95}, {"versions": 0},
        {"pace": "wild"}, {"aspect": "4:3"}, {"loudness_lufs": 3.0},
    ],
)  # fmt: skip
def test_options_that_cannot_work(wrong):
    with pytest.raises(RequestError):
        plan_cuts([make(Scene([3.0] * 5))], options(**wrong))


def test_footage_without_picture_or_given_twice_is_said():
    footage = make(many_shots())
    deaf = replace(footage, media=replace(footage.media, video=None, path=Path("/x/song.wav")))
    timeline = plan_cuts([footage, footage, deaf], options(length_s=20))[0]
    assert len(timeline.sources) == 1
    assert any("given twice" in n for n in timeline.notes)
    assert any("no picture" in n for n in timeline.notes)
    with pytest.raises(RequestError):
        plan_cuts([deaf], options())


def test_a_plan_without_some_parts_of_the_analysis():
    bare = replace(
        make(many_shots()), objects=None, faces=None, embeddings=None, picture=None, speech=None,
        sound=None,
    )  # fmt: skip
    timeline = plan_cuts([bare], options(length_s=20, aspect="9:16"))[0]
    assert timeline.frames == 500
    assert any("faces" in note and "not" in note for note in timeline.notes)
