"""Spoken lines: which are worth hearing, and how far their sound reaches under other pictures."""

from __future__ import annotations

from dataclasses import dataclass

from studio.types.transcript import Transcript, Word

#: Sound may start so long before its picture (J-cut), and last so long past it (L-cut).
LONGEST_LEAD_S = 1.0
LONGEST_LAG_S = 1.5
#: A line weaker than this is not kept as dialogue.
LEAST_STRENGTH = 0.3
_PAUSE_S = 0.7


@dataclass(frozen=True)
class Line:
    """A complete sentence.

    Attributes:
        start_s, end_s: on the source clock.
        text: as recognised.
        strength: how well it stands alone, 0 to 1.
    """

    start_s: float
    end_s: float
    text: str
    strength: float


def spoken_lines(transcript: Transcript | None) -> tuple[Line, ...]:
    """The sentences of a transcript, each with how well it would stand alone in a trailer.

    A transcript without sentences is parted at pauses of 0.7 s.
    """
    if transcript is None or not transcript.words:
        return ()
    words = transcript.words
    ranges = transcript.sentences or _parted(words)
    lines = (_line(words[a:b]) for a, b in ranges if b > a)
    return tuple(sorted(lines, key=lambda line: (line.start_s, line.end_s)))


def _parted(words: tuple[Word, ...]) -> tuple[tuple[int, int], ...]:
    ranges, first = [], 0
    for at in range(1, len(words)):
        if words[at].start - words[at - 1].end > _PAUSE_S:
            ranges.append((first, at))
            first = at
    return (*ranges, (first, len(words)))


def _line(words: tuple[Word, ...]) -> Line:
    text = " ".join(word.text for word in words)
    start_s, end_s = float(words[0].start), max(float(word.end) for word in words)
    confidence = sum(word.confidence for word in words) / len(words)
    # A line that stands alone has a thought in it and can be taken in at one hearing.
    count, seconds = len(words), end_s - start_s
    thought = min(1.0, count / 4) * min(1.0, max(0.0, (24 - count) / 10))
    length = min(1.0, seconds / 0.8) * min(1.0, max(0.0, (9 - seconds) / 4))
    ended = 1.0 if text.rstrip('"”’»)').endswith((".", "?", "!", "。", "？", "！")) else 0.75
    stressed = 1.1 if text.rstrip('"”’»)').endswith(("?", "!", "？", "！")) else 1.0
    strength = min(1.0, thought * length * ended * stressed * min(1.0, confidence / 0.8))
    return Line(start_s, end_s, text, strength)
