"""A mixed queue of real jobs, killed at random moments: nothing lost, nothing twice, nothing left.

``STUDIO_TRIAL_KILLS`` and ``STUDIO_TRIAL_SEED`` make it longer or another one.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from studio.jobs import alive
from studio.jobs.attempts import Attempts
from studio.jobs.queue import JobQueue, jobs_path
from studio.jobs.record import JobState
from studio.jobs.sweeping import half_written
from studio.settings import Settings
from tests.footage import bikes, bunny, shared_media
from tests.test_cli import ROOT

KILLS = int(os.environ.get("STUDIO_TRIAL_KILLS", "30"))
SEED = int(os.environ.get("STUDIO_TRIAL_SEED", "7"))


class House:
    """A studio of its own in a folder."""

    def __init__(self, folder: Path, cache: Path, data: Path | None = None) -> None:
        self.folder, self.data = folder, data or folder / "data"
        self.settings = Settings(cache_dir=cache, data_dir=self.data)
        self.environment = os.environ | {
            "STUDIO_CACHE_DIR": str(cache),
            "STUDIO_DATA_DIR": str(self.data),
            "PYTHONPATH": str(ROOT),
        }
        self.queue = JobQueue.open(jobs_path(self.settings))

    def studio(self, *words: object) -> dict:
        said = subprocess.run(
            [sys.executable, "-m", "ui", *map(str, words)],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout)

    def submit(self, *words: object) -> str:
        return self.studio("jobs", "submit", "--json", "--", *words)["id"]

    def worker(self, command: tuple[str, ...] = ("jobs", "work")) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "ui", *command],
            cwd=self.folder, env=self.environment, stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def wait_for_worker(self) -> None:
        until = time.monotonic() + 180
        while not Attempts(self.queue.database).workers():
            assert time.monotonic() < until, "no worker came"
            time.sleep(0.1)

    def processes(self) -> dict[int, tuple[str, str]]:
        """Marked processes of this house: token and what they do."""
        found = {}
        for process in psutil.process_iter():
            try:
                environment = process.environ()
                ours = environment.get("STUDIO_DATA_DIR") == str(self.data)
                if ours and environment.get(alive.MARK):
                    found[process.pid] = (environment[alive.MARK], " ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("does", [("jobs", "work"), ("ui", "--port", "0")], ids=["worker", "page"])
def test_killed_at_random_moments_every_job_ends(tmp_path, studio_cache, capsys, does):
    chance, house = random.Random(SEED), House(tmp_path, studio_cache)
    sound = shared_media("speech_jfk.flac")
    jobs = {
        "preview": house.submit(
            "stylize", bikes(), "--look", "starry", "--preview", 1, "--out", "preview"
        ),
        "subtitles": house.submit("subtitles", sound, "--out", "subtitles"),
        "analysis": house.submit("analyze", bunny(), "--only", "shots,picture", "--out", "known"),
        "trailer": house.submit("trailer", bikes(), "--length", 4, "--out", "trailer"),
        "film": house.submit("stylize", bikes(), "--look", "sepia", "--out", "film"),
    }
    seen, over, twice = Counter(), threading.Event(), []

    def watch():
        """At no moment two attempts of one job."""
        while not over.wait(0.05):
            tokens = {}
            for token, said in house.processes().values():
                if "pipelines.registry" in said:
                    tokens.setdefault(said.split()[-1], set()).add(token)
            twice.extend(job for job, of_job in tokens.items() if len(of_job) > 1)
            seen.update(tokens.keys())

    watcher = threading.Thread(target=watch)
    watcher.start()
    struck, in_the_middle = Counter(), 0
    worker = house.worker(does)
    began = time.monotonic()
    while sum(struck.values()) < KILLS:
        # Most moments are in the middle of work, and some while it starts.
        if chance.random() < 0.85:
            house.wait_for_worker()
        time.sleep(chance.uniform(0.2, 9.0))
        if not any(job.state is JobState.QUEUED or job.state.at_work for job in house.queue.jobs()):
            # All have ended before the last kill: others take their place.
            n = sum(struck.values())
            jobs[f"more {n}"] = house.submit(
                "stylize", bikes(), "--look", "warm", "--out", f"more-{n}"
            )
            continue
        victims = [pid for pid, (_, said) in house.processes().items() if "registry" in said]
        in_the_middle += any(job.state.at_work for job in house.queue.jobs())
        victim = chance.choice(("worker", "job", "both"))
        if victim != "worker" and not victims:
            victim = "worker"  # nothing is at work at this moment
        for pid in ([worker.pid] if victim != "job" else []) + (
            victims if victim != "worker" else []
        ):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        struck[victim] += 1
        if victim != "job":
            worker.wait()
            worker = house.worker(does)
    for job_id in jobs.values():
        house.queue.wait(job_id, 900)
    ends = {name: house.queue.get(job_id) for name, job_id in jobs.items()}
    for name, job in ends.items():
        assert job.state in (JobState.DONE, JobState.FAILED), (name, job)
        if job.state is JobState.FAILED:
            assert job.error.message and job.error.hint, name
            house.queue.resume(job.id)  # nothing is wrong with it: it was killed too often
            assert house.queue.wait(job.id, 900).state is JobState.DONE, name
    took = time.monotonic() - began
    assert in_the_middle > KILLS // 3, "it was killed while it had nothing to do"
    worker.terminate()
    worker.wait()
    over.set()
    watcher.join()
    assert not twice
    assert not house.processes()
    left = [p for top in (tmp_path, studio_cache) for p in half_written(top, deepest=9)]
    assert left == []
    assert sorted(p.name for p in tmp_path.rglob(".*") if p.is_file()) == []
    assert len(house.queue.jobs()) == len(jobs)
    for job_id in jobs.values():
        job = house.queue.get(job_id)
        assert all(Path(path).is_file() for path in job.result.files.values())
        assert [line.text for line in house.queue.log(job_id)].count("done") == 1 + any(
            stage.name == "done" for stage in job.progress.stages
        )
    assert {"preview", "report"} <= set(house.queue.get(jobs["preview"]).result.files)
    with house.queue.database.reading() as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    with capsys.disabled():
        logs = [line.text for job_id in jobs.values() for line in house.queue.log(job_id)]
        begun = sum(text.startswith("begun") for text in logs)
        failed = [name for name, job in ends.items() if job.state is JobState.FAILED]
        print(
            f"\n{dict(struck)} kills, {in_the_middle} in the middle of work, {len(jobs)} jobs, "
            f"{begun} attempts, {took:.0f} s"
        )
        print(f"failed with a reason, then resumed: {failed}")
