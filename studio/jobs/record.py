"""Jobs as values: what is asked for, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

#: Who a job belongs to where a machine has one user.
LOCAL = "local"


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"  # told to stop, and has not yet
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more happens unless somebody asks for it."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)

    @property
    def at_work(self) -> bool:
        """Whether a process has it."""
        return self in (JobState.RUNNING, JobState.CANCELLING)


class Priority(StrEnum):
    """Whether somebody sits and waits for it."""

    INTERACTIVE = "interactive"
    BATCH = "batch"


@dataclass(frozen=True)
class JobRequest:
    """What is asked for.

    Attributes:
        pipeline: its name, ``stylize``.
        sources: files it works on.
        options: the pipeline's Options, as ``studio.codec.to_json`` gives them.
        owner: who asks; others neither see nor change it.
        priority: whether somebody sits and waits for it.
        cwd: folder that relative paths are seen from.
        settings: fields of ``Settings`` that were chosen for this job: ``device``,
            ``memory_budget_bytes``.
        reads: folders and files that its work may read beside its sources; it is locked in then
            (``confinement.py``). None for all its user may read, as at the terminal.
        writes: folders it may write to, where it is locked in.
        most_bytes: that it may write, where its owner has a quota; 0 for the limit of every job.
    """

    pipeline: str
    sources: tuple[str, ...]
    options: dict[str, Any]
    owner: str = LOCAL
    priority: Priority = Priority.BATCH
    cwd: Path = field(default_factory=Path.cwd)
    settings: dict[str, Any] = field(default_factory=dict)
    reads: tuple[str, ...] | None = None
    writes: tuple[str, ...] = ()
    most_bytes: int = 0


@dataclass(frozen=True)
class StageTime:
    """One stage of a run.

    Attributes:
        name: as the pipeline reports it.
        share: done of it, 0 to 1.
        message: in the pipeline's words.
        seconds: spent on it, by a clock that does not jump.
    """

    name: str
    share: float
    message: str
    seconds: float


@dataclass(frozen=True)
class JobProgress:
    """How far the current attempt is.

    Attributes:
        stages: in the order they were begun; the last is what goes on.
        left_s: seconds that are probably left; None where it is too early to say.
    """

    stages: tuple[StageTime, ...] = ()
    left_s: float | None = None


@dataclass(frozen=True)
class JobFailure:
    """Why a job does not go on.

    Attributes:
        kind: name of the error.
        message, hint: for a person.
        trace: of an error that nobody foresaw; else empty.
    """

    kind: str
    message: str
    hint: str = ""
    trace: str = ""


@dataclass(frozen=True)
class JobResult:
    """What a job made.

    Attributes:
        files: name to path.
        summary: as the command would print it.
        notes: what a user should know.
        measures: counts: ``cache_hits`` and ``cache_misses`` of parts of an analysis.
        facts: the shorter entries of the pipeline's description: ``command``, ``safe``.
    """

    files: dict[str, str]
    summary: str = ""
    notes: tuple[str, ...] = ()
    measures: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class JobRecord:
    """A job as it stands. Times are seconds since 1970 by the wall clock, to be shown only.

    Attributes:
        number: counts up; for people at a terminal.
        id: unguessable; for everything else.
        request: what was asked for.
        state: where it stands.
        wish: what a job at work was asked for: ``cancel``, ``pause``, ``yield`` or nothing.
        ahead: jobs that go before it while it is queued, else None.
        progress: of the attempt that goes on or was the last.
        attempts: how often it was begun, since it was last asked for.
        crashes: how often its process died, since it was last asked for.
        result: once it is done.
        error: why it failed, or why it waits paused; of the last attempt.
        pool: what the model pool decided, in words, oldest first.
        submitted_at, started_at, ended_at: 0 where it did not happen yet.
        ran_s: seconds at work over all attempts, by a clock that does not jump.
    """

    number: int
    id: str
    request: JobRequest
    state: JobState
    wish: str
    ahead: int | None
    progress: JobProgress
    attempts: int
    crashes: int
    result: JobResult | None
    error: JobFailure | None
    pool: tuple[str, ...]
    submitted_at: float
    started_at: float
    ended_at: float
    ran_s: float


@dataclass(frozen=True)
class Claim:
    """A job that a worker may begin.

    Attributes:
        job_id: which.
        token: of this attempt alone; who does not hold it can write nothing.
        request: what is asked for.
        begun_at: seconds since 1970 by the wall clock.
    """

    job_id: str
    token: str
    request: JobRequest
    begun_at: float


@dataclass(frozen=True)
class LogLine:
    """A line of a job's log; ``at`` is the wall clock, seconds since 1970."""

    at: float
    text: str


@dataclass(frozen=True)
class Limits:
    """How much a queue takes on.

    Attributes:
        waiting: jobs that may wait, queued or paused, of all owners.
        waiting_per_owner: of one.
        batch_at_once, interactive_at_once: jobs at work, over all workers.
        crashes: deaths of its process after which a job fails.
        attempts: beginnings after which an interrupted job fails: it may be what stops the
            machine.
        kept: ended jobs that are remembered.
        log_lines: of one job.
        attempt_s: that one attempt may take.
        memory_bytes: that one may hold; 0 for most of what the machine has.
        made_bytes, made_files: that one may write where its results go.
    """

    waiting: int = 200
    waiting_per_owner: int = 50
    batch_at_once: int = 1
    interactive_at_once: int = 1
    crashes: int = 3
    attempts: int = 20
    kept: int = 1000
    log_lines: int = 400
    attempt_s: float = 24 * 3600.0
    memory_bytes: int = 0
    made_bytes: int = 256 << 30
    made_files: int = 200_000
