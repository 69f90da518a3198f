"""One attempt of a job, in a process of its own.

The process is a child of a worker and ends with it: its standard input is a pipe that nobody
writes to, and when that closes the worker is gone, so the whole process group is killed. What was
finished lies in the chunks of the pipeline, from which the next attempt goes on.
"""

from __future__ import annotations

import errno
import faulthandler
import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from studio.archive.store import AnalysisStore, Part
from studio.codec import from_json
from studio.errors import Cancelled, JobsUnavailable, NoRoom, StudioError
from studio.jobs import alive, confinement
from studio.jobs.attempts import Attempts
from studio.jobs.database import Database
from studio.jobs.estimate import seconds_left
from studio.jobs.job import Job, Progress
from studio.jobs.queue import JobQueue
from studio.jobs.record import (
    JobFailure,
    JobProgress,
    JobRequest,
    JobResult,
    Limits,
    Priority,
    StageTime,
)
from studio.jobs.scrub import scrubbed
from studio.jobs.spans import JobSpans
from studio.jobs.warm import serve
from studio.models.pool import ModelPool
from studio.settings import Settings

T = TypeVar("T")
_LOG = logging.getLogger(__name__)

#: Ends of the process: all is written down, or the list of jobs could not be written.
WRITTEN, UNWRITTEN = 0, 75
#: How often an attempt says how far it is, and hears what it is asked.
_REPORT_S = 0.4
#: How long the end of an attempt tries to be written down.
_PATIENCE_S = 60.0
_LONGEST_SUMMARY = 8000
_LONGEST_FACT = 2000
_MOST_POOL_LINES = 64
#: What a person can mend without asking for anything else: room, or the right to write.
_MENDABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
_CHOSEN = ("device", "memory_budget_bytes")


@dataclass(frozen=True)
class Pipeline:
    """What can be a job.

    Attributes:
        name: of the pipeline.
        options: its Options class.
        run: does it.
        describe: the result as plain values.
        summarise: the result in words.
        before: has made what belongs to the machine, before the work is locked in.
    """

    name: str
    options: type
    run: Callable[[tuple[Path, ...], Any, Job], Any]
    describe: Callable[[Any], dict[str, Any]]
    summarise: Callable[[Any], str]
    before: Callable[[Settings], None] = lambda _: None


def execute(path: Path, job_id: str, find: Callable[[str], Pipeline]) -> int:
    """Do the job that this process was started for, and write down how it ended.

    Args:
        path: of the database.
        job_id: which job; the token of the attempt is in the environment.
        find: a pipeline by its name.

    Returns:
        The exit code of the process.
    """
    faulthandler.enable()
    threading.Thread(target=_end_with_worker, name="worker gone", daemon=True).start()
    _lower_limits()
    return _execute(patiently(lambda: Database.open(path)), job_id, os.environ[alive.MARK], find)


def execute_many(
    path: Path, find: Callable[[str], Pipeline], warm_up: Callable[[], None] = lambda: None
) -> None:
    """Do one attempt after the other, as the worker asks for them, in this process.

    Models that one attempt has loaded are there for the next; see :mod:`studio.jobs.warm`.

    Args:
        path: of the database.
        find: a pipeline by its name.
        warm_up: loads what most attempts need.
    """
    faulthandler.enable()
    _lower_limits()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    database = patiently(lambda: Database.open(path))
    pool = ModelPool(Settings())
    warm_up()
    serve(lambda job_id, token: _execute(database, job_id, token, find, pool), end_group)


def _execute(
    database: Database,
    job_id: str,
    token: str,
    find: Callable[[str], Pipeline],
    pool: ModelPool | None = None,
) -> int:
    queue, attempts = JobQueue(database), Attempts(database)
    if not patiently(lambda: attempts.held(job_id, token)):
        return WRITTEN  # given up for dead before it began
    request = patiently(lambda: queue.get(job_id)).request
    typical_s = patiently(lambda: queue.typical_s(request.pipeline))
    # The mark stays in the environment, so that what this process starts is known as its own.
    chosen = {name: request.settings.get(name) for name in _CHOSEN}
    settings = Settings().with_changes(**chosen)
    store = _CountingStore(settings.cache_dir / "analyses")
    teller = _Teller(attempts, job_id, token, settings, typical_s)
    job = Job(
        settings,
        None if any(chosen.values()) else pool,
        store=store,
        on_progress=teller.note,
        batch=request.priority is Priority.BATCH,
    )
    signal.signal(signal.SIGTERM, lambda *_: job.cancel())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the worker's to hear
    with teller.telling(job), teller.spans.job(request.pipeline, job_id):
        end = _attempt(request, find, job, store)
    teller.gather(job)
    try:
        patiently(lambda: _write_end(attempts, job_id, token, end, teller))
    except JobsUnavailable as error:
        print(f"the end could not be written: {error}", file=sys.stderr)
        return UNWRITTEN
    return WRITTEN


