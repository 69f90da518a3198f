"""``studio jobs …``: work that goes on when the terminal or the page is closed."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.command import AsJson, emit, settings_of

if TYPE_CHECKING:
    from studio.jobs.queue import JobQueue
    from studio.jobs.record import JobRecord

jobs_app = typer.Typer(
    no_args_is_help=True,
    help="Jobs that outlive terminal, page and crash: studio jobs submit -- stylize FILM …",
)

Which = Annotated[
    str, typer.Argument(metavar="JOB", help="Its number, or the beginning of its id.")
]


@jobs_app.command("submit")
def submit(
    words: Annotated[
        list[str],
        typer.Argument(metavar="-- COMMAND...", help="Any command of the studio, after --."),
    ],
    interactive: Annotated[
        bool,
        typer.Option(
            "--interactive", help="Somebody waits for it: before batch jobs, as previews go."
        ),
    ] = False,
    owner: Annotated[str, typer.Option(help="Whose job it is; owners take turns.")] = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be queued.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a command into the queue instead of doing it now; prints the job's number.

    A worker does it: the page, or studio jobs work.
    """
    from studio.codec import to_json
    from studio.errors import NoSuchMedia
    from ui.submitting import request_of

    request = request_of(words, owner=owner, interactive=interactive)
    for source in request.sources:
        if not Path(source).exists():
            raise NoSuchMedia(f"There is no {source}.", "Give the path of a file that is there.")
    if dry_run:
        asked = to_json(request)
        emit(as_json, asked, lambda: print(json.dumps(asked, ensure_ascii=False, indent=1)))
        return
    job = _queue().submit(request)
    ahead = f"; {job.ahead} before it" if job.ahead else ""
    emit(as_json, _plain(job), lambda: print(f"job {job.number} ({job.id}) is queued{ahead}"))


@jobs_app.command("list")
def list_jobs(
    all_jobs: Annotated[bool, typer.Option("--all", help="The ended ones too.")] = False,
    owner: Annotated[str, typer.Option(help="Only of this owner.")] = "",
    as_json: AsJson = False,
) -> None:
    """The jobs and how they stand: those at work, then those that wait, then the last ended."""
    from studio.jobs.attempts import Attempts

    queue = _queue()
    workers = Attempts(queue.database).workers()
    jobs = sorted(queue.jobs(owner or None), key=_order)
    ended = [job for job in jobs if job.state.ended]
    shown = jobs if all_jobs else [job for job in jobs if not job.state.ended] + ended[:10]

    def show() -> None:
        for note in queue.notes:
            print(f"note: {note}")
        for job in shown:
            print(_line(job))
        if not shown:
            print("No jobs: studio jobs submit -- stylize FILM --look starry")
        elif len(shown) < len(jobs):
            print(f"and {len(jobs) - len(shown)} more: --all")
        if not workers and any(job.ahead is not None or job.state.at_work for job in jobs):
            print("Nobody does them now: studio jobs work, or open the page")

    data = {
        "jobs": [_plain(job) for job in shown],
        "workers": workers,
        "notes": list(queue.notes),
    }
    emit(as_json, data, show)


@jobs_app.command("show")
def show_job(which: Which, as_json: AsJson = False) -> None:
    """All of one job: what was asked for, how far it is, its log, its files, its error."""
    queue = _queue()
    job = queue.get(queue.find(which))
    log = queue.log(job.id)

    def show() -> None:
        print(_line(job))
        print(f"  id {job.id}, owner {job.request.owner}, {job.request.priority}")
        print(f"  {job.request.pipeline} {' '.join(job.request.sources)}")
        print(f"  begun {job.attempts} times, {job.ran_s:.1f} s at work")
        for stage in job.progress.stages:
            print(
                f"  {stage.name:<10} {stage.share:>4.0%} {stage.seconds:>7.1f} s  {stage.message}"
            )
        if job.error is not None:
            print(f"  {job.error.kind}: {job.error.message}\n    {job.error.hint}".rstrip())
        if job.result is not None:
            for name, path in job.result.files.items():
                print(f"  {name:<12} {path}")
            for note in job.result.notes:
                print(f"  note: {note}")
        for text in job.pool[-8:]:
            print(f"  pool: {text}")
        for line in log[-20:]:
            print(f"  {time.strftime('%H:%M:%S', time.localtime(line.at))} {line.text}")

    data = _plain(job) | {"log": [{"at": line.at, "text": line.text} for line in log]}
    emit(as_json, data, show)


@jobs_app.command("cancel")
def cancel(which: Which, as_json: AsJson = False) -> None:
    """End a job: at once where it waits, at its next step where it works."""
    _act(which, as_json, lambda queue, job_id: queue.cancel(job_id))


