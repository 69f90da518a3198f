"""A summary for a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.codec import to_json

if TYPE_CHECKING:
    from pipelines.summary.pipeline import Result


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio summary --json`` prints it."""
    return {
        "plan": to_json(result.timeline),
        "duration_s": float(result.timeline.duration),
        "scored_by": result.scored_by,
        "segments": result.segments,
        "curve": {
            "seconds": [round(float(s), 3) for s in result.seconds],
            "importance": [round(float(s), 4) for s in result.scores],
            "attention": [round(float(s), 4) for s in result.attention],
        },
        "files": {name: str(path) for name, path in result.files.items()},
        "render": to_json(result.render),
        "estimate": to_json(result.estimate),
        "notes": list(result.notes),
        "wall_s": round(result.wall_s, 3),
    }


def summarise(result: Result) -> str:
    """The summary as lines."""
    timeline = result.timeline
    (source,) = timeline.sources
    share = float(timeline.duration) / float(source.duration)
    lines = [
        f"{len(timeline.clips)} of {result.segments} segments, {float(timeline.duration):.2f} s "
        f"of {float(source.duration):.1f} ({share:.0%}), scored by {result.scored_by}"
    ]
    for at, item in timeline.placed():
        if item.type == "clip":
            why = "; ".join(reason.text for reason in item.reasons[:3])
            lines.append(
                f"  {float(timeline.rate.seconds(at)):7.2f} s  "
                f"{float(item.start):7.2f}–{float(item.end):.2f}  {why}"
            )
    if result.estimate is not None:
        lines.append(f"rendering takes about {result.estimate.seconds:.0f} s")
    lines += [f"note: {note}" for note in result.notes]
    lines += [f"  {name:<14} {path}" for name, path in result.files.items()]
    lines.append(f"{result.wall_s:.1f} s")
    return "\n".join(lines)
