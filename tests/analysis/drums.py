"""Drum loops whose beats and bars are known to the sample."""

from __future__ import annotations

import numpy as np

RATE_HZ = 44_100
_CHORDS = (
    (220.0, 277.2, 329.6),
    (174.6, 220.0, 261.6),
    (261.6, 329.6, 392.0),
    (196.0, 246.9, 293.7),
)


def drum_loop(
    bpm: float,
    beats_a_bar: int = 4,
    *,
    seconds: float = 30.0,
    start_s: float = 0.37,
    swing: float = 0.0,
    drift: float = 0.0,
    noise: float = 0.002,
    chords: bool = True,
    quiet: tuple[float, float] = (0.0, 0.0),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kick, snare and hat, and a chord that changes with each bar.

    In four, the kick is on one and (weaker) three, the snare on two and four; in three, the
    kick is on one.

    Args:
        bpm: beats a minute.
        beats_a_bar: 3 or 4.
        seconds: length.
        start_s: of the first beat.
        swing: how far the off-beat hat comes late, in beats.
        drift: how far the tempo sways, as a share.
        noise: standard deviation of the hiss.
        chords: whether there is harmony.
        quiet: span of seconds in which the drums rest.

    Returns:
        float32 ``(n,)`` at :data:`RATE_HZ`, times of the beats, times of the downbeats.
    """
    random = np.random.default_rng(0)
    sound = np.zeros(int(seconds * RATE_HZ))

    def add(at_s: float, wave: np.ndarray) -> None:
        at = round(at_s * RATE_HZ)
        count = min(len(wave), len(sound) - at)
        if count > 0:
            sound[at : at + count] += wave[:count]

    t = np.arange(RATE_HZ // 4) / RATE_HZ
    kick = 0.8 * np.sin(2 * np.pi * (50 * t + 2.1 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.09)
    snare = random.normal(0, 0.35, len(t)) * np.exp(-t / 0.05)
    snare += 0.3 * np.sin(2 * np.pi * 185 * t) * np.exp(-t / 0.06)
    hat = np.diff(random.normal(0, 0.15, len(t) + 1)) * np.exp(-t / 0.012)
    beats, downbeats = [], []
    now, number = start_s, 0
    while now < seconds - 0.05:
        period = 60 / bpm * (1 + drift * np.sin(number / 9))
        place = number % beats_a_bar
        beats.append(now)
        if place == 0:
            downbeats.append(now)
        if not quiet[0] <= now < quiet[1]:
            if place in (0, 2) and beats_a_bar == 4:
                add(now, kick * (1.0 if place == 0 else 0.8))
            elif place == 0:
                add(now, kick)
            else:
                add(now, snare * (1.0 if beats_a_bar == 4 else 0.6))
            add(now, hat)
            add(now + period * (0.5 + swing), 0.7 * hat)
        if chords and place == 0:
            held = np.arange(int(period * beats_a_bar * RATE_HZ)) / RATE_HZ
            edge = np.minimum(1, np.minimum(held, held[-1] - held) / 0.02)
            chord = _CHORDS[number // beats_a_bar % 4]
            tones = sum(np.sin(2 * np.pi * f * held) for f in chord)
            add(now, edge * (0.05 * tones + 0.12 * np.sin(np.pi * chord[0] * held)))
        now += period
        number += 1
    sound += random.normal(0, noise, len(sound))
    return 0.5 * sound.astype(np.float32), np.array(beats), np.array(downbeats)


def within(found: np.ndarray, true: np.ndarray, tolerance_s: float) -> tuple[float, float]:
    """Precision and recall of times."""
    if not len(found) or not len(true):
        return 0.0, 0.0
    distance = np.abs(np.subtract.outer(found, true))
    hit = distance.min(axis=1) <= tolerance_s, distance.min(axis=0) <= tolerance_s
    return float(hit[0].mean()), float(hit[1].mean())
