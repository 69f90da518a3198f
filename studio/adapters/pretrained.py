"""What the adapters of ``transformers`` and ``diffusers`` share: they load from a folder, never
from the network, and run no code that comes with the weights."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.adapters.openvino_runtime import Precision
from studio.errors import WeightsCorrupt
from studio.models.ladder import what_ran_out
from studio.models.spec import LoadContext

if TYPE_CHECKING:
    import torch

#: To every ``from_pretrained``: the folder is all there is.
LOCAL: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}


def prepare(context: LoadContext) -> Path:
    """Make the libraries quiet, and give the folder with the weights.

    Raises:
        ValueError: the model's spec names no hub.
    """
    if context.hub_dir is None:
        raise ValueError("this model is loaded from a hub's folder")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Else a thread would ask the hub for a safetensors version of an older checkpoint.
    os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")
    import torch
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if context.device.kind == "cpu":
        torch.set_num_threads(context.threads)
    return context.hub_dir


def precision_of(context: LoadContext) -> Precision:
    """On a card always half; on a processor half (bf16) where the context asks for it."""
    if context.device.kind == "cuda":
        return "f16"
    return "bf16" if context.half else "f32"


def torch_type(precision: Precision) -> torch.dtype:
    """What torch calls it."""
    import torch

    return {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32}[precision]


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Files that do not make up a model, as an error that says so."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as exc:
        if what_ran_out(exc) is not None:
            raise
        raise WeightsCorrupt(
            f"{name}: its files do not make up a model: {' '.join(str(exc).split())[:200]}",
            f"Run: studio models verify {name}",
        ) from exc
