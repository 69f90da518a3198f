"""Footage understood once: shots, objects, faces, speech, sound."""

from pipelines.analysis.describe import describe, summarise
from pipelines.analysis.options import PARTS, Options
from pipelines.analysis.pipeline import Result, run

__all__ = ["PARTS", "Options", "Result", "describe", "run", "summarise"]
