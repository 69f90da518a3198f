"""Faces told by a few numbers and back: the studio's own autoencoder, or one of the user's."""

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
_BATCH = 128

Latents = NDArray[np.float32]
Pixels = NDArray[np.uint8]


class PictureCoder(TorchWeights):
    """A loaded autoencoder.

    Args:
        net: ``studio.nets.vae.Vae``.
        device: where it computes.
    """

    precision: Precision = "f32"

    def __init__(self, net: torch.nn.Module, device: Device) -> None:
        super().__init__([net], device)
        self.latent = int(net.latent)  # type: ignore[arg-type]
        self.side_px = int(net.side_px)  # type: ignore[arg-type]
        self._net: Any = net

    def tell(self, pictures: Pixels) -> tuple[Latents, Latents]:
        """What pictures are told by.

        Args:
            pictures: RGB ``(n, side_px, side_px, 3)``.

        Returns:
            Mean and deviation of each latent, ``(n, latent)``; those first that move the
            pixels most.

        Raises:
            InferenceFailed: torch gave up, for one because memory ran out.
        """
        import torch

        from studio.nets.dcgan import bytes_to_unit

        means, deviations = [], []
        with translated("autoencoder", _HINT), torch.inference_mode():
            for at in range(0, len(pictures), _BATCH):
                some = torch.from_numpy(np.array(pictures[at : at + _BATCH]))
                mean, variance = self._open.tell(bytes_to_unit(some).to(self.device.torch_name))
                means.append(mean.cpu().numpy())
                deviations.append(variance.sqrt().cpu().numpy())
        return np.concatenate(means), np.concatenate(deviations)

    def draw(self, latents: Latents) -> Pixels:
        """Pictures from latents ``(n, latent)``, standard normal for pictures like those it learnt
        from: RGB ``(n, side_px, side_px, 3)``.

        Raises:
            InferenceFailed: torch gave up, for one because memory ran out.
        """
        import torch

        from studio.nets.dcgan import unit_to_bytes

        parts = [np.zeros((0, self.side_px, self.side_px, 3), np.uint8)]
        with translated("autoencoder", _HINT), torch.inference_mode():
            for at in range(0, len(latents), _BATCH):
                some = torch.from_numpy(np.array(latents[at : at + _BATCH], np.float32))
                made = self._open.draw(some.to(self.device.torch_name))
                parts.append(unit_to_bytes(made).cpu().numpy())
        return np.concatenate(parts)

    @property
    def _open(self) -> Any:
        if self._net is None:
            raise ValueError("the autoencoder was closed")
        return self._net

    def close(self) -> None:
        """Let go of the network."""
        super().close()
        self._net = None


def load(context: LoadContext) -> PictureCoder:
    """For the pool."""
    import torch

    from studio.models.safetensors_io import load_into
    from studio.nets.vae import Vae

    (path,) = context.weights.values()
    head = read_head(path)
    if context.device.kind == "cpu":
        torch.set_num_threads(context.threads)
    net = load_into(lambda: Vae(**head.built_with), path, dtype=torch.float32)
    net.to(context.device.torch_name)
    return PictureCoder(net, context.device)


def spec_of(path: Path) -> ModelSpec[PictureCoder]:
    """An autoencoder from a file that ``studio train vae`` wrote.

    Raises:
        NoSuchMedia, WeightsCorrupt: it is no such file.
    """
    head = read_head(path)
    if head.kind != "vae":
        raise WeightsCorrupt(f"{path.name} is a {head.kind}, not a vae.", "See: studio train vae")
    digest = weights.sha256_of(path)
    return ModelSpec(
        name=f"vae-{path.stem}",
        version=digest[:12],
        role="pictures told by few numbers",
        licence=str(head.card.get("licence", "of its training pictures")),
        source=path.name,
        weights=(WeightFile(path.name, "", str(path.resolve()), digest),),
        resident_bytes=2 * path.stat().st_size + (1 << 20),
        working_bytes=96 << 20,
        working_unit="128 pictures",
        loader="studio.adapters.vae_faces:load",
        requires=("torch",),
    )


SPEC: ModelSpec[PictureCoder] = ModelSpec(
    name="vae-faces",
    version="1",
    role="faces told by 32 numbers, 64x64",
    licence="AGPL-3.0-or-later",
    source="assets/weights/vae-faces.safetensors (made by scripts/train_vae_faces.py)",
    weights=(
        WeightFile(
            "vae-faces.safetensors",
            "",
            "assets/weights/vae-faces.safetensors",
            "16bbebcc295a3662ae31f83d372c386b46142f9c470bca0d1f837dd1e7ada188",
        ),
    ),
    resident_bytes=4 << 20,
    working_bytes=96 << 20,
    working_unit="128 faces",
    loader="studio.adapters.vae_faces:load",
    requires=("torch",),
)
