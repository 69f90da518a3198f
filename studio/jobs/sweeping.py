"""What a killed process leaves half-written, found and removed.

Every file of the studio is written beside its place, under a name that begins with a dot and has
eight hexadecimal digits in it, and then renamed. After a SIGKILL such a file may stay. It is
removed once no process has it open.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import psutil

_BESIDE = re.compile(r"^\..+\.[0-9a-f]{8}(\.[A-Za-z0-9]{1,12})?$")


def half_written(top: Path, since: float = 0.0, deepest: int = 3) -> list[Path]:
    """Files of that form.

    Args:
        top: where to look.
        since: only files written to after that, seconds since 1970.
        deepest: how many levels below.
    """
    found = []
    for folder, below, names in os.walk(top):
        if len(Path(folder).relative_to(top).parts) >= deepest:
            below.clear()
        for name in names:
            path = Path(folder, name)
            with suppress(OSError):
                if _BESIDE.match(name) and path.stat().st_mtime >= since:
                    found.append(path)
    return sorted(found)


def sweep(top: Path, since: float = 0.0, deepest: int = 3) -> list[Path]:
    """Remove half-written files that no process has open; those that were removed.

    Args:
        top, since, deepest: as of :func:`half_written`.
    """
    left = half_written(top, since, deepest)
    if not left:
        return []
    held = _open_files()
    removed = []
    for path in left:
        with suppress(OSError):
            if path.resolve() not in held:
                path.unlink()
                removed.append(path)
    return removed


def _open_files() -> set[Path]:
    found: set[Path] = set()
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            found.update(Path(file.path) for file in process.open_files())
    return found
