"""A small network that paints any picture in one look, in one pass.

After Johnson, Alahi and Fei-Fei 2016 (down, residual blocks, up; normalised picture by picture,
Ulyanov and others 2016), made light: its inner convolutions are depthwise separable, and it grows
by nearest-neighbour resizing, which leaves no chequers (Odena and others 2016).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class _Separable(nn.Module):
    """Each channel filtered by itself, then the channels mixed; normalised."""

    def __init__(self, inside: int, out: int, *, stride: int = 1) -> None:
        super().__init__()
        self.filter = nn.Conv2d(inside, inside, 3, stride, groups=inside, bias=False)
        self.mix = nn.Conv2d(inside, out, 1, bias=False)
        self.norm = nn.InstanceNorm2d(out, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.norm(self.mix(self.filter(functional.pad(x, (1, 1, 1, 1), "reflect"))))
        return made


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _Separable(width, width)
        self.second = _Separable(width, width)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = x + self.second(functional.relu(self.first(x)))
        return made


class LookNet(nn.Module):
    """The network: from -1 to 1 ``(n, 3, h, w)`` to the same.

    Args:
        width: channels in full size; twice and four times as many below.
        blocks: residual blocks.

    Attributes:
        step_px: sides of pictures are multiples of it, and at least four times as long.
    """

    step_px = 4

    def __init__(self, width: int = 24, blocks: int = 4) -> None:
        super().__init__()
        self.enter = nn.Conv2d(3, width, 7, bias=False)
        self.entered = nn.InstanceNorm2d(width, affine=True)
        self.down = nn.ModuleList(
            [
                _Separable(width, 2 * width, stride=2),
                _Separable(2 * width, 4 * width, stride=2),
            ]
        )
        self.within = nn.Sequential(*(_Residual(4 * width) for _ in range(blocks)))
        self.up = nn.ModuleList([_Separable(4 * width, 2 * width), _Separable(2 * width, width)])
        self.leave = nn.Conv2d(width, 3, 7)

    def forward(self, x: Tensor) -> Tensor:
        """Paint."""
        x = functional.relu(self.entered(self.enter(functional.pad(x, (3, 3, 3, 3), "reflect"))))
        for layer in self.down:
            x = functional.relu(layer(x))
        x = self.within(x)
        for layer in self.up:
            x = functional.relu(layer(functional.interpolate(x, scale_factor=2.0)))
        return torch.tanh(self.leave(functional.pad(x, (3, 3, 3, 3), "reflect")))
