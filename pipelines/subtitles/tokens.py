"""What is written for what was said: the units that lines are made of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pipelines.subtitles import english, korean
from pipelines.subtitles.numbers import Piece, write_numbers
from pipelines.subtitles.profile import Profile
from studio.types.transcript import Transcript, Word

#: Languages written without spaces between words.
_UNSPACED = frozenset({"ja", "zh", "yue", "th", "lo", "km", "my"})
_DOTS = re.compile(r"\.{3,}|…|‥")


@dataclass(frozen=True)
class Token:
    """Text that is never broken, and when it is said.

    Attributes:
        text: as shown.
        words: half-open range of the transcript's words it stands for.
        start, end: seconds; starts never fall from one token to the next.
        speaker: label; empty where it is not known.
        break_cost: what a line break after it costs; 0 at the end of a sentence.
        ends_sentence: whether a sentence ends with it.
    """

    text: str
    words: tuple[int, int]
    start: Fraction
    end: Fraction
    speaker: str
    break_cost: float
    ends_sentence: bool


def separator(language: str) -> str:
    """What stands between two words of a language."""
    return "" if language in _UNSPACED else " "


def tokens_of(transcript: Transcript, profile: Profile) -> list[Token]:
    """Every word of a transcript as the house writes it.

    A word of which nothing may be shown is counted to its neighbour, so that each word
    belongs to exactly one token.
    """
    words = transcript.words
    pieces = _pieces(words, profile)
    sentences = {b for _, b in transcript.sentences}
    # A number is written by what stands around it, but never across a change of speaker.
    written: list[Piece] = []
    for turn in _turns(pieces, words):
        language = words[turn[0].words[0]].language or transcript.language
        written += write_numbers(turn, profile, language)
    tokens: list[Token] = []
    start = words[0].start if words else Fraction(0)
    for at, piece in enumerate(written):
        first, last = piece.words
        start = max(start, words[first].start)
        closed = english.ends_sentence(piece.text)
        language = words[first].language or transcript.language
        if at + 1 < len(written):
            before = written[at - 1].text if at else ""
            after = written[at + 1].text
            cost = _break_cost(piece.text, after, before, language)
            # The full stop that would excuse such a break will not be seen.
            hidden = language == "ko" and not profile.final_period
            if hidden and korean.hangs_on(piece.text, after):
                cost = english.BAD
            if last in sentences and cost < english.BAD:
                cost = min(cost, 1.0)
        else:
            cost = 0.0
        text = piece.text if profile.final_period else without_period(piece.text)
        tokens.append(
            Token(
                text=text.upper() if profile.uppercase else text,
                words=piece.words,
                start=start,
                end=max(start, *(w.end for w in words[first:last])),
                speaker="" if profile.speakers == "none" else words[first].speaker,
                break_cost=cost,
                ends_sentence=closed or last in sentences,
            )
        )
    return tokens


def _break_cost(text: str, after: str, before: str, language: str) -> float:
    if language == "ko":
        return korean.break_cost(text, after)
    if language == "en":
        return english.break_cost(text, after, not before or english.ends_sentence(before))
    marked = english.punctuation_cost(text)
    return 20.0 if marked is None else marked


def _pieces(words: Sequence[Word], profile: Profile) -> list[Piece]:
    pieces: list[Piece] = []
    waiting = 0  # words at the start of which nothing is shown
    for at, word in enumerate(words):
        text = clean(word.text, profile)
        if text:
            pieces.append(Piece(text, (waiting, at + 1)))
            waiting = at + 1
        elif pieces:
            pieces[-1] = replace(pieces[-1], words=(pieces[-1].words[0], at + 1))
            waiting = at + 1
    return pieces


def _turns(pieces: list[Piece], words: Sequence[Word]) -> list[list[Piece]]:
    turns: list[list[Piece]] = []
    for piece in pieces:
        word = words[piece.words[0]]
        last = words[turns[-1][-1].words[0]] if turns else None
        if last and (last.speaker, last.language) == (word.speaker, word.language):
            turns[-1].append(piece)
        else:
            turns.append([piece])
    return turns


def clean(text: str, profile: Profile) -> str:
    """A word in the house's signs: composed, its ellipsis and quotes, nothing forbidden."""
    text = unicodedata.normalize("NFC", text)
    text = _DOTS.sub(profile.ellipsis, text)
    text = "".join(
        " " if c.isspace() else c
        for c in text
        if c not in profile.forbidden and (c.isspace() or unicodedata.category(c)[0] != "C")
    )
    text = " ".join(text.split())
    # A dash before a word would be read as another speaker's; before a digit it is a minus.
    text = re.sub(r"^[-–—‐]+\s*(?!\d)", "", text)
    if profile.curly_quotes:
        text = re.sub(r"(?<![^\s(\[])\"", "“", text).replace('"', "”")
        text = re.sub(r"(?<![^\s(\[“])'(?=\w)", "‘", text).replace("'", "’")
    return text if any(not unicodedata.combining(c) for c in text) else ""


def without_period(text: str) -> str:
    """A word without the full stop that ends its sentence."""
    body = text.rstrip(english.CLOSING)
    if body.endswith("...") or english.is_abbreviation(body) or body.strip(".。") == "":
        return text
    return body.rstrip(".。") + text[len(body) :] if body[-1:] in ".。" else text
