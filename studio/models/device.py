"""Where models run, chosen at run time, and what memory there is at any moment."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

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


def _cards() -> list[Device]:
    if importlib.util.find_spec("torch") is None or not _has_card_driver():
        return []
    import torch

    found = []
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        free, total = torch.cuda.mem_get_info(index)
        found.append(Device("cuda", index, torch.cuda.get_device_name(index), total, free))
    return found


def find_devices(wanted: str = "auto") -> tuple[Device, ...]:
    """The devices to use, never none.

    Args:
        wanted: ``auto`` takes every CUDA card where there is one; ``cpu``; ``cuda``.

    Raises:
        RequestError: ``cuda`` was asked for and there is none, or the word is unknown.
    """
    if wanted not in ("auto", "cpu", "cuda"):
        raise RequestError(f"no device {wanted!r}", "Use auto, cpu or cuda.")
    cards = _cards() if wanted in ("auto", "cuda") else []
    if cards:
        return tuple(cards)
    if wanted == "cuda":
        raise RequestError("no CUDA device was found", "Use --device cpu, or see: studio doctor")
    return (_cpu(),)


def find_device(wanted: str = "auto") -> Device:
    """The first of :func:`find_devices`."""
    return find_devices(wanted)[0]


class DeviceMemory(Protocol):
    """One device's memory as it is now; other programs live there too.

    Attributes:
        exact: whether a difference of :meth:`held_bytes` is a model's alone, to the byte.
        keeps_working: whether runtimes there keep the memory they worked in while a model is
            loaded.
    """

    exact: bool
    keeps_working: bool

    def free_bytes(self) -> int:
        """What can be had now."""

    def held_bytes(self) -> int:
        """What this process holds there now."""

    def mark_peak(self) -> None:
        """Begin to watch for the most that is held."""

    def peak_bytes(self) -> int:
        """The most held since the mark; where nothing watches, what is held now."""

    def give_back(self) -> None:
        """Return to the device what is only kept by an allocator."""


class HostMemory:
    """The processor's memory, and this process's share of it.

    Runtimes on the processor (OpenVINO, oneDNN, CTranslate2) keep their working memory until
    the model is closed, and other threads allocate beside a load: a difference is an estimate.
    """

    exact = False
    keeps_working = True

    def free_bytes(self) -> int:
        """What can be had without swapping."""
        import psutil

        return int(psutil.virtual_memory().available)

    def held_bytes(self) -> int:
        """Resident set of the process."""
        import psutil

        return int(psutil.Process().memory_info().rss)

    def mark_peak(self) -> None:
        """Nothing: resetting the kernel's high-water mark would falsify it for others."""

    def peak_bytes(self) -> int:
        """What is held now; the runtimes kept what they worked in."""
        return self.held_bytes()

    def give_back(self) -> None:
        """Collect garbage, and have the C library return what is free inside its heap.

        glibc keeps freed blocks below its growing mmap threshold for itself: 280 MB after a
        Whisper model was closed, 55 MB once trimmed.
        """
        import ctypes
        import gc

        gc.collect()
        if sys.platform == "linux":
            trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc alone has it
            if trim is not None:
                trim(0)


class CardMemory:
    """The memory of one CUDA card.

    Args:
        index: of the card.
    """

    exact = True
    keeps_working = False

    def __init__(self, index: int) -> None:
        self._index = index

    def free_bytes(self) -> int:
        """Free on the card, and what torch holds back without using it."""
        import torch

        free, _ = torch.cuda.mem_get_info(self._index)
        idle = torch.cuda.memory_reserved(self._index) - torch.cuda.memory_allocated(self._index)
        return int(free + idle)

    def held_bytes(self) -> int:
        """What torch's tensors take; other runtimes are not seen."""
        import torch

        return int(torch.cuda.memory_allocated(self._index))

    def mark_peak(self) -> None:
        """Begin to watch."""
        import torch

        torch.cuda.reset_peak_memory_stats(self._index)

    def peak_bytes(self) -> int:
        """The most torch's tensors took since then."""
        import torch

        return int(torch.cuda.max_memory_allocated(self._index))

    def give_back(self) -> None:
        """Collect garbage and empty torch's cache."""
        import gc

        import torch

        gc.collect()
        torch.cuda.empty_cache()


def memory_of(device: Device) -> DeviceMemory:
    """The memory of a device of this machine."""
    return CardMemory(device.index) if device.kind == "cuda" else HostMemory()
