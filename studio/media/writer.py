"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from studio.errors import EncodeFailed
from studio.media.full_disk import full_disk_in, no_room


@contextmanager
def write_beside(path: Path) -> Iterator[Path]:
    """A path in the same folder to write to; on success it takes the place of ``path``.

    The name keeps the suffix, from which encoders tell the container, and begins with a dot.
    The file is synced before the rename and the folder after it, so a power cut leaves the
    old file or the new one. When the body raises, nothing is left behind and ``path`` is as
    it was. Missing folders are made.

    Raises:
        EncodeFailed: the folder cannot be made or written to.
        NoRoom: the disk is full.
    """
    beside = path.with_name(f".{path.stem[:80]}.{secrets.token_hex(4)}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        _sync(beside)
        beside.replace(path)
        _sync(path.parent)
    except OSError as exc:
        named = exc.filename
        if named is not None and Path(str(named)) not in (beside, path, *path.parents):
            raise  # the body's trouble with some other file
        if (full := full_disk_in(exc)) is not None:
            raise no_room(full, path) from exc
        raise EncodeFailed(
            f"Cannot write {path}: {exc.strerror or exc}.",
            "Check that the folder exists and may be written to.",
        ) from exc
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows has no handle on a folder to sync
    # Read-only suffices: fsync writes what the file holds, whoever wrote it.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
