"""What is heard beside words: music, applause, silence; by plain measures, one second at a time.

Music holds its tones still where speech lets them glide, or keeps a steady beat; many hands
clapping are noise made of short strokes. These are rules of thumb, not a trained tagger: laughter
and single noises are not told, a steady machine that hums may pass for music, rain for applause
(which was tried on synthetic hands only).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.analysis.options import Options
from pipelines.analysis.scribe import exact
from studio.errors import RequestError
from studio.types.media import MediaInfo
from studio.types.sound_event import SoundEvent

_VERSION = 3
_RATE_HZ = 16_000
_CHUNK_S = 10.0
_STEP_S = 0.5
_BLOCK, _STEP = _RATE_HZ, _RATE_HZ // 2
_FFT, _HOP = 1024, 256
_LATER = 8  # frames of 16 ms
_LOW_HZ = 300
_STROKES_FROM_HZ = 1000
_SILENT_DB = -60.0
# Measured: a song keeps 0.11 to 0.28 (5th to 95th percentile) and swings by 2 to 7 dB, words over
# music that is 6 dB weaker 0.19 to 0.48, speech of six recorded voices 0.14 at most and swings by
# 6 dB and more.
_TALKING_DB, _STEADY, _STEADY_TALKING = 6.0, 0.12, 0.17
_SMOOTH = 5  # values over which the middle one is taken
_LEAST_S = {"music": 3.0, "applause": 1.5, "silence": 2.0}
#: Silent blocks that touch are one silence, though the block across them is a little louder.
_BRIDGE_S = {"music": 2.0, "applause": 1.0, "silence": 0.5}
#: How far into a block an event's edge lies. Sound outweighs the hush beside it: a block counts
#: from a quarter of it on; one of silence has to be silent throughout. On 60 programmes of
#: speech, claps, a band and a pause edges lie 0.18 s off on average, 95 % of them within 0.44 s,
#: all within 0.81 s.
_EDGE_S = {"music": 0.5, "applause": 0.5, "silence": 0.0}
F32 = NDArray[np.float32]

Report = Callable[[float], None]


def sound_events_made_by(options: Options) -> dict[str, Any]:
    """What a stored result depends on."""
    made_by: dict[str, Any] = {"measures": f"sound-events@{_VERSION}"}
    return made_by | ({"audio_stream": options.audio_stream} if options.audio_stream else {})


@dataclass(frozen=True)
class Measures:
    """Of each second of a sound, twice a second; all float32 ``(n,)``.

    Attributes:
        level_db: root mean square, of full scale.
        steady: how alike the fine structure of the spectrum is 0.13 s later, -1 to 1.
        syllables_db: how much the level swings two to eight times a second.
        strokes_db: how much the sound above 1 kHz jumps from 4 ms to 4 ms.
        flatness: geometric over arithmetic mean of the power from 0.5 to 6 kHz, 0 to 1.
        low: share of the power below 300 Hz, 0 to 1.
    """

    level_db: F32
    steady: F32
    syllables_db: F32
    strokes_db: F32
    flatness: F32
    low: F32


def find_sound_events(
    info: MediaInfo, options: Options, report: Report | None = None
) -> tuple[SoundEvent, ...]:
    """Music, applause and silence in a file's sound, in order of time; music may lie under words.

    The sound is read once in pieces; six numbers are kept of each half second.

    Raises:
        RequestError: the file has no sound.
        MediaError: it cannot be read.
    """
    if info.audio is None:
        raise RequestError(f"{info.path.name} has no sound", "Name a file with a sound stream.")
    return name_events(measure(info, report), float(info.duration))


def measure(info: MediaInfo, report: Report | None = None) -> Measures:
    """Listen to a file's sound; arguments and errors as :func:`find_sound_events`."""
    from scipy.signal import butter, sosfilt

    from studio.media.audio_io import stream_audio

    above = butter(4, _STROKES_FROM_HZ, "highpass", fs=_RATE_HZ, output="sos")
    state = np.zeros((above.shape[0], 2))
    held = bright = np.zeros(0, np.float32)
    rows: list[tuple[float, ...]] = []
    for clip in stream_audio(info, rate_hz=_RATE_HZ, mono=True, chunk_s=_CHUNK_S):
        filtered, state = sosfilt(above, clip.samples[0], zi=state)
        held = np.concatenate([held, clip.samples[0]])
        bright = np.concatenate([bright, filtered.astype(np.float32)])
        while len(held) >= _BLOCK:
            rows.append(_measure_block(held[:_BLOCK], bright[:_BLOCK]))
            held, bright = held[_STEP:], bright[_STEP:]
        if report is not None:
            report(float(clip.start + clip.duration) / max(float(info.duration), 1.0))
    columns = np.array(rows, np.float32).reshape(-1, 6).T
    return Measures(*columns)


