"""What is heard of every clip: dialogue with its J- and L-cuts, ambience, or nothing.

A line is dialogue only as a whole. Where the picture is shorter than the line, its sound starts
under the picture before or lasts under the one after, and always ends in a gap between words;
two lines never sound at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from pipelines.trailer.dialogue import (
    LEAST_STRENGTH,
    LONGEST_LAG_S,
    LONGEST_LEAD_S,
    Line,
)
from pipelines.trailer.music_fit import BED_MUSICALITY
from pipelines.trailer.stretches import WORD_GUARD_S
from pipelines.trailer.tape import Tape
from studio.types.timeline import Sound

_DIALOGUE_LUFS, _AMBIENCE_LUFS, _UNDER_MUSIC_LUFS = -18.0, -24.0, -34.0
_HALF_LINE_DB = -10.0
_GAIN_RANGE_DB = (-24.0, 12.0)
_SILENT_LUFS = -50.0
#: Room tone that runs on beyond the picture on both sides of a line, where nobody speaks.
_ROOM_TONE_S = 0.24


@dataclass(frozen=True)
class Placed:
    """A clip as the sound sees it.

    Attributes:
        tape: its footage.
        start_s, end_s: on the source clock.
        at, frames: on the timeline.
    """

    tape: Tape
    start_s: float
    end_s: float
    at: int
    frames: int


@dataclass(frozen=True)
class _Talk:
    """A clip's wish to be heard: frames of sound before and after its picture."""

    clip: int
    lead: int
    lag: int
    strength: float
    start_s: float
    end_s: float


def plan_sounds(
    clips: list[Placed], total: int, fps: float, *, music: bool, mute: bool
) -> list[Sound]:
    """The sound of each clip.

    Args:
        clips: in order.
        total: timeline frames of the whole.
        fps: of the timeline.
        music: whether music lies under the cut.
        mute: whether no clip is heard at all: the music is the footage's own sound.
    """
    if mute:
        return [Sound("mute") for _ in clips]
    talks = [talk for i, clip in enumerate(clips) if (talk := _talk(i, clip, total, fps))]
    taken: dict[int, tuple[int, int]] = {}
    kept: dict[int, _Talk] = {}
    for talk in sorted(talks, key=lambda t: (-t.strength, t.clip)):
        clip = clips[talk.clip]
        span = (clip.at - talk.lead, clip.at + clip.frames + talk.lag)
        if all(span[1] <= a or b <= span[0] for a, b in taken.values()):
            taken[talk.clip], kept[talk.clip] = span, talk
    sounds = []
    for i, clip in enumerate(clips):
        if i in kept:
            talk = _with_room_tone(kept[i], clip, taken, total, fps)
            taken[i] = (clip.at - talk.lead, clip.at + clip.frames + talk.lag)
            gain = _gain_db(clip.tape, talk.start_s, talk.end_s, _DIALOGUE_LUFS)
            sounds.append(Sound("dialogue", gain, talk.lead, talk.lag))
        else:
            covered = any(a < clip.at + clip.frames and clip.at < b for a, b in taken.values())
            sounds.append(_background(clip, music=music, covered=covered))
    return sounds


def _heard(clip: Placed) -> list[Line]:
    return list(clip.tape.lines_between(clip.start_s, clip.end_s))


def _talk(number: int, clip: Placed, total: int, fps: float) -> _Talk | None:
    """The sound a clip needs so that every line it touches is heard whole, or None."""
    lines = _heard(clip)
    if not lines or not clip.tape.source.has_audio:
        return None
    strength = max(line.strength for line in lines)
    start_s, end_s = min(x.start_s for x in lines), max(x.end_s for x in lines)
    lead = _reach(clip.tape, clip.start_s, start_s - clip.start_s, -1, LONGEST_LEAD_S, fps)
    lag = _reach(clip.tape, clip.end_s, clip.end_s - end_s, 1, LONGEST_LAG_S, fps)
    if strength < LEAST_STRENGTH or lead is None or lag is None:
        return None
    if lead > clip.at or clip.at + clip.frames + lag > total:
        return None
    mostly = sum(min(x.end_s, clip.end_s) - max(x.start_s, clip.start_s) for x in lines)
    if mostly < 0.5 * (end_s - start_s):
        return None
    return _Talk(number, lead, lag, strength, start_s, end_s)


