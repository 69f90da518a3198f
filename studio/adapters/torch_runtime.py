"""Networks that look at pictures, run by torch on a card in half precision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import Arrays, Precision, translated
from studio.models.ladder import FewerAtOnce

if TYPE_CHECKING:
    import torch


_HINT = "Close what else uses the card, or use --device cpu."


class TorchNet:
    """A network from uint8 pictures to arrays; the counterpart of ``OpenvinoNet``.

    Args:
        module: takes ``(n, channels, h, w)``, gives a tensor or a tuple of them.
        device: torch's name of it.
        precision: ``f16`` or ``bf16`` or ``f32``.
        batch: the most pictures to a pass.
        mean, scale: a pixel becomes ``(pixel - mean) / scale``, one number or one a channel.
        outputs: which outputs are wanted, all where empty.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        *,
        device: str,
        precision: Precision,
        batch: int = 1,
        mean: Sequence[float] = (0.0,),
        scale: Sequence[float] = (1.0,),
        outputs: Sequence[int] = (),
    ) -> None:
        import torch

        types = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32}
        self.precision = precision
        self._fewer = FewerAtOnce(type(module).__name__, batch)
        self._type = types[precision]
        self._device = torch.device(device)
        self._outputs = tuple(outputs)
        with translated(type(module).__name__, _HINT):
            self._module: torch.nn.Module | None = (
                module.eval().to(self._device, self._type).to(memory_format=torch.channels_last)
            )
            # Scaled in single precision: in half, 255 steps of a mean like 127.5 are rounded.
            self._mean = torch.tensor(mean, device=self._device).view(1, -1, 1, 1)
            self._scale = torch.tensor(scale, device=self._device).view(1, -1, 1, 1)

    def __call__(self, pixels: NDArray[np.uint8]) -> Arrays:
        """Run.

        Args:
            pixels: ``(n, h, w, channels)``.

        Returns:
            For each output a float32 array whose first axis is ``n``.

        Raises:
            InferenceFailed: torch gave up, for one because the card's memory ran out.
        """
        if self._module is None:
            raise ValueError("the network was closed")
        with translated(type(self._module).__name__, _HINT):
            parts = self._fewer.map(len(pixels), lambda piece: self._run(pixels[piece]))
        return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]

    def _run(self, pixels: NDArray[np.uint8]) -> Arrays:
        """One pass over at most a batch."""
        import torch

        if self._module is None:
            raise ValueError("the network was closed")
        with torch.inference_mode():
            # One byte a value crosses the bus; NHWC seen as NCHW is channels-last already.
            there = torch.from_numpy(np.ascontiguousarray(pixels)).to(self._device)
            values = ((there.permute(0, 3, 1, 2).float() - self._mean) / self._scale).to(self._type)
            found = self._module(values)
            tensors = found if isinstance(found, tuple | list) else (found,)
            wanted = [tensors[i] for i in self._outputs] if self._outputs else list(tensors)
            return [t.float().cpu().numpy() for t in wanted]

    @property
    def notes(self) -> tuple[str, ...]:
        """Where memory ran out, and with how many pictures at once it went on."""
        return tuple(self._fewer.notes)

    def allow(self, share: float) -> None:
        """Take at most this share of a batch at a time."""
        self._fewer.allow(share)

    def close(self) -> None:
        """Let go of the network and give the card's cached memory back."""
        import torch

        self._module = None
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
