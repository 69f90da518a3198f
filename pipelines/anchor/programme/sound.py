"""What is heard: the voice, a few notes at both ends, and the footage's own sound far below."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.programme.programme import Programme
from studio.media.encoder import SOUND_RATE_HZ, decoded_sound, encode_sound
from studio.media.loudness import Mastered, from_db, master_sound, measure_loudness
from studio.media.sound_mix import fade_edges
from studio.settings import Settings
from studio.types.audio import AudioClip

Samples = NDArray[np.float32]

#: The footage lies so far below the voice: heard as a place, not as words.
_UNDER_VOICE_LU = 18.0
_FADE_S = 0.4
#: The notes, against the voice.
_STING_LU = 1.0
#: D major, upwards at the opening and downwards at the close: seconds, and pitch in hertz.
_OPENING = ((0.00, 146.83), (0.00, 293.66), (0.22, 440.00), (0.44, 587.33), (0.72, 739.99))
_CLOSING = ((0.00, 739.99), (0.26, 587.33), (0.52, 440.00), (0.80, 293.66), (0.80, 146.83))


def mix_segment(programme: Programme, voice: AudioClip, sting: bool, settings: Settings) -> Samples:
    """The sound of a segment, not yet mastered.

    Args:
        programme: what is shown when.
        voice: float32 ``(1, n)`` at 48 kHz.
        sting: whether notes open and close.
        settings: limits on footage.

    Returns:
        float32 ``(2, n)`` at 48 kHz, as long as the picture.

    Raises:
        MediaError: footage cannot be read.
    """
    total = _sample(programme, programme.frames)
    mixed = np.zeros((2, total), np.float32)
    at = _sample(programme, programme.voice_at)
    length = min(voice.samples.shape[1], total - at)
    mixed[:, at : at + length] += voice.samples[:1, :length]
    loud = measure_loudness(voice.samples[:1], SOUND_RATE_HZ).integrated_lufs
    for element in programme.elements:
        if element.kind != "film" or not programme.materials[element.material].sound:
            continue
        first, last = _sample(programme, element.start), _sample(programme, element.end)
        heard = _footage(programme, element.material, element.from_s, last - first, settings)
        if heard is None:
            continue
        level = measure_loudness(heard, SOUND_RATE_HZ)
        if level.is_silent:
            continue
        gain = min(loud - _UNDER_VOICE_LU - level.integrated_lufs, 6.0)
        heard = heard * np.float32(from_db(gain))
        fade = round(_FADE_S * SOUND_RATE_HZ)
        fade_edges(heard, fade, fade)
        mixed[:, first : first + heard.shape[1]] += heard
    if sting:
        if programme.voice_at:
            _add(mixed, notes(_OPENING, loud + _STING_LU), 0)
        ends = programme.voice_at + programme.voice_frames
        if programme.frames > ends:
            _add(mixed, notes(_CLOSING, loud + _STING_LU), _sample(programme, ends))
    return mixed


def master_segment(
    mixed: Samples, loudness_lufs: float, path: Path, check: Callable[[], None] = lambda: None
) -> Mastered:
    """Bring a mix to its loudness and write it as it will be heard, AAC and all.

    Raises:
        EncodeFailed: it cannot be written.
    """

    def round_trip(samples: Samples) -> Samples:
        check()
        encode_sound(path, samples)
        return decoded_sound(path)[:, : samples.shape[1]]

    return master_sound(mixed, SOUND_RATE_HZ, loudness_lufs, round_trip)


def notes(score: tuple[tuple[float, float], ...], loudness_lufs: float) -> Samples:
    """Struck notes with soft partials, each a little to another side.

    Args:
        score: seconds at which each begins, and its pitch in hertz.
        loudness_lufs: of the whole.

    Returns:
        float32 ``(2, n)`` at 48 kHz.
    """
    length_s = max(at for at, _ in score) + 2.2
    time_s = np.arange(round(length_s * SOUND_RATE_HZ)) / SOUND_RATE_HZ
    made = np.zeros((2, len(time_s)))
    for number, (at, pitch_hz) in enumerate(score):
        since = np.maximum(time_s - at, 0.0)
        tone = np.zeros_like(since)
        for partial, (share, decay_s) in enumerate(
            ((1.0, 0.85), (0.42, 0.5), (0.16, 0.28), (0.07, 0.16)), start=1
        ):
            tone += (
                share * np.exp(-since / decay_s) * np.sin(2 * np.pi * pitch_hz * partial * since)
            )
        tone *= 1 - np.exp(-since / 0.006)  # no click
        aside = 0.5 + 0.3 * np.sin(2.4 * number)
        made += np.stack([tone * np.cos(aside * np.pi / 2), tone * np.sin(aside * np.pi / 2)])
    rest = np.minimum(1.0, (length_s - time_s) / 0.5)
    samples = (made * rest / np.abs(made).max() * 0.5).astype(np.float32)
    level = measure_loudness(samples, SOUND_RATE_HZ).integrated_lufs
    found: Samples = samples * np.float32(from_db(loudness_lufs - level))
    return found


def _add(mixed: Samples, samples: Samples, at: int) -> None:
    length = min(samples.shape[1], mixed.shape[1] - at)
    part = samples[:, :length].copy()
    if length < samples.shape[1]:
        fade_edges(part, 0, min(length, SOUND_RATE_HZ // 2))
    mixed[:, at : at + length] += part


def _sample(programme: Programme, frame: int) -> int:
    return round(frame / programme.rate * SOUND_RATE_HZ)


def _footage(
    programme: Programme, name: str, from_s: Fraction, length: int, settings: Settings
) -> Samples | None:
    from studio.media.audio_io import SoundNotes
    from studio.media.probe import probe
    from studio.media.render import sound_reader

    info = probe(programme.materials[name].path, settings)
    heard = sound_reader({name: info}, SoundNotes())(
        name, from_s, from_s + Fraction(length, SOUND_RATE_HZ)
    )
    if heard is None or heard.samples.shape[1] == 0:
        return None
    samples = np.zeros((2, length), np.float32)
    at = max(heard.offset, 0)
    part = heard.samples[:, : length - at]
    samples[:, at : at + part.shape[1]] = part
    return samples