def _reach(
    tape: Tape, edge_s: float, inside_s: float, way: int, longest_s: float, fps: float
) -> int | None:
    """Frames that sound must run past a picture's edge so as to end in a gap between words.

    Args:
        tape: the footage.
        edge_s: the picture's edge on the source clock.
        inside_s: how far inside the picture the speech ends; negative where it runs past it.
        way: -1 at the start of the picture, 1 at its end.
        longest_s: None is returned where this is not enough.
        fps: of the timeline.
    """
    if inside_s >= 0:
        return 0
    first = ceil(-inside_s * fps - 1e-6)
    last = int((longest_s + 1e-6) * fps)
    best, best_room = None, -1e-6
    for frames in range(first, min(last, first + ceil(4 * WORD_GUARD_S * fps)) + 1):
        room = room_at(tape, edge_s + way * frames / fps)
        if room >= WORD_GUARD_S:
            return frames
        if room > best_room:
            best, best_room = frames, room
    return best


def room_at(tape: Tape, seconds: float) -> float:
    """Seconds from a time to the nearest word; negative inside one and past the footage's ends."""
    if seconds < 0 or seconds > float(tape.source.duration) + 1e-6:
        return -1.0
    return float(tape.words.room(np.array([seconds]))[0])


def _with_room_tone(
    talk: _Talk, clip: Placed, taken: dict[int, tuple[int, int]], total: int, fps: float
) -> _Talk:
    """The talk with a little of its room on both sides, where it is free of words and of others."""
    others = [span for number, span in taken.items() if number != talk.clip]
    start, end = clip.at - talk.lead, clip.at + clip.frames + talk.lag
    free_before = start - max((b for _, b in others if b <= start), default=0)
    free_after = min((a for a, _ in others if a >= end), default=total) - end
    most = round(_ROOM_TONE_S * fps)
    lead, lag = talk.lead, talk.lag
    while lead - talk.lead < min(most, free_before) and _is_quiet(
        clip.tape, clip.start_s - (lead + 1) / fps
    ):
        lead += 1
    while lag - talk.lag < min(most, free_after) and _is_quiet(
        clip.tape, clip.end_s + (lag + 1) / fps
    ):
        lag += 1
    return replace(talk, lead=lead, lag=lag)


def _is_quiet(tape: Tape, seconds: float) -> bool:
    return room_at(tape, seconds) >= WORD_GUARD_S


def _background(clip: Placed, *, music: bool, covered: bool) -> Sound:
    """A clip that is not dialogue. Half a line is worse than none: under music, or where
    a word would be cut, it is not heard; otherwise it is kept low, and lowest under somebody
    else's line, for silence would be a hole. Music of the footage's own never sounds under other
    music."""
    if not clip.tape.source.has_audio:
        return Sound("mute")
    speaks = bool(_heard(clip))
    broken = speaks and min(room_at(clip.tape, s) for s in (clip.start_s, clip.end_s)) < -1e-6
    facts = clip.tape.analysis.sound
    sings = facts is not None and facts.musicality >= BED_MUSICALITY
    if (speaks and (music or broken)) or (sings and music):
        return Sound("mute")
    target = _UNDER_MUSIC_LUFS if music or (speaks and covered) else _AMBIENCE_LUFS
    if speaks and not covered:
        target += _HALF_LINE_DB
    return Sound("ambience", _gain_db(clip.tape, clip.start_s, clip.end_s, target))


def _gain_db(tape: Tape, start_s: float, end_s: float, target_lufs: float) -> float:
    """What brings a span of the footage's sound to a loudness; noise is never raised."""
    sound = tape.analysis.sound
    if sound is None or not len(sound.times_s):
        return 0.0
    first, last = np.searchsorted(sound.times_s, [start_s, end_s])
    loud = sound.loudness_lufs[first : max(first + 1, last)].astype(np.float64)
    level = 10 * float(np.log10(np.mean(10 ** (np.maximum(loud, -90) / 10)))) if len(loud) else -90
    gain = target_lufs - level
    if level < _SILENT_LUFS:
        gain = min(gain, 0.0)
    return round(float(np.clip(gain, *_GAIN_RANGE_DB)), 1)
