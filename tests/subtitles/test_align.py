from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analysis.options import Options
from pipelines.analysis.speech import analyse_speech
from pipelines.analysis.voice import Window
from pipelines.subtitles.align import Alignment, align, assign_windows, unheard_words, words_in
from pipelines.subtitles.text_match import likeness, match_words
from studio.errors import RequestError
from studio.media.probe import probe
from studio.models.pool import ModelPool
from studio.settings import Settings
from studio.types.analysis import Speech
from studio.types.transcript import Transcript, Word
from tests.analysis.dialogue import RATE_HZ, Said, band, converse, under
from tests.analysis.spoken import TWO_CITIES, two_cities, write_wav
from tests.footage import shared_media

LINES = (
    "In 1984, prices rose by 3.5 percent on the island.",
    "About 20% of the 1,250 houses were empty at 7:30 in the morning.",
    "Nobody knew why the old clock had stopped, but everyone remembered the hour.",
    "He paid 15 dollars for 2 tickets and a map of Busan.",
)


@pytest.fixture(scope="module")
def pool(studio_cache: Path) -> ModelPool:
    return ModelPool(Settings(cache_dir=studio_cache, device="cpu"))


@pytest.fixture(scope="module")
def made() -> tuple[np.ndarray, list[Said]]:
    return converse([(i % 2, text) for i, text in enumerate(LINES)])


@pytest.fixture(scope="module")
def cities(pool: ModelPool) -> Speech:
    return analyse_speech(probe(two_cities()), pool, Options(language="en"))[0]


def assert_sound(found: Alignment, text: Sequence[str]) -> None:
    words = found.transcript.words
    assert [w.text for w in words] == [w for line in text for w in words_in(line)]
    for before, after in itertools.pairwise(words):
        assert before.start < before.end <= after.start < after.end
    assert [i for a, b in found.lines for i in range(a, b)] == list(range(len(words)))
    covered = [i for a, b in found.transcript.sentences for i in range(a, b)]
    assert covered == list(range(len(words)))


@pytest.mark.parametrize("below_db", [None, pytest.param(15.0, marks=pytest.mark.slow)])
def test_words_and_numbers_are_found_where_they_are_said(pool, made, tmp_path, below_db):
    sound, said = made
    mixed = sound if below_db is None else under(sound, band(20), below_db)
    path = write_wav(tmp_path / "made.wav", mixed, RATE_HZ)
    found = align(LINES, probe(path), pool, Options(language="en"))
    assert_sound(found, LINES)
    assert found.unspoken == () and found.notes == ()
    off_s = [
        abs(float(word.start) - true.start_s)
        for word, true in zip(found.transcript.words, said, strict=True)
    ]
    assert np.median(off_s) <= 0.080 and np.percentile(off_s, 95) <= 0.250


def test_a_corrected_text_keeps_the_times_of_what_stays(pool, cities):
    """Over two windows, with words mended, left out and put in; speakers are taken over."""
    assert cities.transcript is not None
    named = tuple(
        replace(word, speaker="S1" if word.start < 20.8 else "S2")
        for word in cities.transcript.words
    )
    script = replace(cities.transcript, words=named)
    text = TWO_CITIES.replace("the epoch of incredulity", "an age of doubt and incredulity")
    text = text.replace("noisiest authorities", "noisiest, proudest authorities")
    found = align(
        text,
        probe(two_cities()),
        pool,
        Options(language="en"),
        speech=replace(cities, transcript=script),
    )
    assert_sound(found, [text])
    words = found.transcript.words
    heard = {round(float(w.start), 2): w.text.lower().strip(".,") for w in script.words}
    moved = []
    partners = match_words([w.text for w in words], [w.text for w in script.words], "en")
    for word, partner in zip(words, partners, strict=True):
        if partner is not None and likeness(word.text, script.words[partner].text) == 1:
            moved.append(abs(float(word.start - script.words[partner].start)))
    assert all(w.speaker == ("S1" if w.start < 20.8 else "S2") for w in words)
    assert len(moved) > 0.85 * len(heard)
    assert np.median(moved) <= 0.05 and np.percentile(moved, 95) <= 0.3


