"""Training of a look: a network learns to paint what a style picture's layers ask for, and to
paint the same thing alike in two pictures that follow each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from studio.learn.perceptual import Features, Target, content_loss, variation
from studio.learn.pictures import PictureSet
from studio.nets.dcgan import bytes_to_unit
from studio.nets.look_net import LookNet

#: Which of the layers holds the content, and the weights of the losses.
CONTENT_LAYER = 3
CONTENT_WEIGHT, STYLE_WEIGHT, VARIATION_WEIGHT, TIME_WEIGHT = 1.0, 8.0, 1.0, 30.0

#: From two uint8 pictures ``(h, w, 3)`` to where each pixel of the second was in the first,
#: float32 ``(h, w, 2)`` in pixels, and how far that can be relied on, float32 ``(h, w)``.
FindMotion = Callable[
    [NDArray[np.uint8], NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]
]


class LookMethod:
    """Learns one look.

    Args:
        pairs: two pictures that follow each other, side by side: ``(n, side, 2 * side, 3)``.
        style: the picture to paint like, uint8 ``(h, w, 3)``.
        features: maps of pictures on the device; see ``studio.nets.picture_features``.
        find_motion: between the pictures of a pair.
        built_with: arguments of :class:`LookNet`.
        batch: pairs a step.
        rate: of Adam; falls in a line to a tenth.
        device: where to compute.
        seed: of the first weights and of the choice of pairs.
    """

    def __init__(
        self,
        pairs: PictureSet,
        style: NDArray[np.uint8],
        features: Features,
        find_motion: FindMotion,
        built_with: dict[str, Any],
        *,
        batch: int = 2,
        rate: float = 1e-3,
        device: str = "cpu",
        seed: int = 0,
    ) -> None:
        self.device = torch.device(device)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.look: nn.Module = LookNet(**built_with).to(self.device)
        self.target = Target(features, _to_share(bytes_to_unit(torch.from_numpy(style[None]))))
        self._pairs, self._find = pairs, find_motion
        self._batch, self._rate, self._seed = batch, rate, seed
        self._adam = torch.optim.Adam(self.look.parameters(), rate)
        self.networks: dict[str, nn.Module] = {"look": self.look}
        self.optimisers: dict[str, torch.optim.Optimizer] = {"look": self._adam}

    def step(self, number: int, share: float) -> dict[str, float]:
        """One step."""
        for group in self._adam.param_groups:
            group["lr"] = self._rate * (1 - 0.9 * share)
        rows = self._pairs.batch(number, self._batch, self._seed)
        before, now = rows.chunk(2, dim=2)
        flow, trust = self._motion(before, now)
        pictures = bytes_to_unit(torch.cat([before, now])).to(self.device)
        self.look.train()
        made = self.look(pictures)
        losses = self._losses(pictures, made)
        older, newer = made.chunk(2)
        apart = (newer - warped(older, flow)) ** 2 * trust
        losses["time"] = apart.sum() / (trust.sum() * 3).clamp_min(1.0)
        total = (
            CONTENT_WEIGHT * losses["content"]
            + STYLE_WEIGHT * losses["style"]
            + VARIATION_WEIGHT * losses["variation"]
            + TIME_WEIGHT * losses["time"]
        )
        self._adam.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        self._adam.step()
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _losses(self, pictures: Tensor, made: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            wanted = self.target.maps(_to_share(pictures))[CONTENT_LAYER]
        found = self.target.maps(_to_share(made))
        return {
            "content": content_loss(found[CONTENT_LAYER], wanted),
            "style": self.target.style_loss(found),
            "variation": variation(_to_share(made)),
        }

    def _motion(self, before: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
        found = [
            self._find(a.numpy(), b.numpy())
            for a, b in zip(before.contiguous(), now.contiguous(), strict=True)
        ]
        flow = torch.from_numpy(np.stack([f for f, _ in found]))
        trust = torch.from_numpy(np.stack([t for _, t in found]))[:, None]
        return flow.to(self.device), trust.to(self.device)

    def paint(self, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Pictures as it paints them now: uint8 ``(n, h, w, 3)``."""
        from studio.nets.dcgan import unit_to_bytes

        with torch.inference_mode():
            made = self.look(bytes_to_unit(torch.from_numpy(pictures)).to(self.device))
            painted: NDArray[np.uint8] = unit_to_bytes(made).cpu().numpy()
        return painted

    def style_of(self, pictures: NDArray[np.uint8]) -> float:
        """The style loss of pictures, uint8 ``(n, h, w, 3)``."""
        with torch.no_grad():
            unit = bytes_to_unit(torch.from_numpy(pictures)).to(self.device)
            return float(self.target.style_loss(self.target.maps(_to_share(unit))))

    def memory(self) -> dict[str, Tensor]:
        """Nothing."""
        return {}

    def recall(self, memory: dict[str, Tensor]) -> None:
        """Nothing."""


def warped(pictures: Tensor, flow: Tensor) -> Tensor:
    """Pictures ``(n, 3, h, w)`` brought to where their parts are now.

    Args:
        flow: ``(n, h, w, 2)``, pixels: what is at ``x`` now was at ``x + flow``.
    """
    height, width = pictures.shape[-2:]
    down, across = torch.meshgrid(
        torch.arange(height, device=flow.device),
        torch.arange(width, device=flow.device),
        indexing="ij",
    )
    there = flow + torch.stack([across, down], dim=-1)
    size = torch.tensor([width - 1, height - 1], device=flow.device)
    return functional.grid_sample(
        pictures, there / size * 2 - 1, padding_mode="border", align_corners=True
    )


def _to_share(pictures: Tensor) -> Tensor:
    """From -1 to 1 to 0 to 1."""
    return (pictures + 1) / 2
