"""CMX 3600 lists, read by the OTIO adapter and by a strict reader of their columns."""

import math
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, assume, given, settings

from studio.errors import RequestError
from studio.media.timeline_io import to_edl, write_edl
from studio.media.timeline_io.edl import reel_names
from studio.types.timecode import FrameRate, Timecode
from studio.types.timeline import Card, Clip, Sound, Timeline, Transition
from tests.media.plans import RATES, a_clip, a_source, timelines

quick = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))

EVENT = re.compile(
    r"^(?P<number>\d{3})  (?P<reel>[A-Z0-9]{1,8}) +(?P<channel>V|A|A2|A3|A4) +"
    r"(?P<edit>C|D    (?P<length>\d{3})) +"
    r"(?P<codes>(\d\d:\d\d:\d\d[:;]\d\d ){3}\d\d:\d\d:\d\d[:;]\d\d)$"
)


@dataclass(frozen=True)
class Event:
    """One line, its codes as frames of the list's rate."""

    number: int
    reel: str
    channel: str
    dissolve: int
    source: tuple[int, int]
    record: tuple[int, int]


def read_events(text: str, rate: FrameRate) -> list[Event]:
    title, mode, *lines = text.splitlines()
    assert title.startswith("TITLE: ")
    drop = mode == "FCM: DROP FRAME"
    assert drop or mode == "FCM: NON-DROP FRAME"
    assert drop == (rate.is_ntsc and rate.nominal in (30, 60))
    start = Timecode.from_string("01:00:00;00" if drop else "01:00:00:00", rate).frame
    events = []
    for line in lines:
        if not line or line.startswith("* "):
            continue
        found = EVENT.match(line)
        assert found, line
        codes = [Timecode.from_string(code, rate) for code in found["codes"].split()]
        assert codes[2].drop == codes[3].drop == drop
        a, b, c, d = (code.frame for code in codes)
        assert b - a == d - c >= 0
        events.append(
            Event(
                int(found["number"]),
                found["reel"],
                found["channel"],
                int(found["length"] or 0),
                (a, b),
                (c - start, d - start),
            )
        )
    numbers = [event.number for event in events]
    assert sorted(set(numbers)) == list(range(1, numbers[-1] + 1))
    assert numbers == sorted(numbers)
    return events


def tail_of(clip: Clip, timeline: Timeline) -> int:
    """Frames that a dissolve reads past a clip."""
    ids = [item.id for item in timeline.items]
    following = timeline.items[ids.index(clip.id) + 1 :] if clip.id in ids else ()
    if not following or following[0].transition.kind != "dissolve":
        return 0
    return following[0].transition.frames - following[0].transition.frames // 2


def first_frame(clip: Clip, timeline: Timeline) -> int:
    """The list's code of a clip's first frame, worked out from the plan alone."""
    source, rate = timeline.source(clip.source), timeline.rate
    code = Timecode.from_string(source.timecode or "00:00:00:00", source.rate)
    start = source.rate.seconds(clip.start_frame) * rate.fps
    if source.variable_rate:  # an eighth of a frame is a container's rounding
        start = clip.start * rate.fps - Fraction(1, 8)
    seconds = source.rate.seconds(source.frames)
    if source.variable_rate:
        seconds = source.rate.seconds(math.floor(source.duration * source.rate.fps))
    # Rounded up, so that it begins with something of the clip, but never past the media.
    last = math.floor(seconds * rate.fps) - clip.frames - tail_of(clip, timeline)
    first = min(math.ceil(start), last)
    if source.rate == rate:
        return code.frame + first
    hours, minutes, secs, frames = map(int, re.split("[:;]", str(code)))
    drop = code.drop and rate.is_ntsc and rate.nominal % 30 == 0
    mark = ";" if drop else ":"
    label = f"{hours:02}:{minutes:02}:{secs:02}{mark}"
    label += f"{frames * rate.nominal // source.rate.nominal:02}"
    return Timecode.from_string(label, rate).frame + first


