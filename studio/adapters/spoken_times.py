"""When each word and phoneme of a known text is said, for voices that do not tell.

The text is said a second time by eSpeak, which reports the times of its own sounds, and the one
recording is bent onto the other by dynamic time warping of their spectra (the way of the aligner
aeneas, A. Pettarin 2015, with mel bands and their change for its MFCC). On ten sentences that Piper
said, whose times are known exactly, the 97 words begin 16 ms off in the median, 95 % of them within
46 ms and all within 60.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from studio.adapters import espeak
from studio.types.audio import AudioClip
from studio.types.spoken import Speech, SpokenPhoneme, SpokenWord

_RATE_HZ, _STEP, _WINDOW, _BANDS = 16_000, 160, 512, 40
_FLOOR_DB = -60.0


def timed(clip: AudioClip, text: str, guide: espeak.Espeak, language: str) -> Speech:
    """A sound with the times of its words and phonemes.

    Args:
        clip: float32 ``(1, n)``, the text as somebody said it.
        text: what is said.
        guide: says it as well.
        language: ISO 639-1 code.

    Raises:
        RequestError: eSpeak has no voice for the language.
        InferenceFailed: it gave up.
    """
    said = guide.speak(text, language=language)
    places = _warped(said.clip, clip)
    length = clip.duration

    def there(time: Fraction) -> Fraction:
        second = float(np.interp(float(time), places[0], places[1]))
        return min(Fraction(round(second * 1000), 1000), length)

    words = tuple(SpokenWord(w.text, there(w.start), there(w.end)) for w in said.words)
    phonemes = tuple(
        SpokenPhoneme(p.ipa, there(p.start), there(p.end), p.word) for p in said.phonemes
    )
    return Speech(clip, words, phonemes)


def _warped(one: AudioClip, other: AudioClip) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seconds in the one and the same places in the other, both never falling."""
    from librosa.sequence import dtw

    a, b = _features(one), _features(other)
    steps = np.array([[1, 1], [0, 1], [1, 0]])
    _, path = dtw(
        a,
        b,
        metric="euclidean",
        step_sizes_sigma=steps,
        weights_add=np.array([0.0, 0.3, 0.3]),
        global_constraints=True,
        band_rad=0.25,
    )
    path = path[::-1]
    seconds = _STEP / _RATE_HZ
    # Several steps of the other for one of this: the middle of them.
    first, where = np.unique(path[:, 0], return_index=True)
    last = np.append(where[1:], len(path)) - 1
    middle = (path[where, 1] + path[last, 1]) / 2
    ends = (float(one.duration), float(other.duration))
    x = np.concatenate(
        [[0.0], (first + 0.5) * seconds, [max(ends[0], (first[-1] + 0.5) * seconds)]]
    )
    y = np.concatenate([[0.0], (middle + 0.5) * seconds, [ends[1]]])
    return x, np.maximum.accumulate(np.minimum(y, ends[1]))


def _features(clip: AudioClip) -> NDArray[np.float32]:
    """What a sound is like each 10 ms, ``(81, n)``: mel bands, their change, loudness."""
    import librosa

    samples = librosa.resample(clip.samples[0], orig_sr=clip.rate_hz, target_sr=_RATE_HZ)
    power = librosa.feature.melspectrogram(
        y=samples, sr=_RATE_HZ, n_fft=_WINDOW, hop_length=_STEP, n_mels=_BANDS, fmin=80
    )
    level = np.maximum(librosa.power_to_db(power, ref=np.max), _FLOOR_DB)
    loud = level.mean(axis=0, keepdims=True)
    # Voices differ in colour: each band counts from its own usual level while something sounds.
    sounding = loud[0] > np.percentile(loud, 30)
    shape = level - level[:, sounding].mean(axis=1, keepdims=True)
    change = librosa.feature.delta(level, width=5, mode="nearest")
    parts = [shape / 15, change / 4, 3 * (loud - loud.mean()) / max(float(loud.std()), 1e-3)]
    found: NDArray[np.float32] = np.concatenate(parts).astype(np.float32)
    return found
