"""The written script: what a newsroom types, and what it is told where it mistypes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from pipelines.anchor.pipeline import refuse_too_long
from pipelines.anchor.reading.lexicon import Lexicon
from pipelines.anchor.reading_sheet import plan_readings
from pipelines.anchor.script import parse_script, read_script, script_text
from studio.errors import RequestError
from studio.types.script import ScriptItem, shown_in

SCRIPTS = Path(__file__).resolve().parents[2] / "assets" / "scripts"

TYPED = """# Harbour *reopens*
## The port
The port reopened at 7:30 a.m. on Friday. [b-roll: harbour at dawn] It cost *about* $1.2 million,
Dr. Ada Moreno said. [lower third: Ada Moreno | Harbour master]

> We lost boats. [pause 1.5] Nobody \\*died\\* \\[sic\\].
<!-- nobody hears this
nor this -->
[broll: waves]

See [the port](http://port.example) there.
## Empty
"""


def test_everything_that_can_be_typed():
    script = parse_script(TYPED, "news.md")
    assert (script.language, script.headline) == ("en", "Harbour reopens")
    assert [item.title for item in script.items] == ["The port", "Empty"]
    lines = list(script.lines())
    assert [line.text for line in lines] == [
        "The port reopened at 7:30 a.m. on Friday.",
        "It cost about $1.2 million, Dr. Ada Moreno said.",
        "We lost boats.",
        "Nobody *died* [sic].",
        "See the port there.",
    ]
    assert [line.quote for line in lines] == [False, False, True, True, False]
    assert [line.source_line for line in lines] == [3, 3, 6, 6, 11]
    cost = lines[1]
    assert [cost.text[a:b] for a, b in cost.emphasis] == ["about"]
    assert [(c.kind, c.at, c.argument, c.detail) for c in cost.cues] == [
        ("b-roll", 0, "harbour at dawn", ""),
        ("lower-third", len(cost.text), "Ada Moreno", "Harbour master"),
    ]
    ((line, pause),) = shown_in(script, "pause")
    assert pause.seconds == Fraction(3, 2) and (line, pause.at) == (lines[3], 0)
    assert [c.argument for _, c in shown_in(script, "b-roll")] == ["harbour at dawn", "waves"]


def test_plain_text_opens_with_its_headline():
    script = parse_script("Storm over\n\nThe storm is over. All is well.", "news.txt")
    assert script.headline == "Storm over" and len(list(script.lines())) == 2
    spoken = parse_script("The storm is over.\n\nAll is well.", "news.txt")
    assert spoken.headline == "" and len(list(spoken.lines())) == 2


@pytest.mark.parametrize(
    "text, place, hint",
    [
        ("One.\nTwo. [b-rol: dawn]", "news.md:2:6: there is no cue [b-rol]", "b-roll"),
        ("Hi [graphik: a.csv].", "news.md:1:4:", "graphic"),
        ("Hi [zebra crossing].", "news.md:1:4:", "The cues are b-roll"),
        ("Hi [pause soon].", "news.md:1:4:", "pause"),
        ("Hi [pause 99].", "news.md:1:4: a pause of 99 s", "30"),
        ("Hi [pause: -1].", "news.md:1:4:", "pause"),
        ("Hi [b-roll].", "news.md:1:4: [b-roll] does not say what", "…"),
        ("Hi [b-roll: dawn", "news.md:1:4: a bracket opens", "]"),
        ("Hi *there* you *all", "news.md:1:", "*"),
        ("", "news.md:1: the script says nothing", ""),
        ("# Only a headline\n[b-roll: x]\n", "news.md:1: the script says nothing", ""),
        ("…\n\n---\n!!", "news.md:1: the script says nothing", ""),
    ],
)
def test_mistakes_are_told_with_their_place(text, place, hint):
    with pytest.raises(RequestError) as caught:
        parse_script(text, "news.md")
        raise AssertionError(text)
    assert place in caught.value.message
    assert hint in caught.value.hint


def test_files_that_are_not_there(tmp_path):
    path = tmp_path / "news.md"
    path.write_text("Hello.\n\nLook. [over-the-shoulder: ship.png]", encoding="utf-8")
    with pytest.raises(RequestError, match=r"news\.md:3:7: \[over-the-shoulder: ship\.png\]"):
        read_script(path)
    (tmp_path / "ship.png").write_bytes(b"x")
    read_script(path)
    path.write_text("Hello. [b-roll: dawn.mp4] [b-roll: a harbour]", encoding="utf-8")
    with pytest.raises(RequestError, match=r"dawn\.mp4"):
        read_script(path)
    path.write_text("Fine.\n\n" + "9" * 5000 + ".", encoding="utf-8")
    with pytest.raises(RequestError, match=r"news\.md:3: a sentence has 5,001 characters"):
        read_script(path)
    path.write_bytes("fine\nné".encode("latin-1"))
    with pytest.raises(RequestError, match=r"news\.md:2: .*UTF-8"):
        read_script(path)
    with pytest.raises(RequestError, match="cannot be read"):
        read_script(tmp_path / "none.md")


def test_a_script_comes_back_from_its_json_and_can_be_edited(tmp_path):
    script = read_script(SCRIPTS / "harbour.en.md")
    path = tmp_path / "script.json"
    path.write_text(script_text(script), encoding="utf-8")
    assert read_script(path) == script
    path.write_text(script_text(script).replace('"kind": "b-roll"', '"kind": "x"', 1))
    with pytest.raises(RequestError, match=r"\$\.items\[0\]\.lines\[\d\]\.cues\[0\]\.kind"):
        read_script(path)
    path.write_text('{"language": "en",\n oops', encoding="utf-8")
    with pytest.raises(RequestError, match=r"script\.json:2: this is no JSON"):
        read_script(path)


def test_the_digest_is_of_what_is_aired():
    script = parse_script(TYPED, "news.md")
    assert parse_script("\n\n" + TYPED, "news.md").digest == script.digest
    assert replace(script, media_folder="/elsewhere").digest == script.digest
    for changed in (
        TYPED.replace("1.2", "1.3"),
        TYPED.replace("1.5", "1.6"),
        TYPED.replace("*about*", "about"),
        TYPED.replace("Harbour master", "Mayor"),
        TYPED.replace("> We", "We"),
        TYPED.replace("## The port", "## A port"),
    ):
        assert parse_script(changed, "news.md").digest != script.digest


def test_ids_outlive_changes_elsewhere():
    before = {line.text: line.id for line in parse_script(TYPED, "a.md").lines()}
    more = "New. New.\n\n" + TYPED.replace("$1.2 million", "$2 million")
    after = {line.id: line.text for line in parse_script(more, "a.md").lines()}
    kept = [text for text, name in before.items() if after.get(name) == text]
    assert len(kept) == len(before) - 1
    assert len(after) == len(before) + 2, "equal lines have names of their own"


def test_a_script_over_half_an_hour_is_refused_with_the_line_it_passes_at():
    row = "The council met again on Monday to discuss the plan for the new sea wall at length.\n\n"
    script = parse_script(row * 480, "long.md")
    readings = plan_readings(script, Lexicon(), {})
    with pytest.raises(
        RequestError, match=r"long\.md:(\d+): here the script passes 30 minutes"
    ) as e:
        refuse_too_long(script, readings, "long.md", 1.0)
    line = int(e.value.message.split(":")[1])
    assert 480 < line < 800 and line % 2 == 1
    short = replace(script, items=(ScriptItem("", script.items[0].lines[:20]),))
    assert 60 < refuse_too_long(short, readings, "long.md", 1.0) < 150


def test_the_project_s_own_scripts():
    for name, language in (("harbour.en.md", "en"), ("harbour.ko.md", "ko")):
        script = read_script(SCRIPTS / name)
        readings = plan_readings(script, Lexicon(), {})
        assert script.language == language
        for line in script.lines():
            assert not any(c.isdecimal() for c in readings.lines[line.id].read), line.text
