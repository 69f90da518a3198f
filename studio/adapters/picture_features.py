"""EfficientNet-Lite0's inner maps in torch, with gradients: what perceptual losses compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.adapters.torch_weights import TorchWeights
from studio.models.device import Device
from studio.models.spec import LoadContext, ModelSpec

if TYPE_CHECKING:
    import torch

from studio.adapters.efficientnet import SPEC as EFFICIENTNET


class Features(TorchWeights):
    """The loaded network.

    Args:
        net: a ``PictureFeatures``.
        device: where it computes.
    """

    def __init__(self, net: torch.nn.Module, device: Device) -> None:
        super().__init__([net], device, movable=False)
        self._net: Any = net

    def maps(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """One map a layer; see ``studio.nets.picture_features``.

        Args:
            pictures: ``(n, 3, h, w)`` on the device, 0 to 1.
        """
        if self._net is None:
            raise ValueError("the network was closed")
        found: list[torch.Tensor] = self._net(pictures)
        return found

    def close(self) -> None:
        """Let go of the network."""
        super().close()
        self._net = None


def build(path: Path, device: str) -> torch.nn.Module:
    """The bare network on a device, for a training that holds its own memory.

    Args:
        path: of the weights.
        device: as torch calls it.
    """
    import torch

    from studio.nets.efficientnet_lite import EfficientNetLite0
    from studio.nets.picture_features import PictureFeatures

    net = EfficientNetLite0()
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return PictureFeatures(net).to(device)


def load(context: LoadContext) -> Features:
    """For the pool."""
    import torch

    if context.device.kind == "cpu":
        torch.set_num_threads(context.threads)
    (path,) = context.weights.values()
    return Features(build(path, context.device.torch_name), context.device)


SPEC: ModelSpec[Features] = ModelSpec(
    name="picture-features",
    version="1",
    role="how alike two pictures are in content and style, with gradients",
    licence=EFFICIENTNET.licence,
    source=EFFICIENTNET.source,
    weights=EFFICIENTNET.weights,
    resident_bytes=24 << 20,
    working_bytes=3000 << 20,
    working_unit="megapixel with its way back",
    loader="studio.adapters.picture_features:load",
    requires=("torch",),
)
