"""Scenes like this one, and not all the same."""

from pipelines.recommend.pipeline import Options, run
from pipelines.search.describe import describe, summarise

__all__ = ["Options", "describe", "run", "summarise"]
