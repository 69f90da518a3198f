"""MediaPipe Hands: palms, and 21 points of each hand (Zhang and others, 2020)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import OpenvinoNet, Precision
from studio.adapters.rotated_crop import cut_out, in_picture, squares_about
from studio.adapters.ssd_boxes import anchors, decoded, letterboxed
from studio.models.spec import LoadContext, ModelSpec, WeightFile
from studio.types.landmarks import HAND_NAMES, Floats, Hands, KeypointBoxes

_DETECTOR_PX, _SIDE_PX = 192, 224
#: Points of a hand that hardly move when fingers do: wrist, thumb, roots and first joints.
_STEADY = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)


def squares_of_palms(found: KeypointBoxes) -> Floats:
    """Where to look for hands: float32 ``(n, 4)``; a palm is told from its wrist upwards."""
    points = found.keypoints_px
    return squares_about(
        found.xyxy_px, points[:, 0], points[:, 2], scale=2.6, target=np.pi / 2, up=0.5
    )


def squares_of_hands(points_px: Floats) -> Floats:
    """Where to look on the next picture: float32 ``(n, 4)``.

    Args:
        points_px: float32 ``(n, 21, 2 or 3)``.
    """
    flat = points_px[..., :2]
    knuckles = ((flat[:, 6] + flat[:, 14]) / 2 + flat[:, 10]) / 2
    up = knuckles - flat[:, 0]
    angle = np.arctan2(up[:, 0], -up[:, 1])
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos, sin], 1), np.stack([-sin, cos], 1)], 1)  # picture to hand
    upright = np.einsum("nij,nkj->nki", turn, flat[:, list(_STEADY)])
    low, high = upright.min(axis=1), upright.max(axis=1)
    middle = (low + high) / 2
    middle[:, 1] -= 0.1 * (high - low)[:, 1]
    back = np.einsum("nji,nj->ni", turn, middle)
    side = 2.0 * (high - low).max(axis=1, keepdims=True)
    return np.concatenate([back, side, angle[:, None]], axis=1).astype(np.float32)


class HandFinder:
    """The loaded networks.

    Args:
        palms: squares of 192 px to boxes and scores.
        points: turned squares of 224 px to points, presence and which hand it is.
    """

    def __init__(self, palms: OpenvinoNet, points: OpenvinoNet) -> None:
        self._palms, self._points = palms, points
        self._anchor_xy = anchors(_DETECTOR_PX, ((8, 2), (16, 6)))

    @property
    def precision(self) -> Precision:
        """What it computes in."""
        return self._points.precision

    def detect(self, rgb: NDArray[np.uint8], *, min_score: float = 0.5) -> KeypointBoxes:
        """Find palms.

        Args:
            rgb: uint8 ``(h, w, 3)``.
            min_score: 0 to 1.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        square, place = letterboxed(rgb, _DETECTOR_PX)
        raw, logits = self._palms(square)
        return decoded(raw[0], logits[0, :, 0], self._anchor_xy, _DETECTOR_PX, place, min_score)

    def find(self, rgb: NDArray[np.uint8], squares: Floats | None = None) -> Hands:
        """The hand in each square.

        Args:
            rgb: uint8 ``(h, w, 3)``.
            squares: float32 ``(n, 4)``, of :func:`squares_of_palms` or, from the picture before,
                :func:`squares_of_hands`; None to look for palms first.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        if squares is None:
            squares = squares_of_palms(self.detect(rgb))
        found = np.zeros((len(squares), len(HAND_NAMES), 3), np.float32)
        presence = np.zeros(len(squares), np.float32)
        right = np.zeros(len(squares), np.float32)
        for row, square in enumerate(squares):
            told, there, side = self._points(cut_out(rgb, square, _SIDE_PX)[None])
            found[row] = in_picture(told.reshape(-1, 3), square, _SIDE_PX)
            # It tells how sure a left hand is, of mirrored pictures: here that is a right one.
            presence[row], right[row] = there.ravel()[0], side.ravel()[0]
        return Hands(found, presence, right)

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return (*self._palms.notes, *self._points.notes)

    def close(self) -> None:
        """Let go of the networks."""
        self._palms.close()
        self._points.close()


def load(context: LoadContext) -> HandFinder:
    """For the pool."""

    def net(name: str, outputs: tuple[int, ...]) -> OpenvinoNet:
        return OpenvinoNet(
            context.weights[name],
            precision="f32",
            threads=context.threads,
            cache_dir=context.cache_dir,
            scale=(255.0,),
            layout="NHWC",
            outputs=outputs,
        )

    return HandFinder(
        net("palm_detection_full.tflite", (0, 1)), net("hand_landmark_full.tflite", (0, 1, 2))
    )


SPEC: ModelSpec[HandFinder] = ModelSpec(
    name="hands",
    version="1",
    role="21 points of a hand",
    licence="Apache-2.0",
    source="mediapipe 0.10.21",
    weights=(
        WeightFile(
            "palm_detection_full.tflite",
            "mediapipe",
            "mediapipe/modules/palm_detection/palm_detection_full.tflite",
            "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
        ),
        WeightFile(
            "hand_landmark_full.tflite",
            "mediapipe",
            "mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
            "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
        ),
    ),
    resident_bytes=64 << 20,
    working_bytes=16 << 20,
    working_unit="hand",
    loader="studio.adapters.hands:load",
    requires=("openvino", "cv2"),
)
