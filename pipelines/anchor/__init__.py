"""The AI anchor: from a script to a segment that says what it is."""

from pipelines.anchor.describe import describe, summarise
from pipelines.anchor.options import Options
from pipelines.anchor.pipeline import Result, run

__all__ = ["Options", "Result", "describe", "run", "summarise"]
