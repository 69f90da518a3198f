"""A thing found again: local features, matched, and held against one plane's geometry."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

#: Longer side at which references and frames are looked at.
REFERENCE_PX, FRAME_PX = 640, 960
_REFERENCE_POINTS, _FRAME_POINTS = 1200, 2500
#: A match counts if it is this much nearer than the next best (Lowe 2004).
_RATIO = 0.78
#: Farther than this from where the geometry puts it, a match is wrong.
_OFF_PX = 4.0
#: Matches that agree; by chance at most eight of unlike pictures do, see the benchmark of the test.
LEAST_AGREEING = 12
#: Of a reference's points fewer give nothing to hold on to.
LEAST_POINTS = 60
#: How much the found outline may be out of shape, and its share of the picture.
_MOST_ASPECT_CHANGE, _LEAST_AREA = 4.0, 0.0006


@dataclass(frozen=True)
class Features:
    """Points of a picture and what is around each.

    Attributes:
        points: float32 ``(n, 2)``, pixels of the picture that was looked at.
        around: float32 ``(n, 128)``, RootSIFT (Arandjelovic and Zisserman 2012).
        wh: of that picture.
    """

    points: NDArray[np.float32]
    around: NDArray[np.float32]
    wh: tuple[int, int]


@dataclass(frozen=True)
class Sighting:
    """A reference found in a picture.

    Attributes:
        corners: float32 ``(4, 2)``, where the reference's corners lie, in shares of the picture,
            from its upper left clockwise; may lie outside.
        agreeing: matches that fit it.
        score: 0 to 1; a half at twice the least that counts.
    """

    corners: NDArray[np.float32]
    agreeing: int
    score: float


def features_of(rgb: NDArray[np.uint8], *, reference: bool) -> Features:
    """Local features of a picture: SIFT (Lowe 2004), their roots.

    Args:
        rgb: uint8 ``(h, w, 3)``.
        reference: whether it is a reference; frames are looked at more closely.
    """
    longest = REFERENCE_PX if reference else FRAME_PX
    height, width = rgb.shape[:2]
    scale = min(1.0, longest / max(height, width))
    wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    gray = cv2.cvtColor(cv2.resize(rgb, wh, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    sift = cv2.SIFT.create(_REFERENCE_POINTS if reference else _FRAME_POINTS)
    found, around = sift.detectAndCompute(gray, None)
    if around is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32), wh)
    points = np.array([point.pt for point in found], np.float32)
    roots = np.sqrt(around / np.maximum(around.sum(axis=1, keepdims=True), 1e-9))
    return Features(points, roots.astype(np.float32), wh)


def find(reference: Features, frame: Features) -> Sighting | None:
    """The reference in a frame, if enough matches lie as one plane seen from somewhere would.

    Args:
        reference: of :func:`features_of`.
        frame: of :func:`features_of`.
    """
    if min(len(reference.points), len(frame.points)) < LEAST_AGREEING:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(reference.around, frame.around, k=2)
    good = [a for a, b in (p for p in pairs if len(p) == 2) if a.distance < _RATIO * b.distance]
    # Two points of the reference on one of the frame: only the nearer can be right.
    nearest: dict[int, cv2.DMatch] = {}
    for match in sorted(good, key=lambda m: m.distance):
        nearest.setdefault(match.trainIdx, match)
    if len(nearest) < LEAST_AGREEING:
        return None
    here = reference.points[[m.queryIdx for m in nearest.values()]]
    there = frame.points[[m.trainIdx for m in nearest.values()]]
    cv2.setRNGSeed(0)
    plane, agree = cv2.findHomography(
        here, there, cv2.USAC_MAGSAC, _OFF_PX, maxIters=3000, confidence=0.999
    )
    agreeing = 0 if agree is None else int(agree.sum())
    if plane is None or agreeing < LEAST_AGREEING:
        return None
    corners = _outline(plane, reference.wh)
    if corners is None or not _is_sensible(corners, reference.wh, frame.wh):
        return None
    score = agreeing / (agreeing + 2 * LEAST_AGREEING)
    return Sighting((corners / np.array(frame.wh)).astype(np.float32), agreeing, score)


def _outline(plane: NDArray[np.float64], wh: tuple[int, int]) -> NDArray[np.float64] | None:
    width, height = wh
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]], np.float64)
    seen = corners @ plane.T
    if (np.sign(seen[:, 2]) != np.sign(seen[0, 2])).any() or np.abs(seen[:, 2]).min() < 1e-9:
        return None  # a corner behind the camera
    outline: NDArray[np.float64] = seen[:, :2] / seen[:, 2:]
    return outline


def _is_sensible(
    corners: NDArray[np.float64], reference_wh: tuple[int, int], frame_wh: tuple[int, int]
) -> bool:
    """Convex, not mirrored, not tiny, not drawn out of shape."""
    sides = np.roll(corners, -1, axis=0) - corners
    after = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0]
    if not (turns > 0).all():
        return False
    area = 0.5 * abs(
        float(np.dot(corners[:, 0], np.roll(corners[:, 1], -1)))
        - float(np.dot(corners[:, 1], np.roll(corners[:, 0], -1)))
    )
    if area < _LEAST_AREA * frame_wh[0] * frame_wh[1]:
        return False
    lengths = np.linalg.norm(sides, axis=1)
    across, down = lengths[[0, 2]].mean(), lengths[[1, 3]].mean()
    change = (across / down) / (reference_wh[0] / reference_wh[1])
    return bool(1 / _MOST_ASPECT_CHANGE < change < _MOST_ASPECT_CHANGE)
