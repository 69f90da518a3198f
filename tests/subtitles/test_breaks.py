"""Where lines may break, word by word; English and Korean."""

from __future__ import annotations

import pytest

from pipelines.subtitles import english, korean
from pipelines.subtitles.draft import wrap
from pipelines.subtitles.profile import load

ENGLISH_BAD = [
    ("the", "house"), ("a", "dog"), ("my", "friend"), ("Barack", "Obama"), ("Dr.", "Smith"),
    ("20", "miles"), ("5", "pm"), ("he", "said"), ("they", "knew"), ("should", "go"),
    ("don't", "know"), ("have", "been"), ("is", "running"), ("was", "not"),
]  # fmt: skip
ENGLISH_ORDER = [
    # each pair breaks more easily than the next
    ("house.", "He"), ("house;", "he"), ("house,", "he"), ("house", "and"), ("house", "in"),
    ("house", "she"), ("house", "the"), ("big", "house"), ("of", "gold"), ("the", "house"),
]  # fmt: skip
KOREAN_BAD = [
    ("예쁜", "꽃을"), ("새", "옷을"), ("이", "사람"), ("먹을", "것이"), ("할", "수"),
    ("수", "있다"), ("두", "명"), ("5", "킬로미터"), ("먹고", "있다"), ("읽지", "않았다"),
    ("가고", "싶다"),
    ("김철수", "대통령은"), ("김", "씨가"), ("안", "갔다"), ("못", "먹어"), ("학교", "에서"),
]  # fmt: skip
KOREAN_FREE = [
    ("갔다.", "그래서"), ("집에", "가서"), ("가서", "나는"), ("만났는데", "정말"),
    ("친구를", "만났다"),    ("오늘은", "날씨가"), ("말했다", "그리고"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), ENGLISH_BAD)
def test_english_units_of_sense_stay_whole(before, after):
    assert english.break_cost(before, after, first=False) == english.BAD


def test_english_breaks_have_an_order():
    costs = [english.break_cost(a, b, first=False) for a, b in ENGLISH_ORDER]
    assert costs == sorted(costs) and costs[0] == 0 and len(set(costs)) == len(costs)


@pytest.mark.parametrize(
    ("before", "after"),
    [("The", "President"), ("In", "London"), ("that", "Obama"), ("up", "with"), ("know,", "he")],
)
def test_english_capitals_that_are_no_name_do_not_bind(before, after):
    if before != "The":
        assert english.break_cost(before, after, first=True) < english.BAD


def test_abbreviations_end_no_sentence():
    assert not english.ends_sentence("Dr.") and not english.ends_sentence("U.S.")
    assert english.ends_sentence("house.") and english.ends_sentence("“Go!”")
    assert english.ends_sentence("네.") and english.ends_sentence("why…")


@pytest.mark.parametrize(("before", "after"), KOREAN_BAD)
def test_korean_units_of_sense_stay_whole(before, after):
    assert korean.break_cost(before, after) == korean.BAD


@pytest.mark.parametrize(("before", "after"), KOREAN_FREE)
def test_korean_clauses_and_phrases_may_part(before, after):
    assert korean.break_cost(before, after) < 20


def test_korean_breaks_after_a_clause_before_they_break_after_a_phrase():
    sentence, clause, phrase = (
        korean.break_cost("갔다.", "나는"),
        korean.break_cost("가서", "나는"),
        korean.break_cost("나는", "가서"),
    )
    assert sentence < clause < phrase


@pytest.mark.parametrize(
    ("text", "profile", "language", "wanted"),
    [
        ("Short.", "netflix-en", "en", ("Short.",)),
        (
            "that he would not be going to the United Nations meeting",
            "netflix-en",
            "en",
            ("that he would not be going", "to the United Nations meeting"),
        ),
        # Where both are as good, the lower line is the longer one.
        (
            "I told everybody there that nobody believes a word",
            "netflix-en",
            "en",
            ("I told everybody there", "that nobody believes a word"),
        ),
        (
            "나는 어제 친구와 함께 예쁜 꽃을 샀다",
            "netflix-ko",
            "ko",
            ("나는 어제 친구와 함께", "예쁜 꽃을 샀다"),
        ),
        ("", "netflix-en", "en", ()),
        ("今日はとてもいい天気ですね", "netflix-en", "ja", ("今日はとてもいい天気ですね",)),
    ],
)
def test_a_text_is_wrapped_into_lines(text, profile, language, wanted):
    assert wrap(text, load(profile), language) == wanted


def test_what_does_not_fit_is_wrapped_into_more_lines_and_never_cut():
    text = " ".join(["antidisestablishmentarianism"] * 6)
    lines = wrap(text, load("netflix-en"), "en")
    assert len(lines) > 2 and " ".join(lines) == text
