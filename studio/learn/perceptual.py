"""Losses of style transfer: how a picture is arranged, how it is painted, how smooth it is.

After Gatys, Ecker and Bethge 2016 and Johnson, Alahi and Fei-Fei 2016. They compare layers of
VGG. The smaller network here has channels of very different size, and a few of them drowned the
others (the style loss did not fall at all); so each channel is first divided by how much it
varies in the style picture.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Features = Callable[[Tensor], list[Tensor]]
#: Added to what channels are divided by, as a share of the layer's mean: some never stir.
_FLOOR = 0.1


class Target:
    """A style to be reached.

    Args:
        features: maps of pictures ``(n, 3, h, w)``, 0 to 1.
        style: the picture, ``(1, 3, h, w)``.
    """

    def __init__(self, features: Features, style: Tensor) -> None:
        self._features = features
        with torch.no_grad():
            raw = features(style)
            spreads = [maps.std(dim=(0, 2, 3), keepdim=True) for maps in raw]
            self._scales = [s + _FLOOR * s.mean() for s in spreads]
            self._wanted = [_moments(maps / s) for maps, s in zip(raw, self._scales, strict=True)]

    def maps(self, pictures: Tensor) -> list[Tensor]:
        """The layers of pictures, channel by channel in shares of the style's spread."""
        found = self._features(pictures)
        return [maps / scale for maps, scale in zip(found, self._scales, strict=True)]

    def style_loss(self, found: list[Tensor]) -> Tensor:
        """How far maps are from the style: squared distance of covariances as a share of the
        style's own, and of means; the mean over layers and pictures."""
        losses = []
        for maps, (covariance, mean) in zip(found, self._wanted, strict=True):
            here, centre = _moments(maps)
            apart = ((here - covariance) ** 2).mean() / (covariance**2).mean()
            losses.append(apart + ((centre - mean) ** 2).mean())
        return torch.stack(losses).mean()


def _moments(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Covariance ``(n, c, c)`` and mean ``(n, c, 1)`` of the channels of ``(n, c, h, w)``.

    Batch normalisation leaves channels of both signs, whose bare products (Gatys's matrix) do
    not tell light from dark; so the means are compared by themselves.
    """
    flat = maps.flatten(2)
    mean = flat.mean(2, keepdim=True)
    centred = flat - mean
    return centred @ centred.transpose(1, 2) / flat.shape[2], mean


def content_loss(found: Tensor, wanted: Tensor) -> Tensor:
    """How far a layer is from that of the photo: mean square, in the style's spreads."""
    return ((found - wanted) ** 2).mean()


def variation(pictures: Tensor) -> Tensor:
    """Squared differences of neighbouring pixels, summed for a pixel, mean over all."""
    across = (pictures[..., :, 1:] - pictures[..., :, :-1]) ** 2
    down = (pictures[..., 1:, :] - pictures[..., :-1, :]) ** 2
    return across.mean() + down.mean()
