"""A picture of all characters, each in a few expressions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.avatar.characters import CAST, Character, bust, draw_backdrop, draw_character
from studio.drawing.canvas import Canvas
from studio.types.character import Expression, MouthShape

_SIDE_PX = 320
#: What the sheet shows of each.
POSES: dict[str, Expression] = {
    "calm": Expression(),
    "smiling": Expression(
        smile=0.9, cheek=0.5, mouth=MouthShape(jaw=0.12, upper_lip=0.5, width=0.3)
    ),
    "speaking": Expression(brow_left=0.4, brow_right=0.4).saying("aa"),
    "round": Expression(gaze_x=0.5).saying("ou"),
    "blinking": Expression(eye_left=0.0, eye_right=0.0),
    "to its left": Expression(yaw=0.5, gaze_x=0.3, smile=0.3),
    "to its right": Expression(yaw=-0.5, pitch=0.15, roll=-0.1, smile=0.3),
    "astonished": Expression(
        pitch=-0.25, brow_left=1, brow_right=1, eye_left=1.25, eye_right=1.25
    ).saying("oh"),
}


def portrait(
    who: Character, now: Expression, width: int = _SIDE_PX, height: int = _SIDE_PX
) -> NDArray[np.uint8]:
    """A character before its own background, uint8 ``(h, w, 3)``."""
    canvas = Canvas(width, height)
    draw_backdrop(canvas, who, width, height)
    draw_character(canvas, who, now, bust(width, height))
    return canvas.pixels[..., :3].copy()


def sheet(cast: Sequence[Character] = CAST) -> NDArray[np.uint8]:
    """All characters, one a row, in the order of :data:`POSES`: uint8 ``(h, w, 3)``."""
    rows = [np.hstack([portrait(who, now) for now in POSES.values()]) for who in cast]
    return np.vstack(rows)


def write_sheet(path: Path) -> Path:
    """Write the sheet as PNG; it appears whole or not at all.

    Raises:
        EncodeFailed: it cannot be written.
    """
    from studio.media.still import write_still

    write_still(path, sheet())
    return path
