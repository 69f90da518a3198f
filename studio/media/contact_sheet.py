"""The cut on one page: a picture, a place and the reasons for every clip."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from studio.media.cards import Weight, font_path
from studio.media.thumbnails import clip_thumbnails
from studio.media.writer import write_beside
from studio.settings import Settings
from studio.types.timecode import FrameRate, Timecode
from studio.types.timeline import Card, Clip, Role, Source, Timeline

_GROUND, _PANEL = (17, 18, 22), (29, 31, 37)
_INK, _QUIET, _FAINT = (238, 236, 231), (166, 168, 176), (110, 113, 122)
_ROLES = {
    Role.HOOK: (226, 125, 84),
    Role.SETUP: (104, 156, 214),
    Role.BUILD: (120, 184, 150),
    Role.CLIMAX: (224, 90, 110),
    Role.BUTTON: (190, 150, 220),
    Role.BROLL: _FAINT,
}
_PAGE_WIDTH, _MARGIN, _GAP, _PAD = 1680, 40, 18, 12
_REASONS = 3


@dataclass(frozen=True)
class _Cell:
    """One item of the sheet, its words ready to be set."""

    picture: NDArray[np.uint8]
    number: str
    place: str
    role: str
    tint: tuple[int, int, int]
    source: str
    reasons: tuple[str, ...]


def write_contact_sheet(
    timeline: Timeline,
    path: Path,
    *,
    settings: Settings | None = None,
    loudness_lufs: float | None = None,
) -> None:
    """Write the sheet as PNG, beside and then renamed.

    Args:
        timeline: the cut.
        path: of the PNG.
        settings: limits on the footage.
        loudness_lufs: as measured on the finished film; the wanted one where not given.

    Raises:
        MediaError: a source cannot be read, or the file not be written.
    """
    image = _sheet(timeline, settings or Settings(), loudness_lufs)
    with write_beside(path) as beside:
        image.save(beside, "PNG", optimize=True)


def _sheet(timeline: Timeline, settings: Settings, loudness_lufs: float | None) -> Image.Image:
    ratio = timeline.size_wh[0] / timeline.size_wh[1]
    columns = 4 if ratio > 1.2 else 5 if ratio > 0.8 else 6
    width = (_PAGE_WIDTH - 2 * _MARGIN - (columns - 1) * _GAP) // columns
    picture_wh = (width, round(width / ratio))
    cells = _cells(timeline, picture_wh, settings)
    height = picture_wh[1] + 2 * _PAD + 62 + 21 * _REASONS
    rows = -(-len(cells) // columns)
    head = 128
    image = Image.new("RGB", (_PAGE_WIDTH, head + rows * (height + _GAP) + _MARGIN), _GROUND)
    draw = ImageDraw.Draw(image)
    _draw_head(draw, timeline, loudness_lufs)
    for n, cell in enumerate(cells):
        left = _MARGIN + (n % columns) * (width + _GAP)
        top = head + (n // columns) * (height + _GAP)
        _draw_cell(image, draw, cell, (left, top, width, height))
    return image


def _cells(timeline: Timeline, picture_wh: tuple[int, int], settings: Settings) -> list[_Cell]:
    pictures = clip_thumbnails(timeline, picture_wh[1], settings=settings)
    cells = []
    number = 0
    for at, item in timeline.placed():
        seconds = float(item.frames / timeline.rate.fps)
        place = f"{_timecode(at, timeline.rate)}   {seconds:.2f} s"
        if isinstance(item, Card):
            blank = np.full((picture_wh[1], picture_wh[0], 3), 9, np.uint8)
            words = " / ".join(item.text.splitlines())
            cells.append(_Cell(blank, "", place, f"{item.kind} card", _FAINT, words, ()))
            continue
        number += 1
        cells.append(
            _Cell(
                pictures[item.id],
                str(number),
                place,
                item.role.value,
                _ROLES[item.role],
                _source_line(item, timeline.source(item.source)),
                _reasons(item),
            )
        )
    return cells


def _timecode(frame: int, rate: FrameRate) -> str:
    drop = rate.is_ntsc and rate.nominal % 30 == 0
    return str(Timecode(frame, rate, drop))


def _source_line(clip: Clip, source: Source) -> str:
    start = clip.start_frame
    if source.timecode:
        mark = Timecode.from_string(source.timecode, source.rate)
        start_text = str(Timecode(mark.frame + start, source.rate, mark.drop))
    else:
        start_text = _timecode(start, source.rate)
    return f"{Path(source.path).name}  {start_text}"


def _reasons(clip: Clip) -> tuple[str, ...]:
    strongest = sorted(clip.reasons, key=lambda reason: -reason.score * reason.weight)
    return tuple(reason.text for reason in strongest[:_REASONS])


def _draw_head(draw: ImageDraw.ImageDraw, timeline: Timeline, loudness_lufs: float | None) -> None:
    draw.text((_MARGIN, 34), timeline.name, _INK, _font("Bold", 34))
    level = timeline.loudness_lufs if loudness_lufs is None else loudness_lufs
    facts = (
        f"{float(timeline.duration):.2f} s",
        f"{len(timeline.clips)} clips",
        f"{timeline.size_wh[0]} × {timeline.size_wh[1]}",
        f"{timeline.rate} frames a second",
        f"{level:.1f} LUFS",
    )
    draw.text((_MARGIN, 82), "   ·   ".join(facts), _QUIET, _font("Regular", 18))


def _draw_cell(
    image: Image.Image, draw: ImageDraw.ImageDraw, cell: _Cell, box: tuple[int, int, int, int]
) -> None:
    left, top, width, height = box
    draw.rounded_rectangle((left, top, left + width, top + height), 8, _PANEL)
    image.paste(Image.fromarray(cell.picture).resize((width, cell.picture.shape[0])), (left, top))
    at = top + cell.picture.shape[0]
    draw.rectangle((left, at, left + width, at + 3), cell.tint)
    at += _PAD
    inner, room = left + _PAD, width - 2 * _PAD
    bold, plain, small = _font("Bold", 17), _font("Regular", 15), _font("Regular", 14)
    head = f"{cell.number}  {cell.role}".strip()
    draw.text((inner, at), head, cell.tint, bold)
    place_width = plain.getlength(cell.place)
    if bold.getlength(head) + place_width + _GAP <= room:
        draw.text((inner + room - place_width, at + 1), cell.place, _QUIET, plain)
    at += 28
    draw.text((inner, at), _fitted(cell.source, plain, room), _INK, plain)
    at += 25
    for reason in cell.reasons:
        draw.text((inner, at), _fitted(reason, small, room), _QUIET, small)
        at += 21


def _font(weight: Weight, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_path(weight)), size_px)


def _fitted(text: str, font: ImageFont.FreeTypeFont, room_px: float) -> str:
    if font.getlength(text) <= room_px:
        return text
    while text and font.getlength(text + "…") > room_px:
        text = text[:-1]
    return text.rstrip() + "…"
