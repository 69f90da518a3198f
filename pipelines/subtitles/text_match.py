"""Two texts of the same speech held against each other: which word stands for which."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

#: Words between two sure places that are compared each with each; more stay unmatched.
_MOST_COMPARED = 400
_LEAST_ALIKE = 0.34
_LEFT_OUT = -0.2  # for a word of either text that has no partner
_SURE_WORDS = 2  # equal words in a row that count as a sure place
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SIGNS = {"%": "percent", "&": "and", "+": "plus", "€": "euro", "$": "dollar", "£": "pound"}


def match_words(text: Sequence[str], heard: Sequence[str], language: str) -> list[int | None]:
    """For each word of a text the heard word that stands for it, or None; never going back.

    Numbers count by how they are spoken, so that ``20%`` stands for "twenty percent".

    Args:
        text, heard: words as written.
        language: ISO 639-1 code, for the numbers.
    """
    mine, my_owner = _spoken(text, language)
    theirs, their_owner = _spoken(heard, language)
    pairs: list[tuple[int, int]] = []
    at = (0, 0)
    blocks = difflib.SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks()
    for i, j, count in blocks:
        if count < _SURE_WORDS and i < len(mine):
            continue
        pairs += _compare(mine[at[0] : i], theirs[at[1] : j], at)
        pairs += [(i + k, j + k) for k in range(count)]
        at = (i + count, j + count)
    found: list[int | None] = [None] * len(text)
    for i, j in pairs:
        if found[my_owner[i]] is None:
            found[my_owner[i]] = their_owner[j]
    return found


def likeness(one: str, other: str) -> float:
    """How alike two words are, 0 to 1: shared pairs of letters (Dice), case and signs aside."""
    a, b = _plain(one), _plain(other)
    if a == b:
        return 1.0 if a else 0.0
    mine, theirs = _pairs_of_letters(a), _pairs_of_letters(b)
    return 2 * len(mine & theirs) / (len(mine) + len(theirs))


def _compare(
    mine: Sequence[str], theirs: Sequence[str], at: tuple[int, int]
) -> list[tuple[int, int]]:
    """The best pairing of two short stretches (Needleman and Wunsch, 1970)."""
    if not mine or not theirs or max(len(mine), len(theirs)) > _MOST_COMPARED:
        return []
    alike = np.array([[likeness(a, b) for b in theirs] for a in mine])
    gain = np.where(alike >= _LEAST_ALIKE, alike, -1.0)
    best = np.zeros((len(mine) + 1, len(theirs) + 1))
    best[1:, 0] = _LEFT_OUT * np.arange(1, len(mine) + 1)
    best[0, 1:] = _LEFT_OUT * np.arange(1, len(theirs) + 1)
    for i in range(1, len(mine) + 1):
        for j in range(1, len(theirs) + 1):
            best[i, j] = max(
                best[i - 1, j - 1] + gain[i - 1, j - 1],
                best[i - 1, j] + _LEFT_OUT,
                best[i, j - 1] + _LEFT_OUT,
            )
    pairs = []
    i, j = len(mine), len(theirs)
    while i and j:
        if best[i, j] == best[i - 1, j - 1] + gain[i - 1, j - 1]:
            i, j = i - 1, j - 1
            if gain[i, j] > 0:
                pairs.append((at[0] + i, at[1] + j))
        elif best[i, j] == best[i - 1, j] + _LEFT_OUT:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


def _spoken(words: Sequence[str], language: str) -> tuple[list[str], list[int]]:
    """Words as they are said, and the number of the written word each comes from."""
    said: list[str] = []
    owners: list[int] = []
    for number, word in enumerate(words):
        for part in _said(word, language):
            said.append(part)
            owners.append(number)
    return said, owners


@lru_cache(maxsize=4096)
def _said(word: str, language: str) -> tuple[str, ...]:
    spelled = _NUMBER.sub(lambda found: f" {_number(found.group(), language)} ", word)
    for sign, name in _SIGNS.items():
        spelled = spelled.replace(sign, f" {name} ")
    parts = (_plain(part) for part in re.split(r"[\s\-–—]+", spelled))
    return tuple(part for part in parts if part)


def _number(digits: str, language: str) -> str:
    from num2words import num2words

    plain = digits.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+", digits) else digits
    plain = plain.replace(",", ".")
    if plain.count(".") > 1 or len(plain) > 15:
        return digits
    try:
        return str(num2words(float(plain) if "." in plain else int(plain), lang=language or "en"))
    except (NotImplementedError, ValueError, OverflowError):
        return digits


def _plain(word: str) -> str:
    folded = unicodedata.normalize("NFKC", word).casefold()
    return "".join(c for c in folded if c.isalnum())


@lru_cache(maxsize=8192)
def _pairs_of_letters(word: str) -> frozenset[str]:
    # Hangul syllables are taken apart, or two forms of a verb would share nothing.
    letters = f" {unicodedata.normalize('NFD', word)} "
    return frozenset(letters[i : i + 2] for i in range(len(letters) - 1))
