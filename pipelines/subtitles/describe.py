"""The result of ``studio subtitles`` for a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.codec import to_json

if TYPE_CHECKING:
    from pipelines.subtitles.pipeline import Result

#: Lines of a kind that are printed; the plan has them all.
_MOST_LINES = 20


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio subtitles --json`` prints it."""
    return {
        "plan": to_json(result.plan),
        "files": to_json(result.files),
        "burnt": to_json(result.burnt),
        "stored": list(result.stored),
        "computed": list(result.computed),
        "notes": list(result.notes),
        "wall_s": round(result.wall_s, 3),
    }


def summarise(result: Result) -> str:
    """What was made, what was left out and what could not be obeyed, as lines."""
    plan = result.plan
    lines = []
    for track in plan.tracks:
        cues = track.subtitles.cues
        lines.append(
            f"{track.subtitles.language or 'no language'}: {len(cues)} cues by the profile "
            f"{track.profile.name}, {_count(len(track.unmet), 'rule')} not obeyed"
        )
        if not result.files:
            lines += [f"  {_span(c.start, c.end)}  {' / '.join(c.lines)}" for c in cues]
        lines += _few(
            [
                f"  cue {u.cue + 1} at {float(cues[u.cue].start):.2f} s: {u.rule}: {u.measured}, "
                f"limit {u.limit}; {u.reason}"
                + (f"; shorter: {' / '.join(u.proposal.splitlines())}" if u.proposal else "")
                for u in track.unmet
            ]
        )
    voices = [f"{label} {name}".strip() for label, name in plan.names.items()]
    if len(voices) > 1 or any(plan.names.values()):
        lines.append("voices: " + ", ".join(voices))
    for face in plan.proposed:
        if not plan.names.get(face.speaker):
            name = face.proposed_name if face.known else "NAME"
            lines.append(
                f"  {face.speaker} may be {face.proposed_name}, whose mouth moves when it is heard "
                f"(score {face.score:.2f}, {face.seconds:.1f} s): --name {face.speaker}={name}"
            )
    if plan.dropped:
        lines.append(f"left out ({len(plan.dropped)}), heard and not believed:")
        lines += _few([f"  {_span(d.start, d.end)}  {d.text!r}: {d.reason}" for d in plan.dropped])
    lines += [f"note: {note}" for note in result.notes]
    if result.burnt is not None:
        burnt = result.burnt
        lines.append(
            f"burnt in: {burnt.frames_with_text} of {burnt.frames} frames show text; "
            f"{burnt.segments_reused} of {burnt.segments} segments were there already"
        )
    lines += [f"  {name:<12} {path}" for name, path in result.files.items()]
    lines.append(f"{result.wall_s:.1f} s")
    return "\n".join(lines)


def _span(start: Any, end: Any) -> str:
    return f"{float(start):8.2f} – {float(end):.2f} s"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _few(lines: list[str]) -> list[str]:
    if len(lines) <= _MOST_LINES:
        return lines
    return [*lines[:_MOST_LINES], f"  … and {len(lines) - _MOST_LINES} more, all in the plan"]
