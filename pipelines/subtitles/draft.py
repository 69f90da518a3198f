"""A cue in the making: its words, its lines, what it needs of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pipelines.subtitles.layout import Block, Layout
from pipelines.subtitles.profile import Profile
from pipelines.subtitles.timing import Span
from pipelines.subtitles.tokens import Token, separator, tokens_of
from studio.types.subtitles import Cue
from studio.types.transcript import Transcript, Word


@dataclass(frozen=True)
class Draft:
    """One cue before it has its times.

    Attributes:
        tokens: what it says.
        ends: index after the last token of each line.
        lines: as shown.
        label: of the speaker, as it stands before the first line.
        dashes: whether each line is another speaker's.
        words: half-open range of the transcript's words.
        start, end: of the speech, in seconds.
        condensed: whether it says less than was said.
    """

    tokens: tuple[Token, ...]
    ends: tuple[int, ...]
    lines: tuple[str, ...]
    label: str
    dashes: bool
    words: tuple[int, int]
    start: Fraction
    end: Fraction
    condensed: bool = False

    @classmethod
    def from_block(cls, block: Block, tokens: Sequence[Token], layout: Layout) -> Draft:
        """The draft of a block of tokens."""
        inside = tuple(tokens[block.first : block.last])
        return cls(
            tokens=inside,
            ends=tuple(e - block.first for e in block.ends),
            lines=layout.lines(block),
            label=layout.label(block.first),
            dashes=block.dashes,
            words=(inside[0].words[0], inside[-1].words[1]),
            start=inside[0].start,
            end=max(t.end for t in inside),
        )

    @property
    def said(self) -> str:
        """The text in one line, without labels and dashes."""
        return " ".join(t.text for t in self.tokens)

    def span(self, profile: Profile) -> Span:
        """What it needs of time."""
        # Words are counted as they are read: a written "twenty-five cats" is two.
        words = sum(len(line.split()) for line in self.lines)
        return Span(self.start, self.end, sum(map(profile.width, self.lines)), words)

    def reworded(self, text: str, profile: Profile, language: str) -> Draft:
        """The same cue with another text."""
        tokens = _tokens(text, profile, language)
        layout = Layout(tokens, profile, separator(language), (), {})
        block = layout.whole(profile.width(self.label)) if tokens else None
        if block is None:
            return self
        lines = layout.lines(block)
        return replace(
            self,
            tokens=tuple(tokens),
            ends=block.ends,
            lines=(f"{self.label}{lines[0]}", *lines[1:]),
            condensed=True,
        )

    def cue(self, start: Fraction, end: Fraction, names: Mapping[str, str]) -> Cue:
        """The finished cue."""
        speakers = {t.speaker for t in self.tokens} if not self.condensed else {""}
        speaker = speakers.pop() if len(speakers) == 1 else ""
        return Cue(start, end, self.lines, self.words, names.get(speaker, speaker))


def _tokens(text: str, profile: Profile, language: str) -> list[Token]:
    words = tuple(Word(w, Fraction(0), Fraction(0), 1.0) for w in text.split())
    return tokens_of(Transcript(language, words, ((0, len(words)),)), profile)


def wrap(text: str, profile: Profile, language: str) -> tuple[str, ...]:
    """A text that stands in one cue, broken into lines by the house's rules.

    Text that does not fit is broken into more lines than the profile allows, never cut.
    """
    tokens = _tokens(text, profile, language)
    if not tokens:
        return ()
    layout = Layout(tokens, profile, separator(language), (), {})
    block = layout.whole()
    if block is None:
        return tuple(line for b in layout.blocks() for line in layout.lines(b))
    return layout.lines(block)
