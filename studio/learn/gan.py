"""Training of a DCGAN, as its paper gives it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from studio.learn.pictures import PictureSet
from studio.learn.translation import against, fresh, frozen, stepped
from studio.nets.dcgan import Discriminator, Generator, bytes_to_unit


class DcganMethod:
    """Learns to draw pictures like those of a set.

    Args:
        pictures: square, of the network's side.
        built_with: arguments of ``Generator``.
        batch: pictures a step; 128 in the paper.
        rate: of Adam.
        device: where to compute.
        seed: of the first weights and of the choice of pictures.
    """

    def __init__(
        self,
        pictures: PictureSet,
        built_with: dict[str, Any],
        *,
        batch: int = 128,
        rate: float = 2e-4,
        device: str = "cpu",
        seed: int = 0,
    ) -> None:
        self.device = torch.device(device)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.generator: nn.Module = fresh(Generator(**built_with), self.device)
            shape = {name: built_with[name] for name in ("width", "side_px") if name in built_with}
            self.critic: nn.Module = fresh(Discriminator(**shape), self.device)
        self._latent = int(self.generator.latent)
        self._pictures, self._batch, self._seed = pictures, batch, seed
        self._draws = torch.optim.Adam(self.generator.parameters(), rate, betas=(0.5, 0.999))
        self._judges = torch.optim.Adam(self.critic.parameters(), rate, betas=(0.5, 0.999))
        self.networks = {"generator": self.generator, "critic": self.critic}
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            "generator": self._draws,
            "critic": self._judges,
        }

    def step(self, number: int, share: float) -> dict[str, float]:
        """One step of the critic and one of the generator."""
        self.generator.train()
        real = bytes_to_unit(self._pictures.batch(number, self._batch, self._seed)).to(self.device)
        # Drawn on the processor, so that a seed means the same on every device.
        fake = self.generator(torch.randn(len(real), self._latent).to(self.device))
        # Real and drawn apart: normalised together, the critic would see what they mix to.
        seen, drawn = self.critic(real), self.critic(fake.detach())
        judged = against(seen, True) + against(drawn, False)
        stepped(self._judges, judged)
        frozen(self.critic, True)
        fooled = against(self.critic(fake), True)
        stepped(self._draws, fooled)
        frozen(self.critic, False)
        return {
            "fooled": fooled.item(),
            "judged": judged.item(),
            "real": seen.sigmoid().mean().item(),
            "drawn": drawn.sigmoid().mean().item(),
        }

    def memory(self) -> dict[str, Tensor]:
        """Nothing."""
        return {}

    def recall(self, memory: dict[str, Tensor]) -> None:
        """Nothing."""
