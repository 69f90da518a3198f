"""Places made unrecognisable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.filter.drawing import Rgb
from pipelines.filter.masks import drawn_head
from studio.types.landmarks import Floats

#: Raised whenever the same places would look otherwise.
COVER_VERSION = 1
#: What stays of a covered place: so many pixels across, whatever its size.
_BLUR_CELLS, _MOSAIC_CELLS = 4, 6
_TONE = (222, 178, 144)


def cover_place(
    rgb: Rgb,
    box_px: Floats,
    how: str,
    *,
    oval: bool,
    plain: bool = False,
    spared: Sequence[Sequence[float]] = (),
) -> None:
    """Cover a place; the picture is written to.

    Args:
        rgb: uint8 or uint16 ``(h, w, 3)``.
        box_px: float32 ``(4,)``, left, top, right, bottom; may reach over the edge.
        how: ``blur``, ``pixelate`` or ``drawn``.
        oval: an ellipse in the box, not all of it.
        plain: one even colour, where what is asked for was still seen as a face.
        spared: boxes of which the ellipses stay as they are.
    """
    height, width = rgb.shape[:2]
    left, top = np.maximum(np.floor(box_px[:2]).astype(int), 0)
    right, bottom = np.minimum(np.ceil(box_px[2:]).astype(int), [width, height])
    if right - left < 1 or bottom - top < 1:
        return
    part = rgb[top:bottom, left:right]
    made = rgb[top:bottom, left:right].copy() if how == "drawn" else _unknowable(part, box_px, how)
    if plain or how == "drawn":
        made[:] = part.reshape(-1, 3).mean(axis=0).astype(rgb.dtype)
    origin = np.array([left, top], np.float32)
    if how == "drawn" and not plain:
        drawn_head(made, box_px - np.tile(origin, 2), _TONE)
    if not oval:
        rgb[top:bottom, left:right] = made
        return
    mask = _ellipse(part.shape[:2], box_px, origin)
    for box in spared:
        mask = np.minimum(mask, 255 - _ellipse(part.shape[:2], np.array(box), origin))
    share = mask.astype(np.float32)[..., None] / 255
    mixed = part + share * (made.astype(np.float32) - part)
    rgb[top:bottom, left:right] = np.rint(mixed).astype(rgb.dtype)


def _unknowable(part: Rgb, box_px: Floats, how: str) -> Any:
    """A place of which a few pixels are left."""
    tall, across = part.shape[:2]
    cells = _MOSAIC_CELLS if how == "pixelate" else _BLUR_CELLS
    longer = max(float(box_px[2] - box_px[0]), float(box_px[3] - box_px[1])) / cells
    wh = (max(1, round(across / longer)), max(1, round(tall / longer)))
    few = cv2.resize(part, wh, interpolation=cv2.INTER_AREA)
    grow = cv2.INTER_NEAREST if how == "pixelate" else cv2.INTER_LINEAR
    return cv2.resize(few, (across, tall), interpolation=grow)


def _ellipse(hw: tuple[int, ...], box_px: NDArray[Any], origin: Floats) -> NDArray[np.uint8]:
    mask = np.zeros(hw[:2], np.uint8)
    middle = np.rint(((box_px[:2] + box_px[2:]) / 2 - origin) * 16).astype(int)
    half = np.rint((box_px[2:] - box_px[:2]) / 2 * 16).astype(int)
    axes = (int(half[0]), int(half[1]))
    place = (int(middle[0]), int(middle[1]))
    cv2.ellipse(mask, place, axes, 0, 0, 360, 255, -1, cv2.LINE_AA, 4)
    return mask
