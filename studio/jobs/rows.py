"""Rows of the database to values and back."""

from __future__ import annotations

import json
import sqlite3
from functools import lru_cache
from typing import Any

from studio.codec import from_json, to_json
from studio.jobs.record import (
    JobFailure,
    JobProgress,
    JobRecord,
    JobRequest,
    JobResult,
    JobState,
    Priority,
)


def packed(value: Any) -> str:
    """A value as text."""
    return json.dumps(to_json(value), separators=(",", ":"), ensure_ascii=False)


def request_of(row: sqlite3.Row) -> JobRequest:
    """What was asked for."""
    return _request(row["request"])


@lru_cache(maxsize=2048)
def _request(text: str) -> JobRequest:
    # What was asked for never changes, and every page looks at the list twice in three seconds.
    # Nobody may write into the options of a record.
    return from_json(JobRequest, json.loads(text))


@lru_cache(maxsize=2048)
def _result(text: str) -> JobResult:
    return from_json(JobResult, json.loads(text))


def record_of(row: sqlite3.Row, ahead: int | None) -> JobRecord:
    """The job of a row.

    Args:
        row: all columns of ``jobs``.
        ahead: jobs that go before it.
    """
    return JobRecord(
        number=row["number"],
        id=row["id"],
        request=request_of(row),
        state=JobState(row["state"]),
        wish=row["wish"],
        ahead=ahead,
        progress=_unpacked(JobProgress, row["progress"]) or JobProgress(),
        attempts=row["attempts"],
        crashes=row["crashes"],
        result=_result(row["result"]) if row["result"] else None,
        error=_unpacked(JobFailure, row["error"]),
        pool=tuple(json.loads(row["pool"] or "[]")),
        submitted_at=row["submitted_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        ran_s=row["ran_s"],
    )


def priority_of(row: sqlite3.Row) -> Priority:
    """Whether somebody sits and waits."""
    return Priority(row["priority"])


def _unpacked(cls: type[Any], text: str | None) -> Any:
    return from_json(cls, json.loads(text)) if text else None
