"""The result of ``studio filter`` for a terminal and as JSON."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from pipelines.filter.audit import table
from studio.codec import to_json

if TYPE_CHECKING:
    from pipelines.filter.result import Result


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio filter --json`` prints it."""
    return {
        "plan": to_json(result.plan),
        "files": to_json(result.files),
        "audit": to_json(result.audit),
        "safe": result.safe,
        "render": to_json(result.render),
        "command": list(result.command),
        "notes": list(result.notes),
        "wall_s": round(result.wall_s, 3),
    }


def summarise(result: Result) -> str:
    """What was made, and whether it is safe, as lines."""
    plan = result.plan
    size = "{}x{}".format(*plan.size_wh)
    lines = [f"{plan.footage}: {plan.frames} frames of {size}, {plan.shots} shot(s)"]
    lines += [f"  {text}" for text in plan.filters]
    if plan.estimate_s is not None:
        lines.append(f"  would take about {plan.estimate_s:.0f} s here")
    if result.render is not None and result.render.segments_reused:
        done = result.render
        lines.append(f"  {done.segments_reused} of {done.segments} segments were there already")
    if result.audit is not None:
        lines += ["  " + line for line in table(result.audit).splitlines()]
    lines += [f"note: {note}" for note in result.notes]
    lines += [f"  {name:<8} {path}" for name, path in result.files.items()]
    lines.append(f"  again:   {shlex.join(result.command)}")
    lines.append(f"{result.wall_s:.1f} s")
    return "\n".join(lines)
