"""FCPXML, read by an exact reader of its own and held to the element order of Apple's DTD.

The OTIO adapter reads whole rates without error only at 24 frames a second (see fcpxml.py), so
it is the second reader there.
"""

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings

from studio.media.timeline_io import to_fcpxml, write_fcpxml
from studio.types.timecode import Timecode
from studio.types.timeline import Card, Clip, CropKey, Music, Sound, Timeline, Transition
from tests.media.plans import RATES, a_clip, a_source, timelines

quick = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))

# What FCPXML 1.9 allows of the elements that are written: children in order, as a pattern over
# their names, then required and optional attributes.
_CLIP = "start duration enabled lane offset name"
GRAMMAR = {
    "fcpxml": ("resources library", "version", ""),
    "resources": ("((asset|effect|format) )*", "", ""),
    "format": ("", "id", "name frameDuration width height"),
    "asset": (
        "media-rep",
        "id",
        "name start duration hasVideo format hasAudio videoSources audioSources",
    ),
    "media-rep": ("", "src", "kind"),
    "effect": ("", "id uid", "name"),
    "library": ("(event )*", "", ""),
    "event": ("((asset-clip|keyword-collection|project) )*", "", "name"),
    "keyword-collection": ("", "name", ""),
    "project": ("sequence", "", "name"),
    "sequence": ("(note )?spine", "format", "duration tcStart tcFormat audioLayout audioRate"),
    "spine": ("((asset-clip|title|transition) )*", "", ""),
    "asset-clip": (
        "(note )?(conform-rate )?(adjust-transform )?(adjust-volume )?(asset-clip )*(keyword )*",
        "ref",
        _CLIP + " format tcFormat srcEnable audioStart audioDuration audioRole",
    ),
    "title": ("(text )*(text-style-def )*(asset-clip )*", "ref duration", _CLIP),
    "text": ("(text-style )*", "", ""),
    "text-style-def": ("text-style", "id", ""),
    "text-style": ("", "", "ref font fontSize fontColor alignment"),
    "transition": ("(filter-video )?", "duration", "name offset"),
    "filter-video": ("", "ref", "name"),
    "note": ("", "", ""),
    "conform-rate": ("", "", "scaleEnabled srcFrameRate"),
    "adjust-transform": ("(param )*", "", "position scale"),
    "param": ("(keyframeAnimation )?", "name", ""),
    "keyframeAnimation": ("(keyframe )*", "", ""),
    "keyframe": ("", "time value", "curve"),
    "adjust-volume": ("", "", "amount"),
    "keyword": ("", "value", "start duration"),
}
CONFORM = {"23.98", "24", "25", "29.97", "30", "60", "47.95", "48", "50", "59.94"}


def parsed(timeline: Timeline) -> ElementTree.Element:
    text = to_fcpxml(timeline)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n')
    return ElementTree.fromstring(text)


def seconds(element, name: str) -> Fraction:
    found = re.fullmatch(r"(-?\d+)(?:/(\d+))?s", element.get(name))
    assert found, element.get(name)
    assert int(found[2] or 1) < 2**31
    assert abs(int(found[1])) < 2**63
    return Fraction(int(found[1]), int(found[2] or 1))


def frame_duration(root, format_id: str) -> Fraction:
    return seconds(root.find(f"resources/format[@id='{format_id}']"), "frameDuration")


def whole(time: Fraction, duration: Fraction) -> int:
    """A time as frames; fails where it is not on a frame's boundary."""
    assert (time / duration).denominator == 1, (time, duration)
    return int(time / duration)


@quick
@given(timelines())
def test_the_order_and_names_of_elements(timeline):
    root = parsed(timeline)
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        children, required, optional = GRAMMAR[element.tag]
        names = "".join(f"{child.tag} " for child in element)
        pattern = (
            children if children.endswith((" ", ")*", ")?")) or not children else f"{children} "
        )
        assert re.fullmatch(pattern, names), (element.tag, names)
        assert set(required.split()) <= set(element.keys())
        assert set(element.keys()) <= set(f"{required} {optional}".split())
        for name in ("ref", "format"):
            assert element.get(name) is None or element.get(name) in ids
        assert element.get("srcFrameRate", "24") in CONFORM


