"""Real jobs where something outside is broken: they say so, and go on when it is mended."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from studio.jobs.record import JobState
from studio.jobs.sweeping import half_written
from tests.footage import bikes
from tests.jobs.test_trials import House
from tests.small_disk import mounted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


@pytest.fixture
def house(tmp_path, studio_cache):
    return House(tmp_path, studio_cache)


@contextmanager
def working(house):
    worker = house.worker()
    try:
        yield
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(90)
    assert not house.processes()


@pytest.fixture
def small_disk(tmp_path):
    with mounted(tmp_path / "disk", "400k") as disk:
        yield disk


def remount(disk, options):
    subprocess.run(["mount", "-o", f"remount,{options}", disk], check=True)


def test_a_full_and_a_read_only_disk(house, small_disk):
    job = house.submit("stylize", bikes(), "--look", "warm", "--out", small_disk / "film")
    with working(house):
        full = house.queue.wait(job, 300)
        assert full.state is JobState.PAUSED, full
        assert full.error.kind == "NoRoom", full
        remount(small_disk, "size=64m,ro")
        house.queue.resume(job)
        closed = house.queue.wait(job, 300)
        assert closed.state is JobState.PAUSED, closed
        assert "read-only" in closed.error.message.lower(), closed
        remount(small_disk, "rw")
        house.queue.resume(job)
        done = house.queue.wait(job, 300)
    assert done.state is JobState.DONE, done
    assert sorted(p.name for p in (small_disk / "film").iterdir()) == [
        "bikes.warm.json",
        "bikes.warm.mp4",
    ]


def test_a_disk_that_fills_up_in_the_middle(house, small_disk):
    job = house.submit("trailer", bikes(), "--length", 4, "--out", small_disk / "cut")
    with working(house):
        full = house.queue.wait(job, 500)
        assert full.state is JobState.PAUSED, full
        assert "No space left" in full.error.message, full
        remount(small_disk, "size=64m")
        house.queue.resume(job)
        done = house.queue.wait(job, 500)
    assert done.state is JobState.DONE, done
    assert half_written(small_disk, deepest=9) == []
    assert all(Path(path).is_file() for path in done.result.files.values())


def test_a_source_that_vanishes_and_comes_back(house):
    film = shutil.copy(bikes(), house.folder / "film.mp4")
    job = house.submit("stylize", film, "--look", "warm", "--out", "film")
    film.unlink()
    with working(house):
        lost = house.queue.wait(job, 300)
        assert lost.state is JobState.FAILED
        assert lost.error.kind == "NoSuchMedia"
        assert "film.mp4" in lost.error.message
        shutil.copy(bikes(), film)
        house.queue.retry(job)
        assert house.queue.wait(job, 300).state is JobState.DONE


def test_the_list_itself_on_a_full_disk(tmp_path, studio_cache, small_disk):
    """A worker whose list cannot be written goes on with the job, and writes later."""
    house = House(tmp_path, studio_cache, small_disk)
    job = house.submit("stylize", bikes(), "--look", "warm", "--out", "film")
    filler = small_disk / "filler"
    with working(house):
        give_up = time.monotonic() + 300
        while house.queue.get(job).state is not JobState.RUNNING:
            assert time.monotonic() < give_up
            time.sleep(0.05)
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        time.sleep(8)
        filler.unlink()
        done = house.queue.wait(job, 500)
    assert done.state is JobState.DONE, done
    with house.queue.database.reading() as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    house.queue.close()
