"""Spans of OpenTelemetry around jobs and their stages.

``opentelemetry-api`` alone does nothing; with ``opentelemetry-sdk`` set up by whoever runs the
studio (``opentelemetry-instrument studio ui``) each attempt is a span with one for each stage.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class JobSpans:
    """The spans of one attempt, one for the whole and one for the stage that goes on."""

    def __init__(self) -> None:
        self._tracer: Any = None
        self._stage: Any = None
        self._inside: Any = None  # the job's span, for stages that begin in another thread

    @contextmanager
    def job(self, pipeline: str, job_id: str) -> Iterator[None]:
        """Around the attempt; an error that leaves it is written to its span."""
        try:
            from opentelemetry import trace
        except ImportError:
            yield
            return
        self._tracer = trace.get_tracer("studio.jobs")
        attributes = {"studio.pipeline": pipeline, "studio.job": job_id}
        with self._tracer.start_as_current_span(f"job {pipeline}", attributes=attributes) as span:
            self._inside = trace.set_span_in_context(span)
            try:
                yield
            finally:
                self.stage("")

    def stage(self, name: str) -> None:
        """What was going on is over, and this begins; nothing where the name is empty."""
        if self._stage is not None:
            self._stage.end()
            self._stage = None
        if name and self._tracer is not None:
            self._stage = self._tracer.start_span(f"stage {name}", context=self._inside)
