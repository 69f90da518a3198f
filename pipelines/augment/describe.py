"""The result of ``studio augment`` for a terminal and as JSON."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from studio.codec import to_json

if TYPE_CHECKING:
    from pipelines.augment.pipeline import Result


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio augment --json`` prints it."""
    data: dict[str, Any] = to_json(result)
    return data


def summarise(result: Result) -> str:
    """What was made and whether it helps, as lines."""
    plan, verdict = result.plan, result.verdict
    classes = ", ".join(f"{name} {count}" for name, count in plan.classes.items())
    ways = ", ".join(f"{count} {way}" for way, count in plan.ways.items())
    lines = [f"{plan.name}: {ways}; real pictures: {classes}"]
    if verdict is not None:
        lines.append("  on held-out real pictures   real alone   counted alike   with more")
        for name in ("balanced", "recall", "precision"):
            real, weighted, more = getattr(verdict, name)
            lines.append(f"  {name:<26}{real:>12.1%}{weighted:>16.1%}{more:>12.1%}")
        for name, found in (("gain", verdict.gain), ("over weights", verdict.over_weights)):
            span = f"95 % interval {found.low:+.1%} to {found.high:+.1%}"
            lines.append(f"  {name:<14} {found.mean:+.1%}, {span} over {plan.splits} splits")
        lines.append(f"  {verdict.words}")
    lines += [f"note: {note}" for note in result.notes]
    lines += [f"  {name:<9} {path}" for name, path in result.files.items()]
    lines.append(f"  again:   {shlex.join(result.command)}")
    lines.append(f"{result.wall_s:.1f} s")
    return "\n".join(lines)
