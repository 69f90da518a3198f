"""A job of a stranger's file sees its own folders and no network, and takes no more than it may."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time

import pytest

from studio.jobs import confinement
from studio.jobs.attempts import Attempts
from studio.jobs.confinement import index_of
from studio.jobs.queue import JobQueue
from studio.jobs.record import JobRequest, JobState, Limits, Priority
from studio.jobs.watching import Watch
from studio.jobs.worker import Worker
from studio.settings import Settings
from tests.jobs.greedy_pipelines import COMMAND


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDIO_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("STUDIO_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "footage").mkdir()
    (tmp_path / "footage" / "clip.txt").write_text("clip")
    (tmp_path / "data").mkdir()
    return tmp_path


#: What lies in the data folder and is another's, or nobody's but the studio's own.
_OTHERS = (
    "jobs.db", "library.db", "footage/abcd/film.mp4", "uploads/bob/token/film.mp4",
    "results/bob/film.mp4", "results/bob/projects/p/project.json", "search/index.db",
    "search-of/bob/index.db", "whatever-comes-to-be.txt",
)  # fmt: skip
#: What every job may see there, and in which ways.
_GIVEN = {
    "people/gallery.json": ("read", "spoil", "list"),
    "consents/consents.jsonl": ("read", "list"),
    "approvals/approvals.jsonl": ("read", "list"),
    "identity/chain.pem": ("read", "list"),
}


def _done(home, limits=None, **asked):
    queue = JobQueue.open(home / "data" / "jobs.db")
    source = str(home / "footage" / "clip.txt")
    options = {"out": str(home / "results"), **asked.pop("options", {})}
    job = queue.submit(JobRequest("greedy", (source,), options, **asked))
    worker = Worker(home / "data" / "jobs.db", COMMAND, Settings(), limits)
    worker.run(threading.Event(), until_idle=True)
    return queue.get(job.id)


@pytest.mark.skipif(bool(confinement.available()), reason=confinement.available() or "whole")
def test_locked_in_it_reaches_nothing_that_is_not_named(home):
    secret = home / "data" / "accounts.db"
    secret.write_text("secret")
    for name in (*_OTHERS, *_GIVEN):
        path = home / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.name != "jobs.db":  # that one is there, of itself
            path.write_text("of somebody")
    with socket.create_server(("127.0.0.1", 0)) as server:
        others = [str(home / "data" / name) for name in (*_OTHERS, *_GIVEN)]
        options = {"secret": str(secret), "port": server.getsockname()[1], "others": others}
        own = index_of("ada", Settings())
        (own / "x").parent.mkdir(parents=True)
        writes = (str(home / "results"), str(own))
        job = _done(home, options=options, owner="ada", reads=(), writes=writes)
        assert job.state is JobState.DONE, job.error
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()
    found = dict(note.split(": ", 1) for note in job.result.notes)
    had = {name for name, said in found.items() if said == "had"}
    given = {f"{act} {home / 'data' / name}" for name, acts in _GIVEN.items() for act in acts}
    assert had == {"source", "result", *given}
    assert all(said.startswith("refused") for name, said in found.items() if name not in had)
    assert len(found) == 12 + 3 * len(others)
    assert secret.read_text() == "secret"
    assert (home / "footage" / "clip.txt").read_text() == "clip"


def test_at_the_terminal_a_job_is_its_users_own(home):
    (home / "mine.txt").write_text("mine")
    job = _done(home, options={"secret": str(home / "mine.txt")})
    assert "secret: had" in job.result.notes


def test_without_the_kernels_lock_the_log_says_so(home, monkeypatch, caplog):
    from studio.jobs import execution
    from studio.jobs.job import Job
    from tests.jobs.greedy_pipelines import find

    monkeypatch.setattr(confinement, "_version", lambda: 0)
    # A job's process has a folder of its own for what it leaves; this process gets its own back.
    monkeypatch.setenv("TMPDIR", tempfile.gettempdir())
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())
    request = JobRequest("greedy", (str(home / "footage" / "clip.txt"),), {}, reads=())
    options = find("greedy").options(home / "results", secret=str(home / "x"))
    execution._run(find("greedy"), request, options, Job(Settings()))
    assert "Landlock is not there" in caplog.text


@pytest.mark.parametrize(
    ("kind", "limits", "said"),
    [
        ("memory", {"memory_bytes": 200 << 20}, "of memory"),
        ("files", {"made_files": 50}, "files one job may"),
        ("slow", {"attempt_s": 1.0}, "one try may"),
    ],
)
def test_what_takes_too_much_is_ended_and_not_tried_again(home, monkeypatch, kind, limits, said):
    monkeypatch.setattr("studio.jobs.watching._LOOK_AT_MEMORY_S", 0.1)
    monkeypatch.setattr("studio.jobs.watching._LOOK_AT_FILES_S", 0.1)
    begun = time.monotonic()
    job = _done(home, Limits(**limits), options={"kind": kind})
    assert (job.state, job.error.kind, job.attempts) == (JobState.FAILED, "TooMuch", 1)
    assert said in job.error.message and job.error.hint
    assert time.monotonic() - begun < 20


def test_nothing_is_too_much_of_a_usual_job(home):
    queue = JobQueue.open(home / "data" / "jobs.db")
    queue.submit(JobRequest("greedy", (), {"out": str(home)}))
    attempts = Attempts(queue.database)
    claim = attempts.claim(attempts.sign_on(), {Priority.BATCH})
    assert Watch(claim, Limits(), _files_at=0.0).over(os.getpid()) == ""
