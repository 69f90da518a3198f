"""A cut at a glance: one picture with a thumbnail, a place and the reasons of every item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from av.video.reformatter import ColorRange, Colorspace
from PIL import Image, ImageDraw, ImageFont

from studio.errors import MediaError
from studio.media.cards import CardPainter, font_path, without_missing
from studio.media.picture_conform import Conform, black_frame
from studio.media.picture_plan import source_frames
from studio.media.picture_render import Footage, open_footage
from studio.media.reader import decode_range
from studio.media.writer import write_beside
from studio.settings import Settings
from studio.types.timecode import FrameRate, Timecode
from studio.types.timeline import Card, Clip, Role, Timeline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_GROUND, _PANEL = (18, 19, 23), (29, 31, 37)
_INK, _SOFT, _FAINT = (236, 233, 226), (168, 170, 176), (138, 141, 150)
_ROLE_INK = {
    Role.HOOK: (242, 178, 74),
    Role.SETUP: (112, 176, 235),
    Role.BUILD: (122, 204, 152),
    Role.CLIMAX: (238, 104, 96),
    Role.BUTTON: (196, 150, 232),
    Role.BROLL: (150, 154, 163),
    Role.ODD: (242, 178, 74),
}
_CARD_INK = (214, 208, 190)
_CELL_WIDE, _GAP, _MARGIN = 360, 18, 36
_COLUMNS = 4
_LINE = 21  # pixels from one line of small type to the next
_MOST_REASONS = 3


@dataclass(frozen=True)
class _Cell:
    """One item on the sheet."""

    number: int
    at: int
    item: Clip | Card
    picture: Image.Image
    lines: tuple[tuple[str, tuple[int, int, int]], ...]
    title: str


def write_contact_sheet(
    timeline: Timeline,
    path: Path,
    *,
    settings: Settings | None = None,
    check: Callable[[], None] | None = None,
    titles: Sequence[str] | None = None,
) -> None:
    """Draw the contact sheet of a cut as PNG.

    Each cell shows the middle frame as the film has it (cropped, conformed), its number, time
    code and length, what it does in the shape, the source and its in-point, how it begins and
    the reasons that counted most. The bar over the cells shows the lengths of all items.

    Args:
        timeline: the cut.
        path: the PNG; it appears whole or not at all.
        settings: limits; read from the machine where not given.
        check: called before each thumbnail; what it raises ends the drawing.
        titles: what each item is; what it does in the shape of a trailer where not given.

    Raises:
        MediaError, RequestError: a source cannot be read, or has changed.
        EncodeFailed: the sheet cannot be written.
    """
    footage = open_footage(timeline, settings or Settings())
    width, height = timeline.size_wh
    shown_wh = (_CELL_WIDE, max(1, round(_CELL_WIDE * height / width)))
    if shown_wh[1] > _CELL_WIDE:  # upright pictures are as high as wide ones are wide
        shown_wh = (max(1, round(_CELL_WIDE * width / height)), _CELL_WIDE)
    cells = []
    for number, (at, item) in enumerate(timeline.placed(), start=1):
        if check is not None:
            check()
        picture = _thumbnail(timeline, item, footage).resize(shown_wh, Image.Resampling.LANCZOS)
        title = _role(item) if titles is None else titles[number - 1]
        cells.append(_Cell(number, at, item, picture, _lines(timeline, at, item), title))
    sheet = _drawn(timeline, cells)
    with write_beside(path) as beside:
        sheet.save(beside, "PNG", optimize=True)


def _thumbnail(timeline: Timeline, item: Clip | Card, footage: dict[str, Footage]) -> Image.Image:
    k = item.frames // 2
    if isinstance(item, Card):
        return _image(CardPainter(item, timeline.size_wh, timeline.rate).frame(k))
    info, times = footage[item.source].info, footage[item.source].times
    assert info.video is not None  # open_footage saw to it
    source = timeline.source(item.source)
    (wanted,) = source_frames(item, source, times, timeline.rate, [k])
    conform = Conform(info.video, timeline.size_wh, item.crop)
    try:
        found = next(decode_range(info, times, wanted, item.end_frame), None)
    except MediaError:
        found = None
    return _image(black_frame(timeline.size_wh) if found is None else conform(found[1], k))


def _image(frame: VideoFrame) -> Image.Image:
    rgb = frame.reformat(
        format="rgb24",
        src_colorspace=Colorspace.ITU709,
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )
    return Image.fromarray(rgb.to_ndarray())


def _lines(
    timeline: Timeline, at: int, item: Clip | Card
) -> tuple[tuple[str, tuple[int, int, int]], ...]:
    length = f"{float(timeline.rate.seconds(item.frames)):.2f} s · {item.frames} fr"
    begins = item.transition
    how = f" · {begins.kind} {begins.frames}" if begins.frames else ""
    lines = [(f"{timeline_code(timeline.rate, at)} · {length}{how}", _SOFT)]
    if isinstance(item, Card):
        return (*lines, (item.text.replace("\n", " / "), _INK))
    source = timeline.source(item.source)
    lines.append((f"{Path(source.path).name} · in {_in_point(timeline, item)}", _SOFT))
    heard = {"dialogue": "dialogue", "ambience": "own sound", "mute": "muted"}[item.sound.kind]
    heard = heard if source.has_audio else "no sound"
    if item.sound.lead_frames or item.sound.lag_frames:
        heard += f", leads {item.sound.lead_frames}, lags {item.sound.lag_frames}"
    lines.append((heard, _FAINT))
    strongest = sorted(item.reasons, key=lambda r: -abs(r.score * r.weight))[:_MOST_REASONS]
    told = [f"{r.score:.2f}  {r.text or r.name}" for r in strongest]
    if len(told) == 1:  # a single reason has room to be told whole
        told = _wrapped(told[0], _font(14), _CELL_WIDE - 24)
    return (*lines, *((text, _INK) for text in told))


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The text in lines that fit, the most of them :data:`_MOST_REASONS`; the last may be cut."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".lstrip() if lines[-1] else word
        if lines[-1] and font.getlength(longer) > width and len(lines) < _MOST_REASONS:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def timeline_code(rate: FrameRate, frame: int) -> str:
    """A place on the timeline as time code, drop-frame at 29.97 and 59.94."""
    return str(Timecode(frame, rate, rate.is_ntsc and rate.nominal % 30 == 0))


def _in_point(timeline: Timeline, clip: Clip) -> str:
    source = timeline.source(clip.source)
    start = Timecode(0, source.rate)
    if source.timecode:
        try:
            start = Timecode.from_string(source.timecode, source.rate)
        except ValueError:
            start = Timecode(0, source.rate)
    code = Timecode(start.frame + clip.start_frame, source.rate, start.drop)
    return f"{code} (frame {clip.start_frame})"


def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_path("Bold" if bold else "Regular")), size)


def _fitting(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """The text, cut with an ellipsis where it is too wide; letters the type lacks left out."""
    text = without_missing(" ".join(text.split()))[0]
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _drawn(timeline: Timeline, cells: list[_Cell]) -> Image.Image:
    columns = min(_COLUMNS, max(2, len(cells)))
    thumb_high = max((c.picture.height for c in cells), default=1)
    text_high = 26 + _LINE * (1 + max((len(c.lines) for c in cells), default=1))
    cell_high = thumb_high + text_high
    rows = -(-len(cells) // columns)
    width = 2 * _MARGIN + columns * _CELL_WIDE + (columns - 1) * _GAP
    head_high = 152
    sheet = Image.new(
        "RGB", (width, head_high + rows * (cell_high + _GAP) + _MARGIN - _GAP), _GROUND
    )
    draw = ImageDraw.Draw(sheet)
    _draw_head(draw, timeline, width)
    _draw_lengths(draw, timeline, cells, width)
    for place, cell in enumerate(cells):
        left = _MARGIN + place % columns * (_CELL_WIDE + _GAP)
        top = head_high + place // columns * (cell_high + _GAP)
        draw.rectangle((left, top, left + _CELL_WIDE - 1, top + cell_high - 1), fill=_PANEL)
        inset = (_CELL_WIDE - cell.picture.width) // 2
        sheet.paste(cell.picture, (left + inset, top))
        _draw_words(draw, cell, left + 12, top + thumb_high + 10)
    return sheet


def _draw_head(draw: ImageDraw.ImageDraw, timeline: Timeline, width: int) -> None:
    title, small = _font(30, bold=True), _font(16)
    name = _fitting(timeline.name or "Untitled", title, width - 2 * _MARGIN)
    draw.text((_MARGIN, 28), name, font=title, fill=_INK)
    clips = len(timeline.clips)
    facts = [
        f"{_clock(timeline.duration)} ({timeline.frames} frames)",
        f"{timeline.rate} fps",
        f"{timeline.size_wh[0]}×{timeline.size_wh[1]}",
        f"{clips} clip{'s' if clips != 1 else ''} from {len({c.source for c in timeline.clips})} "
        f"source{'s' if len({c.source for c in timeline.clips}) != 1 else ''}",
        f"{timeline.loudness_lufs:g} LUFS",
    ]
    if timeline.music is not None:
        facts.append(f"music: {Path(timeline.music.path).name}")
    line = _fitting(" · ".join(facts), small, width - 2 * _MARGIN)
    draw.text((_MARGIN, 76), line, font=small, fill=_SOFT)


def _clock(seconds: Fraction) -> str:
    minutes, rest = divmod(float(seconds), 60)
    return f"{int(minutes)}:{rest:05.2f}"


def _draw_lengths(
    draw: ImageDraw.ImageDraw, timeline: Timeline, cells: list[_Cell], width: int
) -> None:
    """The rhythm of the cut: a bar whose parts are as long as the items."""
    whole = width - 2 * _MARGIN
    for cell in cells:
        first = _MARGIN + round(whole * cell.at / timeline.frames)
        last = _MARGIN + round(whole * (cell.at + cell.item.frames) / timeline.frames)
        draw.rectangle((first, 114, max(first, last - 3), 130), fill=_ink_of(cell.item))


def _role(item: Clip | Card) -> str:
    return f"{item.kind} card" if isinstance(item, Card) else item.role.value


def _ink_of(item: Clip | Card) -> tuple[int, int, int]:
    return _CARD_INK if isinstance(item, Card) else _ROLE_INK[item.role]


def _draw_words(draw: ImageDraw.ImageDraw, cell: _Cell, left: int, top: int) -> None:
    bold, small = _font(17, bold=True), _font(14)
    draw.text((left, top), f"{cell.number}", font=bold, fill=_INK)
    title = _fitting(cell.title, bold, _CELL_WIDE - 58)
    draw.text((left + 34, top), title, font=bold, fill=_ink_of(cell.item))
    for row, (text, colour) in enumerate(cell.lines, start=1):
        words = _fitting(text, small, _CELL_WIDE - 24)
        draw.text((left, top + 6 + row * _LINE), words, font=small, fill=colour)