@quick
@given(timelines())
def test_every_in_out_and_position(timeline):
    root, rate = parsed(timeline), timeline.rate
    sequence = root.find(".//sequence")
    frame = frame_duration(root, sequence.get("format"))
    assert frame == 1 / rate.fps
    drop = rate.is_ntsc and rate.nominal in (30, 60)
    assert sequence.get("tcFormat") == ("DF" if drop else "NDF")
    start = Timecode.from_string("01:00:00;00" if drop else "01:00:00:00", rate).frame
    assert whole(seconds(sequence, "tcStart"), frame) == start
    assert whole(seconds(sequence, "duration"), frame) == timeline.frames
    spine = sequence.find("spine")
    shown = [element for element in spine if element.tag != "transition"]
    for (at, item), element in zip(timeline.placed(), shown, strict=True):
        assert whole(seconds(element, "offset"), frame) == start + at
        assert whole(seconds(element, "duration"), frame) == item.frames
        if isinstance(item, Card):
            assert element.find("text/text-style").text == item.text
        else:
            check_clip(root, element, item, timeline)
    joins = {}
    for number, element in enumerate(spine):
        if element.tag == "transition":
            joins[whole(seconds(spine[number + 1], "offset"), frame) - start] = element
    wanted = {at: i.transition for at, i in timeline.placed() if i.transition.kind != "cut"}
    assert joins.keys() == wanted.keys()
    for at, transition in wanted.items():
        before = transition.frames // 2 if at else 0
        length = transition.frames if at else transition.frames - transition.frames // 2
        assert whole(seconds(joins[at], "offset"), frame) == start + at - before
        assert whole(seconds(joins[at], "duration"), frame) == length
        effect = root.find(f"resources/effect[@id='{joins[at].find('filter-video').get('ref')}']")
        dissolve = transition.kind == "dissolve"
        assert effect.get("name") == ("Cross Dissolve" if dissolve else "Fade To Color")
    check_music(root, shown[0], timeline)
    check_broll(root, timeline)


def check_clip(root, element, clip: Clip, timeline: Timeline) -> None:
    source, rate = timeline.source(clip.source), timeline.rate
    asset = root.find(f"resources/asset[@id='{element.get('ref')}']")
    path = unquote(urlparse(asset.find("media-rep").get("src")).path)
    assert path == source.path
    own = frame_duration(root, asset.get("format"))
    assert element.get("format") == asset.get("format")
    assert own == 1 / source.rate.fps
    code = Timecode.from_string(source.timecode or "00:00:00:00", source.rate)
    assert element.get("tcFormat") == ("DF" if code.drop else "NDF")
    assert whole(seconds(asset, "start"), own) == code.frame
    media_start, media_end = seconds(asset, "start"), seconds(asset, "start")
    media_end += seconds(asset, "duration")
    whole(media_end, own)
    assert media_end - media_start <= source.duration
    first = whole(seconds(element, "start"), own) - code.frame
    if source.variable_rate:  # either frame of the nominal rate beside the clip's start
        assert abs(first - clip.start * source.rate.fps) < 1
    else:
        assert first == clip.start_frame
    length = seconds(element, "duration")
    assert media_start <= seconds(element, "start")
    assert seconds(element, "start") + length <= media_end
    conform = element.find("conform-rate")
    assert (conform is None) == (source.rate == rate)
    assert conform is None or conform.get("scaleEnabled") == "0"
    heard = clip.sound.kind != "mute" and source.has_audio
    assert (element.get("srcEnable") == "video") == (not heard)
    if not heard:
        return
    begin, last = seconds(element, "start"), seconds(element, "start") + length
    if element.get("audioStart"):
        begin = seconds(element, "audioStart")
        last = begin + seconds(element, "audioDuration")
        whole(begin, own)
        whole(last, own)
    lead = rate.seconds(clip.sound.lead_frames)
    lag = rate.seconds(clip.sound.lag_frames)
    slack = 0 if source.rate == rate else own
    assert abs(seconds(element, "start") - begin - lead) <= slack
    assert abs(last - seconds(element, "start") - length - lag) <= slack
    assert media_start <= begin
    assert last <= media_end
    volume = element.find("adjust-volume")
    assert (volume.get("amount") if volume is not None else "0dB") == f"{clip.sound.gain_db:g}dB"


def check_music(root, host, timeline: Timeline) -> None:
    songs = [e for e in root.iter("asset-clip") if e.get("audioRole") == "music"]
    assert len(songs) == (1 if timeline.music else 0)
    for song in songs:
        assert song in list(host)
        assert song.get("lane") == "-1"
        # Anchored in its host's own clock: at the host's start is at the start of the cut.
        assert seconds(song, "offset") == seconds(host, "start")
        frame = own = 1 / timeline.rate.fps
        code, duration = 0, timeline.music.duration
        source = {s.path: s for s in timeline.sources}.get(timeline.music.path)
        assert (song.get("srcEnable") == "audio") == (source is not None)
        if source:
            own, duration = 1 / source.rate.fps, source.duration
            code = Timecode.from_string(source.timecode or "00:00:00:00", source.rate).seconds
            assert (song.find("conform-rate") is None) == (source.rate == timeline.rate)
        whole(seconds(song, "start"), own)
        assert 0 <= timeline.music.start - (seconds(song, "start") - code) < own
        length = whole(seconds(song, "duration"), frame)
        assert length <= timeline.frames
        end = seconds(song, "start") - code + seconds(song, "duration")
        assert end <= duration
        assert length == timeline.frames or end > duration - frame - own


