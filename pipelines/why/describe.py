"""What was explained, for a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.codec import to_json

if TYPE_CHECKING:
    from pipelines.why.result import Result

_MOST_CLASSES = 6


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio why --json`` prints it."""
    return {
        "plan": to_json(result.plan),
        "moments": to_json(list(result.moments)),
        "files": to_json(dict(result.files)),
        "command": list(result.command),
        "notes": list(result.notes),
        "wall_s": round(result.wall_s, 3),
    }


def summarise(result: Result) -> str:
    """The result, as lines."""
    plan = result.plan
    classes = ", ".join(plan.classes[:_MOST_CLASSES])
    if len(plan.classes) > _MOST_CLASSES:
        classes += f" and {len(plan.classes) - _MOST_CLASSES} more"
    lines = [f"{plan.footage}: what speaks for {plan.question}"]
    lines += [f"  stands for {classes}"] if classes and classes != plan.question else []
    lines.append(f"  {plan.method}; {plan.samples} frames are looked at")
    best = sorted(result.moments, key=lambda m: -m.score)[:3]
    for each in best:
        place = f", most of it at {each.x:.0%} and {each.y:.0%}" if each.x >= 0 else ""
        said = f"{each.said} {each.score:.2f}".strip()
        lines.append(f"  {each.second:8.2f} s  {said} ({plan.unit}){place}")
    lines += [f"note: {note}" for note in result.notes]
    lines += [f"  {path}" for path in result.files.values()]
    lines.append(f"{result.wall_s:.1f} s")
    return "\n".join(lines)
