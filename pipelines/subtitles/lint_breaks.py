"""Breaks that part what belongs together, told from a finished file alone.

Kept apart from what plans breaks, so that a mistake there is found here. Only clear cases are
named: a house that lints other people's files wants no false alarms.
"""

from __future__ import annotations

import re

from pipelines.subtitles.english import (
    CLOSING,
    CONJUNCTIONS,
    DETERMINERS,
    OPENING,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    TITLES,
    UNITS,
    is_abbreviation,
    words,
)
from pipelines.subtitles.korean import COUNTERS, morphemes
from pipelines.subtitles.korean import TITLES as KOREAN_TITLES

_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")
_ENDED = re.compile(r"[,.;:!?…—–。、]$|--$")
_BE = words("am is are was were be been")
_MODAL = words("can could will would shall should may might must cannot")
#: Words that look like participles and are none.
_NO_PARTICIPLE = words(
    "thing things nothing something anything everything king ring spring string wing morning "
    "evening during ceiling wedding building feeling meeting need seed feed speed bed red led "
    "hundred indeed"
)


def fault(language: str, previous: str, before: str, after: str, periods: bool = True) -> str:
    """What a break between two words parts; empty where it parts nothing for certain.

    Args:
        language: ISO 639-1 code.
        previous: the word before ``before``; empty where it is not known.
        before, after: the words at both sides of the break.
        periods: whether sentences end with their full stop; without, a break may be an end.
    """
    if not before or not after or (_ENDED.search(before.rstrip(CLOSING)) and not _short(before)):
        return ""
    if language == "ko":
        return _korean(before, after, periods)
    if language == "en":
        marks = OPENING + CLOSING
        known = previous if periods else ""
        return _english(known, before.strip(marks), after.strip(marks))
    return ""


def _short(word: str) -> bool:
    return is_abbreviation(word) and word.lower() in TITLES


def _english(previous: str, before: str, after: str) -> str:
    left, right = before.lower().replace("’", "'"), after.lower().replace("’", "'")
    core = right.rstrip(",.;:!?…")
    lower = bool(_WORD.fullmatch(core)) and after[:1].islower()
    if left in ("a", "an", "the") and before != "A":
        return "an article from its noun"
    if left in POSSESSIVES:
        return "a possessive from its noun"
    if left in TITLES and after[:1].isupper() and left.endswith("."):
        return "a title from its name"
    if re.fullmatch(r"[$€£₩]?\d[\d.,]*", before) and core in UNITS:
        return "a number from its unit"
    if _named(previous, before) and after[:1].isupper() and _WORD.fullmatch(core):
        if core != "i" and not core.startswith("i'"):
            return "a name"
        return ""
    closed = CONJUNCTIONS | PREPOSITIONS | DETERMINERS | PRONOUNS | {"a", "an", "the"}
    if not lower or core in closed:
        return ""
    if left in ("i", "he", "she", "we", "they") or re.fullmatch(r"(i|he|she|we|they)'\w+", left):
        if re.fullmatch(r"\w+'\w+", left):
            return "a subject from its verb" if _participle(core) else ""
        return "a subject from its verb"
    if left in _MODAL or left.endswith("n't"):
        return "" if core.endswith("ly") else "a verb from its auxiliary"
    if (left in _BE and (core == "not" or _participle(core))) or (
        left in ("has", "have", "had") and (core == "been" or _participle(core, "ed"))
    ):
        return "a verb from its auxiliary"
    return ""


def _participle(word: str, *endings: str) -> bool:
    return word.endswith(endings or ("ing",)) and len(word) > 4 and word not in _NO_PARTICIPLE


def _named(previous: str, before: str) -> bool:
    """Whether a word has its capital for being a name, not for opening a sentence."""
    opens = not previous or previous.rstrip(CLOSING).endswith((".", "!", "?", "…"))
    bare = before.rstrip("'s")
    return bool(
        not opens
        and before[:1].isupper()
        and not before.isupper()
        and _WORD.fullmatch(before)
        and len(bare) > 1
        and not before.startswith("I'")
    )


def _korean(before: str, after: str, periods: bool) -> str:
    left, right = morphemes(before, after)
    if not left or not right:
        return ""
    (ending, last), (form, opening) = left[-1], right[0]
    if opening[0] in "JE" or opening in ("XSN", "XSV", "XSA", "VCP"):
        return "an eojeol"
    if last in ("MM", "ETM") and opening in ("NNG", "NNP", "NNB", "NR", "NP"):
        return "a modifier from its noun"
    if opening == "NNB" and last in ("NNG", "NNP", "SN", "NR"):
        return "a dependent noun from what it hangs on"
    if last in ("SN", "NR") and form in COUNTERS:
        return "a number from its counter"
    if last == "EC" and opening == "VX" and (periods or _runs_on(ending, form)):
        return "a verb from its auxiliary"
    if last == "NNB" and form in ("있", "없") and opening in ("VA", "VX", "VV"):
        return "a dependent noun from its verb"
    if last == "NNP" and form in KOREAN_TITLES:
        return "a name from its title"
    return ""


def _runs_on(ending: str, verb: str) -> bool:
    """Whether an ending cannot close a sentence before an auxiliary.

    Most endings of intimate speech can: ``알았어 | 가자`` is two sentences.
    """
    if ending in ("고", "게", "어야", "아야", "려고"):
        return True
    return (ending == "지" and verb in ("않", "못하", "말")) or (
        verb in ("버리", "싶") and ending != "다"
    )
