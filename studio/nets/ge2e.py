"""The speaker encoder of Wan and others, "Generalized end-to-end loss for speaker verification"
(2018): a recurrent network whose last state says whose voice was heard."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

#: Bands of the mel spectrogram it hears, and numbers it tells a voice by.
BANDS, WIDTH = 40, 256
_LAYERS = 3


class SpeakerNet(nn.Module):
    """Three recurrent layers and one linear; names are those of the published weights."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(BANDS, WIDTH, _LAYERS, batch_first=True)
        self.linear = nn.Linear(WIDTH, WIDTH)

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        """What each voice is like.

        Args:
            mel: float32 ``(n, frames, 40)``, power (not its logarithm), 100 frames a second.

        Returns:
            float32 ``(n, 256)``, no number below 0, of unit length.
        """
        _, (hidden, _) = self.lstm(mel)
        return functional.normalize(torch.relu(self.linear(hidden[-1])), dim=1)
