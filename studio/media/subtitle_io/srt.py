"""SubRip: numbered blocks of a timing line and text.

Read here and not by pysubs2, which takes a broken timing line for text of the cue before it.
"""

from __future__ import annotations

from studio.media.subtitle_io.text import (
    MAX_CUES,
    BrokenText,
    Timing,
    cue_from,
    form_time,
    parse_timing,
    shown_lines,
)
from studio.types.subtitles import Cue, Subtitles


def parse(text: str) -> Subtitles:
    """The cues of a file.

    A blank line inside a cue's text is kept out of it and does not end the cue: many writers
    leave them.

    Raises:
        BrokenText: a timing line is broken, or text stands before the first.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    timed = [n for n, line in enumerate(lines) if "-->" in line]
    before = [n for n in range(timed[0] if timed else len(lines)) if lines[n].strip()]
    loose = before[:-1] if before and lines[before[-1]].strip().isdecimal() else before
    if loose:
        raise BrokenText("text that belongs to no cue", loose[0] + 1)
    if len(timed) > MAX_CUES:
        raise BrokenText(f"more than {MAX_CUES:,} cues", timed[MAX_CUES] + 1, too_much=True)
    cues: list[Cue] = []
    for at, n in enumerate(timed):
        timing = parse_timing(lines[n], n + 1)
        until = timed[at + 1] if at + 1 < len(timed) else len(lines)
        body = lines[n + 1 : until]
        if at + 1 < len(timed):
            while body and not body[-1].strip():
                body.pop()
            if body and body[-1].strip().isdecimal():
                body.pop()  # the number of the next cue
        cues.append(_cue(timing, body))
    return Subtitles("", tuple(cues))


def _cue(timing: Timing, body: list[str]) -> Cue:
    return cue_from(timing, "\n".join(line for line in body if line.strip()))


def form(subtitles: Subtitles) -> str:
    """The text of a file. A cue at the top has the ``{\\an8}`` that players know."""
    blocks = []
    for number, cue in enumerate(subtitles.cues, 1):
        # An arrow in the text would be read as the next cue's times.
        text = "\n".join(shown_lines(cue)).replace("-->", "→")
        text = f"<i>{text}</i>" if cue.italic else text
        top = "{\\an8}" if cue.at_top else ""
        times = f"{form_time(cue.start, ',')} --> {form_time(cue.end, ',')}"
        blocks.append(f"{number}\n{times}\n{top}{text}\n")
    return "\n".join(blocks)
