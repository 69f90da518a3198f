"""The rules that make shots of scores, by table."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from pipelines.analysis.transitions import (
    Transition,
    shots_from_probabilities,
    shots_from_transitions,
    transitions_from_probabilities,
)
from studio.types.media import FrameTimes
from studio.types.shot import TransitionKind

CUT, DISSOLVE, FADE = TransitionKind.CUT, TransitionKind.DISSOLVE, TransitionKind.FADE


def times(count):
    """A frame each 1001/24000 s."""
    pts = np.arange(count, dtype=np.int64) * 1001
    return FrameTimes(pts, count * 1001, Fraction(1, 24000), np.zeros(1, np.int64))


def scores(count=100, single=(), many=(), brightest=(), stays=()):
    """Plain footage with changes ``(start, end, value)``, half-open."""
    arrays = [np.full(count, value, np.float32) for value in (0.01, 0.01, 0.8, 1.0)]
    for array, changes in zip(arrays, (single, many, brightest, stays), strict=True):
        for start, end, value in changes:
            array[start:end] = value
    return arrays


TABLE = [
    ("nothing", {}, []),
    ("a cut", {"single": [(40, 41, 0.9)], "many": [(40, 41, 0.8)]}, [(CUT, 41, 41)]),
    ("just not a cut", {"single": [(40, 41, 0.5)]}, []),
    (
        "two frames high: the higher is the last of the old shot",
        {"single": [(40, 41, 0.6), (41, 42, 0.7)]},
        [(CUT, 42, 42)],
    ),
    (
        "a dissolve is one transition, whatever peaks in it",
        {"single": [(44, 45, 0.7), (52, 53, 0.7)], "many": [(40, 60, 0.9)]},
        [(DISSOLVE, 40, 60)],
    ),
    ("a dissolve that only the second head sees", {"many": [(40, 60, 0.9)]}, [(DISSOLVE, 40, 60)]),
    ("a weak run is none", {"many": [(40, 60, 0.45)]}, []),
    ("a short run is none", {"many": [(40, 44, 0.9)]}, []),
    (
        "a short run with a peak is a cut",
        {"single": [(41, 42, 0.9)], "many": [(40, 44, 0.9)]},
        [(CUT, 42, 42)],
    ),
    (
        "a run with a dip",
        {"many": [(40, 50, 0.9), (50, 53, 0.1), (53, 60, 0.9)]},
        [(DISSOLVE, 40, 60)],
    ),
    (
        "two runs",
        {"many": [(40, 50, 0.9), (60, 70, 0.9)]},
        [(DISSOLVE, 40, 50), (DISSOLVE, 60, 70)],
    ),
    (
        "black in the middle makes it a fade",
        {"many": [(40, 60, 0.9)], "brightest": [(49, 51, 0.02)]},
        [(FADE, 40, 60)],
    ),
    (
        "out and in with black held between is one fade",
        {"many": [(40, 50, 0.9), (70, 80, 0.9)], "brightest": [(49, 71, 0.02)]},
        [(FADE, 40, 80)],
    ),
    (
        "a dark scene between two dissolves is no fade",
        {"many": [(40, 50, 0.9), (70, 80, 0.9)], "brightest": [(40, 80, 0.2)]},
        [(DISSOLVE, 40, 50), (DISSOLVE, 70, 80)],
    ),
    ("a flash", {"single": [(40, 42, 0.9)], "stays": [(38, 46, 0.1)]}, []),
    (
        "a flash that the second head takes for a transition",
        {"single": [(40, 42, 0.9)], "many": [(38, 44, 0.9)], "stays": [(38, 46, 0.1)]},
        [],
    ),
    (
        "a flash inside a dissolve leaves it one",
        {"many": [(30, 60, 0.9)], "stays": [(40, 45, 0.1)]},
        [(DISSOLVE, 30, 60)],
    ),
    ("a peak at the last frame begins nothing", {"single": [(99, 100, 0.9)]}, []),
    (
        "a cut beside a dissolve",
        {"single": [(30, 31, 0.9)], "many": [(40, 60, 0.9)]},
        [(CUT, 31, 31), (DISSOLVE, 40, 60)],
    ),
]


@pytest.mark.parametrize(
    ("given", "expected"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_scores_to_transitions(given, expected):
    found = transitions_from_probabilities(*scores(**given))
    assert [(t.kind, t.start, t.end) for t in found] == expected


def test_shots_tile_the_footage_and_know_their_clean_part():
    shots = shots_from_probabilities(
        *scores(single=[(20, 21, 0.9)], many=[(40, 61, 0.9)]), times(100)
    )
    assert [(s.start_frame, s.end_frame) for s in shots] == [(0, 21), (21, 50), (50, 100)]
    assert [s.transition for s in shots] == [TransitionKind.START, CUT, DISSOLVE]
    assert [(s.clean_start_frame, s.clean_end_frame) for s in shots] == [
        (0, 21),
        (21, 40),
        (61, 100),
    ]
    assert [s.start for s in shots] == [Fraction(f * 1001, 24000) for f in (0, 21, 50)]
    assert shots[-1].end == Fraction(100 * 1001, 24000)


def test_fading_in_from_black_and_out_to_black_parts_nothing():
    given = scores(many=[(5, 15, 0.9), (85, 95, 0.9)], brightest=[(0, 6, 0.0), (94, 100, 0.0)])
    (shot,) = shots_from_probabilities(*given, times(100))
    assert (shot.start_frame, shot.end_frame) == (0, 100)
    assert (shot.clean_start_frame, shot.clean_end_frame) == (15, 85)
    assert shot.transition is TransitionKind.START


def test_a_transition_at_either_end_parts_nothing():
    given = scores(many=[(0, 8, 0.9), (92, 100, 0.9)])
    (shot,) = shots_from_probabilities(*given, times(100))
    assert (shot.clean_start_frame, shot.clean_end_frame) == (8, 92)


def test_footage_that_is_one_transition_is_one_shot():
    (shot,) = shots_from_probabilities(*scores(10, many=[(0, 10, 0.9)]), times(10))
    assert (shot.start_frame, shot.end_frame) == (0, 10)
    assert shot.clean_start_frame <= shot.clean_end_frame


def test_frames_that_were_not_seen_belong_to_the_shot_before_them():
    """Of 100 frames 20 to 29 and 90 to 99 are broken, and a cut lies behind the gap."""
    seen = np.concatenate([np.arange(20), np.arange(30, 90)])
    shots = shots_from_transitions(
        (Transition(CUT, 20, 20),), np.full(80, 0.8, np.float32), times(100), seen
    )
    assert [(s.start_frame, s.end_frame) for s in shots] == [(0, 30), (30, 100)]


def test_no_frames_make_no_shots():
    assert shots_from_probabilities(*scores(0), times(0)) == ()


def test_arrays_of_different_lengths_are_refused():
    single, many, brightest, stays = scores()
    with pytest.raises(ValueError, match="one number a frame"):
        shots_from_probabilities(single[:-1], many, brightest, stays, times(100))


def test_a_likely_cut_that_is_not_called_one_is_told_as_doubtful():
    given = scores(100, single=[(50, 51, 0.9), (20, 21, 0.3), (52, 53, 0.3), (70, 71, 0.04)])
    first, second = shots_from_probabilities(*given, times(100))
    assert (first.end_frame, first.doubtful_frames) == (51, (21,))
    assert second.doubtful_frames == ()
