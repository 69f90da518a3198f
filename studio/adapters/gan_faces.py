"""Faces that nobody has: a DCGAN that was trained on DigiFace-1M, itself made by a renderer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import Precision, translated
from studio.adapters.torch_weights import TorchWeights
from studio.errors import WeightsCorrupt
from studio.models import weights
from studio.models.device import Device
from studio.models.net_file import read_head
from studio.models.spec import LoadContext, ModelSpec, WeightFile

if TYPE_CHECKING:
    import torch

_HINT = "Close what else uses the memory."
#: Pictures to a pass.
_BATCH = 64

Latents = NDArray[np.float32]


class FaceGenerator(TorchWeights):
    """A loaded generator.

    Args:
        net: ``studio.nets.dcgan.Generator``.
        device: where it computes.
        side_px: of its pictures.
    """

    precision: Precision = "f32"

    def __init__(self, net: torch.nn.Module, device: Device, side_px: int) -> None:
        super().__init__([net], device)
        self.latent = int(net.latent)  # type: ignore[arg-type]
        self.side_px = side_px
        self._net: Any = net

    def draw(self, latents: Latents) -> NDArray[np.uint8]:
        """Pictures.

        Args:
            latents: ``(n, latent)``, standard normal for pictures like those it learnt from.

        Returns:
            RGB ``(n, side_px, side_px, 3)``.

        Raises:
            InferenceFailed: torch gave up, for one because memory ran out.
        """
        import torch

        from studio.nets.dcgan import unit_to_bytes

        if not self._modules:
            raise ValueError("the generator was closed")
        parts = [np.zeros((0, self.side_px, self.side_px, 3), np.uint8)]
        with translated("generator", _HINT), torch.inference_mode():
            for at in range(0, len(latents), _BATCH):
                some = torch.from_numpy(np.ascontiguousarray(latents[at : at + _BATCH]))
                made = self._net(some.to(self.device.torch_name))
                parts.append(unit_to_bytes(made).cpu().numpy())
        return np.concatenate(parts)

    def close(self) -> None:
        """Let go of the network."""
        super().close()
        self._net = None


def latents_of(seed: int, count: int, latent: int) -> Latents:
    """Numbers to draw pictures from: row ``i`` follows from ``seed + i`` alone.

    Args:
        seed: 0 or more.
        count: rows.
        latent: columns.
    """
    rows = [np.random.default_rng(seed + i).standard_normal(latent) for i in range(count)]
    return np.asarray(rows, np.float32).reshape(count, latent)


def load(context: LoadContext) -> FaceGenerator:
    """For the pool."""
    import torch

    from studio.nets.dcgan import FACES, Generator

    path = context.weights["weights.tar"]
    state = torch.load(path, map_location="cpu", weights_only=True)["netG_state_dict"]
    net = Generator(**FACES)
    net.load_state_dict(state)
    return _ready(net, context, FACES["side_px"])


def load_file(context: LoadContext) -> FaceGenerator:
    """A generator that the studio trained, for the pool."""
    from studio.models.safetensors_io import load_into
    from studio.nets.dcgan import Generator

    (path,) = context.weights.values()
    built_with = read_head(path).built_with
    net = load_into(lambda: Generator(**built_with), path)
    return _ready(net, context, int(built_with["side_px"]))


def _ready(net: torch.nn.Module, context: LoadContext, side_px: int) -> FaceGenerator:
    import torch

    if context.device.kind == "cpu":
        torch.set_num_threads(context.threads)
    net.eval().requires_grad_(False).to(context.device.torch_name)
    return FaceGenerator(net, context.device, side_px)


SPEC: ModelSpec[FaceGenerator] = ModelSpec(
    name="dcgan-faces",
    version="1",
    role="faces that nobody has, 64x64",
    licence="MIT",
    source="gan-face-generate 1.1.1 (trained on DigiFace-1M, rendered faces)",
    weights=(
        WeightFile(
            "weights.tar",
            "gan-face-generate",
            "gan_face_generate/weights.tar",
            "0c3b90b138cfc4e8a73310b9fd5ce2a8f1f3a542a037de277412307fcd28771f",
        ),
    ),
    resident_bytes=15 << 20,
    working_bytes=96 << 20,
    working_unit="64 faces",
    loader="studio.adapters.gan_faces:load",
    requires=("torch",),
)


def spec_of(path: Path) -> ModelSpec[FaceGenerator]:
    """A generator from a file that ``studio train gan`` wrote.

    Raises:
        NoSuchMedia, WeightsCorrupt: it is no such file.
    """
    head = read_head(path)
    if head.kind != "dcgan":
        raise WeightsCorrupt(f"{path.name} is a {head.kind}, not a dcgan.", "See: studio train gan")
    digest = weights.sha256_of(path)
    return ModelSpec(
        name=f"dcgan-{path.stem}",
        version=digest[:12],
        role="pictures like those it was trained on",
        licence=str(head.card.get("licence", "of its training pictures")),
        source=path.name,
        weights=(WeightFile(path.name, "", str(path.resolve()), digest),),
        resident_bytes=path.stat().st_size + (1 << 20),
        working_bytes=96 << 20,
        working_unit="64 pictures",
        loader="studio.adapters.gan_faces:load_file",
        requires=("torch",),
    )
