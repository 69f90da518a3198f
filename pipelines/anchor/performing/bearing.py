"""Eyes, brows, head and breath of one line.

Figures are of people who speak: blinks at some 15 a minute, closing in 0.1 to 0.15 s and opening
more slowly, never two within 0.8 s, often where a sentence ends (Bentivoglio and others, 1997;
Nakano and Kitazawa, 2010); the head nods with stressed syllables (Hadar and others, 1983) and
brows rise just before them (Cavé and others, 1996); breath is drawn before a line and spent in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.performing.mouth import Floats, eased
from pipelines.anchor.performing.visemes import Sound

#: Between blinks on average, and at least.
_BLINK_S, _REFRACTORY_S = 4.2, 0.8
#: How long it takes to come to rest before a line's last frame.
SETTLE_S = 0.32
#: Breath left at the borders of lines.
_SPENT = 0.15


@dataclass(frozen=True)
class Ground:
    """Where a line's motion takes place, in seconds on its clock.

    Attributes:
        key: seed and id of the line: all chance is drawn from it.
        first_s, last_s: its own time; everything is neutral at both.
        speech_s: beginning and end of speech; None where nothing is said.
    """

    key: str
    first_s: float
    last_s: float
    speech_s: tuple[float, float] | None

    def chance(self, what: str) -> np.random.Generator:
        """Chance for one part of the motion, apart from all others."""
        digest = hashlib.sha256(f"{self.key}|{what}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "big"))

    def within(self, times_s: Floats, settle_s: float = SETTLE_S) -> Floats:
        """0 at both borders, 1 inside."""
        settle = min(settle_s, (self.last_s - self.first_s) / 3)
        if settle <= 0:
            return np.zeros_like(times_s)
        return np.minimum(
            eased((times_s - self.first_s) / settle), eased((self.last_s - times_s) / settle)
        )


@dataclass(frozen=True)
class Bearing:
    """Float64 curves, as in ``Performance``."""

    blink: NDArray[np.float64]
    brows: NDArray[np.float64]
    gaze: NDArray[np.float64]
    head_deg: NDArray[np.float64]
    breath: Floats


def accents(sounds: Sequence[Sound], stressed: Sequence[tuple[float, float]]) -> list[Accent]:
    """The syllables that head and brows go with: the longest stressed vowels, at least 0.7 s
    apart, and all in words that the script stresses.

    Args:
        sounds: of the line.
        stressed: start and end of the words that are stressed in the script, same clock.
    """
    found: list[Accent] = []
    for sound in sounds:
        jaw = sound.viseme.target[0]
        if not sound.stressed or sound.viseme.closed or jaw < 0.25:
            continue
        asked = any(a - 0.05 <= sound.start_s < b for a, b in stressed)
        weight = (sound.end_s - sound.start_s) * (0.5 + jaw) + (1.0 if asked else 0.0)
        found.append(Accent(sound.start_s, weight, asked))
    kept: list[Accent] = []
    for accent in sorted(found, key=lambda a: (-a.weight, a.at_s)):
        if all(abs(accent.at_s - other.at_s) >= 0.7 for other in kept):
            kept.append(accent)
    return sorted(kept, key=lambda a: a.at_s)


@dataclass(frozen=True)
class Accent:
    """A stressed syllable.

    Attributes:
        at_s: where its vowel begins.
        weight: how much it stands out.
        asked: whether the script stresses its word.
    """

    at_s: float
    weight: float
    asked: bool


def plan_bearing(
    ground: Ground,
    marks: Sequence[Accent],
    spans: Sequence[tuple[float, float]],
    times_s: Floats,
) -> Bearing:
    """How a line is borne. Pure.

    Args:
        ground: its time.
        marks: its stressed syllables.
        spans: its speech between rests.
        times_s: float64 ``(n,)``, middles of the frames.
    """
    lids = _blinks(ground, spans, times_s)
    brows = _brows(ground, marks, times_s)
    gaze = _gaze(ground, times_s)
    head = _head(ground, marks, spans, times_s)
    down = _glance(ground, times_s)
    # Eyes that look down at papers take the lids and the head along.
    gaze[:, 1] += 0.75 * down
    head[:, 1] += 3.5 * down
    lids = np.maximum(lids, 0.28 * down[:, None])
    return Bearing(
        np.clip(lids, 0, 1),
        np.clip(brows, -1, 1),
        np.clip(gaze, -1, 1),
        head,
        _breath(ground, spans, times_s),
    )


def _blinks(ground: Ground, spans: Sequence[tuple[float, float]], times_s: Floats) -> Floats:
    draw = ground.chance("blink")
    moments: list[float] = []
    start, stop = ground.speech_s or (ground.first_s, ground.last_s)
    ends = [end for _, end in spans]
    # A line that ends is a place to blink; so, at times, is a pause in it.
    wanted = [end + 0.02 for end in ends[:-1] if draw.random() < 0.5]
    if ends and draw.random() < 0.65:
        wanted.append(ends[-1] + 0.02)
    at = start + draw.exponential(_BLINK_S * 0.6)
    while at < stop:
        wanted.append(at)
        at += _REFRACTORY_S + draw.exponential(_BLINK_S - _REFRACTORY_S)
    idle = ground.chance("idle blink")
    for low, high in ((ground.first_s + 0.4, start - 0.5), (stop + 1.0, ground.last_s - 0.4)):
        at = low + idle.exponential(1.5)
        while at < high:
            wanted.append(at)
            at += _REFRACTORY_S + idle.exponential(_BLINK_S - _REFRACTORY_S)
    for moment in sorted(wanted):
        if not moments or moment - moments[-1] >= _REFRACTORY_S:
            moments.append(moment)
    shape = ground.chance("blink shape")
    made = np.zeros((len(times_s), 2))
    for moment in moments:
        closes, holds, opens = 0.10 + 0.04 * shape.random(), 0.03, 0.17 + 0.08 * shape.random()
        room = ground.last_s - moment - 0.02
        if moment < ground.first_s or room < closes + holds + 0.12:
            continue
        opens = min(opens, room - closes - holds)
        rising = eased((times_s - moment) / closes)
        falling = eased((moment + closes + holds + opens - times_s) / opens)
        made = np.maximum(made, np.minimum(rising, falling)[:, None])
    return made


def _bump(times_s: Floats, peak_s: float, rise_s: float, fall_s: float) -> Floats:
    return np.minimum(
        eased((times_s - peak_s + rise_s) / rise_s), eased((peak_s + fall_s - times_s) / fall_s)
    )


def _brows(ground: Ground, marks: Sequence[Accent], times_s: Floats) -> Floats:
    draw = ground.chance("brows")
    made = np.zeros((len(times_s), 2))
    for mark in marks:
        chosen, size, uneven = draw.random(), draw.random(), draw.normal()
        if not mark.asked and chosen > 0.45:
            continue
        high = 0.8 if mark.asked else 0.22 + 0.25 * size
        bump = high * _bump(times_s, mark.at_s + 0.02, 0.16, 0.42)
        both = np.stack([bump * (1 + 0.08 * uneven), bump * (1 - 0.08 * uneven)], axis=1)
        made = np.maximum(made, both)
    return made * ground.within(times_s)[:, None]


def _gaze(ground: Ground, times_s: Floats) -> Floats:
    """Mostly at the camera: the eyes leave it a little, for less than a second."""
    draw = ground.chance("gaze")
    made = np.zeros((len(times_s), 2))
    at = ground.first_s + 0.3 + draw.exponential(1.2)
    while at < ground.last_s - 0.6:
        holds = 0.25 + draw.exponential(0.35)
        away = draw.normal(size=2) * (0.07, 0.035)
        jump = 0.045  # of a small saccade
        made += (
            away
            * np.minimum(eased((times_s - at) / jump), eased((at + holds - times_s) / jump)).clip(
                0, 1
            )[:, None]
        )
        at += holds + 0.4 + draw.exponential(1.3)
    return np.clip(made, -0.2, 0.2) * ground.within(times_s, 0.2)[:, None]


def _glance(ground: Ground, times_s: Floats) -> Floats:
    """Down at the papers and up again, where a long silence follows a line."""
    if ground.speech_s is None:
        return np.zeros_like(times_s)
    end = ground.speech_s[1]
    if ground.last_s - end < 0.75 or ground.speech_s[1] - ground.speech_s[0] < 1.5:
        return np.zeros_like(times_s)
    if ground.chance("glance").random() > 0.7:
        return np.zeros_like(times_s)
    start = end + 0.06
    stop = min(ground.last_s - 0.1, start + 1.0)
    rise = min(0.24, (stop - start) / 2.5)
    return np.minimum(eased((times_s - start) / rise), eased((stop - times_s) / rise))


def _head(
    ground: Ground,
    marks: Sequence[Accent],
    spans: Sequence[tuple[float, float]],
    times_s: Floats,
) -> Floats:
    draw = ground.chance("head")
    made = np.zeros((len(times_s), 3))
    # A slow drift, of three waves that never fall together.
    for axis, size in enumerate((1.3, 0.55, 0.6)):
        for rate_hz in (0.13, 0.21, 0.37):
            phase = draw.uniform(0, 2 * np.pi)
            speed = rate_hz * draw.uniform(0.85, 1.15) * 2 * np.pi
            made[:, axis] += size * 0.55 * np.sin(speed * times_s + phase)
    # Each stretch of speech is told from a posture of its own.
    for start, end in spans:
        posture = draw.normal(size=3) * (1.7, 0.5, 0.9)
        rise, fall = min(0.5, (end - start) / 2), 0.5
        hold = np.minimum(
            eased((times_s - start + 0.1) / max(rise, 0.1)), eased((end + 0.3 - times_s) / fall)
        )
        made += np.clip(posture, -3, 3) * hold[:, None]
    for mark in marks:
        size, side = draw.uniform(0.7, 1.0), draw.normal()
        deep = 2.6 if mark.asked else 1.5
        nod = _bump(times_s, mark.at_s + 0.11, 0.19, 0.38)
        lift = _bump(times_s, mark.at_s - 0.12, 0.16, 0.22)
        made[:, 1] += size * deep * (nod - 0.35 * lift)
        made[:, 0] += 0.5 * side * nod
        made[:, 2] += 0.25 * side * nod
    limits = np.array([6.0, 4.5, 3.0])
    held: Floats = limits * np.tanh(made / limits) * ground.within(times_s)[:, None]
    return held


def _breath(ground: Ground, spans: Sequence[tuple[float, float]], times_s: Floats) -> Floats:
    """Drawn before speech, spent in it; with nothing to say, quiet waves of four seconds."""
    made = np.full_like(times_s, _SPENT)
    idle: list[tuple[float, float]] = []
    at = ground.first_s
    for number, (start, end) in enumerate(spans):
        room = start - (spans[number - 1][1] if number else ground.first_s)
        draws = min(0.45, room)
        if draws >= 0.12:
            full = _SPENT + (0.85 - _SPENT) * min(1.0, 0.35 + (end - start) / 6) * (draws / 0.45)
            rising = eased((times_s - start + draws) / draws)
            until = end + min(0.25, max(ground.last_s - end, 0.01))
            spent = 1 - np.clip((times_s - start) / max(until - start, 0.1), 0, 1)
            made = np.maximum(made, _SPENT + (full - _SPENT) * rising * eased(spent * 1.05))
        idle.append((at, start - draws))
        at = end + 0.25
    idle.append((at, ground.last_s))
    for low, high in idle:
        cycles = int((high - low) / 3.2)
        if cycles:
            share = np.clip((times_s - low) / (high - low), 0, 1)
            made = np.maximum(made, _SPENT + 0.22 * (1 - np.cos(2 * np.pi * cycles * share)))
    return np.clip(made, 0, 1)
