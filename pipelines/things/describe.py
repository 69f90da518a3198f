"""What was found, for a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.codec import to_json

if TYPE_CHECKING:
    from pipelines.things.result import Result


_HOW = {
    "points": "{n} points agree with",
    "region": "a region looks like ({score:.2f})",
    "maybe": "unsure: a region looks a little like ({score:.2f})",
}


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio things find --json`` prints it."""
    return {
        "film": str(result.film),
        "looked_for": dict(result.looked_for),
        "seen": to_json(list(result.seen)),
        "files": to_json(dict(result.files)),
        "notes": list(result.notes),
        "wall_s": round(result.wall_s, 3),
    }


def summarise(result: Result) -> str:
    """The sightings, as lines."""
    names = ", ".join(f"{name} ({n})" for name, n in result.looked_for.items())
    lines = [f"{result.film.name}: looked for {names}"]
    for one in result.seen:
        lines.append(
            f"  {one.name:<24} {float(one.start):8.2f}–{float(one.end):.2f} s  "
            f"{_HOW[one.how].format(n=one.agreeing, score=one.score)} {one.reference}"
        )
    if not result.seen:
        lines.append("  none of it was seen")
    lines += [f"note: {note}" for note in result.notes]
    lines += [f"  {path}" for name, path in result.files.items() if name == "things"]
    lines.append(f"{result.wall_s:.1f} s")
    return "\n".join(lines)