def wanted_picture(timeline: Timeline) -> list[tuple[str, int, int, int, int]]:
    """Reel, dissolve length, first source frame, record in and out of each picture event."""
    reels, wanted = reel_names(timeline), []
    for number, (at, item) in enumerate(timeline.placed()):
        following = timeline.items[number + 1 :][:1]
        end = at + item.frames - (following[0].transition.frames // 2 if following else 0)
        kind, length = item.transition.kind, item.transition.frames
        before = length // 2 if number else 0
        black = isinstance(item, Card)
        reel = "BL" if black else reels[item.source]
        first = 0 if black else first_frame(item, timeline)
        if kind == "dip":
            if before:
                wanted.append(("BL", before, 0, at - before, at))
            wanted.append((reel, length - length // 2, first, at, end))
        elif black:
            wanted.append((reel, length, 0, at - before, end))
        else:
            wanted.append((reel, length, first - before, at - before, end))
    return wanted


@quick
@given(timelines())
def test_every_event(timeline):
    rate = timeline.rate
    events = read_events(to_edl(timeline), rate)
    picture = [e for e in events if e.channel == "V"]
    # A dissolve has a line of no length before it, which holds the outgoing side still.
    shown = []
    for number, event in enumerate(picture):
        if event.dissolve:
            standing = picture[number - 1]
            assert standing.number == event.number
            assert standing.record == (event.record[0],) * 2
            assert standing.source[0] == standing.source[1]
            if shown and shown[-1].reel == standing.reel != "BL":
                assert standing.source[0] == shown[-1].source[1]
        if event.record[0] != event.record[1]:
            shown.append(event)
    found = [(e.reel, e.dissolve, e.source[0], *e.record) for e in shown]
    assert found == wanted_picture(timeline)
    assert shown[0].record[0] == 0
    assert all(a.record[1] == b.record[0] for a, b in pairwise(shown))
    assert shown[-1].record[1] == timeline.frames


@quick
@given(timelines())
def test_no_event_reads_past_its_media(timeline):
    rate, reels = timeline.rate, reel_names(timeline)
    by_reel = {reels[source.id]: source for source in timeline.sources}
    for event in read_events(to_edl(timeline), rate):
        source = by_reel.get(event.reel)
        if source is None:
            continue
        whole = replace(
            a_clip("x", source, 0, 1, rate), start_frame=0, start=Fraction(0), source=source.id
        )
        zero = first_frame(whole, timeline)
        assert event.source[0] >= zero
        end = source.duration if source.variable_rate else source.rate.seconds(source.frames)
        assert rate.seconds(event.source[1] - zero) <= end


@quick
@given(timelines())
def test_the_adapter_reads_the_same(timeline):
    # It refuses a list that begins with a fade from black, which it itself writes so.
    assume(timeline.items[0].transition.kind == "cut")
    rate = timeline.rate
    read = otio.adapters.read_from_string(to_edl(timeline), "cmx_3600", rate=float(rate.fps))
    picture = next(t for t in read.tracks if t.kind == "Video")
    found = []
    for number, child in enumerate(picture):
        if isinstance(child, otio.schema.Transition):
            continue
        where, before = picture.range_of_child(child), picture[number - 1] if number else None
        length = before.out_offset.value if isinstance(before, otio.schema.Transition) else 0
        at = where.start_time.value
        found.append((length, child.source_range.start_time.value, at, at + where.duration.value))
    assert found == [wanted[1:] for wanted in wanted_picture(timeline)]


@quick
@given(timelines())
def test_sound_leads_and_lags_as_planned(timeline):
    rate, reels = timeline.rate, reel_names(timeline)
    events = [e for e in read_events(to_edl(timeline), rate) if e.channel != "V"]
    if timeline.music:
        last = max(e.channel for e in events)
        (song,) = [e for e in events if e.channel == last]
        assert song.record[0] == 0
        assert song.reel == {s.path: reels[s.id] for s in timeline.sources}.get(
            timeline.music.path, "MUSIC"
        )
        events.remove(song)
    found = sorted((e.reel, *e.record) for e in events)
    wanted = []
    for at, clip in timeline.placed():
        if isinstance(clip, Clip) and clip.sound.kind != "mute":
            if not timeline.source(clip.source).has_audio:
                continue
            end = at + clip.frames + clip.sound.lag_frames
            wanted.append((reels[clip.source], at - clip.sound.lead_frames, end))
    assert found == sorted(wanted)
    for channel in {e.channel for e in events}:
        ends = 0
        for event in (e for e in events if e.channel == channel):
            assert event.record[0] >= ends
            ends = event.record[1]


def test_a_known_list():
    """Worked out by hand: 29.97 drop-frame across a minute, where two labels are skipped."""
    rate = RATES["29.97"]
    source = a_source("a", rate, 4000, path="/f/Take One.mov", timecode="00:59:00;02")
    clips = (
        a_clip("one", source, 0, 1790, rate),
        a_clip("two", source, 2000, 60, rate, transition=Transition("dissolve", 9)),
    )
    cut = Timeline("Two takes", rate, (64, 36), (source,), clips)
    lines = [line for line in to_edl(cut).splitlines() if line[:3].isdigit() and " V " in line]
    assert lines == [
        "001  TAKEONE  V     C        00:59:00;02 00:59:59;18 01:00:00;00 01:00:59;16",
        "003  TAKEONE  V     C        00:59:59;18 00:59:59;18 01:00:59;16 01:00:59;16",
        "003  TAKEONE  V     D    009 01:00:06;18 01:00:08;22 01:00:59;16 01:01:01;22",
    ]


def test_comments_say_what_and_why(tmp_path):
    rate = RATES["25"]
    slow = a_source("a", RATES["23.976"], 400, path="/f/a\nb.mov")
    clip = a_clip("c", slow, 24, 50, rate, sound=Sound("mute"))
    cut = Timeline("x", rate, (64, 36), (slow,), (Card("t", "제목\n2", 25), clip))
    notes = write_edl(cut, tmp_path / "x.edl")
    lines = (tmp_path / "x.edl").read_text(encoding="utf-8").splitlines()
    assert "* CARD: 제목 / 2" in lines
    assert "* FROM CLIP NAME: a / b.mov" in lines
    assert "* SOURCE FILE: /f/a / b.mov" in lines
    assert "* SOURCE FRAMES: 24 TO 72 AT 24000/1001 FPS" in lines
    assert "* WHY: build: two faces, near (faces 0.75)" in lines
    assert notes == ()


def test_what_the_list_cannot_hold_is_told(tmp_path):
    rate = RATES["25"]
    source = a_source("a", rate)
    clips = []
    for number in range(5):  # each sounds under all the others
        clip = a_clip(f"c{number}", source, 300, 20, rate)
        lead, lag = 20 * number, 20 * (4 - number)
        clips.append(replace(clip, sound=Sound("dialogue", 0.0, lead, lag)))
    cut = Timeline("x", rate, (64, 36), (source,), tuple(clips))
    (note,) = write_edl(cut, tmp_path / "x.edl")
    assert "four sound tracks; 5 were needed" in note


def test_too_fast_or_too_long_for_a_list():
    fast = FrameRate(Fraction(120))
    source = a_source("a", fast)
    cut = Timeline("x", fast, (64, 36), (source,), (a_clip("c", source, 0, 100, fast),))
    with pytest.raises(RequestError, match="120 frames a second"):
        to_edl(cut)
    rate = RATES["25"]
    source = a_source("a", rate, has_audio=False)
    many = tuple(a_clip(f"c{n}", source, 0, 1, rate) for n in range(1000))
    with pytest.raises(RequestError, match="999 events, not 1000"):
        to_edl(Timeline("x", rate, (64, 36), (source,), many))


def test_reels_are_short_plain_and_never_twice():
    rate = RATES["25"]
    paths = [
        "bl.mp4",
        "music.mov",
        "Long Name One.mp4",
        "Long Name Two.mp4",
        "한글.mp4",
        "영상.mp4",
    ]
    sources = tuple(a_source(f"s{n}", rate, path=f"/f/{p}") for n, p in enumerate(paths))
    reels = list(reel_names(Timeline("x", rate, (64, 36), sources, ())).values())
    assert reels == ["BL1", "MUSIC2", "LONGNAME", "LONGNAM4", "REEL", "REEL6"]
