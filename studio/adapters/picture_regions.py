"""Regions of a picture that look like a thing of some kind, each with its mask, and how much each
place of a picture looks like one kind: YOLO11n-seg with all it gives."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.adapters import yolo
from studio.adapters.openvino_runtime import Precision
from studio.adapters.picture_net import PictureNet
from studio.models.spec import LoadContext, ModelSpec

#: Longer side of the picture that is looked at.
LOOK_PX = 640
#: A region is kept from this score on, of whatever kind: a plain product may be taken for a vase.
LEAST_SCORE = 0.05
#: Boxes of several kinds over the same place are one region.
_OVERLAP = 0.7
_STRIDES_PX = (8, 16, 32)


@dataclass(frozen=True)
class Regions:
    """Regions of one picture, the surest first.

    Attributes:
        xyxy: float32 ``(n, 4)``, shares of the picture's width and height.
        scores: float32 ``(n,)``, of the likeliest kind.
        label_ids: int64 ``(n,)``, that kind, an index into ``yolo.LABELS``.
        masks: float32 ``(n, h, w)``, how much of each pixel is of that region, over the whole
            picture at a quarter of the size that was looked at.
    """

    xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]
    label_ids: NDArray[np.int64]
    masks: NDArray[np.float32]


class PictureRegions:
    """The loaded network.

    Args:
        net: from pictures to the four outputs of :mod:`studio.adapters.yolo_conversion`.
    """

    def __init__(self, net: PictureNet) -> None:
        self._net = net

    @property
    def precision(self) -> Precision:
        """What it computes in."""
        return self._net.precision

    def find(self, rgb: NDArray[np.uint8], min_score: float = LEAST_SCORE) -> Regions:
        """The regions of a picture.

        Args:
            rgb: uint8 ``(h, w, 3)``.
            min_score: of the likeliest kind.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        import cv2

        small = _fitted(rgb)
        height, width = small.shape[:2]
        distributions, logits, coefficients, prototypes = self._net(small[None])
        xyxy, scores, labels, at = yolo.decode(
            distributions[0], logits[0], (height, width), min_score, _OVERLAP
        )
        if len(xyxy):
            xywh = np.concatenate([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]], axis=1)
            kept = cv2.dnn.NMSBoxes(xywh.tolist(), scores.tolist(), min_score, _OVERLAP)
            order = np.sort(np.asarray(kept, np.int64).reshape(-1))
            xyxy, scores, labels, at = xyxy[order], scores[order], labels[order], at[order]
        sums = np.einsum("cn,chw->nhw", coefficients[0][:, at], prototypes[0])
        masks = (1 / (1 + np.exp(-np.clip(sums, -30, 30)))).astype(np.float32)
        for mask, box in zip(masks, xyxy / 4, strict=True):  # it knows nothing outside
            left, top = np.floor(np.maximum(box[:2], 0)).astype(int)
            right, bottom = np.ceil(np.maximum(box[2:], 0)).astype(int)
            mask[:top], mask[bottom:], mask[:, :left], mask[:, right:] = 0, 0, 0, 0
        shares = xyxy / np.array([width, height, width, height], np.float32)
        return Regions(np.clip(shares, 0, 1).astype(np.float32), scores, labels, masks)

    def places(self, rgb: NDArray[np.uint8], label_id: int) -> NDArray[np.float32]:
        """How much each place looks like one kind of thing.

        Args:
            rgb: uint8 ``(h, w, 3)``.
            label_id: index into ``yolo.LABELS``.

        Returns:
            float32 ``(rows, columns)``, a place for each 8 pixels that were looked at: the
            likelihood the detector itself gives there, the largest over its three scales.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        import cv2

        small = _fitted(rgb)
        height, width = small.shape[:2]
        logits = self._net(small[None])[1][0, label_id]
        found = np.zeros((height // _STRIDES_PX[0], width // _STRIDES_PX[0]), np.float32)
        first = 0
        for stride in _STRIDES_PX:
            rows, columns = height // stride, width // stride
            own = logits[first : first + rows * columns].reshape(rows, columns)
            first += rows * columns
            likely = (1 / (1 + np.exp(-np.clip(own, -30, 30)))).astype(np.float32)
            np.maximum(found, cv2.resize(likely, found.shape[::-1]), out=found)
        return found

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return self._net.notes

    def close(self) -> None:
        """Let go of the network."""
        self._net.close()


def _fitted(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Stretched a little to whole strides, so that maps fit the picture without a border."""
    import cv2

    scale = LOOK_PX / max(rgb.shape[:2])
    step = yolo.STRIDE_PX
    width, height = (max(step, round(side * scale / step) * step) for side in rgb.shape[1::-1])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=how), np.uint8)


def load(context: LoadContext) -> PictureRegions:
    """For the pool."""
    return PictureRegions(yolo.net_of(context, 1, ()))


SPEC: ModelSpec[PictureRegions] = replace(  # type: ignore[assignment]
    yolo.SPEC,
    name="picture-regions",
    role="regions that look like things, with masks",
    loader="studio.adapters.picture_regions:load",
    rungs=(),
    working_unit="picture",
)
