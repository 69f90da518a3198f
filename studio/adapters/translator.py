"""Networks that the studio trained to paint pictures with: looks, pix2pix and CycleGAN.

A file written by ``studio.models.net_file.write_net`` whose kind is in :data:`BUILDERS` can be
leased by :func:`spec_of`, and is then a look.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import Precision, translated
from studio.adapters.torch_weights import TorchWeights
from studio.errors import RequestError
from studio.models import weights
from studio.models.device import Device, find_device
from studio.models.net_file import NetHead, read_head
from studio.models.spec import LoadContext, ModelSpec, WeightFile

if TYPE_CHECKING:
    import torch

_HINT = "Close what else uses the memory, or scale the pictures down."

Pixels = NDArray[np.uint8]


def _unet(built_with: dict[str, Any]) -> torch.nn.Module:
    from studio.nets.pix2pix import UNet

    return UNet(**built_with)


def _resnet(built_with: dict[str, Any]) -> torch.nn.Module:
    from studio.nets.cyclegan import ResNetTranslator

    return ResNetTranslator(**built_with)


def _look(built_with: dict[str, Any]) -> torch.nn.Module:
    from studio.nets.look_net import LookNet

    return LookNet(**built_with)


#: Kind of network to what builds it: from -1 to 1 ``(n, 3, h, w)`` to the same, with an
#: attribute ``step_px`` that sides must be multiples of.
BUILDERS: dict[str, Callable[[dict[str, Any]], torch.nn.Module]] = {
    "pix2pix": _unet,
    "cyclegan": _resnet,
    "look": _look,
}


class Translator(TorchWeights):
    """A loaded translator.

    Args:
        net: one of :data:`BUILDERS`.
        device: where it computes.
        precision: what it computes in.
    """

    def __init__(self, net: torch.nn.Module, device: Device, precision: Precision) -> None:
        super().__init__([net], device)
        self.precision = precision
        self.step_px = int(net.step_px)  # type: ignore[arg-type]
        self._net: Any = net

    def paint(self, rgb: Pixels) -> Pixels:
        """A picture as the network sees it.

        Its layers are normalised over the whole picture, so it is painted in one piece.

        Args:
            rgb: uint8 ``(h, w, 3)``, of any size; borders are mirrored where it must be larger.

        Returns:
            The same shape.

        Raises:
            InferenceFailed: torch gave up, for one because memory ran out.
        """
        import cv2
        import torch

        from studio.nets.dcgan import bytes_to_unit, unit_to_bytes

        if self._net is None:
            raise ValueError("the translator was closed")
        height, width = rgb.shape[:2]
        down, across = -height % self.step_px, -width % self.step_px
        # cv2's mirroring repeats where the border is wider than the picture; torch's refuses.
        whole = cv2.copyMakeBorder(rgb, 0, down, 0, across, cv2.BORDER_REFLECT_101)
        dtype = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
        with translated("translator", _HINT), torch.inference_mode():
            given = bytes_to_unit(torch.from_numpy(whole[None]).to(self.device.torch_name))
            made = self._net(given.to(dtype[self.precision], memory_format=torch.channels_last))
            pixels: Pixels = unit_to_bytes(made.float())[0, :height, :width].cpu().numpy()
        return np.ascontiguousarray(pixels)

    def close(self) -> None:
        """Let go of the network."""
        super().close()
        self._net = None


def load(context: LoadContext) -> Translator:
    """For the pool."""
    (path,) = context.weights.values()
    return _loaded(path, context.device, context.threads)


def load_translator(path: Path, *, device: Device | None = None, threads: int = 1) -> Translator:
    """A translator without a pool, for scripts; pipelines lease :func:`spec_of`.

    Raises:
        NoSuchMedia, RequestError, WeightsCorrupt: the file holds none.
    """
    checked_head(path)
    return _loaded(path, device or find_device("cpu"), threads)


def _loaded(path: Path, device: Device, threads: int) -> Translator:
    import torch

    from studio.models.safetensors_io import load_into

    head = checked_head(path)
    if device.kind == "cpu":
        torch.set_num_threads(threads)
    dtype = torch.float16 if device.kind == "cuda" else torch.float32
    net = load_into(lambda: BUILDERS[head.kind](head.built_with), path, dtype=dtype)
    net.to(device.torch_name, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Translator(net, device, "f16" if device.kind == "cuda" else "f32")


def checked_head(path: Path) -> NetHead:
    """What a file says of itself, if it holds a translator.

    Raises:
        NoSuchMedia, WeightsCorrupt: no file that the studio wrote.
        RequestError: a network of another kind.
    """
    head = read_head(path)
    if head.kind not in BUILDERS:
        raise RequestError(
            f"{path.name} holds a {head.kind}, which translates no pictures.",
            "Make one with: studio train pix2pix, or studio train cyclegan",
        )
    return head


def spec_of(path: Path) -> ModelSpec[Translator]:
    """A translator from a file.

    Raises:
        NoSuchMedia, RequestError, WeightsCorrupt: the file holds none.
    """
    head = checked_head(path)
    digest = weights.sha256_of(path)
    return ModelSpec(
        name=f"{head.kind}-{path.stem}",
        version=digest[:12],
        role="pictures translated as it was taught",
        licence=str(head.card.get("licence", "of its training pictures")),
        source=path.name,
        weights=(WeightFile(path.name, "", str(path.resolve()), digest),),
        resident_bytes=2 * path.stat().st_size + (1 << 20),
        working_bytes=_working_bytes(head),
        working_unit="megapixel at a time",
        loader="studio.adapters.translator:load",
        requires=("torch", "cv2"),
    )


def _working_bytes(head: NetHead) -> int:
    """Of one megapixel: the first layers, in full resolution, take nearly all of it."""
    width = int(head.built_with.get("width", 64))
    if head.kind == "pix2pix":  # half the side from the first layer on, kept for the way back
        return (6 * width + 24) * 4 << 20 >> 1
    return (4 * width + 24) * 4 << 20
