"""Where models run, chosen at run time."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

from studio.errors import RequestError


@dataclass(frozen=True)
class Device:
    """A place to compute.

    Attributes:
        kind: ``cpu`` or ``cuda``.
        index: of the card; 0 for the processor.
        name: as the maker calls it.
        total_bytes: memory it has.
        free_bytes: memory that was free when asked.
    """

    kind: str
    index: int
    name: str
    total_bytes: int
    free_bytes: int

    @property
    def torch_name(self) -> str:
        """What torch calls it, ``cuda:0``."""
        return f"{self.kind}:{self.index}" if self.kind == "cuda" else "cpu"


def _cpu() -> Device:
    import platform

    import psutil

    memory = psutil.virtual_memory()
    name = platform.processor() or platform.machine()
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            name = next((x.split(":")[1].strip() for x in lines if "model name" in x), name)
    except OSError:
        pass
    return Device("cpu", 0, name, memory.total, memory.available)


def _has_card_driver() -> bool:
    """Whether a driver for NVIDIA or AMD cards is there.

    Asked first, because to import torch only to learn that there is no card takes 1.7 s.
    """
    import ctypes

    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return Path("/dev/kfd").exists()
    return True


def _cuda() -> Device | None:
    if importlib.util.find_spec("torch") is None or not _has_card_driver():
        return None
    import torch

    if not torch.cuda.is_available():
        return None
    free, total = torch.cuda.mem_get_info(0)
    return Device("cuda", 0, torch.cuda.get_device_name(0), total, free)


def find_device(wanted: str = "auto") -> Device:
    """The device to use.

    Args:
        wanted: ``auto`` takes a CUDA card where there is one; ``cpu``; ``cuda``.

    Raises:
        RequestError: ``cuda`` was asked for and there is none, or the word is unknown.
    """
    if wanted not in ("auto", "cpu", "cuda"):
        raise RequestError(f"no device {wanted!r}", "Use auto, cpu or cuda.")
    card = _cuda() if wanted in ("auto", "cuda") else None
    if card is not None:
        return card
    if wanted == "cuda":
        raise RequestError("no CUDA device was found", "Use --device cpu, or see: studio doctor")
    return _cpu()
