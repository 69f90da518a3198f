"""Files of folders that may be media."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

#: Endings that a folder is searched for; what a file is decides the probe, not its name.
MEDIA_SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mxf", ".mts", ".m2ts", ".ts", ".mpg"),
    *(".wav", ".mp3", ".flac", ".m4a", ".ogg"),
)


def media_in(folder: Path, suffixes: Sequence[str], most: int = 2000) -> list[Path]:
    """Files of a folder and those below it that may be media, by their endings, sorted."""
    found = [p for p in files_below([folder]) if p.suffix.lower() in suffixes]
    return sorted(found)[:most]


def files_below(folders: Iterable[Path]) -> Iterator[Path]:
    """All files of folders and of those below them, in order; what is hidden is left out."""
    for top in folders:
        for folder, below, names in os.walk(top):
            below[:] = sorted(name for name in below if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith("."):
                    yield Path(folder, name)
