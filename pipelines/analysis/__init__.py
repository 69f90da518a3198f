"""Footage understood once: shots, objects, faces, speech, sound."""

from pipelines.analysis.describe import describe, summarise
from pipelines.analysis.options import PARTS, USUAL_PARTS, Options
from pipelines.analysis.pipeline import run
from pipelines.analysis.result import Result

__all__ = ["PARTS", "USUAL_PARTS", "Options", "Result", "describe", "run", "summarise"]
