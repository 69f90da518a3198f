"""The mouth of one line: targets blended by dominance, then the closures that speech must show.

The blend is that of Cohen and Massaro (1993): each sound's dominance falls off exponentially
before and after its peak, and a value is the mean of all targets, weighted by dominance. A mean
never quite closes a mouth, so closures are laid over it, at the time of their sounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.performing.visemes import CHANNELS, Sound

Floats = NDArray[np.float64]

#: A stretch without sounds is a rest from this length on: shorter ones are the spaces between
#: words, in which a mouth does not come to rest.
REST_S = 0.16
#: How long before a sound after a rest the mouth begins to open, and when it is closed after.
OPENS_S, SHUTS_S = 0.10, 0.12
#: What a mouth takes to open at the least, where a line may not begin earlier.
_LEAST_S = 0.04
#: How long lips take to meet and to part again, and its share of a short sound's time.
_MEET_S, _MEET_SHARE = 0.042, 0.7
#: Dominance of what opens the mouth peaks so long before the middle of its sound, or half its
#: length where that is less: a mouth is shaped before it is heard (anticipatory coarticulation; an
#: offset of this kind is part of Cohen and Massaro's model). A voice is loudest soon after a vowel
#: begins: without it the curve came 3 to 20 ms after the envelope of Piper and eSpeak, in English
#: and Korean, with it -4 to 12 (``tests/anchor/test_performing.py``). Closures keep their times.
_AHEAD_S = 0.03
#: Sounds as short as the first leave no room for lips to stay together longer; the second does.
_ROOM_S = (0.05, 0.07)
#: A vowel's jaw, to a stressed one's.
_UNSTRESSED = 0.82


@dataclass(frozen=True)
class Mouth:
    """Curves of a mouth: float64 ``(n,)`` each, as in ``Performance``."""

    jaw: Floats
    press: Floats
    spread: Floats
    tongue: Floats
    teeth: Floats


def eased(x: Floats) -> Floats:
    """0 below 0, 1 above 1, smooth between."""
    held = np.clip(x, 0, 1)
    made: Floats = held * held * (3 - 2 * held)
    return made


def stretches(sounds: Sequence[Sound]) -> list[tuple[float, float]]:
    """Start and end of speech without a rest, in seconds."""
    found: list[tuple[float, float]] = []
    for sound in sounds:
        if found and sound.start_s - found[-1][1] < REST_S:
            found[-1] = (found[-1][0], max(sound.end_s, found[-1][1]))
        else:
            found.append((sound.start_s, sound.end_s))
    return found


def plan_mouth(
    sounds: Sequence[Sound], times_s: Floats, frame_s: float, before_s: float, after_s: float
) -> Mouth:
    """A line's mouth. Pure.

    Args:
        sounds: of the line, on its clock.
        times_s: float64 ``(n,)``, middles of the frames, on the same clock.
        frame_s: length of a frame.
        before_s, after_s: how long before its first sound and after its last one the line may
            move.
    """
    speaking = _speaking(stretches(sounds), times_s, before_s, after_s)
    blended = _blended(sounds, times_s)
    jaw, spread, tongue = (blended[name] for name in CHANNELS)
    press = np.zeros_like(times_s)
    on_teeth = np.zeros_like(times_s)
    for number, sound in enumerate(sounds):
        about = [*sounds[max(number - 1, 0) : number], *sounds[number + 1 : number + 2]]
        room_s = min((s.end_s - s.start_s for s in about), default=_ROOM_S[1])
        if sound.viseme.closed:
            press = np.maximum(press, _contact(sound, times_s, frame_s, room_s))
        elif sound.viseme.lip_on_teeth:
            on_teeth = np.maximum(on_teeth, _contact(sound, times_s, frame_s, room_s))
    jaw = jaw * (1 - on_teeth) + np.minimum(jaw, 0.14) * on_teeth
    # The jaw itself rises for a closure, though not all the way.
    jaw = jaw * (1 - 0.85 * press)
    # A last p is as firm as any: what the jaw does at the borders of speech does not loosen it.
    touching = eased(2 * speaking)
    return Mouth(
        np.clip(jaw * speaking, 0, 1),
        np.clip(press * touching, 0, 1),
        np.clip(spread * speaking, -1, 1),
        np.clip(tongue * speaking, 0, 1),
        np.clip(on_teeth * touching, 0, 1),
    )


def _blended(sounds: Sequence[Sound], times_s: Floats) -> dict[str, Floats]:
    """Mean of the targets, weighted by dominance."""
    count = len(CHANNELS)
    top = np.zeros((count, len(times_s)))
    low = np.full((count, len(times_s)), 1e-9)
    held = False  # nothing opens ahead of its time where lips are held by the sound before
    for sound in sounds:
        middle, half = (sound.start_s + sound.end_s) / 2, (sound.end_s - sound.start_s) / 2
        if not (held or sound.viseme.closed or sound.viseme.lip_on_teeth):
            middle -= min(_AHEAD_S, half / 2)
        held = sound.viseme.closed or sound.viseme.lip_on_teeth
        # A cusp of 10 ms is rounded off; the fall is slower in longer sounds.
        away = np.sqrt((times_s - middle) ** 2 + 0.01**2) - 0.01
        fall = np.exp(-away / (0.022 + 0.55 * half))
        target = list(sound.viseme.target)
        if not sound.stressed and not sound.viseme.closed and target[0] > 0.35:
            target[0] *= _UNSTRESSED
        for row in range(count):
            weight = sound.viseme.strength[row] * fall
            top[row] += weight * target[row]
            low[row] += weight
    return dict(zip(CHANNELS, top / low, strict=True))


def _contact(sound: Sound, times_s: Floats, frame_s: float, room_s: float) -> Floats:
    """1 while lips (or lip and teeth) touch, for at least one frame, easing in and out; for up to
    two, so that it is seen, where the sounds about it are long enough."""
    # A stop is released at its end, so the contact stands in the first part of its time.
    frames = 1.02 + 0.8 * float(np.clip(np.interp(room_s, _ROOM_S, (0.0, 1.0)), 0, 1))
    long = max(0.75 * (sound.end_s - sound.start_s), frames * frame_s)
    start = sound.start_s + min(0.0, (sound.end_s - sound.start_s - long) / 2)
    end = start + long
    meet_s = min(_MEET_S, _MEET_SHARE * (sound.end_s - sound.start_s))
    return eased(1 - np.maximum(start - times_s, times_s - end) / meet_s)


def _speaking(
    spans: Sequence[tuple[float, float]], times_s: Floats, before_s: float, after_s: float
) -> Floats:
    """0 in rests, 1 in speech: what everything about the mouth is multiplied by."""
    gate = np.zeros_like(times_s)
    for number, (start, end) in enumerate(spans):
        opens = min(OPENS_S, before_s) if number == 0 else OPENS_S
        shuts = min(SHUTS_S, after_s) if number == len(spans) - 1 else SHUTS_S
        # Open before the first sound: lips that meet on it, or a vowel, are in place in time.
        rising = eased((times_s - (start - opens)) / max(opens, _LEAST_S))
        falling = eased(((end + shuts) - times_s) / (shuts + 0.05))
        gate = np.maximum(gate, np.minimum(rising, falling))
    return gate
