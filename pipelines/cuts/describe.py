"""Cuts in words and as plain values."""

from __future__ import annotations

from typing import Any

from pipelines.analysis.cut_corrections import Boundary
from pipelines.cuts.places import code_of
from pipelines.cuts.result import Cut, Result
from studio.types.shot import TransitionKind


def describe(result: Result) -> dict[str, Any]:
    """The result as plain values; times as rational seconds, frames from 0."""
    return {
        "footage": str(result.media.path),
        "content_hash": result.media.content_hash,
        "model": result.model,
        "frames": len(result.times),
        "shots": len(result.shots),
        "cuts": [_row(cut, result) for cut in result.cuts],
        "decisions": len(result.corrections.decisions),
        "changed": list(result.changed),
        "file": str(result.file),
        "files": {name: str(path) for name, path in result.files.items()},
        "notes": list(result.notes),
        "wall_s": round(result.wall_s, 3),
    }


def summarise(result: Result) -> str:
    """A line a cut, with what found it."""
    info, times = result.media, result.times
    lines = [f"{info.path.name}: {len(result.shots)} shots"]
    for cut in result.cuts:
        at = cut.boundary.at
        line = (
            f"  {code_of(at, info, times)}  f{at:<7} {float(times.start(at)):>10.3f} s  "
            f"{cut.boundary.kind.value:<9} {cut.found_by}"
        )
        if cut.boundary.start < cut.boundary.end:
            line += f", frames {cut.boundary.start} to {cut.boundary.end}"
        if cut.was is not None:
            line += f", moved from f{cut.was.at}"
        lines.append(line)
    lines += [f"{change}" for change in result.changed]
    lines += [f"  {name:<12} {path}" for name, path in result.files.items()]
    lines += [f"note: {note}" for note in result.notes]
    return "\n".join([*lines, f"{result.wall_s:.1f} s"])


def _row(cut: Cut, result: Result) -> dict[str, Any]:
    row = _place(cut.boundary, result) | {"found_by": cut.found_by}
    return row | ({"was": _place(cut.was, result)} if cut.was is not None else {})


def _place(boundary: Boundary, result: Result) -> dict[str, Any]:
    times = result.times
    row: dict[str, Any] = {
        "frame": boundary.at,
        "time": str(times.start(boundary.at)),
        "timecode": code_of(boundary.at, result.media, times),
        "kind": boundary.kind.value,
    }
    if boundary.kind is not TransitionKind.CUT:
        row |= {"start_frame": boundary.start, "end_frame": boundary.end}
    return row
