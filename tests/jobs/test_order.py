"""Whose turn it is, how long it takes, and what is left out of texts: all pure."""

import time
from collections import Counter
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from studio.jobs.estimate import seconds_left
from studio.jobs.metrics import prometheus_text
from studio.jobs.order import Waiting, line_up
from studio.jobs.record import JobProgress, JobRecord, JobRequest, JobResult, JobState, Priority
from studio.jobs.record import StageTime as Stage
from studio.jobs.scrub import scrubbed

BATCH, NOW = Priority.BATCH, Priority.INTERACTIVE


def waiting(*names, priority=BATCH, start=0):
    return [Waiting(n, n[0], priority, start + i) for i, n in enumerate(names)]


def names(line):
    return [job.id for job in line]


def test_owners_take_turns_and_keep_their_own_order():
    jobs = waiting(*(f"a{n}" for n in range(50)), "b0", "b1", "c0")
    line = names(line_up(jobs, {}))
    assert line[:7] == ["a0", "b0", "c0", "a1", "b1", "a2", "a3"]
    assert [n for n in line if n[0] == "a"] == [f"a{n}" for n in range(50)]
    assert Counter(line) == Counter(job.id for job in jobs)


def test_who_was_served_last_waits_longest():
    jobs = waiting("a0", "a1", "b0", "c0")
    assert names(line_up(jobs, {"a": 9, "b": 3, "c": 7})) == ["b0", "c0", "a0", "a1"]


def test_interactive_goes_first_whoever_asks_and_whenever():
    jobs = waiting("a0", "b0") + waiting("a9", "c9", priority=NOW, start=100)
    assert names(line_up(jobs, {})) == ["a9", "c9", "b0", "a0"]


def test_time_left_counts_the_stages_that_others_had_too():
    # Half of a stage in 10 s: 10 more; this job is twice as slow as others, who drew for 30 s.
    now = (Stage("read", 1.0, "", 4.0), Stage("hear", 0.5, "", 10.0))
    assert seconds_left(now, {"read": 2.0, "hear": 10.0, "draw": 30.0}) == 10.0 + 2 * 30.0
    assert seconds_left(now, {}) == 10.0
    assert seconds_left((), {"read": 2.0}) is None
    assert seconds_left((Stage("read", 0.0, "", 0.1),), {}) is None  # too early to say
    assert seconds_left((Stage("read", 0.0, "", 0.5),), {"read": 2.0}) == 1.5


def test_secrets_do_not_come_through(monkeypatch):
    monkeypatch.setenv("SOME_API_TOKEN", "zq81kd0f-only-here")
    text = (
        f"hf_abcdefghijklmnop https://ada:pass1234@host/x Bearer abcdef123456 "
        f"api_key=99887766 password: hunter22 zq81kd0f-only-here {Path.home()}/film.mp4"
    )
    said = scrubbed(text)
    for secret in ("hf_abc", "pass1234", "abcdef123456", "99887766", "hunter22", "zq81", "ada:"):
        assert secret not in said, said
    assert "~/film.mp4" in said
    assert scrubbed("made 30 tokens of a film, 12 s") == "made 30 tokens of a film, 12 s"
    began = time.perf_counter()
    scrubbed("password=" * 20_000 + "x" * 100_000)
    assert time.perf_counter() - began < 5


def test_metrics_are_what_prometheus_reads():
    job = JobRecord(
        1, "x", JobRequest("look", (), {}), JobState.DONE, "", None,
        JobProgress((Stage('a "b"\\', 1.0, "", 2.5), Stage("c", 1.0, "", 1.0))), 1, 0,
        JobResult({}, measures={"cache_hits": 3, "cache_misses": 1}), None, (), 0, 0, 0, 3.5,
    )  # fmt: skip
    text = prometheus_text({JobState.DONE: 2}, [job, job], [])
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["studio_jobs", "done"] == 2
    assert found["studio_jobs", "queued"] == 0
    assert found["studio_job_stage_seconds", "look", 'a "b"\\'] == 5
    assert found["studio_analysis_cache_lookups", "yes"] == 6
    assert text.endswith("\n")
