"""MTCNN: faces and five landmarks (Zhang and others, 2016), with the weights of
facenet-pytorch, in batches and without torch on the processor."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import Precision
from studio.adapters.picture_net import PictureNet, load_net, precision_on
from studio.models.spec import LoadContext, ModelSpec, WeightFile

if TYPE_CHECKING:
    import torch

#: Side of the window the first network looks through, and its step, in pixels.
_WINDOW_PX = 12
_STEP_PX = 2
#: Each level of the pyramid is this much smaller: half the area.
_LEVEL_SCALE = 0.709
_REFINE_PX = 24
_OUTPUT_PX = 48
_MEAN = (127.5,)
_SCALE = (128.0,)

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Faces:
    """Faces found on a batch of pictures, ordered by picture, then by falling score.

    Attributes:
        pictures: int64 ``(n,)``, number of the picture in the batch.
        xyxy: float32 ``(n, 4)``, shares of the picture's width and height, 0 to 1.
        scores: float32 ``(n,)``.
        landmarks: float32 ``(n, 5, 2)`` in shares: the eye on the left of the picture, the
            one on the right, nose, corners of the mouth left and right.
    """

    pictures: NDArray[np.int64]
    xyxy: Floats
    scores: Floats
    landmarks: Floats


@dataclass
class _Candidates:
    """Boxes in pixels on the way through the cascade; all arrays have ``n`` rows."""

    pictures: NDArray[np.int64]
    xyxy: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def at(self, rows: NDArray[Any]) -> _Candidates:
        return _Candidates(self.pictures[rows], self.xyxy[rows], self.scores[rows])

    def apart(self, max_overlap: float) -> NDArray[np.int64]:
        """Rows that stay when, within a picture, the better of two that overlap is kept."""
        import cv2

        if not len(self):
            return np.zeros(0, np.int64)
        xywh = np.concatenate([self.xyxy[:, :2], self.xyxy[:, 2:] - self.xyxy[:, :2]], axis=1)
        rows = cv2.dnn.NMSBoxesBatched(
            xywh.tolist(), self.scores.tolist(), self.pictures.tolist(), 0.0, max_overlap
        )
        return np.asarray(rows, np.int64).reshape(-1)

    def moved(self, offsets: Floats, extra_px: float) -> _Candidates:
        """Sides shifted by shares of the box's size, as a network told."""
        size = self.xyxy[:, 2:] - self.xyxy[:, :2] + extra_px
        xyxy = self.xyxy + offsets * np.tile(size, 2)
        return _Candidates(self.pictures, xyxy.astype(np.float32), self.scores)

    def squared(self) -> _Candidates:
        """The shorter side brought to the longer about the middle."""
        middle = (self.xyxy[:, :2] + self.xyxy[:, 2:]) / 2
        half = (self.xyxy[:, 2:] - self.xyxy[:, :2]).max(axis=1, keepdims=True) / 2
        xyxy = np.concatenate([middle - half, middle + half], axis=1)
        return _Candidates(self.pictures, xyxy, self.scores)


def pyramid(height_px: int, width_px: int, min_face_px: float) -> list[tuple[int, int]]:
    """Heights and widths of the levels, largest first; empty where no face could fit."""
    scale = _WINDOW_PX / min_face_px
    levels = []
    while min(height_px, width_px) * scale >= _WINDOW_PX:
        levels.append((int(height_px * scale + 1), int(width_px * scale + 1)))
        scale *= _LEVEL_SCALE
    return levels


