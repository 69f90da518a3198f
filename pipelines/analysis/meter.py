"""A loudness meter that hears a sound piece by piece (ITU-R BS.1770-4, EBU Tech 3341)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: What silence measures.
SILENCE_LUFS = -70.0
#: Values of momentary loudness a second.
VALUES_HZ = 10
_BLOCKS = 4  # of 100 ms in the momentary window of 400 ms
_GATE_LU = 10.0  # below the mean of what passed the absolute gate
_OFFSET = -0.691


def _k_weighting(rate_hz: int) -> NDArray[np.float64]:
    """Second-order sections of the K-weighting, from its analogue prototype (De Man, 2014)."""
    from pyloudnorm.iirfilter import IIRfilter

    shelf = IIRfilter(
        3.99984385397, 0.7071752369554193, 1681.9744509555319, rate_hz, "high_shelf_DeMan"
    )
    high_pass = IIRfilter(0.0, 0.5003270373253953, 38.13547087613982, rate_hz, "high_pass_DeMan")
    return np.array([[*part.b, *part.a] for part in (shelf, high_pass)], np.float64)


class LoudnessMeter:
    """Adds up a sound in memory of eighty bytes a second.

    Args:
        rate_hz: samples a second; a multiple of ten.
        channels: one or two, each of weight one.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        if rate_hz % VALUES_HZ:
            raise ValueError(f"{rate_hz} Hz has no whole number of samples in 100 ms")
        self._sections = _k_weighting(rate_hz)
        self._state = np.zeros((len(self._sections), channels, 2))
        self._block = rate_hz // VALUES_HZ
        self._rest = np.zeros((channels, 0))
        self._powers: list[NDArray[np.float64]] = []

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Hear more: float32 ``(channels, n)``."""
        from scipy.signal import sosfilt

        weighted, self._state = sosfilt(self._sections, samples, axis=1, zi=self._state)
        weighted = np.concatenate([self._rest, weighted], axis=1)
        count = weighted.shape[1] // self._block
        whole = weighted[:, : count * self._block].reshape(len(weighted), count, self._block)
        self._rest = weighted[:, count * self._block :]
        self._powers.append(np.einsum("cbn,cbn->b", whole, whole) / self._block)

    def finish(self) -> tuple[NDArray[np.float32], float]:
        """Momentary loudness and the integrated loudness of all that was heard.

        Returns:
            float32 ``(n,)`` LUFS, value ``i`` of the 400 ms around ``i / 10`` s, silence
            beyond the ends, not under -70; and the integrated LUFS (over whole windows, gated),
            -70 where nothing passed the gate.
        """
        powers = list(self._powers)
        if self._rest.shape[1]:
            powers.append(np.array([np.square(self._rest).sum() / self._block]))
        blocks = np.concatenate(powers) if powers else np.zeros(0)
        if not len(blocks):
            return np.zeros(0, np.float32), SILENCE_LUFS
        padded = np.pad(blocks, (_BLOCKS // 2, _BLOCKS // 2 - 1))
        windows = np.lib.stride_tricks.sliding_window_view(padded, _BLOCKS).mean(axis=1)
        momentary = np.maximum(_lufs(windows), SILENCE_LUFS).astype(np.float32)
        whole = blocks[: len(blocks) - bool(self._rest.shape[1])]
        if len(whole) < _BLOCKS:  # measured as if silence followed
            whole = np.pad(blocks, (0, max(0, _BLOCKS - len(blocks))))
        gates = np.lib.stride_tricks.sliding_window_view(whole, _BLOCKS).mean(axis=1)
        return momentary, _gated(gates)


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = _OFFSET + 10 * np.log10(np.maximum(power, 1e-10))
    return found


def _gated(windows: NDArray[np.float64]) -> float:
    loud = windows[_lufs(windows) > SILENCE_LUFS]
    if not len(loud):
        return SILENCE_LUFS
    loud = loud[_lufs(loud) > _lufs(loud.mean()) - _GATE_LU]
    return max(float(_lufs(loud.mean())), SILENCE_LUFS)
