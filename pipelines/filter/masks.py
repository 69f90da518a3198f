"""Masks painted on the mesh of a face."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipelines.filter.drawing import Rgb, Sheet, light_on, ring, widened
from pipelines.filter.head import Head, head_of
from pipelines.filter.people import Face, outline
from studio.types.landmarks import (
    FACE_OVAL,
    LEFT_EYE,
    LIPS_INNER,
    LIPS_OUTER,
    NOSE_TIP,
    RIGHT_EYE,
    Floats,
)

#: Raised whenever the same masks would be drawn otherwise.
MASKS_VERSION = 2
#: About the eyes: over the brows from the person's right, and back under the eyes.
_DOMINO = (
    *(9, 107, 66, 105, 63, 70, 156, 143, 111, 117, 118, 119, 120, 121, 188, 196, 197),
    *(419, 412, 350, 349, 348, 347, 346, 340, 372, 383, 300, 293, 334, 296, 336),
)
#: The lower face from the bridge of the nose by the person's right cheek and the chin.
_LOWER = (
    *(195, 198, 126, 101, 117, 123, 147, 215, 172, 136, 150, 149, 176, 148, 152),
    *(377, 400, 378, 379, 365, 397, 435, 376, 352, 346, 330, 355, 420),
)


class _Painter:
    """A sheet over one face."""

    def __init__(self, rgb: Rgb, face: Face) -> None:
        self.points = np.ascontiguousarray(face.points_px[:, :2])
        self.head: Head = head_of(face)
        self.unit = self.head.width_px
        reach = self.head.project(
            np.array(
                [[-0.9, -1.1, 0.2], [0.9, -1.1, 0.2], [-0.9, 1.0, 0], [0.9, 1.0, 0]], np.float32
            )
        )
        size = (rgb.shape[1], rgb.shape[0])
        reach = np.concatenate([reach, self.points])
        self.sheet = Sheet(size, reach, light_on(rgb, outline(face)))

    def at(self, *places: int) -> Floats:
        made: Floats = self.points[list(places)]
        return made

    def eyes(self, share: float = 1.0) -> tuple[Floats, Floats]:
        right, left = (widened(self.at(*e), share) for e in (RIGHT_EYE, LEFT_EYE))
        return right, left

    def holes(self, share: float) -> None:
        for eye in self.eyes(share):
            self.sheet.fill(eye, (0, 0, 0), 0.0)


def _smooth(points: Floats, steps: int = 2) -> Floats:
    """A polygon with its corners cut (Chaikin)."""
    for _ in range(steps):
        after = np.roll(points, -1, axis=0)
        points = np.stack([0.75 * points + 0.25 * after, 0.25 * points + 0.75 * after], 1)
        points = points.reshape(-1, 2)
    return points.astype(np.float32)


def _carnival(p: _Painter) -> None:
    edge = _smooth(widened(p.at(*_DOMINO), 1.16))
    p.sheet.fill(edge, (208, 170, 92))
    p.sheet.fill(widened(edge, 0.94), (92, 26, 84))
    for eye in p.eyes(1.75):
        p.sheet.fill(_smooth(eye), (208, 170, 92))
    for side in (-1, 1):
        for i, (x, y) in enumerate(((0.42, -0.2), (0.5, -0.26), (0.57, -0.33))):
            place = p.head.project(np.array([[side * x, y, 0.06]], np.float32))[0]
            p.sheet.disc(place, (0.022 - 0.004 * i) * p.unit, (238, 214, 150))
    p.holes(1.5)


def _bandit(p: _Painter) -> None:
    p.sheet.fill(_smooth(widened(p.at(*_DOMINO), 1.12)), (20, 20, 24))
    p.holes(1.45)


def _cat(p: _Painter) -> None:
    for side in (-1, 1):
        for scale, colour in ((1.0, (58, 52, 56)), (0.62, (226, 150, 158))):
            middle = np.array([side * 0.4, -0.76])
            flat = np.array([[-0.2, 0.2], [0.2, 0.2], [side * 0.12, -0.3]]) * scale + middle
            flat = np.concatenate([flat, np.full((3, 1), 0.25)], axis=1)
            flat[:, 1] += p.head.hairline[1] + 0.6
            p.sheet.fill(p.head.project(flat.astype(np.float32)), colour)
    nose = p.at(NOSE_TIP)[0]
    down = p.head.axes[1, :2] * p.unit
    across = p.head.axes[0, :2] * p.unit
    shape = [(-0.085, -0.035), (0.085, -0.035), (0.0, 0.065)]
    corners = np.array([nose + x * across + y * down for x, y in shape], np.float32)
    p.sheet.fill(_smooth(corners, 2), (226, 120, 136))
    p.sheet.stroke(
        np.array([nose + 0.05 * down, p.at(0)[0]], np.float32), 0.012 * p.unit, (58, 52, 56)
    )
    for root, side in ((205, -1), (425, 1)):
        start = p.at(root)[0]
        for lean in (-0.1, 0.0, 0.1):
            end = p.head.project(np.array([[side * 0.72, 0.34 + lean * 1.6, 0.02]], np.float32))[0]
            begin = start + lean * 0.5 * down
            p.sheet.fill(
                np.array([begin + 0.009 * down, end, begin - 0.009 * down], np.float32),
                (58, 52, 56),
            )


def _clown(p: _Painter) -> None:
    for eye in p.eyes(2.1):
        p.sheet.fill(_smooth(eye), (246, 244, 240), 0.85)
    for first, last in ((105, 119), (334, 348)):
        top, low = p.at(first, last)
        bar = 0.022 * p.unit * p.head.axes[0, :2]
        p.sheet.fill(np.array([top + bar, low, top - bar], np.float32), (40, 90, 190))
    p.holes(1.2)
    p.sheet.fill(_smooth(widened(p.at(*LIPS_OUTER), 1.75)), (246, 244, 240), 0.9)
    p.sheet.fill(_smooth(widened(p.at(*LIPS_OUTER), 1.2)), (206, 28, 44), 0.9)
    p.sheet.fill(p.at(*LIPS_INNER), (0, 0, 0), 0.0)
    for cheek in (50, 280):
        p.sheet.disc(p.at(cheek)[0], 0.095 * p.unit, (224, 84, 92), 0.7)
    nose = p.at(NOSE_TIP)[0]
    p.sheet.disc(nose, 0.125 * p.unit, (204, 22, 38))
    p.sheet.disc(nose - 0.035 * p.unit, 0.034 * p.unit, (246, 150, 150))


def _skull(p: _Painter) -> None:
    p.sheet.fill(_smooth(p.at(*FACE_OVAL)), (228, 224, 212), 0.92)
    for eye in p.eyes(2.3):
        p.sheet.fill(_smooth(eye), (26, 24, 26), 0.95)
    for side in (((168, 129, 2)), ((168, 358, 2))):
        bridge, wing, foot = p.at(*side)
        top = bridge * 0.35 + foot * 0.65
        near = foot * 0.8 + wing * 0.2
        p.sheet.fill(np.array([top, wing, near], np.float32), (26, 24, 26), 0.95)
    mouth = widened(p.at(*LIPS_OUTER), 1.35)
    p.sheet.fill(_smooth(mouth), (240, 236, 226))
    right, left = p.at(61, 291)
    p.sheet.stroke(np.stack([right, left]), 0.014 * p.unit, (40, 36, 36))
    down = p.head.axes[1, :2] * p.unit
    for share in np.linspace(0.1, 0.9, 7):
        middle = right + (left - right) * share
        reach = 0.085 * (1 - (2 * share - 1) ** 2) + 0.02
        ends = np.array([middle - reach * down, middle + reach * down], np.float32)
        p.sheet.stroke(ends, 0.012 * p.unit, (40, 36, 36))
    for eye in p.eyes(1.0):
        p.sheet.fill(eye, (0, 0, 0), 0.0)


def _medical(p: _Painter) -> None:
    white = (222, 230, 234)
    for ear, high, low in ((-1, 117, 172), (1, 346, 397)):
        back = p.head.project(np.array([[ear * 0.52, 0.2, 0.4]], np.float32))[0]
        out = ear * float((back - p.at(high)[0]) @ p.head.axes[0, :2])
        if out > 0:  # else the cheek is before it
            for place in (high, low):
                p.sheet.stroke(np.stack([p.at(place)[0], back]), 0.014 * p.unit, white)
    edge = _smooth(p.at(*_LOWER))
    p.sheet.fill(widened(edge, 1.03), (118, 164, 186))
    p.sheet.fill(widened(edge, 0.985), (142, 188, 208))
    for share in (0.35, 0.5, 0.65):
        ends = []
        for cheek, jaw in ((123, 136), (352, 365)):
            a, b = p.at(cheek, jaw)
            ends.append(a * (1 - share) + b * share)
        nose, chin = p.at(5, 152)
        middle = nose * (1 - share) + chin * share
        line = np.array([ends[0] * 0.8 + middle * 0.2, middle, ends[1] * 0.8 + middle * 0.2])
        p.sheet.stroke(line.astype(np.float32), 0.008 * p.unit, (116, 162, 184))


_MASKS: dict[str, Callable[[_Painter], None]] = {
    "carnival": _carnival,
    "bandit": _bandit,
    "cat": _cat,
    "clown": _clown,
    "skull": _skull,
    "medical": _medical,
}


def draw_mask(rgb: Rgb, face: Face, name: str) -> None:
    """Put a mask on a face; the picture is written to."""
    painter = _Painter(rgb, face)
    _MASKS[name](painter)
    painter.sheet.soften(0.0012 * painter.unit)
    painter.sheet.lay_over(rgb)


def drawn_head(rgb: Rgb, box_px: Floats, tone: tuple[int, int, int]) -> None:
    """A drawn face that hides the one in a box, whoever it is; the picture is written to.

    Args:
        rgb: the picture.
        box_px: float32 ``(4,)``, left, top, right, bottom.
        tone: of the skin.
    """
    middle = (box_px[:2] + box_px[2:]) / 2
    half = (box_px[2:] - box_px[:2]) / 2
    sheet = Sheet((rgb.shape[1], rgb.shape[0]), box_px.reshape(2, 2))
    darker = (int(tone[0] * 0.72), int(tone[1] * 0.72), int(tone[2] * 0.72))
    sheet.fill(ring(middle, half[0], half[1], 64), darker)
    sheet.fill(ring(middle, half[0] * 0.95, half[1] * 0.95, 64), tone)
    for side in (-1, 1):
        eye = middle + half * np.array([side * 0.36, -0.12])
        sheet.fill(ring(eye, half[0] * 0.09, half[1] * 0.11), (38, 34, 36))
    turns = np.linspace(0.2 * np.pi, 0.8 * np.pi, 14)
    smile = middle + half * np.stack([0.4 * np.cos(turns), 0.1 + 0.36 * np.sin(turns)], axis=1)
    sheet.stroke(smile.astype(np.float32), 0.06 * float(half.min()) + 0.5, (38, 34, 36))
    sheet.lay_over(rgb)
