"""A sample for people to check, and what their marks say of the machine."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest

from pipelines.report import check_sheets
from pipelines.report.checking import ALLOWED, judged, plan_check, rate
from pipelines.report.raw_tables import FILES, OBSERVATIONS, SAMPLES, SHOTS
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.settings import Settings
from studio.tables.agreement import alpha
from studio.tables.table_files import read_csv, write_parquet
from studio.types.table import Table
from tests.footage import counted_clip


@pytest.fixture(scope="module")
def report(footage_dir, tmp_path_factory):
    """A report of a made film: 4 shots, 8 samples, a person in each, two chairs in the first."""
    film = counted_clip(footage_dir / "checked.mp4", frames=100)
    folder = tmp_path_factory.mktemp("made-report")
    name = film.name
    rows = {
        "files": [(name, "h", 4.0, 320, 180, 25.0, 8, 0)],
        "samples": [(name, 12 * n, 0.48 * n, 0.48 * n, 0.5, n // 2) for n in range(8)],
        "observations": [],
        "shots": [],
    }
    box = (0.1, 0.1, 0.4, 0.6)
    for n in range(8):
        where = (name, 12 * n, 0.48 * n, 0.5, n // 2)
        rows["observations"].append((*where, "face", "김 & <i>", 1, 0.9, "happy", "close-up",
                                     "ahead", 1.0, 2.0, 0.0, *box))  # fmt: skip
    for _ in range(2):
        where = (name, 0, 0.0, 0.5, 0)
        rows["observations"].append((*where, "thing", "chair", 0, 0.5, *(None,) * 6, *box))
    for n, scale in enumerate(("close-up", "long shot", "unsure", "close-up")):
        span = (25 * n, 25 * n + 25, float(n), n + 1.0, 1.0)
        rows["shots"].append((name, n, *span, "cut", scale, "static", "exterior", "day", ""))
    heads = {"files": FILES, "samples": SAMPLES, "observations": OBSERVATIONS, "shots": SHOTS}
    for table, head in heads.items():
        write_parquet(Table(table, head, tuple(rows[table])), folder / "raw" / f"{table}.parquet")
    (folder / "raw" / "sources.json").write_text(f'{{"{name}": "{film}"}}')
    return folder


@pytest.fixture
def job(tmp_path):
    return Job(Settings(cache_dir=tmp_path / "cache"))


def filled(sheet, path, column, values):
    rows = read_csv(sheet)
    for row, value in zip(rows, values, strict=True):
        row[column] = value
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_from_a_drawn_sample_to_rates_and_agreement(report, job, tmp_path):
    made = check_sheets.write_sheets(report, tmp_path / "sheets", 6, 3, job)
    rows = read_csv(made.check)
    assert [r["kind"] for r in rows].count("people") == 6
    assert len({r["start_s"] for r in rows if r["kind"] == "people"}) == 6
    pictures = [tmp_path / "sheets" / r["picture"] for r in rows if r["picture"]]
    assert len(pictures) == 12
    assert all(p.read_bytes()[:2] == b"\xff\xd8" for p in pictures)
    assert "<i>" not in made.page.read_text()
    # Of six people found two are wrong, and one is missing.
    marks = ["1" if n in (0, 2) else "0" for n in range(len(rows))]
    ada = filled(made.check, tmp_path / "ada.csv", "wrong", marks)
    ada = filled(ada, ada, "missed", ["1" if n == 4 else "0" for n in range(len(rows))])
    people = next(r for r in check_sheets.read_sheets(report, [ada])["rates"])
    assert people["coder"] == "ada"
    assert people["precision"].value == pytest.approx(4 / 6)
    assert people["recall"].value == pytest.approx(4 / 5)
    assert people["precision"].low < 4 / 6 < people["precision"].high

    coding = read_csv(made.coding)
    truth = {"scale": "close-up", "camera": "static", "place": "exterior", "light": "day"}
    first = [truth[r["measure"]] for r in coding]
    second = list(first)
    second[[r["measure"] for r in coding].index("place")] = "interior"
    sheets = [
        filled(made.coding, tmp_path / "bo.csv", "label", first),
        filled(made.coding, tmp_path / "cy.csv", "label", second),
    ]
    found = {r["measure"]: r for r in check_sheets.read_sheets(report, sheets)["agreement"]}
    assert found["light"]["alpha_among_coders"] is None  # one word all over: nothing to tell
    assert found["place"]["machine_right"].value == pytest.approx(7 / 8)
    assert found["scale"]["machine_unsure"] == 1
    assert found["scale"]["machine_right"].of == 2 * 3
    assert "machine right" in check_sheets.summarise_check(
        check_sheets.read_sheets(report, [ada, *sheets])
    )
    with pytest.raises(RequestError, match="already"):
        check_sheets.write_sheets(report, tmp_path / "sheets", 6, 3, job)


def test_the_draw_is_the_same_for_the_same_seed_and_fair(report):
    raw = check_sheets.read_raw(report)
    assert plan_check(raw, 3, 7) == plan_check(raw, 3, 7)
    times = [
        row[3]
        for seed in range(400)
        for row in plan_check(raw, 2, seed)[0].rows
        if row[1] == "people"
    ]
    _, counts = np.unique(times, return_counts=True)
    assert len(counts) == 8
    assert counts.min() > 70 and counts.max() < 130  # 100 each on average


def test_rates_against_hand_computed_intervals():
    """With n = 9: (0.8 + 3.8415/18 -+ 1.96 sqrt(0.16/9 + 3.8415/324)) / (1 + 3.8415/9)."""
    found = rate([1] * 8 + [0] * 2, [1] * 10)
    assert (found.value, found.of, found.clusters) == (0.8, 10, 10)
    # Cochran's variance of ten single decisions is p(1-p)/(n-1): nine of them count.
    assert found.low == pytest.approx(0.4738, abs=5e-4)
    assert found.high == pytest.approx(0.9467, abs=5e-4)
    perfect = rate([2, 3, 5], [2, 3, 5])
    assert perfect.high == 1
    assert perfect.low == pytest.approx(3 / (3 + 1.959964**2), abs=1e-6)  # Wilson's for 3 of 3
    clustered = rate([10, 0] * 5, [10, 10] * 5)  # all of a frame right, or none
    assert clustered.high - clustered.low > 0.5
    assert rate([], []).value is None


def test_intervals_hold_what_they_say():
    """Of 400 drawn samples about 95 in 100 hold the truth, though decisions come in clusters."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        sizes = rng.integers(1, 6, 60)
        chances = rng.beta(6, 1.5, 60)
        right = rng.binomial(sizes, chances)
        found = rate(right.tolist(), sizes.tolist())
        held += found.low <= 0.8 <= found.high
    assert 0.92 <= held / 400 <= 0.985


