"""``studio augment``: more pictures for a class that has few, and whether they help."""

from pipelines.augment.describe import describe, summarise
from pipelines.augment.options import WAYS, Options
from pipelines.augment.pipeline import Result, run

__all__ = ["WAYS", "Options", "Result", "describe", "run", "summarise"]