@jobs_app.command("pause")
def pause(which: Which, as_json: AsJson = False) -> None:
    """Hold a job back; one at work stops at its next step and keeps what it has."""
    _act(which, as_json, lambda queue, job_id: queue.pause(job_id))


@jobs_app.command("resume")
def resume(which: Which, as_json: AsJson = False) -> None:
    """Let a job go on that is paused, failed or cancelled; what is finished is not made again."""
    _act(which, as_json, lambda queue, job_id: queue.resume(job_id))


@jobs_app.command("retry")
def retry(which: Which, as_json: AsJson = False) -> None:
    """Try a job again that failed or was cancelled."""
    _act(which, as_json, lambda queue, job_id: queue.retry(job_id))


@jobs_app.command("move")
def move(
    which: Which,
    ahead: Annotated[int, typer.Option(help="How many of the owner's jobs go before it.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Put a queued job elsewhere among its owner's; to the front where nothing else is said."""
    _act(which, as_json, lambda queue, job_id: queue.move(job_id, ahead))


@jobs_app.command("report")
def report(
    which: Which,
    out: Annotated[Path | None, typer.Option(help="File to write it to; printed.")] = None,
    as_json: AsJson = False,
) -> None:
    """One JSON file that says all of a job, to send with a bug; no secret is in it."""
    from studio.jobs.report import report_of
    from studio.media.writer import write_beside

    queue = _queue()
    data = report_of(queue, queue.find(which))
    text = json.dumps(data, ensure_ascii=False, indent=1)
    if out is not None:
        with write_beside(out) as beside:
            beside.write_text(text, encoding="utf-8")
    emit(as_json, data, lambda: print(out if out is not None else text))


@jobs_app.command("work")
def work(
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End when nothing waits any more.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Do the jobs of the queue here until Ctrl-C; what is at work then is queued again."""
    from pipelines.registry import COMMAND
    from studio.jobs.queue import jobs_path
    from studio.jobs.worker import Worker

    settings = settings_of()
    stop = threading.Event()
    before = {s: signal.signal(s, lambda *_: stop.set()) for s in (signal.SIGINT, signal.SIGTERM)}
    print("doing the jobs of the queue; Ctrl-C stops", file=sys.stderr)
    try:
        Worker(jobs_path(settings), COMMAND, settings).run(stop, until_idle)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    counts = {state.value: number for state, number in _queue().counts().items()}
    said = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    emit(as_json, {"jobs": counts}, lambda: print(said or "no jobs"))


@jobs_app.command("metrics")
def metrics(as_json: AsJson = False) -> None:
    """Jobs by state, seconds by stage, pool bytes and cache hits, in Prometheus' text form."""
    from studio.jobs.metrics import prometheus_text
    from studio.models.records import StatusBoard

    queue = _queue()
    pools = StatusBoard(settings_of().cache_dir / "pool").read()
    text = prometheus_text(queue.counts(), queue.jobs(limit=1000), pools)
    emit(as_json, {"metrics": text}, lambda: print(text, end=""))


def _queue() -> JobQueue:
    from studio.jobs.queue import JobQueue, jobs_path

    return JobQueue.open(jobs_path(settings_of()))


def _act(which: str, as_json: bool, act: Callable[[JobQueue, str], JobRecord]) -> None:
    queue = _queue()
    job = act(queue, queue.find(which))
    emit(as_json, _plain(job), lambda: print(_line(job)))


def _plain(job: JobRecord) -> dict[str, Any]:
    from studio.jobs.report import describe_job

    return describe_job(job)


def _order(job: JobRecord) -> tuple[int, int]:
    """At work, queued in their order, paused, ended with the last first."""
    if job.state.at_work:
        return 0, job.number
    if job.ahead is not None:
        return 1, job.ahead
    return (3, -job.number) if job.state.ended else (2, job.number)


def _line(job: JobRecord) -> str:
    from studio.jobs.record import JobState

    name = Path(job.request.sources[0]).name if job.request.sources else ""
    said = f"{job.number:>4}  {job.state:<10} {job.request.pipeline:<10} {name}"
    if job.wish in ("pause", "yield"):
        said += "  (stopping)"
    if job.state.at_work and job.progress.stages:
        stage = job.progress.stages[-1]
        said += f"  {stage.name} {stage.share:.0%}"
        if job.progress.left_s is not None:
            said += f", about {job.progress.left_s:.0f} s left"
    if job.ahead:
        said += f"  {job.ahead} before it"
    if job.error is not None and job.state in (JobState.FAILED, JobState.PAUSED):
        said += f"  {job.error.message}"
    return said
