"""The list of jobs: guarded states, owners, limits, a clock that jumps, files old and new."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from studio.errors import Busy, JobsUnavailable, RequestError, UnknownJob
from studio.jobs import alive
from studio.jobs.attempts import Attempts
from studio.jobs.database import STEPS, VERSION, Database
from studio.jobs.queue import JobQueue
from studio.jobs.record import (
    JobFailure,
    JobProgress,
    JobRequest,
    JobResult,
    JobState,
    Limits,
    Priority,
    StageTime,
)
from studio.jobs.report import report_of

BOTH = tuple(Priority)
FAILURE = JobFailure("ProcessDied", "Its process was killed (SIGKILL)")


def ask(owner="ada", priority=Priority.BATCH, **options):
    return JobRequest("count", ("a.mp4",), {"out": "o", **options}, owner, priority)


@pytest.fixture
def queue(tmp_path):
    made = JobQueue.open(tmp_path / "jobs.db", Limits(waiting=6, waiting_per_owner=4))
    yield made
    with made.database.reading() as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    made.close()


@pytest.fixture
def attempts(queue):
    return Attempts(queue.database, Limits(batch_at_once=9, interactive_at_once=9))


@pytest.fixture
def worker(attempts):
    return attempts.sign_on()


def test_a_job_from_wish_to_result(queue, attempts, worker):
    asked = ask(style="별이")
    job = queue.submit(asked)
    assert (job.number, job.state, job.ahead) == (1, JobState.QUEUED, 0)
    assert job.request == asked
    claim = attempts.claim(worker, BOTH)
    assert claim.request == asked
    assert attempts.claim(worker, BOTH) is None
    progress = JobProgress((StageTime("draw", 0.5, "half", 2.0),), 2.0)
    assert attempts.report(job.id, claim.token, progress, 2.0, ["loaded x"], ["draw half"]) == ""
    seen = queue.get(job.id)
    assert (seen.state, seen.progress, seen.ran_s) == (JobState.RUNNING, progress, 2.0)
    result = JobResult({"film": "/o/film.mp4"}, "a film", ("a note",), {"cache_hits": 1.0})
    assert attempts.done(job.id, claim.token, result)
    seen = queue.get(job.id)
    assert (seen.state, seen.result, seen.pool) == (JobState.DONE, result, ("loaded x",))
    assert [line.text for line in queue.log(job.id)] == [
        "queued", "begun, attempt 1", "draw half", "done",
    ]  # fmt: skip
    assert queue.typical_s("count") == {"draw": 2.0}
    assert queue.counts()[JobState.DONE] == 1


def test_who_lost_the_token_writes_nothing(queue, attempts, worker):
    job = queue.submit(ask())
    old = attempts.claim(worker, BOTH)
    assert attempts.vanished(job.id, old.token, FAILURE, counted=False) is JobState.QUEUED
    new = attempts.claim(worker, BOTH)
    assert attempts.report(job.id, old.token, JobProgress(), 5.0) is None
    assert not attempts.done(job.id, old.token, JobResult({"film": "wrong"}))
    assert not attempts.failed(job.id, old.token, FAILURE, mendable=False)
    assert not attempts.stopped(job.id, old.token)
    assert attempts.vanished(job.id, old.token, FAILURE, counted=True) is None
    seen = queue.get(job.id)
    assert (seen.state, seen.ran_s, seen.crashes, seen.result) == (JobState.RUNNING, 0, 0, None)
    assert attempts.done(job.id, new.token, JobResult({}))
    assert attempts.vanished(job.id, new.token, FAILURE, counted=True) is None
    assert queue.get(job.id).state is JobState.DONE


#: What is done to a job in each state, and what it is then; None where that is refused.
AFTER = {
    "queued": {"cancel": "cancelled", "pause": "paused", "resume": "queued", "retry": None},
    "running": {"cancel": "cancelling", "pause": "running", "resume": "running", "retry": None},
    "paused": {"cancel": "cancelled", "pause": "paused", "resume": "queued", "retry": None},
    "cancelling": {"cancel": "cancelling", "pause": None, "resume": None, "retry": None},
    "done": {"cancel": "done", "pause": None, "resume": None, "retry": None},
    "failed": {"cancel": "failed", "pause": None, "resume": "queued", "retry": "queued"},
    "cancelled": {"cancel": "cancelled", "pause": None, "resume": "queued", "retry": "queued"},
}


def brought_to(state, queue, attempts, worker):
    job = queue.submit(ask())
    if state in ("queued", "paused", "cancelled"):
        {"paused": queue.pause, "cancelled": queue.cancel}.get(state, queue.get)(job.id)
        return job.id
    claim = attempts.claim(worker, BOTH)
    if state == "cancelling":
        queue.cancel(job.id)
    elif state == "done":
        attempts.done(job.id, claim.token, JobResult({}))
    elif state == "failed":
        attempts.failed(job.id, claim.token, FAILURE, mendable=False)
    return job.id


@pytest.mark.parametrize("state", AFTER)
def test_every_wish_in_every_state(state, queue, attempts, worker):
    for act, after in AFTER[state].items():
        job_id = brought_to(state, queue, attempts, worker)
        assert queue.get(job_id).state == state
        if after is None:
            with pytest.raises(RequestError, match=state):
                getattr(queue, act)(job_id)
            assert queue.get(job_id).state == state
        else:
            assert getattr(queue, act)(job_id).state == after
        with queue.database.writing() as db:
            db.execute("DELETE FROM jobs")


def test_what_is_asked_of_a_job_at_work_decides_where_it_goes(queue, attempts, worker):
    for act, wish, after in (
        (queue.cancel, "cancel", JobState.CANCELLED),
        (queue.pause, "pause", JobState.PAUSED),
        (None, "yield", JobState.QUEUED),
    ):
        job = queue.submit(ask())
        claim = attempts.claim(worker, BOTH)
        if act is not None:
            act(job.id)
        attempts.ask(job.id, claim.token, "yield")  # the owner's wish goes before
        assert attempts.report(job.id, claim.token, JobProgress(), 0.1) == wish
        assert attempts.stopped(job.id, claim.token)
        assert queue.get(job.id).state is after
        queue.cancel(job.id)
    job = queue.submit(ask())  # cancelled too late: what is made is made
    claim = attempts.claim(worker, BOTH)
    queue.cancel(job.id)
    assert attempts.done(job.id, claim.token, JobResult({}))
    assert queue.get(job.id).state is JobState.DONE


def test_a_job_that_dies_too_often_is_given_up_with_the_reason(queue, attempts, worker):
    job = queue.submit(ask())
    for state in (JobState.QUEUED, JobState.QUEUED, JobState.FAILED):
        claim = attempts.claim(worker, BOTH)
        assert attempts.vanished(job.id, claim.token, FAILURE, counted=True) is state
    assert "SIGKILL" in queue.get(job.id).error.message
    queue.resume(job.id)  # asked for again, it has all its tries
    for _ in range(19):
        claim = attempts.claim(worker, BOTH)
        assert attempts.vanished(job.id, claim.token, FAILURE, counted=False) is JobState.QUEUED
    claim = attempts.claim(worker, BOTH)
    assert attempts.vanished(job.id, claim.token, FAILURE, counted=False) is JobState.FAILED
    assert "20" in queue.get(job.id).error.message


def test_no_room_is_a_pause_with_its_reason(queue, attempts, worker):
    job = queue.submit(ask())
    claim = attempts.claim(worker, BOTH)
    attempts.failed(job.id, claim.token, JobFailure("EncodeFailed", "full", "room"), mendable=True)
    seen = queue.get(job.id)
    assert (seen.state, seen.error.hint) == (JobState.PAUSED, "room")
    assert queue.resume(job.id).state is JobState.QUEUED
    attempts.claim(worker, BOTH)
    assert queue.get(job.id).error is None


def test_busy_says_the_position_and_leaves_nothing(queue):
    for _ in range(4):
        queue.submit(ask("ada"))
    with pytest.raises(Busy, match="number 5, and 4 may") as own:
        queue.submit(ask("ada"))
    assert own.value.waiting == 4
    queue.submit(ask("bob"))
    queue.submit(ask("bob"))
    with pytest.raises(Busy, match="6 jobs wait; yours would be number 7"):
        queue.submit(ask("eve"))
    assert len(queue.jobs()) == 6


def test_owners_do_not_see_or_touch_one_another(queue):
    job = queue.submit(ask("ada"))
    for act in (queue.get, queue.log, queue.cancel, queue.pause, queue.resume, queue.retry):
        with pytest.raises(UnknownJob) as others:
            act(job.id, "bob")
        with pytest.raises(UnknownJob) as none:
            act("0" * 16, "bob")
        assert str(others.value).replace(job.id, "0" * 16) == str(none.value)
    with pytest.raises(UnknownJob):
        queue.move(job.id, 0, "bob")
    with pytest.raises(UnknownJob):
        report_of(queue, job.id, "bob")
    for text in (job.id, str(job.number), job.id[:6]):
        with pytest.raises(UnknownJob):
            queue.find(text, "bob")
        assert queue.find(text, "ada") == queue.find(text) == job.id
    with queue.database.writing() as db:
        db.execute("UPDATE jobs SET id = '1234567890123456'")
    assert queue.find("12345") == "1234567890123456"  # all digits, and still no number
    job = queue.get("1234567890123456")
    assert queue.jobs("bob") == []
    assert queue.get(job.id, "ada") == job


def test_jobs_are_moved_among_their_owners_own(queue):
    first, second, third = (queue.submit(ask("ada")).id for _ in range(3))
    other = queue.submit(ask("bob")).id
    queue.move(third, 0)
    order = sorted(queue.jobs(), key=lambda job: job.ahead)
    assert [job.id for job in order] == [third, other, first, second]
    queue.move(third, 99)
    order = sorted(queue.jobs("ada"), key=lambda job: job.ahead)
    assert [job.id for job in order] == [first, second, third]


def test_who_waits_is_told_for_how_many(queue, attempts, worker):
    def ahead():
        return {job.id: job.ahead for job in queue.jobs()}

    first, second, third = (queue.submit(ask(owner)).id for owner in ("ada", "bob", "bob"))
    assert ahead() == {first: 0, second: 1, third: 2}
    claim = attempts.claim(worker, BOTH)
    assert claim.job_id == first
    # The one at work is ahead of whoever waits behind it, also while it is being cancelled.
    assert ahead() == {first: None, second: 1, third: 2}
    queue.cancel(first)
    assert queue.get(second, "bob").ahead == 1
    # A preview begins beside a render: it does not wait for that one, but for another preview.
    preview, another = (queue.submit(ask(who, Priority.INTERACTIVE)).id for who in ("eve", "bob"))
    assert attempts.claim(worker, {Priority.INTERACTIVE}).job_id == preview
    assert ahead() == {first: None, second: 1, third: 2, preview: None, another: 1}
    attempts.stopped(first, claim.token)
    # What alone is at work is what holds a first one up.
    assert ahead() == {first: None, second: 1, third: 2, preview: None, another: 1}


def test_old_jobs_are_forgotten_those_that_wait_never(tmp_path):
    queue = JobQueue.open(tmp_path / "jobs.db", Limits(kept=3, log_lines=5))
    stays = queue.submit(ask())
    for _ in range(10):
        queue.cancel(queue.submit(ask()).id)
    assert len(queue.jobs()) <= 5
    attempts = Attempts(queue.database, queue.limits)
    claim = attempts.claim(attempts.sign_on(), BOTH)
    assert claim.job_id == stays.id
    for n in range(40):
        attempts.report(stays.id, claim.token, JobProgress(), 0.0, (), [f"line {n}"])
    assert [line.text for line in queue.log(stays.id)] == [f"line {n}" for n in range(35, 40)]
    with queue.database.reading() as db:  # no line of a forgotten job
        assert db.execute("SELECT count(*) FROM log").fetchone()[0] <= 5 + 2 * 4


def test_a_clock_that_jumps_breaks_nothing(queue, attempts, monkeypatch):
    real = time.time()
    worker = attempts.sign_on()
    ids = []
    for jump_s in (0, -10 * 365 * 86400, 86400 * 400, -5):
        monkeypatch.setattr(time, "time", lambda jump_s=jump_s: real + jump_s)
        ids.append(queue.submit(ask()).id)
        attempts.beat(worker)
        assert attempts.lost() == []
    taken = []
    for jump_s in (86400 * 9, -86400 * 9, 0, 3):
        monkeypatch.setattr(time, "time", lambda jump_s=jump_s: real + jump_s)
        claim = attempts.claim(worker, BOTH)
        taken.append(claim.job_id)
        assert attempts.lost() == []  # our process runs, whatever the clock says
        assert attempts.report(claim.job_id, claim.token, JobProgress(), 1.5) == ""
        attempts.done(claim.job_id, claim.token, JobResult({}))
    assert taken == ids
    assert all(job.ran_s == 1.5 for job in queue.jobs())


def test_jobs_of_a_worker_that_is_gone_are_found(queue, attempts):
    script = (
        "import sys; from pathlib import Path; from studio.jobs.attempts import Attempts\n"
        "from studio.jobs.database import Database; from studio.jobs.record import Priority\n"
        "a = Attempts(Database.open(Path(sys.argv[1])))\n"
        "print(a.claim(a.sign_on(), tuple(Priority)).job_id)"
    )
    job = queue.submit(ask())
    path = str(queue.database.path)
    subprocess.run([sys.executable, "-c", script, path], check=True, capture_output=True)
    assert queue.get(job.id).state is JobState.RUNNING
    (lost,) = attempts.lost()
    assert lost.job_id == job.id
    with queue.database.writing() as db:  # on another machine nobody can look for the process
        db.execute("UPDATE workers SET machine = 'elsewhere'")
    assert attempts.lost() == []


def test_a_process_is_told_from_a_later_one_of_its_number():
    own = alive.born(os.getpid())
    assert own is not None and own == alive.born(os.getpid())
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert alive.born(process.pid) not in (None, own)
    process.communicate(b"\n")
    assert alive.born(process.pid) is None


def test_many_who_claim_at_once_get_each_job_once(tmp_path):
    path = tmp_path / "jobs.db"
    JobQueue.open(path, Limits()).close()
    queues = [JobQueue.open(path) for _ in range(6)]
    for n in range(40):
        queues[n % 6].submit(ask(f"owner {n % 5}"))
    limits = Limits(batch_at_once=1)
    start, at_work, most = threading.Barrier(6), [], []

    def take(queue):
        attempts = Attempts(queue.database, limits)
        worker, mine = attempts.sign_on(), []
        start.wait()
        until = time.monotonic() + 30
        while time.monotonic() < until and queue.counts()[JobState.DONE] < 40:
            claim = attempts.claim(worker, BOTH)
            if claim is not None:
                at_work.append(claim.job_id)
                most.append(len(at_work))
                mine.append(claim.job_id)
                at_work.remove(claim.job_id)
                attempts.done(claim.job_id, claim.token, JobResult({}))
        return mine

    with ThreadPoolExecutor(6) as pool:
        taken = [job for mine in pool.map(take, queues) for job in mine]
    assert len(taken) == len(set(taken)) == 40
    assert max(most) == 1


def test_an_older_file_is_brought_up_to_date_and_kept_beside(tmp_path):
    path = tmp_path / "jobs.db"
    now = JobQueue.open(path)
    job = now.submit(ask())
    attempts = Attempts(now.database)
    attempts.claim(attempts.sign_on(), BOTH)
    now.close()
    with closing(sqlite3.connect(path)) as db:  # as the first version had it
        db.executescript(
            "DROP TABLE turns; DROP INDEX jobs_owner; PRAGMA user_version = 1; "
            "PRAGMA journal_mode = DELETE"
        )
    queue = JobQueue.open(path)
    assert f"from version 1 to {VERSION}" in queue.notes[0]
    assert queue.get(job.id).request == ask()
    with queue.database.reading() as db:
        assert dict(db.execute("SELECT owner, turn FROM turns").fetchall()) == {"ada": 1}
    with closing(sqlite3.connect(tmp_path / "jobs.db.version-1.bak")) as db:
        assert db.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
    queue.close()
    assert JobQueue.open(path).notes == ()
    assert len(STEPS) == VERSION


def test_files_that_are_not_ours_to_open_stay_as_they_are(tmp_path):
    newer, foreign, damaged = tmp_path / "newer.db", tmp_path / "foreign.db", tmp_path / "bad.db"
    Database.open(newer).close()
    with closing(sqlite3.connect(newer)) as db:
        db.execute("PRAGMA user_version = 99")
    with closing(sqlite3.connect(foreign)) as db:
        db.execute("CREATE TABLE other (x)")
    damaged.write_bytes(b"no database at all" * 100)
    for path, said in (
        (newer, "newer studio .version 99"),
        (foreign, "another program"),
        (damaged, "damaged, or is none"),
    ):
        before = path.read_bytes()
        with pytest.raises(JobsUnavailable, match=said):
            JobQueue.open(path)
        assert path.read_bytes() == before


def test_a_locked_list_says_so_and_works_again(tmp_path):
    path = tmp_path / "jobs.db"
    Database.open(path).close()
    queue = JobQueue(Database.open(path, wait_s=0.2))
    job = queue.submit(ask())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(JobsUnavailable, match="locked by another program"):
            queue.submit(ask())
        assert queue.get(job.id) == job  # looking is possible meanwhile
        other.execute("ROLLBACK")
    assert queue.submit(ask()).number == 2


def test_a_full_disk_loses_nothing(queue):
    job = queue.submit(ask())
    with queue.database.reading() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JobsUnavailable, match="disk with the list of jobs is full"):
        queue.submit(ask(text="x" * 500_000))
    assert queue.jobs() == [job]
    with queue.database.reading() as db:
        db.execute("PRAGMA max_page_count = 1000000")
    assert queue.submit(ask(text="x" * 500_000)).number == 2


@pytest.mark.skipif(os.name == "nt", reason="modes of files are others there")
def test_a_list_that_may_not_be_written_says_so(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    Database.open(tmp_path / "jobs.db").close()
    tmp_path.chmod(0o500)
    (tmp_path / "jobs.db").chmod(0o400)
    with pytest.raises(JobsUnavailable, match="cannot be written"):
        JobQueue.open(tmp_path / "jobs.db").submit(ask())
    tmp_path.chmod(0o700)


def test_a_copy_of_the_file_at_any_moment_is_whole(tmp_path):
    """What a power cut leaves: the files as they lie there between two writes."""
    path = tmp_path / "jobs.db"
    queue = JobQueue.open(path)
    attempts = Attempts(queue.database, Limits(batch_at_once=99))
    worker = attempts.sign_on()
    for n in range(12):
        job = queue.submit(ask())
        if n % 2:
            claim = attempts.claim(worker, BOTH)
            attempts.report(claim.job_id, claim.token, JobProgress(), 1.0)
        folder = tmp_path / str(n)
        folder.mkdir()
        for file in Path(tmp_path).glob("jobs.db*"):
            if not file.name.endswith("-shm"):  # memory of the running processes
                shutil.copy(file, folder)
        copy = JobQueue.open(folder / "jobs.db")
        assert [j.id for j in copy.jobs()] == [j.id for j in queue.jobs()]
        with copy.database.reading() as db:
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        copy.close()
    assert job.number == 12


def test_a_log_that_filled_the_disk_gives_its_room_back(queue):
    """SQLite looks at its log after a thousand pages only; a small disk is full before."""
    log = queue.database.path.with_name("jobs.db-wal")
    job = queue.submit(ask()).id
    for _ in range(12):
        queue.pause(job)
        queue.resume(job)
    assert log.stat().st_size > 100_000
    with pytest.raises(JobsUnavailable, match="full"), queue.database.writing():
        raise sqlite3.OperationalError("database or disk is full")
    assert log.stat().st_size == 0
    assert queue.get(job).state is JobState.QUEUED