def _resized(pixels: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    import cv2

    shrinks = height_px < 0.7 * pixels.shape[0]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized: NDArray[np.uint8] = cv2.resize(pixels, (width_px, height_px), interpolation=how)
    return resized


def _crops(
    pixels: NDArray[np.uint8], found: _Candidates, side_px: int
) -> tuple[_Candidates, NDArray[np.uint8]]:
    """The candidates that lie in their picture, and each as a square of ``side_px``.

    A box over the edge is cut there and stretched, as facenet-pytorch does it.
    """
    height, width = pixels.shape[1:3]
    corners = np.trunc(found.xyxy).astype(np.int64)
    left, top = np.maximum(corners[:, 0], 1) - 1, np.maximum(corners[:, 1], 1) - 1
    right, bottom = np.minimum(corners[:, 2], width), np.minimum(corners[:, 3], height)
    inside = np.flatnonzero((right > left) & (bottom > top))
    crops = np.empty((len(inside), side_px, side_px, 3), np.uint8)
    for row, i in enumerate(inside):
        piece = pixels[found.pictures[i], top[i] : bottom[i], left[i] : right[i]]
        crops[row] = _resized(piece, side_px, side_px)
    return found.at(inside), crops


def _apart_by_smaller(boxes: Floats, scores: Floats, max_share: float) -> list[int]:
    """Rows that stay when a box is dropped that shares most of the smaller with a better."""
    area = (boxes[:, 2:] - boxes[:, :2] + 1).prod(axis=1)
    kept: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        low = np.maximum(boxes[i, :2], boxes[kept, :2])
        high = np.minimum(boxes[i, 2:], boxes[kept, 2:])
        shared = np.maximum(high - low + 1, 0).prod(axis=1)
        if not (shared > max_share * np.minimum(area[i], area[kept])).any():
            kept.append(int(i))
    return kept


class Mtcnn:
    """The loaded cascade.

    Args:
        propose: pictures to offsets ``(n, 4, y, x)`` and probabilities ``(n, 2, y, x)``.
        refine: squares of 24 px to offsets ``(n, 4)`` and probabilities ``(n, 2)``.
        output: squares of 48 px to offsets, landmarks ``(n, 10)`` and probabilities.
    """

    def __init__(self, propose: PictureNet, refine: PictureNet, output: PictureNet) -> None:
        self._propose = propose
        self._refine = refine
        self._output = output

    @property
    def precision(self) -> Precision:
        """What it computes in."""
        return self._propose.precision

    def detect(
        self,
        pixels: NDArray[np.uint8],
        *,
        min_face_px: float = 20.0,
        min_scores: tuple[float, float, float] = (0.6, 0.7, 0.7),
    ) -> Faces:
        """Find faces.

        Args:
            pixels: RGB ``(n, h, w, 3)``.
            min_face_px: side of the smallest face looked for; the cost grows with the square
                of its inverse.
            min_scores: of the three networks; the defaults are those of facenet-pytorch.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        found = self._proposed(pixels, min_face_px, min_scores[0])
        found, crops = _crops(pixels, found, _REFINE_PX)
        if len(found):
            offsets, probabilities = self._refine(crops)
            found.scores = probabilities[:, 1]
            likely = np.flatnonzero(found.scores > min_scores[1])
            found, offsets = found.at(likely), offsets[likely]
            rows = found.apart(0.7)
            found = found.at(rows).moved(offsets[rows], 1.0).squared()
            found, crops = _crops(pixels, found, _OUTPUT_PX)
        landmarks = np.zeros((0, 5, 2), np.float32)
        if len(found):
            offsets, points, probabilities = self._output(crops)
            found.scores = probabilities[:, 1]
            likely = np.flatnonzero(found.scores > min_scores[2])
            found, offsets, points = found.at(likely), offsets[likely], points[likely]
            size = found.xyxy[:, 2:] - found.xyxy[:, :2] + 1
            # The network tells five x, then five y, in shares of the square.
            places = points.reshape(-1, 2, 5).transpose(0, 2, 1)
            landmarks = found.xyxy[:, None, :2] + places * size[:, None] - 1
            found = found.moved(offsets, 1.0)
        return self._ordered(found, landmarks, pixels.shape[1:3])

    def _proposed(
        self, pixels: NDArray[np.uint8], min_face_px: float, min_score: float
    ) -> _Candidates:
        """Squares in which the first network sees a face, over all levels."""
        height, width = pixels.shape[1:3]
        parts, offsets = [], []
        level = pixels
        for level_h, level_w in pyramid(height, width, min_face_px):
            # Each level from the one before: at 0.709 of it plain interpolation loses nothing.
            level = np.stack([_resized(p, level_h, level_w) for p in level])
            moves, probabilities = self._propose(level)
            pictures, y, x = np.nonzero(probabilities[:, 1] >= min_score)
            corner = np.stack([x, y], axis=1) * _STEP_PX
            scale = np.array([width / level_w, height / level_h])
            xyxy = np.concatenate([(corner + 1) * scale, (corner + _WINDOW_PX) * scale], axis=1)
            part = _Candidates(pictures, xyxy.astype(np.float32), probabilities[pictures, 1, y, x])
            rows = part.apart(0.5)
            parts.append(part.at(rows))
            offsets.append(moves[pictures[rows], :, y[rows], x[rows]])
        if not parts:
            none = np.zeros(0, np.int64)
            return _Candidates(none, np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
        found = _Candidates(
            np.concatenate([p.pictures for p in parts]),
            np.concatenate([p.xyxy for p in parts]),
            np.concatenate([p.scores for p in parts]),
        )
        rows = found.apart(0.7)
        return found.at(rows).moved(np.concatenate(offsets)[rows], 0.0).squared()

    @staticmethod
    def _ordered(found: _Candidates, landmarks: Floats, hw: tuple[int, ...]) -> Faces:
        kept: list[int] = []
        for picture in np.unique(found.pictures):
            rows = np.flatnonzero(found.pictures == picture)
            kept += rows[_apart_by_smaller(found.xyxy[rows], found.scores[rows], 0.7)].tolist()
        wh = np.array([hw[1], hw[0]], np.float32)
        return Faces(
            pictures=found.pictures[kept],
            xyxy=np.clip(found.xyxy[kept] / np.tile(wh, 2), 0.0, 1.0).astype(np.float32),
            scores=found.scores[kept],
            landmarks=(landmarks[kept] / wh).astype(np.float32),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return (*self._propose.notes, *self._refine.notes, *self._output.notes)

    def allow(self, share: float) -> None:
        """Work on at most this share of the usual at a time."""
        for net in (self._propose, self._refine, self._output):
            net.allow(share)

    def close(self) -> None:
        """Let go of the three networks."""
        for net in (self._propose, self._refine, self._output):
            net.close()


def _builder(kind: str, weights: Path) -> Callable[[], torch.nn.Module]:
    def build() -> torch.nn.Module:
        import torch

        networks = importlib.import_module("facenet_pytorch.models.mtcnn")
        net: torch.nn.Module = getattr(networks, kind)(pretrained=False)
        net.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
        return net

    return build


def load(context: LoadContext) -> Mtcnn:
    """For the pool."""

    def net(kind: str, side_px: int, batch: int, any_size: bool = False) -> PictureNet:
        name = kind.lower()
        return load_net(
            context,
            name,
            _builder(kind, context.weights[f"{name}.pt"]),
            example=(1, 3, side_px, side_px),
            precision=precision_on(context.device),
            batch=batch,
            mean=_MEAN,
            scale=_SCALE,
            any_size=any_size,
        )

    # The levels of a pyramid differ in size. One form for all takes 1.15 times as long to run
    # as one for each, and saves six compilations: together faster up to half an hour of film.
    return Mtcnn(
        net("PNet", 36, 16, any_size=True), net("RNet", _REFINE_PX, 64), net("ONet", _OUTPUT_PX, 16)
    )


SPEC: ModelSpec[Mtcnn] = ModelSpec(
    name="mtcnn",
    version="1",
    role="faces with five landmarks",
    licence="MIT",
    source="facenet-pytorch 2.6.0",
    weights=tuple(
        WeightFile(name, "facenet-pytorch", f"facenet_pytorch/data/{name}", sha256)
        for name, sha256 in (
            ("pnet.pt", "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f"),
            ("rnet.pt", "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86"),
            ("onet.pt", "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d"),
        )
    ),
    resident_bytes=32 << 20,
    working_bytes=64 << 20,
    working_unit="16 pictures of 640x360",
    loader="studio.adapters.mtcnn:load",
    rungs=("batch",),
    requires=("openvino", "cv2"),
)
