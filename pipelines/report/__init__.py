"""Tables that a researcher can cite: who and what is seen, for how long, and how it was found."""

from pipelines.report.describe import describe, summarise
from pipelines.report.options import Options
from pipelines.report.pipeline import run
from pipelines.report.result import Result

__all__ = ["Options", "Result", "describe", "run", "summarise"]
