"""House lexicons, readings edited by hand, and where each spoken word stands in the text."""

from __future__ import annotations

import pytest

from pipelines.anchor.reading import read_text
from pipelines.anchor.reading.lexicon import read_lexicon
from pipelines.anchor.reading_sheet import plan_readings, read_edits, write_sheet
from pipelines.anchor.script import parse_script
from studio.errors import RequestError


def _places(written: str, language: str) -> list[tuple[str, str]]:
    reading = read_text(written, language)
    return [(w.text, written[w.start : w.end]) for w in reading.words()]


def test_every_spoken_word_keeps_its_place():
    assert _places("At 7 p.m. on March 3, 2026, we met.", "en") == [
        ("At", "At"),
        ("seven", "7 p.m."),
        ("P", "7 p.m."),
        ("M", "7 p.m."),
        ("on", "on"),
        ("March", "March 3, 2026"),
        ("third,", "March 3, 2026"),
        ("twenty", "March 3, 2026"),
        ("twenty-six,", "March 3, 2026,"),
        ("we", "we"),
        ("met.", "met."),
    ]
    assert _places("약 20명이 5km를 갔다.", "ko") == [
        ("약", "약"),
        ("스무", "20명"),
        ("명이", "20명이"),
        ("오", "5km"),
        ("킬로미터를", "5km를"),
        ("갔다.", "갔다."),
    ]


@pytest.mark.parametrize("name", ["house.toml", "house.json"])
def test_the_house_s_readings_go_before_every_rule(tmp_path, name):
    path = tmp_path / name
    if name.endswith("toml"):
        path.write_text(
            '# ours\n"KBC" = "케이비시 방송"\n3.1절 = \'삼일절\'\n"U.S." = America # said\n'
        )
    else:
        path.write_text('{"KBC": "케이비시 방송",\n "3.1절": "삼일절", "U.S.": "America"}')
    lexicon = read_lexicon(path)
    read = read_text("KBC가 3.1절에", "ko", lexicon)
    assert read.read == "케이비시 방송이 삼일절에"
    assert "lexicon" in read.rules
    assert read_text("KBCS", "en", lexicon).read == "K B C S", "not inside of another word"
    assert read_text("the U.S. Navy", "en", lexicon).read == "the America Navy"


@pytest.mark.parametrize(
    "name, text, place",
    [
        ("h.toml", '"A" = "a"\nnonsense\n', "h.toml:2: this is no entry"),
        ("h.toml", '"A" = "a"\n\n"A" = "b"\n', "h.toml:3: 'A' stands in line 1 already"),
        ("h.toml", '"A" = ""\n', "h.toml:1: 'A' has no reading"),
        ("h.json", '{"A": "a",\n "B": 3}', "h.json:2: 'B' has no text"),
        ("h.json", '{"A": "a",\n "B" 3}', "h.json:2: this is no JSON"),
        ("h.json", "[1, 2]", "h.json:1:"),
    ],
)
def test_a_bad_lexicon_is_told_by_its_line(tmp_path, name, text, place):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        read_lexicon(path)
    assert place in caught.value.message


def test_an_edited_reading_keeps_the_places_of_what_stayed():
    written = "It cost $5.25 in 1905, the U.S. said."
    made = read_text(written, "en")
    wanted = "It cost five twenty-five in nineteen hundred and five, America really said."
    edited = made.edited(wanted)
    words = {w.text: written[w.start : w.end] for w in edited.words()}
    assert edited.read.split() == wanted.split()
    assert words["It"] == "It" and words["said."] == "said."
    assert (
        "$5.25" in words["twenty-five"]
        and "1905" in words["hundred"]
        and "U.S." in words["America"]
    )
    assert made.edited(made.read) is made
    for text in ("Entirely other words.", "It", "said. It", "x " + made.read + " y"):
        again = made.edited(text)
        assert again.read.split() == text.split()
        assert all(w.end <= len(written) for w in again.words())


def test_edits_survive_a_re_run_and_fall_away_with_their_line(tmp_path):
    from pipelines.anchor.reading.lexicon import Lexicon

    sheet = tmp_path / "reading.tsv"
    script = parse_script("Dr. Lee came.\n\nIt was 5 p.m.", "a.md")
    assert read_edits(sheet) == {}
    write_sheet(script, plan_readings(script, Lexicon(), {}), sheet)
    assert read_edits(sheet) == {}
    text = sheet.read_text()
    assert "Dr. Lee came.\tDoctor Lee came." in text
    sheet.write_text(
        text.replace("\tDoctor Lee came.", "\tDoctor Lea came.", 1), encoding="utf-8-sig"
    )
    for _ in range(2):
        readings = plan_readings(script, Lexicon(), read_edits(sheet))
        first = next(script.lines())
        assert readings.edited == (first.id,) and not readings.notes
        assert readings.lines[first.id].read.split() == ["Doctor", "Lea", "came."]
        write_sheet(script, readings, sheet)
    changed = parse_script("Dr. Lee went.\n\nIt was 5 p.m.", "a.md")
    readings = plan_readings(changed, Lexicon(), read_edits(sheet))
    assert readings.edited == () and "Dr. Lee came." in readings.notes[0]
    sheet.write_text(text + "only two\tcolumns\n")
    with pytest.raises(RequestError, match=r"reading\.tsv:4: a row has 2 columns"):
        read_edits(sheet)
