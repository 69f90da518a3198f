"""Workers and the processes they start: what dies goes on, what hangs ends, nothing is left."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from studio.codec import to_json
from studio.jobs import alive, worker
from studio.jobs.queue import JobQueue
from studio.jobs.record import JobRequest, JobState, Limits, Priority
from studio.jobs.report import report_of
from studio.jobs.sweeping import half_written
from studio.jobs.worker import Worker
from studio.settings import Settings
from tests.jobs.small_pipelines import COMMAND, Options

ROOT = Path(__file__).resolve().parents[2]
#: A worker of its own process, for those that are killed.
WORK = """
import sys, threading
from pathlib import Path
from studio.jobs.worker import Worker
from studio.settings import Settings
from tests.jobs.small_pipelines import COMMAND
Worker(Path(sys.argv[1]), COMMAND, Settings(cache_dir=Path(sys.argv[2]))).run(threading.Event())
"""


@pytest.fixture
def queue(tmp_path):
    made = JobQueue.open(tmp_path / "jobs.db")
    yield made
    with made.database.reading() as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    made.close()
    until(lambda: not descendants(tmp_path), 5)
    assert half_written(tmp_path) == []


def descendants(folder):
    """Processes whose command or working folder speaks of a test's folder."""
    found = []
    for process in psutil.process_iter():
        try:
            said = " ".join([process.cwd(), *process.cmdline()])
            if str(folder) in said:
                found.append(said)
        except psutil.Error:
            continue
    return found


def ask(folder, *, priority=Priority.BATCH, sources=(), **options):
    (folder / "out").mkdir(exist_ok=True)
    chosen = Options(Path(options.pop("out", "out")), **options)
    return JobRequest("count", sources, to_json(chosen), "ada", priority, cwd=folder)


