"""Known things for a screen: shown to the studio, and found again in a film."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.desk.pipeline import write_json
from studio.jobs.job import Job

Made = tuple[dict[str, Path], dict[str, Any], Sequence[str]]

_CARDS = 12


def add(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Remember a thing: ``name``, and ``pictures`` by their paths. One that cannot be found again
    refuses them all, and says why."""
    from pipelines.things.known import add_pictures, open_references

    known = open_references(job.settings, None)
    pictures = [Path(path) for path in asked["pictures"]]
    notes = add_pictures(known, str(asked["name"]), pictures, job.settings)
    files = {"known": write_json(out / "known.json", {"names": list(known.names)})}
    return files, {"known": len(known.names)}, notes


def find(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Find known things in a film; ``names`` may say which. ``found.json`` has the sightings, each
    with its picture, on which the thing is outlined."""
    from pipelines import things

    options = things.Options(out=out, names=tuple(str(n) for n in asked.get("names", ())))
    result = things.run(sources[0], options, job)
    plain = things.describe(result)
    rows = plain["seen"]
    for number, (one, row) in enumerate(zip(result.seen, rows, strict=True), start=1):
        row["start_s"], row["end_s"] = float(one.start), float(one.end)
        row["picture"] = result.files[f"{number}"].name
    told = {"film": result.film.name, "looked_for": plain["looked_for"], "seen": rows}
    cards = [[row["name"], "things", row["picture"]] for row in rows[:_CARDS]]
    files = {
        "found": write_json(out / "found.json", told),
        "things": result.files["things"],
        "cards": write_json(out / "cards.json", cards),
    }
    return files, {"sightings": len(rows)}, result.notes
