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
            mean = vae.encode(bytes_to_unit(some).to(device))[0]  # the axes cancel out
            made.append(unit_to_bytes(vae.decode(mean)).cpu().numpy())
            told.append(mean.cpu())
    return np.concatenate(made), torch.cat(told)


#: Pictures that axes are settled on, and pictures that are drawn to turn them.
_SETTLED, _TURNED = 4096, 1024


def settle(vae: Vae, told: torch.Tensor) -> list[float]:
    """Give a trained network axes along which what it tells is standard normal.

    Little training leaves the numbers of the pictures off the normal distribution they are drawn
    from; a normal distribution fitted afterwards mends that (Ghosh and others, 2020). It leaves
    a rotation free: the axes are turned so that the first moves the pixels most, in a linear
    fit, and each so that more of it is lighter.

    Args:
        vae: gets its ``centre`` and ``axes``.
        told: latents of pictures, ``(n, latent)``.

    Returns:
        The variance of a value, from -1 to 1, that each axis explains; falling.
    """
    device = vae.centre.device
    centre = told.mean(0)
    spread = torch.cov(told.T) + 1e-6 * torch.eye(vae.latent)
    stretch = torch.linalg.cholesky(spread).T
    drawn = torch.randn(_TURNED, vae.latent, generator=torch.Generator().manual_seed(0))
    vae.eval()
    with torch.inference_mode():
        made = torch.cat(
            [vae.decode(part.to(device)).cpu() for part in (centre + drawn @ stretch).split(128)]
        ).flatten(1)
    linear = drawn.T @ (made - made.mean(0)) / _TURNED
    turn, sizes, _ = torch.linalg.svd(linear, full_matrices=False)
    turn = turn * torch.where((turn.T @ linear).sum(1) < 0, -1.0, 1.0)
    vae.centre.copy_(centre)
    vae.axes.copy_(turn.T @ stretch)
    explained: list[float] = (sizes.square() / made.shape[1]).tolist()
    return explained


def tell_and_error(method: VaeMethod, learnt: PictureSet, held: PictureSet) -> dict[str, Any]:
    """What a card says of an autoencoder, whose axes are settled here.

    Returns:
        ``held_out_error``: mean square error of a value, from -1 to 1, on held-out pictures;
        ``components_error``: that of as many principal components of the pictures it learnt
        from; ``mean_error``: that of their mean; ``held_out``: how many pictures; ``spread``:
        see :func:`settle`.
    """
    every = -(-len(learnt) // _SETTLED)
    spread = settle(method.vae, told_again(method.vae, learnt.pixels[::every])[1])
    again, _ = told_again(method.vae, held.pixels)
    mean, components = components_of(learnt.pixels, method.vae.latent)
    return {
        "held_out": len(held),
        "held_out_error": error_between(again, held.pixels),
        "components_error": component_error(held.pixels, mean, components),
        "mean_error": component_error(held.pixels, mean, components[:0]),
        "spread": [round(value, 6) for value in spread],
    }
