"""Places made unrecognisable."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from pipelines.filter.drawing import Rgb
from pipelines.filter.masks import drawn_head
from studio.types.landmarks import Floats

#: Raised whenever the same places would look otherwise.
COVER_VERSION = 1
#: What stays of a covered place: so many pixels across, whatever its size.
_BLUR_CELLS, _MOSAIC_CELLS = 4, 6
_TONE = (222, 178, 144)


def cover_place(rgb: Rgb, box_px: Floats, how: str, *, oval: bool, plain: bool = False) -> None:
    """Cover a place; the picture is written to.

    Args:
        rgb: uint8 or uint16 ``(h, w, 3)``.
        box_px: float32 ``(4,)``, left, top, right, bottom; may reach over the edge.
        how: ``blur``, ``pixelate`` or ``drawn``.
        oval: an ellipse in the box, not all of it.
        plain: one even colour, where what is asked for was still seen as a face.
    """
    height, width = rgb.shape[:2]
    left, top = np.maximum(np.floor(box_px[:2]).astype(int), 0)
    right, bottom = np.minimum(np.ceil(box_px[2:]).astype(int), [width, height])
    if right - left < 1 or bottom - top < 1:
        return
    if how == "drawn" and not plain:
        cover_place(rgb, box_px, "blur", oval=oval, plain=True)
        drawn_head(rgb, box_px, _TONE)
        return
    part = rgb[top:bottom, left:right]
    tall, across = part.shape[:2]
    cells = 1 if plain else _MOSAIC_CELLS if how == "pixelate" else _BLUR_CELLS
    longer = max(box_px[2] - box_px[0], box_px[3] - box_px[1]) / cells
    wh = (max(1, round(across / longer)), max(1, round(tall / longer)))
    few = cv2.resize(part, wh, interpolation=cv2.INTER_AREA)
    grow = cv2.INTER_NEAREST if how == "pixelate" and not plain else cv2.INTER_CUBIC
    made: Any = cv2.resize(few, (across, tall), interpolation=grow)
    if not oval:
        rgb[top:bottom, left:right] = made
        return
    mask = np.zeros((tall, across), np.uint8)
    middle = ((box_px[:2] + box_px[2:]) / 2 - [left, top]) * 16
    half = (box_px[2:] - box_px[:2]) / 2 * 16
    cv2.ellipse(
        mask,
        (round(float(middle[0])), round(float(middle[1]))),
        (round(float(half[0])), round(float(half[1]))),
        0,
        0,
        360,
        255,
        -1,
        cv2.LINE_AA,
        4,
    )
    share = mask.astype(np.float32)[..., None] / 255
    mixed = part + share * (made.astype(np.float32) - part)
    rgb[top:bottom, left:right] = np.rint(mixed).astype(rgb.dtype)
