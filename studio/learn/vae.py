"""Training of the autoencoder in ``studio/nets/vae.py``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from studio.learn.components import component_error, components_of, error_between
from studio.learn.pictures import PictureSet
from studio.nets.dcgan import bytes_to_unit, unit_to_bytes
from studio.nets.vae import Vae, evidence


class VaeMethod:
    """Learns to tell pictures by few numbers.

    Args:
        pictures: square, of the network's side.
        built_with: arguments of ``Vae``.
        batch: pictures a step.
        rate: of Adam at the beginning; it falls to nothing by half a cosine.
        device: where to compute.
        seed: of the first weights and of the choice of pictures.
        mirror: whether pictures are also shown mirrored.
    """

    def __init__(
        self,
        pictures: PictureSet,
        built_with: dict[str, Any],
        *,
        batch: int = 64,
        rate: float = 1.5e-3,
        device: str = "cpu",
        seed: int = 0,
        mirror: bool = True,
    ) -> None:
        self.device = torch.device(device)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.vae = Vae(**built_with)
        self.vae.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._pictures, self._batch, self._rate = pictures, batch, rate
        self._seed, self._mirror = seed, mirror
        self._optimiser = torch.optim.Adam(self.vae.parameters(), rate)
        self.networks: dict[str, torch.nn.Module] = {"vae": self.vae}
        self.optimisers: dict[str, torch.optim.Optimizer] = {"vae": self._optimiser}

    def step(self, number: int, share: float) -> dict[str, float]:
        """Raise the evidence of one batch; logs it in nats a picture, with its parts."""
        for group in self._optimiser.param_groups:
            group["lr"] = self._rate * (0.5 + 0.5 * math.cos(math.pi * share))
        pictures = bytes_to_unit(self._pictures.batch(number, self._batch, self._seed))
        pictures = pictures.to(self.device, memory_format=torch.channels_last)
        if self._mirror:
            turned = torch.rand(len(pictures), device=self.device) < 0.5
            pictures = torch.where(turned[:, None, None, None], pictures.flip(3), pictures)
        self.vae.train()
        found = self.vae(pictures)
        bound, error, divergence = evidence(pictures, *found)
        self._optimiser.zero_grad()
        (-bound / pictures[0].numel()).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.vae.parameters(), 1.0)
        self._optimiser.step()
        return {
            "elbo": bound.item(),
            "error": error.item(),
            "divergence": divergence.item(),
        }

    def memory(self) -> dict[str, torch.Tensor]:
        """Nothing."""
        return {}

    def recall(self, memory: dict[str, torch.Tensor]) -> None:
        """Nothing."""


def told_again(vae: Vae, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], torch.Tensor]:
    """Pictures as the network tells them, and the mean latents they are told by."""
    device = next(vae.parameters()).device
    made, told = [], []
    vae.eval()
    with torch.inference_mode():
        for at in range(0, len(pixels), 128):
            some = torch.from_numpy(np.array(pixels[at : at + 128]))
            mean = vae.encode(bytes_to_unit(some).to(device))[0]
            made.append(unit_to_bytes(vae.decode(mean)).cpu().numpy())
            told.append(mean.cpu())
    return np.concatenate(made), torch.cat(told)


def tell_and_error(method: VaeMethod, learnt: PictureSet, held: PictureSet) -> dict[str, Any]:
    """What a card says of an autoencoder.

    Returns:
        ``held_out_error``: mean square error of a value, from -1 to 1, on held-out pictures;
        ``components_error``: that of as many principal components of the pictures it learnt
        from; ``mean_error``: that of their mean; ``held_out``: how many pictures; ``spread``:
        variance of each latent over held-out pictures, near 0 where it tells nothing.
    """
    again, told = told_again(method.vae, held.pixels)
    mean, components = components_of(learnt.pixels, method.vae.latent)
    return {
        "held_out": len(held),
        "held_out_error": error_between(again, held.pixels),
        "components_error": component_error(held.pixels, mean, components),
        "mean_error": component_error(held.pixels, mean, components[:0]),
        "spread": [round(value, 4) for value in told.var(0).tolist()],
    }
