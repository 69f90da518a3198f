"""Every pipeline by name, as the queue of jobs runs them.

``python -m pipelines.registry DATABASE JOB`` is the process of one attempt; a worker starts it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.errors import RequestError
from studio.jobs.execution import Pipeline, execute
from studio.jobs.job import Job

#: Starts the process of one attempt.
COMMAND = (sys.executable, "-m", "pipelines.registry")

#: Pipelines, and what they take: one file, several, or one that may be left out.
_TAKES = {
    "analysis": "one",
    "anchor": "many",
    "augment": "one",
    "avatar": "many",
    "filter": "many",
    "generate": "maybe",
    "people": "many",
    "stylize": "many",
    "subtitles": "many",
    "trailer": "many",
    "train": "many",
}


def names() -> tuple[str, ...]:
    """Pipelines that are here."""
    return tuple(name for name in _TAKES if _is_here(name))


def find(name: str) -> Pipeline:
    """A pipeline by its name; imports it.

    Raises:
        RequestError: there is none of that name.
    """
    if name not in _TAKES or not _is_here(name):
        raise RequestError(f"No pipeline is called {name!r}.", f"There are {', '.join(names())}.")
    module = importlib.import_module(f"pipelines.{name}")
    run: Callable[[Any, Any, Job], Any] = module.run

    def run_sources(sources: tuple[Path, ...], options: Any, job: Job) -> Any:
        return run(_as_taken(_TAKES[name], sources), options, job)

    return Pipeline(name, module.Options, run_sources, module.describe, module.summarise)


def _as_taken(takes: str, sources: tuple[Path, ...]) -> Any:
    if takes == "many":
        return list(sources)
    if len(sources) > 1 or (takes == "one" and not sources):
        raise RequestError(f"{len(sources)} files were given; it takes one.", "Give one file.")
    return sources[0] if sources else None


def _is_here(name: str) -> bool:
    return (Path(__file__).parent / name / "pipeline.py").is_file()


if __name__ == "__main__":
    sys.exit(execute(Path(sys.argv[1]), sys.argv[2], find))
