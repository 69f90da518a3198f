"""What of each frame speaks for an answer, looked up frame by frame in one decode pass.

*Scene words and likeness* are a linear layer over the mean of EfficientNet's last map. What each
place of that map adds to the answer can therefore be said exactly, and the mean over all places
is the answer: class activation mapping (Zhou and others, 2016), which for such a network is what
Grad-CAM (Selvaraju and others, 2017) gives before it drops what speaks against. *Things*: how
likely the detector itself thinks a thing of that kind is at each place. *Expressions*: parts of
the face are hidden and the model is asked again (:mod:`pipelines.why.occlusion`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.why.occlusion import importance
from studio.adapters import expression, picture_places, picture_regions, yolo
from studio.models.spec import AnySpec
from studio.types.detections import Detections
from studio.types.frames import FrameBatch, FrameRequest

#: Longer side at which pictures are looked at for places: of composed pictures (see
#: ``tests/benchmarks/why.py``) finer maps point better up to it.
PLACES_PX = 448
_FACE_ROWS = 24
#: Faces are looked at in pictures of this longer side.
_FACES_PX = 960
_SEEN_FACE = 0.8
#: Faces' maps fade towards the edges of their squares, which are nothing in the picture.
_FADE = np.clip(np.minimum(np.arange(_FACE_ROWS), np.arange(_FACE_ROWS)[::-1]) / 4, 0, 1).astype(
    np.float32
)
_WINDOW = _FADE[:, None] * _FADE[None]


@dataclass(frozen=True)
class Patch:
    """Evidence over a part of a picture.

    Attributes:
        xyxy: the part, in shares of the picture.
        values: float32 ``(rows, columns)``; below zero speaks against.
    """

    xyxy: tuple[float, float, float, float]
    values: NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """What was found on one frame.

    Attributes:
        frame: number of it.
        score: what the model says of all of it.
        patches: evidence; none where there is nothing to look at.
        said: what the score is of, where it is not the same for all frames.
    """

    frame: int
    score: float
    patches: tuple[Patch, ...]
    said: str = ""


class Evidence(Protocol):
    """Looks at frames; lives inside the lease of its model.

    Attributes:
        request: the pictures it wants.
    """

    request: FrameRequest

    def look(self, batch: FrameBatch) -> list[Sample]:
        """The samples of a batch."""


def places_wh(display_wh: tuple[int, int]) -> tuple[int, int]:
    """The size at which pictures are looked at for places: about its shape, whole strides."""
    step = picture_places.STRIDE_PX
    scale = PLACES_PX / max(display_wh)
    width, height = (max(5 * step, round(side * scale / step) * step) for side in display_wh)
    return width, height


class PlaceEvidence:
    """For a direction among picture vectors; an :class:`Evidence`.

    Args:
        net: the leased network.
        words: the leased last layer.
        direction: float32 ``(256,)`` of length one.
        display_wh: of the film.
        rate: frames a second.
    """

    method = (
        "Class activation mapping (Zhou and others, 2016; for this network the linear part of "
        "Grad-CAM, Selvaraju and others, 2017)"
    )
    unit = "cosine of the frame with what was asked, as in search"
    specs: tuple[AnySpec, ...] = (picture_places.SPEC,)

    def __init__(
        self,
        net: picture_places.PicturePlaces,
        words: Any,
        direction: NDArray[np.float32],
        display_wh: tuple[int, int],
        rate: Fraction,
    ) -> None:
        self.request = FrameRequest(size_wh=places_wh(display_wh), rate=rate, batch=2)
        self._net, self._words = net, words
        self._weights = words.among_features(direction)

    def look(self, batch: FrameBatch) -> list[Sample]:
        """The samples of a batch."""
        planes = self.planes(batch.pixels)
        return [
            Sample(frame, float(plane.mean()), (Patch((0.0, 0.0, 1.0, 1.0), plane),))
            for frame, plane in zip(batch.frames.tolist(), planes, strict=True)
        ]

    def planes(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """float32 ``(n, rows, columns)``: what each place adds; the mean is the cosine."""
        maps = self._net.look(pixels)
        lengths = self._words.lengths(maps.mean(axis=(1, 2)))
        found: NDArray[np.float32] = maps @ self._weights
        found /= np.maximum(lengths, 1e-9)[:, None, None]
        return found


class ThingEvidence:
    """For a kind of thing of the detector; an :class:`Evidence`.

    Args:
        net: the leased network.
        label: one of ``yolo.LABELS``.
        rate: frames a second.
    """

    method = "The detector's own likelihood of the kind at each place, the largest of its scales"
    unit = "likelihood of the kind at its likeliest place"
    specs: tuple[AnySpec, ...] = (picture_regions.SPEC,)

    def __init__(self, net: picture_regions.PictureRegions, label: str, rate: Fraction) -> None:
        self.request = FrameRequest(max_side_px=picture_regions.LOOK_PX, rate=rate)
        self._net, self._label = net, yolo.LABELS.index(label)

    def look(self, batch: FrameBatch) -> list[Sample]:
        """The samples of a batch."""
        found = []
        for frame, pixels in zip(batch.frames.tolist(), batch.pixels, strict=True):
            plane = self._net.places(pixels, self._label)
            found.append(Sample(frame, float(plane.max()), (Patch((0.0, 0.0, 1.0, 1.0), plane),)))
        return found


class FaceEvidence:
    """For an expression, in each face; an :class:`Evidence`.

    Args:
        net: the leased network.
        faces: of the analysis.
        wanted: one of ``expression.EXPRESSIONS``; empty for whichever a face has.
        rate: frames a second.
        seed: of the masks.
    """

    method = (
        "Parts of the face hidden at random, the mean while seen less the mean while hidden "
        "(RISE, Petsiuk and others, 2018); no gradient is needed"
    )
    unit = "probability of the expression, the largest of all faces"
    specs: tuple[AnySpec, ...] = (expression.SPEC,)

    def __init__(
        self,
        net: expression.Expression,
        faces: Detections,
        wanted: str,
        rate: Fraction,
        seed: int,
    ) -> None:
        self.request = FrameRequest(max_side_px=_FACES_PX, rate=rate)
        self._net, self._faces, self._wanted, self._seed = net, faces, wanted, seed

    def look(self, batch: FrameBatch) -> list[Sample]:
        """The samples of a batch."""
        return [
            self._of_frame(pixels, frame)
            for frame, pixels in zip(batch.frames.tolist(), batch.pixels, strict=True)
        ]

    def _of_frame(self, pixels: NDArray[np.uint8], frame: int) -> Sample:
        boxes = self._boxes(frame)
        if not len(boxes):
            return Sample(frame, 0.0, ())
        squares = expression.crop_faces(pixels[None], np.zeros(len(boxes), np.int64), boxes)
        said = self._net.classify(squares)
        patches, best, name = [], 0.0, ""
        for square, box, row in zip(squares, boxes, said, strict=True):
            column = (
                expression.EXPRESSIONS.index(self._wanted) if self._wanted else int(row.argmax())
            )
            if row[column] > best:
                best, name = float(row[column]), expression.EXPRESSIONS[column]
            plane = importance(square, self._says(column), seed=self._seed)
            small = cv2.resize(plane, (_FACE_ROWS, _FACE_ROWS), interpolation=cv2.INTER_AREA)
            patches.append(Patch(_square(box, pixels.shape[1::-1]), small * _WINDOW))
        return Sample(frame, best, tuple(patches), name)

    def _says(self, column: int) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
        return lambda faces: self._net.classify(faces)[:, column]

    def _boxes(self, frame: int) -> NDArray[np.float32]:
        """The faces of the nearest frame that was analysed."""
        sampled = self._faces.sampled_frames
        if not len(sampled):
            return np.zeros((0, 4), np.float32)
        near = int(sampled[int(np.abs(sampled - frame).argmin())])
        rows = self._faces.between(near, near + 1)
        return self._faces.xyxy[rows][self._faces.scores[rows] >= _SEEN_FACE]


def _square(box: NDArray[np.float32], wh: tuple[int, ...]) -> tuple[float, float, float, float]:
    """The square that ``crop_faces`` cuts about a box, in shares of the picture."""
    sides = (box[2:] - box[:2]) * np.array(wh, np.float32)
    half = float(sides.max()) * 1.2 / 2
    x, y = ((box[:2] + box[2:]) / 2).tolist()
    return (x - half / wh[0], y - half / wh[1], x + half / wh[0], y + half / wh[1])


def plane_of(patches: Sequence[Patch], wh: tuple[int, int]) -> NDArray[np.float32]:
    """Evidence over a whole picture: float32 ``(h, w)``, what speaks against is zero.

    Args:
        patches: of one sample; where several overlap the largest counts.
        wh: of the plane.
    """
    plane = np.zeros((wh[1], wh[0]), np.float32)
    for patch in patches:
        left, top = round(patch.xyxy[0] * wh[0]), round(patch.xyxy[1] * wh[1])
        right, bottom = round(patch.xyxy[2] * wh[0]), round(patch.xyxy[3] * wh[1])
        if right - left < 1 or bottom - top < 1:
            continue
        own = cv2.resize(
            np.maximum(patch.values, 0), (right - left, bottom - top), interpolation=cv2.INTER_CUBIC
        )
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, wh[0]), min(bottom, wh[1])
        if x1 <= x0 or y1 <= y0:
            continue
        inside = own[y0 - top : y1 - top, x0 - left : x1 - left]
        np.maximum(plane[y0:y1, x0:x1], inside, out=plane[y0:y1, x0:x1])
    return plane
