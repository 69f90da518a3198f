"""How written text is read aloud, in Korean and in English."""

from __future__ import annotations

from pipelines.anchor.reading.english import read_english
from pipelines.anchor.reading.korean import read_korean
from pipelines.anchor.reading.lexicon import Lexicon
from pipelines.anchor.reading.spoken import Piece, Reading, Spoken

__all__ = ["Lexicon", "Piece", "Reading", "Spoken", "read_text"]


def read_text(written: str, language: str, lexicon: Lexicon | None = None) -> Reading:
    """How a text is read.

    Args:
        written: the text.
        language: ``ko``, or anything else for English.
        lexicon: of the house; before every rule.
    """
    rules = lexicon.rules() if lexicon is not None else ()
    return (read_korean if language == "ko" else read_english)(written, rules)
