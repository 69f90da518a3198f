"""Hands before faces: what is drawn on a face lies under them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.filter.drawing import Rgb
from pipelines.filter.people import Face
from studio.adapters.hands import HandFinder, squares_of_hands, squares_of_palms
from studio.types.landmarks import Floats

#: Raised whenever the same hands would cover otherwise.
HANDS_VERSION = 1
#: Frames from one look for new hands to the next; between, each is followed by its points.
HANDS_EVERY = 3
#: Side of the square about a face that is looked at, in sizes of the face.
_AROUND = 2.2
#: Presence from which a hand is believed, and below which it is lost; and its palm's length in
#: sizes of the face's square. A face alone is now and then taken for a hand, but hardly twice on
#: end in one place.
_THERE, _GONE, _PALM = 0.8, 0.4, (0.1, 0.75)
_PALM_POINTS = (0, 1, 5, 9, 13, 17)
_FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
#: Widths of a finger and of the soft edge, in widths of the palm.
_FINGER, _SOFT = 0.34, 0.05


class HandsBefore:
    """Follows the hands before the faces of one stretch. For one thread.

    Args:
        finder: finds hands.
    """

    def __init__(self, finder: HandFinder) -> None:
        self._finder = finder
        self.reset()

    def reset(self) -> None:
        """Forget: a shot begins."""
        self._hands: list[Floats] = []
        self._since = 0

    def __call__(self, rgb: NDArray[np.uint8], faces: tuple[Face, ...]) -> list[Floats]:
        """The hands before faces on the next picture: float32 ``(21, 2)`` each, in pixels."""
        places = [_square(face) for face in faces]
        squares = [squares_of_hands(points[None])[0] for points in self._hands]
        looked = self._since % HANDS_EVERY == 0
        self._since += 1
        if looked:
            for left, top, side in places:
                squares += self._palms(rgb, left, top, side)
        if not squares:
            self._hands = []
            return []
        found = self._finder.find(rgb, np.stack(squares))
        before, self._hands = self._hands, []
        shown = []
        for row in np.argsort(-found.presence):
            points = found.points_px[row, :, :2]
            known = any(_same(points, other) for other in before)
            twice = any(_same(points, other) for other in self._hands)
            if found.presence[row] < (_GONE if known else _THERE) or twice:
                continue
            if not _near(points, places):
                continue
            self._hands.append(points)
            if known:
                shown.append(points)
        return shown

    def _palms(self, rgb: NDArray[np.uint8], left: int, top: int, side: int) -> list[Floats]:
        low_x, low_y = max(0, left), max(0, top)
        piece = rgb[low_y : max(0, top + side), low_x : max(0, left + side)]
        if min(piece.shape[:2]) < 16:
            return []
        found = self._finder.detect(np.ascontiguousarray(piece), min_score=0.6)
        squares = squares_of_palms(found)
        squares[:, :2] += np.array([low_x, low_y], np.float32)
        return list(squares)


def _square(face: Face) -> tuple[int, int, int]:
    """Left, top and side of where hands matter."""
    x, y = face.points_px[:, :2].mean(axis=0)
    side = face.size_px * _AROUND
    return round(float(x) - side / 2), round(float(y) - side / 2), max(1, round(side))


def _near(points: Floats, places: list[tuple[int, int, int]]) -> bool:
    """Whether a hand is about a face, and of its size."""
    palm = float(np.linalg.norm(points[9] - points[0]))
    low, high = points.min(axis=0), points.max(axis=0)
    return any(
        _PALM[0] * side / _AROUND < palm < _PALM[1] * side / _AROUND
        and (high > [left, top]).all()
        and (low < [left + side, top + side]).all()
        for left, top, side in places
    )


def _same(points: Floats, other: Floats) -> bool:
    apart = float(np.linalg.norm(points.mean(axis=0) - other.mean(axis=0)))
    return apart < 0.6 * float(np.linalg.norm(other[9] - other[0]))


def lay_before(made: Rgb, before: Rgb, hands: list[Floats]) -> None:
    """Put hands back before what was drawn over them.

    Args:
        made: uint8 or uint16 ``(h, w, 3)``; written to.
        before: the same picture as it was.
        hands: of :class:`HandsBefore`.
    """
    height, width = made.shape[:2]
    for points in hands:
        across = max(2.0, float(np.linalg.norm(points[5] - points[17])))
        margin = 0.5 * across + 2
        left, top = np.maximum(np.floor(points.min(axis=0) - margin).astype(int), 0)
        right, bottom = np.minimum(
            np.ceil(points.max(axis=0) + margin).astype(int), [width, height]
        )
        if right - left < 2 or bottom - top < 2:
            continue
        share = _shape(points - [left, top], (bottom - top, right - left), across)
        place = np.s_[top:bottom, left:right]
        old: Any = before[place]
        mixed = made[place] + share[..., None] * (old.astype(np.float32) - made[place])
        made[place] = np.rint(mixed).astype(made.dtype)


def _shape(points: NDArray[Any], hw: tuple[int, int], across: float) -> NDArray[np.float32]:
    """How much of each pixel is a hand: float32 ``(h, w)``."""
    mask = np.zeros(hw, np.uint8)
    places = np.rint(points * 16).astype(np.int32)
    thick = max(1, round(_FINGER * across))
    cv2.fillConvexPoly(mask, cv2.convexHull(places[list(_PALM_POINTS)]), 255, cv2.LINE_AA, 4)
    palm = [places[[*_PALM_POINTS, 0]]]
    fingers = [places[list(finger)] for finger in _FINGERS]
    cv2.polylines(mask, palm + fingers, False, 255, thick, cv2.LINE_AA, 4)
    soft: Any = cv2.GaussianBlur(mask, (0, 0), max(0.6, _SOFT * across))
    made: NDArray[np.float32] = soft.astype(np.float32) * np.float32(1 / 255)
    return made
