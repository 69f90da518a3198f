"""The face mesh of MediaPipe: 468 points in three dimensions (Kartynnik and others, 2019), and
the irises of the eyes (Ablavatski and others, 2020)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import OpenvinoNet, Precision
from studio.adapters.rotated_crop import cut_out, in_picture, squares_about
from studio.models.spec import LoadContext, ModelSpec, WeightFile
from studio.types.landmarks import (
    LEFT_EYE_CORNERS,
    MESH_POINTS,
    RIGHT_EYE_CORNERS,
    FaceMeshes,
    Floats,
    KeypointBoxes,
)

_SIDE_PX = 192
_EYE_PX = 64
#: Sides of the squares in longer sides of what they are about.
_AROUND_FACE, _AROUND_EYE = 1.5, 2.3


def squares_of_faces(found: KeypointBoxes) -> Floats:
    """Where to look for the meshes of faces that BlazeFace found: float32 ``(n, 4)``."""
    return squares_of_boxes(found.xyxy_px, found.keypoints_px)


def squares_of_boxes(xyxy_px: Floats, eyes_px: Floats) -> Floats:
    """Where to look for meshes: float32 ``(n, 4)``.

    Args:
        xyxy_px: float32 ``(n, 4)``, boxes of faces.
        eyes_px: float32 ``(n, 2 or more, 2)``, first the eye on the left of the picture, then
            that on the right, as MTCNN and BlazeFace both give them.
    """
    return squares_about(xyxy_px, eyes_px[:, 0], eyes_px[:, 1], scale=_AROUND_FACE, target=0.0)


def squares_of_meshes(points_px: Floats) -> Floats:
    """Where to look on the next picture: float32 ``(n, 4)``.

    Args:
        points_px: float32 ``(n, 468, 2 or 3)``.
    """
    flat = points_px[..., :2]
    xyxy = np.concatenate([flat.min(axis=1), flat.max(axis=1)], axis=1)
    outer = RIGHT_EYE_CORNERS[0], LEFT_EYE_CORNERS[1]
    return squares_about(xyxy, flat[:, outer[0]], flat[:, outer[1]], scale=_AROUND_FACE, target=0.0)


class FaceMesh:
    """The loaded networks.

    Args:
        mesh: squares of 192 px to 468 points and the logit of presence.
        iris: squares of 64 px about a right eye to its contour and its iris.
    """

    def __init__(self, mesh: OpenvinoNet, iris: OpenvinoNet) -> None:
        self._mesh, self._iris = mesh, iris

    @property
    def precision(self) -> Precision:
        """What it computes in."""
        return self._mesh.precision

    def find(
        self, rgb: NDArray[np.uint8], squares: Floats, *, again: bool = False, irises: bool = False
    ) -> FaceMeshes:
        """The mesh in each square.

        Args:
            rgb: uint8 ``(h, w, 3)``.
            squares: float32 ``(n, 4)``, of :func:`squares_of_faces`, :func:`squares_of_boxes`
                or, from the picture before, :func:`squares_of_meshes`.
            again: look a second time, in the squares that the first meshes ask for; for
                squares that come from a detector.
            irises: find these too.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        points = np.zeros((len(squares), MESH_POINTS, 3), np.float32)
        presence = np.zeros(len(squares), np.float32)
        for _ in range(2 if again else 1):
            for row, square in enumerate(squares):
                told, logit = self._mesh(cut_out(rgb, square, _SIDE_PX)[None])
                points[row] = in_picture(told.reshape(-1, 3), square, _SIDE_PX)
                presence[row] = 1 / (1 + np.exp(-logit.ravel()[0]))
            squares = squares_of_meshes(points)
        if not irises:
            return FaceMeshes(points, presence)
        return FaceMeshes(points, presence, self.irises(rgb, points))

    def irises(self, rgb: NDArray[np.uint8], points_px: Floats) -> Floats:
        """Irises of faces: float32 ``(n, 2, 5, 2)``, as in :class:`FaceMeshes`."""
        made = np.zeros((len(points_px), 2, 5, 2), np.float32)
        for row, points in enumerate(points_px):
            for eye, corners in enumerate((RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS)):
                ends = points[list(corners), :2]
                box = np.concatenate([ends.min(axis=0), ends.max(axis=0)])[None]
                (square,) = squares_about(box, ends[:1], ends[1:], scale=_AROUND_EYE, target=0.0)
                crop = cut_out(rgb, square, _EYE_PX)
                if eye:  # the network knows right eyes
                    crop = crop[:, ::-1]
                told = self._iris(np.ascontiguousarray(crop)[None])[1].reshape(5, 3)[:, :2]
                if eye:
                    told = np.stack([_EYE_PX - told[:, 0], told[:, 1]], axis=1)
                made[row, eye] = in_picture(told, square, _EYE_PX)
        return made

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return (*self._mesh.notes, *self._iris.notes)

    def close(self) -> None:
        """Let go of the networks."""
        self._mesh.close()
        self._iris.close()


def load(context: LoadContext) -> FaceMesh:
    """For the pool. Single precision: bf16 would tell a point of 192 px to a whole pixel."""

    def net(name: str) -> OpenvinoNet:
        return OpenvinoNet(
            context.weights[name],
            precision="f32",
            threads=context.threads,
            cache_dir=context.cache_dir,
            scale=(255.0,),
            layout="NHWC",
        )

    return FaceMesh(net("face_landmark.tflite"), net("iris_landmark.tflite"))


SPEC: ModelSpec[FaceMesh] = ModelSpec(
    name="face-mesh",
    version="1",
    role="468 points and irises of a face",
    licence="Apache-2.0",
    source="mediapipe 0.10.21",
    weights=(
        WeightFile(
            "face_landmark.tflite",
            "mediapipe",
            "mediapipe/modules/face_landmark/face_landmark.tflite",
            "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        ),
        WeightFile(
            "iris_landmark.tflite",
            "mediapipe",
            "mediapipe/modules/iris_landmark/iris_landmark.tflite",
            "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
        ),
    ),
    resident_bytes=32 << 20,
    working_bytes=8 << 20,
    working_unit="face",
    loader="studio.adapters.face_mesh:load",
    requires=("openvino", "cv2"),
)
