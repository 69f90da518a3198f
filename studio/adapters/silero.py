"""Silero VAD: how likely somebody speaks, 31 times a second (Silero Team, 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.errors import InferenceFailed
from studio.models.spec import LoadContext, ModelSpec, WeightFile

if TYPE_CHECKING:
    import onnxruntime  # type: ignore[import-untyped]

#: The network hears only this rate.
RATE_HZ = 16_000
#: Samples each probability stands for: 32 ms.
WINDOW = 512
_CONTEXT = 64  # samples of the window before, that the network sees again
_STATE = 128
_MOST_WINDOWS = 512  # a pass; what the network computes on the way takes 30 MB


class SileroVad:
    """The network; its memory of what it heard lives in a :class:`VoiceStream`.

    Args:
        session: of the sequence form of the network.
    """

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session: onnxruntime.InferenceSession | None = session

    def stream(self) -> VoiceStream:
        """A listener with no memory yet; any number may share the network."""
        if self._session is None:
            raise ValueError("the network was closed")
        return VoiceStream(self._session)

    def close(self) -> None:
        """Let go of the network."""
        self._session = None


class VoiceStream:
    """Hears one sound from its beginning, piece by piece, in memory that does not grow."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._hidden = np.zeros((1, 1, _STATE), np.float32)
        self._cell = np.zeros((1, 1, _STATE), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)
        self._rest = np.zeros(0, np.float32)

    def feed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probability of voice in each further whole window.

        Args:
            samples: float32 ``(n,)`` at :data:`RATE_HZ`, full scale 1.

        Returns:
            float32 ``(windows,)``; what is left over waits for the next piece.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        heard = np.concatenate([self._rest, samples.astype(np.float32, copy=False)])
        whole = len(heard) // WINDOW
        self._rest = heard[whole * WINDOW :]
        windows = heard[: whole * WINDOW].reshape(whole, WINDOW)
        parts = [
            self._run(windows[at : at + _MOST_WINDOWS]) for at in range(0, whole, _MOST_WINDOWS)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def finish(self) -> NDArray[np.float32]:
        """The probability of the last window, filled up with silence; empty if none is left."""
        left = len(self._rest)
        return self.feed(np.zeros(WINDOW - left, np.float32)) if left else np.zeros(0, np.float32)

    def _run(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        seen = np.empty((len(windows), _CONTEXT + WINDOW), np.float32)
        seen[:, _CONTEXT:] = windows
        seen[0, :_CONTEXT] = self._context
        seen[1:, :_CONTEXT] = windows[:-1, -_CONTEXT:]
        self._context = windows[-1, -_CONTEXT:].copy()
        try:
            voice, self._hidden, self._cell = self._session.run(
                None, {"input": seen, "h": self._hidden, "c": self._cell}
            )
        except Exception as exc:  # the runtime's errors share no narrower base
            raise InferenceFailed(f"silero-vad: {exc}") from exc
        found: NDArray[np.float32] = np.asarray(voice, np.float32).reshape(-1)
        return found


def load(context: LoadContext) -> SileroVad:
    """Build the network on the processor: one thread hears 500 times real time."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3  # it warns of weights it does not use
    path = context.weights["silero_vad_16k_sequence.onnx"]
    return SileroVad(
        onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    )


# The sequence form takes many windows to a pass: 0.4 s for 212 s of sound, where the form of
# one window a pass takes 3 s, nearly all of it spent between passes.
SPEC: ModelSpec[SileroVad] = ModelSpec(
    name="silero-vad",
    version="6.2.3-sequence",
    role="voice activity",
    licence="MIT",
    source="https://github.com/snakers4/silero-vad",
    weights=(
        WeightFile(
            "silero_vad_16k_sequence.onnx",
            "silero-vad",
            "silero_vad/data/silero_vad_16k_sequence.onnx",
            "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85",
        ),
    ),
    resident_bytes=12 << 20,
    working_bytes=40 << 20,
    working_unit="512 windows of 32 ms",
    loader="studio.adapters.silero:load",
    requires=("onnxruntime",),
)
