"""The file the jobs lie in."""

from __future__ import annotations

from pathlib import Path

from studio.archive.database import DatabaseFile, Form
from studio.errors import JobsUnavailable

_FIRST = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    request TEXT NOT NULL,
    priority TEXT NOT NULL,
    place REAL NOT NULL,
    state TEXT NOT NULL,
    wish TEXT NOT NULL DEFAULT '',
    token TEXT,
    worker TEXT,
    turn INTEGER NOT NULL DEFAULT 0,
    progress TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    result TEXT,
    error TEXT,
    pool TEXT,
    submitted_at REAL NOT NULL,
    started_at REAL NOT NULL DEFAULT 0,
    ended_at REAL NOT NULL DEFAULT 0,
    ran_s REAL NOT NULL DEFAULT 0
);
CREATE INDEX jobs_state ON jobs (state);
CREATE TABLE log (
    line INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
    at REAL NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX log_job ON log (job);
CREATE TABLE workers (
    id TEXT PRIMARY KEY,
    machine TEXT NOT NULL,
    pid INTEGER NOT NULL,
    born TEXT NOT NULL,
    beats INTEGER NOT NULL,
    at REAL NOT NULL
);
"""
#: Turns were remembered in the jobs alone, so that an owner whose jobs were forgotten came first.
_SECOND = """
CREATE TABLE turns (owner TEXT PRIMARY KEY, turn INTEGER NOT NULL);
INSERT INTO turns SELECT owner, max(turn) FROM jobs WHERE turn > 0 GROUP BY owner;
"""
#: A list is of one owner, the newest first.
_THIRD = "CREATE INDEX jobs_owner ON jobs (owner, number);"
STEPS = (_FIRST, _SECOND, _THIRD)
VERSION = len(STEPS)

#: "mstj" is its number.
_FORM = Form(0x6D73746A, STEPS, "list of jobs", JobsUnavailable)


class Database(DatabaseFile):
    """The jobs' own; see there."""

    @classmethod
    def open(cls, path: Path, wait_s: float = 5.0) -> Database:
        """Open the file, made or brought up to date where needed.

        Raises:
            JobsUnavailable: see :meth:`DatabaseFile.open_as`.
        """
        return cls.open_as(_FORM, path, wait_s)
