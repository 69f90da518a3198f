"""Edits of a plan by a person: exact to the frame, always something that can be rendered."""

import random
from dataclasses import replace
from fractions import Fraction

import pytest

from pipelines.trailer import arrange
from pipelines.trailer.arrange import Arrangement, arranged
from pipelines.trailer.beats import off_beat
from studio.errors import RequestError
from studio.media.timeline_io import check_timeline
from studio.types.timecode import FrameRate
from studio.types.timeline import (
    Card,
    Clip,
    CropKey,
    Reason,
    Role,
    Sound,
    Source,
    Timeline,
    Transition,
)

RATE = FrameRate(Fraction(30000, 1001))
#: The footage's own rates: as the timeline's, another, and half of it.
RATES = {"a": RATE, "b": FrameRate(Fraction(25)), "c": FrameRate(Fraction(15000, 1001))}


def stretch(name, source, start, frames, role=Role.BUILD, score=0.5, **more):
    own = RATES[source]
    span = RATE.seconds(frames) * own.fps
    end = start + int(span) + (span != int(span))
    reason = Reason("faces", score, 1.0, "a face")
    return Clip(
        name, source, start, end, own.seconds(start), own.seconds(end), frames, role, (reason,),
        **more,
    )  # fmt: skip


@pytest.fixture
def plan():
    sources = tuple(
        Source(n, f"/{n}.mp4", n * 40, rate, 2000, rate.seconds(2000), (160, 90), "", True, False)
        for n, rate in RATES.items()
    )
    keys = (CropKey(0, 0.4, 0.5, 0.3, 1.0), CropKey(39, 0.6, 0.5, 0.3, 1.0))
    items = (
        Card("t", "Title", 30),
        stretch("c1", "a", 100, 40, Role.HOOK, transition=Transition("dip", 8)),
        stretch("c2", "b", 200, 40, crop=keys, sound=Sound("dialogue", 0, 10, 10)),
        stretch("c3", "c", 300, 40, transition=Transition("dissolve", 8)),
        stretch("c4", "a", 0, 40, Role.CLIMAX),
    )
    broll = (
        stretch("b1", "b", 700, 80, Role.BROLL, 0.9),
        stretch("b2", "a", 900, 80, Role.BROLL, 0.55),
        stretch("b3", "a", 1200, 20, Role.BROLL, 0.5),
    )
    made = Timeline("t", RATE, (160, 90), sources, items, broll=broll)
    check_timeline(made, files=False)
    return made


def item(timeline, name):
    return next(i for i in timeline.items if i.id == name)


def test_nothing_decided_is_the_plan_itself(plan):
    assert arranged(plan, Arrangement()) == plan


def test_a_trim_moves_the_ends_by_whole_frames(plan):
    made = arrange.trimmed(plan, Arrangement(), "c1", head=5, tail=-3)
    clip = item(arranged(plan, made), "c1")
    assert (clip.start_frame, clip.end_frame, clip.frames) == (105, 137, 32)
    assert clip.start == RATE.seconds(105)
    # Of another rate: the nearest source frame, and no frame short at the end.
    other = item(arranged(plan, arrange.trimmed(plan, Arrangement(), "c2", head=6)), "c2")
    assert (other.start_frame, other.frames) == (205, 34)
    assert other.end - other.start >= RATE.seconds(34)
    # The crop at a picture stays what it was at that picture.
    assert other.crop[0].center_x == pytest.approx(0.4 + 0.2 * 6 / 39)
    assert other.crop[-1].frame == 33
    assert made.trims and arrange.trimmed(plan, made, "c1", head=-5, tail=3) == Arrangement()


@pytest.mark.parametrize(
    ("name", "ends"),
    [("c4", {"head": -1}), ("c1", {"tail": 3000}), ("c1", {"head": 37}), ("t", {"tail": -27})],
)
def test_footage_that_is_not_there_and_too_little_are_refused(plan, name, ends):
    with pytest.raises(RequestError):
        arrange.trimmed(plan, Arrangement(), name, **ends)


def test_a_clip_elsewhere_cuts_plainly_and_is_heard_over_no_stranger(plan):
    made = arrange.moved(plan, Arrangement(), "c2", 1)
    assert made.order == ("t", "c1", "c3", "c2", "c4")
    cut = arranged(plan, made)
    assert item(cut, "c3").transition == Transition()
    assert item(cut, "c2").sound == Sound("dialogue")
    assert item(cut, "c1") == item(plan, "c1"), "its neighbour before is the planned one"
    assert arrange.moved(plan, made, "c2", -1).order == ("t", "c1", "c2", "c3", "c4")
    assert arrange.moved(plan, Arrangement(), "t", -5).order[0] == "t"


def test_a_shot_of_like_worth_stands_in_as_long_from_its_middle(plan):
    offered = arrange.alternatives(plan, Arrangement(), "c1")
    assert [a.clip.id for a in offered] == ["b2", "b1"], "like worth first; too short is out"
    made = arrange.swapped(plan, Arrangement(), "c1", "b2")
    cut = arranged(plan, made)
    clip = item(cut, "c1")
    assert (clip.source, clip.start_frame, clip.frames, clip.role) == ("a", 920, 40, Role.HOOK)
    assert clip.reasons == item(replace(plan, items=plan.broll), "b2").reasons
    assert cut.frames == plan.frames, "no cut behind it moves"
    assert "b2" not in {c.id for c in cut.broll}
    assert [a.clip.id for a in arrange.alternatives(plan, made, "c3")] == ["b1"]
    assert arrange.swapped(plan, made, "c1", "") == Arrangement()
    for wrong in ("b3", "c2", "nothing"):
        with pytest.raises(RequestError):
            arrange.swapped(plan, Arrangement(), "c1", wrong)


def test_a_drop_moves_cuts_off_the_beat_and_a_swap_does_not(plan):
    beats = [at for at, _ in plan.placed()]
    assert off_beat(plan, beats) == 0
    trimmed = arrange.trimmed(plan, Arrangement(), "c1", tail=-7)
    assert off_beat(arranged(plan, trimmed), beats) == 3
    assert off_beat(arranged(plan, arrange.swapped(plan, Arrangement(), "c2", "b1")), beats) == 0
    assert off_beat(plan, []) == 0


def test_whatever_is_done_the_cut_can_be_rendered(plan):
    draw = random.Random(3)
    names = [i.id for i in plan.items]
    made, done = Arrangement(), 0
    for _ in range(400):
        name = draw.choice(names)
        acts = (
            lambda m, n: arrange.kept(plan, m, n, draw.random() < 0.7),
            lambda m, n: arrange.moved(plan, m, n, draw.randint(-3, 3)),
            lambda m, n: arrange.trimmed(plan, m, n, head=draw.randint(-9, 9)),
            lambda m, n: arrange.trimmed(plan, m, n, tail=draw.randint(-9, 9)),
            lambda m, n: arrange.swapped(plan, m, n, draw.choice(("b1", "b2", ""))),
        )
        try:
            tried = draw.choice(acts)(made, name)
            cut = arranged(plan, tried)
        except RequestError:
            continue
        if cut.items:
            try:
                check_timeline(cut, files=False)
            except RequestError as refused:
                # The page refuses such an edit; it may only be for want of handles.
                assert "dissolve" in str(refused) or "reads" in str(refused), refused
                continue
        made, done = tried, done + 1
    assert done > 250