@contextmanager
def working(queue, limits=None, still_s=3600.0, command=COMMAND):
    stop = threading.Event()
    folder = queue.database.path.parent
    made = Worker(
        queue.database.path, command, Settings(cache_dir=folder / "cache"), limits, still_s
    )
    thread = threading.Thread(target=made.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def until(condition, limit_s=30.0):
    give_up = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def journal(folder):
    path = folder / "out" / "journal"
    return path.read_text().split() if path.exists() else []


def test_jobs_end_as_they_should(queue, tmp_path):
    """One worker, one after the other: done, mistaken, dying, lacking room or a folder."""
    names = ("", "mistake", "full", "dies")
    jobs = {
        name or "well": queue.submit(ask(tmp_path, out=f"out/{name}", trouble=name)).id
        for name in names
    }
    jobs["no folder"] = queue.submit(ask(tmp_path / "out", out="x")).id
    (tmp_path / "out" / "out").rmdir()
    with queue.database.writing() as db:
        db.execute(
            "UPDATE jobs SET request = replace(request, ?, ?) WHERE id = ?",
            (str(tmp_path / "out") + '"', str(tmp_path / "gone") + '"', jobs["no folder"]),
        )
    for name in names:
        (tmp_path / "out" / name).mkdir(exist_ok=True)
    with working(queue, Limits(crashes=2)):
        ends = {name: queue.wait(job_id, 60) for name, job_id in jobs.items()}
        said = {name: job.state.value for name, job in ends.items()}
        assert said == {
            "well": "done", "mistake": "failed", "full": "paused",
            "dies": "done", "no folder": "failed",
        }  # fmt: skip
        # What was mended goes on.
        (tmp_path / "out" / "full" / "room").touch()
        queue.resume(jobs["full"])
        assert queue.wait(jobs["full"], 60).state is JobState.DONE
    well = ends["well"]
    assert well.result.summary == "3 numbers"
    assert well.result.notes == ("counted",)
    assert all(Path(path).is_file() for path in well.result.files.values())
    assert [stage.name for stage in well.progress.stages] == ["count", "close"]
    assert 0 < well.ran_s < 60
    assert "verysecretvalue" not in str(ends["mistake"].error)
    assert "ZeroDivisionError" in ends["mistake"].error.trace
    assert ends["full"].error.hint == "Make room."
    assert (ends["dies"].attempts, ends["dies"].crashes) == (2, 1)
    assert any("SIGKILL" in line.text for line in queue.log(jobs["dies"]))
    assert "gone" in ends["no folder"].error.message
    for name in ("full", "dies"):  # each number once, whatever happened in between
        assert (tmp_path / "out" / name / "journal").read_text().split() == ["0", "1", "2"]
    report = report_of(queue, jobs["mistake"])
    assert "verysecretvalue" not in str(report)
    assert report["job"]["error"]["kind"] == "ZeroDivisionError"
    assert report["packages"]["numpy"]


def test_a_process_that_cannot_be_started_is_told(queue, tmp_path):
    job = queue.submit(ask(tmp_path))
    with working(queue, command=(str(tmp_path / "nothing"),)):
        ended = queue.wait(job.id, 30)
    assert (ended.state, ended.crashes) == (JobState.FAILED, 3)
    assert "could not be started" in ended.error.message


def test_asked_to_stop_it_stops_and_goes_on_later(queue, tmp_path):
    job = queue.submit(ask(tmp_path, upto=60, step_s=0.1))
    with working(queue):
        until(lambda: len(journal(tmp_path)) >= 2)
        queue.pause(job.id)
        until(lambda: queue.get(job.id).state is JobState.PAUSED)
        seen = len(journal(tmp_path))
        queue.resume(job.id)
        until(lambda: len(journal(tmp_path)) > seen)
    # The worker was told to leave: the job is queued again, not lost.
    assert queue.get(job.id).state is JobState.QUEUED
    with working(queue):
        until(lambda: queue.get(job.id).state is JobState.RUNNING)
        queue.cancel(job.id)
        assert queue.wait(job.id, 30).state is JobState.CANCELLED
    numbers = journal(tmp_path)
    assert numbers == [str(n) for n in range(len(numbers))]
    assert len(numbers) < 60


@pytest.mark.slow
def test_what_does_not_stop_or_move_is_ended(queue, tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "_GRACE_S", 0.5)
    deaf = queue.submit(ask(tmp_path, trouble="deaf"))
    with working(queue):
        until(lambda: "1" in journal(tmp_path))
        queue.cancel(deaf.id)
        assert queue.wait(deaf.id, 30).state is JobState.CANCELLED
    still = queue.submit(ask(tmp_path, trouble="deaf"))
    with working(queue, Limits(crashes=1), still_s=1.5):
        ended = queue.wait(still.id, 30)
    assert ended.state is JobState.FAILED
    assert "no step" in ended.error.message


@pytest.mark.slow
def test_a_preview_does_not_wait_for_a_render(queue, tmp_path, monkeypatch):
    render = queue.submit(ask(tmp_path, upto=60, step_s=0.1))
    with working(queue):
        until(lambda: journal(tmp_path))
        beside = queue.submit(ask(tmp_path, priority=Priority.INTERACTIVE, out="out/p"))
        assert queue.wait(beside.id, 30).state is JobState.DONE
        assert queue.get(render.id).attempts == 1  # memory for both: it went on meanwhile
        monkeypatch.setattr(worker, "_BESIDE_BYTES", 1 << 60)
        alone = queue.submit(ask(tmp_path, priority=Priority.INTERACTIVE, out="out/q"))
        assert queue.wait(alone.id, 30).state is JobState.DONE
        until(lambda: queue.get(render.id).attempts == 2)
        queue.cancel(render.id)
        queue.wait(render.id, 30)
    numbers = journal(tmp_path)
    assert numbers == [str(n) for n in range(len(numbers))]


@pytest.mark.parametrize("victim", ["worker", pytest.param("job", marks=pytest.mark.slow)])
def test_killed_it_goes_on_and_leaves_nothing(queue, tmp_path, victim):
    job = queue.submit(ask(tmp_path, upto=8, step_s=0.15))
    command = [sys.executable, "-c", WORK, queue.database.path, tmp_path / "cache"]
    first = subprocess.Popen([*map(str, command)], cwd=ROOT)
    until(lambda: len(journal(tmp_path)) >= 2)
    children = psutil.Process(first.pid).children(recursive=True)
    os.kill(first.pid if victim == "worker" else children[0].pid, signal.SIGKILL)
    if victim == "worker":
        first.wait()
        # Nobody is there to kill the job's process; it goes by itself.
        until(lambda: all(alive.born(child.pid) is None for child in children), 5)
        assert queue.get(job.id).state is JobState.RUNNING
        with working(queue):
            ended = queue.wait(job.id, 30)
    else:
        ended = queue.wait(job.id, 30)
        first.terminate()
        first.wait()
    assert (ended.state, ended.attempts) == (JobState.DONE, 2)
    assert journal(tmp_path) == [str(n) for n in range(8)]


@pytest.mark.slow
def test_a_locked_list_stops_neither_worker_nor_job(queue, tmp_path):
    import sqlite3

    job = queue.submit(ask(tmp_path, upto=6, step_s=0.1))
    with working(queue):
        until(lambda: journal(tmp_path))
        other = sqlite3.connect(queue.database.path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        until(lambda: len(journal(tmp_path)) == 6)
        time.sleep(0.5)
        other.execute("ROLLBACK")
        other.close()
        ended = queue.wait(job.id, 60)
    assert (ended.state, ended.attempts) == (JobState.DONE, 1)
