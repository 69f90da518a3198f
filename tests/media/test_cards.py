"""Cards by their pixels: letters that are letters, inside the frame, moving evenly."""

from fractions import Fraction

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import ImageFont

from studio.media.cards import CardPainter, font_path, set_text, without_missing
from studio.media.picture_conform import planes_of
from studio.types.timecode import FrameRate
from studio.types.timeline import Card

RATE = FrameRate(Fraction(25))
SHAPES = [(1280, 720), (720, 1280), (720, 720), (320, 180), (160, 90)]
TEXTS = {
    "short": "ECLIPSE",
    "long": "The last summer before everything we knew about the sea changed for good",
    "korean": "바다가 부른다",
    "long korean": "우리가 알던 바다의 마지막 여름, 그리고 다시는 돌아오지 않을 사람들의 이야기",
    "lines": "서울 2049: The Return\n올 여름 대개봉",
    "one word": "Donaudampfschifffahrtsgesellschaftskapitän",
}


def ink(painter, k):
    """Where the words are, ``(h, w)`` bool."""
    return planes_of(painter.frame(k))[0] > 90


@pytest.mark.parametrize("weight", ["Regular", "Bold", "ExtraBold"])
def test_no_tofu(weight):
    """Every letter has a glyph of its own and looks unlike the box for missing ones."""
    letters = "".join(sorted(set("".join(TEXTS.values()).replace("\n", "")) - {" "}))
    with TTFont(font_path(weight)) as font:
        table = font.getBestCmap()
        assert all(table[ord(letter)] != ".notdef" for letter in letters)
    drawn = ImageFont.truetype(str(font_path(weight)), 48)
    missing = bytes(drawn.getmask("\U0001f600"))
    looks = {bytes(drawn.getmask(letter)) for letter in letters}
    assert missing not in looks
    assert len(looks) >= len(letters) - 1  # hyphens may look alike


@pytest.mark.parametrize("wh", SHAPES, ids=lambda wh: f"{wh[0]}x{wh[1]}")
@pytest.mark.parametrize("kind", ["title", "end"])
@pytest.mark.parametrize("name", list(TEXTS))
def test_words_stay_inside_the_safe_area(wh, kind, name):
    painter = CardPainter(Card("c", TEXTS[name], 75, kind), wh, RATE)
    assert not painter.text.cut_off
    wanted = TEXTS[name].replace("\n", "").replace(" ", "")
    assert "".join(painter.text.lines).replace(" ", "") == wanted
    for k in (25, 60):
        rows, columns = np.nonzero(ink(painter, k))
        assert len(rows) > 40
        left, right = columns.min() / wh[0], 1 - (columns.max() + 1) / wh[0]
        top, bottom = rows.min() / wh[1], 1 - (rows.max() + 1) / wh[1]
        assert min(left, right, top, bottom) >= 0.05
        assert abs(left - right) <= 3 / wh[0] + 0.012, "not centred"


def test_words_are_broken_between_words_and_evenly():
    text = set_text(TEXTS["long"], "title", (1280, 720))
    lengths = [len(line) for line in text.lines]
    assert 2 <= len(lengths) <= 3
    assert min(lengths) > 0.6 * max(lengths)
    assert " ".join(text.lines) == TEXTS["long"]
    assert set_text("A\nB\n\nC", "end", (1280, 720)).lines == ("A", "B", "", "C")


def test_titles_are_larger_than_end_cards_and_short_words_large():
    title, end = (set_text("ECLIPSE", kind, (1280, 720)).size_px for kind in ("title", "end"))
    assert 40 < end < title < 144
    assert set_text(TEXTS["long"], "title", (1280, 720)).size_px < title


def test_letters_glide():
    """While they draw together, the first letter moves on by less than a pixel, evenly."""
    painter = CardPainter(Card("c", "ECLIPSE", 100), (1280, 720), RATE)
    assert "".join(painter.text.lines) == "ECLIPSE"

    def left_edge(k):
        luma = planes_of(painter.frame(k))[0].astype(float)
        rows = luma[330:390].max(axis=0)
        first = int(np.argmax(rows > 130))
        return np.interp(130, rows[first - 1 : first + 1], [first - 1, first])

    places = np.array([left_edge(k) for k in range(20, 100)])
    steps = np.diff(places)
    assert places[-1] - places[0] > 4
    assert steps.min() > -0.06
    assert steps.max() < 1
    assert np.abs(np.diff(steps)).max() < 0.25, "it jumps"


def test_words_come_and_go_gently():
    title = CardPainter(Card("c", "ECLIPSE", 75), (320, 180), RATE)
    end = CardPainter(Card("c", "ECLIPSE", 75, "end"), (320, 180), RATE)
    ground = int(planes_of(title.frame(-5))[0].max())
    peaks = [int(planes_of(title.frame(k))[0].max()) for k in range(75)]
    assert ground < 45
    assert peaks[0] < 60
    assert np.all(np.diff(peaks[:12]) >= 0)
    assert max(np.diff(peaks)) < 40
    assert peaks[-1] > 200
    assert planes_of(title.frame(90))[0].max() > 200
    assert planes_of(end.frame(74))[0].max() < 60
    assert planes_of(end.frame(100))[0].max() == ground
    assert planes_of(end.frame(40))[0].max() > 200


def test_the_ground_is_dark_without_bands():
    """The gradient is dithered: no wide run of one level has a straight edge to the next."""
    luma = planes_of(CardPainter(Card("c", "", 25), (1280, 720), RATE).frame(0))[0]
    assert luma.min() >= 16
    assert luma.max() < 45
    assert luma[330, 640] > luma[5, 5]
    row = luma[300].astype(int)
    changes = np.flatnonzero(np.diff(row))
    assert len(changes) > 200
    assert np.abs(np.diff(row)).max() <= 1


def test_letters_the_type_lacks_are_left_out_and_named():
    assert without_missing("가🙂나\n다") == ("가나\n다", "🙂")
    painter = CardPainter(Card("c", "Sea 🙂🙂 바다", 25), (320, 180), RATE)
    assert painter.notes == ("The type has no letter for '🙂'; left out of a card.",)
    assert "".join(painter.text.lines).split() == ["Sea", "바다"]


def test_too_many_words_are_cut_off_and_noted():
    painter = CardPainter(Card("c", "many words " * 200, 25), (160, 90), RATE)
    assert painter.text.cut_off
    assert any("Not all of" in note for note in painter.notes)
    assert ink(painter, 24).any()


@pytest.mark.parametrize("text", ["", "   ", "🙂"])
def test_nothing_to_say_is_a_plain_ground(text):
    painter = CardPainter(Card("c", text, 25), (320, 180), RATE)
    assert not ink(painter, 20).any()
