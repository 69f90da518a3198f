"""A SQLite file of ours: opened safely whatever its age, changed in small transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from studio.errors import StudioError

#: WAL needs shared memory, which these do not have: two machines would corrupt the file.
_NO_WAL = frozenset(("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs"))


@dataclass(frozen=True)
class Form:
    """What a kind of file holds.

    Attributes:
        application: number in the file's head that tells it from any other SQLite database.
        steps: step ``n`` brings a file of version ``n`` to version ``n + 1``; statements end with
            a semicolon.
        called: what messages call it, ``list of jobs``.
        error: what is raised where it cannot be used.
        private: whether only the user of the machine may read it; so may nobody its copies.
    """

    application: int
    steps: tuple[str, ...]
    called: str
    error: type[StudioError]
    private: bool = False

    @property
    def version(self) -> int:
        """Of a file that is up to date."""
        return len(self.steps)


class DatabaseFile:
    """A connection that threads share. Made by :meth:`open_as`.

    Attributes:
        path: of the file.
        notes: what a user should know of how it was opened.
    """

    def __init__(
        self, form: Form, path: Path, connection: sqlite3.Connection, notes: tuple[str, ...]
    ) -> None:
        self.form = form
        self.path = path
        self.notes = notes
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open_as(cls, form: Form, path: Path, wait_s: float = 5.0) -> Self:
        """Open the file, made or brought up to date where needed.

        A file of an older studio is copied beside (``….version-1.bak``) before it is changed.

        Args:
            form: what it holds.
            path: of the file.
            wait_s: how long to wait for other processes that write.

        Raises:
            StudioError: of the form's class: it cannot be opened, is of a newer studio, or of
                another program. It is as it was then.
        """
        with _told(form, path):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as exc:
                raise form.error(
                    f"The folder of the {form.called} cannot be made: {path.parent}: "
                    f"{exc.strerror}.",
                    "Give another with STUDIO_DATA_DIR.",
                ) from exc
            if form.private:
                _make_private(form, path)
            connection = sqlite3.connect(
                path, timeout=wait_s, isolation_level=None, check_same_thread=False
            )
            try:
                connection.row_factory = sqlite3.Row
                notes = _prepare(form, connection, path)
            except BaseException:
                connection.close()
                raise
        return cls(form, path, connection, tuple(notes))

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is committed at the end, or was never there.

        Raises:
            StudioError: the file is locked for too long, read-only, damaged, or the disk full.
        """
        with self._lock, _told(self.form, self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as exc:
                # After a full disk SQLite has rolled back on its own.
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                if isinstance(exc, sqlite3.OperationalError) and "full" in str(exc):
                    # What is in the log beside is put into the file, which gives its room back:
                    # where the log itself had filled the disk, the next try succeeds.
                    with suppress(sqlite3.Error):
                        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One view of the file, whatever others write meanwhile.

        Raises:
            StudioError: it cannot be read.
        """
        with self._lock, _told(self.form, self.path):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()


def _prepare(form: Form, connection: sqlite3.Connection, path: Path) -> list[str]:
    notes: list[str] = []
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # what was said to be queued survives a cut
    version = _version(form, connection, path)
    if version < form.version:
        if version:
            copy = path.with_name(f"{path.name}.version-{version}.bak")
            if form.private:
                _make_private(form, copy)
            with closing(sqlite3.connect(copy)) as target:
                connection.backup(target)
            notes.append(
                f"The {form.called} was brought from version {version} to {form.version}; "
                f"a copy of the old one is {copy.name}."
            )
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have been quicker.
            for step in form.steps[_version(form, connection, path) :]:
                for statement in step.split(";"):
                    if statement.strip():
                        connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {form.application}")
            connection.execute(f"PRAGMA user_version = {form.version}")
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
    wanted = "delete" if _file_system(path.parent) in _NO_WAL else "wal"
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode != wanted:
        (mode,) = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()
    if mode != "wal":
        notes.append(
            f"{path.parent} is no place for a write-ahead log: several who look at it wait "
            "for one another. A folder on a local disk is better (STUDIO_DATA_DIR)."
        )
    return notes


def _make_private(form: Form, path: Path) -> None:
    """Make a file that only its owner may read; what SQLite keeps beside it gets its rights."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
    except OSError as exc:
        raise form.error(
            f"The {form.called} cannot be written: {path}: {exc.strerror}.",
            "Check who may write to the folder, or give another with STUDIO_DATA_DIR.",
        ) from exc


def _version(form: Form, connection: sqlite3.Connection, path: Path) -> int:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != form.application and (tables or version or application):
        raise form.error(
            f"{path} is a database of another program.", "Move it away, or give another folder."
        )
    if version > form.version:
        raise form.error(
            f"{path} was written by a newer studio (version {version}; this one knows "
            f"{form.version}).",
            "Use that studio, or give another folder with STUDIO_DATA_DIR. Nothing was changed.",
        )
    return int(version)


def _file_system(folder: Path) -> str:
    """The kind of file system a folder lies on, ``ext4``; empty where that cannot be told."""
    folder = folder.resolve()
    best, kind = -1, ""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    for line in lines:
        fields = line.split()
        where = Path(fields[1].replace("\\040", " "))
        if folder.is_relative_to(where) and len(where.parts) >= best:
            best, kind = len(where.parts), fields[2]
    return kind


@contextmanager
def _told(form: Form, path: Path) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.Error as exc:
        said = str(exc)
        if isinstance(exc, sqlite3.OperationalError) and "locked" in said:
            message = f"The {form.called} is locked by another program: {path}."
            hint = "Try again in a moment; close programs that have the file open."
        elif "full" in said:
            message = f"The disk with the {form.called} is full: {path}."
            hint = "Make room; jobs that stopped go on from where they were."
        elif "readonly" in said or "unable to open" in said:
            message = f"The {form.called} cannot be written: {path}: {said}."
            hint = "Check who may write to the folder, or give another with STUDIO_DATA_DIR."
        elif isinstance(exc, sqlite3.DatabaseError) and (
            "malformed" in said or "not a database" in said
        ):
            message = f"The {form.called} is damaged, or is none: {path}: {said}."
            hint = "Move it away to begin with an empty one, or bring it back from a copy."
        else:
            message, hint = f"The {form.called} cannot be used: {path}: {said}.", ""
        raise form.error(message, hint) from exc
