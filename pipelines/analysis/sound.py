"""Plain measures of a sound stream: loudness, accents, and the beat where there is one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.analysis.beats import find_onsets, find_pulse
from pipelines.analysis.meter import VALUES_HZ, LoudnessMeter
from pipelines.analysis.onsets import ENVELOPE_HZ, OnsetListener
from pipelines.analysis.options import Options
from studio.errors import RequestError
from studio.types.analysis import SoundFacts
from studio.types.media import MediaInfo

_CHUNK_S = 10.0
_VERSION = "sound-measures@1"


def sound_made_by(options: Options) -> dict[str, Any]:
    """What a stored result depends on; no option changes it."""
    return {"measures": _VERSION}


def analyse_sound(
    info: MediaInfo, options: Options, check: Callable[[], None] | None = None
) -> SoundFacts:
    """Measure the sound of footage. Beats are given only where the sound has a steady one.

    The sound is heard once and in pieces; what is kept is about 3 kB a second. A stereo
    mix-down stands for sound of more than two channels, as it does in a render.

    Args:
        info: of the file.
        options: none of them matters here.
        check: called every ten seconds of sound; what it raises ends the work.

    Raises:
        RequestError: the file has no sound.
        MediaError: it cannot be read.
    """
    return _measure(info, check, throughout=False)


def analyse_music(path: Path) -> SoundFacts:
    """Measure a file that is known to be music: a beat runs through its breaks.

    Raises:
        RequestError: the file has no sound.
        MediaError: it cannot be read.
    """
    from studio.media.probe import probe

    return _measure(probe(path), None, throughout=True)


def _measure(info: MediaInfo, check: Callable[[], None] | None, *, throughout: bool) -> SoundFacts:
    from studio.media.audio_io import stream_audio

    if info.audio is None:
        raise RequestError(f"{info.path.name} has no sound", "Name a file with a sound stream.")
    rate_hz = 44_100 if info.audio.sample_rate_hz == 44_100 else 48_000
    meter = LoudnessMeter(rate_hz, min(info.audio.channels, 2))
    listener = OnsetListener(rate_hz)
    for clip in stream_audio(info, rate_hz=rate_hz, chunk_s=_CHUNK_S):
        if check is not None:
            check()
        meter.feed(clip.samples)
        listener.feed(clip.mono)
    loudness_lufs, integrated_lufs = meter.finish()
    onsets = listener.finish()
    pulse = find_pulse(onsets, throughout=throughout)
    return SoundFacts(
        times_s=np.arange(len(loudness_lufs)) / VALUES_HZ,
        loudness_lufs=loudness_lufs,
        onset_strength=_strength(onsets.envelope, len(loudness_lufs)),
        integrated_lufs=integrated_lufs,
        onsets_s=find_onsets(onsets.envelope),
        beats_s=pulse.beats_s,
        downbeats_s=pulse.downbeats_s,
        tempo_bpm=pulse.tempo_bpm,
        musicality=pulse.musicality,
    )


def _strength(envelope: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """The strongest rise of the 100 ms around each value, 1 for the 0.5 % strongest."""
    each = ENVELOPE_HZ // VALUES_HZ
    padded = np.zeros(count * each, np.float32)
    padded[each // 2 :][: len(envelope)] = envelope[: len(padded) - each // 2]
    top = float(np.percentile(envelope, 99.5)) if len(envelope) else 0.0
    strongest = padded.reshape(count, each).max(axis=1)
    strength: NDArray[np.float32] = np.clip(strongest / max(top, 1e-6), 0, 1).astype(np.float32)
    return strength