def _measure_block(sound: F32, bright: F32) -> tuple[float, ...]:
    from scipy.fft import rfft
    from scipy.ndimage import uniform_filter1d

    level_db = 10 * np.log10(float(np.square(sound).mean()) + 1e-12)
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FFT)[::_HOP]
    power = np.square(np.abs(rfft(frames * np.hanning(_FFT).astype(np.float32)))) + 1e-9
    low = float(power[:, : _LOW_HZ * _FFT // _RATE_HZ].sum() / power.sum())
    mean = power.mean(axis=0)[500 * _FFT // _RATE_HZ : 6000 * _FFT // _RATE_HZ]
    flatness = float(np.exp(np.log(mean).mean()) / mean.mean())
    # The fine structure: lines of tones, with the shape of the spectrum taken away.
    decibels = 10 * np.log10(power[:, 190 * _FFT // _RATE_HZ : 4000 * _FFT // _RATE_HZ])
    fine = np.maximum(decibels - uniform_filter1d(decibels, 9, axis=1, mode="nearest"), 0)
    fine -= fine.mean(axis=1, keepdims=True)
    fine /= np.maximum(np.linalg.norm(fine, axis=1, keepdims=True), 1e-3)
    steady = float((fine[:-_LATER] * fine[_LATER:]).sum(axis=1).mean())
    strokes_db = float(np.std(np.diff(_levels_db(bright, 64))))
    envelope = _levels_db(sound, _RATE_HZ // 100)
    swings = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(len(envelope)))) / 25
    syllables_db = float(np.sqrt(np.square(swings[2:9]).sum()))
    return level_db, steady, syllables_db, strokes_db, flatness, low


def _levels_db(sound: F32, step: int) -> F32:
    whole = len(sound) // step * step
    power = np.square(sound[:whole]).reshape(-1, step).mean(axis=1)
    levels: F32 = (10 * np.log10(power + 1e-8)).astype(np.float32)
    return levels


def name_events(found: Measures, duration_s: float) -> tuple[SoundEvent, ...]:
    """Events from measures; pure.

    Args:
        found: of the whole sound.
        duration_s: of the whole sound.
    """
    from scipy.ndimage import median_filter

    if not len(found.level_db):
        return ()

    def smooth(values: F32) -> F32:
        calm: F32 = median_filter(values, _SMOOTH, mode="nearest")
        return calm

    calm = Measures(
        found.level_db,
        *(smooth(getattr(found, f.name)) for f in fields(found) if f.name != "level_db"),
    )
    own = _strengths(found)
    events = [
        event
        for label, strength in _strengths(calm).items()
        for event in _stretches(label, strength, own[label], duration_s)
    ]
    return tuple(sorted(events, key=lambda event: (event.start, event.label)))


def _strengths(of: Measures) -> dict[str, F32]:
    """How much each block is of each kind; 1 at the threshold."""
    sounding = of.level_db > _SILENT_DB
    music = of.steady / np.where(of.syllables_db < _TALKING_DB, _STEADY, _STEADY_TALKING)
    applause = np.clip((of.strokes_db - 1.1) / 0.6, 0, 3) * (
        (of.steady < 0.06) & (of.low < 0.15) & (of.flatness > 0.4)
    )
    return {
        "music": (music * sounding).astype(np.float32),
        "applause": (applause * sounding).astype(np.float32),
        "silence": np.where(sounding, 0.0, 2.0).astype(np.float32),
    }


def _stretches(label: str, strength: F32, own: F32, duration_s: float) -> list[SoundEvent]:
    """Where a strength reaches 1 and does not fall below 0.7, short breaks bridged, too short
    ones left out. Smoothing moves edges: blocks at the ends that are not of the kind by their
    own measures are cut off again, as many as it can have moved.

    The score is 0.5 at the threshold and 1 from twice as much on.
    """
    events: list[SoundEvent] = []
    least_s, bridge_s = _LEAST_S[label], _BRIDGE_S[label]
    runs: list[tuple[int, int]] = []
    for on, group in itertools.groupby(range(len(strength)), key=lambda i: strength[i] >= 0.7):
        members = list(group)
        if not on or strength[members].max() < 1:
            continue
        if runs and (members[0] - runs[-1][1]) * _STEP_S <= bridge_s:
            runs[-1] = (runs[-1][0], members[-1] + 1)
        else:
            runs.append((members[0], members[-1] + 1))
    for begin, end in runs:
        first, last = begin, end
        moved = [i for i in range(begin, end) if own[i] >= 0.7]
        if moved:
            reach = _SMOOTH // 2
            first, last = min(moved[0], begin + reach), max(moved[-1] + 1, end - reach)
        start_s = 0.0 if first == 0 else first * _STEP_S + _EDGE_S[label]
        end_s = (last - 1) * _STEP_S + 1.0 - _EDGE_S[label]
        if last == len(strength):
            end_s = duration_s
        if end_s - start_s >= least_s:
            score = min(float(np.mean(np.minimum(strength[first:last], 2.0))) / 2, 1.0)
            events.append(SoundEvent(exact(start_s), exact(end_s), label, round(score, 3)))
    return events
