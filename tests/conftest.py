"""Fixtures shared by all tests."""

from __future__ import annotations

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
