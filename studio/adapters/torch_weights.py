"""The weights of torch modules: on their device, waiting on the host, or gone."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from studio.memory import give_back
from studio.models.device import Device

if TYPE_CHECKING:
    import torch


class TorchWeights:
    """Base of the models that hold torch modules; follows ``studio.models.spec.Movable``.

    Args:
        modules: on their device.
        device: which.
        movable: whether they may wait on the host; not where something else moves them.
    """

    def __init__(
        self, modules: Sequence[torch.nn.Module], device: Device, movable: bool = True
    ) -> None:
        self._modules = list(modules)
        self._movable = movable
        self._copies: list[torch.Tensor] = []
        self.device = device

    def _tensors(self) -> Iterator[torch.Tensor]:
        for module in self._modules:
            yield from module.parameters()
            yield from module.buffers()

    @property
    def copy_bytes(self) -> int:
        """What a host copy takes; 0 where none is made."""
        if not self._movable:
            return 0
        return sum(tensor.numel() * tensor.element_size() for tensor in self._tensors())

    def keep_copy(self) -> None:
        """Make the host copy, in pinned memory where the device is a card."""
        import torch

        pinned = self.device.kind == "cuda" and torch.cuda.is_available()
        for tensor in self._tensors():
            copy = torch.empty_like(tensor.data, device="cpu", pin_memory=pinned)
            self._copies.append(copy.copy_(tensor.data))

    def drop_copy(self) -> None:
        """Let go of the host copy."""
        self._copies = []

    def to_host(self) -> None:
        """Let go of the device's memory; the copy stays."""
        if not self._copies:
            raise ValueError("no copy was kept")
        self._empty()

    def to_device(self) -> None:
        """Bring the copy to the device."""
        import torch

        for tensor, copy in zip(self._tensors(), self._copies, strict=True):
            # On the processor the copy itself: nothing writes to weights.
            tensor.data = copy.to(self.device.torch_name, non_blocking=True)
        if self.device.kind == "cuda" and torch.cuda.is_available():
            torch.cuda.synchronize(self.device.index)

    def _empty(self) -> None:
        import torch

        for tensor in self._tensors():
            tensor.data = torch.empty(0, dtype=tensor.dtype)
        gc.collect()
        if self.device.kind == "cuda":
            torch.cuda.empty_cache()
        give_back()

    def close(self) -> None:
        """Let go of all memory, also where somebody still holds the modules."""
        self._copies = []
        if self._modules:
            self._empty()
        self._modules = []
