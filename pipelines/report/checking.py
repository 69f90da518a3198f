"""How far a report can be trusted: a random sample of it for people to look at, and what their
marks say. Pure but for the sheets themselves.

Two kinds of sheet. On the *check* sheet a coder sees what the machine said of a frame or of a
stretch and writes how much of it is wrong and how much is missing: that gives precision and
recall. The *coding* sheet is blind: the coder sees the shot and not the machine's word, and
writes one of the words allowed: that gives agreement among coders and with the machine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipelines.people.screen_time import SCALES
from pipelines.report.counting import Row
from pipelines.report.shot_facts import NOBODY
from studio.errors import RequestError
from studio.types.table import Cell, Table

CHECK = (
    "number",
    "kind",
    "file",
    "start_s",
    "end_s",
    "picture",
    "machine",
    "count",
    "wrong",
    "missed",
)
CODING = ("number", "measure", "file", "shot", "start_s", "end_s", "picture", "allowed", "label")

#: Kinds of decisions of the check sheet.
PEOPLE, THINGS, CUTS = "people", "things", "cuts"
#: Length of a stretch in which cuts are looked for.
STRETCH_S = 10.0
#: What may be written for each measure of the coding sheet, in order where there is one.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "scale": (*(name for name, _ in reversed(SCALES)), NOBODY),
    "camera": (
        "static",
        "pan left",
        "pan right",
        "tilt up",
        "tilt down",
        "zoom in",
        "zoom out",
        "unsteady",
    ),
    "place": ("interior", "exterior"),
    "light": ("day", "night"),
}
#: 95 % of a normal distribution lie within.
_Z = 1.959964


def plan_check(raw: Mapping[str, Sequence[Row]], count: int, seed: int) -> tuple[Table, Table]:
    """Simple random samples, without replacement, the same for the same seed.

    Args:
        raw: records of the raw tables by name.
        count: frames, and as many shots; stretches for cuts are a third of it.
        seed: of the draw.

    Returns:
        The check sheet and the coding sheet; what coders fill in is empty.
    """
    draw = random.Random(seed)
    check: list[tuple[Cell, ...]] = []
    samples = list(raw["samples"])
    by_frame: dict[tuple[Cell, Cell], list[Row]] = {}
    for row in raw["observations"]:
        by_frame.setdefault((row["file"], row["frame"]), []).append(row)
    for sample in _drawn(draw, samples, count):
        seen = by_frame.get((sample["file"], sample["frame"]), [])
        for kind, of in ((PEOPLE, "face"), (THINGS, "thing")):
            told = [str(r["label"]) for r in seen if r["kind"] == of and r["label"] != "unclear"]
            at = sample["time_s"]
            check.append(
                _check_row(check, kind, sample["file"], at, at, "; ".join(told), len(told))
            )
    for file, from_s, until_s in _drawn(draw, _stretches(raw["files"]), max(1, count // 3)):
        starts = [_f(r["start_s"]) for r in raw["shots"] if r["file"] == file and r["shot"] != 0]
        cuts = [f"{s:.2f}" for s in starts if from_s <= s < until_s]
        check.append(_check_row(check, CUTS, file, from_s, until_s, "; ".join(cuts), len(cuts)))
    coding: list[tuple[Cell, ...]] = []
    for shot in _drawn(draw, list(raw["shots"]), count):
        for measure, words in ALLOWED.items():
            where = (shot["file"], shot["shot"], shot["start_s"], shot["end_s"])
            coding.append((len(coding) + 1, measure, *where, None, " | ".join(words), None))
    return Table("check", CHECK, tuple(check)), Table("coding", CODING, tuple(coding))


def _drawn(draw: random.Random, rows: Sequence, count: int) -> list:  # type: ignore[type-arg]
    chosen = sorted(draw.sample(range(len(rows)), min(count, len(rows))))
    return [rows[n] for n in chosen]


def _stretches(files: Sequence[Row]) -> list[tuple[str, float, float]]:
    found = []
    for row in files:
        whole = _f(row["seconds"])
        for n in range(max(1, math.ceil(whole / STRETCH_S))):
            found.append((str(row["file"]), n * STRETCH_S, min((n + 1) * STRETCH_S, whole)))
    return found


def _check_row(
    rows: Sequence[object], kind: str, file: Cell, start: Cell, end: Cell, said: str, count: int
) -> tuple[Cell, ...]:
    return (len(rows) + 1, kind, file, start, end, None, said, count, None, None)


def _f(cell: Cell) -> float:
    return float(cell or 0)


@dataclass(frozen=True)
class Rate:
    """A share with its 95 % confidence interval.

    Attributes:
        value: 0 to 1; None where nothing was there to judge.
        low, high: the interval.
        of: decisions it was counted on.
        clusters: frames or stretches they came from.
    """

    value: float | None
    low: float
    high: float
    of: int
    clusters: int


def rate(right: Sequence[int], all_of: Sequence[int]) -> Rate:
    """A share of decisions that come in clusters, as frames are.

    The value is the ratio estimator; its variance that of Cochran, "Sampling Techniques" (3rd
    ed. 1977, 2.11), from the spread between the clusters; the interval is Wilson's with as many
    independent decisions as give that variance (Korn and Graubard 1998), never more than there
    are, and where no cluster differs from another as many as there are clusters.

    Args:
        right: right decisions in each cluster.
        all_of: decisions in each; clusters without any say nothing.
    """
    pairs = [(r, n) for r, n in zip(right, all_of, strict=True) if n > 0]
    total, good, clusters = sum(n for _, n in pairs), sum(r for r, _ in pairs), len(pairs)
    if not total:
        return Rate(None, 0.0, 1.0, 0, 0)
    share = good / total
    effective = float(clusters)
    if clusters > 1:
        residuals = sum((r - share * n) ** 2 for r, n in pairs)
        variance = clusters / (clusters - 1) * residuals / total**2
        if variance > 0:
            effective = min(share * (1 - share) / variance, float(total))
    middle = (share + _Z**2 / (2 * effective)) / (1 + _Z**2 / effective)
    half = (
        _Z
        * math.sqrt(share * (1 - share) / effective + _Z**2 / (4 * effective**2))
        / (1 + _Z**2 / effective)
    )
    low, high = max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))
    return Rate(share, low, high, total, clusters)


def judged(sheets: Mapping[str, Sequence[Mapping[str, str]]]) -> list[dict[str, object]]:
    """Precision and recall by kind and coder, from filled check sheets.

    Args:
        sheets: coder to the rows of the sheet; rows left empty say nothing.

    Raises:
        RequestError: a mark is no number, or more is wrong than was found.
    """
    found: list[dict[str, object]] = []
    for coder, rows in sheets.items():
        for kind in (PEOPLE, THINGS, CUTS):
            marks = [
                (_whole(r, "count", coder), _whole(r, "wrong", coder), _whole(r, "missed", coder))
                for r in rows
                if r["kind"] == kind and (r["wrong"].strip() or r["missed"].strip())
            ]
            if not marks:
                continue
            for count, wrong, _ in marks:
                if wrong > count:
                    raise RequestError(
                        f"{coder}: {wrong} are marked wrong where {count} were found.",
                        "Correct the sheet.",
                    )
            right = [count - wrong for count, wrong, _ in marks]
            there = [count - wrong + missed for count, wrong, missed in marks]
            precision, recall = rate(right, [c for c, _, _ in marks]), rate(right, there)
            found.append(
                {"coder": coder, "kind": kind, "checked": len(marks),
                 "precision": precision, "recall": recall}
            )  # fmt: skip
    return found


def _whole(row: Mapping[str, str], column: str, coder: str) -> int:
    text = row[column].strip() or "0"
    if not text.isdecimal() or len(text) > 6:
        raise RequestError(
            f"{coder}, row {row.get('number', '?')}: {column} is {text!r}.",
            "Write how many, as a whole number.",
        )
    return int(text)


Alpha = Callable[[list[list[float]], str], float]


def agreement(
    sheets: Mapping[str, Sequence[Mapping[str, str]]],
    shots: Sequence[Row],
    alpha: Alpha,
) -> list[dict[str, object]]:
    """Agreement by measure, from filled coding sheets: among coders, and with the machine.

    Krippendorff's alpha, ordinal for the scale of shots and nominal for the rest. What the
    machine is unsure of, and what a coder left empty, counts as missing.

    Args:
        sheets: coder to the rows of the sheet.
        shots: records of the raw table.
        alpha: data (a row a coder, NaN for missing) and level of measurement to alpha.

    Raises:
        RequestError: a label is none of those allowed.
    """
    machine = {(str(r["file"]), str(r["shot"])): r for r in shots}
    found: list[dict[str, object]] = []
    for measure, words in ALLOWED.items():
        units: dict[tuple[str, str], dict[str, float]] = {}
        for coder, rows in sheets.items():
            for row in rows:
                label = " ".join(row["label"].split()).casefold()
                if row["measure"] != measure or not label:
                    continue
                if label not in words:
                    raise RequestError(
                        f"{coder}, row {row.get('number', '?')}: {label!r} is no {measure}.",
                        f"Write one of: {', '.join(words)}",
                    )
                units.setdefault((row["file"], row["shot"]), {})[coder] = words.index(label)
        if not units:
            continue
        coders = list(sheets)
        nan = float("nan")
        people = [[units[u].get(coder, nan) for u in units] for coder in coders]
        said = [_said(machine.get(unit), measure, words) for unit in units]
        level = "ordinal" if measure == "scale" else "nominal"
        same = [
            int(value == own)
            for row in people
            for value, own in zip(row, said, strict=True)
            if not math.isnan(value) and not math.isnan(own)
        ]
        found.append(
            {
                "measure": measure,
                "shots": len(units),
                "coders": len(coders),
                "alpha_among_coders": _alpha(people, level, alpha),
                "alpha_with_machine": _alpha([*people, said], level, alpha),
                "machine_unsure": sum(math.isnan(own) for own in said),
                "machine_right": rate(same, [1] * len(same)),
            }
        )
    return found


def _said(row: Row | None, measure: str, words: Sequence[str]) -> float:
    value = None if row is None else row[measure]
    return float(words.index(str(value))) if value in words else float("nan")


def _alpha(data: list[list[float]], level: str, alpha: Alpha) -> float | None:
    """None where fewer than two coders judged anything twice, or all wrote one word."""
    pairs = [[v for v in column if not math.isnan(v)] for column in zip(*data, strict=True)]
    judged_twice = [values for values in pairs if len(values) > 1]
    if not judged_twice or len({v for values in judged_twice for v in values}) < 2:
        return None
    return alpha(data, level)