@dataclass(frozen=True)
class _End:
    """How an attempt ended; stopped where it is neither done nor failed."""

    result: JobResult | None = None
    failure: JobFailure | None = None
    mendable: bool = False


def _attempt(
    request: JobRequest, find: Callable[[str], Pipeline], job: Job, store: _CountingStore
) -> _End:
    try:
        try:
            os.chdir(request.cwd)
        except OSError as exc:
            raise StudioError(
                f"The folder the job was asked for in is gone: {request.cwd}: {exc.strerror}.",
                "Bring it back and resume the job, or ask for it anew.",
            ) from exc
        pipeline = find(request.pipeline)
        options: Any = from_json(pipeline.options, request.options)
        made = _run(pipeline, request, options, job)
        return _End(result=_result(pipeline, made, store))
    except Cancelled:
        return _End()
    except StudioError as exc:
        failure = JobFailure(type(exc).__name__, scrubbed(exc.message), scrubbed(exc.hint))
        return _End(failure=failure, mendable=_is_mendable(exc))
    except Exception as exc:
        # Whatever it is, it is written down and the queue goes on.
        trace = scrubbed(traceback.format_exc())[-_LONGEST_SUMMARY:]
        kind = type(exc).__name__
        said = scrubbed(f"{kind}: {exc}")[:2000]
        if isinstance(exc, MemoryError):
            hint = "Close other programs, or give the job less: --memory-budget"
            return _End(failure=JobFailure(kind, "The memory ran out.", hint, trace))
        hint = "This is a mistake of the studio: send the file of studio jobs report."
        failure = JobFailure(kind, said, "" if _is_mendable(exc) else hint, trace)
        return _End(failure=failure, mendable=_is_mendable(exc))


def _run(pipeline: Pipeline, request: JobRequest, options: Any, job: Job) -> Any:
    sources = tuple(Path(source) for source in request.sources)
    if request.reads is None:
        return pipeline.run(sources, options, job)
    if lacking := confinement.available():
        _LOG.warning("Not locked in, or only in part: %s.", lacking)
    pipeline.before(job.settings)
    reads = [*(p.absolute() for p in sources), *(request.cwd / path for path in request.reads)]
    writes = [request.cwd / path for path in request.writes]
    # The kernel holds it to these; where it cannot, what is read by name asks the job.
    job.may_read = tuple(path.resolve() for path in (*reads, *writes))
    return confinement.confined(
        lambda: pipeline.run(sources, options, job), reads, writes, job.settings
    )


def _write_end(attempts: Attempts, job_id: str, token: str, end: _End, teller: _Teller) -> None:
    more_s, lines = teller.take()
    if attempts.report(job_id, token, teller.progress(), more_s, teller.pool, lines) is None:
        return
    if end.result is not None:
        attempts.done(job_id, token, end.result)
    elif end.failure is not None:
        attempts.failed(job_id, token, end.failure, end.mendable)
    else:
        attempts.stopped(job_id, token)


def _result(pipeline: Pipeline, made: Any, store: _CountingStore) -> JobResult:
    plain = pipeline.describe(made)
    files = {name: str(Path(path).absolute()) for name, path in _files_in(plain)}
    measures: dict[str, float] = {"cache_hits": store.hits, "cache_misses": store.misses}
    notes = plain.get("notes") or [
        note for each in plain.get("versions", ()) for note in each.get("notes", ())
    ]
    return JobResult(
        files,
        pipeline.summarise(made)[:_LONGEST_SUMMARY],
        tuple(str(note) for note in notes),
        measures,
        _facts(plain),
    )


def _facts(plain: dict[str, Any]) -> dict[str, Any]:
    """What a description says in few words; plans and tables lie in the files."""
    return {
        name: value
        for name, value in plain.items()
        if name not in ("files", "notes") and len(json.dumps(value)) <= _LONGEST_FACT
    }


