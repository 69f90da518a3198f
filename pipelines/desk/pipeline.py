"""Finds an act by its name and does it."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.desk.options import Options
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.writer import write_beside

#: Acts and where they are done: ``act(sources, asked, out, job)``. To add one, write the function
#: and name it here; what a screen wants to read of it goes into a file.
ACTS = {
    "looks.wall": "pipelines.desk.walls:looks_wall",
    "looks.compare": "pipelines.desk.walls:looks_compare",
    "filters.wall": "pipelines.desk.walls:filters_wall",
    "filters.compare": "pipelines.desk.walls:filters_compare",
    "avatar.wall": "pipelines.desk.walls:avatar_wall",
    "generate.wall": "pipelines.desk.walls:faces_wall",
    "generate.compare": "pipelines.desk.walls:face_compare",
    "trailer.plan": "pipelines.desk.cuts:plan",
    "subtitles.hear": "pipelines.desk.cues:hear",
    "subtitles.retime": "pipelines.desk.cues:retime",
    "subtitles.write": "pipelines.desk.cues:write",
    "anchor.read": "pipelines.desk.segments:read",
    "anchor.look": "pipelines.desk.segments:look",
    "search.add": "pipelines.desk.found:add",
    "search.ask": "pipelines.desk.found:ask",
    "search.export": "pipelines.desk.found:export",
    "people.look": "pipelines.desk.faces:look",
    "people.add": "pipelines.desk.faces:add",
    "cuts.look": "pipelines.desk.film_cuts:look",
    "things.add": "pipelines.desk.known_things:add",
    "things.find": "pipelines.desk.known_things:find",
    "summary.make": "pipelines.desk.digest:make",
    "report.draw": "pipelines.desk.trials:draw",
    "report.judge": "pipelines.desk.trials:judge",
    "library.look": "pipelines.desk.shelf:look",
    "library.proxy": "pipelines.desk.shelf:proxy",
}


@dataclass(frozen=True)
class Result:
    """What an act made.

    Attributes:
        files: name to path.
        facts: what fits into a few words.
        notes: what a user should know.
        wall_s: seconds it took.
    """

    files: dict[str, Path]
    facts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    wall_s: float = 0.0


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Do an act.

    Raises:
        RequestError: there is none of that name.
        StudioError: as the act raises.
    """
    started = time.perf_counter()
    if options.act not in ACTS:
        raise RequestError(f"No act is called {options.act!r}.", f"There are {', '.join(ACTS)}.")
    module, _, name = ACTS[options.act].partition(":")
    sources = [source] if isinstance(source, Path) else list(source)
    options.out.mkdir(parents=True, exist_ok=True)
    act = getattr(importlib.import_module(module), name)
    files, facts, notes = act(sources, options.asked, options.out, job)
    return Result(files, facts, tuple(notes), time.perf_counter() - started)


def write_json(path: Path, value: Any) -> Path:
    """Write plain values; the file appears whole."""
    with write_beside(path) as beside:
        beside.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def describe(result: Result) -> dict[str, Any]:
    """The result as plain values."""
    return {
        "files": {name: str(path) for name, path in result.files.items()},
        "notes": list(result.notes),
        "wall_s": round(result.wall_s, 3),
        **result.facts,
    }


def summarise(result: Result) -> str:
    """Its files, a line each."""
    lines = [f"  {name:<12} {path}" for name, path in result.files.items()]
    return "\n".join([*lines, f"{result.wall_s:.1f} s"])
