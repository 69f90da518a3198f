"""CycleGAN's translator (Zhu and others, 2017): residual blocks between strided convolutions.

The critic is that of pix2pix, ``PatchCritic``.
"""

from __future__ import annotations

from torch import Tensor, nn


class _Block(nn.Module):
    """Adds to a picture what two convolutions find."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            nn.InstanceNorm2d(width),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            nn.InstanceNorm2d(width),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Same shape."""
        added: Tensor = self.main(pictures)
        return pictures + added


class ResNetTranslator(nn.Module):
    """A picture to a picture of the same size.

    Args:
        width: channels after the first layer; four times that in the middle.
        blocks: residual blocks; the paper takes 6 for 128 pixels and 9 from 256 on.
    """

    #: Sides must be multiples of this.
    step_px = 4

    def __init__(self, width: int = 64, blocks: int = 9) -> None:
        super().__init__()

        def layer(part: nn.Module, channels: int) -> list[nn.Module]:
            return [part, nn.InstanceNorm2d(channels), nn.ReLU()]

        self.main = nn.Sequential(
            nn.ReflectionPad2d(3),
            *layer(nn.Conv2d(3, width, 7), width),
            *layer(nn.Conv2d(width, 2 * width, 3, 2, 1), 2 * width),
            *layer(nn.Conv2d(2 * width, 4 * width, 3, 2, 1), 4 * width),
            *(_Block(4 * width) for _ in range(blocks)),
            *layer(nn.ConvTranspose2d(4 * width, 2 * width, 3, 2, 1, 1), 2 * width),
            *layer(nn.ConvTranspose2d(2 * width, width, 3, 2, 1, 1), width),
            nn.ReflectionPad2d(3),
            nn.Conv2d(width, 3, 7),
            nn.Tanh(),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """``(n, 3, h, w)`` from -1 to 1 to the same."""
        made: Tensor = self.main(pictures)
        return made
