"""HDR pictures brought to SDR: PQ and HLG in BT.2020 to BT.709 at gamma 2.4.

Signal to light by SMPTE ST 2084 and ITU-R BT.2100; highlights rolled off by the EETF of ITU-R
BT.2390-8 from a 1000 cd/m2 master to a display whose white is the 203 cd/m2 of diffuse white
(ITU-R BT.2408), on the largest component so that hues stay; then BT.2020 to BT.709 in light,
and the inverse of the BT.1886 display curve. Each curve is a table; a three-dimensional table
of all at once (33 steps) was as slow and off by up to 50 of 255 at the edge of the gamut.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

#: FFmpeg's names of the curves.
HDR_TRANSFERS = ("smpte2084", "arib-std-b67")
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


def hlg_to_scene(signal: Array) -> Array:
    """HLG signal (0 to 1) to light of the scene (0 to 1)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    high = (np.exp((np.maximum(signal, 0.5) - c) / a) + b) / 12
    scene: Array = np.where(signal <= 0.5, signal**2 / 3, high)
    return scene


def hlg_to_light(signal: Array) -> Array:
    """HLG signal ``(..., 3)`` to cd/m2 on a display of 1000 cd/m2 (system gamma 1.2)."""
    scene = hlg_to_scene(signal)
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
def _light_of(transfer: str, codes: int) -> NDArray[np.float32]:
    """cd/m2 of each code value; for HLG the light of the scene, before the display's gamma."""
    signal = np.linspace(0, 1, codes)
    light = pq_to_light(signal) if transfer == "smpte2084" else hlg_to_scene(signal)
    return light.astype(np.float32)


@cache
def _roll_off() -> NDArray[np.float32]:
    """How far a light is lowered, over its fourth root in 4096 steps up to 10000 cd/m2."""
    light = 10000 * np.linspace(1e-3, 1, 4096) ** 4
    return (rolled_off(light) / light / _WHITE).astype(np.float32)


@cache
def _display_code() -> NDArray[np.uint8]:
    """8-bit code of each of 65536 steps of light."""
    return np.round(255 * np.linspace(0, 1, 65536) ** (1 / 2.4)).astype(np.uint8)


def tone_mapped(pixels: NDArray[np.uint8] | NDArray[np.uint16], transfer: str) -> NDArray[np.uint8]:
    """An HDR picture as SDR: :func:`to_sdr` by tables, to within 3 of 255.

    640x360 takes about 5 ms on one core.

    Args:
        pixels: ``(h, w, 3)`` R'G'B', full range of 8 or 16 bits, BT.2020, as coded.
        transfer: ``smpte2084`` or ``arib-std-b67``.

    Raises:
        ValueError: the transfer curve is neither.
    """
    if transfer not in HDR_TRANSFERS:
        raise ValueError(f"{transfer} is no HDR transfer curve")
    light = _light_of(transfer, 256 if pixels.dtype == np.uint8 else 65536)[pixels]
    if transfer == "arib-std-b67":
        luma = cv2.transform(light, _LUMA_2020[None].astype(np.float32))
        light *= _MASTER_PEAK * cv2.pow(np.maximum(luma, 1e-9), 0.2)[..., None]
    largest = np.maximum(np.maximum(light[..., 0], light[..., 1]), light[..., 2])
    steps = np.sqrt(np.sqrt(largest * np.float32(1e-4))) * np.float32(4095)
    light *= _roll_off()[np.minimum(steps, 4095).astype(np.uint16)][..., None]
    mapped = cv2.transform(light, _TO_BT709.astype(np.float32))
    codes = np.clip(mapped * 65535 + 0.5, 0, 65535).astype(np.uint16)
    shown: NDArray[np.uint8] = _display_code()[codes]
    return shown
