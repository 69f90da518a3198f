"""Odd events, for a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.codec import to_json
from studio.types.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.events.result import OddEvent, Result


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio events --json`` prints it."""
    return {
        "footage": str(result.media.path),
        "events": to_json(list(result.events)),
        "people": result.people,
        "files": to_json(dict(result.files)),
        "stored": list(result.stored),
        "computed": list(result.computed),
        "notes": list(result.notes),
        "wall_s": round(result.wall_s, 3),
    }


def events_table(events: Sequence[OddEvent]) -> Table:
    """A row an event."""
    rows = tuple(
        (
            number,
            event.kind,
            round(float(event.start), 3),
            round(float(event.end), 3),
            event.score,
            event.reason,
            " ".join(map(str, event.body_tracks)),
        )
        for number, event in enumerate(events, start=1)
    )
    columns = ("number", "kind", "start_s", "end_s", "score", "reason", "body_tracks")
    return Table("events", columns, rows)


def summarise(result: Result) -> str:
    """The events, as lines."""
    minutes = max(float(result.media.duration) / 60, 1e-9)
    lines = [
        f"{result.media.path.name}: {len(result.events)} odd events in {minutes:.1f} min, "
        f"{result.people} people followed"
    ]
    for number, event in enumerate(result.events, start=1):
        when = f"{float(event.start):.2f}–{float(event.end):.2f} s"
        lines.append(f"  {number:<3} {event.kind:<12} {when:<18} {event.score:.2f}  {event.reason}")
    if result.computed and not result.files and not result.events:
        lines.append(f"computed: {', '.join(result.computed)}")
    lines += [f"note: {note}" for note in result.notes]
    lines += [f"  {name:<14} {path}" for name, path in result.files.items()]
    lines.append(f"{result.wall_s:.1f} s")
    return "\n".join(lines)
