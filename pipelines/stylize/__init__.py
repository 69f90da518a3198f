"""A look for a whole film: painted styles, colour tables, grades; steady from frame to frame."""

from pipelines.stylize.describe import describe, summarise
from pipelines.stylize.options import Options
from pipelines.stylize.pipeline import run
from pipelines.stylize.result import Result

__all__ = ["Options", "Result", "describe", "run", "summarise"]
