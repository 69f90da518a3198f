"""What runs the studio is told: log lines as JSON, metrics, spans."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading

import pytest

from studio.jobs.spans import JobSpans
from studio.logs import set_up


@pytest.fixture
def lines():
    root = logging.getLogger()
    before = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in ("studio", "ui")}
    stream = io.StringIO()
    yield stream
    root.handlers[:], root.level = before[0], before[1]
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_a_log_line_is_an_object_without_secrets(lines, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "a-very-secret-value")
    set_up("json", lines)
    logging.getLogger("studio.x").info("read %s", "a-very-secret-value", extra={"user": "ada"})
    try:
        raise ValueError("password=hunter2hunter2")
    except ValueError:
        logging.getLogger("ui.x").exception("it went\nwrong")
    logging.getLogger("elsewhere").info("not told")
    first, second = map(json.loads, lines.getvalue().splitlines())
    assert (first["level"], first["logger"], first["user"]) == ("info", "studio.x", "ada")
    assert first["message"] == "read [removed]"
    assert second["message"] == "it went\nwrong"
    assert "ValueError" in second["trace"]
    assert "hunter2" not in lines.getvalue()


def test_for_people_a_line_is_a_line(lines):
    set_up("text", lines)
    logging.getLogger("studio.x").info("not told")
    logging.getLogger("studio.x").warning("token=abcdefghijkl is wrong")
    assert lines.getvalue() == "WARNING: token=[removed] is wrong\n"


def test_an_attempt_is_a_span_and_each_stage_one(monkeypatch):
    from opentelemetry import trace

    class Span:
        def __init__(self, name):
            self.name, self.ended = name, False

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.end()

        def end(self):
            self.ended = True

    begun: list[Span] = []

    inside = []

    class Tracer:
        def start_span(self, name, context=None, **_):
            begun.append(Span(name))
            inside.append(context)
            return begun[-1]

        start_as_current_span = start_span

    monkeypatch.setattr(trace, "get_tracer", lambda _: Tracer())
    monkeypatch.setattr(trace, "set_span_in_context", lambda span: span)
    spans = JobSpans()
    with spans.job("trailer", "1"):
        # Work that is locked in reports from a thread of its own.
        work = threading.Thread(target=lambda: (spans.stage("analyse"), spans.stage("render")))
        work.start()
        work.join()
        assert [span.ended for span in begun] == [False, True, False]
    assert [span.name for span in begun] == ["job trailer", "stage analyse", "stage render"]
    assert all(span.ended for span in begun)
    assert inside == [None, begun[0], begun[0]]


def test_without_opentelemetry_nothing_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    spans = JobSpans()
    with spans.job("trailer", "1"):
        spans.stage("analyse")