def _files_in(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every ``files`` of a description; those of the second version on get its number."""
    for name, path in (value.get("files") or {}).items():
        yield prefix + name, path
    for number, version in enumerate(value.get("versions") or (), start=1):
        yield from _files_in(version, f"{number}." if number > 1 else prefix)


def _is_mendable(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, NoRoom) or (isinstance(error, OSError) and error.errno in _MENDABLE):
            return True
        error = error.__cause__ or error.__context__
    return False


class _CountingStore(AnalysisStore):
    """A store that knows how often it had what was asked for."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.hits = self.misses = 0

    def get(
        self, cls: type[T], content_hash: str, part: str, made_by: dict[str, Any]
    ) -> Part[T] | None:
        found = super().get(cls, content_hash, part, made_by)
        if found is None:
            self.misses += 1
        else:
            self.hits += 1
        return found


class _Teller(logging.Handler):
    """Tells the database a few times a second how far the attempt is, and hears what is asked."""

    def __init__(
        self,
        attempts: Attempts,
        job_id: str,
        token: str,
        settings: Settings,
        typical_s: Mapping[str, float],
    ) -> None:
        super().__init__(logging.WARNING)
        self._attempts, self._job_id, self._token = attempts, job_id, token
        self._board_dir = settings.cache_dir / "pool"
        self._typical_s = typical_s
        self._begun_at = time.time()
        self._mutex = threading.Lock()
        self._stages: dict[str, list[Any]] = {}  # name: share, message, seconds
        self._now = ""
        self._since = self._told = time.monotonic()
        self._lines: list[str] = []
        self._over = threading.Event()
        self.pool: tuple[str, ...] = ()
        self.spans = JobSpans()

    def note(self, progress: Progress) -> None:
        """Take a step of the pipeline; from the thread that works."""
        if progress.stage != self._now:
            self.spans.stage(progress.stage)
        with self._mutex:
            self._spend()
            if progress.stage != self._now:
                self._lines.append(f"{progress.stage} {progress.message}".strip()[:300])
                # Begun again for the next file, it is the last stage once more.
                spent = self._stages.pop(progress.stage, [0.0, "", 0.0])[2]
                self._stages[progress.stage] = [0.0, "", spent]
                if self._now:
                    self._stages[self._now][0] = 1.0
                self._now = progress.stage
            self._stages[self._now][:2] = [progress.share, progress.message[:200]]

    def emit(self, record: logging.LogRecord) -> None:
        """Take a warning of a library into the job's log."""
        with suppress(Exception):
            line = f"{record.levelname.lower()}: {record.name}: {record.getMessage()}"
            with self._mutex:
                self._lines = [*self._lines[-200:], line[:1000]]

    def _spend(self) -> None:
        now = time.monotonic()
        if self._now:
            self._stages[self._now][2] += now - self._since
        self._since = now

    def progress(self) -> JobProgress:
        """So far."""
        with self._mutex:
            self._spend()
            stages = tuple(
                StageTime(name, share, scrubbed(message), round(seconds, 3))
                for name, (share, message, seconds) in self._stages.items()
            )
        left_s = seconds_left(stages, self._typical_s)
        return JobProgress(stages, None if left_s is None else round(left_s, 1))

    def take(self) -> tuple[float, list[str]]:
        """Seconds and lines since the last time."""
        with self._mutex:
            now = time.monotonic()
            spent, self._told = now - self._told, now
            lines, self._lines = self._lines, []
            return spent, [scrubbed(line) for line in lines]

    def gather(self, job: Job) -> None:
        """Take over what the pool decided, if it was used at all."""
        # Asking a pool that nothing was leased from would look for devices.
        if list(self._board_dir.glob(f"{os.getpid()}-*.json")):
            # The pool may have served other attempts before this one.
            records = [record for record in job.pool.records if record.at_s >= self._begun_at]
            texts = [scrubbed(record.text) for record in records]
            self.pool = tuple(texts[-_MOST_POOL_LINES:])

    @contextmanager
    def telling(self, job: Job) -> Iterator[None]:
        """Do so while the body runs."""
        logging.getLogger().addHandler(self)
        thread = threading.Thread(target=self._tell, args=(job,), name="teller", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            logging.getLogger().removeHandler(self)

    def _tell(self, job: Job) -> None:
        gathered = time.monotonic()
        while not self._over.wait(_REPORT_S):
            if time.monotonic() - gathered > 2:
                gathered = time.monotonic()
                self.gather(job)
            more_s, lines = self.take()
            try:
                wish = self._attempts.report(
                    self._job_id, self._token, self.progress(), more_s, self.pool, lines
                )
            except JobsUnavailable:
                with self._mutex:  # the next time says it; the work itself goes on
                    self._told -= more_s
                    self._lines = [*lines, *self._lines][-200:]
                continue
            if wish is None:
                end_group()  # somebody else may have the job by now
            elif wish:
                job.cancel()


def patiently(act: Callable[[], T], limit_s: float = _PATIENCE_S) -> T:
    """Do something with the database, again and again while it cannot be used.

    Raises:
        JobsUnavailable: it still could not after so many seconds.
    """
    until, pause_s = time.monotonic() + limit_s, 0.05
    while True:
        try:
            return act()
        except JobsUnavailable:
            if time.monotonic() + pause_s > until:
                raise
        time.sleep(pause_s)
        pause_s = min(pause_s * 2, 2.0)


def end_group() -> None:
    """Kill this process and all it started."""
    if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _end_with_worker() -> None:
    with suppress(OSError, ValueError):
        while sys.stdin.buffer.read(1):
            pass
    end_group()


def _lower_limits() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # gigabytes that nobody reads
        # No single file can grow beyond what a job may write, however fast it is written.
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        made = Limits().made_bytes
        resource.setrlimit(resource.RLIMIT_FSIZE, (made if most < 0 else min(made, most), most))
