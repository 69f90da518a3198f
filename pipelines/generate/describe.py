"""The result of ``studio generate`` for a terminal and as JSON."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from studio.codec import to_json

if TYPE_CHECKING:
    from pipelines.generate.pipeline import Result

#: So many files are named one by one.
_NAMED = 6


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio generate --json`` prints it."""
    data: dict[str, Any] = to_json(result)
    return data


def summarise(result: Result) -> str:
    """What was made, as lines."""
    plan = result.plan
    what = f"{plan.frames} frames" if plan.frames else f"{plan.pictures} picture(s)"
    size = " of {}x{}".format(*plan.size_wh) if plan.size_wh else ""
    lines = [f"{plan.kind}: {what}{size} by {plan.model}; {plan.fits}"]
    for name, (before, after) in result.attributes.items():
        lines.append(f"  {name}: {before:.2f} to {after:.2f} where two deviations are added")
    if result.error is not None:
        lines.append(f"  told again with an error of {result.error:.4f}")
    lines += [f"note: {note}" for note in result.notes]
    files = list(result.files.items())
    lines += [f"  {name:<14} {path}" for name, path in files[:_NAMED]]
    if len(files) > _NAMED:
        lines.append(f"  and {len(files) - _NAMED} more")
    lines.append(f"  again:   {shlex.join(result.command)}")
    lines.append(f"{result.wall_s:.1f} s")
    return "\n".join(lines)
