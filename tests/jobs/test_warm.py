"""The process that stays: one attempt after the other, and the death of one loses nothing."""

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from studio.jobs.queue import JobQueue
from studio.jobs.record import JobState, Priority
from studio.jobs.worker import Worker
from studio.settings import Settings
from tests.jobs.small_pipelines import COMMAND
from tests.jobs.test_worker import ask, descendants

WARM = (
    sys.executable,
    "-c",
    "import sys; from pathlib import Path; from studio.jobs.execution import execute_many\n"
    "from tests.jobs.small_pipelines import find; execute_many(Path(sys.argv[1]), find)",
)


@pytest.fixture
def queue(tmp_path):
    made = JobQueue.open(tmp_path / "jobs.db")
    stop = threading.Event()
    worker = Worker(made.database.path, COMMAND, Settings(cache_dir=tmp_path / "c"), warm=WARM)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    yield made
    stop.set()
    thread.join(60)
    made.close()
    until = time.monotonic() + 5
    while descendants(tmp_path) and time.monotonic() < until:
        time.sleep(0.05)
    assert not descendants(tmp_path), "nobody is left"


def quick(folder, name, **options):
    return ask(folder, priority=Priority.INTERACTIVE, out=f"out/{name}", **options)


def done_by(folder, name):
    """Ids of the processes that wrote a job's numbers."""
    return {int(p.read_text().split()[-1]) for p in (folder / "out" / name).glob("[0-9].txt")}


def test_attempts_share_a_process_and_one_that_dies_is_begun_again(queue, tmp_path):
    (tmp_path / "out").mkdir()
    for name in ("a", "b", "c", "d", "e"):
        (tmp_path / "out" / name).mkdir()
    first = queue.submit(quick(tmp_path, "a"))
    second = queue.submit(quick(tmp_path, "b", trouble="mistake"))
    for job in (first, second):
        queue.wait(job.id, 30)
    assert queue.get(first.id).state is JobState.DONE
    assert queue.get(first.id).result.notes == ("counted",)
    assert queue.get(second.id).state is JobState.FAILED, "a mistake ends its attempt alone"
    (pid,) = done_by(tmp_path, "a")
    assert pid != os.getpid() and done_by(tmp_path, "b") == {pid}

    # The process dies in the middle: its job is begun again, in another one, and is done.
    dies = queue.wait(queue.submit(quick(tmp_path, "c", trouble="dies")).id, 30)
    assert (dies.state, dies.crashes) == (JobState.DONE, 1)
    assert not psutil.pid_exists(pid)
    journal = (tmp_path / "out" / "c" / "journal").read_text().split()
    assert journal == ["0", "1", "2"], "nothing twice"

    # A cancel stops the attempt and leaves the process to the next.
    slow = queue.submit(quick(tmp_path, "d", upto=9, step_s=0.2))
    while not done_by(tmp_path, "d"):
        time.sleep(0.05)
    queue.cancel(slow.id)
    assert queue.wait(slow.id, 30).state is JobState.CANCELLED
    queue.wait(queue.submit(quick(tmp_path, "e")).id, 30)
    (pid,) = done_by(tmp_path, "e")
    assert done_by(tmp_path, "d") == {pid}

    # Killed while it has nothing to do, it is missed by nobody.
    os.kill(pid, signal.SIGKILL)
    (tmp_path / "out" / "f").mkdir()
    assert queue.wait(queue.submit(quick(tmp_path, "f")).id, 30).state is JobState.DONE


def test_what_is_warmed_up_tells_nobody(tmp_path):
    """OpenVINO's telemetry leaves an id in the home folder, which a job may not open."""
    code = (
        "import pipelines.registry as registry\n"
        "registry.execute_many = lambda path, find, warm_up: warm_up()\n"
        "registry.attempts('x')\n"
        "from openvino.tools.ovc import telemetry_utils\n"
        "print(telemetry_utils.tm.__name__)\n"
    )
    environment = os.environ | {"HOME": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip().endswith("telemetry_stub"), said
    assert not (tmp_path / "intel").exists()
