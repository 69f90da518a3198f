"""The contact sheet: the right pictures at the right places, and text that fits."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from studio.errors import EncodeFailed
from studio.media import contact_sheet
from studio.media.contact_sheet import timeline_code, write_contact_sheet
from studio.types.timecode import FrameRate
from studio.types.timeline import Card, CropKey, Reason, Role
from tests.footage import counted_clip, ffmpeg, number_in
from tests.media.cuts import clip_of, cut_of, fps, source_of

CELL, GAP, MARGIN, HEAD = 360, 18, 36, 152


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("sheet") / "바다 A.mp4"
    return source_of(counted_clip(path, 100, encode=("-c:v", "libx264", "-crf", "12")))


def thumbnail(sheet, place, columns, high):
    left = MARGIN + place % columns * (CELL + GAP)
    row_high = (sheet.height - HEAD - MARGIN + GAP) // -(-6 // columns)
    top = HEAD + place // columns * row_high
    return np.asarray(sheet)[top : top + high, left : left + CELL]


def test_each_cell_shows_the_middle_frame(source, tmp_path):
    rate = source.rate
    reasons = tuple(Reason(f"r{n}", 0.1 * n, 1, "왜냐하면 " * 12) for n in range(5))
    starts = [0, 33, 70, 11, 90]
    clips = [
        clip_of(str(n), source, start, 10, rate, role=role, reasons=reasons)
        for n, (start, role) in enumerate(zip(starts, Role, strict=False))
    ]
    out = tmp_path / "sheet.png"
    write_contact_sheet(cut_of([*clips, Card("t", "제목\n둘째 줄", 20)], [source]), out)
    with Image.open(out) as sheet:
        assert sheet.width == 2 * MARGIN + 4 * CELL + 3 * GAP
        high = round(CELL * 180 / 320)
        shown = [number_in(thumbnail(sheet, n, 4, high)) for n in range(5)]
        assert shown == [start + 5 for start in starts]
        card = thumbnail(sheet, 5, 4, high)
        assert card.max() > 200
        assert np.median(card) < 40


def test_colours_are_those_of_the_film(tmp_path):
    path = tmp_path / "red.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", "color=c=0xC81E1E:s=320x180:d=0.4:r=25",
        "-vf", "scale=out_color_matrix=bt709:out_range=tv", "-colorspace", "bt709",
        "-c:v", "libx264", "-pix_fmt", "yuv420p", path,
    )  # fmt: skip
    red = source_of(path)
    out = tmp_path / "sheet.png"
    write_contact_sheet(cut_of([clip_of("1", red, 0, 10, red.rate)], [red]), out)
    with Image.open(out) as sheet:
        seen = np.asarray(sheet)[HEAD + 50, MARGIN + 100].astype(int)
    assert np.abs(seen - (0xC8, 0x1E, 0x1E)).max() <= 4


def test_crops_and_upright_frames(source, tmp_path):
    """The left half of a counted picture in an upright frame, as the film has it."""
    key = CropKey(0, 0.140625, 0.5, 0.28125, 0.888888)
    clip = clip_of("1", source, 40, 10, source.rate, crop=(key,))
    out = tmp_path / "sheet.png"
    write_contact_sheet(cut_of([clip], [source], size=(90, 160)), out)
    with Image.open(out) as sheet:
        wide = round(CELL * 90 / 160)
        left = MARGIN + (CELL - wide) // 2
        cell = np.asarray(sheet)[HEAD : HEAD + CELL, left : left + wide].mean(axis=2)
    # The crop holds the four and a half leading bits of 45: all zero, so the band is dark.
    assert cell[CELL // 2].max() < 60
    assert cell[5].min() > 50


def test_long_names_do_not_leave_their_cell(source, tmp_path):
    clip = clip_of("1", source, 0, 10, source.rate, reasons=(Reason("x", 1, 1, "very " * 60),))
    out = tmp_path / "sheet.png"
    timeline = replace(
        cut_of([clip, clip_of("2", source, 0, 1, source.rate)], [source]), name="N" * 300
    )
    write_contact_sheet(timeline, out)
    with Image.open(out) as sheet:
        picture = np.asarray(sheet).astype(int)
    ground = picture[2, 2]
    assert np.abs(picture[:, :MARGIN] - ground).max() <= 2
    assert np.abs(picture[:, -MARGIN + 1 :] - ground).max() <= 2
    between = picture[HEAD:, MARGIN + CELL : MARGIN + CELL + GAP]
    assert np.abs(between - ground).max() <= 2


def test_words_are_cut_with_an_ellipsis():
    font = contact_sheet._font(14)
    assert contact_sheet._fitting("short", font, 300) == "short"
    cut = contact_sheet._fitting("a long reason " * 20, font, 300)
    assert cut.endswith("…")
    assert font.getlength(cut) <= 300
    assert contact_sheet._fitting("sea 🙂", font, 300).strip() == "sea"


def test_places_are_written_as_time_code():
    assert timeline_code(FrameRate(Fraction(25)), 26) == "00:00:01:01"
    assert timeline_code(fps("30000/1001"), 1800) == "00:01:00;02"
    assert timeline_code(fps("24000/1001"), 24) == "00:00:01:00"


def test_nowhere_to_write(source, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EncodeFailed):
        write_contact_sheet(
            cut_of([clip_of("1", source, 0, 10, source.rate)], [source]),
            tmp_path / "file" / "sheet.png",
        )
