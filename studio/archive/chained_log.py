"""A log that only grows: each row carries the hash of the one before.

What was changed, taken out or put in between is found when it is read. Rows taken from the end
leave a shorter log that is whole: whoever relies on a row keeps its digest elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import EncodeFailed, PolicyError
from studio.media.writer import write_beside

#: What the chain of a log begins with.
FIRST = "0" * 64


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        body: what it says, as plain values.
        before: digest of the row before; :data:`FIRST` for the first.
    """

    body: dict[str, Any]
    before: str

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, hexadecimal; what the next row carries."""
        return digest_of({"body": self.body, "before": self.before})


def canonical(data: Any) -> str:
    """JSON with sorted keys and no spaces."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(data: Any) -> str:
    """SHA-256 of the canonical form in UTF-8, hexadecimal."""
    return hashlib.sha256(canonical(data).encode("utf-8")).hexdigest()


def read_rows(path: Path) -> tuple[Row, ...]:
    """The rows of a log, oldest first; none where there is no file.

    Raises:
        PolicyError: it cannot be read, or the chain is broken.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as exc:
        raise PolicyError(f"The log {path.name} cannot be read.", "Restore it.") from exc
    rows: list[Row] = []
    before = FIRST
    for number, line in enumerate(lines, start=1):
        try:
            found = json.loads(line)
            row = Row(found["body"], found["before"])
            if set(found) != {"body", "before"} or not isinstance(row.body, dict):
                raise ValueError("other keys")
        except (ValueError, KeyError, TypeError) as exc:
            raise _broken(path, number, "is no entry") from exc
        if row.before != before:
            raise _broken(path, number, "does not follow the one before it")
        rows.append(row)
        before = row.digest
    return tuple(rows)


def append_row(path: Path, body: dict[str, Any]) -> Row:
    """Let a log grow by one row; other processes wait meanwhile.

    Raises:
        PolicyError: the chain is broken.
        EncodeFailed: the log cannot be written.
    """
    with _alone(path):
        rows = read_rows(path)
        row = Row(body, rows[-1].digest if rows else FIRST)
        lines = [canonical({"body": r.body, "before": r.before}) for r in (*rows, row)]
        with write_beside(path) as beside:
            beside.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
            beside.chmod(0o600)
    return row


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = path.with_name(f".{path.name}.lock").open("w")
    except OSError as exc:
        raise EncodeFailed(f"Cannot write {path}: {exc.strerror}.", "Check the folder.") from exc
    with lock:
        try:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed
        except ImportError:
            pass  # Windows: two writers at one moment are not told apart there
        yield


def _broken(path: Path, number: int, how: str) -> PolicyError:
    return PolicyError(
        f"{path.name}:{number}: the log was tampered with: this entry {how}.",
        "Restore it from a copy, or put it away, begin a new one and decide again.",
    )
