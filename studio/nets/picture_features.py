"""What the layers of a picture network see: for losses that compare pictures as people do."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from studio.nets.efficientnet_lite import EfficientNetLite0

#: Blocks after which EfficientNet-Lite0's maps are taken, with their side in shares of the
#: picture's: the stem 1/2, 1/2, 1/4, 1/8, 1/16, 1/16.
AFTER = (-1, 0, 2, 4, 7, 10)


class PictureFeatures(nn.Module):
    """Maps of several layers; its weights are frozen, gradients go through to the picture.

    Args:
        net: with its weights.
        after: blocks whose results are wanted, rising; -1 is the stem.
    """

    def __init__(self, net: EfficientNetLite0, after: Sequence[int] = AFTER) -> None:
        super().__init__()
        self.net = net.eval().requires_grad_(False)
        self.after = tuple(after)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """One map ``(n, channels, h, w)`` a layer.

        Args:
            pictures: ``(n, 3, h, w)``, 0 to 1.
        """
        x = (pictures * 255 - 127) / 128
        x = functional.relu6(self.net._bn0(self.net._conv_stem(x)))
        found = [x] if self.after[0] < 0 else []
        for number, block in enumerate(self.net._blocks):
            if number > self.after[-1]:
                break
            x = block(x)
            if number in self.after:
                found.append(x)
        return found
