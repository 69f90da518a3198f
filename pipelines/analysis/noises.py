"""Single noises that stand out: bangs and alarms, by plain measures of short blocks of sound.

A bang rises within 16 ms far above what was heard in the second before, over the whole
spectrum, and is gone soon. How far is told from the sound's own rises: the robust z-score of
Iglewicz and Hoaglin (1993), the way above the median over 1.4826 times the median absolute
deviation, so a drum among drums is none. An alarm is one clear tone, or two in turn, that stays
or comes back regularly for two seconds and more. Rules of thumb, tried on made sounds and on
the speech, music and silence at hand (see the README); a whistled note held for seconds passes
for an alarm, a door for a bang.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.analysis.options import Options
from pipelines.analysis.scribe import exact
from studio.errors import RequestError
from studio.types.media import MediaInfo
from studio.types.sound_event import SoundEvent

_VERSION = 1
_RATE_HZ = 16_000
_CHUNK_S = 10.0
#: Blocks of the level, and of the spectrum.
_LEVEL_HOP, _TONE_HOP, _FFT = 128, 512, 1024
_LEVEL_S, _TONE_S = _LEVEL_HOP / _RATE_HZ, _TONE_HOP / _RATE_HZ
#: A bang: decibels above the second before, z-score, level of full scale, decibels it has lost
#: half a second later, flatness of its spectrum (geometric over arithmetic mean of the power
#: from 300 Hz to 7 kHz).
_RISE_DB, _RISE_Z, _LOUD_DB, _GONE_DB, _FLAT = 20.0, 6.0, -26.0, 10.0, 0.05
_BEFORE_S, _GONE_S, _APART_S = 1.0, 0.5, 0.3
#: An alarm: share of the power in its tone, where that lies, for how long, how near to its one
#: or two pitches, share of the blocks at such a pitch, and how regular a beep is.
_TONAL, _FROM_HZ, _TO_HZ = 0.55, 500, 5000
_ALARM_S, _WINDOW_S, _STEP_S = 2.0, 3.0, 0.5
_PITCH, _PITCHED, _SOUNDING, _REGULAR = 0.025, 0.9, 0.25, 0.6
#: A tone that does not stop: for how long, or how often it changes with another.
_HELD_S, _TURNS = 2.4, 3
_TONE_DB = -45.0

F32 = NDArray[np.float32]


def noises_made_by(options: Options) -> dict[str, Any]:
    """What a stored result depends on."""
    made_by: dict[str, Any] = {"measures": f"noises@{_VERSION}"}
    return made_by | ({"audio_stream": options.audio_stream} if options.audio_stream else {})


@dataclass(frozen=True)
class Blocks:
    """Plain measures of a whole sound; all float32.

    Attributes:
        level_db: of each 8 ms, of full scale.
        flat: of each 32 ms, flatness of the spectrum from 300 Hz to 7 kHz.
        tonal: of each 32 ms, share of the power that lies in the strongest tone.
        pitch_hz: of each 32 ms, of that tone.
        power_db: of each 32 ms, of full scale.
    """

    level_db: F32
    flat: F32
    tonal: F32
    pitch_hz: F32
    power_db: F32


def find_noises(
    info: MediaInfo, options: Options, report: Callable[[float], None] | None = None
) -> tuple[SoundEvent, ...]:
    """Bangs and alarms in a file's sound, in order of time.

    Raises:
        RequestError: the file has no sound.
        MediaError: it cannot be read.
    """
    if info.audio is None:
        raise RequestError(f"{info.path.name} has no sound", "Name a file with a sound stream.")
    blocks = measure(info, report)
    return tuple(sorted((*bangs(blocks), *alarms(blocks)), key=lambda e: (e.start, e.label)))


def measure(info: MediaInfo, report: Callable[[float], None] | None = None) -> Blocks:
    """Listen to a file's sound, in pieces; errors as :func:`find_noises`."""
    from studio.media.audio_io import stream_audio

    held = np.zeros(0, np.float32)
    levels, tones = [], []
    for clip in stream_audio(info, rate_hz=_RATE_HZ, mono=True, chunk_s=_CHUNK_S):
        held = np.concatenate([held, clip.samples[0]])
        whole = (len(held) - _FFT) // _TONE_HOP if len(held) > _FFT else 0
        if whole:
            levels.append(_levels(held[: whole * _TONE_HOP]))
            tones.append(_tones(held[: (whole - 1) * _TONE_HOP + _FFT]))
            held = held[whole * _TONE_HOP :]
        if report is not None:
            report(float(clip.start + clip.duration) / max(float(info.duration), 1.0))
    if not levels:
        return Blocks(*(np.zeros(0, np.float32) for _ in range(5)))
    return Blocks(np.concatenate(levels), *np.concatenate(tones, axis=1))


