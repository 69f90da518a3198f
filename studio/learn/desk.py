"""Memory for a training, asked of the pool as for any model; and what a training takes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.models.device import Device
from studio.models.spec import LoadContext, ModelSpec

if TYPE_CHECKING:
    import torch

_MARGIN = 1.15


@dataclass
class Desk:
    """A place to train at, held while the lease lasts.

    Attributes:
        device: where to compute.
        threads: cores to compute with.
    """

    device: Device
    threads: int

    def close(self) -> None:
        """Give a card's cached memory back; what is trained belongs to who trains it."""
        import torch

        if self.device.kind == "cuda":
            torch.cuda.empty_cache()


def load(context: LoadContext) -> Desk:
    """For the pool."""
    import torch

    if context.device.kind == "cpu":
        torch.set_num_threads(context.threads)
    return Desk(context.device, context.threads)


def desk_spec(what: str, need_bytes: int) -> ModelSpec[Desk]:
    """What to lease for a training.

    Args:
        what: is trained, with everything that decides its memory.
        need_bytes: that it takes, as :func:`training_bytes` reckons.
    """
    return ModelSpec(
        name="training-" + what.partition(" ")[0],
        version=hashlib.sha256(what.encode()).hexdigest()[:12],
        role="a training",
        licence="",
        source="",
        weights=(),
        resident_bytes=0,
        working_bytes=need_bytes,
        working_unit="training",
        loader="studio.learn.desk:load",
        requires=("torch",),
        exclusive=True,
    )


def training_bytes(
    parts: Sequence[tuple[Callable[[], torch.nn.Module], tuple[int, ...], int]],
) -> int:
    """What a training takes at its peak; nothing is allocated to know it.

    Weights count four times, with their gradients and Adam's two moments; of each pass every
    layer's result is kept for the way back, and its gradient is as large. With a margin: on a
    processor trainings of all four methods took 0.6 to 0.95 of what this says.

    Args:
        parts: for each network what builds it, the shape of its input, and how often a step
            goes through it before it goes back.
    """
    import torch

    total = 0
    for build, shape, passes in parts:
        with torch.device("meta"):
            module = build().train()
            seen: list[int] = []

            def count(_: Any, __: Any, made: Any, seen: list[int] = seen) -> None:
                seen.append(made.numel())

            for part in module.modules():
                if not list(part.children()):
                    part.register_forward_hook(count)
            module(torch.empty(shape))
        weights = sum(tensor.numel() for tensor in module.parameters())
        total += 4 * (4 * weights + 2 * passes * sum(seen))
    return round(_MARGIN * total)
