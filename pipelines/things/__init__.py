"""Buildings, products and signs found again from pictures a person gives."""

from pipelines.things.describe import describe, summarise
from pipelines.things.options import Options
from pipelines.things.pipeline import run
from pipelines.things.result import Result

__all__ = ["Options", "Result", "describe", "run", "summarise"]
