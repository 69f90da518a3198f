"""BlazePose: 33 points of a body (Bazarevsky and others, 2020), a detector and a tracker."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import OpenvinoNet, Precision
from studio.adapters.rotated_crop import cut_out, in_picture
from studio.adapters.ssd_boxes import anchors, decoded, letterboxed
from studio.models.spec import LoadContext, ModelSpec, WeightFile
from studio.types.landmarks import POSE_NAMES, Floats, KeypointBoxes, Poses

_DETECTOR_PX, _SIDE_PX = 224, 256
#: Sides of the squares in diameters of the circle about the body.
_AROUND = 1.25
_POINTS = len(POSE_NAMES)
#: Besides the body's, the network tells the middle and a point on the circle about it.
_ALL_POINTS = 39


def squares_of_bodies(middle_px: Floats, circle_px: Floats) -> Floats:
    """Where to look for bodies: float32 ``(n, 4)``.

    Args:
        middle_px, circle_px: float32 ``(n, 2)``, the middle of the hips and the point above the
            head on the circle about the body.
    """
    up = circle_px - middle_px
    angle = np.arctan2(up[:, 0], -up[:, 1])[:, None]
    side = 2 * _AROUND * np.linalg.norm(up, axis=1, keepdims=True)
    return np.concatenate([middle_px, side, angle], axis=1).astype(np.float32)


class Pose:
    """The loaded networks.

    Args:
        detector: squares of 224 px to boxes and scores.
        points: turned squares of 256 px to points and presence.
    """

    def __init__(self, detector: OpenvinoNet, points: OpenvinoNet) -> None:
        self._detector, self._points = detector, points
        self._anchor_xy = anchors(_DETECTOR_PX, ((8, 2), (16, 2), (32, 6)))

    @property
    def precision(self) -> Precision:
        """What it computes in."""
        return self._points.precision

    def detect(self, rgb: NDArray[np.uint8], *, min_score: float = 0.5) -> KeypointBoxes:
        """Find people; the boxes are those of their faces.

        Args:
            rgb: uint8 ``(h, w, 3)``.
            min_score: 0 to 1.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        square, place = letterboxed(rgb, _DETECTOR_PX)
        raw, logits = self._detector(square)
        found = decoded(raw[0], logits[0, :, 0], self._anchor_xy, _DETECTOR_PX, place, min_score)
        return KeypointBoxes(found.xyxy_px, found.scores, found.keypoints_px)

    def find(self, rgb: NDArray[np.uint8], squares: Floats | None = None) -> Poses:
        """The body in each square.

        Args:
            rgb: uint8 ``(h, w, 3)``.
            squares: float32 ``(n, 4)``, the ``squares`` of the picture before; None to look for
                people first.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        if squares is None:
            points = self.detect(rgb).keypoints_px
            squares = squares_of_bodies(points[:, 0], points[:, 1])
        found = np.zeros((len(squares), _ALL_POINTS, 3), np.float32)
        visibility = np.zeros((len(squares), _POINTS), np.float32)
        presence = np.zeros(len(squares), np.float32)
        for row, square in enumerate(squares):
            told, there = self._points(cut_out(rgb, square, _SIDE_PX)[None])
            told = told.reshape(_ALL_POINTS, 5)
            found[row] = in_picture(told[:, :3], square, _SIDE_PX)
            visibility[row] = np.exp(-np.logaddexp(0, -told[:_POINTS, 3]))
            presence[row] = there.ravel()[0]
        following = squares_of_bodies(found[:, 33, :2], found[:, 34, :2])
        return Poses(found[:, :_POINTS], visibility, presence, following)

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return (*self._detector.notes, *self._points.notes)

    def close(self) -> None:
        """Let go of the networks."""
        self._detector.close()
        self._points.close()


def load(context: LoadContext) -> Pose:
    """For the pool. The heat maps, which would move points by parts of a pixel, are not
    computed."""

    def net(name: str, mean: float, scale: float, outputs: tuple[int, ...]) -> OpenvinoNet:
        return OpenvinoNet(
            context.weights[name],
            precision="f32",
            threads=context.threads,
            cache_dir=context.cache_dir,
            mean=(mean,),
            scale=(scale,),
            layout="NHWC",
            outputs=outputs,
        )

    return Pose(
        net("pose_detection.tflite", 127.5, 127.5, (0, 1)),
        net("pose_landmark_full.tflite", 0.0, 255.0, (0, 1)),
    )


SPEC: ModelSpec[Pose] = ModelSpec(
    name="blazepose-full",
    version="1",
    role="33 points of a body",
    licence="Apache-2.0",
    source="mediapipe 0.10.21",
    weights=(
        WeightFile(
            "pose_detection.tflite",
            "mediapipe",
            "mediapipe/modules/pose_detection/pose_detection.tflite",
            "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        ),
        WeightFile(
            "pose_landmark_full.tflite",
            "mediapipe",
            "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
            "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        ),
    ),
    resident_bytes=64 << 20,
    working_bytes=16 << 20,
    working_unit="body",
    loader="studio.adapters.pose:load",
    requires=("openvino", "cv2"),
)
