"""Training of the autoencoder in ``studio/nets/vae.py``."""

from __future__ import annotations

import math
from typing import Any

import torch

from studio.learn.pictures import PictureSet
from studio.nets.dcgan import bytes_to_unit
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
