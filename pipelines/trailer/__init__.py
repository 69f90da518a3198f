"""From raw footage to a trailer."""

from pipelines.trailer.options import Options
from pipelines.trailer.pipeline import (
    Result,
    Version,
    describe,
    plan,
    render,
    run,
    summarise,
)
from pipelines.trailer.sample import sample_footage
from pipelines.trailer.thumbnails import thumbnails

__all__ = [
    "Options",
    "Result",
    "Version",
    "describe",
    "plan",
    "render",
    "run",
    "sample_footage",
    "summarise",
    "thumbnails",
]
