"""The queue as HTML: what goes on, what waits, what was; each with what may be done about it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape
from pathlib import Path

from studio.jobs.record import JobRecord, JobState, LogLine, Priority
from ui.web.messages import Say, ToldError
from ui.web.panels import problem

#: What may be done in which state, in the order of the buttons.
_ACTS: dict[JobState, tuple[str, ...]] = {
    JobState.RUNNING: ("pause", "cancel"),
    JobState.QUEUED: ("first", "earlier", "later", "pause", "cancel"),
    JobState.PAUSED: ("resume", "cancel"),
    JobState.CANCELLING: (),
    JobState.DONE: (),
    JobState.FAILED: ("retry",),
    JobState.CANCELLED: ("resume",),
}
_LOG_LINES, _POOL_LINES = 40, 12


def order(job: JobRecord) -> tuple[int, int]:
    """At work, queued in their order, paused, ended with the last first."""
    if job.state.at_work:
        return 0, job.number
    if job.ahead is not None:
        return 1, job.ahead
    return (3, -job.number) if job.state.ended else (2, job.number)


def jobs(
    say: Say,
    shown: Sequence[JobRecord],
    opened: str,
    log: Sequence[LogLine],
    *,
    workers: int,
    notes: Sequence[str] = (),
) -> str:
    """The list.

    Args:
        say: the language.
        shown: in order.
        opened: id of the job whose log is shown, or "".
        log: its lines.
        workers: how many processes do jobs.
        notes: of the list itself.
    """
    said = "".join(f'<p class="st-outdated" lang="en">{escape(note)}</p>' for note in notes)
    if not workers and any(not job.state.ended for job in shown):
        said += f'<p class="st-outdated">{escape(say("jobs.nobody"))}</p>'
    if not shown:
        return (
            f'{said}<div class="st-welcome"><h2>{escape(say("jobs.none.title"))}</h2>'
            f"<p>{escape(say('jobs.none.text'))}</p></div>"
        )
    rows = "".join(_job(say, job, opened == job.id, log) for job in shown)
    return f'{said}<ol class="st-jobs" aria-label="{escape(say("jobs.tab"))}">{rows}</ol>'


def _job(say: Say, job: JobRecord, is_open: bool, log: Sequence[LogLine]) -> str:
    share, stage = _progress(job)
    acts = "".join(
        f'<button type="button" data-job="{job.id}" data-act="{act}"'
        f' aria-label="{escape(say(f"jobs.{act}"))}: {job.number}">'
        f"{escape(say(f'jobs.{act}'))}</button>"
        for act in _ACTS[job.state]
    )
    bar = ""
    if job.state.at_work:
        bar = (
            f'<span class="st-track" role="progressbar" aria-label="{escape(stage)}"'
            f' aria-valuemin="0" aria-valuemax="100" aria-valuenow="{round(100 * share)}">'
            f'<i style="width:{round(100 * share)}%"></i></span>'
        )
    failure = ""
    if job.error is not None and job.state in (JobState.FAILED, JobState.PAUSED):
        told = ToldError(job.error.kind, job.error.message, job.error.hint)
        failure = problem(say, told)
    more = _opened(say, job, log) if is_open else ""
    state = "stopping" if job.wish else str(job.state)
    return (
        f'<li class="st-job" data-state="{job.state}"><div class="st-job-head">'
        f"<b>#{job.number} {escape(title(say, job))}</b>"
        f'<span class="st-state">{escape(say(f"job.state.{state}"))}</span></div>'
        f'<p class="st-status">{escape(_status(say, job, stage, share))}</p>{bar}{failure}'
        f'<div class="st-job-acts">{acts}<button type="button" data-job="{job.id}"'
        f' data-act="open" aria-expanded="{"true" if is_open else "false"}">'
        f"{escape(say('jobs.open'))}</button></div>{more}</li>"
    )


def title(say: Say, job: JobRecord) -> str:
    """What a job does, and to what."""
    name = job.request.pipeline
    if name == "desk":
        name = f"desk.{job.request.options.get('act')}"
    said = say(f"job.{name}") if say.has(f"job.{name}") else name
    files = [Path(source).name for source in job.request.sources]
    return said + (f": {files[0]}" if files else "") + (f" +{len(files) - 1}" if files[1:] else "")


def _progress(job: JobRecord) -> tuple[float, str]:
    if not job.progress.stages:
        return 0.0, ""
    stage = job.progress.stages[-1]
    return stage.share, stage.name


def _status(say: Say, job: JobRecord, stage: str, share: float) -> str:
    parts = []
    if job.state.at_work and stage:
        known = say(f"stage.{stage}") if say.has(f"stage.{stage}") else stage
        parts.append(f"{known} {share:.0%}")
        if job.progress.left_s is not None:
            parts.append(say("run.remaining", remaining=say.about(job.progress.left_s)))
    elif job.ahead is not None:
        parts.append(say("jobs.ahead", n=job.ahead) if job.ahead else say("run.next"))
    if job.request.priority is Priority.INTERACTIVE and not job.state.ended:
        parts.append(say("jobs.interactive"))
    if job.ran_s:
        took = "run.elapsed" if job.state.at_work else "jobs.took"
        parts.append(say(took, elapsed=say.duration(job.ran_s)))
    if job.attempts > 1:
        parts.append(say("jobs.attempts", n=job.attempts))
    if job.ended_at:
        parts.append(time.strftime("%m-%d %H:%M", time.localtime(job.ended_at)))
    return " · ".join(parts)


def _opened(say: Say, job: JobRecord, log: Sequence[LogLine]) -> str:
    """The log, what the pool decided, files and notes; in the engine's own words."""
    lines = "".join(
        f"<li><time>{time.strftime('%H:%M:%S', time.localtime(line.at))}</time> "
        f"{escape(line.text)}</li>"
        for line in log[-_LOG_LINES:]
    )
    parts = [f'<h3>{escape(say("jobs.log"))}</h3><ul class="st-log" lang="en">{lines}</ul>']
    if job.pool:
        rows = "".join(f"<li>{escape(text)}</li>" for text in job.pool[-_POOL_LINES:])
        parts.append(f'<h3>{escape(say("jobs.pool"))}</h3><ul class="st-log" lang="en">{rows}</ul>')
    if job.result is not None and job.result.files:
        rows = "".join(
            f"<li><b>{escape(name)}</b> <code>{escape(path)}</code></li>"
            for name, path in list(job.result.files.items())[:20]
        )
        parts.append(f'<h3>{escape(say("jobs.files"))}</h3><ul class="st-log">{rows}</ul>')
    parts.append(
        f'<p class="st-folder">{escape(say("jobs.report"))}'
        f" <code>studio jobs report {job.number}</code></p>"
    )
    return f'<div class="st-opened">{"".join(parts)}</div>'
