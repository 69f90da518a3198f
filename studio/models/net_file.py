"""Networks that this studio trained, in a file that says what they are.

A safetensors file: weights, and in its head the kind of network, what it was built with, and its
card. Nothing in it is executed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import NoSuchMedia, WeightsCorrupt
from studio.media.writer import write_beside

if TYPE_CHECKING:
    import torch

_FORMAT = "media-studio-net-1"


@dataclass(frozen=True)
class NetHead:
    """What a file says of itself.

    Attributes:
        kind: of network, ``vae``, ``pix2pix``.
        built_with: arguments of its class.
        card: what it was trained on and how, as plain values.
    """

    kind: str
    built_with: dict[str, Any]
    card: dict[str, Any] = field(default_factory=dict)


def write_net(path: Path, network: torch.nn.Module, head: NetHead, *, half: bool = False) -> None:
    """Write a network; the file appears whole or not at all.

    Args:
        path: ``….safetensors``.
        network: its weights, wherever they are.
        head: what it is.
        half: store weights in fp16.

    Raises:
        EncodeFailed: it cannot be written.
    """
    import torch
    from safetensors.torch import save_file

    tensors = {}
    for name, tensor in network.state_dict().items():
        kept = tensor.detach().to("cpu").contiguous()
        tensors[name] = kept.to(torch.float16) if half and kept.is_floating_point() else kept
    metadata = {
        "format": _FORMAT,
        "kind": head.kind,
        "built_with": json.dumps(head.built_with),
        "card": json.dumps(head.card, ensure_ascii=False),
    }
    with write_beside(path) as beside:
        save_file(tensors, beside, metadata=metadata)
        beside.chmod(0o644)  # the library makes files that only their owner may read


def read_head(path: Path) -> NetHead:
    """What a file says of itself; no weight is read.

    Raises:
        NoSuchMedia: there is no such file.
        WeightsCorrupt: it is none that the studio wrote.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise NoSuchMedia(f"{path} is no file.", "Check the name and the folder.")
    try:
        with safe_open(path, "numpy") as file:
            said = file.metadata() or {}
        if said.get("format") != _FORMAT:
            raise ValueError("it does not say what it is")
        head = NetHead(said["kind"], json.loads(said["built_with"]), json.loads(said["card"]))
        if not isinstance(head.built_with, dict) or not isinstance(head.card, dict):
            raise ValueError("its head is damaged")
    except (SafetensorError, OSError, ValueError, KeyError) as exc:
        raise WeightsCorrupt(
            f"{path.name} is no network that the studio trained: {exc}",
            "Make one with: studio train",
        ) from exc
    return head
