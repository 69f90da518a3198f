"""The result of ``studio train`` for a terminal and as JSON."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from studio.codec import to_json

if TYPE_CHECKING:
    from pipelines.train.pipeline import Result


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio train --json`` prints it."""
    data: dict[str, Any] = to_json(result)
    return data


def summarise(result: Result) -> str:
    """What was trained, as lines."""
    counts = " and ".join(str(n) for n in result.pictures)
    lines = [f"{result.method}: {counts} pictures, {result.need_bytes / 2**20:.0f} MiB of memory"]
    if result.estimate_s is not None:
        lines.append(f"  {result.steps_wanted} steps would take {duration(result.estimate_s)} here")
    else:
        went_on = f", from {result.begun_at} on" if result.begun_at else ""
        lines.append(f"  {result.steps} of {result.steps_wanted} steps{went_on}")
    lines += [f"  {name:<8} {value:.4g}" for name, value in result.last.items()]
    for name, value in result.measured.items():
        if isinstance(value, float):
            lines.append(f"  {name.replace('_', ' ')}: {value:.4f}")
    lines += [f"note: {note}" for note in result.notes]
    lines += [f"  {name:<12} {path}" for name, path in result.files.items()]
    lines.append(f"  again:   {shlex.join(result.command)}")
    lines.append(f"{result.wall_s:.1f} s")
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """``90 s``, ``25 min`` or ``3.4 h``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
