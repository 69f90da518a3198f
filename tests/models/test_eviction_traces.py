"""Evicting by what a reload costs, on recorded and made-up requests."""

from __future__ import annotations

import pytest

from tests.benchmarks import _traces
from tests.benchmarks._traces import Replay, Trace, optimum

SHARES = (0.35, 0.6, 0.8)


def budget_of(trace: Trace, share: float) -> int:
    largest = max(size for size, _ in trace.models.values())
    return max(int(trace.total_bytes * share), trace.pinned_bytes, largest)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("trace", _traces.recorded(), ids=lambda trace: trace.name)
def test_real_pipelines_reload_hardly_more_than_must_be(trace, share):
    budget = budget_of(trace, share)
    ours = Replay(trace, budget, _traces.ours).run()
    assert ours <= 1.15 * optimum(trace, budget)
    assert ours <= Replay(trace, budget, _traces.least_recent).run() + 1e-9


@pytest.mark.parametrize("share", SHARES[:2])
@pytest.mark.parametrize("trace", _traces.made_up(), ids=lambda trace: trace.name)
def test_never_worse_than_by_last_use(trace, share):
    budget = budget_of(trace, share)
    ours = Replay(trace, budget, _traces.ours).run()
    assert ours <= Replay(trace, budget, _traces.least_recent).run() + 1e-9


def test_the_optimum_is_one():
    models = {"a": (1, 5.0), "b": (1, 1.0), "c": (1, 1.0)}
    keys = "abcabcabc"
    events = tuple(event for k in keys for event in (("+", k), ("-", k)))
    trace = Trace("t", models, events)
    assert optimum(trace, 3) == 7.0
    # a stays while b and c take turns, and goes for the last two.
    assert optimum(trace, 2) == 5.0 + 5 * 1.0
    assert optimum(trace, 1) == 3 * 7.0


def test_the_traces_are_real():
    assert {trace.name for trace in _traces.recorded()} >= {"trailer"}
    for trace in _traces.recorded():
        assert {"transnetv2@1", "yolo11n-seg@1"} <= trace.models.keys()
        assert any(sign == "=" for sign, _ in trace.events), "pipelines told what comes"
