"""A report for a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.codec import to_json

if TYPE_CHECKING:
    from pipelines.report.result import Result

_MOST = 6
#: Figures that are told in a line each, with the column that names their rows.
_TOLD = (
    *(("persons", "person"), ("bodies", "body"), ("things", "thing")),
    *(("known_things", "known_thing"), ("texts_seen", "text"), ("speaking", "speaker")),
    *(("sounds", "sound"), ("events", "event"), ("safety", "flag")),
)


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio report --json`` prints it: the figures; the raw rows are in files."""
    return {
        "figures": {table.name: list(table.records()) for table in result.figures},
        "raw_rows": dict(result.rows),
        "methods": dict(result.methods),
        "files": to_json(result.files),
        "stored": list(result.stored),
        "computed": list(result.computed),
        "notes": list(result.notes),
        "wall_s": round(result.wall_s, 3),
    }


def summarise(result: Result) -> str:
    """The main figures, as lines."""
    if not result.figures:
        lines = [f"stored:      {', '.join(result.stored) or 'nothing'}"]
        lines.append(f"to be done:  {', '.join(result.computed) or 'nothing'}")
        return "\n".join([*lines, *(f"note: {note}" for note in result.notes)])
    lines = []
    for row in result.figure("cutting").records():
        lines.append(
            f"{row['file']}: {row['seconds']} s, {row['shots']} shots, average {row['asl_s']} s, "
            f"median {row['msl_s']} s, {row['cuts_per_min']} cuts a minute"
        )
        for name, column in _TOLD:
            mine = [r for r in result.figure(name).records() if r["file"] == row["file"]]
            told = [f"{r[column]} {r['seconds']} s" for r in mine[:_MOST]]
            more = f" and {len(mine) - _MOST} more" if len(mine) > _MOST else ""
            if told:
                lines.append(f"  {name:<12} {', '.join(told)}{more}")
    lines.append(f"sampling: {result.methods['sampling']}")
    lines += [f"note: {note}" for note in result.notes]
    shown = ("page", "methods", "persons.csv", "observations.csv")
    lines += [f"  {name:<18} {result.files[name]}" for name in shown if name in result.files]
    lines.append(f"  and {len(result.files)} files in all; {result.wall_s:.1f} s")
    return "\n".join(lines)
