"""HDR pictures brought to SDR: PQ and HLG in BT.2020 to BT.709 at gamma 2.4.

Signal to light by SMPTE ST 2084 and ITU-R BT.2100; highlights rolled off by the EETF of ITU-R
BT.2390-8 from a 1000 cd/m2 master to a display whose white is the 203 cd/m2 of diffuse white
(ITU-R BT.2408), on the largest component so that hues stay; then BT.2020 to BT.709 in light,
and the inverse of the BT.1886 display curve. All of it is one table of 33x33x33 colours,
interpolated linearly.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

_STEPS = 33
_MASTER_PEAK, _WHITE = 1000.0, 203.0  # cd/m2
# SMPTE ST 2084
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
# ITU-R BT.2087, light in BT.2020 primaries to light in BT.709 primaries
_TO_BT709 = np.array(
    [
        [1.6605, -0.5876, -0.0728],
        [-0.1246, 1.1329, -0.0083],
        [-0.0182, -0.1006, 1.1187],
    ]
)
_LUMA_2020 = np.array([0.2627, 0.6780, 0.0593])

Array = NDArray[np.float64]


def pq_to_light(signal: Array) -> Array:
    """PQ signal (0 to 1) to cd/m2."""
    root = np.power(np.clip(signal, 0, 1), 1 / _M2)
    ratio = np.maximum(root - _C1, 0) / (_C2 - _C3 * root)
    light: Array = 10000 * np.power(ratio, 1 / _M1)
    return light


def light_to_pq(light: Array) -> Array:
    """cd/m2 to PQ signal (0 to 1)."""
    root = np.power(np.clip(light, 0, 10000) / 10000, _M1)
    signal: Array = np.power((_C1 + _C2 * root) / (1 + _C3 * root), _M2)
    return signal


def hlg_to_light(signal: Array) -> Array:
    """HLG signal ``(..., 3)`` to cd/m2 on a display of 1000 cd/m2 (system gamma 1.2)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    low = signal**2 / 3
    high = (np.exp((np.maximum(signal, 0.5) - c) / a) + b) / 12
    scene = np.where(signal <= 0.5, low, high)
    luma = scene @ _LUMA_2020
    light: Array = _MASTER_PEAK * scene * np.power(np.maximum(luma, 1e-9), 0.2)[..., None]
    return light


def rolled_off(light: Array) -> Array:
    """The EETF of BT.2390: cd/m2 of the master to cd/m2 of the display; black stays black."""
    peak = light_to_pq(np.array(_MASTER_PEAK))
    signal = np.minimum(light_to_pq(light) / peak, 1)
    top = float(light_to_pq(np.array(_WHITE)) / peak)
    knee = 1.5 * top - 0.5
    t = np.clip((signal - knee) / (1 - knee), 0, 1)
    bent = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * top
    )
    return pq_to_light(np.where(signal < knee, signal, bent) * peak)


def to_sdr(signal: Array, transfer: str) -> Array:
    """Colours in BT.2020 to BT.709.

    Args:
        signal: ``(..., 3)``, 0 to 1, R'G'B' of full range.
        transfer: ``smpte2084`` (PQ) or ``arib-std-b67`` (HLG).

    Returns:
        ``(..., 3)``, 0 to 1.

    Raises:
        ValueError: the transfer curve is neither.
    """
    if transfer == "smpte2084":
        light = pq_to_light(signal)
    elif transfer == "arib-std-b67":
        light = hlg_to_light(signal)
    else:
        raise ValueError(f"{transfer} is no HDR transfer curve")
    largest = light.max(axis=-1, keepdims=True)
    mapped = light * (rolled_off(largest) / np.maximum(largest, 1e-6)) / _WHITE
    result: Array = np.power(np.clip(mapped @ _TO_BT709.T, 0, 1), 1 / 2.4)
    return result


@cache
def _table(transfer: str) -> ImageFilter.Color3DLUT:
    axis = np.linspace(0, 1, _STEPS)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")  # red varies fastest
    colours = to_sdr(np.stack([red, green, blue], axis=-1), transfer)
    return ImageFilter.Color3DLUT(_STEPS, colours.astype(np.float32).ravel())


def tone_mapped(pixels: NDArray[np.uint8], transfer: str) -> NDArray[np.uint8]:
    """An HDR picture as SDR.

    Args:
        pixels: ``(h, w, 3)`` R'G'B', full range, BT.2020, as coded.
        transfer: ``smpte2084`` or ``arib-std-b67``.
    """
    image = Image.fromarray(np.ascontiguousarray(pixels)).filter(_table(transfer))
    return np.asarray(image, np.uint8)
