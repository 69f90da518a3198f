"""From a voice's times to the motion of who speaks: each line on its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

import numpy as np

from pipelines.anchor.performing.bearing import Ground, accents, plan_bearing
from pipelines.anchor.performing.mouth import plan_mouth, stretches
from pipelines.anchor.performing.visemes import sounds_of
from studio.types.performance import Performance
from studio.types.script import Script
from studio.types.spoken import VoicedLine, VoiceTrack

#: How long before a line its motion may begin, and its share of the silence before it.
_LEAD_S, _LEAD_SHARE = Fraction(2, 5), Fraction(3, 5)
#: A line's place within its frame is told in so many steps: where it moves by whole frames, the
#: sound's samples fall by less than one of them otherwise, and its rows are the same.
_STEPS = 20

Spans = Mapping[str, Sequence[tuple[Fraction, Fraction]]]


def plan_performance(
    track: VoiceTrack,
    rate: Fraction,
    *,
    frames: int | None = None,
    seed: int = 0,
    stressed: Spans | None = None,
) -> Performance:
    """How a presenter moves while the track is heard. Pure.

    A line's motion is told on a clock of its own, which begins with its first word, and depends
    on nothing but the line, where in a frame it begins, the seed, and how much silence there is
    about it: where other lines change, it is the same, row by row, and where they change in
    length by whole frames (as ``speak_script`` lets them), it is only moved. At the borders
    between lines everything is neutral. A row tells of the middle of its frame.

    Args:
        track: what is said and when; every line with words has its phonemes (see
            :func:`~pipelines.anchor.performing.listening.with_phonemes`).
        rate: frames a second.
        frames: how many; None for as many as the track lasts.
        seed: other seeds give other motion, but the same mouth.
        stressed: by the id of a line, start and end of words that the script stresses; see
            :func:`stressed_words`.

    Raises:
        ValueError: a line has words and no phonemes.
    """
    count = ceil(track.duration * rate) if frames is None else frames
    made = Performance.still(rate, count)
    lines = [line for line in track.lines if line.words or line.phonemes]
    borders = _borders(lines, rate, count)
    for number, line in enumerate(lines):
        if not line.phonemes:
            raise ValueError(f"line {line.id} has words and no phonemes")
        first, last = borders[number], borders[number + 1]
        mine = _line(line, rate, first, last, seed, (stressed or {}).get(line.id, ()))
        for name, values in mine.items():
            getattr(made, name)[first:last] = values
    return made


def _borders(lines: Sequence[VoicedLine], rate: Fraction, count: int) -> list[int]:
    """First frame of each line's own time, and the end of the last's."""
    made = [0]
    for before, line in pairwise(lines):
        made.append(max(border_frame(before.end, line.start, rate), made[-1]))
    return [min(border, count) for border in (*made, count)]


def border_frame(end: Fraction, start: Fraction, rate: Fraction) -> int:
    """Frame in the silence between two lines from which on it is the second one's.

    Whole frames are counted: a line's sound begins with a frame, its first word a little later,
    and that little may not move the border of the line before it.

    Args:
        end: of the first line, seconds.
        start: of the second.
        rate: frames a second.
    """
    first = floor(start * rate + Fraction(1, 10))  # samples fall beside frames by less
    gap = max(first - ceil(end * rate), 0)
    return first - round(min(_LEAD_S * rate, gap * _LEAD_SHARE))


def _line(
    line: VoicedLine,
    rate: Fraction,
    first: int,
    last: int,
    seed: int,
    stressed: Sequence[tuple[Fraction, Fraction]],
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    frame_s = float(1 / rate)
    origin = round(line.start * rate)
    within = Fraction(round((origin - line.start * rate) * _STEPS), _STEPS)
    times_s = (np.arange(first, last, dtype=np.float64) - origin + 0.5 + float(within)) * frame_s
    sounds = sounds_of(line.phonemes, line.start)
    louder = [(float(a - line.start), float(b - line.start)) for a, b in stressed]
    first_s, last_s = (float(at - origin + within) * frame_s for at in (first, last))
    spans = stretches(sounds)
    speech = (spans[0][0], spans[-1][1]) if spans else None
    ground = Ground(f"{seed}|{line.id}", first_s, last_s, speech)
    bearing = plan_bearing(ground, accents(sounds, louder), spans, times_s)
    if speech is None:
        mouth = plan_mouth((), times_s, frame_s, 0.0, 0.0)
    else:
        mouth = plan_mouth(sounds, times_s, frame_s, speech[0] - first_s, last_s - speech[1])
    return {
        name: np.asarray(values, np.float32)
        for name, values in {**vars(mouth), **vars(bearing)}.items()
    }


def stressed_words(script: Script, track: VoiceTrack) -> dict[str, list[tuple[Fraction, Fraction]]]:
    """When the words are said that a script stresses, by the id of the line. Pure."""
    lines = {line.id: line for line in script.lines()}
    found: dict[str, list[tuple[Fraction, Fraction]]] = {}
    for voiced in track.lines:
        line = lines.get(voiced.id)
        if line is None or not line.emphasis:
            continue
        at = 0
        for word in voiced.words:
            start = line.text.find(word.text, at)
            if start < 0:
                continue
            at = start + len(word.text)
            if any(start < end and at > begin for begin, end in line.emphasis):
                found.setdefault(voiced.id, []).append((word.start, word.end))
    return found
