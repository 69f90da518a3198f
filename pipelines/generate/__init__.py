"""``studio generate``: pictures that nobody took."""

from pipelines.generate.describe import describe, summarise
from pipelines.generate.options import KINDS, Options
from pipelines.generate.pipeline import Result, run
from pipelines.generate.tell import Sliders, slider_picture, sliders_of

__all__ = [
    "KINDS",
    "Options",
    "Result",
    "Sliders",
    "describe",
    "run",
    "slider_picture",
    "sliders_of",
    "summarise",
]
