"""Fixtures shared by all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def footage_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the clips that tests make, for the whole run."""
    return tmp_path_factory.mktemp("footage")


@pytest.fixture(scope="session")
def studio_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache folder for the whole run, so that models are converted once."""
    return tmp_path_factory.mktemp("studio-cache")


@pytest.fixture(scope="session", autouse=True)
def empty_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test meets the gallery of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STUDIO_DATA_DIR", str(tmp_path_factory.mktemp("studio-data")))
        yield
