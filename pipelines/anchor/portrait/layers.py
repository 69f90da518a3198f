"""A portrait in two layers: the person, and what stands behind them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]


def filled(rgb: Pictures, known: NDArray[np.float32]) -> NDArray[np.float32]:
    """A picture whose unknown places are painted from what lies around them.

    By push and pull over a pyramid (Gortler and others, 1996): near an edge as the neighbours
    are, far inside as the whole is.

    Args:
        rgb: uint8 ``(h, w, 3)``.
        known: float32 ``(h, w)``, 0 to 1.

    Returns:
        float32 ``(h, w, 3)``.
    """
    if min(rgb.shape[:2]) < 2:
        return rgb.astype(np.float32)
    weighted = [np.concatenate([rgb * known[..., None], known[..., None]], axis=2).astype(np.float32)]
    while min(weighted[-1].shape[:2]) > 2:
        level = cv2.pyrDown(weighted[-1])
        share = level[..., 3:]
        # A level knows for sure what a quarter of it knows.
        level *= np.minimum(1 / np.maximum(share, 1e-6), 4.0)
        weighted.append(level)
    made = weighted[-1][..., :3] / np.maximum(weighted[-1][..., 3:], 1e-6)
    for level in reversed(weighted[:-1]):
        above = cv2.resize(made, level.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        share = np.minimum(level[..., 3:], 1)
        made = level[..., :3] + (1 - share) * above
    return np.asarray(made, np.float32)


def parted(rgb: Pictures, matte: NDArray[np.float32]) -> tuple[Pictures, Pictures]:
    """The two layers of a portrait; laid over one another they are the portrait again.

    Args:
        rgb: uint8 ``(h, w, 3)``.
        matte: float32 ``(h, w)``, how much of each pixel is the person.

    Returns:
        The person, uint8 ``(h, w, 4)`` with straight colours that go on outside their edge;
        and what is behind, uint8 ``(h, w, 3)``, painted in where the person is.
    """
    picture = rgb.astype(np.float32)
    away = cv2.dilate((matte > 0.02).astype(np.uint8), np.ones((5, 5), np.uint8))
    behind = filled(rgb, (1 - away).astype(np.float32))
    share = matte[..., None]
    # Where the matte is in doubt both layers are the picture: whatever it says, nothing changes.
    doubt = np.clip((share - 0.1) / 0.5, 0, 1)
    behind = picture + doubt * (behind - picture)
    surely = cv2.erode((matte > 0.97).astype(np.uint8), np.ones((3, 3), np.uint8))
    guess = filled(rgb, surely.astype(np.float32))
    solved = (picture - (1 - share) * behind) / np.maximum(share, 1e-3)
    colours = np.where(share > 0.02, np.clip(solved, 0, 255), guess)
    colours = np.where((surely > 0)[..., None], picture, colours)
    person = np.concatenate([colours, 255 * share], axis=2)
    return _bytes(person), _bytes(behind)


def _bytes(values: Floats) -> Pictures:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
