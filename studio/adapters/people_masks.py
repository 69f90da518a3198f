"""The people of a picture, far ones too, each with a mask: YOLO11n-seg with its masks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.adapters import yolo
from studio.adapters.openvino_runtime import Precision
from studio.adapters.picture_net import PictureNet
from studio.models.spec import LoadContext, ModelSpec
from studio.types.landmarks import Floats

#: Longer side of the picture that is looked at.
LOOK_PX = 640
_PERSON = yolo.LABELS.index("person")
_LEAST, _OVERLAP = 0.35, 0.6


@dataclass(frozen=True)
class People:
    """Found people, the surest first.

    Attributes:
        xyxy: float32 ``(n, 4)``, shares of the picture's width and height.
        masks: float32 ``(n, h, w)``, how much of each pixel is of that person, over the whole
            picture at a quarter of the size that was looked at.
    """

    xyxy: Floats
    masks: NDArray[np.float32]


class PeopleMasks:
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

    def find(self, rgb: NDArray[np.uint8]) -> People:
        """The people of a picture.

        Args:
            rgb: uint8 ``(h, w, 3)``.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        import cv2

        scale = LOOK_PX / max(rgb.shape[:2])
        step = yolo.STRIDE_PX
        # Stretched a little to whole strides, so that masks fit the picture without a border.
        width, height = (max(step, round(s * scale / step) * step) for s in rgb.shape[1::-1])
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = cv2.resize(rgb, (width, height), interpolation=how)
        distributions, logits, coefficients, prototypes = self._net(small[None])
        person = logits[0, _PERSON : _PERSON + 1]
        xyxy, _, _, at = yolo.decode(distributions[0], person, (height, width), _LEAST, _OVERLAP)
        prototype = prototypes[0]
        sums = np.einsum("cn,chw->nhw", coefficients[0][:, at], prototype)
        masks = (1 / (1 + np.exp(-np.clip(sums, -30, 30)))).astype(np.float32)
        for mask, box in zip(masks, xyxy / 4, strict=True):  # it knows nothing outside
            left, top = np.floor(np.maximum(box[:2], 0)).astype(int)
            right, bottom = np.ceil(np.maximum(box[2:], 0)).astype(int)
            mask[:top], mask[bottom:], mask[:, :left], mask[:, right:] = 0, 0, 0, 0
        shares = xyxy / np.array([width, height, width, height], np.float32)
        return People(np.clip(shares, 0, 1).astype(np.float32), masks)

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return self._net.notes

    def close(self) -> None:
        """Let go of the network."""
        self._net.close()


def load(context: LoadContext) -> PeopleMasks:
    """For the pool."""
    return PeopleMasks(yolo.net_of(context, 1, ()))


SPEC: ModelSpec[PeopleMasks] = replace(  # type: ignore[assignment]
    yolo.SPEC,
    name="people-masks",
    role="people near and far, with masks",
    loader="studio.adapters.people_masks:load",
    rungs=(),
    working_unit="picture",
)
