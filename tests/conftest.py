"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def footage_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the clips that tests make, for the whole run."""
    return tmp_path_factory.mktemp("footage")
