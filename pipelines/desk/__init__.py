"""What a screen shows between a choice and a film: walls of cards, one picture before and after,
a plan with its pictures, what was heard, posters and proxies. Each is a job like any other."""

from pipelines.desk.options import Options
from pipelines.desk.pipeline import Result, describe, run, summarise

__all__ = ["Options", "Result", "describe", "run", "summarise"]
