"""How loud sound is, and how it is brought to a target.

Loudness and range come from libavfilter's ``ebur128`` (ITU-R BS.1770-4, EBU Tech 3342). The
true peak is the largest value of the signal at four times its rate (BS.1770-4, annex 2); the
limiter needs it sample by sample, so it is computed here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import av.filter
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d
from scipy.signal import oaconvolve, resample_poly

#: What ``ebur128`` says where nothing passed the absolute gate.
SILENCE_LUFS = -70.0
#: Highest true peak that leaves the studio, in dBTP.
TRUE_PEAK_LIMIT_DBTP = -1.0

_FLOOR_DB = -120.0
_BLOCK = 1 << 18  # samples handled at once, so that memory does not grow with the length
_OVERLAP = 64  # more than the reach of the oversampling filter
_MAX_PASSES, _MOST_GAIN_DB = 6, 60.0
_LIMITER_S = 0.04  # slow enough not to bend a bass note, short enough not to be heard as a dip


@dataclass(frozen=True)
class Loudness:
    """What a meter shows.

    Attributes:
        integrated_lufs: of the whole, gated; -70 where nothing passed the gate.
        true_peak_dbtp: largest peak, between samples too; -120 for digital silence.
        range_lu: loudness range (EBU Tech 3342).
    """

    integrated_lufs: float
    true_peak_dbtp: float
    range_lu: float

    @property
    def is_silent(self) -> bool:
        """Whether nothing passed the absolute gate of -70 LUFS."""
        return self.integrated_lufs <= SILENCE_LUFS


def measure_loudness(samples: NDArray[np.float32], rate_hz: int) -> Loudness:
    """Measure sound as EBU R 128 asks.

    Args:
        samples: float32 ``(channels, n)``, one channel or two.
        rate_hz: samples a second.

    Raises:
        ValueError: neither one channel nor two.
    """
    if samples.ndim != 2 or samples.shape[0] not in (1, 2):
        raise ValueError(f"one channel or two are measured, not an array {samples.shape}")
    integrated, spread = _gated(samples, rate_hz)
    peak = max((float(block.max()) for block in _peaks(samples)), default=0.0)
    return Loudness(integrated, to_db(peak), spread)


def to_db(ratio: float) -> float:
    """Decibels of an amplitude ratio, no less than -120."""
    return max(20 * math.log10(ratio), _FLOOR_DB) if ratio > 0 else _FLOOR_DB


def from_db(decibels: float) -> float:
    """Amplitude ratio of decibels."""
    return float(10 ** (decibels / 20))


def _gated(samples: NDArray[np.float32], rate_hz: int) -> tuple[float, float]:
    graph = av.filter.Graph()
    layout = "mono" if samples.shape[0] == 1 else "stereo"
    tick = Fraction(1, rate_hz)
    source = graph.add_abuffer(sample_rate=rate_hz, format="fltp", layout=layout, time_base=tick)
    meter = graph.add("ebur128", "metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    shown: dict[str, str] = {}
    # The meter's block is 400 ms: anything shorter is measured as if silence followed.
    short = max(0, -(-rate_hz * 2 // 5) - samples.shape[1])
    padded = np.pad(samples.astype(np.float32, copy=False), ((0, 0), (0, short)))
    for at in range(0, padded.shape[1], _BLOCK):
        block = np.ascontiguousarray(padded[:, at : at + _BLOCK])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = rate_hz, tick, at
        source.push(frame)
        shown = _drain(sink) or shown
    source.push(None)
    shown = _drain(sink) or shown
    integrated = float(shown.get("lavfi.r128.I", SILENCE_LUFS))
    spread = float(shown.get("lavfi.r128.LRA", 0.0))
    return (integrated if math.isfinite(integrated) else SILENCE_LUFS), spread


def _drain(sink: Any) -> dict[str, str]:
    shown: dict[str, str] = {}
    while True:
        try:
            shown = dict(sink.pull().metadata)
        except (av.error.BlockingIOError, av.error.EOFError):
            return shown


def _peaks(samples: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """For each sample the largest of all channels from it to the next, in blocks."""
    total = samples.shape[1]
    blocks = []
    for at in range(0, total, _BLOCK):
        first, last = max(at - _OVERLAP, 0), min(at + _BLOCK + _OVERLAP, total)
        up = np.abs(resample_poly(samples[:, first:last], 4, 1, axis=1)).max(axis=0)
        each = up.reshape(-1, 4).max(axis=1)
        blocks.append(each[at - first : min(at + _BLOCK, total) - first].astype(np.float32))
    return blocks


def limit_peaks(
    samples: NDArray[np.float32], rate_hz: int, ceiling_dbtp: float
) -> NDArray[np.float32]:
    """Turn the sound down around each true peak over the ceiling, and nowhere else.

    The gain each sample needs is held over 40 ms and smoothed by a window of the same length:
    it looks ahead, never exceeds what a peak allows and has no corners. All channels share it,
    so the image stays where it is.

    Args:
        samples: float32 ``(channels, n)``.
        rate_hz: samples a second.
        ceiling_dbtp: highest true peak wanted.
    """
    return _Limiter(samples, rate_hz).at(0.0, ceiling_dbtp)


class _Limiter:
    """Raises sound and limits its peaks; the peaks are looked for once."""

    def __init__(self, samples: NDArray[np.float32], rate_hz: int) -> None:
        self._samples, self._rate_hz = samples, rate_hz
        self._peaks = np.concatenate([np.zeros(0, np.float32), *_peaks(samples)])

    def at(self, gain_db: float, ceiling_dbtp: float) -> NDArray[np.float32]:
        """The sound at a gain, its peaks under a ceiling."""
        gain = from_db(gain_db)
        ceiling = from_db(ceiling_dbtp) / gain
        if self._peaks.max(initial=0.0) <= ceiling:
            return self._samples * np.float32(gain)
        need = np.minimum(ceiling / np.maximum(self._peaks, 1e-9), 1.0)
        reach = max(1, round(_LIMITER_S * self._rate_hz / 2))
        window = np.hanning(2 * reach + 3)[1:-1]
        held = minimum_filter1d(need, 2 * reach + 1, mode="nearest")
        smooth = oaconvolve(np.pad(held, reach, mode="edge"), window / window.sum(), mode="valid")
        envelope = (np.minimum(smooth, 1.0) * gain).astype(np.float32)
        limited: NDArray[np.float32] = self._samples * envelope
        return limited

    def gain_for(self, target_lufs: float, ceiling_dbtp: float, gain_db: float) -> float:
        """The gain at which the limited sound has a loudness, sought from a first guess."""
        before: tuple[float, float] | None = None  # gain, loudness
        for _ in range(_MAX_PASSES):
            loudness, _ = _gated(self.at(gain_db, ceiling_dbtp), self._rate_hz)
            error = target_lufs - loudness
            if abs(error) <= 0.02:
                break
            slope = 1.0
            if before is not None and gain_db != before[0]:
                rise = (loudness - before[1]) / (gain_db - before[0])
                slope = min(max(rise, 0.25), 1.0)  # the limiter takes a part of what is added
            before = (gain_db, loudness)
            gain_db = min(gain_db + error / slope, _MOST_GAIN_DB)
            if gain_db == before[0]:
                break
        return gain_db


@dataclass(frozen=True)
class Mastered:
    """Sound at its target.

    Attributes:
        loudness: measured after the round trip through the encoder.
        gain_db: what the mix was raised or lowered by.
        passes: encodings it took.
        notes: what a user should know.
    """

    loudness: Loudness
    gain_db: float
    passes: int
    notes: tuple[str, ...] = ()


def master_sound(
    samples: NDArray[np.float32],
    rate_hz: int,
    target_lufs: float,
    round_trip: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> Mastered:
    """Bring a mix to a loudness with its true peaks under -1 dBTP, as a listener gets it.

    Limiting lowers the loudness and a lossy encoder lifts the peaks, so the result of each
    pass is measured *after* the encoder and the next pass is corrected by what was off.
    The last call of ``round_trip`` is always the one that was kept.

    Args:
        samples: float32 ``(channels, n)``, the mix.
        rate_hz: samples a second.
        target_lufs: integrated loudness wanted.
        round_trip: encodes sound and gives back what a decoder makes of it.
    """
    integrated, _ = _gated(samples, rate_hz)
    if integrated <= SILENCE_LUFS:
        decoded = round_trip(samples)
        note = "The sound is silent, so its loudness was left alone."
        return Mastered(measure_loudness(decoded, rate_hz), 0.0, 1, (note,))
    limiter = _Limiter(samples, rate_hz)
    aim, ceiling_dbtp = target_lufs, TRUE_PEAK_LIMIT_DBTP - 0.3
    gain_db = min(target_lufs - integrated, _MOST_GAIN_DB)
    best: tuple[float, float, float] | None = None  # error, gain, ceiling
    passes = 0
    while True:
        passes += 1
        if passes <= _MAX_PASSES:
            gain_db = limiter.gain_for(aim, ceiling_dbtp, gain_db)
        elif best is not None:
            _, gain_db, ceiling_dbtp = best
        heard = measure_loudness(round_trip(limiter.at(gain_db, ceiling_dbtp)), rate_hz)
        error = target_lufs - heard.integrated_lufs
        over_db = heard.true_peak_dbtp - TRUE_PEAK_LIMIT_DBTP
        near = abs(error) <= 0.1 or gain_db == _MOST_GAIN_DB
        if (over_db <= 0 and near) or passes > _MAX_PASSES:
            break
        if over_db <= 0 and (best is None or abs(error) < best[0]):
            best = (abs(error), gain_db, ceiling_dbtp)
        # What the encoder took or gave is aimed past the next time.
        aim += error if abs(error) > 0.1 else 0.0
        ceiling_dbtp -= over_db + 0.1 if over_db > 0 else 0.0
    return Mastered(heard, gain_db, passes, _mastering_notes(heard, gain_db, target_lufs))


def _mastering_notes(heard: Loudness, gain_db: float, target_lufs: float) -> tuple[str, ...]:
    notes = []
    if abs(heard.integrated_lufs - target_lufs) > 0.5:
        notes.append(
            f"The sound reached {heard.integrated_lufs:.1f} LUFS, not {target_lufs:.1f}: "
            "its peaks are too far above the rest."
        )
    if gain_db > 24:
        notes.append(
            f"The sound was very quiet and was raised by {gain_db:.0f} dB; "
            "expect the noise of the recording."
        )
    return tuple(notes)
