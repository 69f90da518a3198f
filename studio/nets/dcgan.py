"""DCGAN (Radford, Metz and Chintala, 2016): a generator and a critic of convolutions.

Names and order of the layers are those of the weights that ``gan-face-generate`` carries.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

#: Numbers that a face is drawn from, width of its last layer, side of the picture, of the
#: weights that are carried.
FACES = {"latent": 100, "width": 64, "side_px": 64}


def _halvings(side_px: int) -> int:
    """How often a side is halved until 4 pixels are left."""
    count = side_px.bit_length() - 3
    if count < 1 or side_px != 4 << count:
        raise ValueError(f"a side of {side_px} is no power of two from 8 on")
    return count


class Generator(nn.Module):
    """Numbers to pictures.

    Args:
        latent: numbers a picture is drawn from, standard normal.
        width: channels before the last layer; doubled with each halving of the side.
        side_px: of the square pictures, a power of two from 8 on.
    """

    def __init__(self, latent: int = 100, width: int = 64, side_px: int = 64) -> None:
        super().__init__()
        halvings = _halvings(side_px)
        self.latent = latent
        channels = [latent, *(width << n for n in reversed(range(halvings)))]
        layers: list[nn.Module] = []
        for place, (before, after) in enumerate(pairwise(channels)):
            step, edge = (2, 1) if place else (1, 0)
            layers += [
                nn.ConvTranspose2d(before, after, 4, step, edge, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
            ]
        layers += [nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def forward(self, latents: Tensor) -> Tensor:
        """``(n, latent)`` to RGB ``(n, 3, side_px, side_px)`` from -1 to 1."""
        made: Tensor = self.main(latents[:, :, None, None])
        return made


class Discriminator(nn.Module):
    """Pictures to how real they look, as a logit.

    Args:
        width: channels after the first layer; doubled with each halving of the side.
        side_px: of the square pictures.
    """

    def __init__(self, width: int = 64, side_px: int = 64) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1, bias=False)]
        layers += [nn.LeakyReLU(0.2, inplace=True)]
        for n in range(1, _halvings(side_px)):
            layers += [
                nn.Conv2d(width << (n - 1), width << n, 4, 2, 1, bias=False),
                nn.BatchNorm2d(width << n),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        layers += [nn.Conv2d(width << (_halvings(side_px) - 1), 1, 4, 1, 0, bias=False)]
        self.main = nn.Sequential(*layers)

    def forward(self, pictures: Tensor) -> Tensor:
        """``(n, 3, side_px, side_px)`` from -1 to 1, to ``(n,)``."""
        found: Tensor = self.main(pictures)
        return found.flatten()


def set_out(module: nn.Module) -> None:
    """Weights as the paper begins: normal with a deviation of 0.02."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(part.weight, 0.0, 0.02)
        elif isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.weight, 1.0, 0.02)
            nn.init.zeros_(part.bias)


def unit_to_bytes(pictures: Tensor) -> Tensor:
    """``(n, 3, h, w)`` from -1 to 1, to uint8 ``(n, h, w, 3)``."""
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1)


def bytes_to_unit(pictures: Tensor) -> Tensor:
    """uint8 ``(n, h, w, 3)`` to ``(n, 3, h, w)`` from -1 to 1."""
    return pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
