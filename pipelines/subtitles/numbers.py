"""Numbers and units as a house writes them.

Works on pieces of text, each with the range of words it stands for, because two spoken words
may become one written sign: ``twenty percent`` is ``20%``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from pipelines.subtitles.english import CLOSING, MEASURES, OPENING, ends_sentence, plain, words
from pipelines.subtitles.profile import Profile


@dataclass(frozen=True)
class Piece:
    """Text and the half-open range of the words it stands for."""

    text: str
    words: tuple[int, int]


#: Words around a number that make it a name, a date or a measure: it stays in digits.
LABELS = words(
    "page chapter number no. season episode channel version level room gate flight apollo "
    "volume part act scene grade section act article item route highway january february "
    "march april may june july august september october november december age aged"
)
SCALES = words("hundred thousand million billion trillion point half dozen")
_SMALL = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_DIGITS = re.compile(r"\d+")
_PERCENT_KO = re.compile(r"(?<=\d)\s*(퍼센트|프로(?=(가|를|는|의|나|다|로|에|이|도|만)?\b))")


@cache
def number_words() -> dict[str, int]:
    """Eleven to ninety-nine as English words."""
    from num2words import num2words

    return {num2words(n): n for n in range(11, 100)}


def write_numbers(pieces: list[Piece], profile: Profile, language: str) -> list[Piece]:
    """The pieces with numbers and percent signs in the house's style."""
    spelled = language == "en" and profile.numbers == "spell-to-ten"
    if spelled:
        pieces = _large_as_digits(pieces)
    if profile.percent_sign:
        pieces = _percent(pieces)
    return _small_as_words(pieces) if spelled else pieces


def _joined(pieces: list[Piece], text: str) -> Piece:
    return Piece(text, (pieces[0].words[0], pieces[-1].words[1]))


def _percent(pieces: list[Piece]) -> list[Piece]:
    result: list[Piece] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        for count in (2, 3):
            after = pieces[at + 1 : at + count]
            said = " ".join(p.text for p in after)
            tail = re.fullmatch(r"(?:percent|per cent)([\W]*)", said, re.IGNORECASE)
            if len(after) == count - 1 and piece.text[-1:].isdigit() and tail:
                result.append(_joined([piece, *after], f"{piece.text}%{tail[1]}"))
                at += count
                break
            both = " ".join([piece.text, said])
            korean = _PERCENT_KO.sub("%", both)
            if count == 2 and after and piece.text[-1:].isdigit() and korean != both:
                result.append(_joined([piece, *after], korean))
                at += count
                break
        else:
            result.append(replace(piece, text=_PERCENT_KO.sub("%", piece.text)))
            at += 1
    return result


def _large_as_digits(pieces: list[Piece]) -> list[Piece]:
    """``twenty-five`` as 25, but at the start of a sentence and inside larger numbers."""
    known = number_words()
    result: list[Piece] = []
    at = 0
    while at < len(pieces):
        count = 2 if _is_tens_and_ones(pieces, at) else 1
        said = "-".join(plain(p.text).rstrip(".") for p in pieces[at : at + count])
        before = pieces[at - 1].text if at else ""
        after = pieces[at + count].text if at + count < len(pieces) else ""
        opens = not before or ends_sentence(before)
        value = known.get(said)
        if value is None or opens or is_number(before) or is_number(after):
            count, text = 1, pieces[at].text
        else:
            text = _dressed(f"{value}", pieces[at].text, pieces[at + count - 1].text)
        result.append(_joined(pieces[at : at + count], text))
        at += count
    return result


def _is_tens_and_ones(pieces: list[Piece], at: int) -> bool:
    if at + 1 >= len(pieces) or pieces[at].text != plain(pieces[at].text):
        return False
    tens = number_words().get(pieces[at].text, 0)
    return tens >= 20 and tens % 10 == 0 and plain(pieces[at + 1].text).rstrip(".") in _SMALL[:9]


def is_number(word: str) -> bool:
    """Whether a word is a part of a number: digits, ``seven``, ``hundred``."""
    bare = plain(word).rstrip(".")
    return (
        bare[:1].isdigit()
        or bare[-1:].isdigit()
        or bare in SCALES
        or bare in _SMALL
        or bare in number_words()
    )


def _small_as_words(pieces: list[Piece]) -> list[Piece]:
    """``3`` as three, where it counts things and is no date, measure, name or figure."""
    result = []
    for at, piece in enumerate(pieces):
        before = pieces[at - 1].text if at else ""
        after = pieces[at + 1].text if at + 1 < len(pieces) else ""
        bare = plain(piece.text).rstrip(".")
        text = piece.text
        near = [*pieces[max(0, at - 2) : at], *pieces[at + 1 : at + 3]]
        if (
            _DIGITS.fullmatch(bare)
            and 1 <= int(bare[:4]) <= 10
            and len(bare) <= 2
            and plain(after).rstrip(".") not in MEASURES | SCALES
            and plain(before).rstrip(".") not in LABELS
            and not is_number(before)
            and not is_number(after)
            and not any(c.isdecimal() for p in near for c in p.text)  # "4 of 10" stays alike
        ):
            word = _SMALL[int(bare) - 1]
            opens = not before or ends_sentence(before)
            text = _dressed(word.capitalize() if opens else word, text, text)
        result.append(replace(piece, text=text))
    return result


def _dressed(text: str, first: str, last: str) -> str:
    """The marks that stood before ``first`` and after ``last`` put around a new text."""
    marks = OPENING + CLOSING + ",;:!?….-–—"
    head = first[: len(first) - len(first.lstrip(OPENING))]
    tail = last[len(last.rstrip(marks)) :]
    return f"{head}{text}{tail}"
