"""Runs that outlive the page: one worker thread, a short queue, state that can be asked for.

Gradio drops a running event when its page disconnects, so no pipeline ever runs inside an
event. A click starts a :class:`Run` here; the page asks for its :class:`RunView` by id.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from studio.errors import Cancelled, StudioError
from studio.jobs.job import Job, Progress
from ui.web.messages import PageError

_LOG = logging.getLogger(__name__)

#: A time estimate is held back until a stage ran this long and got this far.
_ESTIMATE_AFTER_S = 1.5
_ESTIMATE_AFTER_SHARE = 0.04


class RunState(StrEnum):
    """Where a run stands; it ends in one of the last three."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self in (RunState.DONE, RunState.FAILED, RunState.CANCELLED)


@dataclass(frozen=True)
class StageView:
    """One stage of a run.

    Attributes:
        name: as the pipeline reports it.
        share: done, 0 to 1.
        message: in the pipeline's words.
        live: whether it is what goes on now.
        elapsed_s: seconds since it was begun, to its last report where it is over.
        remaining_s: estimate from the share so far; None where it is too early to say.
    """

    name: str
    share: float
    message: str
    live: bool
    elapsed_s: float
    remaining_s: float | None


@dataclass(frozen=True)
class RunView:
    """What a page may know of a run at one moment.

    Attributes:
        id: unguessable.
        state: where it stands.
        ahead: runs that go before it while it waits.
        stages: those reported so far, in order.
        elapsed_s: seconds it has run.
        cancelling: it was asked to stop and has not yet.
        error: what ended it, where it failed.
    """

    id: str
    state: RunState
    ahead: int
    stages: tuple[StageView, ...]
    elapsed_s: float
    cancelling: bool
    error: StudioError | None


@dataclass
class _Stage:
    progress: Progress
    first_s: float
    last_s: float


@dataclass
class Run:
    """A piece of work; its fields belong to the :class:`Runner`'s lock.

    Attributes:
        id: unguessable.
        work: what is done.
        state: where it stands.
        result: what the work returned.
        error: what ended it, where it failed.
    """

    id: str
    work: Callable[[Job], Any]
    state: RunState = RunState.WAITING
    result: Any = None
    error: StudioError | None = None
    stages: dict[str, _Stage] = field(default_factory=dict)
    stage: str = ""  # the one reported last
    started_s: float = 0.0
    ended_s: float = 0.0
    cancelling: bool = False
    job: Job | None = None


class Runner:
    """Does one run at a time in a thread of its own.

    Args:
        new_job: makes the job of a run; is given what to call with each step.
        max_waiting: runs that may wait.
        keep: ended runs that can still be asked for.
        clock: seconds, for tests.
    """

    def __init__(
        self,
        new_job: Callable[[Callable[[Progress], None]], Job],
        *,
        max_waiting: int = 8,
        keep: int = 60,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._new_job = new_job
        self._max_waiting = max_waiting
        self._keep = keep
        self._clock = clock
        self._changed = threading.Condition()
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._waiting: deque[Run] = deque()
        self._closed = False
        self._thread: threading.Thread | None = None

    def start(self, work: Callable[[Job], Any]) -> Run:
        """Queue a piece of work.

        Raises:
            PageError: too many runs wait already, or the studio is closing.
        """
        with self._changed:
            if self._closed:
                raise PageError("run.closing")
            if len(self._waiting) >= self._max_waiting:
                raise PageError("run.queue_full", waiting=self._max_waiting)
            run = Run(secrets.token_urlsafe(16), work)
            self._runs[run.id] = run
            self._waiting.append(run)
            self._forget_old()
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="runner", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return run

    def cancel(self, run: Run) -> None:
        """Stop a run: at once where it waits, at its next step where it works."""
        with self._changed:
            if run.state is RunState.WAITING:
                self._waiting.remove(run)
                run.state = RunState.CANCELLED
                run.ended_s = self._clock()
                self._changed.notify_all()
            elif run.state is RunState.RUNNING:
                run.cancelling = True
                if run.job is not None:
                    run.job.cancel()

    def view(self, run: Run) -> RunView:
        """The run as it stands now."""
        with self._changed:
            now_s = self._clock()
            stages = tuple(
                _stage_view(name, stage, run, now_s) for name, stage in run.stages.items()
            )
            elapsed_s = (run.ended_s or now_s) - run.started_s if run.started_s else 0.0
            ahead = 0
            if run.state is RunState.WAITING:
                ahead = self._waiting.index(run)
                ahead += any(r.state is RunState.RUNNING for r in self._runs.values())
            return RunView(run.id, run.state, ahead, stages, elapsed_s, run.cancelling, run.error)

    def wait(self, run: Run, timeout_s: float | None = None) -> bool:
        """Wait for a run's end; whether it came."""
        with self._changed:
            return self._changed.wait_for(lambda: run.state.ended, timeout_s)

    def close(self, timeout_s: float = 10.0) -> None:
        """Cancel everything and wait for the worker to stop."""
        with self._changed:
            self._closed = True
            for run in list(self._runs.values()):
                self.cancel(run)
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _forget_old(self) -> None:
        ended = [r.id for r in self._runs.values() if r.state.ended]
        for run_id in ended[: max(0, len(ended) - self._keep)]:
            del self._runs[run_id]

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                run = self._waiting.popleft()
                run.state = RunState.RUNNING
                run.started_s = self._clock()
            self._do(run)

    def _do(self, run: Run) -> None:
        state, result, error = RunState.DONE, None, None
        try:
            job = self._new_job(lambda progress: self._note(run, progress))
            with self._changed:
                run.job = job
                if run.cancelling:  # asked for while the job was being made
                    job.cancel()
            result = run.work(job)
        except Cancelled:
            state = RunState.CANCELLED
        except StudioError as exc:
            state, error = RunState.FAILED, exc
        except Exception as exc:
            # Whatever it is, the queue goes on and the person is told.
            _LOG.exception("A run ended with an error that nobody foresaw")
            state = RunState.FAILED
            error = PageError("run.mistake", error=f"{type(exc).__name__}: {exc}")
        with self._changed:
            run.state, run.result, run.error = state, result, error
            run.ended_s = self._clock()
            run.job = None
            self._changed.notify_all()

    def _note(self, run: Run, progress: Progress) -> None:
        with self._changed:
            now_s = self._clock()
            stage = run.stages.get(progress.stage)
            again = progress.stage != run.stage
            run.stage = progress.stage
            if stage is None or again or progress.share < stage.progress.share:
                # Begun, or begun anew: for the next file, or for the next part of the stage.
                run.stages[progress.stage] = _Stage(progress, now_s, now_s)
            else:
                stage.progress, stage.last_s = progress, now_s


def _stage_view(name: str, stage: _Stage, run: Run, now_s: float) -> StageView:
    live = name == run.stage and run.state is RunState.RUNNING
    # Who has gone on to another stage is done with this one, reported or not.
    share = stage.progress.share if name == run.stage else 1.0
    elapsed_s = (now_s if live else stage.last_s) - stage.first_s
    remaining_s = None
    if live and elapsed_s >= _ESTIMATE_AFTER_S and share >= _ESTIMATE_AFTER_SHARE:
        # From the last report, so that the estimate counts down between two of them.
        until_report_s = stage.last_s - stage.first_s
        remaining_s = max(0.0, until_report_s / share - elapsed_s)
    return StageView(name, share, stage.progress.message, live, elapsed_s, remaining_s)
