"""Footage found by words, people, speech, things and likeness, to the frame."""

from pipelines.search.describe import describe, describe_index, summarise, summarise_index
from pipelines.search.indexing import IndexResult, add, listed, remove
from pipelines.search.options import IndexOptions, Options
from pipelines.search.pipeline import run
from pipelines.search.result import Hit, Result, Why

__all__ = [
    "Hit",
    "IndexOptions",
    "IndexResult",
    "Options",
    "Result",
    "Why",
    "add",
    "describe",
    "describe_index",
    "listed",
    "remove",
    "run",
    "summarise",
    "summarise_index",
]
