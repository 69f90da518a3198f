"""Sound to a WAV file, and from one rate to another."""

from __future__ import annotations

import wave
from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from studio.media.writer import write_beside
from studio.types.audio import AudioClip

_FULL = 2**23 - 1


def resampled(samples: NDArray[np.float32], rate_hz: int, to_hz: int) -> NDArray[np.float32]:
    """Sound at another rate.

    Args:
        samples: float32 ``(channels, n)``.
        rate_hz: of it.
        to_hz: wanted.
    """
    if rate_hz == to_hz:
        return samples
    shared = gcd(rate_hz, to_hz)
    out = resample_poly(samples, to_hz // shared, rate_hz // shared, axis=1)
    found: NDArray[np.float32] = out.astype(np.float32)
    return found


def as_stored(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a reader of the 24-bit file gets back: float32 of the same shape."""
    stored = np.clip(np.rint(samples.astype(np.float64) * _FULL), -_FULL, _FULL)
    found: NDArray[np.float32] = (stored / _FULL).astype(np.float32)
    return found


def write_wav(clip: AudioClip, path: Path) -> None:
    """Write 24-bit PCM; the file appears whole or not at all.

    Raises:
        EncodeFailed: it cannot be written.
    """
    stored = np.clip(np.rint(clip.samples.T.astype(np.float64) * _FULL), -_FULL, _FULL)
    # Three of the four bytes of each little-endian integer.
    raw = stored.astype("<i4").reshape(-1, 1).view(np.uint8)[:, :3].tobytes()
    with write_beside(path) as beside, wave.open(str(beside), "wb") as out:
        out.setnchannels(clip.samples.shape[0])
        out.setsampwidth(3)
        out.setframerate(clip.rate_hz)
        out.writeframes(raw)
