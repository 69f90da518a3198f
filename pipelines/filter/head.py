"""Where a head is and how it is turned, out of its mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.filter.people import Face
from studio.types.landmarks import LEFT_EYE, RIGHT_EYE, Floats

_BRIDGE = 168
#: Pairs of mesh points, right and left, that lie across the head.
_ACROSS = np.array([(33, 263), (133, 362), (127, 356), (234, 454), (132, 361), (61, 291)])
#: Pairs of mesh points that lie along the middle of the face, upper and lower.
_ALONG = np.array([(10, 152), (151, 17), (9, 0), (168, 2)])
#: How far the camera is, in widths of the head.
_CAMERA = 6.0


@dataclass(frozen=True)
class Head:
    """A head's own axes: x to its left, y down, z back; the unit is its width at the temples.

    Attributes:
        origin: float32 ``(3,)``, the bridge of the nose, in pixels of the picture.
        axes: float32 ``(3, 3)``, a row for each of x, y, z, of unit length.
        width_px: from temple to temple.
        eyes: float32 ``(2, 3)``, middles of the right and the left eye, in heads.
        hairline: float32 ``(3,)``, the middle of the upper edge of the mesh, in heads.
    """

    origin: Floats
    axes: Floats
    width_px: float
    eyes: Floats
    hairline: Floats

    def project(self, points: Floats) -> Floats:
        """Points of the head ``(n, 3)`` in pixels of the picture ``(n, 2)``, farther ones nearer
        to the middle."""
        turned = points @ self.axes
        near = _CAMERA / (_CAMERA + turned[:, 2:])
        made: Floats = (self.origin[:2] + turned[:, :2] * near * self.width_px).astype(np.float32)
        return made


def head_of(face: Face) -> Head:
    """The head that a mesh is the front of."""
    points = face.points_px
    x = _unit(_direction(points, _ACROSS))
    along = _direction(points, _ALONG)
    y = _unit(along - (along @ x) * x)
    axes = np.stack([x, y, np.cross(x, y)]).astype(np.float32)
    width = float(np.linalg.norm(points[356] - points[127]))
    origin = points[_BRIDGE]

    def in_heads(place: Floats) -> Floats:
        made: Floats = ((place - origin) @ axes.T / width).astype(np.float32)
        return made

    middles = [points[list(e)].mean(axis=0) for e in (RIGHT_EYE, LEFT_EYE)]
    *eyes, hairline = in_heads(np.stack([*middles, points[10]]))
    return Head(origin, axes, width, np.stack(eyes), hairline)


def _direction(points: Floats, pairs: NDArray[np.intp]) -> Floats:
    """The sum of the directions from one point of each pair to the other."""
    steps = points[pairs[:, 1]] - points[pairs[:, 0]]
    far = np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-6)
    made: Floats = (steps / far).sum(axis=0)
    return made


def _unit(vector: Floats) -> Floats:
    made: Floats = vector / max(float(np.linalg.norm(vector)), 1e-6)
    return made