def test_alpha_is_that_of_the_book():
    """Krippendorff, "Computing Krippendorff's alpha-reliability" (2011), sections C and D."""
    n = math.nan
    data = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, n, n, n],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, n, 3],
        [n, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, n],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, n],
    ]
    assert alpha(data, "nominal") == pytest.approx(0.743, abs=5e-4)
    assert alpha(data, "ordinal") == pytest.approx(0.815, abs=5e-4)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [("wrong", "two", "whole number"), ("wrong", "9", "marked wrong"), ("file", "x.mp4", "not in")],
)
def test_marks_that_cannot_be_read_name_the_row(report, job, tmp_path, column, value, says):
    made = check_sheets.write_sheets(report, tmp_path / "s", 4, 0, job)
    values = ["0" if column == "wrong" else r["file"] for r in read_csv(made.check)]
    values[0] = value
    sheet = filled(made.check, tmp_path / "x.csv", column, values)
    with pytest.raises(RequestError) as caught:
        check_sheets.read_sheets(report, [sheet])
    assert says in f"{caught.value.message} {caught.value.hint}"


def test_what_is_no_report_or_no_sheet_is_said(report, job, tmp_path):
    with pytest.raises(RequestError, match="no report"):
        check_sheets.write_sheets(tmp_path, tmp_path / "o", 4, 0, job)
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    with pytest.raises(RequestError, match="no sheet"):
        check_sheets.read_sheets(report, [tmp_path / "table.csv"])
    assert judged({}) == []
    assert ALLOWED["scale"][0] == "extreme long shot"
