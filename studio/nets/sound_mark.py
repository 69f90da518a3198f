"""PerTh ("perceptual threshold"), Resemble AI, 2023: a network that hides a sign in a spectrogram
where the ear does not hear it, and one that finds it again."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

#: The spectrogram it was trained on: samples a second, window and step in samples.
RATE_HZ, WINDOW, HOP = 32_000, 2048, 320
#: The lowest bands, to 2 kHz, carry the sign; and how many channels the networks have within.
BANDS, _HIDDEN = 128, 256
#: Decibels that stand for 0 and 1 in the spectrogram.
FLOOR_DB, TOP_DB = -180.0, 15.0
#: Steps of the spectrogram on each side that decide about one: five convolutions of seven.
REACH = 15
_SILENT = 0.05  # share of the loudest step below which a step carries nothing
_PACES = (1.25, 1.0, 0.75)  # the finder listens at three, for sound whose speed was changed


class _Layer(nn.Module):
    """A convolution over time, named as in the published weights."""

    def __init__(self, into: int, out: int, width: int, last: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv1d(into, out, width, padding=width // 2)
        self._last = last

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The layer of ``(n, into, steps)``."""
        made: torch.Tensor = self.conv(x)
        return made if self._last else functional.leaky_relu(made)


def _layers(out: int) -> nn.Sequential:
    inner = [_Layer(_HIDDEN, _HIDDEN, 7) for _ in range(5)]
    return nn.Sequential(_Layer(BANDS, _HIDDEN, 1), *inner, _Layer(_HIDDEN, out, 1, last=True))


def _sounding(levels: torch.Tensor) -> torch.Tensor:
    """1 for each step that is more than silence, ``(n, 1, steps)``."""
    whole = levels.sum(dim=1, keepdim=True)
    return (whole > _SILENT * whole.amax(dim=2, keepdim=True)).to(levels.dtype)


class Hider(nn.Module):
    """How much louder each band has to be to carry the sign."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = _layers(BANDS)

    def forward(self, levels: torch.Tensor) -> torch.Tensor:
        """The change of the lowest bands.

        Args:
            levels: float32 ``(n, 1025, steps)``, 0 at -180 dB and 1 at 15 dB.

        Returns:
            float32 ``(n, 128, steps)``, in the same measure, to be added.
        """
        made: torch.Tensor = self.layers(levels[:, :BANDS])
        return made * _sounding(levels)


class Finder(nn.Module):
    """Whether a sound carries the sign."""

    def __init__(self) -> None:
        super().__init__()
        self.slow_layers, self.normal_layers, self.fast_layers = (_layers(2) for _ in _PACES)

    def forward(self, levels: torch.Tensor) -> torch.Tensor:
        """About 1 with the sign, about 0 without, ``(n,)``; levels as in :class:`Hider`."""
        mask = _sounding(levels)
        weights, found = [], []
        nets = (self.slow_layers, self.normal_layers, self.fast_layers)
        for net, pace in zip(nets, _PACES, strict=True):
            bands, heard = levels[:, :BANDS], mask
            if pace != 1:
                steps = int(levels.shape[2] * pace)
                bands = functional.interpolate(bands, steps, mode="linear", align_corners=True)
                heard = functional.interpolate(mask, steps, mode="nearest")
            both = (net(bands) * heard).sum(dim=2) / heard.sum(dim=2).clamp_min(1)
            weights.append(both[:, 0])
            found.append(both[:, 1])
        share = torch.stack(weights, dim=1).softmax(dim=1)
        return (torch.stack(found, dim=1) * share).sum(dim=1)


class SoundMarkNet(nn.Module):
    """Both; names are those of the published weights."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = Hider(), Finder()
