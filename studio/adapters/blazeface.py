"""BlazeFace: faces with six points, near (short range) or farther away (full range)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import OpenvinoNet, Precision
from studio.adapters.ssd_boxes import anchors, decoded, letterboxed
from studio.models.spec import LoadContext, ModelSpec, WeightFile
from studio.types.landmarks import Floats, KeypointBoxes


class BlazeFace:
    """A loaded detector.

    Args:
        net: square pictures to boxes and scores.
        side_px: of the squares.
        anchor_xy: where its boxes are told from.
    """

    def __init__(self, net: OpenvinoNet, side_px: int, anchor_xy: Floats) -> None:
        self._net, self._side_px, self._anchor_xy = net, side_px, anchor_xy

    @property
    def precision(self) -> Precision:
        """What it computes in."""
        return self._net.precision

    def detect(self, rgb: NDArray[np.uint8], *, min_score: float = 0.5) -> KeypointBoxes:
        """Find faces on one picture.

        Args:
            rgb: uint8 ``(h, w, 3)``.
            min_score: 0 to 1; MediaPipe takes 0.5 for near and 0.6 for far faces.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        square, place = letterboxed(rgb, self._side_px)
        raw, logits = self._net(square)
        return decoded(raw[0], logits[0, :, 0], self._anchor_xy, self._side_px, place, min_score)

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return self._net.notes

    def close(self) -> None:
        """Let go of the network."""
        self._net.close()


def _load(context: LoadContext, side_px: int, layers: tuple[tuple[int, int], ...]) -> BlazeFace:
    (path,) = context.weights.values()
    net = OpenvinoNet(
        path,
        precision="f32",
        threads=context.threads,
        cache_dir=context.cache_dir,
        mean=(127.5,),
        scale=(127.5,),
        layout="NHWC",
    )
    return BlazeFace(net, side_px, anchors(side_px, layers))


def load_near(context: LoadContext) -> BlazeFace:
    """For the pool: faces up to about two metres from a phone."""
    return _load(context, 128, ((8, 2), (16, 6)))


def load_far(context: LoadContext) -> BlazeFace:
    """For the pool: faces up to about five metres."""
    return _load(context, 192, ((4, 1),))


SPEC_NEAR: ModelSpec[BlazeFace] = ModelSpec(
    name="blazeface-near",
    version="1",
    role="faces with six landmarks, near",
    licence="Apache-2.0",
    source="mediapipe 0.10.21",
    weights=(
        WeightFile(
            "face_detection_short_range.tflite",
            "mediapipe",
            "mediapipe/modules/face_detection/face_detection_short_range.tflite",
            "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        ),
    ),
    resident_bytes=16 << 20,
    working_bytes=4 << 20,
    working_unit="picture",
    loader="studio.adapters.blazeface:load_near",
    requires=("openvino", "cv2"),
)

SPEC_FAR: ModelSpec[BlazeFace] = ModelSpec(
    name="blazeface-far",
    version="1",
    role="faces with six landmarks, farther away",
    licence="Apache-2.0",
    source="mediapipe 0.10.21",
    weights=(
        WeightFile(
            "face_detection_full_range_sparse.tflite",
            "mediapipe",
            "mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
            "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
        ),
    ),
    resident_bytes=24 << 20,
    working_bytes=8 << 20,
    working_unit="picture",
    loader="studio.adapters.blazeface:load_far",
    requires=("openvino", "cv2"),
)
