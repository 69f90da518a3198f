"""The linter against hand-made cues, good and bad."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.subtitles.lint import lint, rate_of
from pipelines.subtitles.profile import load
from studio.types.subtitles import Cue, Subtitles
from studio.types.timecode import FrameRate

ROOT = Path(__file__).resolve().parents[2]


def cue(start: str, end: str, *lines: str, speaker: str = "", kind: str = "speech") -> Cue:
    return Cue(Fraction(start), Fraction(end), lines, speaker=speaker, kind=kind)


def rules(profile: str, *cues: Cue, rate=25, cuts=(), language="") -> list[tuple[int, str]]:
    track = Subtitles(language, cues)
    frames = FrameRate(Fraction(rate))
    return [
        (v.cue, v.rule) for v in lint(track, load(profile), frames, [Fraction(c) for c in cuts])
    ]


GOOD = [
    ("netflix-en", [cue("1", "3", "I always knew"), cue("3.08", "6", "that you would agree.")]),
    ("netflix-en", [cue("1", "4", "-Are you coming?", "-In a minute.")]),
    ("netflix-en", [cue("1", "4", "It was twenty below,", "minus -5 at noon.")]),
    ("netflix-en", [cue("1", "3", "[applause]")]),
    ("netflix-en", [cue("1", "4", "We met at the station", "before the train to New York City")]),
    ("netflix-en", [cue("1", "4", "Vitamin A", "is good for you.")]),
    ("netflix-en", [cue("1", "4", "I know what it is", "and I will not say it.")]),
    ("netflix-en", [cue("1", "4", "Tell her", "that 25 dogs and three cats came.")]),
    ("netflix-en", [cue("1", "4", "Page 4 of 10", "was lost at 5 pm.")]),
    ("bbc", [cue("1", "4", "That is all we have time for."), cue("4", "6", "Good night.")]),
    ("netflix-ko", [cue("1", "4", "그녀가 내게 와서", "다시 돌아오겠다고 했어")]),
    ("netflix-ko", [cue("1", "4", "- 하지만 왜?", "- 나도 몰라")]),
    ("netflix-ko", [cue("1", "4", "20%를 3월 1일까지", "줄일 수 있습니다")]),
    ("netflix-ko", [cue("1", "4", "NASA가 달에 간다고", "ABC 뉴스가 전했습니다")]),
    ("netflix-ko-sdh", [cue("1", "3", "[지수] 빨리 와요"), cue("4", "6", "[박수]")]),
    ("netflix-ko", [cue("1", "3", "이제 알았어"), cue("3.08", "5", "가자")]),
    ("social", [cue("1", "2", "오늘은 날씨가"), cue("2", "3", "정말 좋네요")]),
]
BAD = [
    ("netflix-en", "line_length", cue("1", "6", "This line is one that goes on for far too long.")),
    ("netflix-en", "lines", cue("1", "6", "One line", "and two lines", "and three lines")),
    ("netflix-en", "reading_speed", cue("1", "2", "This is much too long for a second.")),
    ("netflix-en", "least_duration", cue("1", "1.5", "Too short")),
    ("netflix-en", "most_duration", cue("1", "9", "This one never seems to go away.")),
    ("netflix-en", "empty", cue("1", "3", " ")),
    ("netflix-en", "spaces", cue("1", "3", "A space at the end ")),
    ("netflix-en", "spaces", cue("1", "3", "Two  spaces")),
    ("netflix-en", "forbidden", cue("1", "3", "What {is} this")),
    ("netflix-en", "forbidden", cue("1", "3", "What\u200bis this")),
    ("netflix-en", "ellipsis", cue("1", "3", "Well...")),
    ("bbc", "ellipsis", cue("1", "3", "Well…")),
    ("netflix-en", "dash", cue("1", "4", "-Are you coming?", "In a minute.")),
    ("netflix-en", "dash", cue("1", "4", "- Are you coming?", "- In a minute.")),
    ("netflix-en", "dash", cue("1", "4", "–Are you coming?", "–In a minute.")),
    ("netflix-ko", "dash", cue("1", "4", "-하지만 왜?", "-나도 몰라")),
    ("bbc", "dash", cue("1", "4", "-Are you coming?", "-In a minute.")),
    ("netflix-en", "number_style", cue("1", "4", "Then I saw 3 dogs and a cat.")),
    ("netflix-en", "number_style", cue("1", "4", "I saw twenty-five dogs there.")),
    ("netflix-en", "number_style", cue("1", "4", "That was 20 percent.")),
    ("netflix-ko", "number_style", cue("1", "4", "20 퍼센트 늘었다")),
    ("netflix-en", "bad_break", cue("1", "4", "It was the", "best of times.")),
    ("netflix-en", "bad_break", cue("1", "4", "This is my", "house, not yours.")),
    ("netflix-en", "bad_break", cue("1", "4", "We saw Barack", "Obama in the street.")),
    ("netflix-en", "bad_break", cue("1", "4", "This is Dr.", "Smith, our neighbour.")),
    ("netflix-en", "bad_break", cue("1", "4", "We never thought that they", "knew about it.")),
    ("netflix-en", "bad_break", cue("1", "4", "You really should", "go home at once.")),
    ("netflix-en", "bad_break", cue("1", "4", "They have been", "waiting for an hour.")),
    ("netflix-en", "bad_break", cue("1", "4", "You really don't", "know what it means.")),
    ("netflix-en", "bad_break", cue("1", "4", "We drove for 20", "miles in the dark.")),
    ("netflix-ko", "bad_break", cue("1", "4", "정말 예쁜", "꽃을 샀습니다")),
    ("netflix-ko", "bad_break", cue("1", "4", "내가 먹을", "수 있는 것")),
    ("netflix-ko", "bad_break", cue("1", "4", "나도 할 수", "있습니다")),
    ("netflix-ko", "bad_break", cue("1", "4", "지금 밥을 먹고", "있습니다")),
    ("netflix-ko", "bad_break", cue("1", "4", "책을 읽지", "않았습니다")),
    ("netflix-ko", "bad_break", cue("1", "4", "사람이 두", "명 있었다")),
    ("netflix-ko", "bad_break", cue("1", "4", "어제 김철수", "대통령이 말했다")),
    ("netflix-ko", "split_eojeol", cue("1", "4", "나는 학교", "에서 공부했다")),
    (
        "netflix-ko",
        "line_length",
        cue("1", "6", "이것은 너무 길어서 한 줄에 들어가지 않는 글입니다"),
    ),
    ("netflix-ko", "reading_speed", cue("1", "2", "이것은 일 초에 읽을", "수가 없는 글입니다")),
    ("netflix-ko", "final_period", cue("1", "3", "그렇습니다.")),
    ("netflix-ko-children", "reading_speed", cue("1", "2", "아이들은 더 천천히 읽어요")),
]


@pytest.mark.parametrize(("profile", "cues"), GOOD)
def test_good_cues_pass(profile, cues):
    assert rules(profile, *cues) == []


@pytest.mark.parametrize(("profile", "rule", "bad"), BAD)
def test_each_fault_is_named(profile, rule, bad):
    assert (0, rule) in rules(profile, bad)


def test_korean_counts_latin_digits_spaces_and_marks_a_half():
    exact = cue("1", "8", "가나다라마바사아자차카타파하 A1")  # 14 + 1.5: fits
    assert rules("netflix-ko", exact) == []
    over = cue("1", "8", "가나다라마바사아자차카타파하 A1b?")  # 16.5
    assert rules("netflix-ko", over) == [(0, "line_length")]


def test_reading_speed_is_held_to_the_profile_and_no_more():
    text = "x" * 40
    assert rules("netflix-en", cue("1", "3", text)) == []  # 20.0 a second
    assert rules("netflix-en", cue("1", "3", text + "y")) == [(0, "reading_speed")]
    assert rules("netflix-en-children", cue("1", "3", text)) == [(0, "reading_speed")]
    # 14.0 and 12.0 a second of Hangul
    hangul = ("가나다라마바사", "아자차카타파하")
    assert rules("netflix-ko-sdh", cue("1", "2", *hangul)) == []
    assert rules("netflix-ko", cue("1", "2", *hangul)) == [(0, "reading_speed")]


@pytest.mark.parametrize(
    ("second", "wanted"),
    [
        (cue("3.08", "5", "Two."), []),
        (cue("3.04", "5", "Two."), [(1, "gap")]),
        (cue("3", "5", "Two."), [(1, "gap")]),
        (cue("2.5", "5", "Two."), [(1, "overlap")]),
        (cue("0", "0.9", "Two."), [(1, "order")]),
    ],
)
def test_neighbours(second, wanted):
    assert rules("netflix-en", cue("1", "3", "One."), second) == wanted


def test_a_break_between_cues_counts_unless_they_are_far_apart_or_another_speaks():
    the, dog = "It was the", "best of times."
    assert rules("netflix-en", cue("1", "3", the), cue("4", "6", dog)) == [(0, "bad_break")]
    assert rules("netflix-en", cue("1", "3", the), cue("5", "7", dog)) == []
    others = cue("1", "3", the, speaker="Anna"), cue("4", "6", dog, speaker="Ben")
    assert rules("netflix-en", *others) == []
    between = cue("3.1", "3.96", "[applause]", kind="sound")
    found = rules("netflix-en", cue("1", "3", the), between, cue("4.1", "6", dog))
    assert found == [(0, "bad_break")]


def test_shot_cuts_are_measured_where_they_are_known():
    good, late, early = cue("1", "3", "One."), cue("1.2", "3", "One."), cue("1", "2.8", "One.")
    assert rules("netflix-en", good, cuts=("1", "3.08")) == []
    assert rules("netflix-en", late, cuts=("1",)) == [(0, "shot_cut")]
    assert rules("netflix-en", early, cuts=("3",)) == [(0, "shot_cut")]
    assert rules("netflix-en", early, cuts=("3", "2.88")) == []


def test_the_rate_is_told_from_the_times():
    for fps in (Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001)):
        frames = [3 * n * n + 11 * n for n in range(12)]
        times = [Fraction(int(f / fps * 1000), 1000) for f in frames]
        track = Subtitles("en", tuple(Cue(a, b, ("x",)) for a, b in pairwise(times)))
        assert rate_of(track) == FrameRate(fps)
    odd = Subtitles(
        "en", tuple(Cue(Fraction(n * 337 + n * n, 1000), Fraction(n), ("x",)) for n in range(9))
    )
    assert rate_of(odd) is None


def studio(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ui", "subtitles", "lint", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_the_command_prints_each_violation_and_exits_two(tmp_path):
    bad = tmp_path / "bad.srt"
    bad.write_text(
        "1\n00:00:01,000 --> 00:00:01,200\nIt was the\nbest of times.\n\n"
        "2\n00:00:01,210 --> 00:00:03,000\nFine.\n",
        encoding="utf-8",
    )
    said = studio(str(bad), "--profile", "netflix-en")
    assert said.returncode == 2
    assert "cue 1  00:00:01.000 --> 00:00:01.200  It was the / best of times." in said.stdout
    for rule in ("least_duration", "reading_speed", "bad_break", "gap"):
        assert f"    {rule}: " in said.stdout
    data = json.loads(studio(str(bad), "--json").stdout)
    assert {v["rule"] for v in data["violations"] if v["cue"] == 2} == {"gap"}
    good = tmp_path / "good.srt"
    good.write_text("1\n00:00:01,000 --> 00:00:03,000\nFine.\n", encoding="utf-8")
    said = studio(str(good))
    assert said.returncode == 0 and "no violations of netflix-en" in said.stdout


def test_bad_requests_exit_two_with_a_hint(tmp_path):
    broken = tmp_path / "broken.srt"
    broken.write_text("1\n00:00:01,000 --> nonsense\nHello\n", encoding="utf-8")
    for arguments, wanted in (
        ([str(broken)], "line 2"),
        ([str(tmp_path / "missing.srt")], "cannot be read"),
        ([str(broken), "--profile", "netflix-kr"], "Did you mean netflix-ko?"),
        ([str(broken), "--rate", "fast"], "no frame rate"),
    ):
        said = studio(*arguments)
        assert said.returncode == 2 and wanted in said.stderr, said.stderr
        assert "Traceback" not in said.stderr


def test_a_short_file_is_not_held_to_films_gap():
    cues = cue("1", "3", "One."), cue("3.08", "5", "Two.")
    assert not lint(Subtitles("en", cues), load("netflix-en"))
    cues = cue("1", "3", "One."), cue("3.041", "5.003", "Two.")
    assert [v.rule for v in lint(Subtitles("en", cues), load("netflix-en"))] == ["gap"]
