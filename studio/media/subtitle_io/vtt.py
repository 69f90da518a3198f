"""WebVTT (W3C): blocks with settings for the place, and voices.

Read here and not by pysubs2, which drops voices and places.
"""

from __future__ import annotations

import html
import re

from studio.media.subtitle_io.text import (
    MAX_CUES,
    BrokenText,
    cue_from,
    form_time,
    parse_timing,
    shown_lines,
)
from studio.types.subtitles import Cue, Subtitles

_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^<>]+)>", re.IGNORECASE)
_LINE = re.compile(r"(?:^|\s)line:(-?\d+(?:\.\d+)?)(%?)")
_SKIPPED = ("NOTE", "STYLE", "REGION")


def parse(text: str) -> Subtitles:
    """The cues of a file.

    Raises:
        BrokenText: the header or a timing line is broken.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    timed = [n for n, line in enumerate(lines, 1) if "-->" in line]
    if len(timed) > MAX_CUES:
        raise BrokenText(f"more than {MAX_CUES:,} cues", timed[MAX_CUES], too_much=True)
    language = ""
    cues: list[Cue] = []
    n = 0
    while n < len(lines) and lines[n].strip():  # the header, to the first blank line
        if lines[n].startswith("Language:"):
            language = lines[n].partition(":")[2].strip().split("-")[0].lower()
        n += 1
    while n < len(lines):
        if not lines[n].strip():
            n += 1
            continue
        end = next((i for i in range(n, len(lines)) if not lines[i].strip()), len(lines))
        block = lines[n:end]
        if not block[0].startswith(_SKIPPED):
            named = "-->" not in block[0]
            if named and (len(block) < 2 or "-->" not in block[1]):
                raise BrokenText("text that belongs to no cue", n + 1)
            cues.append(_cue(block[named:], n + 1 + named))
        n = end
    return Subtitles(language, tuple(cues))


def _cue(block: list[str], line: int) -> Cue:
    timing = parse_timing(block[0], line)
    text = "\n".join(block[1:])
    voices = [html.unescape(v.strip()) for v in _VOICE.findall(text)]
    return cue_from(
        timing,
        _VOICE.sub("", text),
        speaker=voices[0] if len(set(voices)) == 1 else "",
        at_top=_is_at_top(timing.settings),
        escaped=True,
    )


def _is_at_top(settings: str) -> bool:
    place = _LINE.search(settings)
    if place is None:
        return False
    # A share of the height, or one of about 16 lines, counted from below where negative.
    return float(place[1]) < 50 if place[2] else 0 <= float(place[1]) < 8


def form(subtitles: Subtitles) -> str:
    """The text of a file: speakers as voices, cues at the top on the first line."""
    blocks = ["WEBVTT\n"]
    for number, cue in enumerate(subtitles.cues, 1):
        text = html.escape("\n".join(shown_lines(cue)), quote=False)
        text = f"<i>{text}</i>" if cue.italic else text
        speaker = html.escape(" ".join(cue.speaker.split()), quote=False)
        voice = f"<v {speaker}>" if speaker else ""
        place = " line:0" if cue.at_top else ""
        times = f"{form_time(cue.start, '.')} --> {form_time(cue.end, '.')}{place}"
        blocks.append(f"{number}\n{times}\n{voice}{text}\n")
    return "\n".join(blocks)
