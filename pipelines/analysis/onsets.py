"""How suddenly a sound begins, a hundred times a second: what beats and accents are found in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Values a second of everything but the chroma.
ENVELOPE_HZ = 100
#: Values a second of the chroma.
CHROMA_HZ = 20
_WINDOW = 1024  # 23 ms at 44.1 kHz: short, so that an attack has one place
_CHROMA_WINDOW = 4096  # tells semitones apart from 200 Hz up
_BANDS = 24
_LOWEST_HZ, _HIGHEST_HZ = 40.0, 16_000.0
_LOW_HZ = 160.0  # kick drum and bass
_LAG = 2  # frames over which a rise counts
_SCALE = 1000.0  # magnitudes below -60 dB of full scale hardly count
_BLOCK = 512  # frames transformed at once


@dataclass(frozen=True)
class Onsets:
    """The rise of a sound over time.

    Attributes:
        envelope: float32 ``(n,)``, value ``i`` at ``i / 100`` s: spectral flux over all bands.
        low: float32 ``(n,)``, the same of the bands below 160 Hz.
        high: float32 ``(n,)``, the same of the bands from 2 kHz up.
        chroma: float32 ``(m, 12)``, value ``i`` at ``i / 20`` s: the share of each pitch class.
    """

    envelope: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    chroma: NDArray[np.float32]


class _Frames:
    """Overlapping windows out of a stream, the first centred on its first sample."""

    def __init__(self, window: int, hop: int) -> None:
        self._window, self._hop = window, hop
        self._held = np.zeros(window // 2, np.float32)

    def feed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Further whole windows, ``(k, window)``."""
        self._held = np.concatenate([self._held, samples])
        count = max(0, (len(self._held) - self._window) // self._hop + 1)
        if not count:
            return np.zeros((0, self._window), np.float32)
        view = np.lib.stride_tricks.sliding_window_view(self._held, self._window)
        frames = view[: count * self._hop : self._hop]
        self._held = self._held[count * self._hop :]
        return frames

    def finish(self) -> NDArray[np.float32]:
        """The last windows, filled up with silence."""
        return self.feed(np.zeros(self._window // 2, np.float32))


class OnsetListener:
    """Hears a sound piece by piece and keeps a few numbers of each hundredth of a second.

    Rises are of logarithmic magnitude in 24 bands, each against the loudest of its neighbours
    two frames before, so that a vibrato is no onset (SuperFlux, Boeck and Widmer, 2013).

    Args:
        rate_hz: samples a second; a multiple of a hundred, at least 40 000.
    """

    def __init__(self, rate_hz: int) -> None:
        if rate_hz % ENVELOPE_HZ:
            raise ValueError(f"{rate_hz} Hz has no whole number of samples in 10 ms")
        self._frames = _Frames(_WINDOW, rate_hz // ENVELOPE_HZ)
        self._chroma_frames = _Frames(_CHROMA_WINDOW, rate_hz // CHROMA_HZ)
        self._taper = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
        self._chroma_taper = np.hanning(_CHROMA_WINDOW + 1)[:-1].astype(np.float32)
        bins_hz = np.fft.rfftfreq(_WINDOW, 1 / rate_hz)
        self._edges = _band_edges(bins_hz)
        # A full-scale sine is 1.
        self._weights = (_SCALE * 4.0 / _WINDOW / np.diff(self._edges)).astype(np.float32)
        middles = (bins_hz[self._edges[:-1]] + bins_hz[self._edges[1:] - 1]) / 2
        self._low = middles < _LOW_HZ
        self._high = middles > 2000.0
        self._pitches = _pitch_matrix(rate_hz)
        self._before = np.full((_LAG, len(middles)), np.inf, np.float32)
        self._rises: list[NDArray[np.float32]] = []
        self._chroma: list[NDArray[np.float32]] = []

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Hear more: float32 ``(n,)``, one channel."""
        self._take(self._frames.feed(samples), self._chroma_frames.feed(samples))

    def finish(self) -> Onsets:
        """All that was heard."""
        self._take(self._frames.finish(), self._chroma_frames.finish())
        rises = np.concatenate(self._rises) if self._rises else np.zeros((0, 3), np.float32)
        chroma = np.concatenate(self._chroma) if self._chroma else np.zeros((0, 12), np.float32)
        return Onsets(rises[:, 0], rises[:, 1], rises[:, 2], chroma)

    def _take(self, frames: NDArray[np.float32], chroma_frames: NDArray[np.float32]) -> None:
        from scipy.fft import rfft

        for at in range(0, len(frames), _BLOCK):
            magnitude = np.abs(rfft(frames[at : at + _BLOCK] * self._taper, axis=1))
            # Not a product of matrices: its threads cost more than they win.
            sums = np.add.reduceat(magnitude[:, : self._edges[-1]], self._edges[:-1], axis=1)
            level = np.log10(1 + sums * self._weights)
            seen = np.concatenate([self._before, level])
            self._before = seen[-_LAG:]
            loudest = seen[:-_LAG].copy()
            loudest[:, 1:] = np.maximum(loudest[:, 1:], seen[:-_LAG, :-1])
            loudest[:, :-1] = np.maximum(loudest[:, :-1], seen[:-_LAG, 1:])
            rise = np.maximum(level - loudest, 0.0)
            columns = (rise, rise[:, self._low], rise[:, self._high])
            self._rises.append(np.stack([c.mean(axis=1) for c in columns], axis=1))
        for at in range(0, len(chroma_frames), _BLOCK):
            windows = chroma_frames[at : at + _BLOCK] * self._chroma_taper
            # What sounds above the highest pitch is not looked at.
            spectrum = rfft(windows, axis=1)[:, : len(self._pitches)]
            chroma = np.sqrt(np.abs(spectrum)) @ self._pitches
            total = chroma.sum(axis=1, keepdims=True)
            self._chroma.append(np.where(total > 1e-3, chroma / np.maximum(total, 1e-3), 0.0))


def _band_edges(bins_hz: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """The first bin of each band, and the one after the last."""
    edges = np.geomspace(_LOWEST_HZ, min(_HIGHEST_HZ, float(bins_hz[-1])), _BANDS + 1)
    return np.unique(np.searchsorted(bins_hz, edges))


def _pitch_matrix(rate_hz: int) -> NDArray[np.float32]:
    """The lower bins to pitch classes ``(b, 12)``, of 130 Hz to 2.1 kHz."""
    bins_hz = np.fft.rfftfreq(_CHROMA_WINDOW, 1 / rate_hz)
    matrix = np.zeros((len(bins_hz), 12), np.float32)
    used = np.flatnonzero((bins_hz >= 130) & (bins_hz <= 2100))
    pitch = 69 + 12 * np.log2(bins_hz[used] / 440)
    for offset in range(12):
        distance = np.abs((pitch - offset + 6) % 12 - 6)
        matrix[used, offset] = np.maximum(1 - distance, 0)
    return matrix[: used[-1] + 1]
