"""The queue of jobs as those see it who ask for them."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Collection
from pathlib import Path

from studio.errors import Busy, RequestError, UnknownJob
from studio.jobs.database import Database
from studio.jobs.order import Waiting, line_up
from studio.jobs.record import (
    JobRecord,
    JobRequest,
    JobState,
    Limits,
    LogLine,
    Priority,
)
from studio.jobs.rows import packed, priority_of, record_of
from studio.settings import Settings

_WAITING = (JobState.QUEUED, JobState.PAUSED)
_ENDED = tuple(state for state in JobState if state.ended)


def jobs_path(settings: Settings) -> Path:
    """Where the jobs of this machine's user lie."""
    return settings.data_dir / "jobs.db"


class JobQueue:
    """Jobs that outlive every process. Threads may share one; processes open one each.

    Every change is one transaction that looks at the state it changes from, so two who act at
    once cannot both win. Where ``owner`` is given, jobs of others are as if they were not there.

    Args:
        database: opened.
        limits: how much is taken on.
    """

    def __init__(self, database: Database, limits: Limits | None = None) -> None:
        self.database = database
        self.limits = limits or Limits()

    @classmethod
    def open(cls, path: Path, limits: Limits | None = None) -> JobQueue:
        """The queue in a file, made where there is none.

        Raises:
            JobsUnavailable: it cannot be used; see :meth:`Database.open`.
        """
        return cls(Database.open(path), limits)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of how the file was opened."""
        return self.database.notes

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    def submit(self, request: JobRequest) -> JobRecord:
        """Put a job into the queue.

        Raises:
            Busy: as many wait as may, of all or of this owner.
            JobsUnavailable: it could not be written.
        """
        with self.database.writing() as db:
            self._check_room(db, request.owner)
            (place,) = db.execute("SELECT coalesce(max(place), 0) + 1 FROM jobs").fetchone()
            job_id = secrets.token_hex(8)
            made = db.execute(
                "INSERT INTO jobs (id, owner, pipeline, request, priority, place, state, "
                "submitted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    job_id,
                    request.owner,
                    request.pipeline,
                    packed(request),
                    request.priority,
                    place,
                    JobState.QUEUED,
                    time.time(),
                ),
            )
            note(db, int(made.lastrowid or 0), "queued")
            db.execute(
                "DELETE FROM jobs WHERE number IN (SELECT number FROM jobs WHERE state IN "
                f"{_marks(_ENDED)} ORDER BY number DESC LIMIT -1 OFFSET ?)",
                (*_ENDED, self.limits.kept),
            )
            return self._record(db, self._row(db, job_id, None))

    def get(self, job_id: str, owner: str | None = None) -> JobRecord:
        """A job as it stands.

        Raises:
            UnknownJob: there is none of that id that the owner may see.
        """
        with self.database.reading() as db:
            return self._record(db, self._row(db, job_id, owner))

    def find(self, text: str, owner: str | None = None) -> str:
        """The id that a person means by a number or by the beginning of an id.

        Raises:
            UnknownJob: no job, or several.
        """
        text = text.strip().lower().removeprefix("#")
        with self.database.reading() as db:
            number = int(text) if text.isdecimal() and len(text) < 16 else 0
            rows = db.execute("SELECT id, owner FROM jobs WHERE number = ?", (number,)).fetchall()
            # The beginning of an id may be all digits too.
            rows = (
                rows
                or db.execute(
                    "SELECT id, owner FROM jobs WHERE substr(id, 1, ?) = ?", (len(text), text)
                ).fetchall()
            )
        found = [row["id"] for row in rows if owner in (None, row["owner"])]
        if len(found) != 1 or not text:
            raise UnknownJob(
                f"No job is called {text!r}." if not found else f"Several jobs begin with {text}.",
                "See: studio jobs list",
            )
        return str(found[0])

    def jobs(
        self,
        owner: str | None = None,
        states: Collection[JobState] | None = None,
        limit: int = 200,
    ) -> list[JobRecord]:
        """Jobs, newest first.

        Args:
            owner: whose; everybody's where None.
            states: only those; all where None.
            limit: at most so many.
        """
        wanted = tuple(states) if states is not None else tuple(JobState)
        clause = f"state IN {_marks(wanted)}"
        values: tuple[str, ...] = wanted
        if owner is not None:
            clause, values = clause + " AND owner = ?", (*values, owner)
        with self.database.reading() as db:
            rows = db.execute(
                f"SELECT * FROM jobs WHERE {clause} ORDER BY number DESC LIMIT ?",
                (*values, limit),
            ).fetchall()
            queued = any(row["state"] == JobState.QUEUED for row in rows)
            ahead = ahead_of_all(db) if queued else {}
        return [record_of(row, ahead.get(row["id"])) for row in rows]

    def log(self, job_id: str, owner: str | None = None) -> list[LogLine]:
        """What was noted of a job, oldest first.

        Raises:
            UnknownJob: there is none of that id that the owner may see.
        """
        with self.database.reading() as db:
            number = self._row(db, job_id, owner)["number"]
            rows = db.execute("SELECT at, text FROM log WHERE job = ? ORDER BY line", (number,))
            return [LogLine(row["at"], row["text"]) for row in rows]

    def cancel(self, job_id: str, owner: str | None = None) -> JobRecord:
        """End a job: at once where it waits, at its next step where it works. What has ended
        stays as it is.

        Raises:
            UnknownJob: there is none of that id that the owner may see.
        """
        with self.database.writing() as db:
            row = self._row(db, job_id, owner)
            state = JobState(row["state"])
            if state in _WAITING:
                _set(db, row, state=JobState.CANCELLED, ended_at=time.time(), wish="")
                note(db, row["number"], "cancelled while it waited")
            elif state is JobState.RUNNING:
                _set(db, row, state=JobState.CANCELLING, wish="cancel")
                note(db, row["number"], "asked to stop")
            return self._record(db, self._row(db, job_id, owner))

    def pause(self, job_id: str, owner: str | None = None) -> JobRecord:
        """Hold a job back; one at work stops at its next step and keeps what it has.

        Raises:
            UnknownJob: there is none of that id that the owner may see.
            RequestError: it has ended, or is being cancelled.
        """
        with self.database.writing() as db:
            row = self._row(db, job_id, owner)
            state = JobState(row["state"])
            if state is JobState.QUEUED:
                _set(db, row, state=JobState.PAUSED)
                note(db, row["number"], "paused")
            elif state is JobState.RUNNING:
                _set(db, row, wish="pause")
                note(db, row["number"], "asked to pause")
            elif state is not JobState.PAUSED:
                raise _impossible(row, "paused")
            return self._record(db, self._row(db, job_id, owner))

    def resume(self, job_id: str, owner: str | None = None) -> JobRecord:
        """Let a job go on that is paused, failed or was cancelled; what it had finished is not
        made again.

        Raises:
            UnknownJob: there is none of that id that the owner may see.
            RequestError: it is done.
            Busy: it had ended, and as many wait as may.
        """
        with self.database.writing() as db:
            row = self._row(db, job_id, owner)
            state = JobState(row["state"])
            if state is JobState.RUNNING:
                _set(db, row, wish="")  # one that has stopped for it already is queued again
            elif state in (JobState.DONE, JobState.CANCELLING):
                raise _impossible(row, "resumed")
            elif state is not JobState.QUEUED:
                if state.ended:
                    self._check_room(db, row["owner"])
                _set(db, row, state=JobState.QUEUED, wish="", crashes=0, attempts=0, ended_at=0.0)
                note(db, row["number"], "queued again")
            return self._record(db, self._row(db, job_id, owner))

    def retry(self, job_id: str, owner: str | None = None) -> JobRecord:
        """Try a job again that failed or was cancelled.

        Raises:
            UnknownJob: there is none of that id that the owner may see.
            RequestError: it has not ended, or is done.
            Busy: as many wait as may.
        """
        if not self.get(job_id, owner).state.ended:
            with self.database.reading() as db:
                raise _impossible(self._row(db, job_id, owner), "tried again")
        return self.resume(job_id, owner)

    def move(self, job_id: str, ahead: int, owner: str | None = None) -> JobRecord:
        """Put a queued job elsewhere among the jobs of its owner and class.

        Args:
            job_id: which.
            ahead: how many of them go before it; 0 makes it the first.
            owner: whose.

        Raises:
            UnknownJob: there is none of that id that the owner may see.
            RequestError: it is not queued.
        """
        with self.database.writing() as db:
            row = self._row(db, job_id, owner)
            if row["state"] != JobState.QUEUED:
                raise _impossible(row, "moved")
            rows = db.execute(
                "SELECT * FROM jobs WHERE owner = ? AND priority = ? AND state = ? ORDER BY place",
                (row["owner"], row["priority"], JobState.QUEUED),
            ).fetchall()
            places = [each["place"] for each in rows]
            order = [each for each in rows if each["id"] != job_id]
            order.insert(max(0, ahead), row)
            for each, place in zip(order, places, strict=True):
                _set(db, each, place=place)
            return self._record(db, self._row(db, job_id, owner))

    def counts(self) -> dict[JobState, int]:
        """How many jobs are in each state."""
        with self.database.reading() as db:
            rows = db.execute("SELECT state, count(*) AS n FROM jobs GROUP BY state").fetchall()
        found = {row["state"]: row["n"] for row in rows}
        return {state: found.get(state.value, 0) for state in JobState}

    def typical_s(self, pipeline: str) -> dict[str, float]:
        """Stages and the seconds they took in the last jobs of a pipeline that were done."""
        with self.database.reading() as db:
            rows = db.execute(
                "SELECT progress FROM jobs WHERE pipeline = ? AND state = ? "
                "ORDER BY number DESC LIMIT 5",
                (pipeline, JobState.DONE),
            ).fetchall()
        took: dict[str, list[float]] = {}
        for row in rows:
            for stage in json.loads(row["progress"] or '{"stages": []}')["stages"]:
                took.setdefault(stage["name"], []).append(stage["seconds"])
        return {name: sum(seconds) / len(seconds) for name, seconds in took.items()}

    def wait(self, job_id: str, timeout_s: float, look_s: float = 0.1) -> JobRecord:
        """Wait until a job has ended or is paused; as it stands then, or when time is up."""
        until = time.monotonic() + timeout_s
        while True:
            job = self.get(job_id)
            if job.state.ended or job.state is JobState.PAUSED or time.monotonic() > until:
                return job
            time.sleep(look_s)

    def _check_room(self, db: sqlite3.Connection, owner: str) -> None:
        rows = db.execute(
            f"SELECT owner, count(*) AS n FROM jobs WHERE state IN {_marks(_WAITING)} "
            "GROUP BY owner",
            _WAITING,
        ).fetchall()
        waiting = {row["owner"]: row["n"] for row in rows}
        total, own = sum(waiting.values()), waiting.get(owner, 0)
        if own >= self.limits.waiting_per_owner:
            raise Busy(
                f"{own} of your jobs wait already; this would be number {own + 1}, and "
                f"{self.limits.waiting_per_owner} may.",
                "Wait until some are done, or cancel one.",
                waiting=own,
            )
        if total >= self.limits.waiting:
            raise Busy(
                f"The studio is busy: {total} jobs wait; yours would be number {total + 1}, and "
                f"{self.limits.waiting} may.",
                "Try again when some are done.",
                waiting=total,
            )

    def _row(self, db: sqlite3.Connection, job_id: str, owner: str | None) -> sqlite3.Row:
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM jobs WHERE id = ?", (job_id,)
        ).fetchone()
        if row is None or owner not in (None, row["owner"]):
            raise UnknownJob(f"There is no job {job_id!r}.", "See: studio jobs list")
        return row

    def _record(self, db: sqlite3.Connection, row: sqlite3.Row) -> JobRecord:
        queued = row["state"] == JobState.QUEUED
        return record_of(row, ahead_of_all(db).get(row["id"]) if queued else None)


def next_in_line(db: sqlite3.Connection) -> list[Waiting]:
    """Queued jobs in the order they will be begun."""
    rows = db.execute(
        "SELECT id, owner, priority, place FROM jobs WHERE state = ?", (JobState.QUEUED,)
    ).fetchall()
    waiting = [Waiting(r["id"], r["owner"], priority_of(r), r["place"]) for r in rows]
    served = {r["owner"]: r["turn"] for r in db.execute("SELECT owner, turn FROM turns")}
    return line_up(waiting, served)


def ahead_of_all(db: sqlite3.Connection) -> dict[str, int]:
    """Queued jobs to how many go before them: those of their class that wait before them, and what
    is at work.

    One of each class works at a time (``worker.py``), so a preview waits for no render. Where none
    of its class is at work it is the other class that holds it up: the memory is too short for two.
    """
    rows = db.execute(
        "SELECT priority, count(*) AS n FROM jobs WHERE state IN (?, ?) GROUP BY priority",
        (JobState.RUNNING, JobState.CANCELLING),
    ).fetchall()
    at_work = {priority_of(row): int(row["n"]) for row in rows}
    ahead: dict[str, int] = {}
    before = {each: at_work.get(each, 0) or sum(at_work.values()) for each in Priority}
    for job in next_in_line(db):
        ahead[job.id] = before[job.priority]
        before[job.priority] += 1
    return ahead


def note(db: sqlite3.Connection, number: int, *texts: str) -> None:
    """Write lines into a job's log."""
    now = time.time()
    db.executemany(
        "INSERT INTO log (job, at, text) VALUES (?, ?, ?)",
        [(number, now, text[:2000]) for text in texts],
    )


def _set(db: sqlite3.Connection, row: sqlite3.Row, **columns: object) -> None:
    names = ", ".join(f"{name} = ?" for name in columns)
    db.execute(f"UPDATE jobs SET {names} WHERE number = ?", (*columns.values(), row["number"]))


def _marks(values: Collection[object]) -> str:
    return "(" + ", ".join("?" * len(values)) + ")"


def _impossible(row: sqlite3.Row, what: str) -> RequestError:
    return RequestError(
        f"Job {row['number']} cannot be {what}: it is {row['state']}.",
        f"See: studio jobs show {row['number']}",
    )
