"""A hidden sign in sound: PerTh by Resemble AI, one sign that says "made", with no message in it.

Only what the sign adds is computed from a mono version and laid over the sound as it was, so that
rate, stereo image and everything above 2 kHz stay untouched, and digital silence stays silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from studio.adapters.openvino_runtime import translated
from studio.models.spec import LoadContext, ModelSpec, WeightFile

if TYPE_CHECKING:
    import torch

    from studio.nets.sound_mark import SoundMarkNet

#: Samples a second of sound that is marked, and of sound that is listened to.
RATE_HZ, HEARD_HZ = 48_000, 32_000
_BLOCK_S, _BESIDE_S = 10.0, 0.25  # more than the networks' reach, and whole steps of it
_STEPS = 1440  # samples at 48 kHz that are whole steps of the spectrogram at 32 kHz
#: Of what the network would add. At 0.7 the sign lies 18.5 dB below speech, at 1 15.4 dB; both are
#: found after AAC at 64 kbit/s and Opus at 32 (1.00), at 0.35 no longer surely (0.63 to 0.93).
_STRENGTH = 0.7
_HINT = "Close what else uses the memory, or use --device cpu."


class SoundMark:
    """The loaded networks.

    Args:
        net: on its device.
        device: PyTorch's name of it.
    """

    def __init__(self, net: SoundMarkNet, device: str) -> None:
        self._net: SoundMarkNet | None = net
        self._device = device

    def hide(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The sound with the sign in it, made ten seconds at a time.

        Args:
            samples: float32 ``(channels, n)`` at 48 kHz; not changed.

        Returns:
            float32 ``(channels, n)``.

        Raises:
            DoesNotFit, InferenceFailed: the runtime gave up.
        """
        marked = samples.copy()
        block, beside = round(_BLOCK_S * RATE_HZ), round(_BESIDE_S * RATE_HZ)
        for at in range(0, samples.shape[1], block):
            stop = min(at + block, samples.shape[1])
            first = at - beside
            mono = samples[:, max(first, 0) : stop + beside].mean(axis=0)
            before = max(-first, 0)
            steps = -(-(stop - first + beside) // _STEPS)
            whole = np.zeros(steps * _STEPS, np.float32)
            whole[before : before + len(mono)] = mono
            if not np.any(whole):
                continue
            with translated("sound-mark", _HINT):
                sign = self._sign(resample_poly(whole, 2, 3).astype(np.float32))
            sign = resample_poly(sign, 3, 2)[beside : beside + stop - at]
            marked[:, at:stop] += _STRENGTH * sign.astype(np.float32)
        return marked

    def find(self, samples: NDArray[np.float32]) -> float:
        """How much a sound seems to carry the sign: about 1 where it does, 0 where not.

        Args:
            samples: float32 ``(n,)`` at 32 kHz, at least a quarter of a second.

        Raises:
            DoesNotFit, InferenceFailed: the runtime gave up.
        """
        import torch

        if len(samples) < _BESIDE_S * HEARD_HZ:
            raise ValueError(f"{len(samples)} samples are too few to be listened to")
        with translated("sound-mark", _HINT), torch.inference_mode():
            levels, _ = self._levels(samples)
            return float(self._loaded().decoder(levels[None])[0])

    def _loaded(self) -> SoundMarkNet:
        if self._net is None:
            raise ValueError("the network was closed")
        return self._net

    def _levels(self, samples: NDArray[np.float32]) -> tuple[torch.Tensor, torch.Tensor]:
        """Levels ``(1025, steps)`` as the networks take them, and the spectrum itself."""
        import torch

        from studio.nets.sound_mark import FLOOR_DB, HOP, TOP_DB, WINDOW

        sound = torch.from_numpy(np.ascontiguousarray(samples)).to(self._device)
        window = torch.hann_window(WINDOW, device=self._device)
        spectrum = torch.stft(sound, WINDOW, HOP, window=window, return_complex=True)
        levels = 20 * torch.log10(spectrum.abs().clamp_min(10 ** (FLOOR_DB / 20)))
        return (levels - FLOOR_DB) / (TOP_DB - FLOOR_DB), spectrum

    def _sign(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """What has to be added to a piece of sound at 32 kHz."""
        import torch

        from studio.nets.sound_mark import BANDS, FLOOR_DB, HOP, TOP_DB, WINDOW

        with torch.inference_mode():
            levels, spectrum = self._levels(samples)
            louder_db = self._loaded().encoder(levels[None])[0] * (TOP_DB - FLOOR_DB)
            added = torch.zeros_like(spectrum)
            added[:BANDS] = spectrum[:BANDS] * (10 ** (louder_db / 20) - 1)
            window = torch.hann_window(WINDOW, device=self._device)
            made = torch.istft(added, WINDOW, HOP, window=window, length=len(samples))
        found: NDArray[np.float32] = made.cpu().numpy()
        return found

    def close(self) -> None:
        """Let go of the networks."""
        self._net = None


def load(context: LoadContext) -> SoundMark:
    """Build the networks from the tensors of their file; nothing else in it is read."""
    import torch

    from studio.nets.sound_mark import SoundMarkNet

    device = context.device.torch_name
    with translated("sound-mark", _HINT):
        net = SoundMarkNet()
        path = context.weights["perth.pth.tar"]
        stored = torch.load(path, map_location="cpu", weights_only=True)["model"]
        net.load_state_dict({name: stored[name] for name in net.state_dict()})
        return SoundMark(net.eval().to(device), device)


SPEC: ModelSpec[SoundMark] = ModelSpec(
    name="sound-mark",
    version="perth-implicit-250000",
    role="hidden watermark of sound",
    licence="MIT",
    source="https://github.com/resemble-ai/Perth",
    weights=(
        WeightFile(
            "perth.pth.tar",
            "resemble-perth",
            "perth/perth_net/pretrained/implicit/perth_net_250000.pth.tar",
            "a15bce457ebc53ce5e6c9c3f11df78cf7ee2bf9cdab0a798902135b4c4027670",
        ),
    ),
    resident_bytes=40 << 20,
    working_bytes=120 << 20,
    working_unit="10 s of sound",
    loader="studio.adapters.sound_mark:load",
    requires=("torch",),
)
