"""A disk that is full is no mistake of the studio: told the same way wherever it is met."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from studio.errors import NoRoom

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_AGAIN = "and run the same command again: what is finished is kept, and it goes on from there."


def full_disk_in(error: BaseException | None) -> OSError | None:
    """What a full disk, a used-up quota or a limit on files said, among the causes of an error."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return error
        error = error.__cause__ or error.__context__
    return None


def no_room(error: OSError, path: Path | None = None) -> NoRoom:
    """Such an error as a person is told of it.

    Args:
        error: of :func:`full_disk_in`.
        path: what was being written; else the file that the error names.
    """
    if path is None and isinstance(error.filename, str | bytes):
        path = Path(str(error.filename))
    said = error.strerror or str(error)
    if path is None:
        return NoRoom(f"A disk is full: {said}.", f"Make room {_AGAIN}")
    there = next((p for p in path.absolute().parents if p.exists()), Path.cwd())
    if error.errno == errno.EFBIG:
        return NoRoom(
            f"Cannot write {path}: {said}.",
            f"Files may not grow so large there: give another folder that has room, {_AGAIN}",
        )
    left = f"{size_told(shutil.disk_usage(there).free)} of the disk of {there} are free"
    return NoRoom(f"Cannot write {path}: {said}; {left}.", f"Make room there, {_AGAIN}")


@contextmanager
def told_what_lacks(pieces: Sequence[tuple[Path, int]], guess_bytes: int) -> Iterator[None]:
    """Say, where a disk fills up inside, how much is still to be written.

    Args:
        pieces: of a film, each a file and its number of pictures; joined at the end.
        guess_bytes: what the film may take, while none of them is finished.
    """
    try:
        yield
    except NoRoom as exc:
        if exc.__cause__ is None:  # refused before anything was begun, and told with its need
            raise
        made = [(path.stat().st_size, count) for path, count in pieces if path.exists()]
        size, count = (sum(column) for column in zip(*made, strict=True)) if made else (0, 0)
        whole = size * sum(count for _, count in pieces) // count if count else guess_bytes
        most = size_told(2 * whole - size)
        raise NoRoom(f"{exc.message} About {most} are still to be written.", exc.hint) from exc


def size_told(size_bytes: int) -> str:
    """``1.2 GiB``, ``160.0 MiB``, ``12 KiB``."""
    for power, unit in ((30, "GiB"), (20, "MiB")):
        if size_bytes >= 1 << power:
            return f"{size_bytes / (1 << power):.1f} {unit}"
    return f"{size_bytes / 1024:.0f} KiB"
