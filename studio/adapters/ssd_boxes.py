"""What the BlazeFace family of detectors shares: a net of anchors over a square picture, boxes
told as distances from them, and overlapping boxes averaged (Bazarevsky and others, 2019)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.types.landmarks import Floats, KeypointBoxes

#: Scores are clipped at this before the logistic function.
_CLIP = 60.0
#: Boxes that share more than this are one.
_SAME_IOU = 0.3


def anchors(side_px: int, layers: Sequence[tuple[int, int]]) -> Floats:
    """Middles of the anchors in shares of the square: float32 ``(n, 2)``.

    Args:
        side_px: of the picture.
        layers: step in pixels, and how many anchors stand at each place.
    """
    found = []
    for step_px, each in layers:
        count = -(-side_px // step_px)
        places = (np.arange(count, dtype=np.float32) + 0.5) / count
        y, x = np.meshgrid(places, places, indexing="ij")
        found.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), each, axis=0))
    return np.concatenate(found)


def letterboxed(rgb: NDArray[np.uint8], side_px: int) -> tuple[NDArray[np.uint8], Floats]:
    """A picture in the middle of a black square.

    Returns:
        uint8 ``(1, side_px, side_px, 3)``, and ``(left, top, side)`` of the square in pixels of
        the picture.
    """
    import cv2

    height, width = rgb.shape[:2]
    side = max(height, width)
    scale = side_px / side
    wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(rgb, wh, interpolation=how)
    left, top = (side_px - wh[0]) // 2, (side_px - wh[1]) // 2
    square = np.zeros((1, side_px, side_px, 3), np.uint8)
    square[0, top : top + wh[1], left : left + wh[0]] = small
    return square, np.array([-left / scale, -top / scale, side], np.float32)


def decoded(
    raw: Floats,
    logits: Floats,
    anchor_xy: Floats,
    side_px: int,
    square: Floats,
    min_score: float,
) -> KeypointBoxes:
    """Boxes and points out of what a detector says of one square.

    Args:
        raw: ``(n, 4 + 2 k)``: middle and size of the box, then points, in pixels of the square
            from the anchor.
        logits: ``(n,)``.
        anchor_xy: of :func:`anchors`.
        side_px: of the square, in the detector's pixels.
        square: of :func:`letterboxed`.
        min_score: 0 to 1.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits, -_CLIP, _CLIP)))
    rows = np.flatnonzero(scores >= min_score)
    places = raw[rows].reshape(len(rows), raw.shape[1] // 2, 2) / side_px
    half = places[:, 1] / 2
    places = places + anchor_xy[rows, None]
    boxes = np.concatenate([places[:, 0] - half, places[:, 0] + half], axis=1)
    values = np.concatenate([boxes, places[:, 2:].reshape(len(rows), raw.shape[1] - 4)], axis=1)
    means, best = _averaged(values, scores[rows].astype(np.float32))
    pairs = means.reshape(len(means), raw.shape[1] // 2, 2) * square[2] + square[:2]
    return KeypointBoxes(
        pairs[:, :2].reshape(-1, 4).astype(np.float32), best, pairs[:, 2:].astype(np.float32)
    )


def _averaged(values: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Each box becomes the mean, weighed by score, of all that overlap it."""
    made, kept = [], []
    left = np.argsort(-scores, kind="stable")
    while len(left):
        same = overlap(values[left[:1], :4], values[left, :4])[0] > _SAME_IOU
        same[0] = True
        rows = left[same]
        made.append(np.average(values[rows], axis=0, weights=scores[rows]))
        kept.append(scores[rows[0]])
        left = left[~same]
    return (
        np.array(made, np.float32).reshape(-1, values.shape[1]),
        np.array(kept, np.float32),
    )


def overlap(one: Floats, other: Floats) -> Floats:
    """Intersection over union of boxes ``(n, 4)`` and ``(m, 4)``, as float32 ``(n, m)``."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.maximum(high - low, 0).prod(axis=2)
    areas = [np.maximum(b[:, 2:] - b[:, :2], 0).prod(axis=1) for b in (one, other)]
    union = areas[0][:, None] + areas[1][None] - shared
    shares: Floats = (shared / np.maximum(union, 1e-9)).astype(np.float32)
    return shares
