"""OTIO: written, then read by OpenTimelineIO itself and compared with the plan."""

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings

from studio.errors import RequestError
from studio.media.timeline_io import to_otio, write_otio
from studio.media.timeline_io.otio import read_otio
from studio.types.timecode import FrameRate, Timecode
from studio.types.timeline import Card, Clip, Music, Timeline
from tests.media.plans import RATES, a_clip, a_source, timelines

quick = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def frames(time, rate: FrameRate) -> int:
    """A time of OTIO as whole frames of a rate; fails where it is none."""
    assert time.rate == float(rate.fps)
    assert time.value == int(time.value)
    return int(time.value)


def first_code(source) -> int:
    return Timecode.from_string(source.timecode, source.rate).frame if source.timecode else 0


def media_frames(source) -> int:
    if source.variable_rate:
        return math.floor(source.duration * source.rate.fps)
    return source.frames


def source_in(clip: Clip, source, first: int) -> int:
    """The frame that the file should name, given the one it names: of a variable rate it may
    be either frame of the nominal rate beside the clip's start."""
    if source.variable_rate:
        assert abs(first - clip.start * source.rate.fps) < 1
        return first
    return clip.start_frame


@quick
@given(timelines())
def test_every_in_out_and_position(tmp_path_factory, timeline):
    path = tmp_path_factory.mktemp("otio") / "cut.otio"
    write_otio(timeline, path)
    read = otio.adapters.read_from_file(str(path))
    rate = timeline.rate
    assert frames(read.duration(), rate) == timeline.frames
    start = "01:00:00;00" if rate.is_ntsc and rate.nominal in (30, 60) else "01:00:00:00"
    assert read.global_start_time.to_timecode() == start
    picture = read.tracks[0]
    assert (picture.name, picture.kind, picture.enabled) == ("V1", "Video", True)
    items = [child for child in picture if not isinstance(child, otio.schema.Transition)]
    for (at, item), child in zip(timeline.placed(), items, strict=True):
        where = child.range_in_parent()
        assert frames(where.start_time, rate) == at
        assert frames(where.duration, rate) == item.frames
        if isinstance(item, Card):
            assert isinstance(child, otio.schema.Gap)
            assert child.metadata["studio"]["text"] == item.text
            continue
        check_clip(child, item, timeline)
    check_transitions(picture, timeline)
    check_sound(read, timeline)
    check_broll(read, timeline)


def check_clip(child, clip: Clip, timeline: Timeline) -> None:
    source, rate = timeline.source(clip.source), timeline.rate
    media, used = child.media_reference, child.source_range
    assert media.target_url == Path(source.path).as_uri()
    assert frames(media.available_range.start_time, source.rate) == first_code(source)
    assert frames(media.available_range.duration, source.rate) == media_frames(source)
    first = frames(used.start_time, source.rate) - first_code(source)
    assert first == source_in(clip, source, first)
    end = source.rate.seconds(first) + rate.seconds(frames(used.duration, rate))
    assert end <= source.rate.seconds(media_frames(source)) <= source.duration
    assert child.metadata["studio"]["reasons"][0]["score"] == 0.75


def check_transitions(picture, timeline: Timeline) -> None:
    found = {}
    for number, child in enumerate(picture):
        if isinstance(child, otio.schema.Transition):
            after = picture[number + 1]
            assert not isinstance(after, otio.schema.Transition)
            at = frames(picture.range_of_child(after).start_time, timeline.rate)
            found[at] = child
    wanted = {at: i.transition for at, i in timeline.placed() if i.transition.kind != "cut"}
    assert found.keys() == wanted.keys()
    for at, transition in wanted.items():
        before = transition.frames // 2 if at else 0
        assert frames(found[at].in_offset, timeline.rate) == before
        after = transition.frames - transition.frames // 2
        assert frames(found[at].out_offset, timeline.rate) == after
        assert found[at].metadata["studio"]["kind"] == transition.kind
        dissolve = found[at].transition_type == otio.schema.TransitionTypes.SMPTE_Dissolve
        assert dissolve == (transition.kind == "dissolve")


def check_sound(read, timeline: Timeline) -> None:
    rate = timeline.rate
    found, tracks = {}, [t for t in read.tracks if t.kind == otio.schema.TrackKind.Audio]
    music = timeline.music
    if music:
        (song,) = tracks.pop().find_clips()
        where = song.range_in_parent()
        own = {source.path: source for source in timeline.sources}.get(music.path)
        code = own.rate.seconds(first_code(own)) if own else 0
        duration = own.duration if own else music.duration
        room = math.floor((duration - music.start) * rate.fps)
        assert frames(where.start_time, rate) == 0
        assert frames(where.duration, rate) == min(timeline.frames, room)
        assert song.source_range.start_time.to_seconds() == pytest.approx(float(code + music.start))
    for track in tracks:
        end = 0
        for child in track.find_clips():
            where = child.range_in_parent()
            at = frames(where.start_time, rate)
            assert at >= end
            end = at + frames(where.duration, rate)
            found[at, end] = child
    wanted = {}
    pictures = {c.metadata["studio"]["id"]: c for c in read.tracks[0].find_clips()}
    for at, clip in timeline.placed():
        if isinstance(clip, Card):
            continue
        source, sound = timeline.source(clip.source), clip.sound
        if sound.kind != "mute" and source.has_audio:
            end = at + clip.frames + sound.lag_frames
            wanted[at - sound.lead_frames, end] = (clip, source)
    assert found.keys() == wanted.keys()
    for key, (clip, source) in wanted.items():
        used = found[key].source_range
        lead = rate.seconds(clip.sound.lead_frames) * source.rate.fps
        shown = pictures[clip.id].source_range.start_time.value
        # In step with the picture to a microsecond, whole frames or not.
        step = Fraction(used.start_time.value) - Fraction(shown) + lead
        assert abs(step) / source.rate.fps < Fraction(1, 10**6)
        available = found[key].media_reference.available_range
        end = float(used.start_time.to_seconds() + used.duration.to_seconds())
        assert end <= available.end_time_exclusive().to_seconds() + 1e-6
        assert used.start_time.to_seconds() >= available.start_time.to_seconds() - 1e-6


