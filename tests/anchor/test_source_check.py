"""The script's numbers, dates and names held against sources."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from pipelines.anchor.figures import figures_in, number_value
from pipelines.anchor.script import parse_script, read_script
from pipelines.anchor.source_check import Source, check_script, read_source
from studio.errors import RequestError

SCRIPTS = Path(__file__).resolve().parents[2] / "assets" / "scripts"


@pytest.mark.parametrize(
    "written, value",
    [
        ("1.2 million", 1_200_000),
        ("1,200,000", 1_200_000),
        ("120만", 1_200_000),
        ("$3bn", 3_000_000_000),
        ("1조 2000억", 1_200_000_000_000),
        ("3만5천", 35_000),
        ("12.5", Fraction(25, 2)),
        ("5천만", 50_000_000),
    ],
)
def test_numbers_by_value(written, value):
    assert number_value(written) == value
    (found,) = figures_in(f"x {written} y", names=False)
    assert found.value == value and found.written in written


def _missing(script: str, *sources: str) -> list[tuple[str, str, int]]:
    check = check_script(
        parse_script(script, "a.md"), [Source(f"s{i}", text) for i, text in enumerate(sources)]
    )
    return [(u.kind, u.written, u.source_line) for u in check.unverified]


@pytest.mark.parametrize(
    "script, source",
    [
        ("Some 1.2 million people came.", "Visitors: 1,200,000"),
        ("About 120만 명이 왔습니다.", "1.2 million visitors"),
        ("It cost $3bn.", "cost: 3 billion dollars"),
        ("Twelve boats and three hundred forty-two cars burnt.", "12 boats, 342 cars"),
        ("On March 3, 2026, it opened.", "opened 2026-03-03"),
        ("On March 3, it opened.", "opened 3 March 2026"),
        ("2026년 3월 3일 문을 열었습니다.", "opened 3/3/2026"),
        ("At 7:30 p.m. it opened.", "오후 7시 30분 개장"),
        ("It opened, Ada Moreno's office said.", "statement by Dr. ADA MORENO"),
        ("In 1999 it opened.", "built 1999"),
        ("In 2026 it opened.", "opened on 3 March 2026"),
        ("김민서 장관은 밝혔습니다.", "장관 김민서"),
    ],
)
def test_what_a_source_vouches_for(script, source):
    assert _missing(script, "nothing of it", source) == []
    assert _missing(script, "nothing of it"), "and without the source it is listed"


@pytest.mark.parametrize(
    "script, source, missing",
    [
        ("Fine.\n\nSome 1.3 million came.", "1,200,000", ("number", "1.3 million", 3)),
        ("On March 4, 2026, it opened.", "2026-03-03", ("date", "March 4, 2026", 1)),
        ("On March 3, 2025, it opened.", "2026-03-03", ("date", "March 3, 2025", 1)),
        ("At 7:30 a.m. it opened.", "19:30", ("time", "7:30 a.m.", 1)),
        ("It opened, Ada Morena said.", "Ada Moreno", ("name", "Ada Morena", 1)),
        ("It opened, Ana said.", "Banana", ("name", "Ana", 1)),
        ("주민 1,051명이 찬성했습니다.", "1050명", ("number", "1,051", 1)),
    ],
)
def test_what_no_source_vouches_for(script, source, missing):
    assert missing in _missing(script, source)


def test_cells_of_a_table_are_not_thousands(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('place,boats,cars\nPort,12,345\n"Quay, old","1,200",7\n')
    source = read_source(path)
    check = check_script(parse_script("There are 12 of 345, and 1,200.", "a.md"), [source])
    assert not check.unverified and check.verified == 3
    check = check_script(parse_script("There are 12,345.", "a.md"), [source])
    assert [u.written for u in check.unverified] == ["12,345"]
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(RequestError, match="not text"):
        read_source(path)


def test_the_project_s_script_stands_on_its_source_but_for_what_is_changed():
    script = read_script(SCRIPTS / "harbour.en.md")
    source = read_source(SCRIPTS / "harbour.en.source.txt")
    check = check_script(script, [source])
    assert check.verified > 40
    assert [(u.kind, u.written) for u in check.unverified] == []
    wrong = Source(source.name, source.text.replace("35 million", "36 million"))
    (found,) = check_script(script, [wrong]).unverified
    assert found.written == "35 million" and found.near == "36 million"
