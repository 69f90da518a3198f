"""A drawn character that does what a person in the footage does."""

from pipelines.avatar.describe import describe, summarise
from pipelines.avatar.options import Options
from pipelines.avatar.pipeline import run
from pipelines.avatar.result import AvatarPlan, Result

__all__ = ["AvatarPlan", "Options", "Result", "describe", "run", "summarise"]
