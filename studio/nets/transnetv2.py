"""TransNetV2 (Souček and Lokoč, 2020): the part of the network that looks at the pictures.

Written for inference: batch normalisation is folded into the convolutions, and time is one long
axis instead of windows of a hundred frames. What turns its features into probabilities needs
no torch and stands in :mod:`studio.nets.transnetv2_scores`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Frames apart that the four branches of a cell compare.
DILATIONS = (1, 2, 4, 8)
_BN_EPSILON = 1e-3
_FILTERS = (16, 32, 64)  # of one branch, in each of the three blocks
_SIMILARITY_SIZE = 128
_HIDDEN = 1024
_LAST_GRID = 3 * 6


class Cell(nn.Module):
    """Four branches, each a 3x3 convolution of pictures and one over three moments.

    Args:
        channels: of the input.
        filters: of one branch; the output has four times as many.
    """

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        self.filters = filters
        self.in_picture = nn.ModuleList(
            nn.Conv3d(channels, 2 * filters, (1, 3, 3), padding=(0, 1, 1), bias=False)
            for _ in DILATIONS
        )
        self.in_time = nn.ModuleList(
            nn.Conv3d(2 * filters, filters, (3, 1, 1), padding=(d, 0, 0), dilation=(d, 1, 1))
            for d in DILATIONS
        )

    def forward(self, x: Tensor) -> Tensor:
        """``(1, c, t, h, w)`` to ``(1, 4 * filters, t, h, w)``."""
        pairs = zip(self.in_picture, self.in_time, strict=True)
        return torch.cat([time(picture(x)) for picture, time in pairs], dim=1)

    def fold(self, weights: Mapping[str, Tensor], prefix: str) -> None:
        """Take the weights of one cell of the checkpoint, its normalisation folded in."""
        gain = weights[f"{prefix}.bn.weight"] / torch.sqrt(
            weights[f"{prefix}.bn.running_var"] + _BN_EPSILON
        )
        offset = weights[f"{prefix}.bn.bias"] - weights[f"{prefix}.bn.running_mean"] * gain
        for number, dilation in enumerate(DILATIONS):
            picture = cast("nn.Conv3d", self.in_picture[number])
            time = cast("nn.Conv3d", self.in_time[number])
            mine = slice(number * self.filters, (number + 1) * self.filters)
            branch = f"{prefix}.Conv3D_{dilation}.layers"
            picture.weight.copy_(weights[f"{branch}.0.weight"])
            time.weight.copy_(weights[f"{branch}.1.weight"] * gain[mine].view(-1, 1, 1, 1, 1))
            assert time.bias is not None
            time.bias.copy_(offset[mine])


class Trunk(nn.Module):
    """Frames to features; time beyond both ends is zero, as in training."""

    def __init__(self) -> None:
        super().__init__()
        channels = (3, *(4 * f for f in _FILTERS))
        self.first = nn.ModuleList(Cell(c, f) for c, f in zip(channels, _FILTERS, strict=False))
        self.second = nn.ModuleList(Cell(4 * f, f) for f in _FILTERS)
        self.projection = nn.Linear(sum(channels[1:]), _SIMILARITY_SIZE)
        self.hidden = nn.Linear(channels[-1] * _LAST_GRID, _HIDDEN, bias=False)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Run over consecutive frames.

        Args:
            frames: uint8 ``(t, 27, 48, 3)``.

        Returns:
            ``(t, 1024)``, the pictures' share of the hidden layer, and ``(t, 128)``, vectors
            of length one whose products say how alike two frames are.
        """
        x = frames.permute(3, 0, 1, 2).unsqueeze(0).to(self.hidden.weight.dtype) / 255
        means = []
        for first, second in zip(self.first, self.second, strict=True):
            shortcut = functional.relu(first(x))
            x = functional.relu(second(shortcut)) + shortcut
            x = functional.avg_pool3d(x, (1, 2, 2))
            means.append(x.mean((3, 4)))
        projected = self.projection(torch.cat(means, 1).squeeze(0).t())
        flat = x.squeeze(0).permute(1, 2, 3, 0).flatten(1)
        return self.hidden(flat), functional.normalize(projected, dim=1)

    @classmethod
    def from_checkpoint(cls, weights: Mapping[str, Tensor]) -> Trunk:
        """The published weights, ready to run.

        Args:
            weights: the checkpoint's state dictionary.
        """
        trunk = cls().eval()
        with torch.no_grad():
            for block, cells in enumerate(zip(trunk.first, trunk.second, strict=True)):
                for number, cell in enumerate(cells):
                    cast("Cell", cell).fold(weights, f"SDDCNN.{block}.DDCNN.{number}")
            trunk.projection.weight.copy_(weights["frame_sim_layer.projection.weight"])
            trunk.projection.bias.copy_(weights["frame_sim_layer.projection.bias"])
            # The first columns belong to the similarities: see transnetv2_scores.
            trunk.hidden.weight.copy_(weights["fc1.weight"][:, -trunk.hidden.in_features :])
        return trunk
