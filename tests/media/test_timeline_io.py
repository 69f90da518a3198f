"""The plan file, and its check."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings

from studio.errors import EncodeFailed, NoRoom, RequestError
from studio.media.timeline_io import (
    check_timeline,
    plan_text,
    read_plan,
    timeline_problems,
    write_edl,
    write_fcpxml,
    write_otio,
    write_plan,
)
from studio.media.writer import write_beside
from studio.types.timeline import Card, CropKey, Music, Sound, Timeline, Transition
from tests.media.plans import RATES, a_clip, a_source, timelines

RATE = RATES["25"]
quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def a_cut(**changes) -> Timeline:
    source = a_source("a", RATE, 500)
    items = (
        Card("title", "제목", 30),
        a_clip("one", source, 100, 50, RATE, transition=Transition("dissolve", 10)),
        a_clip("two", source, 300, 50, RATE, transition=Transition("dip", 12)),
    )
    broll = (a_clip("rest", source, 200, 40, RATE),)
    return replace(Timeline("cut", RATE, (1280, 720), (source,), items, broll=broll), **changes)


def with_clip(**changes) -> Timeline:
    cut = a_cut()
    return replace(cut, items=(cut.items[0], replace(cut.items[1], **changes), cut.items[2]))


@quick
@given(timelines())
def test_a_plan_survives_its_file(tmp_path_factory, timeline):
    path = tmp_path_factory.mktemp("plan") / "trailer.plan.json"
    write_plan(timeline, path)
    assert read_plan(path) == timeline
    assert json.loads(path.read_text(encoding="utf-8"))["name"] == "A cut"


@quick
@given(timelines())
def test_made_plans_are_sound(timeline):
    assert timeline_problems(timeline, files=False) == ()


def test_a_plan_reads_like_a_table():
    text = plan_text(a_cut())
    lines = text.splitlines()
    assert max(map(len, lines)) <= 130
    assert '      "transition": {"kind": "dissolve", "frames": 10},' in lines
    assert '      "start": "4",' in lines
    assert "제목" in text
    assert any(line.strip().startswith('"reasons": [{"name": "faces"') for line in lines)


def test_a_file_name_that_is_no_text_survives(tmp_path):
    name = b"/footage/\xff\xfe.mp4".decode("utf-8", "surrogateescape")
    cut = a_cut(sources=(a_source("a", RATE, 500, path=name),))
    write_plan(cut, tmp_path / "p.json")
    assert read_plan(tmp_path / "p.json") == cut
    write_otio(cut, tmp_path / "p.otio")
    write_fcpxml(cut, tmp_path / "p.fcpxml")
    write_edl(cut, tmp_path / "p.edl")
    assert "%FF%FE.mp4" in (tmp_path / "p.otio").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"name": "cut",', '"name": "cut"', "line 3, column 3"),
        ('"frames": 30', '"frames": "30"', "$.items[0].frames should be int"),
        ('"start": "4"', '"start": "1e9"', "$.items[1].start should be rational seconds"),
        ('"type": "card"', '"type": "crad"', '$.items[0] should be an object with "type"'),
        ('"frames": 30', '"frames": NaN', "NaN is not a number"),
        ('"frames": 30', '"frames": 30, "frames": 31', "'frames' stands twice"),
        ('"frames": 30', '"frame": 30', "$.items[0].frames is missing"),
        ('"schema": 1', '"schema": 2', "layout 2"),
        ('"fps": "25"', '"fps": "-25"', "a frame rate is positive"),
    ],
)
def test_a_slip_of_the_hand_is_named(tmp_path, old, new, said):
    path = tmp_path / "cut.plan.json"
    text = plan_text(a_cut())
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        read_plan(path)
    assert said in caught.value.message
    assert "cut.plan.json" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"[" * 10_000, b"[]", b"null", b'"a"'])
def test_what_is_no_plan_is_refused(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(RequestError, match=r"x\.json"):
        read_plan(path)


def test_a_missing_plan_or_a_folder_is_refused(tmp_path):
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(RequestError, match="cannot be read"):
            read_plan(path)


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        (a_cut(items=()), "no items"),
        (a_cut(size_wh=(1281, 720)), "1281x720 is not even"),
        (a_cut(loudness_lufs=3.0), "loudness_lufs 3.0"),
        (with_clip(id="two"), "the id 'two' stands twice"),
        (with_clip(source="b"), "clip one: there is no source 'b'"),
        (with_clip(start_frame=150), "clip one: frames 150 to 150 are no range"),
        (with_clip(end_frame=501), "end_frame 501 is past the 500 frames"),
        (with_clip(start=Fraction(41, 10)), "start 41/10 is not start_frame 100"),
        (with_clip(start=Fraction(7), end=Fraction(6)), "seconds 7 to 6 are no range"),
        (with_clip(frames=52), "frames is 52, but 2.000 s of footage are 50"),
        (with_clip(frames=48), "frames is 48, but 2.000 s"),
        (with_clip(frames=0), "frames is 0, not positive"),
        (with_clip(transition=Transition("cut", 5)), "a cut has no length"),
        (with_clip(transition=Transition("dissolve", 1)), "too short"),
        (with_clip(transition=Transition("dissolve", 100)), "its transitions take"),
        (
            with_clip(start_frame=3, start=Fraction(3, 25), end_frame=53, end=Fraction(53, 25)),
            "the dissolve into it reads 5 frames before it",
        ),
        (with_clip(sound=Sound(gain_db=40.0)), "gain_db 40.0"),
        (with_clip(sound=Sound(lead_frames=-1)), "are not negative"),
        (with_clip(sound=Sound(lead_frames=31)), "reaches out of the timeline"),
        (with_clip(sound=Sound(lag_frames=51)), "reaches out of the timeline"),
        (with_clip(crop=(CropKey(0, 0.9, 0.5, 0.5, 1.0),)), "frame 0 reaches out of the picture"),
        (with_clip(crop=(CropKey(0, 0.5, 0.5, 0.0, 1.0),)), "frame 0 reaches out of the picture"),
        (with_clip(crop=(CropKey(5, 0.5, 0.5, 0.5, 1.0),) * 2), "crop keys stand at frames [5, 5]"),
        (with_clip(crop=(CropKey(50, 0.5, 0.5, 0.5, 1.0),)), "they must rise within 0 to 49"),
        (
            a_cut(music=Music("/m.wav", "", Fraction(9), duration=Fraction(9))),
            "start 9 lies outside",
        ),
        (a_cut(music=Music("/m.wav", "", Fraction(0), duck_db=3.0)), "duck_db not within"),
    ],
)
def test_problems_are_named(cut, said):
    problems = timeline_problems(cut, files=False)
    assert any(said in problem for problem in problems), problems
    with pytest.raises(RequestError, match="The plan cannot be rendered"):
        check_timeline(cut, files=False)


def test_the_first_item_cannot_dissolve():
    cut = a_cut()
    first = replace(cut.items[0], transition=Transition("dissolve", 8))
    problems = timeline_problems(replace(cut, items=(first, *cut.items[1:])), files=False)
    assert problems == ("card title: nothing stands before it to dissolve from",)


def test_a_dissolve_needs_footage_past_the_clip():
    source = a_source("a", RATE, 500)

    def ending_at(end: int, dissolve: int) -> tuple[str, ...]:
        items = (
            a_clip("one", source, end - 50, 50, RATE),
            a_clip("two", source, 100, 50, RATE, transition=Transition("dissolve", dissolve)),
        )
        return timeline_problems(replace(a_cut(), items=items), files=False)

    assert ending_at(495, 10) == ()
    assert ending_at(496, 10) == (
        "clip one: the dissolve out of it reads 5 frames past it; a has fewer",
    )
    assert ending_at(500, 0) == ("clip two: a dissolve of 0 frames is too short",)


def test_one_frame_past_the_media_is_refused():
    slow, rate = a_source("a", RATES["24"], 240), RATES["30"]

    def reaching(frames: int, end_frame: int = 240) -> tuple[str, ...]:
        clip = a_clip("one", slow, 200, 10, rate)
        clip = replace(clip, frames=frames, end_frame=end_frame, end=RATES["24"].seconds(end_frame))
        cut = Timeline("cut", rate, (1280, 720), (slow,), (clip,))
        return timeline_problems(cut, files=False)

    assert reaching(50) == ()  # 40 frames of 24 are 50 of 30
    assert reaching(51) == ("clip one: its last frame is past the end of a",)
    assert any("past the 240 frames" in problem for problem in reaching(51, 241))


def test_footage_must_be_there(tmp_path):
    film = tmp_path / "film.mp4"
    cut = a_cut(sources=(a_source("a", RATE, 500, path=str(film)),))
    with pytest.raises(RequestError, match=r"film\.mp4 is not there"):
        check_timeline(cut)
    film.touch()
    check_timeline(cut)


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with write_beside(path) as beside:
        beside.write_text("one")
        assert beside.parent == path.parent
        assert beside.suffix == ".txt"
        assert not path.exists()
    with pytest.raises(KeyError), write_beside(path) as beside:
        beside.write_text("half of tw")
        raise KeyError
    with pytest.raises(FileNotFoundError), write_beside(path) as beside:
        beside.write_text((tmp_path / "no such footage").read_text())
    with pytest.raises(NoRoom, match=r"Cannot write .*a\.txt"), write_beside(path):
        raise OSError(28, "No space left on device")
    assert path.read_text() == "one"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_a_folder_that_is_a_file_is_an_error_with_a_hint(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EncodeFailed) as caught:
        write_plan(a_cut(), tmp_path / "file" / "a.json")
    assert caught.value.hint
