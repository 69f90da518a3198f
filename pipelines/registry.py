"""Every pipeline by name, as the queue of jobs runs them.

A worker starts :data:`COMMAND` with a database and a job's id for each attempt.
"""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.errors import RequestError, StudioError
from studio.jobs.execution import Pipeline, execute, execute_many
from studio.jobs.job import Job
from studio.settings import Settings

_LOG = logging.getLogger(__name__)

#: Starts the process of one attempt. Not ``-m``, nor anything else that looks for modules in the
#: current folder: a person may keep a ``queue.py`` beside the footage.
_BEGIN = f"import sys; sys.path.insert(0, {str(Path(__file__).resolve().parent.parent)!r})\n"
COMMAND = (
    sys.executable,
    "-P",
    "-c",
    f"{_BEGIN}from pipelines.registry import attempt; sys.exit(attempt(sys.argv[1], sys.argv[2]))",
)
#: Starts a process that does one interactive attempt after the other.
WARM_COMMAND = (
    sys.executable,
    "-P",
    "-c",
    f"{_BEGIN}from pipelines.registry import attempts; attempts(sys.argv[1])",
)

#: Pipelines, and what they take: one file, several, or one that may be left out.
_TAKES = {
    "analysis": "one",
    "anchor": "one",
    "augment": "one",
    "avatar": "many",
    "cuts": "one",
    "desk": "many",
    "events": "many",
    "filter": "many",
    "generate": "maybe",
    "people": "many",
    "recommend": "maybe",
    "search": "many",
    "report": "many",
    "stylize": "many",
    "subtitles": "many",
    "summary": "many",
    "things": "many",
    "trailer": "many",
    "train": "many",
    "why": "many",
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

    return Pipeline(name, module.Options, run_sources, module.describe, module.summarise, _before)


def _before(settings: Settings) -> None:
    """Have the machine's signing identity made: work that is locked in may only read it."""
    if (settings.data_dir / "identity" / "key.pem").exists():
        return
    from studio.provenance.identity import identity

    try:
        identity(settings)
    except StudioError as exc:  # said again, by what has to sign
        _LOG.warning("%s", exc)


def _as_taken(takes: str, sources: tuple[Path, ...]) -> Any:
    if takes == "many":
        return list(sources)
    if len(sources) > 1 or (takes == "one" and not sources):
        raise RequestError(f"{len(sources)} files were given; it takes one.", "Give one file.")
    return sources[0] if sources else None


def _is_here(name: str) -> bool:
    return (Path(__file__).parent / name / "pipeline.py").is_file()


def attempt(database: str, job_id: str) -> int:
    """One attempt of a job in this process; its exit code."""
    _quiet()
    return execute(Path(database), job_id, find)


def attempts(database: str) -> None:
    """One interactive attempt after the other in this process, until its worker is gone."""
    _quiet()
    execute_many(Path(database), find, _warm_up)


def _quiet() -> None:
    """OpenVINO reports whoever imports it to a web service, by an id in the home folder, which work
    that is locked in may not open (``studio/adapters/openvino_runtime.py``): not here either,
    whoever imports it first."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]


def _warm_up() -> None:
    for name in ("av", "cv2", "openvino", "pipelines.desk", "pipelines.stylize.wall"):
        importlib.import_module(name)
