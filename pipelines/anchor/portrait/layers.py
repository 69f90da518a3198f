"""A portrait in two layers: the person, and what stands behind them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.portrait.warping import smooth

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
    weighted = [
        np.concatenate([rgb * known[..., None], known[..., None]], axis=2).astype(np.float32)
    ]
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


def over_own(rgb: Pictures, matte: NDArray[np.float32], rim_px: float) -> tuple[Pictures, Pictures]:
    """The two layers of a portrait that keeps its own background.

    The person takes a rim of the background along, in which the layers change over; so no trace
    of the person stays behind, and laid over one another at rest they are the picture again.

    Args:
        rgb: uint8 ``(h, w, 3)``.
        matte: float32 ``(h, w)``, how much of each pixel is the person.
        rim_px: how wide.

    Returns:
        The person, uint8 ``(h, w, 4)``; what is behind, uint8 ``(h, w, 3)``, painted in where
        the person is.
    """
    apart = cv2.distanceTransform((matte < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    share = smooth((2.0 * rim_px - apart) / rim_px).astype(np.float32)[..., None]
    unknown = (share[..., 0] > 0).astype(np.uint8)
    picture = rgb.astype(np.float32)
    behind = filled(rgb, (1 - unknown).astype(np.float32)) + _texture(picture, unknown, rim_px)
    behind = picture + smooth((share - 0.5) / 0.5) * (behind - picture)
    return _bytes(np.concatenate([picture, 255 * share], axis=2)), _bytes(behind)


def _texture(picture: NDArray[np.float32], unknown: Pictures, rim_px: float) -> Floats:
    """The fine texture of the nearest known places, mirrored into the unknown ones."""
    if not unknown.any() or unknown.all():
        return np.zeros_like(picture)
    fine = picture - cv2.GaussianBlur(picture, (0, 0), max(2.0, 1.5 * rim_px))
    _, labels = cv2.distanceTransformWithLabels(
        unknown, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    y, x = np.nonzero(unknown == 0)
    order = np.empty((labels.max() + 1, 2), np.float32)
    order[labels[y, x]] = np.stack([x, y], axis=1)
    nearest = order[labels]
    here = np.stack(np.meshgrid(np.arange(unknown.shape[1]), np.arange(unknown.shape[0])), axis=-1)
    away = nearest - here
    far = np.linalg.norm(away, axis=-1, keepdims=True)
    mirrored = nearest + away / np.maximum(far, 1) * (far + 2 * rim_px)
    seen = cv2.remap(
        fine, mirrored.astype(np.float32), None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(seen * (unknown > 0)[..., None])


def alone(rgb: Pictures, matte: NDArray[np.float32]) -> Pictures:
    """The person of a portrait without its background.

    Args:
        rgb: uint8 ``(h, w, 3)``.
        matte: float32 ``(h, w)``.

    Returns:
        uint8 ``(h, w, 4)``: straight colours with the background's taken out of the edge; they
        go on outside of it.
    """
    picture = rgb.astype(np.float32)
    share = matte[..., None]
    behind = filled(rgb, (matte < 0.02).astype(np.float32))
    surely = cv2.erode((matte > 0.97).astype(np.uint8), np.ones((3, 3), np.uint8))
    guess = filled(rgb, surely.astype(np.float32))
    solved = (picture - (1 - share) * behind) / np.maximum(share, 0.05)
    # Grain would be blown up at the edge: there it stays near what the person is like.
    solved = np.clip(solved, guess - 40 * share, guess + 40 * share)
    colours = np.where((surely > 0)[..., None], picture, solved)
    return _bytes(np.concatenate([colours, 255 * share], axis=2))


def _bytes(values: Floats) -> Pictures:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
