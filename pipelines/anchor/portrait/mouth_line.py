"""Where the lips of a portrait meet, or part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.portrait.face_frame import FaceFrame
from pipelines.anchor.portrait.tracing import brightness, edge_offsets, redness

Floats = NDArray[np.floating[Any]]

#: Inner edges of the lips from the left of the picture to the right, corners included.
_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
_CORNERS = ((61, 78), (291, 308))
#: Outer and inner edge of each lip in its middle.
_THICKNESS = ((0, 13), (17, 14))
#: Lips nearer than this, in units of the face, are closed; of closed ones the mesh says up to 0.02.
_CLOSED = 0.045
#: How far from the mesh's line the lips' own is looked for, in units.
_REACH_CLOSED, _REACH_OPEN = 0.085, 0.06


@dataclass(frozen=True)
class MouthLine:
    """The line between the lips.

    Attributes:
        share: float64 ``(n,)``, -1 at the corner on the picture's left to 1 on its right.
        upper_px, lower_px: float64 ``(n, 2)``, the lips' inner edges; one line where closed.
        half_wide: units from the middle to a corner.
        thick: units, the mean of both lips.
        open: whether the lips are apart.
    """

    share: Floats
    upper_px: Floats
    lower_px: Floats
    half_wide: float
    thick: float
    open: bool

    @property
    def gap_px(self) -> float:
        """Between the lips in the middle."""
        middle = len(self.share) // 2
        return float(np.linalg.norm(self.lower_px[middle] - self.upper_px[middle]))


def mouth_line(rgb: NDArray[np.uint8], points_px: Floats, face: FaceFrame) -> MouthLine:
    """Find it, from the mesh and then in the picture.

    Args:
        rgb: uint8 ``(h, w, 3)``.
        points_px: ``(468, 3)``.
    """
    flat = points_px[:, :2].astype(np.float64)
    ends = [flat[list(pair)].mean(axis=0) for pair in _CORNERS]
    upper = np.concatenate([[ends[0]], flat[list(_UPPER[1:-1])], [ends[1]]])
    lower = np.concatenate([[ends[0]], flat[list(_LOWER[1:-1])], [ends[1]]])
    gap = float(np.linalg.norm(flat[14] - flat[13])) / face.unit_px
    count = max(21, round(float(np.linalg.norm(ends[1] - ends[0]))) | 1)
    # The middle of the lips lies at share 0 however the head is turned.
    share = np.linspace(-1, 1, count)
    knots = np.linspace(-1, 1, len(_UPPER))
    top = np.stack([_through(knots, upper[:, k], share) for k in (0, 1)], axis=1)
    low = np.stack([_through(knots, lower[:, k], share) for k in (0, 1)], axis=1)
    soft = 0.008 * face.unit_px
    normal = face.down_px
    fade = 1 - share**4  # the corners are where the mesh has them
    opened = gap > _CLOSED
    if opened:
        red = redness(rgb) - 0.3 * brightness(rgb)  # lips are red, teeth are light
        reach = _REACH_OPEN * face.unit_px
        top = top + (fade * edge_offsets(-red, top, normal, reach, soft))[:, None] * normal
        low = low + (fade * edge_offsets(red, low, normal, reach, soft))[:, None] * normal
        # What is mixed of lip and teeth belongs to the teeth.
        top = top - (fade * soft)[:, None] * normal
        low = low + (fade * soft)[:, None] * normal
        # Both at one place along the mouth, so that they meet where they part.
        along = np.array([normal[1], -normal[0]])
        low = np.stack([np.interp(top @ along, low @ along, low[:, k]) for k in (0, 1)], axis=1)
        crossed = (low - top) @ normal < 0
        middle = (top + low) / 2
        top[crossed] = low[crossed] = middle[crossed]
    else:
        line = (top + low) / 2
        reach = _REACH_CLOSED * face.unit_px
        aside = edge_offsets(brightness(rgb), line, normal, reach, soft)
        top = low = line + (fade * aside)[:, None] * normal
    thick = np.mean([np.linalg.norm(flat[a] - flat[b]) for a, b in _THICKNESS]) / face.unit_px
    half = float(np.linalg.norm(face.local(points_px[291]) - face.local(points_px[61]))) / 2
    return MouthLine(share, top, low, half, float(thick), opened)


def _through(at: Floats, values: Floats, wanted: Floats) -> Floats:
    from scipy.interpolate import PchipInterpolator

    return np.asarray(PchipInterpolator(at, values)(wanted))
