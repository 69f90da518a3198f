"""Training of translators between pictures: from pairs (pix2pix) and from two sets (CycleGAN)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss, mse_loss

from studio.learn.pictures import PictureSet
from studio.nets.cyclegan import ResNetTranslator
from studio.nets.dcgan import bytes_to_unit, set_out
from studio.nets.pix2pix import PatchCritic, UNet

#: Weights of the papers: of L1 in pix2pix; of the cycle, and within it of the identity.
L1_WEIGHT, CYCLE_WEIGHT, IDENTITY_SHARE = 100.0, 10.0, 0.5
#: How many older pictures CycleGAN's critics are shown as well.
POOL = 50


def fresh(module: nn.Module, device: torch.device) -> Any:
    """A network as the papers begin."""
    set_out(module)
    return module.to(device)


def jittered(pictures: Tensor, side_px: int) -> Tensor:
    """A random part of so many pixels a side, mirrored half of the time: one part and one side
    for all that are given, so that pairs stay pairs."""
    down, across = (
        int(torch.randint(side - side_px + 1, ())) if side > side_px else 0
        for side in pictures.shape[-2:]
    )
    made = pictures[..., down : down + side_px, across : across + side_px]
    return made.flip(-1) if torch.rand(()) < 0.5 else made


class Pix2PixMethod:
    """Learns from pairs.

    Args:
        pairs: what a picture is made from and the picture, side by side:
            ``(n, side, 2 * side, 3)``.
        built_with: arguments of ``UNet``.
        critic_with: arguments of ``PatchCritic`` but its channels.
        side_px: of the parts that are trained on.
        rate: of Adam; falls in a line to nothing over the second half.
        device: where to compute.
        seed: of the first weights and of the choice of pictures.
    """

    def __init__(
        self,
        pairs: PictureSet,
        built_with: dict[str, Any],
        *,
        critic_with: dict[str, Any] | None = None,
        side_px: int = 256,
        batch: int = 1,
        rate: float = 2e-4,
        device: str = "cpu",
        seed: int = 0,
    ) -> None:
        self.device = torch.device(device)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.translator: nn.Module = fresh(UNet(**built_with), self.device)
            self.critic: nn.Module = fresh(
                PatchCritic(channels=6, **(critic_with or {})), self.device
            )
        self._pairs, self._side_px, self._batch = pairs, side_px, batch
        self._rate, self._seed = rate, seed
        self._paints = torch.optim.Adam(self.translator.parameters(), rate, betas=(0.5, 0.999))
        self._judges = torch.optim.Adam(self.critic.parameters(), rate, betas=(0.5, 0.999))
        self.networks = {"translator": self.translator, "critic": self.critic}
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            "translator": self._paints,
            "critic": self._judges,
        }

    def step(self, number: int, share: float) -> dict[str, float]:
        """One step of the critic and one of the translator."""
        slow_down(self.optimisers.values(), self._rate, share)
        both = bytes_to_unit(self._pairs.batch(number, self._batch, self._seed)).to(self.device)
        both = jittered(torch.cat(both.chunk(2, dim=3), dim=1), self._side_px)
        given, wanted = both.chunk(2, dim=1)
        self.translator.train()
        made = self.translator(given)
        real = self.critic(torch.cat([given, wanted], 1))
        fake = self.critic(torch.cat([given, made.detach()], 1))
        # Halved, as in the paper: the critic learns more slowly than the translator.
        judged = (against(real, True) + against(fake, False)) / 2
        stepped(self._judges, judged)
        frozen(self.critic, True)
        fooled = against(self.critic(torch.cat([given, made], 1)), True)
        apart = l1_loss(made, wanted)
        stepped(self._paints, fooled + L1_WEIGHT * apart)
        frozen(self.critic, False)
        return {"l1": apart.item(), "fooled": fooled.item(), "judged": judged.item()}

    def memory(self) -> dict[str, Tensor]:
        """Nothing."""
        return {}

    def recall(self, memory: dict[str, Tensor]) -> None:
        """Nothing."""


class CycleMethod:
    """Learns from two sets without pairs.

    Args:
        first, second: the sets, ``(n, side, side, 3)``.
        built_with: arguments of ``ResNetTranslator``.
        critic_with: arguments of ``PatchCritic`` but its channels.
        side_px, batch, rate, device, seed: as in :class:`Pix2PixMethod`.
    """

    def __init__(
        self,
        first: PictureSet,
        second: PictureSet,
        built_with: dict[str, Any],
        *,
        critic_with: dict[str, Any] | None = None,
        side_px: int = 256,
        batch: int = 1,
        rate: float = 2e-4,
        device: str = "cpu",
        seed: int = 0,
    ) -> None:
        self.device = torch.device(device)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.there: nn.Module = fresh(ResNetTranslator(**built_with), self.device)
            self.back: nn.Module = fresh(ResNetTranslator(**built_with), self.device)
            critics = [
                fresh(PatchCritic(channels=3, **(critic_with or {})), self.device) for _ in range(2)
            ]
        self._of_first: nn.Module = critics[0]
        self._of_second: nn.Module = critics[1]
        self._sets, self._side_px, self._batch = (first, second), side_px, batch
        self._rate, self._seed = rate, seed
        self._paints = torch.optim.Adam(
            chain(self.there.parameters(), self.back.parameters()), rate, betas=(0.5, 0.999)
        )
        self._judges = torch.optim.Adam(
            chain(critics[0].parameters(), critics[1].parameters()), rate, betas=(0.5, 0.999)
        )
        self.networks = {
            "there": self.there,
            "back": self.back,
            "critic_of_first": self._of_first,
            "critic_of_second": self._of_second,
        }
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            "translators": self._paints,
            "critics": self._judges,
        }
        self._shown = {"first": OlderPictures(), "second": OlderPictures()}

    def _batches(self, number: int) -> list[Tensor]:
        return [
            jittered(
                bytes_to_unit(pictures.batch(number, self._batch, self._seed + place)).to(
                    self.device
                ),
                self._side_px,
            )
            for place, pictures in enumerate(self._sets)
        ]

    def step(self, number: int, share: float) -> dict[str, float]:
        """One step of both translators and one of both critics."""
        slow_down(self.optimisers.values(), self._rate, share)
        first, second = self._batches(number)
        for critic in (self._of_first, self._of_second):
            frozen(critic, True)
        as_second, as_first = self.there(first), self.back(second)
        fooled = truth(self._of_second(as_second), 1.0) + truth(self._of_first(as_first), 1.0)
        cycle = l1_loss(self.back(as_second), first) + l1_loss(self.there(as_first), second)
        same = l1_loss(self.there(second), second) + l1_loss(self.back(first), first)
        stepped(self._paints, fooled + CYCLE_WEIGHT * (cycle + IDENTITY_SHARE * same))
        for critic in (self._of_first, self._of_second):
            frozen(critic, False)
        judged: Any = 0.0
        for critic, real, fake, name in (
            (self._of_first, first, as_first, "first"),
            (self._of_second, second, as_second, "second"),
        ):
            older = self._shown[name].swap(fake.detach())
            judged = judged + (truth(critic(real), 1.0) + truth(critic(older), 0.0)) / 2
        stepped(self._judges, judged)
        return {
            "cycle": cycle.item(),
            "identity": same.item(),
            "fooled": fooled.item(),
            "judged": judged.item(),
        }

    def memory(self) -> dict[str, Tensor]:
        """The older pictures."""
        found = {name: older.kept for name, older in self._shown.items()}
        return {name: kept for name, kept in found.items() if kept is not None}

    def recall(self, memory: dict[str, Tensor]) -> None:
        """Take the older pictures back."""
        for name, kept in memory.items():
            self._shown[name].kept = kept.to(self.device)


class OlderPictures:
    """Pictures a translator made before (Shrivastava and others, 2017): half of the time one of
    them is shown to the critic in the place of a new one.

    Attributes:
        kept: ``(n, 3, h, w)``; None before the first.
    """

    def __init__(self) -> None:
        self.kept: Tensor | None = None

    def swap(self, pictures: Tensor) -> Tensor:
        """What the critic is shown: so many pictures, some of them older."""
        if self.kept is None:
            self.kept = pictures[:0]
        shown = []
        for picture in pictures:
            if len(self.kept) < POOL:
                self.kept = torch.cat([self.kept, picture[None]])
                shown.append(picture)
            elif torch.rand(()) < 0.5:
                place = int(torch.randint(POOL, ()))
                shown.append(self.kept[place].clone())
                self.kept[place] = picture
            else:
                shown.append(picture)
        return torch.stack(shown)


def slow_down(optimisers: Iterable[torch.optim.Optimizer], rate: float, share: float) -> None:
    """Set the rate: constant for half of the training, then in a line to nothing."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, 2.0 * (1.0 - share))


def stepped(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step down a loss."""
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def frozen(module: nn.Module, is_frozen: bool) -> None:
    """Whether a network's weights are left out of what is computed backwards."""
    module.requires_grad_(not is_frozen)


def against(logits: Tensor, real: bool) -> Tensor:
    """Cross entropy of a critic's answer with the truth or its opposite."""
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


def truth(found: Tensor, wanted: float) -> Tensor:
    """Least squares, which CycleGAN takes in the place of cross entropy."""
    return mse_loss(found, torch.full_like(found, wanted))
