"""From footage to subtitle drafts that a house would accept."""

from pipelines.subtitles.describe import describe, summarise
from pipelines.subtitles.options import Options
from pipelines.subtitles.pipeline import Result, run

__all__ = ["Options", "Result", "describe", "run", "summarise"]