def check_broll(root, timeline: Timeline) -> None:
    bin_ = root.findall("library/event/asset-clip")
    assert len(bin_) == len(timeline.broll)
    assert len(root.findall(".//keyword-collection")) == bool(bin_)
    for element, clip in zip(bin_, timeline.broll, strict=True):
        keyword = element.find("keyword")
        assert keyword.get("value") == "B-roll"
        assert keyword.get("start") == element.get("start")
        own = frame_duration(root, element.get("format"))
        whole(seconds(element, "duration"), own)
        asset = root.find(f"resources/asset[@id='{element.get('ref')}']")
        end = seconds(asset, "start") + seconds(asset, "duration")
        assert seconds(element, "start") + seconds(element, "duration") <= end
        wanted = timeline.rate.seconds(clip.frames)
        assert 0 <= wanted - seconds(element, "duration") < own


@quick
@given(timelines(RATES["24"]))
def test_the_adapter_reads_the_same(timeline):
    rate = RATES["24"]
    source = a_source("a", rate, timecode="10:11:12:13")
    items = tuple(
        item
        if isinstance(item, Card)
        else a_clip(item.id, source, item.start_frame % 800, item.frames, rate)
        for item in timeline.items
    )
    cut = replace(timeline, sources=(source,), items=items, music=None, broll=())
    read = otio.adapters.read_from_string(to_fcpxml(cut), "fcpx_xml")[0]
    found = [
        (clip.source_range.start_time.value, clip.source_range.duration.value)
        for clip in read.find_clips()
    ]
    code = Timecode.from_string("10:11:12:13", rate).frame
    assert found == [(code + c.start_frame, c.frames) for c in cut.clips]


def test_a_crop_becomes_scale_and_position(tmp_path):
    """9:16 out of 16:9: fitted to the width, then enlarged 3.16 times, and moved."""
    rate = RATES["25"]
    source = a_source("a", rate, timecode="10:00:00:00")
    share = 9 / 16 * 9 / 16
    crop = (CropKey(0, 0.5, 0.5, share, 1.0), CropKey(25, 0.25, 0.5, share, 1.0))
    clip = a_clip("c", source, 50, 50, rate, crop=crop, sound=Sound(gain_db=-3.0))
    root = parsed(Timeline("x", rate, (1080, 1920), (source,), (clip,)))
    move = root.find(".//adjust-transform")
    assert move.get("scale") == "3.16049 3.16049"
    assert move.get("position") == "0.0000 0.0000"
    (animated,) = move
    assert animated.get("name") == "position"
    keys = animated.findall("keyframeAnimation/keyframe")
    assert [seconds(key, "time") for key in keys] == [36002, 36003]
    # A quarter of 1920 source pixels, each drawn 1.7778 wide, in hundredths of 1920 lines.
    assert keys[1].get("value") == "44.4444 0.0000"
    assert root.find(".//adjust-volume").get("amount") == "-3dB"


def test_words_that_xml_cannot_hold(tmp_path):
    rate = RATES["25"]
    source = a_source("a", rate, path='/f/a & <b> "c" é.mp4')
    items = (Card("t", "A\x00<b> & 제목", 25), a_clip("c", source, 0, 25, rate))
    cut = Timeline('x "y" & z\x0b', rate, (64, 36), (source,), items, notes=("a", "b"))
    write_fcpxml(cut, tmp_path / "x.fcpxml")
    root = ElementTree.parse(tmp_path / "x.fcpxml").getroot()
    assert root.find(".//title/text/text-style").text == "A\N{REPLACEMENT CHARACTER}<b> & 제목"
    assert root.find(".//media-rep").get("src") == Path(source.path).as_uri()
    assert root.find(".//sequence/note").text == "a\nb"


def test_ducking_is_told_of(tmp_path):
    rate = RATES["25"]
    source = a_source("a", rate)
    music = Music("/m.wav", "", Fraction(0), gain_db=-4.0, duration=Fraction(60))
    silent = a_clip("c", source, 0, 25, rate)
    talk = replace(silent, sound=Sound("dialogue"))
    cut = Timeline("x", rate, (64, 36), (source,), (talk,), music)
    (note,) = write_fcpxml(cut, tmp_path / "x.fcpxml")
    assert "ducking is not written" in note
    assert not write_fcpxml(replace(cut, items=(silent,)), tmp_path / "x.fcpxml")


@pytest.mark.parametrize("name", RATES)
def test_sound_that_leads_is_a_split_edit(name):
    rate = RATES[name]
    source = a_source("a", rate, timecode="01:00:00:00")
    clips = (
        a_clip("one", source, 100, 40, rate),
        a_clip("two", source, 300, 40, rate, sound=Sound("dialogue", 0.0, 7, 0)),
        a_clip("three", source, 500, 40, rate, transition=Transition("dissolve", 8)),
    )
    root = parsed(Timeline("x", rate, (64, 36), (source,), clips))
    two = root.findall(".//spine/asset-clip")[1]
    assert seconds(two, "start") - seconds(two, "audioStart") == rate.seconds(7)
    assert seconds(two, "audioDuration") == rate.seconds(47)
    assert two.get("audioRole") == "dialogue"
