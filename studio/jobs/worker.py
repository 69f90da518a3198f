"""Does the jobs of a queue, each in a process of its own.

At most one batch job and one interactive job are at work at a time, whatever number of workers
there are. An interactive job begins at once, beside a batch job, which runs at lower priority of
the processor; where memory is too short for two (``_BESIDE_BYTES`` free), the batch job is asked to
stop at its next step, goes back to its place in the queue, and goes on from its chunks afterwards.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import psutil

from studio.errors import JobsUnavailable, UnknownJob
from studio.jobs import alive
from studio.jobs.attempts import Attempts
from studio.jobs.database import Database
from studio.jobs.execution import UNWRITTEN, patiently
from studio.jobs.queue import JobQueue
from studio.jobs.record import Claim, JobFailure, JobRecord, JobState, Limits, Priority
from studio.jobs.scrub import scrubbed
from studio.jobs.sweeping import sweep
from studio.jobs.warm import WarmAttempt, WarmProcess, give_way
from studio.jobs.watching import Watch
from studio.settings import Settings

_LOG = logging.getLogger(__name__)

_LOOK_S = 0.15
_BEAT_S = 2.0
_RECOVER_S = 3.0
#: Free memory that lets an interactive job begin beside a batch job: what a preview with its
#: models takes, twice.
_BESIDE_BYTES = 3 << 30
#: How long one who was asked to stop may take for it.
_GRACE_S = 45.0
#: An attempt that does not move for so long hangs.
_STILL_S = 3600.0
_TAIL_BYTES = 4000
#: The page first, then what somebody waits for (``warm.py``), then long renders: with two of them
#: on two cores the page still gets two thirds of a core when it wants it.
_BATCH_NICE = 10
#: When the process for interactive jobs begins to load: the page itself comes first.
_WARM_AFTER_S = 4.0


@dataclass
class _Running:
    """An attempt and its process."""

    claim: Claim
    process: subprocess.Popen[bytes] | WarmAttempt
    tail: bytearray = field(default_factory=bytearray)
    asked_at: float = 0.0  # monotonic; when it was first seen to be asked to stop
    moved_at: float = field(default_factory=time.monotonic)
    moved_to: object = None
    reason: str = ""  # why the worker killed it
    cleared: bool = False  # nothing of it runs or lies about any more
    reader: threading.Thread | None = None
    watch: Watch | None = None


class Worker:
    """Takes jobs, starts their processes, and writes down what became of those that vanish.

    Args:
        path: of the database.
        command: starts the process of an attempt, given the database and the id of the job.
        settings: of the machine, for what has to be swept.
        limits: of jobs at once and of tries.
        still_s: seconds without a step after which an attempt is ended.
        warm: starts a process that stays for interactive jobs, given the database; without it
            they get one each, as batch jobs do.
    """

    def __init__(
        self,
        path: Path,
        command: Sequence[str],
        settings: Settings | None = None,
        limits: Limits | None = None,
        still_s: float = _STILL_S,
        warm: Sequence[str] = (),
    ) -> None:
        self._path = path.absolute()
        self._command = tuple(command)
        self._settings = settings or Settings()
        self._limits = limits or Limits()
        self._still_s = still_s
        self._running: list[_Running] = []
        self._warm = WarmProcess(warm, self._path) if warm else None

    def run(self, stop: Event, until_idle: bool = False) -> None:
        """Do jobs until told to stop; those at work then go back into the queue.

        Args:
            stop: set by another thread or a signal.
            until_idle: end when no job is queued or at work.

        Raises:
            JobsUnavailable: the list of jobs could not be opened for a minute.
        """
        database = patiently(lambda: Database.open(self._path))
        self._queue = JobQueue(database, self._limits)
        self._attempts = Attempts(database, self._limits)
        name = patiently(self._attempts.sign_on)
        beaten = recovered = float("-inf")
        troubled = False
        warm_at = time.monotonic() + _WARM_AFTER_S
        try:
            while not stop.is_set():
                try:
                    now = time.monotonic()
                    if self._warm is not None and now > warm_at:
                        warm_at = float("inf")
                        self._warm.start()
                    if now - beaten > _BEAT_S:
                        self._attempts.beat(name)
                        beaten = now
                    self._collect()
                    if now - recovered > _RECOVER_S:
                        self._recover()
                        recovered = now
                    self._watch()
                    begun = self._begin(name)
                    troubled = False
                    if until_idle and not begun and not self._running and self._idle():
                        return
                except (JobsUnavailable, OSError) as exc:
                    if not troubled:
                        _LOG.warning("%s", exc)
                    troubled = True
                    stop.wait(1.0)
                stop.wait(_LOOK_S)
        finally:
            self._leave(name)
            if self._warm is not None:
                self._warm.close()
            database.close()

    def _idle(self) -> bool:
        counts = self._queue.counts()
        waiting = (JobState.QUEUED, JobState.RUNNING, JobState.CANCELLING)
        return not any(counts[state] for state in waiting)

    def _begin(self, name: str) -> bool:
        at_work = {each.claim.request.priority for each in self._running}
        classes = {Priority.INTERACTIVE, Priority.BATCH} - at_work
        if Priority.BATCH in at_work and Priority.INTERACTIVE in classes and not _room_beside():
            classes.discard(Priority.INTERACTIVE)
            if self._attempts.wanted(Priority.INTERACTIVE):
                for each in self._running:
                    self._attempts.ask(each.claim.job_id, each.claim.token, "yield")
        if Priority.INTERACTIVE in at_work and not _room_beside():
            classes.discard(Priority.BATCH)
        if not classes:
            return False
        claim = self._attempts.claim(name, classes)
        if claim is None:
            return False
        try:
            self._running.append(self._start(claim))
        except OSError as exc:
            said = f"Its process could not be started: {exc.strerror or exc}"
            failure = JobFailure("ProcessDied", said, "The memory may have run out.")
            self._attempts.vanished(claim.job_id, claim.token, failure, counted=True)
        return True

    def _start(self, claim: Claim) -> _Running:
        batch = claim.request.priority is Priority.BATCH
        if self._warm is not None and not batch:
            return _Running(claim, self._warm.begin(claim), self._warm.tail)
        process = subprocess.Popen(
            [*self._command, str(self._path), claim.job_id],
            stdin=subprocess.PIPE,  # never written to: its end is our end
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=os.environ | {alive.MARK: claim.token},
            start_new_session=True,
        )
        if batch:
            give_way(process.pid, _BATCH_NICE)
        running = _Running(claim, process)
        running.reader = threading.Thread(target=_read_tail, args=(running,), daemon=True)
        running.reader.start()
        return running

    def _collect(self) -> None:
        """See who has ended, and write down what became of it."""
        for each in list(self._running):
            code = each.process.poll()
            if code is None:
                continue
            if not each.cleared:
                _end_group(each.process)
                if code != 0:
                    self._clear(each.claim)
                each.cleared = True
            if each.reader is not None:
                each.reader.join(1.0)
            # Where it ended with a word this changes nothing.
            self._attempts.vanished(
                each.claim.job_id, each.claim.token, _failure(each, code), counted=True
            )
            self._running.remove(each)
            for pipe in (each.process.stdin, each.process.stderr):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()

    def _recover(self) -> None:
        """Take back the jobs of workers that are gone."""
        ours = {each.claim.token for each in self._running}
        for claim in self._attempts.lost():
            if claim.token in ours:
                continue
            self._clear(claim)
            failure = JobFailure("Interrupted", "The studio was stopped in the middle.")
            self._attempts.vanished(claim.job_id, claim.token, failure, counted=False)
        self._attempts.forget_workers()

    def _clear(self, claim: Claim) -> None:
        """End what still runs of an attempt, and remove what it left half-written."""
        alive.end_marked(claim.token)
        sweep(self._settings.cache_dir)
        out = claim.request.options.get("out")
        if isinstance(out, str) and out:
            where = claim.request.cwd / out
            # A folder of the user's may hold anything, so only what is new can be ours.
            since = claim.begun_at - 5
            sweep(where, since) if where.is_dir() else sweep(where.parent, since, deepest=0)

    def _watch(self) -> None:
        """End attempts that do not stop when asked, or do not move."""
        now = time.monotonic()
        for each in self._running:
            try:
                job = self._queue.get(each.claim.job_id)
            except UnknownJob:
                continue  # it has ended and was forgotten before its process was seen to be gone
            moved = _moved(job)
            if moved != each.moved_to:
                each.moved_to, each.moved_at = moved, now
            each.asked_at = (each.asked_at or now) if job.wish else 0.0
            if each.asked_at and now - each.asked_at > _GRACE_S:
                each.reason = "It was asked to stop and did not"
            elif now - each.moved_at > self._still_s:
                each.reason = f"It made no step for {self._still_s:.0f} s and was ended"
            else:
                each.watch = each.watch or Watch(each.claim, self._limits)
                each.reason = each.watch.over(each.process.pid)
                if each.reason:  # another try would take as much
                    failure = JobFailure("TooMuch", each.reason + ".", "Ask for less at once.")
                    self._attempts.failed(each.claim.job_id, each.claim.token, failure, False)
            if each.reason:
                _end_group(each.process)

    def _leave(self, name: str) -> None:
        """Stop what is at work; it goes back into the queue."""
        for each in self._running:
            with suppress(OSError):
                each.process.terminate()
        until = time.monotonic() + _GRACE_S
        for each in self._running:
            with suppress(subprocess.TimeoutExpired):
                each.process.wait(max(0.0, until - time.monotonic()))
            _end_group(each.process)
            each.process.wait()
            self._clear(each.claim)
            failure = JobFailure("Interrupted", "The studio was stopped in the middle.")
            with suppress(JobsUnavailable):
                self._attempts.vanished(each.claim.job_id, each.claim.token, failure, counted=False)
        with suppress(JobsUnavailable):
            self._attempts.sign_off(name)


def _moved(job: JobRecord) -> object:
    """What changes when an attempt makes a step; seconds go by without one."""
    return [(stage.name, stage.share, stage.message) for stage in job.progress.stages]


def _failure(each: _Running, code: int) -> JobFailure:
    tail = scrubbed(each.tail.decode("utf-8", "replace"))
    if each.reason:
        return JobFailure("Ended", each.reason + ".", "Resume it to go on from what is there.")
    if code == UNWRITTEN:
        return JobFailure(
            "JobsUnavailable", "Its end could not be written down.", "Make room, then resume it."
        )
    name = str(-code)
    with suppress(ValueError):
        name = signal.Signals(-code).name
    said = f"Its process was killed ({name})" if code < 0 else f"Its process ended with {code}"
    hint = (
        "The memory may have run out: give it less with --memory-budget."
        if code == -signal.SIGKILL
        else "Send the file of studio jobs report."
    )
    return JobFailure("ProcessDied", said, hint, tail)


def _read_tail(each: _Running) -> None:
    stream = each.process.stderr
    if stream is None:
        return
    with suppress(OSError, ValueError):
        while chunk := stream.read1(1 << 16):  # type: ignore[attr-defined]
            each.tail += chunk
            del each.tail[:-_TAIL_BYTES]


def _end_group(process: subprocess.Popen[bytes] | WarmAttempt) -> None:
    if isinstance(process, WarmAttempt):
        process.end()
        return
    if sys.platform == "win32":
        process.kill()
        return
    # The group keeps its number as long as anybody is in it.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _room_beside() -> bool:
    return int(psutil.virtual_memory().available) >= _BESIDE_BYTES
