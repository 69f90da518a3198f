"""The people on sampled frames by their bodies: boxes, what they look like, 33 points each."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pipelines.analysis import body_looks
from pipelines.analysis.analyser import ModelAnalyser
from pipelines.analysis.growing import GrowingArray
from pipelines.analysis.objects import look_wh
from pipelines.analysis.options import Options
from studio.adapters import pose, yolo
from studio.adapters.picture_net import precision_on
from studio.models.pool import ModelPool
from studio.models.spec import AnySpec
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.landmarks import POSE_NAMES, Floats
from studio.types.media import FrameTimes, MediaInfo
from studio.types.motion import Bodies

_VERSION = 1
#: Samples a second: at two a second people cross unseen, at six a runner moves by half of
#: his height from one to the next.
RATE = Fraction(6)
#: What is less likely than a person is used only to follow one (Zhang and others, ByteTrack,
#: 2022); of two boxes that share more than this one stays.
_MIN_SCORE, _MAX_OVERLAP = 0.15, 0.65
_PERSON = yolo.LABELS.index("person")
#: Points are looked for on so many of the tallest bodies of every other sample, where they are
#: at least so tall and so sure.
_POSED, _POSE_EACH, _LEAST_PX, _LEAST_SCORE = 4, 2, 48, 0.4
#: Side of the square about a body, in heights of its box, for the first look.
_AROUND = 1.25
_POINTS = len(POSE_NAMES)


class BodyAnalyser(ModelAnalyser):
    """Finds people by their bodies; a ``PictureAnalyser[Bodies]``.

    Args:
        pool: lends the two models.
        info: of the file.
        times: of its frames.
        options: not used: the rate is :data:`RATE`.
    """

    part = "bodies"
    specs: ClassVar[tuple[AnySpec, ...]] = (yolo.SPEC, pose.SPEC)

    def __init__(
        self, pool: ModelPool, info: MediaInfo, times: FrameTimes, options: Options
    ) -> None:
        super().__init__(pool)
        if info.video is None:
            raise ValueError("people are looked for in pictures, and there are none")
        wh = look_wh(info.video.display_wh)
        self._aspect = info.video.display_wh[0] / info.video.display_wh[1]
        self.request = FrameRequest(size_wh=wh, rate=RATE, batch=4)
        self.made_by: dict[str, Any] = {
            "model": yolo.SPEC.key,
            "pose": pose.SPEC.key,
            "precision": precision_on(pool.device),
            "size": f"{wh[0]}x{wh[1]}",
            "rate": str(RATE),
            "min_score": _MIN_SCORE,
            "version": _VERSION,
        }
        self.notes: list[str] = []
        self._sampled = GrowingArray(np.int64)
        self._frames = GrowingArray(np.int64)
        self._xyxy = GrowingArray(np.float32, 4)
        self._scores = GrowingArray(np.float32)
        self._looks = GrowingArray(np.float16, body_looks.WIDTH)
        self._points = GrowingArray(np.float16, _POINTS * 4)
        self._presence = GrowingArray(np.float32)

    def take(self, batch: FrameBatch) -> None:
        """Look for people in the next pictures."""
        found = self.model(yolo.SPEC).detect(
            batch.pixels, min_score=_MIN_SCORE, max_overlap=_MAX_OVERLAP
        )
        for number, frame in enumerate(batch.frames.tolist()):
            rows = (found.pictures == number) & (found.label_ids == _PERSON)
            xyxy, scores = found.xyxy[rows], found.scores[rows]
            pixels = batch.pixels[number]
            posed = len(self._sampled) % _POSE_EACH == 0
            points, presence = self._pose(pixels, xyxy, scores, posed)
            self._sampled.extend([frame])
            self._frames.extend([frame] * len(xyxy))
            self._xyxy.extend(xyxy)
            self._scores.extend(scores)
            self._looks.extend(body_looks.looks_of(pixels, xyxy))
            self._points.extend(points.reshape(len(xyxy), _POINTS * 4))
            self._presence.extend(presence)

    def _pose(
        self, pixels: NDArray[np.uint8], xyxy: Floats, scores: Floats, posed: bool
    ) -> tuple[NDArray[np.float16], Floats]:
        """The points of the tallest bodies; zeros for the others."""
        height, width = pixels.shape[:2]
        points = np.zeros((len(xyxy), _POINTS, 4), np.float16)
        presence = np.zeros(len(xyxy), np.float32)
        tall_px = (xyxy[:, 3] - xyxy[:, 1]) * height
        rows = np.flatnonzero((tall_px >= _LEAST_PX) & (scores >= _LEAST_SCORE))
        rows = rows[np.argsort(-tall_px[rows], kind="stable")][:_POSED]
        if not posed or not len(rows):
            return points, presence
        squares = squares_of_bodies(xyxy[rows] * np.array([width, height] * 2, np.float32))
        found = self.model(pose.SPEC).find(pixels, squares)
        told = np.concatenate([found.points_px, found.visibility[..., None]], axis=2)
        told[..., :3] /= np.array([width, height, width], np.float32)
        points[rows] = np.clip(told, -8, 8)
        presence[rows] = found.presence
        return points, presence

    def finish(self) -> Bodies:
        """All bodies."""
        return Bodies(
            sampled_frames=self._sampled.rows,
            frames=self._frames.rows,
            xyxy=self._xyxy.rows,
            scores=self._scores.rows,
            looks=self._looks.rows,
            points=self._points.rows.reshape(-1, _POINTS, 4),
            presence=self._presence.rows,
            aspect=self._aspect,
        )


def squares_of_bodies(xyxy_px: Floats) -> Floats:
    """Where to look for the points of bodies: float32 ``(n, 4)``, upright squares.

    Args:
        xyxy_px: float32 ``(n, 4)``, their boxes.
    """
    middle = (xyxy_px[:, :2] + xyxy_px[:, 2:]) / 2
    side = (xyxy_px[:, 2:] - xyxy_px[:, :2]).max(axis=1, keepdims=True) * _AROUND
    return np.concatenate([middle, side, np.zeros_like(side)], axis=1).astype(np.float32)
