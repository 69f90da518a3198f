"""What the text formats share: limits, times, tags, the error that names a line."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from fractions import Fraction

from studio.types.subtitles import Cue

#: Far beyond any film; a file with more is no subtitle file, or an attack.
MAX_CUES = 100_000
MAX_LINE = 20_000
#: Hours that a time in a file may have.
_MAX_HOURS = 1000

_TIME = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?")
_TAG = re.compile(r"</?(?:i|b|u|s|c|v|lang|ruby|rt|font)(?:[\s.][^<>]*)?>|<[\d:.]+>", re.IGNORECASE)
_OVERRIDE = re.compile(r"\{\\[^{}]*\}")
_ITALIC = re.compile(r"\s*<i>(.*)</i>\s*", re.IGNORECASE | re.DOTALL)
_SOUND = re.compile(r"\[[^\[\]]+\]|\([^()]+\)")


class BrokenText(ValueError):
    """A file is broken at a line, counted from 1; 0 where no line can be named."""

    def __init__(self, what: str, line: int = 0, *, too_much: bool = False) -> None:
        super().__init__(what)
        self.line = line
        self.too_much = too_much


def parse_time(text: str, line: int) -> Fraction:
    """``[H:]MM:SS[.,]mmm`` as seconds.

    Raises:
        BrokenText: it is no such time.
    """
    found = _TIME.fullmatch(text.strip())
    if not found or int(found[2]) > 59 or int(found[3]) > 59 or int(found[1] or 0) > _MAX_HOURS:
        raise BrokenText(f"{text.strip()[:40]!r} is no time such as 00:01:02,345", line)
    hours, minutes, seconds = int(found[1] or 0), int(found[2]), int(found[3])
    part = Fraction(int(found[4] or 0), 10 ** len(found[4] or ""))
    return hours * 3600 + minutes * 60 + seconds + part


def form_time(seconds: Fraction, mark: str) -> str:
    """``HH:MM:SS`` and milliseconds after a mark.

    Rounded down: a frame that begins at 41.7 ms is met by a cue from 41 ms, missed by one from
    42.
    """
    ms = max(0, (seconds * 1000).__floor__())
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02}{mark}{ms % 1000:03}"


@dataclass(frozen=True)
class Timing:
    """The line that times a cue: ``00:00:01,000 --> 00:00:02,000``, settings after it."""

    start: Fraction
    end: Fraction
    settings: str


def parse_timing(text: str, line: int) -> Timing:
    """A timing line.

    Raises:
        BrokenText: it is none, or the cue ends before it begins.
    """
    first, arrow, rest = text.partition("-->")
    parts = rest.split(None, 1)
    if not arrow or not parts:
        raise BrokenText("a cue begins with a line such as 00:00:01,000 --> 00:00:02,000", line)
    start, end = parse_time(first, line), parse_time(parts[0], line)
    if end < start:
        raise BrokenText("the cue ends before it begins", line)
    return Timing(start, end, parts[1] if len(parts) > 1 else "")


def is_sound(text: str) -> bool:
    """Whether a cue's text is one bracket: the description of a sound."""
    return bool(_SOUND.fullmatch(" ".join(text.split())))


def cue_from(
    timing: Timing, text: str, *, speaker: str = "", at_top: bool = False, escaped: bool = False
) -> Cue:
    """A cue of tagged text; tags are taken off, and what they say of the whole cue is kept.

    ``escaped`` text has ``&amp;`` for an ampersand.
    """
    at_top = at_top or bool(re.match(r"\{\\an[789]\}", text.lstrip()))
    text = _OVERRIDE.sub("", text)
    whole = _ITALIC.fullmatch(text)
    italic = whole is not None and "<i>" not in whole[1].lower()
    plain = _TAG.sub("", text)
    plain = html.unescape(plain) if escaped else plain
    return Cue(
        timing.start,
        timing.end,
        tuple(plain.split("\n")) if plain.strip() else (),
        speaker=speaker,
        kind="sound" if is_sound(plain) else "speech",
        at_top=at_top,
        italic=italic,
    )


def shown_lines(cue: Cue) -> list[str]:
    """A cue's lines without those that a text format would take for its end."""
    return [line.replace("\n", " ").replace("\r", " ") for line in cue.lines if line.strip()]
