"""Edges of lips and lids, found in the picture near where the mesh has them.

The mesh is told to a pixel or two of 192 and knows no moustache: lips parted along it would part
beside their line.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Floats = NDArray[np.floating[Any]]

#: What a step aside between neighbours costs, in deviations of the edge's strength; and how much
#: a place is doubted by its distance from the mesh's.
_STEP_COST, _DOUBT = 0.6, 1.0


def brightness(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 ``(h, w)``, L of CIELAB, 0 to 255."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
    return np.asarray(lab[..., 0], np.float32)


def redness(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 ``(h, w)``, a of CIELAB, 0 to 255."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
    return np.asarray(lab[..., 1], np.float32)


def edge_offsets(
    values: NDArray[np.float32], line_px: Floats, normal: Floats, reach_px: float, soft_px: float
) -> Floats:
    """How far beside a line the strongest rise of the values runs, as one unbroken path.

    The path of least cost by dynamic programming (as in intelligent scissors, Mortensen and
    Barrett, 1995).

    Args:
        values: float32 ``(h, w)``; they rise along ``normal`` where the edge is.
        line_px: ``(n, 2)``, neighbours about a pixel apart.
        normal: ``(2,)``, of length 1.
        reach_px: how far to look on both sides.
        soft_px: deviation of the blur that grain is lost in.

    Returns:
        float64 ``(n,)`` px along ``normal``.
    """
    reach = max(2, round(reach_px))
    steps = np.arange(-reach, reach + 1)
    places = line_px[:, None] + steps[None, :, None] * normal
    lines = cv2.remap(
        cv2.GaussianBlur(values, (0, 0), max(0.6, soft_px)),
        places.astype(np.float32),
        None,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    rise = np.gradient(lines.astype(np.float64), axis=1)
    rise = gaussian_filter1d(rise, 1.5, axis=0)
    rise /= max(float(rise.std()), 1e-6)
    cost = -np.maximum(rise, 0) + _DOUBT * (steps / (0.6 * reach)) ** 2
    total = cost.copy()
    came = np.zeros(cost.shape, np.int64)
    for row in range(1, len(cost)):
        before = np.pad(total[row - 1], 1, constant_values=np.inf)
        ways = np.stack([before[:-2] + _STEP_COST, before[1:-1], before[2:] + _STEP_COST])
        came[row] = np.argmin(ways, axis=0) - 1
        total[row] += ways.min(axis=0)
    path = np.empty(len(cost), np.int64)
    path[-1] = int(np.argmin(total[-1]))
    for row in range(len(cost) - 1, 0, -1):
        path[row - 1] = path[row] + came[row, path[row]]
    return np.asarray(gaussian_filter1d(steps[path].astype(np.float64), max(1.0, len(path) / 25)))
