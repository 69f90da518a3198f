"""Subtitles: words arranged into cues, and what a house's rules say of them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Cue:
    """What stands on the screen at once.

    Attributes:
        start, end: seconds on the source clock; half-open.
        lines: of text, top to bottom, without markup.
        words: half-open index range into the transcript's words; None where the cue was made
            from no transcript: read from a file, or a sound.
        speaker: name or label; empty where nobody is named.
        kind: ``speech`` or ``sound`` (``[applause]``).
        at_top: whether it stands at the upper edge of the picture.
        italic: off screen, sung, or foreign, as the house's rules say.
    """

    start: Fraction
    end: Fraction
    lines: tuple[str, ...]
    words: tuple[int, int] | None = None
    speaker: str = ""
    kind: str = "speech"
    at_top: bool = False
    italic: bool = False

    @property
    def duration(self) -> Fraction:
        """Seconds it stands."""
        return self.end - self.start

    @property
    def text(self) -> str:
        """The lines joined by line breaks."""
        return "\n".join(self.lines)


@dataclass(frozen=True)
class Subtitles:
    """The cues of one track.

    Attributes:
        language: ISO 639-1 code of the text; empty where it is not known.
        cues: in order of time.
    """

    language: str
    cues: tuple[Cue, ...]


@dataclass(frozen=True)
class Violation:
    """One rule that one cue breaks.

    Attributes:
        cue: its index, from 0.
        rule: short name, ``line_length``.
        measured: what was seen, with its unit, ``47 characters``.
        limit: what the profile allows, ``42 characters``.
        hint: what would mend it; empty where nothing simple does.
    """

    cue: int
    rule: str
    measured: str
    limit: str
    hint: str = ""