def check_broll(read, timeline: Timeline) -> None:
    tracks = [t for t in read.tracks if t.name == "B-roll"]
    assert len(tracks) == (1 if timeline.broll else 0)
    for track in tracks:
        assert not track.enabled
        shots = list(track.find_clips())
        for shot, clip in zip(shots, timeline.broll, strict=True):
            assert not shot.enabled
            assert shot.range_in_parent().start_time.value >= timeline.frames
            check_clip(shot, clip, timeline)


def test_cards_are_markers_with_their_words():
    rate = RATES["29.97"]
    items = (Card("t", "제목\nTwo", 30), a_clip("c", a_source("a", rate), 5, 40, rate))
    cut = to_otio(Timeline("x", rate, (64, 36), (a_source("a", rate),), items))
    (marker,) = cut.tracks.markers
    assert marker.name == "제목 / Two"
    assert marker.marked_range.duration.value == 30


def test_overlapping_sounds_alternate_between_tracks():
    rate = RATES["25"]
    source = a_source("a", rate)
    clips = []
    for number in range(4):
        clip = a_clip(f"c{number}", source, 100 * (number + 1), 40, rate)
        lead = 6 if number else 0
        clips.append(replace(clip, sound=replace(clip.sound, lead_frames=lead)))
    cut = to_otio(Timeline("x", rate, (64, 36), (source,), tuple(clips)))
    names = [[c.source_range.start_time.value for c in t.find_clips()] for t in cut.audio_tracks()]
    assert [t.name for t in cut.audio_tracks()] == ["A1", "A2"]
    assert names == [[100, 294], [194, 394]]


def test_a_clip_at_the_very_end_is_slipped_into_its_media():
    """51 timeline frames of 30 need 40.8 of 24: from frame 200 of 240 that is 0.8 too far."""
    source, rate = a_source("a", RATES["24"], 240), RATES["30"]
    clip = replace(a_clip("c", source, 200, 50, rate), frames=51)
    timeline = Timeline("x", rate, (64, 36), (source,), (clip,))
    used = to_otio(timeline).find_clips()[0].source_range
    assert used.start_time.value == 199
    assert used.duration.value == 51
    assert used.end_time_exclusive().to_seconds() <= 10


def test_a_slipped_clip_is_told_of(tmp_path):
    source, rate = a_source("a", RATES["24"], 240), RATES["30"]
    clip = replace(a_clip("c", source, 200, 50, rate), frames=51)
    notes = write_otio(Timeline("x", rate, (64, 36), (source,), (clip,)), tmp_path / "x.otio")
    assert len(notes) == 1
    assert "clip c starts 1 source frame(s) earlier" in notes[0]


def test_a_clip_longer_than_its_media_is_refused():
    rate = RATES["25"]
    source = a_source("a", rate, 100)
    clip = replace(a_clip("c", source, 0, 100, rate), frames=101)
    with pytest.raises(RequestError, match="clip c needs more of a than there is"):
        to_otio(Timeline("x", rate, (64, 36), (source,), (clip,)))


def test_a_time_code_that_cannot_be_read_is_told_of(tmp_path):
    rate = RATES["25"]
    source = a_source("a", rate, 100, timecode="01:00:00:29")
    timeline = Timeline("x", rate, (64, 36), (source,), (a_clip("c", source, 0, 50, rate),))
    (note,) = write_otio(timeline, tmp_path / "x.otio")
    assert "'01:00:00:29' of a cannot be read at 25 frames" in note


def test_music_of_unknown_length_is_told_of(tmp_path):
    rate = RATES["25"]
    source = a_source("a", rate, 100)
    music = Music("/m.wav", "", Fraction(0))
    timeline = Timeline("x", rate, (64, 36), (source,), (a_clip("c", source, 0, 50, rate),), music)
    (note,) = write_otio(timeline, tmp_path / "x.otio")
    assert "how long the music is" in note


@quick
@given(timelines())
def test_own_reader_gives_the_plan(tmp_path_factory, timeline):
    path = tmp_path_factory.mktemp("otio") / "cut.otio"
    write_otio(timeline, path)
    records = read_otio(path)
    placed = [(at, item) for at, item in timeline.placed() if isinstance(item, Clip)]
    for (at, clip), record in zip(placed, records, strict=True):
        source = timeline.source(clip.source)
        assert (record.at, record.frames) == (at, clip.frames)
        first = record.source_start * source.rate.fps - first_code(source)
        assert first == source_in(clip, source, first)
        assert record.source_end == record.source_start + timeline.rate.seconds(clip.frames)


@pytest.mark.parametrize("text", ["", "{}", "not json", '{"OTIO_SCHEMA": "Clip.2"}'])
def test_reading_what_is_no_timeline(tmp_path, text):
    path = tmp_path / "x.otio"
    path.write_text(text)
    with pytest.raises(RequestError, match="is no timeline"):
        read_otio(path)
