"""What does not fit: ways, things and noises in footage that somebody should look at."""

from pipelines.events.describe import describe, summarise
from pipelines.events.options import Options
from pipelines.events.pipeline import run
from pipelines.events.result import Result

__all__ = ["Options", "Result", "describe", "run", "summarise"]
