"""pix2pix (Isola and others, 2017): a U-Net that translates pictures, and a critic of patches.

Normalised over each picture by itself: the paper's batches of one, with statistics of the batch
also where it is used, are the same thing.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class UNet(nn.Module):
    """A picture to a picture of the same size.

    Args:
        width: channels after the first layer; they double up to eight times that.
        depth: how often the side is halved; sides must be multiples of ``step_px``.
        dropout: of the three innermost layers while training; it is the noise of the paper. In
            use it is off, so that a film stands still where its footage does.
    """

    def __init__(self, width: int = 64, depth: int = 8, dropout: float = 0.5) -> None:
        super().__init__()
        if depth < 2:
            raise ValueError("a depth below 2 is no U-Net")
        self.step_px = 1 << depth
        widths = [width * min(8, 1 << n) for n in range(depth)]
        self.down = nn.ModuleList()
        for place, (before, after) in enumerate(zip((3, *widths), widths, strict=False)):
            layers: list[nn.Module] = [nn.LeakyReLU(0.2)] if place else []
            layers += [nn.Conv2d(before, after, 4, 2, 1)]
            # The innermost may be a single pixel, and the paper leaves the first as it is.
            if 0 < place < depth - 1:
                layers += [nn.InstanceNorm2d(after, affine=True)]
            self.down.append(nn.Sequential(*layers))
        self.up = nn.ModuleList()
        for place in reversed(range(depth)):
            before = widths[place] * (1 if place == depth - 1 else 2)
            after = widths[place - 1] if place else 3
            layers = [nn.ReLU(), nn.ConvTranspose2d(before, after, 4, 2, 1)]
            if place:
                layers += [nn.InstanceNorm2d(after, affine=True)]
                if depth - 4 <= place < depth - 1 and dropout:
                    layers += [nn.Dropout(dropout)]
            else:
                layers += [nn.Tanh()]
            self.up.append(nn.Sequential(*layers))

    def forward(self, pictures: Tensor) -> Tensor:
        """``(n, 3, h, w)`` from -1 to 1 to the same."""
        passed = []
        made = pictures
        for layer in self.down:
            made = layer(made)
            passed.append(made)
        passed.pop()
        for place, layer in enumerate(self.up):
            made = layer(made if place == 0 else torch.cat([made, passed.pop()], 1))
        return made


class PatchCritic(nn.Module):
    """How real each patch of a picture looks; with three layers a patch has 70 pixels a side.

    Args:
        channels: of its input; 6 where it sees what a picture was made from as well.
        width: channels after the first layer.
        layers: that halve the side.
    """

    def __init__(self, channels: int = 3, width: int = 64, layers: int = 3) -> None:
        super().__init__()
        widths = [width * min(8, 1 << n) for n in range(layers + 1)]
        parts: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for place in range(1, layers + 1):
            stride = 2 if place < layers else 1
            parts += [nn.Conv2d(widths[place - 1], widths[place], 4, stride, 1)]
            parts += [nn.InstanceNorm2d(widths[place], affine=True), nn.LeakyReLU(0.2)]
        parts += [nn.Conv2d(widths[-1], 1, 4, 1, 1)]
        self.main = nn.Sequential(*parts)

    def forward(self, pictures: Tensor) -> Tensor:
        """``(n, channels, h, w)`` to ``(n, 1, h', w')``."""
        found: Tensor = self.main(pictures)
        return found
