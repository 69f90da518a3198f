"""``studio train``: networks of one's own, from one's own pictures."""

from pipelines.train.describe import describe, summarise
from pipelines.train.options import METHODS, Options
from pipelines.train.pipeline import Result, run

__all__ = ["METHODS", "Options", "Result", "describe", "run", "summarise"]
