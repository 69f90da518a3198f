from dataclasses import replace
from fractions import Fraction

import pytest

from studio.types.timecode import FrameRate
from studio.types.timeline import Card, Clip, Role, Timeline
from tests.media.plans import RATES, a_clip, a_source

NTSC = RATES["29.97"]


def the_cut() -> Timeline:
    source = a_source("a", NTSC)
    return Timeline(
        "cut",
        NTSC,
        (1280, 720),
        (source,),
        (
            Card("t", "Title", 30),
            a_clip("one", source, 100, 60, NTSC),
            a_clip("two", source, 300, 45, NTSC, role=Role.CLIMAX),
        ),
    )


def test_items_tile_the_timeline():
    cut = the_cut()
    assert [(at, item.id) for at, item in cut.placed()] == [(0, "t"), (30, "one"), (90, "two")]
    assert cut.frames == 135
    assert cut.duration == Fraction(135 * 1001, 30000)
    assert [clip.id for clip in cut.clips] == ["one", "two"]
    assert all(isinstance(clip, Clip) for clip in cut.clips)


def test_an_empty_cut_has_no_length():
    cut = replace(the_cut(), items=())
    assert cut.frames == 0
    assert cut.duration == 0
    assert list(cut.placed()) == []


def test_dropping_an_item_moves_what_follows():
    cut = the_cut().without({"one"})
    assert [(at, item.id) for at, item in cut.placed()] == [(0, "t"), (30, "two")]
    assert the_cut().without({"no such"}) == the_cut()


def test_sources_are_found_by_their_id():
    assert the_cut().source("a").rate == FrameRate(Fraction(30000, 1001))
    with pytest.raises(KeyError):
        the_cut().source("b")
