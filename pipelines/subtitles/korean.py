"""Where a Korean line may break, told from the morphemes of the two eojeols at both sides.

A break falls only between eojeols. It never parts a modifier from its noun, a dependent noun
from what it hangs on, a number from its counter, a verb from its auxiliary, or a name from its
title; it falls best after an ending that closes or joins a clause, then after a particle.
Morphemes are those of Kiwi, whose model comes inside its package; the tags are the Sejong
tags that it documents.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from pipelines.subtitles.english import BAD, CLOSING, OPENING, punctuation_cost, words

Morpheme = tuple[str, str]  # form, tag

NOUNS = ("NNG", "NNP", "NNB", "NR", "NP", "XPN", "XR", "SN", "SL", "SH")
#: What follows a name and belongs to it.
TITLES = words(
    "씨 님 군 양 대통령 총리 장관 차관 의원 시장 도지사 지사 교수 박사 선생 선생님 감독 "
    "기자 앵커 아나운서 회장 사장 부장 과장 대리 대표 이사 원장 소장 팀장 변호사 판사 "
    "검사 의사 배우 가수 작가 선수 코치 형사 경위 대위 소령 장군 목사 신부 스님 여사 후보"
)
COUNTERS = words(
    "퍼센트 프로 달러 유로 원 엔 위안 킬로 킬로미터 미터 센티미터 킬로그램 그램 톤 리터 "
    "도 배 시간 분 초 년 월 일 주 주일 개월 명 개 마리 대 권 번 살 세 층 호 회 차례 가지 "
    "곳 쪽"
)
#: What leans on the noun with a particle before it: ``친구와 함께``, ``나라를 위해``.
_LEANING = words("함께 같이 대하 위하 따르 의하 통하 관하 때문")
_CASE = ("JKS", "JKO", "JKB", "JKC", "JKQ", "JX")


@cache
def _kiwi() -> Any:
    from kiwipiepy import Kiwi

    return Kiwi(num_workers=1)  # one thread: pairs of words are too short to share out


@lru_cache(maxsize=65536)
def morphemes(before: str, after: str) -> tuple[tuple[Morpheme, ...], tuple[Morpheme, ...]]:
    """Form and tag of each morpheme of two neighbouring eojeols, punctuation left out."""
    left = before.strip(OPENING + CLOSING + ".,!?…;:")
    right = after.strip(OPENING + CLOSING + ".,!?…;:")
    found = _kiwi().tokenize(f"{left} {right}")
    sides: tuple[list[Morpheme], list[Morpheme]] = ([], [])
    for token in found:
        if not token.tag.startswith("S") or token.tag in ("SN", "SL", "SH"):
            sides[token.start > len(left)].append((token.form, token.tag.split("-")[0]))
    return tuple(sides[0]), tuple(sides[1])


def break_cost(before: str, after: str) -> float:
    """How much a break between two neighbouring eojeols disturbs; 0 at the end of a sentence."""
    marked = punctuation_cost(before)
    if marked is not None:
        return marked
    left, right = morphemes(before, after)
    if not left or not right:
        return 20.0
    if _belong_together(left, right):
        return BAD
    last, opening = left[-1][1], right[0][1]
    # How much of the sentence is closed before the break: a clause, a phrase, or nothing.
    costs = {"EF": 1.0, "EC": 6.0, "JC": 18.0, "JKG": 40.0, "JKV": 4.0, "MAG": 24.0, "MAJ": 18.0}
    costs |= {"ETM": 40.0, "MM": 40.0}
    cost = 13.0 if last in _CASE or left[-1][0] in ("함께", "같이") else costs.get(last, 24.0)
    if right[0][0] in _LEANING:
        return max(cost, 30.0)
    return min(cost, 8.0) if opening == "MAJ" else cost


def _belong_together(left: tuple[Morpheme, ...], right: tuple[Morpheme, ...]) -> bool:
    (form, last), (next_form, opening) = left[-1], right[0]
    if _hangs_on(opening):
        return True
    if opening == "NNB" and last not in (*_CASE, "EF", "EC", "MAG", "MAJ", "IC"):
        return True
    if last in ("MM", "ETM") and opening in NOUNS:
        return True
    if last in ("SN", "NR") and (opening == "NNB" or next_form in COUNTERS):
        return True
    if last == "EC" and opening == "VX":
        return True
    if last == "NNB" and opening in ("VA", "VX", "VV") and next_form in ("있", "없", "알", "모르"):
        return True
    if last == "NNP" and (opening == "NNP" or next_form in TITLES):
        return True
    return form in ("안", "못") and last == "MAG" and opening in ("VV", "VA", "VX")


def _hangs_on(tag: str) -> bool:
    """Whether a particle or an ending was written as a word of its own."""
    return tag[0] in "JE" or tag in ("XSN", "XSV", "XSA", "VCP")


def hangs_on(before: str, after: str) -> bool:
    """Whether a word is but a particle or an ending of the one before it."""
    _, right = morphemes(before, after)
    return bool(right) and _hangs_on(right[0][1])
