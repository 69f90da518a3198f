"""One pool for all tests of the models that look at pictures: each is converted once a run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from studio.models.device import Device, find_device
from studio.models.pool import ModelPool
from studio.models.spec import AnySpec, LoadContext
from studio.models.weights import resolve
from studio.settings import Settings
from tests.footage import package_file


@cache
def _pool(cache_dir: Path) -> ModelPool:
    return ModelPool(Settings(cache_dir=cache_dir, device="cpu", memory_budget_bytes=2 << 30))


def _cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "picture-models"


@pytest.fixture(scope="session")
def picture_pool(tmp_path_factory: pytest.TempPathFactory) -> ModelPool:
    """A pool on the processor with a cache of its own, shared by every test module."""
    return _pool(_cache_dir(tmp_path_factory))


@pytest.fixture(scope="session")
def picture_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that pool."""
    return _cache_dir(tmp_path_factory)


class Card(Device):
    """A card that is the processor, to walk the card's path where there is no card."""

    @property
    def torch_name(self) -> str:
        """What torch calls it."""
        return "cpu"


def context_for(spec: AnySpec, cache_dir: Path) -> LoadContext:
    """What the pool would hand to the loader, on the processor."""
    own = cache_dir / "models" / spec.key
    return LoadContext(resolve(spec, cache_dir), find_device("cpu"), 2, own)


def still(name: str, max_side_px: int = 640, interpolation: int = cv2.INTER_AREA) -> np.ndarray:
    """``bus`` (810x1080) or ``zidane`` (1280x720) of ultralytics, RGB, made smaller."""
    path = package_file("ultralytics", f"assets/{name}.jpg")
    return read_still(path, max_side_px, interpolation)


def read_still(
    path: Path, max_side_px: int = 640, interpolation: int = cv2.INTER_AREA
) -> np.ndarray:
    """An RGB picture of at most that size."""
    picture = cv2.imread(str(path))[:, :, ::-1]
    scale = min(1.0, max_side_px / max(picture.shape[:2]))
    wh = [round(side * scale) for side in picture.shape[1::-1]]
    return np.ascontiguousarray(cv2.resize(picture, wh, interpolation=interpolation))


def overlaps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes ``(n, 4)`` and ``(m, 4)``, as ``(n, m)``."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.maximum(high - low, 0).prod(axis=2)
    areas = [(b[:, 2:] - b[:, :2]).prod(axis=1) for b in (one, other)]
    return shared / (areas[0][:, None] + areas[1][None] - shared + 1e-9)