def test_words_that_nobody_says_are_flagged(pool):
    said = "And so my fellow Americans, ask not what your country can do for you,"
    more = "my friends and colleagues from all over the world,"
    end = "ask what you can do for your country."
    path = shared_media("speech_jfk.flac")
    found = align([said, more, end], probe(path), pool, Options(language="en"))
    assert_sound(found, [said, more, end])
    extra = range(*found.lines[1])
    assert set(found.unspoken) <= set(extra) and len(found.unspoken) >= len(extra) - 1
    words = found.transcript.words
    assert all(words[i].confidence == 0 for i in found.unspoken)
    first = words[found.lines[2][0]]
    assert float(first.start) == pytest.approx(8.2, abs=0.25), "what follows is where it was"
    assert "were not found" in found.notes[0]


def test_a_text_of_something_else_is_refused(pool, cities):
    info = probe(two_cities())
    with pytest.raises(RequestError, match="not what is said"):
        align("\n".join(LINES), info, pool, Options(language="en"), speech=cities)
    for empty in ("", " \n — \n", []):
        with pytest.raises(RequestError, match="no words"):
            align(empty, info, pool, Options(language="en"), speech=cities)
    silent = Speech((), Transcript("", (), ()))
    with pytest.raises(RequestError, match="no words were heard"):
        align(TWO_CITIES, info, pool, Options(), speech=silent)


# Texts


@pytest.mark.parametrize(
    ("text", "heard", "language", "partners"),
    [
        ("the blue folder", "the blue folder", "en", [0, 1, 2]),
        ("About 20% of it", "about twenty percent of it", "en", [0, 1, 3, 4]),
        ("twenty percent", "20%", "en", [0, 0]),
        ("we met in Busan again", "we met in pussan again", "en", [0, 1, 2, 3, 4]),
        ("so friends and others we go", "so we go", "en", [0, None, None, None, 1, 2]),
        ("so we go", "so you know we go", "en", [0, 3, 4]),
        ("1,250 houses", "1250 houses", "en", [0, 1]),
        ("3,5 Prozent mehr", "dreikommafünf Prozent mehr", "de", [None, 1, 2]),
        ("저는 학교에 갑니다", "저는 학교의 갑니다", "ko", [0, 1, 2]),
        ("", "anything at all", "en", []),
    ],
)
def test_words_find_their_partners(text, heard, language, partners):
    found = match_words(text.split(), heard.split(), language)
    if partners and partners[0] is None:  # how a number is spelled is the library's business
        assert found[1:] == partners[1:]
    else:
        assert found == partners


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.sampled_from(["so", "we", "go", "on", "and", "7", "home", "12%", "again"]), max_size=40
    ),
    st.lists(
        st.sampled_from(["so", "we", "go", "on", "und", "seven", "home", "twelve", "again"]),
        max_size=40,
    ),
)
def test_partners_rise_and_a_text_is_its_own_partner(text, heard):
    found = [p for p in match_words(text, heard, "en") if p is not None]
    assert found == sorted(found) and all(0 <= p < len(heard) for p in found)
    assert match_words(text, text, "en") == list(range(len(text)))


def test_a_word_heard_as_another_counts_as_heard():
    heard = Transcript("en", (word("to"), word("posing"), word("again")), ((0, 3),))
    assert unheard_words(["to", "Busan", "again"], heard, [0, None, 2]) == []
    assert unheard_words(["to", "posing", "once", "again"], heard, [0, 1, None, 2]) == [[2]]
    assert unheard_words(["oh", "to", "posing", "again", "now"], heard, [None, 0, 1, 2, None]) == [
        [0],
        [4],
    ]


def word(text: str, start: int = 0) -> Word:
    return Word(text, Fraction(start), Fraction(start + 1), 1.0)


def test_words_without_partner_go_where_voice_is_free():
    windows = [Window(((0, 10),), ((0, 10),)), Window(((20, 30),), ((20, 30),))]
    heard = Transcript("en", (word("one", 0), word("two", 29)), ((0, 2),))
    words = ["one", "aaa", "bbb", "ccc", "ddd", "two"]
    homes = assign_windows(words, heard, [0, None, None, None, None, 1], windows)
    assert homes == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("- Hello there.", ["- Hello", "there."]),
        ("So — well …", ["So", "— well …"]),
        ("  ", []),
        ("…", []),
        ("안녕하세요, 여러분!", ["안녕하세요,", "여러분!"]),
    ],
)
def test_signs_that_stand_alone_go_with_a_word(line, words):
    assert words_in(line) == words
