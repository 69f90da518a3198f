"""What in the picture speaks for an answer: maps that move with what they lie on."""

from pipelines.why.describe import describe, summarise
from pipelines.why.options import Options
from pipelines.why.pipeline import run
from pipelines.why.result import Moment, Result, WhyPlan

__all__ = ["Moment", "Options", "Result", "WhyPlan", "describe", "run", "summarise"]
