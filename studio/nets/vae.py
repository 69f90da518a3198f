"""A variational autoencoder of pictures (Kingma and Welling, 2014), of convolutions.

What a pixel varies by around the reconstruction is not given but estimated from each batch, as
in sigma-VAE (Rybkin, Daniilidis and Levine, 2021): no weight between the two terms has to be
tuned.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Vae(nn.Module):
    """Pictures to few numbers and back.

    Args:
        latent: numbers a picture is told by.
        widths: channels after each halving of the side.
        side_px: of the square pictures.
    """

    def __init__(
        self,
        latent: int = 64,
        widths: tuple[int, ...] = (32, 64, 128, 128),
        side_px: int = 64,
    ) -> None:
        super().__init__()
        self.latent, self.side_px = latent, side_px
        small = side_px >> len(widths)
        if small < 1 or small << len(widths) != side_px:
            raise ValueError(f"a side of {side_px} cannot be halved {len(widths)} times")
        self.small = (widths[-1], small, small)
        down: list[nn.Module] = []
        for before, after in zip((3, *widths), widths, strict=False):
            down += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after)]
            down += [nn.SiLU(inplace=True)]
        self.down = nn.Sequential(*down, nn.Flatten())
        self.told = nn.Linear(math.prod(self.small), 2 * latent)
        self.heard = nn.Linear(latent, math.prod(self.small))
        up: list[nn.Module] = []
        for before, after in zip(widths[::-1], (*widths[-2::-1], 0), strict=True):
            up += [nn.BatchNorm2d(before), nn.SiLU(inplace=True)]
            up += [nn.ConvTranspose2d(before, after or 3, 4, 2, 1, bias=not after)]
        self.up = nn.Sequential(*up)
        self.register_buffer("centre", torch.zeros(latent))
        self.register_buffer("axes", torch.eye(latent))

    centre: Tensor
    axes: Tensor

    def tell(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """As :meth:`encode`, along the axes that were settled after training: mean and
        variance, each ``(n, latent)``."""
        mean, log_variance = self.encode(pictures)
        back = torch.linalg.inv(self.axes)
        return (mean - self.centre) @ back, log_variance.exp() @ back.square()

    def draw(self, latents: Tensor) -> Tensor:
        """As :meth:`decode`, along those axes: standard normal ``(n, latent)`` gives pictures
        like those it learnt from."""
        return self.decode(self.centre + latents @ self.axes)

    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """``(n, 3, side_px, side_px)`` from -1 to 1 to mean and log variance, ``(n, latent)``."""
        mean, log_variance = self.told(self.down(pictures)).chunk(2, dim=1)
        return mean, log_variance.clamp(-12, 6)

    def decode(self, latents: Tensor) -> Tensor:
        """``(n, latent)`` to pictures ``(n, 3, side_px, side_px)``, about -1 to 1."""
        made: Tensor = self.up(self.heard(latents).unflatten(1, self.small))
        return made

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstructions from drawn latents, and what they were drawn from."""
        mean, log_variance = self.encode(pictures)
        latents = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        return self.decode(latents), mean, log_variance


def evidence(
    pictures: Tensor, made: Tensor, mean: Tensor, log_variance: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The lower bound on the log likelihood a picture, in nats, and its parts.

    Returns:
        The bound; the mean square error of a value; the divergence of the latents. Scalars.
    """
    values = pictures[0].numel()
    error = (made - pictures).square().mean()
    likelihood = -0.5 * values * (torch.log(2 * math.pi * error) + 1)
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()
    return likelihood - divergence, error, divergence
