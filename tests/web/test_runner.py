"""Runs go on by themselves, one at a time, and every end is told."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from studio.errors import NoSuchMedia, RequestError
from studio.jobs.job import Job
from studio.settings import Settings
from ui.web.runner import Runner, RunState


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def runner(tmp_path: Path, clock):
    settings = Settings(cache_dir=tmp_path)
    made = Runner(
        lambda on_progress: Job(settings, on_progress=on_progress), max_waiting=2, clock=clock
    )
    yield made
    made.close(5)


class Gate:
    """Work that reports, says that it has begun, and waits to be let on."""

    def __init__(self):
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, job: Job) -> str:
        job.report("analyse", 0.25, "pictures")
        self.begun.set()
        while not self.go.wait(0.01):
            job.check()
        return "made"


def test_a_run_ends_with_its_result(runner):
    run = runner.start(lambda job: job.report("plan", 1.0) or 42)
    assert runner.wait(run, 5)
    assert (run.state, run.result) == (RunState.DONE, 42)
    assert [(s.name, s.share) for s in runner.view(run).stages] == [("plan", 1.0)]


def test_an_error_for_people_is_kept(runner):
    def work(job):
        raise NoSuchMedia("a.mp4 is not there.", "Look again.")

    run = runner.start(work)
    assert runner.wait(run, 5)
    view = runner.view(run)
    assert view.state is RunState.FAILED
    assert isinstance(view.error, NoSuchMedia)
    assert view.error.hint == "Look again."


def test_a_mistake_is_told_and_the_queue_goes_on(runner, caplog):
    broken = runner.start(lambda job: 1 / 0)
    following = runner.start(lambda job: "still here")
    assert runner.wait(following, 5)
    assert broken.state is RunState.FAILED
    assert "division by zero" in broken.error.message
    assert "ZeroDivisionError" in caplog.text
    assert following.result == "still here"


def test_one_at_a_time_in_order(runner):
    first, second = Gate(), Gate()
    a, b = runner.start(first), runner.start(second)
    assert first.begun.wait(5)
    assert not second.begun.wait(0.1)
    assert (a.state, runner.view(b).state, runner.view(b).ahead) == ("running", "waiting", 1)
    first.go.set()
    assert second.begun.wait(5)
    assert a.state is RunState.DONE
    second.go.set()
    assert runner.wait(b, 5)


def test_cancel_stops_the_work_itself(runner):
    gate = Gate()
    run = runner.start(gate)
    assert gate.begun.wait(5)
    runner.cancel(run)
    assert runner.wait(run, 5)
    assert (run.state, run.result, run.error) == (RunState.CANCELLED, None, None)


def test_cancel_before_its_turn_never_begins(runner):
    first, second = Gate(), Gate()
    a, b = runner.start(first), runner.start(second)
    assert first.begun.wait(5)
    runner.cancel(b)
    first.go.set()
    assert runner.wait(a, 5)
    assert b.state is RunState.CANCELLED
    assert not second.begun.wait(0.1)


def test_a_full_queue_says_so(runner):
    gate = Gate()
    runner.start(gate)
    assert gate.begun.wait(5)
    runner.start(Gate())
    runner.start(Gate())
    with pytest.raises(RequestError, match="waiting already"):
        runner.start(Gate())


def test_the_estimate_follows_the_share_and_starts_anew_with_the_stage(runner, clock):
    steps: list[tuple[str, float]] = [("analyse", 0.0), ("analyse", 0.5), ("analyse", 0.1)]
    steps.append(("plan", 0.0))
    told, go_on = threading.Event(), threading.Event()

    def work(job):
        for stage, share in steps:
            job.report(stage, share)
            told.set()
            assert go_on.wait(5)
            go_on.clear()

    def next_step(run, after_s):
        clock.now_s += after_s
        told.clear()
        go_on.set()
        assert told.wait(5)
        return runner.view(run)

    run = runner.start(work)
    assert told.wait(5)
    assert runner.view(run).stages[0].remaining_s is None  # nothing is known yet
    view = next_step(run, 10)
    assert view.stages[0].remaining_s == pytest.approx(10)  # half took 10 s
    clock.now_s += 4
    assert runner.view(run).stages[0].remaining_s == pytest.approx(6)  # it counts down
    view = next_step(run, 0)
    assert (view.stages[0].share, view.stages[0].remaining_s) == (0.1, None)  # the next file
    view = next_step(run, 1)
    assert [(s.name, s.share, s.live) for s in view.stages] == [
        ("analyse", 1.0, False),
        ("plan", 0.0, True),
    ]
    go_on.set()
    assert runner.wait(run, 5)


def test_closing_cancels_what_runs_and_what_waits(runner):
    gate = Gate()
    a, b = runner.start(gate), runner.start(Gate())
    assert gate.begun.wait(5)
    runner.close(5)
    assert a.state is b.state is RunState.CANCELLED
    with pytest.raises(RequestError, match="closing"):
        runner.start(Gate())
