"""EfficientNet-Lite0's last map: what each part of a picture looks like, before the mean over all
of them is taken. The network has no layer of fixed size up to there, so larger pictures give
finer maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.adapters.efficientnet import _MEAN, _SCALE
from studio.adapters.efficientnet import SPEC as EFFICIENTNET
from studio.adapters.openvino_runtime import Precision
from studio.adapters.picture_net import PictureNet, load_net, precision_on
from studio.models.spec import LoadContext, ModelSpec

if TYPE_CHECKING:
    import torch

#: Pixels of the picture to a place of the map, each way.
STRIDE_PX = 32


class PicturePlaces:
    """The loaded network.

    Args:
        net: pictures to maps ``(n, 1280, h / 32, w / 32)``.
    """

    def __init__(self, net: PictureNet) -> None:
        self._net = net

    @property
    def precision(self) -> Precision:
        """What it computes in."""
        return self._net.precision

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return self._net.notes

    def look(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What each part of each picture looks like.

        Args:
            pixels: RGB ``(n, h, w, 3)``, both sides multiples of 32.

        Returns:
            float32 ``(n, h / 32, w / 32, 1280)``, none below zero; its mean over places, brought
            to length one, is the vector of ``EfficientNet.look`` for pictures of 224 pixels.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        if pixels.shape[1] % STRIDE_PX or pixels.shape[2] % STRIDE_PX:
            raise ValueError(f"{pixels.shape[2]}x{pixels.shape[1]} is no multiple of {STRIDE_PX}")
        (maps,) = self._net(pixels)
        return np.ascontiguousarray(maps.transpose(0, 2, 3, 1), np.float32)

    def allow(self, share: float) -> None:
        """Work on at most this share of the usual at a time."""
        self._net.allow(share)

    def close(self) -> None:
        """Let go of the network."""
        self._net.close()


def load(context: LoadContext) -> PicturePlaces:
    """For the pool."""

    def build() -> torch.nn.Module:
        import torch

        from studio.nets.efficientnet_lite import EfficientNetLite0, LastMap

        net = EfficientNetLite0()
        (path,) = context.weights.values()
        net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        return LastMap(net)

    return PicturePlaces(
        load_net(
            context,
            "efficientnet-lite0-places",
            build,
            example=(1, 3, 224, 224),
            precision=precision_on(context.device),
            batch=2,
            mean=_MEAN,
            scale=_SCALE,
        )
    )


SPEC: ModelSpec[PicturePlaces] = ModelSpec(
    name="picture-places",
    version="1",
    role="what each part of a picture looks like",
    licence=EFFICIENTNET.licence,
    source=EFFICIENTNET.source,
    weights=EFFICIENTNET.weights,
    resident_bytes=64 << 20,
    working_bytes=64 << 20,
    working_unit="2 pictures of 448x448",
    loader="studio.adapters.picture_places:load",
    rungs=("batch",),
    requires=("openvino",),
)
