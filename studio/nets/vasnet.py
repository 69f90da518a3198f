"""VASNet: how important each frame is, by attention over all frames (Fajtl and others, 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

#: The published code scales queries by this, whatever their width.
_QUERY_SCALE = 0.06
_EPSILON = 1e-6


class SampleNorm(nn.Module):
    """Layer normalisation as published: by the sample's deviation, epsilon beside it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))
        self.beta = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        mean, deviation = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
        return self.gamma * (x - mean) / (deviation + _EPSILON) + self.beta


class VASNet(nn.Module):
    """Frame features to importance.

    Args:
        features: length of a frame's vector; 1024 as published.
        width: of keys, values and the regressor; 1024 as published.
    """

    def __init__(self, features: int = 1024, width: int = 1024) -> None:
        super().__init__()
        self.key = nn.Linear(features, width, bias=False)
        self.query = nn.Linear(features, width, bias=False)
        self.value = nn.Linear(features, width, bias=False)
        self.out = nn.Linear(width, features, bias=False)
        self.norm_y = SampleNorm(features)
        self.hidden = nn.Linear(features, width)
        self.norm_hidden = SampleNorm(width)
        self.score = nn.Linear(width, 1)
        self.drop = nn.Dropout(0.5)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight, gain=2**0.5)
                if module.bias is not None:
                    nn.init.constant_(module.bias, 0.1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Importance and attention.

        Args:
            x: ``(n, features)``, the frames of one film in order.

        Returns:
            ``(n,)`` from 0 to 1, and the attention ``(n, n)``: row ``i`` sums to one.
        """
        attention = torch.softmax((self.query(x) * _QUERY_SCALE) @ self.key(x).T, dim=-1)
        # As in the published code the values are gathered down the columns.
        y = self.out(self.drop(attention).T @ self.value(x))
        y = self.norm_y(self.drop(y + x))
        y = self.norm_hidden(self.drop(torch.relu(self.hidden(y))))
        return torch.sigmoid(self.score(y)).squeeze(-1), attention
