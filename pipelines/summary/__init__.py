"""A film made shorter by what is important in it."""

from pipelines.summary.describe import describe, summarise
from pipelines.summary.options import Options
from pipelines.summary.pipeline import Result, run

__all__ = ["Options", "Result", "describe", "run", "summarise"]