def _levels(sound: F32) -> F32:
    power = np.square(sound).reshape(-1, _LEVEL_HOP).mean(axis=1)
    found: F32 = (10 * np.log10(power + 1e-9)).astype(np.float32)
    return found


def _tones(sound: F32) -> F32:
    """Flatness, share of the strongest tone, its pitch and the power: ``(4, n)``."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FFT)[::_TONE_HOP]
    window = np.hanning(_FFT).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(frames * window, axis=1))).astype(np.float32) + 1e-9
    hz = _RATE_HZ / _FFT
    middle = power[:, int(300 / hz) : int(7000 / hz)]
    flat = np.exp(np.log(middle).mean(axis=1)) / middle.mean(axis=1)
    first, last = int(_FROM_HZ / hz), int(_TO_HZ / hz)
    peak = power[:, first:last].argmax(axis=1) + first
    near = peak[:, None] + np.arange(-2, 3)
    tonal = np.take_along_axis(power, near, axis=1).sum(axis=1) / power[:, 2:].sum(axis=1)
    logs = np.log(np.take_along_axis(power, near[:, 1:4], axis=1))
    bend = np.minimum(logs[:, 0] - 2 * logs[:, 1] + logs[:, 2], -1e-6)
    pitch = (peak + 0.5 * (logs[:, 0] - logs[:, 2]) / bend) * hz
    level = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-9)
    found: F32 = np.stack([flat, tonal, pitch, level]).astype(np.float32)
    return found


def bangs(blocks: Blocks) -> list[SoundEvent]:
    """Bangs, from measures; pure."""
    from scipy.ndimage import percentile_filter

    level = blocks.level_db
    before = round(_BEFORE_S / _LEVEL_S)
    if len(level) < 2:
        return []
    # What was usual in the second before: a loud word is louder than the pauses about it.
    usual = percentile_filter(level, 75, size=before, origin=before // 2 - 1, mode="nearest")
    usual = np.concatenate([np.full(3, usual[0], np.float32), usual[:-3]])
    rise = level - usual
    jump = level - np.concatenate([np.full(2, level[0]), level[:-2]])
    gone = round(_GONE_S / _LEVEL_S)
    # What rises there are: the most of each half second.
    rises = np.array([rise[at : at + gone].max() for at in range(0, len(rise), gone)])
    usually = float(np.median(rises))
    spread = 1.4826 * float(np.median(np.abs(rises - usually)))
    z = (rise - usually) / max(spread, 2.0)
    found: list[SoundEvent] = []
    for at in np.flatnonzero((rise >= _RISE_DB) & (jump >= _RISE_DB / 2) & (level >= _LOUD_DB)):
        start_s = float(at) * _LEVEL_S
        if found and start_s - float(found[-1].start) < _APART_S:
            continue
        after = level[at : at + 4 * gone]
        peak = float(after[: max(gone // 10, 4)].max())
        later = after[gone:]
        if start_s < _BEFORE_S / 2:  # a sound that begins rises too
            continue
        if z[at] < _RISE_Z or (len(later) and float(np.median(later[:gone])) > peak - _GONE_DB):
            continue
        block = min(int(start_s / _TONE_S), len(blocks.flat) - 1)
        if blocks.flat[block : block + 2].max() < _FLAT:
            continue
        below = np.flatnonzero(after < peak - _GONE_DB)
        length_s = (int(below[0]) if len(below) else len(after)) * _LEVEL_S
        score = min(float(z[at]) / (2 * _RISE_Z), 1.0)
        end_s = start_s + max(length_s, _LEVEL_S)
        found.append(SoundEvent(exact(start_s), exact(end_s), "bang", round(score, 3)))
    return found


def alarms(blocks: Blocks) -> list[SoundEvent]:
    """Alarms, from measures; pure."""
    wide, step = round(_WINDOW_S / _TONE_S), round(_STEP_S / _TONE_S)
    on = (blocks.tonal >= _TONAL) & (blocks.power_db >= _TONE_DB)
    told = np.zeros(len(on), np.float32)
    for first in range(0, max(len(on) - round(_ALARM_S / _TONE_S) + 1, 0), step):
        window = slice(first, first + wide)
        score = _alarm(on[window], blocks.pitch_hz[window])
        if score > 0:
            told[window] = np.maximum(told[window], np.where(on[window], score, 0))
    rows = np.flatnonzero(told)
    found = []
    for some in np.split(rows, np.flatnonzero(np.diff(rows) * _TONE_S > _ALARM_S / 2) + 1):
        if len(some) and (some[-1] + 1 - some[0]) * _TONE_S >= _ALARM_S - 2 * _TONE_S:
            start, end = exact(int(some[0]) * _TONE_S), exact((int(some[-1]) + 2) * _TONE_S)
            found.append(SoundEvent(start, end, "alarm", round(float(told[some].mean()), 3)))
    return found


def _alarm(on: NDArray[np.bool_], pitch_hz: F32) -> float:
    """How much a stretch is an alarm: 0, or up to 1."""
    sounds = np.flatnonzero(on)
    if not len(sounds) or (sounds[-1] + 1 - sounds[0]) * _TONE_S < _ALARM_S - 2 * _TONE_S:
        return 0.0
    span = slice(int(sounds[0]), int(sounds[-1]) + 1)
    on, pitch_hz = on[span], pitch_hz[span]
    sounding = float(on.mean())
    if sounding < _SOUNDING:
        return 0.0
    names = np.zeros(len(on), np.int64)  # of the two pitches that most blocks have
    for name in (1, 2):
        left = np.sort(pitch_hz[on & (names == 0)])
        if len(left):
            ends = np.searchsorted(left, left * (1 + 2 * _PITCH), side="right")
            at = int((ends - np.arange(len(left))).argmax())
            inside = (pitch_hz >= left[at]) & (pitch_hz <= left[at] * (1 + 2 * _PITCH))
            names[on & (names == 0) & inside] = name
    pitched = float((names[on] > 0).mean())
    if pitched < _PITCHED:
        return 0.0
    if sounding < 0.97:
        regular = _regular(on)
        return round(pitched * regular, 3) if regular >= _REGULAR else 0.0
    told = names[names > 0]
    held = float((told == 1).mean()) >= _PITCHED and len(on) * _TONE_S >= _HELD_S
    return round(pitched, 3) if held or int((np.diff(told) != 0).sum()) >= _TURNS else 0.0


def _regular(on: NDArray[np.bool_]) -> float:
    """How well a row of beeps agrees with itself one beep later: its autocorrelation's peak."""
    wave = on.astype(np.float64) - on.mean()
    whole = np.correlate(wave, wave, mode="full")[len(wave) - 1 :]
    shares = whole / np.maximum(whole[0], 1e-9) * len(wave) / np.arange(len(wave), 0, -1)
    first = int(np.argmax(shares < 0)) if (shares < 0).any() else len(shares)
    last = min(round(1.6 / _TONE_S), len(shares))
    return float(shares[first:last].max()) if first < last else 0.0
