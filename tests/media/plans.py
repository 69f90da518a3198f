"""Timelines made by code: sound plans of every rate, for whatever reads or writes plans."""

from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import strategies as st

from studio.types.timecode import FrameRate, Timecode
from studio.types.timeline import (
    Card,
    Clip,
    CropKey,
    Music,
    Reason,
    Role,
    Sound,
    Source,
    Timeline,
    Transition,
)

RATES = {
    "23.976": FrameRate(Fraction(24000, 1001)),
    "24": FrameRate(Fraction(24)),
    "25": FrameRate(Fraction(25)),
    "29.97": FrameRate(Fraction(30000, 1001)),
    "30": FrameRate(Fraction(30)),
    "50": FrameRate(Fraction(50)),
    "59.94": FrameRate(Fraction(60000, 1001)),
    "60": FrameRate(Fraction(60)),
}


def a_source(id: str, rate: FrameRate, frames: int = 1000, **changes) -> Source:
    """Footage of so many frames; nothing lies at its path."""
    known = {
        "path": f"/footage/{id}.mp4",
        "content_hash": "0" * 40,
        "duration": rate.seconds(frames),
        "display_wh": (1920, 1080),
        "timecode": "",
        "has_audio": True,
        "variable_rate": False,
    }
    return Source(id=id, rate=rate, frames=frames, **(known | changes))


def a_clip(id: str, source: Source, start_frame: int, frames: int, rate: FrameRate, **changes):
    """A clip of so many timeline frames that starts at a source frame."""
    end = start_frame + math.ceil(rate.seconds(frames) * source.rate.fps)
    known = {
        "start": source.rate.seconds(start_frame),
        "end": source.rate.seconds(end),
        "role": Role.BUILD,
        "reasons": (Reason("faces", 0.75, 1.0, "two faces, near"),),
    }
    return Clip(id, source.id, start_frame, end, frames=frames, **(known | changes))


@st.composite
def sources(draw, id: str):
    rate = draw(st.sampled_from(list(RATES.values())))
    frames = draw(st.integers(300, 2000))
    variable = draw(st.integers(0, 3)) == 0
    timecode = ""
    if draw(st.booleans()):
        drop = rate.is_ntsc and rate.nominal % 30 == 0 and draw(st.booleans())
        timecode = str(Timecode(draw(st.integers(0, 2_000_000)), rate, drop))
    duration = rate.seconds(frames)
    if variable:  # as containers round: to a millisecond, and not at a frame of any rate
        duration = Fraction(round(duration * 1000) + draw(st.integers(-20, 20)), 1000)
    return a_source(
        id,
        rate,
        frames,
        timecode=timecode,
        variable_rate=variable,
        duration=duration,
        display_wh=draw(st.sampled_from([(1920, 1080), (1080, 1920), (160, 90)])),
        has_audio=draw(st.booleans()),
    )


@st.composite
def _clips(draw, id: str, source: Source, rate: FrameRate, frames: int, head: int, tail: int):
    """A clip with room for its dissolves."""
    whole = source.frames
    if source.variable_rate:
        whole = math.floor(source.duration * source.rate.fps)
    first = math.ceil(rate.seconds(head) * source.rate.fps)
    last = math.floor(whole - rate.seconds(frames + tail) * source.rate.fps)
    at = draw(st.integers(first, last))
    clip = a_clip(id, source, at, frames, rate)
    if not source.variable_rate:
        return clip
    # Shown at some millisecond: at about that frame of the nominal rate, or before it.
    start = Fraction(math.ceil(source.rate.seconds(at) * 1000), 1000)
    if at > first:
        start -= Fraction(draw(st.integers(0, math.floor(800 / source.rate.fps))), 1000)
    end = min(start + rate.seconds(frames), source.duration)
    end_frame = min(clip.end_frame, source.frames)
    return Clip(**(vars(clip) | {"start": start, "end": end, "end_frame": end_frame}))


@st.composite
def timelines(draw, rate: FrameRate | None = None):
    """Plans that :func:`check_timeline` accepts."""
    rate = rate or draw(st.sampled_from(list(RATES.values())))
    footage = [draw(sources(f"s{n}")) for n in range(draw(st.integers(1, 3)))]
    count = draw(st.integers(1, 6))
    lengths = [draw(st.integers(30, 90)) for _ in range(count)]
    joins = [draw(_transitions(number)) for number in range(count)]
    items: list[Clip | Card] = []
    at, total = 0, sum(lengths)
    for number, (frames, join) in enumerate(zip(lengths, joins, strict=True)):
        following = joins[number + 1] if number + 1 < count else Transition()
        head = join.frames // 2 if join.kind == "dissolve" else 0
        tail = following.frames - following.frames // 2 if following.kind == "dissolve" else 0
        if draw(st.integers(0, 4)) == 0:
            card = Card(f"i{number}", draw(st.sampled_from(["Title", "제목\nTwo"])), frames)
            items.append(Card(**(vars(card) | {"transition": join})))
        else:
            source = draw(st.sampled_from(footage))
            clip = draw(_clips(f"i{number}", source, rate, frames, head, tail))
            sound = draw(_sounds(clip, source, rate, at, total))
            crop = (CropKey(0, 0.5, 0.5, 0.5, 1.0), CropKey(9, 0.75, 0.5, 0.5, 1.0))
            crop = crop[: draw(st.integers(0, 2))]
            items.append(Clip(**(vars(clip) | {"transition": join, "sound": sound, "crop": crop})))
        at += frames
    broll = [
        draw(_clips(f"b{n}", draw(st.sampled_from(footage)), rate, 40, 0, 0))
        for n in range(draw(st.integers(0, 2)))
    ]
    music = None
    if draw(st.booleans()):
        long = Fraction(draw(st.integers(1500, 90_000)), 1000)
        music = Music("/music/song.wav", "1" * 40, Fraction(1, 2), duration=long)
        if draw(st.integers(0, 2)) == 0:  # the sound of the footage itself
            music = Music(footage[0].path, footage[0].content_hash, Fraction(1, 2))
    return Timeline(
        "A cut", rate, (1280, 720), tuple(footage), tuple(items), music, broll=tuple(broll)
    )


def _transitions(number: int):
    kinds = ["cut", "cut", "dip"] + ["dissolve"] * 2 * (number > 0)
    return st.sampled_from(kinds).flatmap(
        lambda kind: (
            st.just(Transition())
            if kind == "cut"
            else st.builds(Transition, st.just(kind), st.integers(2, 24))
        )
    )


@st.composite
def _sounds(draw, clip: Clip, source: Source, rate: FrameRate, at: int, total: int):
    end = source.duration if source.variable_rate else source.rate.seconds(source.frames)
    start = clip.start if source.variable_rate else source.rate.seconds(clip.start_frame)
    lead = min(at, rate.frame_at(start), 12)
    lag = min(
        total - at - clip.frames,
        max(rate.frame_at(end - start - rate.seconds(clip.frames)) - 1, 0),
        12,
    )
    return Sound(
        draw(st.sampled_from(["dialogue", "ambience", "mute"])),
        draw(st.sampled_from([0.0, -6.5])),
        draw(st.integers(0, max(lead, 0))),
        draw(st.integers(0, max(lag, 0))),
    )
