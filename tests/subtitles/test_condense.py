"""Shorter wordings leave out what carries no sense, and invent nothing."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.subtitles.condense import condense
from tests.subtitles.scripts import ENGLISH, KOREAN


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "Um, I think, uh, it is fine.", "I think, it's fine."),
        ("en", "I I think I think so.", "I think so."),
        ("en", "Well, you know, we do not know.", "We don't know."),
        ("en", "It is really very good, I mean, basically perfect.", "It's good, perfect."),
        ("en", "They will not go there in order to win.", "They won't go there to win."),
        ("en", "And so the dog ran.", "The dog ran."),
        ("ko", "음, 나는 그 그 사람을 몰라요", "난 그 사람을 몰라요"),
        ("ko", "그런데 사실은 이것은 정말 좋은 것이 아니에요", "이건 좋은 게 아니에요"),
    ],
)
def test_the_harmless_is_left_out(language, text, wanted):
    shorter = condense(text, language, 1, len)
    assert shorter is not None and shorter.text == wanted and not shorter.fits


def test_no_more_is_left_out_than_is_needed():
    text = "Um, you know, it is really fine."
    assert condense(text, "en", len(text), len) is None
    shorter = condense(text, "en", len(text) - 2, len)
    assert shorter.fits and shorter.text == "You know, it is really fine."


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Dogs bark."), ("ko", "개가 짖는다"), ("fr", "Euh, oui.")]
)
def test_nothing_is_proposed_where_nothing_is_superfluous(language, text):
    assert condense(text, language, 1, len) is None


@pytest.mark.parametrize(("language", "vocabulary"), [("en", ENGLISH), ("ko", KOREAN)])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_word_is_invented(language, vocabulary, data):
    text = " ".join(data.draw(st.lists(st.sampled_from(vocabulary), min_size=1, max_size=12)))
    shorter = condense(text, language, 1, len)
    if shorter is None:
        return
    assert len(shorter.text) < len(text)
    said = letters(text)
    for word in re.findall(r"\w+", shorter.text):
        # What is not said as it stands is a contraction of what is: its letters are all there.
        rest = iter(said)
        contracted = word == "게" and "것이" in text
        assert contracted or all(letter in rest for letter in letters(word)), (word, text)


def letters(text: str) -> list[str]:
    """Letters in order; of a Hangul syllable its parts, wherever in the syllable they stand."""
    parts = (c for c in unicodedata.normalize("NFD", text.lower()) if c.isalnum())
    return [unicodedata.name(c).split()[-1] for c in parts]
