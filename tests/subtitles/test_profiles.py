"""Profiles are data that a house can copy; mistakes in them are named."""

from __future__ import annotations

import unicodedata
from fractions import Fraction

import pytest

from pipelines.subtitles.profile import Profile, load, name_for, names
from studio.errors import RequestError


def test_the_published_figures():
    en, ko = load("netflix-en"), load("netflix-ko")
    assert (en.line_length, en.max_lines, en.cps, en.gap_frames) == (42, 2, 20, 2)
    assert (en.least_s, en.longest_s) == (Fraction(5, 6), 7)
    assert load("netflix-en-children").cps == 17
    assert (ko.line_length, ko.half_width, ko.cps) == (16, True, 12)
    assert load("netflix-ko-sdh").cps == 14
    assert load("netflix-ko-children").cps == 9
    assert (load("bbc").line_length, load("bbc").wpm) == (37, 180)
    assert {"netflix-en", "netflix-ko", "netflix-ko-sdh", "bbc", "social"} <= set(names())
    assert name_for("ko") == "netflix-ko" and name_for("fr") == "netflix-en"


@pytest.mark.parametrize("name", names())
def test_every_profile_that_comes_along_says_whose_it_is(name):
    profile = load(name)
    assert profile.name == name and profile.about


def test_a_house_starts_from_another_profile(tmp_path):
    own = tmp_path / "our-house.toml"
    own.write_text('like = "netflix-en-sdh"\ncps = 15\nleast_s = 0.9\n[sounds]\nmusic = "music"\n')
    profile = load(str(own))
    assert (profile.name, profile.cps, profile.least_s) == ("our-house", 15, Fraction(9, 10))
    assert profile.sounds == {"music": "music", "applause": "applause", "laughter": "laughter"}
    assert profile.speaker_labels
    other = tmp_path / "children.toml"
    other.write_text('like = "our-house.toml"\ncps = 12\n')
    assert (load(str(other)).cps, load(str(other)).least_s) == (12, Fraction(9, 10))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("line_lenght = 40", "line_lenght"),
        ("line_length = 1000", "line_length is from 4 to 200"),
        ('line_length = "long"', "line_length should be float"),
        ("max_lines = 2.5", "max_lines should be int"),
        ("cps = -1", "cps is from 0"),
        ("cps = nan", "cps is from 0"),
        ("least_s = 6", "longest_s is at least twice least_s"),
        ('least_s = "soon"', "least_s should be rational seconds"),
        ("least_s = inf", "least_s should be rational seconds"),
        ('speakers = "colours"', "speakers should be"),
        ('brackets = ["["]', "brackets should be a list of 2"),
        ('ellipsis = ".."', "ellipsis is"),
        ('forbidden = "abc"', "forbidden holds"),
        ('language = "English"', "language is a code"),
        ('[sounds]\nmusic = ""', "sounds"),
        ('like = "nobody"', "nobody"),
        ('like = "own.toml"', "like should name another"),
        ("cps = = 3", "is no TOML"),
    ],
)
def test_mistakes_name_the_file_and_the_key(tmp_path, text, wanted):
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(RequestError) as raised:
        load(str(own))
    assert wanted in str(raised.value)
    assert "own.toml" in str(raised.value) or "nobody" in str(raised.value)


def test_an_unknown_profile_and_a_file_that_is_none(tmp_path):
    with pytest.raises(RequestError, match="Did you mean netflix-ko"):
        load("netflix-kr")
    with pytest.raises(RequestError, match="cannot be read"):
        load(str(tmp_path / "missing.toml"))
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00" * 10)
    with pytest.raises(RequestError, match="is no TOML"):
        load(str(binary))
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * 100_000)
    with pytest.raises(RequestError, match="too long"):
        load(str(huge))


@pytest.mark.parametrize(
    ("text", "plain", "half"),
    [
        ("", 0, 0),
        ("Hello, you.", 11, 5.5),
        ("한글", 2, 2),
        ("한글 2개, NASA!", 12, 7.5),
        (unicodedata.normalize("NFD", "한글"), 2, 2),  # decomposed: the same two syllables
        ("日本", 2, 2),
        ("。、！", 3, 1.5),
        ("é", 1, 0.5),
    ],
)
def test_widths(text, plain, half):
    assert Profile("x").width(text) == plain
    assert Profile("x", half_width=True).width(text) == half
