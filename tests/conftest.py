"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # Processes share the cores already: two threads each in two of them take a seventh more
    # processor time for the same wall time. Set before any library counts the cores.
    os.environ.setdefault("STUDIO_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with few long tests come first: else one process waits at the end for the other."""
    long = {item.path for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def footage_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the clips that tests make, for the whole run."""
    return tmp_path_factory.mktemp("footage")


@pytest.fixture(scope="session")
def studio_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache folder for the whole run and all its processes: models are converted once."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "studio-cache"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def empty_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test meets the gallery of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STUDIO_DATA_DIR", str(tmp_path_factory.mktemp("studio-data")))
        yield


@pytest.fixture(autouse=True)
def words_as_heard() -> Iterator[None]:
    """No test reads the words that another one mended in the same footage."""
    yield
    shutil.rmtree(Path(os.environ["STUDIO_DATA_DIR"]) / "words", ignore_errors=True)
