"""The same network on the processor or on a card: OpenVINO there, torch here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import (
    Arrays,
    OpenvinoNet,
    Precision,
    convert,
    cpu_precision,
)
from studio.models.device import Device
from studio.models.spec import LoadContext

if TYPE_CHECKING:
    import torch


class PictureNet(Protocol):
    """uint8 pictures ``(n, h, w, channels)`` to one array an output, first axis ``n``."""

    precision: Precision

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""

    def __call__(self, pixels: NDArray[np.uint8]) -> Arrays:
        """Run."""

    def allow(self, share: float) -> None:
        """Take at most this share of a batch at a time."""

    def close(self) -> None:
        """Let go of all memory."""


def precision_on(device: Device) -> Precision:
    """What the picture models compute in: half on a card, bf16 on a processor that has it."""
    return "f16" if device.kind == "cuda" else cpu_precision()


def load_net(
    context: LoadContext,
    name: str,
    build: Callable[[], torch.nn.Module],
    *,
    example: Sequence[int],
    precision: Precision,
    batch: int = 1,
    mean: Sequence[float] = (0.0,),
    scale: Sequence[float] = (1.0,),
    any_size: bool = False,
    outputs: Sequence[int] = (),
) -> PictureNet:
    """A network where the context wants it.

    Args:
        context: device, threads and the folder for the converted form.
        name: of the converted form's file.
        build: makes the torch module. On the processor it is called, and torch imported, only
            where no converted form lies in the cache.
        example: shape of an input, for the conversion.
        precision, batch, mean, scale, any_size, outputs: see ``OpenvinoNet``.
    """
    if context.device.kind == "cuda":
        from studio.adapters.torch_runtime import TorchNet

        return TorchNet(
            build(),
            device=context.device.torch_name,
            precision=precision,
            batch=batch,
            mean=mean,
            scale=scale,
            outputs=outputs,
        )
    return OpenvinoNet(
        convert(build, example, context.cache_dir / f"{name}.xml"),
        precision=precision,
        threads=context.threads,
        cache_dir=context.cache_dir,
        batch=batch,
        mean=mean,
        scale=scale,
        any_size=any_size,
        outputs=outputs,
    )
