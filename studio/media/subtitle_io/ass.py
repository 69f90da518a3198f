"""Advanced SubStation Alpha, by pysubs2: styles, places, karaoke.

Times are hundredths of a second. A player shows a cue in the frames whose time is not before its
start and before its end; a time half a frame early is therefore right for every rate up to 50
frames a second, however it is rounded.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from studio.media.subtitle_io.text import MAX_CUES, BrokenText, is_sound, shown_lines
from studio.types.cue_style import CueStyle
from studio.types.subtitles import Cue, Subtitles
from studio.types.timecode import FrameRate
from studio.types.transcript import Word

if TYPE_CHECKING:
    from pysubs2 import Color, SSAEvent, SSAFile, SSAStyle

_TIME = re.compile(r"-?\d{1,3}:\d{1,2}:\d{1,2}[.:]\d{1,3}")
_TOP = (7, 8, 9)
_MIDPOINT_S = Fraction(1, 2)
_STYLE = "Cue"


def parse(text: str) -> Subtitles:
    """The dialogue of a file; comments and drawings are left out.

    Raises:
        BrokenText: a dialogue line is broken.
    """
    import pysubs2

    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    events = 0
    for n, line in enumerate(lines, 1):
        if not line.lstrip().startswith(("Dialogue:", "Comment:")):
            continue
        events += 1
        if events > MAX_CUES:
            raise BrokenText(f"more than {MAX_CUES:,} cues", n, too_much=True)
        fields = line.partition(":")[2].split(",", 9)
        if len(fields) < 10 or not all(_TIME.fullmatch(f.strip()) for f in fields[1:3]):
            raise BrokenText("a dialogue line without its times, or with too few fields", n)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values of styles, which are not used here
            read = pysubs2.SSAFile.from_string("\n".join(lines))
    except Exception as exc:  # pysubs2 raises what its parsing stumbles over
        raise BrokenText(f"no ASS: {exc}") from exc
    cues = [_cue(event, read) for event in read.events if not event.is_comment]
    return Subtitles("", tuple(c for c in cues if c is not None))


def _cue(event: SSAEvent, read: SSAFile) -> Cue | None:
    style = read.styles.get(event.style)
    overrides = "".join(re.findall(r"\{([^{}]*)\}", event.text))
    if re.search(r"\\p[1-9]", overrides):
        return None  # a drawing
    place = re.search(r"\\an([1-9])", overrides)
    at_top = int(place[1]) in _TOP if place else bool(style and int(style.alignment) in _TOP)
    text = re.sub(r"\{[^{}]*\}", "", event.text.replace("\\{", "\0").replace("\\}", "\1"))
    text = text.replace("\\N", "\n").replace("\\n", " ").replace("\\h", " ")
    text = text.replace("\\\u2060", "\\").replace("\0", "{").replace("\1", "}")
    slanted = re.match(r"(?:\{[^{}]*\})*\{[^{}]*\\i1", event.text) is not None
    start, end = Fraction(event.start, 1000), Fraction(event.end, 1000)
    return Cue(
        start,
        max(start, end),
        tuple(text.split("\n")) if text.strip() else (),
        speaker=event.name,
        kind="sound" if is_sound(text) else "speech",
        at_top=at_top,
        italic=slanted or bool(style and style.italic),
    )


def form(
    subtitles: Subtitles,
    rate: FrameRate | None,
    style: CueStyle,
    words: Sequence[Word],
    picture_wh: tuple[int, int],
) -> str:
    """The text of a file.

    Args:
        subtitles: the cues.
        rate: frames a second, where cues are to meet frames exactly.
        style: the look; lengths are shares of the picture.
        words: of the transcript, for karaoke; none for plain cues.
        picture_wh: pixels of the picture.
    """
    import pysubs2

    file = pysubs2.SSAFile()
    file.info |= {
        "PlayResX": f"{picture_wh[0]}",
        "PlayResY": f"{picture_wh[1]}",
        "ScaledBorderAndShadow": "yes",
        "WrapStyle": "2",
    }
    if subtitles.language:
        file.info["Language"] = subtitles.language
    file.styles = {_STYLE: _style(style, bool(words), picture_wh)}
    for cue in subtitles.cues:
        head = "".join(("{\\an8}" if cue.at_top else "", "{\\i1}" if cue.italic else ""))
        start, end = _hundredths(cue.start, rate), _hundredths(cue.end, rate)
        body = _karaoke(cue, words, start, end) or "\\N".join(map(_escaped, shown_lines(cue)))
        file.events.append(
            pysubs2.SSAEvent(
                start=start * 10,
                end=end * 10,
                text=head + body,
                style=_STYLE,
                name=" ".join(cue.speaker.replace(",", " ").split()),
            )
        )
    return file.to_string("ass", header_notice="")


def _hundredths(seconds: Fraction, rate: FrameRate | None) -> int:
    if rate is None:
        return max(0, round(seconds * 100))
    # The first frame that does not begin before the time, and from it half a frame back.
    frame = -((-seconds * rate.fps).__floor__())
    return max(0, round((frame - _MIDPOINT_S) / rate.fps * 100))


def _escaped(text: str) -> str:
    # A backslash begins an escape; a word joiner behind it takes its meaning away.
    return text.replace("\\", "\\\u2060").replace("{", "\\{").replace("}", "\\}")


def _style(style: CueStyle, karaoke: bool, picture_wh: tuple[int, int]) -> SSAStyle:
    import pysubs2

    width, height = picture_wh
    size = style.size * min(width, height)
    spoken = style.spoken_color or "#ffe24a"
    plain = _color(style.color)
    return pysubs2.SSAStyle(
        fontname=style.font,
        fontsize=max(4, round(size)),
        bold=style.bold,
        # A karaoke word has the second colour until it is spoken, the first from then on.
        primarycolor=_color(spoken) if karaoke else plain,
        secondarycolor=plain,
        outlinecolor=_color(style.outline_color),
        backcolor=_color(style.box_color or style.outline_color),
        # libass's own: one box behind the whole cue. Style 3 lays a box behind each word, and
        # their overlaps show through.
        borderstyle=4 if style.box_color else 1,
        outline=round(style.outline * size, 2),
        shadow=round((0.12 if style.box_color else style.shadow) * size, 2),
        alignment=pysubs2.Alignment.BOTTOM_CENTER,
        marginl=round(style.margin * width),
        marginr=round(style.margin * width),
        marginv=round(style.margin * height),
    )


def _color(code: str) -> Color:
    import pysubs2

    red, green, blue = (int(code[at : at + 2], 16) for at in (1, 3, 5))
    # ASS counts transparency where the style counts opacity.
    return pysubs2.Color(red, green, blue, 255 - int(code[7:9] or "ff", 16))


def _karaoke(cue: Cue, words: Sequence[Word], start: int, end: int) -> str:
    """The text with the hundredths for which each written word is the one being said.

    Where a written word stands for several spoken ones, or the text was shortened, the time of
    the speech is shared out by the length of the words. Empty where there is nothing to share.
    """
    lines = [line.split() for line in shown_lines(cue)]
    written = [w for line in lines for w in line]
    if not words or cue.words is None or not written or cue.words[1] > len(words):
        return ""
    said = words[cue.words[0] : cue.words[1]]
    if len(said) == len(written):
        starts = [round(w.start * 100) for w in said]
    else:
        first, last = round(said[0].start * 100), round(said[-1].end * 100)
        letters = [0]
        for word in written[:-1]:
            letters.append(letters[-1] + len(word) + 1)
        whole = letters[-1] + len(written[-1])
        starts = [first + (last - first) * n // whole for n in letters]
    # Steps are whole and add up: rounding must not run away over a long cue.
    edges = [min(max(start, s), end) for s in starts] + [end]
    result = f"{{\\k{edges[0] - start}}}" if edges[0] > start else ""
    at = 0
    parts = []
    for line in lines:
        timed = []
        for word in line:
            timed.append(f"{{\\k{max(0, edges[at + 1] - edges[at])}}}{_escaped(word)}")
            at += 1
        parts.append(" ".join(timed))
    return result + "\\N".join(parts)
