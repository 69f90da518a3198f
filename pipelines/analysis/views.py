"""What the camera shows and how it moves: movement, colours, sky, scene words."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.analysis.analyser import ModelAnalyser
from pipelines.analysis.growing import GrowingArray
from pipelines.analysis.options import Options
from studio.adapters import efficientnet, imagenet_names
from studio.adapters.picture_net import precision_on
from studio.models.pool import ModelPool
from studio.models.spec import AnySpec
from studio.types.analysis import ViewFacts
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo

Gray = NDArray[np.uint8]

_VERSION = "view-measures@1"
#: The size the plain measures take too, so that both share one conversion.
_MAX_SIDE_PX = 320
#: Samples a second.
RATE = Fraction(4)
#: Between the two pictures of a movement, at least: at 25 frames a second two frames.
_STEP_S = 0.065
#: Of the samples every fourth is classified: once a second.
_CLASSIFY_EACH = 4
_CLASSIFY_BATCH = 8
_TOP = 5
#: A movement is told where at least this many points and this share of them agree.
_LEAST_POINTS, _LEAST_AGREEING = 12, 0.4
_CORNERS: dict[str, Any] = {"maxCorners": 160, "qualityLevel": 0.01, "minDistance": 7}
_FLOW: dict[str, Any] = {
    "winSize": (15, 15),
    "maxLevel": 3,
    "criteria": (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 12, 0.03),
}
#: Farther than this from the place it came from, a point was lost.
_LOST_PX = 1.0
_COLORS = 5
_PALETTE_WH = (48, 27)
_KMEANS_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 12, 1.0)


class ViewAnalyser(ModelAnalyser):
    """Measures movement, colours and scene words; a ``PictureAnalyser[ViewFacts]``.

    Args:
        pool: lends the classifier.
        info: of the file.
        times: of its frames.
        options: not used: the rate is :data:`RATE`, and one classification a second.
    """

    part = "views"
    specs: ClassVar[tuple[AnySpec, ...]] = (efficientnet.SPEC,)

    def __init__(
        self, pool: ModelPool, info: MediaInfo, times: FrameTimes, options: Options
    ) -> None:
        super().__init__(pool)
        self.request = FrameRequest(max_side_px=_MAX_SIDE_PX, batch=32)
        self.made_by: dict[str, Any] = {
            "measures": _VERSION,
            "model": efficientnet.SPEC.key,
            "precision": precision_on(pool.device),
            "rate": str(RATE),
        }
        self.notes: list[str] = []
        self._due_s = 0.0
        self._recent: deque[tuple[float, Gray]] = deque()
        self._frames = GrowingArray(np.int64)
        self._moves = GrowingArray(np.float32, 4)
        self._palettes = GrowingArray(np.float32, _COLORS * 4)
        self._sky = GrowingArray(np.float32)
        self._class_ids = GrowingArray(np.int32, _TOP)
        self._class_scores = GrowingArray(np.float32, _TOP)
        self._waiting: list[tuple[int, NDArray[np.uint8]]] = []

    def take(self, batch: FrameBatch) -> None:
        """Measure the next pictures."""
        for pixels, frame, time_s in zip(
            batch.pixels, batch.frames.tolist(), batch.times_s.tolist(), strict=True
        ):
            gray: Gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
            while len(self._recent) > 1 and time_s - self._recent[1][0] >= _STEP_S:
                self._recent.popleft()
            if time_s + 1e-6 >= self._due_s:
                self._due_s = max(self._due_s, time_s - float(1 / RATE)) + float(1 / RATE)
                self._look(pixels, gray, frame, time_s)
            self._recent.append((time_s, gray))

    def _look(self, pixels: NDArray[np.uint8], gray: Gray, frame: int, time_s: float) -> None:
        move = (np.nan,) * 4
        if self._recent and self._recent[0][1].shape == gray.shape:
            before_s, before = self._recent[0]
            move = camera_movement(before, gray, max(time_s - before_s, 1e-3))
        if len(self._frames) % _CLASSIFY_EACH == 0:
            side = efficientnet.INPUT_PX
            small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_LINEAR)
            self._waiting.append((len(self._frames), small))
        self._frames.extend([frame])
        self._moves.extend([move])
        self._palettes.extend([palette(pixels)])
        self._sky.extend([sky_share(pixels)])
        self._class_ids.extend([(-1,) * _TOP])
        self._class_scores.extend([(0.0,) * _TOP])
        if len(self._waiting) >= _CLASSIFY_BATCH:
            self._classify()

    def _classify(self) -> None:
        if not self._waiting:
            return
        pictures = np.stack([small for _, small in self._waiting])
        _, chances = self.model(efficientnet.SPEC).look(pictures)
        best = np.argsort(-chances, axis=1, kind="stable")[:, :_TOP]
        rows = [row for row, _ in self._waiting]
        self._class_ids.rows[rows] = best
        self._class_scores.rows[rows] = np.take_along_axis(chances, best, axis=1)
        self._waiting.clear()

    def finish(self) -> ViewFacts:
        """All measures."""
        self._classify()
        moves, colors = self._moves.rows, self._palettes.rows.reshape(-1, _COLORS, 4)
        return ViewFacts(
            frames=self._frames.rows,
            pan=moves[:, 0].copy(),
            tilt=moves[:, 1].copy(),
            zoom=moves[:, 2].copy(),
            roll_deg=moves[:, 3].copy(),
            class_ids=self._class_ids.rows,
            class_scores=self._class_scores.rows,
            colors_rgb=colors[:, :, :3].astype(np.uint8),
            color_shares=colors[:, :, 3].copy(),
            sky=self._sky.rows,
            class_names=imagenet_names.class_names(),
        )


def camera_movement(before: Gray, now: Gray, seconds: float) -> tuple[float, float, float, float]:
    """How the camera turned between two pictures, from points that most of the picture agrees on.

    Corners (Shi and Tomasi 1994) are followed there and back by pyramidal Lucas-Kanade; a
    similarity is fitted to them by RANSAC, so that what moves by itself counts for little.

    Args:
        before, now: uint8 ``(h, w)``.
        seconds: between them.

    Returns:
        Pan and tilt of the camera in picture heights a second, zoom in e-folds a second, roll
        in degrees a second; all NaN where too few points agree.
    """
    unknown = (np.nan,) * 4
    corners = cv2.goodFeaturesToTrack(before, **_CORNERS)
    if corners is None or len(corners) < _LEAST_POINTS:
        return unknown
    there, found, _ = cv2.calcOpticalFlowPyrLK(before, now, corners, None, **_FLOW)
    back, found_back, _ = cv2.calcOpticalFlowPyrLK(now, before, there, None, **_FLOW)
    astray = np.abs(back - corners).reshape(-1, 2).max(axis=1)
    kept = (found.ravel() > 0) & (found_back.ravel() > 0) & (astray < _LOST_PX)
    if kept.sum() < max(_LEAST_POINTS, _LEAST_AGREEING * len(corners)):
        return unknown
    cv2.setRNGSeed(0)
    matrix, agree = cv2.estimateAffinePartial2D(
        corners[kept], there[kept], method=cv2.RANSAC, ransacReprojThreshold=1.0
    )
    if matrix is None or agree.mean() < _LEAST_AGREEING:
        return unknown
    height, width = now.shape
    centre = np.array([width / 2, height / 2, 1])
    moved_x, moved_y = matrix @ centre - centre[:2]
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    turn = float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))
    # What is shown moves to the left when the camera pans to the right, and down when it tilts up.
    return (
        float(-moved_x) / height / seconds,
        float(moved_y) / height / seconds,
        float(np.log(max(scale, 1e-6))) / seconds,
        -turn / seconds,
    )


def palette(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The main colours of a picture: k-means in CIE L*a*b*, the most frequent first.

    Args:
        pixels: uint8 ``(h, w, 3)`` RGB.

    Returns:
        float32 ``(20,)``: for each of five colours red, green, blue (0 to 255) and its share.
    """
    small = cv2.resize(pixels, _PALETTE_WH, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    cv2.setRNGSeed(0)
    _, labels, centres = cv2.kmeans(lab, _COLORS, None, _KMEANS_STOP, 1, cv2.KMEANS_PP_CENTERS)
    shares = np.bincount(labels.ravel(), minlength=_COLORS) / len(lab)
    rgb = cv2.cvtColor(centres.reshape(1, -1, 3), cv2.COLOR_LAB2RGB)[0] * 255
    order = np.argsort(-shares, kind="stable")
    rows = np.column_stack([np.clip(np.rint(rgb), 0, 255), shares])[order]
    return rows.astype(np.float32).ravel()


def sky_share(pixels: NDArray[np.uint8]) -> float:
    """Share of the upper half that looks like sky: bright, blue or grey, and without texture.

    A white wall looks the same: one sign among others.
    """
    height = pixels.shape[0]
    upper = cv2.GaussianBlur(pixels[: max(height // 2, 1)], (3, 3), 0)
    red, green, blue = (upper[..., n].astype(np.int16) for n in range(3))
    gray = cv2.cvtColor(upper, cv2.COLOR_RGB2GRAY)
    edges = cv2.magnitude(
        cv2.Sobel(gray, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(gray, cv2.CV_32F, 0, 1, ksize=3)
    )
    cold = (blue >= red - 6) & (blue >= green - 12)
    return float((cold & (gray > 110) & (edges < 40)).mean())
