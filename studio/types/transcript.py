"""Speech as words with times."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from studio.types.timecode import TimeRange


@dataclass(frozen=True)
class Word:
    """One spoken word.

    Attributes:
        text: as recognised, punctuation attached, no spaces around it.
        start, end: seconds on the source clock.
        confidence: probability, 0 to 1.
        speaker: label of who says it, ``S1``; empty where that is not known.
        language: ISO 639-1 code; empty where it is the transcript's.
    """

    text: str
    start: Fraction
    end: Fraction
    confidence: float
    speaker: str = ""
    language: str = ""


@dataclass(frozen=True)
class DroppedText:
    """Text that was heard and is not believed.

    Attributes:
        start, end: seconds on the source clock.
        text: what was heard.
        reason: why it is left out.
    """

    start: Fraction
    end: Fraction
    text: str
    reason: str


@dataclass(frozen=True)
class Transcript:
    """What was said.

    Attributes:
        language: ISO 639-1 code, empty where nothing was said.
        words: in order of time.
        sentences: half-open index ranges into ``words``.
        dropped: text that was heard and not believed, with the reason.
    """

    language: str
    words: tuple[Word, ...]
    sentences: tuple[tuple[int, int], ...]
    dropped: tuple[DroppedText, ...] = ()

    @property
    def sentence_ranges(self) -> tuple[TimeRange, ...]:
        """The span of time of each sentence."""
        return tuple(
            TimeRange(self.words[a].start, max(self.words[a].start, self.words[b - 1].end))
            for a, b in self.sentences
        )
