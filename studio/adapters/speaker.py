"""GE2E speaker encoder: whose voice a stretch of sound is (weights of Resemblyzer)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import translated
from studio.models.spec import LoadContext, ModelSpec, WeightFile

if TYPE_CHECKING:
    import torch

#: The network hears only this rate.
RATE_HZ = 16_000
#: What it was trained to hear at once, and the least it can tell anything from.
WINDOW_S, LEAST_S = 1.6, 0.4
#: Numbers a voice is told by.
WIDTH = 256
_FFT, _HOP = 400, 160
_LEVEL_DB = -30.0  # the published preparation brings quiet speech to this
_BATCH = 64
_HINT = "Close what else uses the card, or use --device cpu."


class SpeakerEncoder:
    """The loaded network.

    Args:
        net: takes mel spectrograms, gives voices.
        filters: ``(40, 201)``, from a power spectrum to mel bands.
        device: torch's name of where it runs.
    """

    def __init__(self, net: torch.nn.Module, filters: torch.Tensor, device: str) -> None:
        self._net: torch.nn.Module | None = net
        self._filters = filters
        self._device = device

    def voices(self, windows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """What the voice in each window is like.

        Args:
            windows: float32 ``(n,)`` each at :data:`RATE_HZ`, at least :data:`LEAST_S` long;
                windows of one length are heard together.

        Returns:
            float32 ``(windows, 256)`` of unit length; the cosine of two is about 0.8 for the
            same voice and 0.6 for different ones.

        Raises:
            InferenceFailed: torch gave up.
        """
        import torch

        if self._net is None:
            raise ValueError("the network was closed")
        short = min((len(window) for window in windows), default=RATE_HZ)
        if short < LEAST_S * RATE_HZ:
            raise ValueError(f"a window of {short / RATE_HZ:.2f} s is too short")
        found = np.zeros((len(windows), WIDTH), np.float32)
        by_length: dict[int, list[int]] = {}
        for i, window in enumerate(windows):
            by_length.setdefault(len(window), []).append(i)
        with translated("speaker-ge2e", _HINT), torch.inference_mode():
            for rows in by_length.values():
                for at in range(0, len(rows), _BATCH):
                    some = rows[at : at + _BATCH]
                    sound = torch.from_numpy(np.stack([windows[i] for i in some]))
                    mel = self._mel(sound.to(self._device))
                    found[some] = self._net(mel).float().cpu().numpy()
        return found

    def _mel(self, sound: torch.Tensor) -> torch.Tensor:
        """Mel power spectrogram as in training: 25 ms windows, each 10 ms, even level."""
        import torch

        rms = sound.square().mean(dim=1, keepdim=True).sqrt()
        sound = sound * (10 ** (_LEVEL_DB / 20) / rms.clamp_min(1e-5))
        window = torch.hann_window(_FFT, device=sound.device)
        spectrum = torch.stft(
            sound, _FFT, _HOP, window=window, pad_mode="constant", return_complex=True
        )
        return (self._filters @ spectrum.abs().square()).transpose(1, 2)

    def close(self) -> None:
        """Let go of the network."""
        self._net = None


def load(context: LoadContext) -> SpeakerEncoder:
    """Build the network from the tensors of its file; nothing else in it is read."""
    import torch
    from faster_whisper.feature_extractor import FeatureExtractor

    from studio.nets.ge2e import BANDS, SpeakerNet

    device = context.device.torch_name
    with translated("speaker-ge2e", _HINT):
        net = SpeakerNet()
        path = context.weights["pretrained.pt"]
        stored = torch.load(path, map_location="cpu", weights_only=True)["model_state"]
        net.load_state_dict({name: stored[name] for name in net.state_dict()})
        net.eval().to(device)
        bank = FeatureExtractor.get_mel_filters(RATE_HZ, _FFT, BANDS).astype(np.float32)
        return SpeakerEncoder(net, torch.from_numpy(bank).to(device), device)


SPEC: ModelSpec[SpeakerEncoder] = ModelSpec(
    name="speaker-ge2e",
    version="1",
    role="speaker embeddings",
    licence="Apache-2.0",
    source="https://github.com/resemble-ai/Resemblyzer",
    weights=(
        WeightFile(
            "pretrained.pt",
            "Resemblyzer",
            "resemblyzer/pretrained.pt",
            "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
        ),
    ),
    resident_bytes=8 << 20,
    working_bytes=40 << 20,
    working_unit="64 windows of 1.6 s",
    loader="studio.adapters.speaker:load",
    requires=("torch", "faster_whisper"),
)
