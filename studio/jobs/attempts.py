"""The queue of jobs as those see it who do them: workers, and the process of an attempt.

Who begins a job gets a token. Every later word on that attempt is written only while the job
still carries the token: a process that was given up for dead can change nothing any more.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Collection, Sequence
from dataclasses import replace

from studio.jobs import alive
from studio.jobs.database import Database
from studio.jobs.queue import next_in_line, note
from studio.jobs.record import (
    Claim,
    JobFailure,
    JobProgress,
    JobResult,
    JobState,
    Limits,
    Priority,
)
from studio.jobs.rows import packed, request_of

#: A worker on another machine, or in another container, is given up for dead when its count of
#: beats stood still for so long by the clock of the one who looks.
_FOREIGN_S = 60.0
_AT_WORK = (JobState.RUNNING, JobState.CANCELLING)


class Attempts:
    """What workers write.

    Args:
        database: opened.
        limits: of jobs at once, of tries, of log lines.
    """

    def __init__(self, database: Database, limits: Limits | None = None) -> None:
        self._database = database
        self._limits = limits or Limits()
        self._seen: dict[str, tuple[int, float]] = {}  # foreign worker: beats, since when

    def sign_on(self) -> str:
        """Enter this process as a worker; its name."""
        name = secrets.token_hex(8)
        self.beat(name)
        return name

    def beat(self, worker: str) -> None:
        """Say that a worker is alive."""
        pid = os.getpid()
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO workers VALUES (?, ?, ?, ?, 0, ?) "
                "ON CONFLICT (id) DO UPDATE SET beats = beats + 1, at = excluded.at",
                (worker, alive.machine(), pid, alive.born(pid) or "", time.time()),
            )

    def sign_off(self, worker: str) -> None:
        """Take a worker's entry away."""
        with self._database.writing() as db:
            db.execute("DELETE FROM workers WHERE id = ?", (worker,))

    def claim(self, worker: str, classes: Collection[Priority]) -> Claim | None:
        """Take the next job whose class has room; None where there is none.

        Args:
            worker: who asks.
            classes: of jobs that the worker would do.
        """
        limits = self._limits
        most = {
            Priority.BATCH: limits.batch_at_once,
            Priority.INTERACTIVE: limits.interactive_at_once,
        }
        with self._database.writing() as db:
            rows = db.execute(
                "SELECT priority, count(*) AS n FROM jobs WHERE state IN (?, ?) GROUP BY priority",
                _AT_WORK,
            ).fetchall()
            busy = {row["priority"]: row["n"] for row in rows}
            for job in next_in_line(db):
                if job.priority in classes and busy.get(job.priority, 0) < most[job.priority]:
                    return self._begin(db, worker, job.id)
        return None

    def wanted(self, priority: Priority) -> bool:
        """Whether a job of a class is queued and none of it at work."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT state FROM jobs WHERE priority = ? AND state IN (?, ?, ?)",
                (priority, JobState.QUEUED, *_AT_WORK),
            ).fetchall()
        states = {row["state"] for row in rows}
        return states == {JobState.QUEUED.value}

    def _begin(self, db: sqlite3.Connection, worker: str, job_id: str) -> Claim:
        row = db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        (turn,) = db.execute("SELECT coalesce(max(turn), 0) + 1 FROM turns").fetchone()
        token, now = secrets.token_hex(16), time.time()
        db.execute(
            "INSERT INTO turns VALUES (?, ?) ON CONFLICT (owner) DO UPDATE SET turn = ?",
            (row["owner"], turn, turn),
        )
        db.execute(
            "UPDATE jobs SET state = ?, wish = '', token = ?, worker = ?, turn = ?, "
            "attempts = attempts + 1, started_at = ?, progress = NULL, error = NULL, pool = NULL "
            "WHERE number = ?",
            (JobState.RUNNING, token, worker, turn, now, row["number"]),
        )
        note(db, row["number"], f"begun, attempt {row['attempts'] + 1}")
        return Claim(job_id, token, request_of(row), now)

    def held(self, job_id: str, token: str) -> bool:
        """Whether an attempt is still the one that counts."""
        with self._database.reading() as db:
            return _row(db, job_id, token) is not None

    def report(
        self,
        job_id: str,
        token: str,
        progress: JobProgress,
        more_s: float,
        pool: Sequence[str] = (),
        log: Sequence[str] = (),
    ) -> str | None:
        """Say how far an attempt is.

        Args:
            job_id: which.
            token: of the attempt.
            progress: so far.
            more_s: seconds worked since the last word.
            pool: what the model pool decided in this attempt.
            log: new lines.

        Returns:
            What the attempt is asked for: ``cancel``, ``pause``, ``yield`` or nothing; None
            where it does not count any more and has to end.
        """
        with self._database.writing() as db:
            row = _row(db, job_id, token)
            if row is None:
                return None
            db.execute(
                "UPDATE jobs SET progress = ?, ran_s = ran_s + ?, pool = ? WHERE number = ?",
                (packed(progress), more_s, packed(list(pool)), row["number"]),
            )
            self._log(db, row["number"], log)
            return str(row["wish"])

    def ask(self, job_id: str, token: str, wish: str) -> None:
        """Ask an attempt to ``yield``: to stop and go back into the queue. What its owner asked
        for goes before."""
        with self._database.writing() as db:
            db.execute(
                "UPDATE jobs SET wish = ? WHERE id = ? AND token = ? AND wish = ''",
                (wish, job_id, token),
            )

    def done(self, job_id: str, token: str, result: JobResult, log: Sequence[str] = ()) -> bool:
        """End an attempt that made what was asked for; whether it counted."""
        with self._database.writing() as db:
            row = _row(db, job_id, token)
            if row is None:
                return False
            _end(db, row, JobState.DONE, result=packed(result))
            self._log(db, row["number"], (*log, "done"))
            return True

    def failed(
        self, job_id: str, token: str, failure: JobFailure, mendable: bool, log: Sequence[str] = ()
    ) -> bool:
        """End an attempt that could not go on; whether it counted.

        Args:
            job_id: which.
            token: of the attempt.
            failure: why.
            mendable: nothing is wrong with what was asked: the job waits, paused, until there is
                room again and somebody lets it go on.
            log: new lines.
        """
        with self._database.writing() as db:
            row = _row(db, job_id, token)
            if row is None:
                return False
            cancelled = row["wish"] == "cancel"
            state = JobState.PAUSED if mendable else JobState.FAILED
            _end(db, row, JobState.CANCELLED if cancelled else state, error=packed(failure))
            said = "cancelled" if cancelled else "waits" if mendable else "failed"
            self._log(db, row["number"], (*log, f"{said}: {failure.message}"))
            return True

    def stopped(self, job_id: str, token: str, log: Sequence[str] = ()) -> bool:
        """End an attempt that stopped where it was asked to; whether it counted."""
        with self._database.writing() as db:
            row = _row(db, job_id, token)
            if row is None:
                return False
            state = _after_stop(row["wish"])
            _end(db, row, state)
            self._log(db, row["number"], (*log, f"stopped, now {state}"))
            return True

    def vanished(
        self, job_id: str, token: str, failure: JobFailure, counted: bool
    ) -> JobState | None:
        """End an attempt whose process is gone without a word.

        The job goes back into the queue and goes on from what it had finished, unless its
        process died too often or it was begun too often: it may be at fault itself.

        Args:
            job_id: which.
            token: of the attempt.
            failure: what is known of the end.
            counted: the process died of itself; not with its worker.

        Returns:
            The new state; None where the attempt had ended already.
        """
        with self._database.writing() as db:
            row = _row(db, job_id, token)
            if row is None:
                return None
            crashes = row["crashes"] + counted
            state = _after_stop(row["wish"])
            error = None
            if state is JobState.QUEUED and (
                crashes >= self._limits.crashes or row["attempts"] >= self._limits.attempts
            ):
                state = JobState.FAILED
                times = f" {crashes} times" if crashes > 1 else ""
                error = packed(replace(failure, message=f"{failure.message}{times}".strip()))
                if crashes < self._limits.crashes:
                    error = packed(
                        replace(failure, message=f"Interrupted {row['attempts']} times; given up.")
                    )
            _end(db, row, state, error=error)
            db.execute("UPDATE jobs SET crashes = ? WHERE number = ?", (crashes, row["number"]))
            self._log(db, row["number"], [f"{failure.message.rstrip('.')}; now {state}"])
            return state

    def workers(self) -> int:
        """How many workers there are, as far as can be seen from here."""
        with self._database.reading() as db:
            rows = db.execute("SELECT * FROM workers").fetchall()
        here = alive.machine()
        return sum(
            row["machine"] != here or alive.born(row["pid"]) == str(row["born"]) for row in rows
        )

    def lost(self) -> list[Claim]:
        """Attempts whose worker is gone; what is left of them has to be ended first."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT jobs.*, workers.machine, workers.pid, workers.born, workers.beats "
                "FROM jobs LEFT JOIN workers ON workers.id = jobs.worker WHERE state IN (?, ?)",
                _AT_WORK,
            ).fetchall()
        return [
            Claim(row["id"], row["token"], request_of(row), row["started_at"])
            for row in rows
            if self._is_lost(row)
        ]

    def forget_workers(self) -> None:
        """Take away entries of workers that are gone and have no job."""
        with self._database.writing() as db:
            for row in db.execute(
                "SELECT * FROM workers WHERE id NOT IN "
                "(SELECT worker FROM jobs WHERE state IN (?, ?))",
                _AT_WORK,
            ).fetchall():
                if row["machine"] == alive.machine() and alive.born(row["pid"]) != row["born"]:
                    db.execute("DELETE FROM workers WHERE id = ?", (row["id"],))

    def _is_lost(self, row: sqlite3.Row) -> bool:
        if row["machine"] is None:
            return True
        if row["machine"] == alive.machine():
            return alive.born(row["pid"]) != str(row["born"])
        now = time.monotonic()
        beats, since = self._seen.get(row["worker"], (-1, now))
        if beats != row["beats"]:
            self._seen[row["worker"]] = (row["beats"], now)
            return False
        return now - since > _FOREIGN_S

    def _log(self, db: sqlite3.Connection, number: int, lines: Sequence[str]) -> None:
        if not lines:
            return
        note(db, number, *lines)
        db.execute(
            "DELETE FROM log WHERE line IN "
            "(SELECT line FROM log WHERE job = ? ORDER BY line DESC LIMIT -1 OFFSET ?)",
            (number, self._limits.log_lines),
        )


def _row(db: sqlite3.Connection, job_id: str, token: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM jobs WHERE id = ? AND token = ? AND state IN (?, ?)",
        (job_id, token, *_AT_WORK),
    ).fetchone()
    return row


def _end(db: sqlite3.Connection, row: sqlite3.Row, state: JobState, **columns: str | None) -> None:
    names = "".join(f", {name} = ?" for name in columns)
    db.execute(
        f"UPDATE jobs SET state = ?, token = NULL, worker = NULL, wish = '', ended_at = ?{names} "
        "WHERE number = ?",
        (state, time.time() if state.ended else 0.0, *columns.values(), row["number"]),
    )


def _after_stop(wish: str) -> JobState:
    if wish == "cancel":
        return JobState.CANCELLED
    return JobState.PAUSED if wish == "pause" else JobState.QUEUED
