"""Checking a report on a screen: a random sample to look at, and what the marks say of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.desk.pipeline import write_json
from pipelines.report.check_sheets import (
    describe_check,
    read_sheets,
    write_sheets,
)
from pipelines.report.checking import ALLOWED, CHECK, CODING
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.table import Cell, Table

Made = tuple[dict[str, Path], dict[str, Any], Sequence[str]]


def draw(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Draw ``sample`` frames and shots of ``report`` by ``seed``; ``sample.json`` has the rows of
    both sheets with their pictures. The sheets lie beside, as ``studio check`` writes them."""
    report = Path(asked["report"])
    sheets = write_sheets(report, out, int(asked["sample"]), int(asked["seed"]), job)
    from studio.tables.table_files import read_csv

    told = {
        "check": read_csv(sheets.check),
        "coding": read_csv(sheets.coding),
        "allowed": {measure: list(words) for measure, words in ALLOWED.items()},
    }
    return {"sample": write_json(out / "sample.json", told)}, {}, sheets.notes


def judge(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Write what a coder marked into sheets of their own, and count over those of all coders.

    ``marks`` has for the number of a row of the check sheet how many finds are wrong and how many
    are missed; ``labels`` for one of the coding sheet its word. Rows that are not among them were
    not looked at. ``rates.json`` is what ``studio check --read --json`` prints.
    """
    from studio.tables.table_files import read_csv, write_csv

    report, sample = Path(asked["report"]), Path(asked["sample"])
    coder = re.sub(r"[^\w\- ]", "_", str(asked["coder"])).strip()[:40]
    if not coder:
        raise RequestError("The coder has no name.", "Say who checks: agreement is between people.")
    marks: dict[str, list[int]] = asked["marks"]
    labels: dict[str, str] = asked["labels"]
    check, coding = (read_csv(sample / f"{name}.csv") for name in ("check", "coding"))
    folder = sample / "coders"
    rows: list[tuple[Cell, ...]] = []
    for row in check:
        wrong, missed = marks.get(row["number"], ("", ""))
        rows.append((*(row[c] for c in CHECK[:-2]), str(wrong), str(missed)))
    write_csv(Table("check", CHECK, tuple(rows)), folder / f"{coder}.check.csv")
    coded = tuple((*(row[c] for c in CODING[:-1]), labels.get(row["number"], "")) for row in coding)
    write_csv(Table("coding", CODING, coded), folder / f"{coder}.coding.csv")
    filled = sorted(folder.glob("*.csv"))
    found = describe_check(read_sheets(report, filled))
    files = {path.name: path for path in filled}
    return (
        {**files, "rates": write_json(out / "rates.json", found)},
        {"coders": len(filled) // 2},
        (),
    )
