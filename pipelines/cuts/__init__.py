"""The cuts of a film as a person wants them.

``run(source, options, job) -> Result`` keeps what is said of them (``Options.add``, ``remove``,
``move``, ``undo``) under the film's content, and says where they are. Every other pipeline gets
its shots from :func:`pipelines.analysis.run`, which lays what was kept over what a model found.
"""

from pipelines.cuts.describe import describe, summarise
from pipelines.cuts.options import Options
from pipelines.cuts.pipeline import run
from pipelines.cuts.result import Cut, Result

__all__ = ["Cut", "Options", "Result", "describe", "run", "summarise"]
