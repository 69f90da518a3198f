"""A look for a whole film: painted styles, colour tables, grades; steady from frame to frame."""

from pipelines.stylize.describe import describe, summarise
from pipelines.stylize.options import Options
from pipelines.stylize.pipeline import Result, run

__all__ = ["Options", "Result", "describe", "run", "summarise"]
