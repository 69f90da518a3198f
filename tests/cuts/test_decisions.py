"""Decisions about cuts, laid over whatever shots a model finds: pure, held against any film."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analysis.cut_corrections import (
    CutCorrections,
    CutDecision,
    boundaries,
    corrected_shots,
    cuts_file,
    known_corrections,
    said_uncut,
)
from pipelines.analysis.transitions import Transition, shots_from_transitions
from pipelines.cuts.deciding import Table
from pipelines.cuts.places import code_of, frame_of
from studio.archive.decisions import change_decisions, write_decisions
from studio.errors import RequestError
from studio.types.media import FrameTimes, MediaInfo, VideoStream
from studio.types.shot import Shot, TransitionKind
from studio.types.timecode import FrameRate, TimeRange

CUT, DISSOLVE = TransitionKind.CUT, TransitionKind.DISSOLVE


def times_of(lengths: list[int], time_base: Fraction = Fraction(1, 1000)) -> FrameTimes:
    """Frames of any lengths in ticks."""
    pts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return FrameTimes(pts[:-1], int(pts[-1]), time_base, pts[:1])


def even(frames: int, rate: Fraction = Fraction(25)) -> FrameTimes:
    return times_of([1] * frames, 1 / rate)


def media(rate: Fraction = Fraction(25), timecode: str = "", variable: bool = False) -> MediaInfo:
    video = VideoStream(
        *(0, "h264", (320, 180), Fraction(1), 0, FrameRate(rate), variable, Fraction(1, 1000), 0),
        *(Fraction(10), "yuv420p", 8, "bt709", "bt709", "bt709", "tv"),
    )
    return MediaInfo(
        Path("film.mp4"), "ab" * 32, 1, "mp4", Fraction(10), video, None, 1, 0, timecode
    )


def shots_with(times: FrameTimes, *places: int | tuple[int, int], doubts=()) -> tuple[Shot, ...]:
    """What a model finds: cuts, and pairs for dissolves."""
    found = tuple(
        Transition(CUT, p, p) if isinstance(p, int) else Transition(DISSOLVE, *p) for p in places
    )
    return shots_from_transitions(
        found, np.ones(len(times), np.float32), times, None, tuple(doubts)
    )


def cuts_of(shots: tuple[Shot, ...]) -> list[int]:
    return [shot.start_frame for shot in shots[1:]]


def whole(shots: tuple[Shot, ...], times: FrameTimes) -> None:
    """Shots tile the film; none is empty; clean parts lie inside; times are those of frames."""
    assert shots[0].start_frame == 0 and shots[-1].end_frame == len(times)
    for before, after in itertools.pairwise(shots):
        assert before.end_frame == after.start_frame and before.end == after.start
        assert before.clean_end_frame <= after.clean_start_frame
    for shot in shots:
        assert shot.start_frame < shot.end_frame
        assert shot.start_frame <= shot.clean_start_frame
        assert shot.clean_start_frame <= shot.clean_end_frame <= shot.end_frame
        assert (shot.start, shot.end) == (
            times.start(shot.start_frame),
            times.start(shot.end_frame),
        )
        assert all(shot.start_frame < d < shot.end_frame for d in shot.doubtful_frames)


@st.composite
def films(draw):
    """Frame times and what two models find in them."""
    count = draw(st.integers(4, 90))
    times = times_of(draw(st.lists(st.integers(1, 90), min_size=count, max_size=count)))

    def found() -> tuple[Shot, ...]:
        marks = sorted(draw(st.sets(st.integers(1, count - 1), max_size=12)))
        places: list[int | tuple[int, int]] = []
        while marks:
            first = marks.pop(0)
            if marks and draw(st.booleans()):
                places.append((first, marks.pop(0)))
            else:
                places.append(first)
        return shots_with(times, *places, doubts=sorted(draw(st.sets(st.integers(1, count - 1)))))

    return times, found(), found()


def say(table: Table, what: str, frame: int, to: int) -> CutDecision:
    if what == "r":
        return table.remove(frame)
    if what == "m":
        return table.move(frame, to)
    if what == "a":
        return table.add(frame)
    return table.add_gradual(min(frame, to), max(frame, to), DISSOLVE)


@settings(max_examples=60)
@given(films(), st.lists(st.tuples(st.sampled_from("ramg"), st.data()), max_size=6))
def test_whatever_is_said_of_whatever_film_holds_for_the_next_model(film, sayings):
    times, one, other = film
    count = len(times)
    info = media()
    said = CutCorrections()
    for what, data in sayings:
        shots = corrected_shots(one, said, times).shots
        table = Table(shots, info, times)
        frame = data.draw(st.integers(0, count))
        to = data.draw(st.integers(0, count))
        now = boundaries(shots)
        if what in "rm" and now:
            frame = now[frame % len(now)].at
        try:
            decision = say(table, what, frame, to)
        except RequestError:
            continue
        said = said.with_decision(decision)
        after = corrected_shots(one, said, times).shots
        here = cuts_of(after)
        # It does what was said, and nothing else but where a gradual one swallows cuts.
        kept = [b.at for b in now if what == "a" and not b.start <= frame < b.body[1]]
        assert {
            "r": here == [b.at for b in now if b.at != frame],
            "m": len(here) == len(now) and to in here,
            "a": here == sorted([*kept, frame]),
            "g": (min(frame, to) + max(frame, to)) // 2 in here,
        }[what]
    for shots in (one, other):
        laid = corrected_shots(shots, said, times)
        assert laid.lost == 0
        whole(laid.shots, times)
        assert corrected_shots(laid.shots, said, times) == laid, "twice is once"
        last = said.decisions[-1:]
        for decision in last:
            if decision.here is not None:
                assert decision.here.start in [times.start(b.start) for b in boundaries(laid.shots)]
            elif decision.gone is not None:
                assert decision.gone.start not in [s.start for s in laid.shots[1:]]
    assert corrected_shots(one, CutCorrections(), times).shots == one


def test_decisions_reach_what_another_model_finds_near_and_no_farther():
    times = even(250)
    info = media()
    one = shots_with(times, 50, 100, (140, 150), 200, doubts=(52, 170))
    table = Table(one, info, times)
    said = CutCorrections(
        (table.remove(50), table.move(100, 104), table.remove(143), table.add(170))
    )
    laid = corrected_shots(one, said, times).shots
    assert cuts_of(laid) == [104, 170, 200]
    assert not any(shot.doubtful_frames for shot in laid), "a person has looked there"
    assert (laid[1].clean_start_frame, laid[1].clean_end_frame) == (104, 170)
    # Another model: the same cuts beside, and some of its own, which stay.
    other = shots_with(times, 30, 53, 102, (138, 153), 169, 199, 220)
    assert cuts_of(corrected_shots(other, said, times).shots) == [30, 104, 170, 199, 220]
    assert said_uncut(said, times) == ((45, 56), (135, 155))
    # What is said later goes over what was said before.
    again = said.with_decision(Table(corrected_shots(one, said, times).shots, info, times).add(51))
    assert cuts_of(corrected_shots(one, again, times).shots) == [51, 104, 170, 200]
    assert again.digest != said.digest != CutCorrections().digest == ""
    # Cuts that stand close keep apart: a removal never reaches past the middle to the next.
    close = shots_with(times, 60, 62, 63)
    gone = CutCorrections((Table(close, info, times).remove(62),))
    assert cuts_of(corrected_shots(close, gone, times).shots) == [60, 63]


def test_kinds_and_clean_parts_of_what_is_added_and_moved():
    times = even(250)
    one = shots_with(times, (90, 110), 150)
    table = Table(one, media(), times)
    added = CutCorrections((table.add_gradual(30, 45, TransitionKind.FADE), table.move(100, 120)))
    first, second, third, last = corrected_shots(one, added, times).shots
    assert (second.transition, second.start_frame) == (TransitionKind.FADE, 37)
    assert (first.clean_end_frame, second.clean_start_frame) == (30, 45)
    assert (third.transition, third.start_frame) == (DISSOLVE, 120), "it keeps its length"
    assert (second.clean_end_frame, third.clean_start_frame) == (110, 130)
    assert last == one[2]
    hard = CutCorrections((Table(one, media(), times).add(95),))
    assert [b.kind for b in boundaries(corrected_shots(one, hard, times).shots)] == [CUT, CUT]
    # Into black that fades in; out again, all is as it was.
    black = (replace(one[0], clean_start_frame=20), *one[1:])
    inside = CutCorrections((Table(black, media(), times).add(10),))
    whole(corrected_shots(black, inside, times).shots, times)
    shots = corrected_shots(black, inside, times).shots
    undone = inside.with_decision(Table(shots, media(), times).remove(10))
    assert corrected_shots(black, undone, times).shots == black


def test_what_cannot_be_said_is_told_with_what_can():
    times = even(250)
    table = Table(shots_with(times, 50, 100), media(), times)
    for act, said in (
        (lambda: table.remove(80), r"no cut at 00:00:03:05 \(frame 80, 3.200 s\)"),
        (lambda: table.remove(103), "no cut at"),
        (lambda: table.add(100), "already"),
        (lambda: table.add(0), "begins"),
        (lambda: table.add(250), "ends"),
        (lambda: table.move(50, 100), "the cut at 00:00:04:00"),
        (lambda: table.move(50, 120), "in the way"),
        (lambda: table.move(50, 0), "edge is in the way"),
        (lambda: table.move(50, 50), "already"),
        (lambda: table.add_gradual(30, 31, DISSOLVE), "no frames of its own"),
        (lambda: table.add_gradual(200, 250, DISSOLVE), "ends"),
    ):
        with pytest.raises(RequestError, match=said):
            act()
    with pytest.raises(RequestError) as refused:
        table.remove(80)
    assert "frame 100" in (refused.value.hint or "") and "frame 50" in (refused.value.hint or "")
    with pytest.raises(RequestError) as refused:
        table.move(50, 120)
    assert "from frame 1 to frame 99" in (refused.value.hint or "")
    assert table.remove(48).gone == TimeRange(Fraction(2), Fraction(2)), "typed beside it"


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("12", 12 * 24), ("12.5s", 300), ("0:12.5", 300), ("0:00:12.5", 300), ("f312", 312),
        ("F7", 7), ("01:00:00:12", 12), ("01:00:12;12", None), ("1:99", None), ("f999999", None),
        ("00:00:01:00", None), ("01:00:00:24", None), ("", None), ("-1", None), ("nan", None),
        ("1e3", None),
    ],
)  # fmt: skip
def test_places_as_people_type_them(text, frame):
    times = even(2400, Fraction(24))
    info = media(Fraction(24), "01:00:00:00")
    if frame is None:
        with pytest.raises(RequestError):
            frame_of(text, info, times)
        return
    assert frame_of(text, info, times) == frame
    assert frame_of(code_of(frame, info, times), info, times) == frame


def test_places_at_odd_rates_are_those_of_the_frames():
    ntsc = Fraction(30000, 1001)
    times, info = even(4000, ntsc), media(ntsc, "00:59:58;00")
    for frame in (0, 1, 59, 60, 61, 1799, 1800, 3999):
        assert frame_of(code_of(frame, info, times), info, times) == frame
        assert frame_of(f"{float(times.start(frame)):.3f}", info, times) == frame, "as it is listed"
    assert ";" in code_of(60, info, times)
    uneven = times_of([40] * 100 + [20] * 100)
    varying = media(Fraction(25), variable=True)
    assert frame_of("4.5", varying, uneven) == 125
    assert frame_of(code_of(50, varying, uneven), varying, uneven) == 50


def test_decisions_are_kept_whole_by_content_and_read_back(tmp_path):
    times = even(250)
    table = Table(shots_with(times, 50, (90, 110)), media(), times)
    said = CutCorrections((table.remove(50), table.move(100, 120), table.add(200)))
    path = cuts_file(tmp_path, "ab" * 32)
    write_decisions(path, said)
    assert known_corrections(tmp_path, "ab" * 32) == said
    assert known_corrections(tmp_path, "cd" * 32) == CutCorrections()

    def one_more(n: int) -> None:
        at = times.start(n)
        more = CutDecision((TimeRange(at, at),), TimeRange(at, at))
        change_decisions(CutCorrections, path, lambda now: now.with_decision(more))

    at_once = [threading.Thread(target=one_more, args=(n,)) for n in range(1, 9)]
    for thread in at_once:
        thread.start()
    for thread in at_once:
        thread.join()
    kept = known_corrections(tmp_path, "ab" * 32).decisions
    assert kept[:3] == said.decisions and len(kept) == 11, "of two at once neither is lost"
    # A place that the footage has not is told, and changes nothing.
    far = CutDecision((), TimeRange(Fraction(99), Fraction(99)))
    laid = corrected_shots(shots_with(times, 50), CutCorrections((far,)), times)
    assert laid.lost == 1 and cuts_of(laid.shots) == [50]
    path.write_text('{"decisions": [{"clear": "soon"}]}')
    with pytest.raises(RequestError, match="cannot be read"):
        known_corrections(tmp_path, "ab" * 32)
