"""A job as the page shows it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from studio.errors import StudioError
from studio.jobs.record import JobRecord, JobState
from ui.web.messages import ToldError


@dataclass(frozen=True)
class StageView:
    """One stage of a run.

    Attributes:
        name: as the pipeline reports it.
        share: done, 0 to 1.
        message: in the pipeline's words.
        live: whether it is what goes on now.
        elapsed_s: seconds spent on it.
    """

    name: str
    share: float
    message: str
    live: bool
    elapsed_s: float


@dataclass(frozen=True)
class RunView:
    """What a page may know of a run at one moment.

    Attributes:
        id: of the job; empty where it is forgotten.
        number: of the job, for people.
        state: where it stands.
        ahead: jobs that go before it while it waits.
        stages: those reported so far, in order.
        elapsed_s: seconds since this attempt was begun.
        remaining_s: seconds that are probably left; None where it is too early to say.
        cancelling: it was asked to stop and has not yet.
        error: what ended it, where it failed, or what holds it up, where it is paused.
    """

    id: str
    number: int
    state: JobState
    ahead: int = 0
    stages: tuple[StageView, ...] = ()
    elapsed_s: float = 0.0
    remaining_s: float | None = None
    cancelling: bool = False
    error: StudioError | None = None


def view_of(record: JobRecord | None) -> RunView:
    """The view of a job; of one that the queue has forgotten, as if it were done."""
    if record is None:
        return RunView("", 0, JobState.DONE)
    last = len(record.progress.stages) - 1
    running = record.state is JobState.RUNNING
    stages = tuple(
        StageView(
            s.name, s.share if n == last else 1.0, s.message, running and n == last, s.seconds
        )
        for n, s in enumerate(record.progress.stages)
    )
    error = None
    if record.error is not None and record.state in (JobState.FAILED, JobState.PAUSED):
        failure = record.error
        error = ToldError(failure.kind, failure.message, failure.hint)
    return RunView(
        id=record.id,
        number=record.number,
        state=record.state,
        ahead=record.ahead or 0,
        stages=stages,
        elapsed_s=max(0.0, time.time() - record.started_at) if record.state.at_work else 0.0,
        remaining_s=record.progress.left_s if running else None,
        cancelling=record.state is JobState.CANCELLING,
        error=error,
    )
