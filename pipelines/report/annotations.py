"""What was found in one film as stretches of time: for ELAN, for players. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pipelines.report.counting import Row
from studio.tables.elan import Span
from studio.types.table import Cell

#: Things in fewer samples than this get no tier of their own.
_LEAST_SAMPLES = 2
#: How bodies begin to be called that no face tells; see :mod:`pipelines.people.walks`.
STRANGER = "Body "


def tiers_of(file: str, raw: Mapping[str, Sequence[Row]]) -> dict[str, list[Span]]:
    """Tiers of one file: shots and what is counted of them, people, bodies, things, text,
    speakers, sounds, odd events, flags and known things.

    Args:
        file: its name.
        raw: records of the raw tables by the name of the table.
    """
    shots = [row for row in raw["shots"] if row["file"] == file]
    tiers: dict[str, list[Span]] = {
        "shots": [(_f(r, "start_s"), _f(r, "end_s"), f"shot {r['shot']}") for r in shots]
    }
    for measure in ("scale", "camera", "place", "light"):
        told = [row for row in shots if row[measure]]
        tiers[measure] = [(_f(r, "start_s"), _f(r, "end_s"), str(r[measure])) for r in told]
    samples = [row for row in raw["samples"] if row["file"] == file]
    seen = [row for row in raw["observations"] if row["file"] == file]
    for kind, title in (("face", "person"), ("thing", "thing")):
        labels = dict.fromkeys(str(r["label"]) for r in seen if r["kind"] == kind)
        for label in labels:
            frames = {r["frame"] for r in seen if r["kind"] == kind and r["label"] == label}
            if kind == "face" or len(frames) >= _LEAST_SAMPLES:
                tiers[f"{title}: {label}"] = _joined(
                    label, [r["frame"] in frames for r in samples], samples
                )
    for row in raw["texts"]:
        if row["file"] == file:
            read = (_f(row, "start_s"), _f(row, "end_s"), str(row["text"]))
            tiers.setdefault("text", []).append(read)
    for row in raw["turns"]:
        if row["file"] == file:
            tier = tiers.setdefault(f"speaker: {row['speaker']}", [])
            tier.append((_f(row, "start_s"), _f(row, "end_s"), f"{row['words']} words"))
    tiers |= _bodies(file, raw)
    for table, column, title in (
        ("noises", "sound", "sound"),
        ("odd_events", "event", "odd"),
        ("flags", "flag", "flag"),
        ("sightings", "known_thing", "known"),
    ):
        for row in raw[table]:
            if row["file"] == file:
                words = str(row["reason"] if table == "odd_events" else row[column])
                tier = tiers.setdefault(f"{title}: {row[column]}", [])
                tier.append((_f(row, "start_s"), _f(row, "end_s"), words))
    return tiers


def _bodies(file: str, raw: Mapping[str, Sequence[Row]]) -> dict[str, list[Span]]:
    """How many bodies there are, when each is there whose face is known again, and when somebody's
    hand is up. Bodies without a face get no tier: a film has hundreds of them."""
    frames = [row for row in raw["body_frames"] if row["file"] == file]
    there: dict[str, set[Cell]] = {}
    raised: set[Cell] = set()
    for row in raw["body_samples"]:
        if row["file"] == file:
            if not str(row["body"]).startswith(STRANGER):
                there.setdefault(str(row["body"]), set()).add(row["frame"])
            if row["hands_raised"]:
                raised.add(row["frame"])
    tiers = {
        f"body: {label}": _joined(label, [r["frame"] in seen for r in frames], frames)
        for label, seen in there.items()
    }
    counts: list[Span] = []
    before: tuple[Cell, Cell] = (None, None)
    for row in frames:
        now = (row["shot"], row["bodies"])
        if row["bodies"]:
            begin_s = counts.pop()[0] if now == before else _f(row, "from_s")
            counts.append((begin_s, _f(row, "from_s") + _f(row, "seconds"), str(row["bodies"])))
        before = now
    if counts:
        tiers["bodies"] = counts
    if raised:
        there_s = [r["frame"] in raised for r in frames]
        tiers["hand raised"] = _joined("hand raised", there_s, frames)
    return tiers


def _f(row: Row, name: str) -> float:
    return float(row[name] or 0.0)


def _joined(label: str, there: Sequence[bool], samples: Sequence[Row]) -> list[Span]:
    """Samples next to each other become one stretch; a cut between them ends it."""
    spans: list[Span] = []
    open_shot: object = None
    for present, row in zip(there, samples, strict=True):
        if not present:
            open_shot = None
            continue
        end_s = _f(row, "from_s") + _f(row, "seconds")
        if open_shot == row["shot"] and spans:
            spans[-1] = (spans[-1][0], end_s, label)
        else:
            spans.append((_f(row, "from_s"), end_s, label))
        open_shot = row["shot"]
    return spans


def cues_of(file: str, raw: Mapping[str, Sequence[Row]]) -> list[Span]:
    """One cue a shot, its words a JSON object: a metadata track for players."""
    cues: list[Span] = []
    for shot in raw["shots"]:
        if shot["file"] != file:
            continue
        seen = [r for r in raw["observations"] if r["file"] == file and r["shot"] == shot["shot"]]
        data: dict[str, object] = {
            "shot": shot["shot"],
            **{m: shot[m] for m in ("scale", "camera", "place", "light") if shot[m]},
            "people": sorted({str(r["label"]) for r in seen if r["kind"] == "face"}),
            "things": sorted({str(r["label"]) for r in seen if r["kind"] == "thing"}),
            **{
                key: names
                for key, table, column in _HEARD
                if (names := _during(shot, raw[table], file, column))
            },
        }
        text = json.dumps(data, ensure_ascii=False)
        cues.append((_f(shot, "start_s"), _f(shot, "end_s"), text))
    return cues


#: What else stands in a cue where it falls into the shot.
_HEARD = (
    ("text", "texts", "text"),
    ("sounds", "noises", "sound"),
    ("odd", "odd_events", "event"),
    ("known", "sightings", "known_thing"),
)


def _during(shot: Row, rows: Sequence[Row], file: str, column: str) -> list[str]:
    start, end = _f(shot, "start_s"), _f(shot, "end_s")
    inside = (r for r in rows if r["file"] == file and _f(r, "start_s") < end)
    return sorted({str(r[column]) for r in inside if _f(r, "end_s") > start})
