"""The sound of a timeline: clips laid over each other without clicks, and music ducked under them.

Everything is float32 stereo at 48 kHz, the whole cut in memory (23 MB a minute). A clip's sound
covers its picture, lead and lag. Where two clips meet, both run 8 ms past the cut and cross at
equal power; a dissolve crosses over its whole length, and so do two ambiences under a J- or
L-cut. Dialogue is never faded slowly: a word would lose its first sound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from studio.media.encoder import SOUND_RATE_HZ
from studio.media.loudness import from_db
from studio.media.picture_plan import Join
from studio.types.timecode import FrameRate
from studio.types.timeline import Card, Clip, Music, Timeline

Samples = NDArray[np.float32]

_CROSS_S = 0.016  # of a hard cut: long enough for no click, too short to be heard as a fade
_TO_NOTHING_S = 0.08  # of ambience that stops at a card or a muted clip
_ATTACK_S, _RELEASE_S = 0.2, 0.25  # the music is down when the first word falls
_KEEP_DOWN_S = 0.8  # pauses shorter than this do not let the music up
_LOOP_CROSS_S = 0.5


@dataclass(frozen=True)
class Heard:
    """A stretch of a source's sound.

    Attributes:
        samples: float32 ``(2, n)`` at 48 kHz.
        offset: sample of the stretch that was asked for at which these begin; what the source
            does not have before and after is missing here.
    """

    samples: Samples
    offset: int


#: Reads sound: a source's id (or :data:`MUSIC`), and seconds on its clock. None: it has none.
Listen = Callable[[str, Fraction, Fraction], Heard | None]
MUSIC = "\0music"


@dataclass(frozen=True)
class Mix:
    """A mixed cut.

    Attributes:
        samples: float32 ``(2, n)`` at 48 kHz, exactly as long as the picture; not yet mastered.
        notes: what a user should know.
    """

    samples: Samples
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Span:
    """Where a clip sounds, in samples of the timeline, fades included."""

    clip: Clip
    at: int  # of the clip's picture
    first: int
    last: int
    fade_in: int
    fade_out: int


def mix_sound(timeline: Timeline, joins: Sequence[Join], listen: Listen) -> Mix:
    """Mix clips and music.

    Args:
        timeline: the cut.
        joins: how each item begins, as the picture has it.
        listen: reads sound.
    """
    total = sample_at(timeline.rate, timeline.frames)
    mixed = np.zeros((2, total), np.float32)
    notes = []
    silent = []
    for span in _spans(timeline, joins):
        start = span.clip.start + Fraction(span.first - span.at, SOUND_RATE_HZ)
        heard = listen(
            span.clip.source, start, start + Fraction(span.last - span.first, SOUND_RATE_HZ)
        )
        if heard is None or heard.samples.shape[1] == 0:
            silent.append(span.clip.id)
            continue
        _lay(mixed, span, heard)
    if silent:
        notes.append(f"No sound of their own: {', '.join(silent)}.")
    if timeline.music is not None:
        under = _music(timeline.music, total, listen, notes)
        under *= _ducking(timeline, total)
        mixed += under
    return Mix(mixed, tuple(notes))


def sample_at(rate: FrameRate, frame: int) -> int:
    """The sample at which a timeline frame begins."""
    return round(rate.seconds(frame) * SOUND_RATE_HZ)


def _spans(timeline: Timeline, joins: Sequence[Join]) -> list[_Span]:
    rate, total = timeline.rate, sample_at(timeline.rate, timeline.frames)
    cross = round(_CROSS_S * SOUND_RATE_HZ)
    items = list(timeline.placed())
    spans = []
    for number, (at, item) in enumerate(items):
        if isinstance(item, Card) or item.sound.kind == "mute":
            continue
        before = items[number - 1][1] if number else None
        after = items[number + 1][1] if number + 1 < len(items) else None
        into, out = joins[number], joins[number + 1] if after is not None else None
        end = at + item.frames
        head, tail = item.sound.lead_frames, item.sound.lag_frames
        fades = []
        for neighbour, join, own, theirs in (
            (before, into, head, _lag(before)),
            (after, out, tail, _lead(after)),
        ):
            fades.append(_fade(timeline, item, neighbour, join, own, theirs, cross))
        first, last = sample_at(rate, at - head), sample_at(rate, end + tail)
        if _sounds(before):
            first -= cross // 2
        if _sounds(after):
            last += cross // 2
        if into.kind == "dissolve":
            first = min(first, sample_at(rate, into.start))
        if out is not None and out.kind == "dissolve":
            last = max(last, sample_at(rate, out.end))
        first, last = max(first, 0), min(last, total)
        if first < last:
            spans.append(_Span(item, sample_at(rate, at), first, last, fades[0], fades[1]))
    return spans


def _sounds(item: Clip | Card | None) -> bool:
    return isinstance(item, Clip) and item.sound.kind != "mute"


def _lead(item: Clip | Card | None) -> int:
    return item.sound.lead_frames if isinstance(item, Clip) and _sounds(item) else 0


def _lag(item: Clip | Card | None) -> int:
    return item.sound.lag_frames if isinstance(item, Clip) and _sounds(item) else 0


def _fade(
    timeline: Timeline,
    item: Clip,
    neighbour: Clip | Card | None,
    join: Join | None,
    own_frames: int,
    their_frames: int,
    cross: int,
) -> int:
    """Samples of the fade at one end of a clip's sound.

    ``own_frames`` is how far it reaches past its picture there, ``their_frames`` how far the
    neighbour's reaches into it.
    """
    spoken = item.sound.kind == "dialogue"
    if spoken and own_frames:
        return cross
    if join is not None and join.kind == "dissolve":
        return max(cross, sample_at(timeline.rate, join.frames))
    if join is not None and join.kind == "dip":
        return max(cross, sample_at(timeline.rate, join.frames // 2))
    if spoken:
        return cross
    if not _sounds(neighbour) and neighbour is not None:
        return round(_TO_NOTHING_S * SOUND_RATE_HZ)
    return cross + sample_at(timeline.rate, own_frames + their_frames)


def _lay(mixed: Samples, span: _Span, heard: Heard) -> None:
    first = max(span.first, span.first + heard.offset)
    samples = heard.samples[:, max(0, -heard.offset) :]
    samples = samples[:, : span.last - first] * np.float32(from_db(span.clip.sound.gain_db))
    fade_edges(samples, span.fade_in, span.fade_out)
    mixed[:, first : first + samples.shape[1]] += samples


def fade_edges(samples: Samples, fade_in: int, fade_out: int) -> None:
    """Fade both ends in place at equal power; fades that do not fit are shortened together."""
    length = samples.shape[1]
    if fade_in + fade_out > length:
        share = length / (fade_in + fade_out)
        fade_in, fade_out = int(fade_in * share), int(fade_out * share)
    if fade_in:
        samples[:, :fade_in] *= _rise(fade_in)
    if fade_out:
        samples[:, -fade_out:] *= _rise(fade_out)[::-1]


def _rise(count: int) -> Samples:
    return np.sin(np.pi / 2 * (np.arange(count) + 0.5) / count).astype(np.float32)


def _music(music: Music, total: int, listen: Listen, notes: list[str]) -> Samples:
    """The music as long as the cut, faded but not ducked."""
    laid = np.zeros((2, total), np.float32)
    heard = listen(MUSIC, music.start, music.start + Fraction(total, SOUND_RATE_HZ))
    if heard is None or heard.samples.shape[1] <= max(0, -heard.offset):
        notes.append("The music has no sound at the place it should start from; it is left out.")
        return laid
    once = heard.samples[:, max(0, -heard.offset) :]
    at = max(0, heard.offset)
    if at + once.shape[1] < total:
        count = once.shape[1]
        cross = min(round(_LOOP_CROSS_S * SOUND_RATE_HZ), count // 4)
        notes.append(
            f"The music lasts {count / SOUND_RATE_HZ:.1f} s from where it starts and the cut "
            f"{total / SOUND_RATE_HZ:.1f} s: it is played again, cross-faded."
        )
        while at < total:
            again = once[:, : total - at].copy()
            fade_edges(again, cross if at else 0, cross if again.shape[1] == count else 0)
            laid[:, at : at + again.shape[1]] += again
            at += max(count - cross, 1)
    else:
        laid[:, at:] = once[:, : total - at]
    laid *= np.float32(from_db(music.gain_db))
    fade_edges(
        laid, round(music.fade_in_s * SOUND_RATE_HZ), round(music.fade_out_s * SOUND_RATE_HZ)
    )
    return laid


def _ducking(timeline: Timeline, total: int) -> Samples:
    """The music's gain under dialogue, ``(n,)``: ramps are straight in decibels at their middle."""
    assert timeline.music is not None
    rate = timeline.rate
    spoken: list[tuple[int, int]] = []
    for at, item in timeline.placed():
        if not isinstance(item, Clip) or item.sound.kind != "dialogue":
            continue
        start = sample_at(rate, at - item.sound.lead_frames)
        end = sample_at(rate, at + item.frames + item.sound.lag_frames)
        if spoken and start - spoken[-1][1] < _KEEP_DOWN_S * SOUND_RATE_HZ:
            spoken[-1] = (spoken[-1][0], max(end, spoken[-1][1]))
        else:
            spoken.append((start, end))
    depth = np.zeros(total, np.float32)
    attack, release = round(_ATTACK_S * SOUND_RATE_HZ), round(_RELEASE_S * SOUND_RATE_HZ)
    for start, end in spoken:
        places = [start - attack, start, end, end + release]
        first, last = max(places[0], 0), min(places[3], total)
        if first >= last:
            continue
        line = np.interp(np.arange(first, last), places, [0, 1, 1, 0])
        smooth = 0.5 - 0.5 * np.cos(np.pi * line)
        depth[first:last] = np.maximum(depth[first:last], smooth.astype(np.float32))
    gain: Samples = np.power(10.0, depth * timeline.music.duck_db / 20).astype(np.float32)
    return gain
