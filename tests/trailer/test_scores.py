"""Scores, likeness, lines and the tiling of time, one by one."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.trailer.dialogue import LEAST_STRENGTH, spoken_lines
from pipelines.trailer.likeness import DUPLICATE, likeness, likeness_scale
from pipelines.trailer.pulse import Pulse, tile
from pipelines.trailer.reasons import reasons_for
from pipelines.trailer.scores import WEIGHTS, score, weights_for
from pipelines.trailer.stretches import WordTimes
from pipelines.trailer.tape import load_tapes
from pipelines.trailer.windows import piece_of
from studio.types.timeline import Role
from studio.types.transcript import Transcript, Word
from tests.trailer.synthetic import Scene, make


@pytest.mark.parametrize("role", list(WEIGHTS))
@pytest.mark.parametrize("out_of_step", [True, False])
def test_weights_are_shares(role, out_of_step):
    assert sum(weights_for(role, lips_out_of_step=out_of_step).values()) == pytest.approx(1)
    assert set(WEIGHTS[role]) == set(weights_for(role, lips_out_of_step=out_of_step))


def test_a_smiling_close_up_makes_the_better_button_and_movement_the_better_climax():
    footage = make(Scene([4.0, 4.0]))
    half = footage.shots[0].end_frame
    faces = footage.faces
    sampled = faces.sampled_frames
    own = sampled[sampled < half]
    smile = np.zeros((len(own), 7), np.float32)
    smile[:, 3] = 0.95
    faces = replace(
        faces,
        frames=own,
        xyxy=np.tile(np.array([[0.3, 0.1, 0.7, 0.8]], np.float32), (len(own), 1)),
        scores=np.ones(len(own), np.float32),
        label_ids=np.zeros(len(own), np.int64),
        landmarks=np.zeros((len(own), 0, 2), np.float32),
        attributes=smile,
    )
    picture = footage.picture
    motion = np.where(picture.frames < half, 0.02, 0.9).astype(np.float32)
    footage = replace(footage, faces=faces, picture=replace(picture, motion=motion))
    tapes = load_tapes([footage], 0.0)[0]
    sheet = score(tapes)[0]
    first, second = (0.5, 3.5), (4.5, 7.5)

    def worth(role, span):
        return float(sheet.worth(role, np.array([span[0]]), np.array([span[1]]))[0])

    assert worth(Role.BUTTON, first) > worth(Role.BUTTON, second)
    assert worth(Role.CLIMAX, second) - worth(Role.CLIMAX, first) > worth(
        Role.BUTTON, second
    ) - worth(Role.BUTTON, first)
    reasons = {
        r.name: r for r in reasons_for(tapes[0], sheet, Role.BUTTON, *first, lips_out_of_step=False)
    }
    assert reasons["faces"].text == "one face, in close-up" and reasons["faces"].score > 0.9
    assert reasons["expression"].text.startswith("smiling")
    other = {
        r.name: r
        for r in reasons_for(tapes[0], sheet, Role.CLIMAX, *second, lips_out_of_step=False)
    }
    assert other["faces"].score == 0 and other["faces"].text == "no face"
    assert "fast" in other["motion"].text and "0.90" in other["motion"].text


def test_likeness_is_measured_against_the_footage_itself():
    footage = make(Scene([3.0] * 24, looks=12, seed=5))
    tapes = load_tapes([footage], 0.0)[0]
    sheet = score(tapes)[0]
    pieces = [
        piece_of(tapes[0], sheet, n, s.start_frame, s.end_frame)
        for n, s in enumerate(footage.shots)
    ]
    alike = likeness(pieces, likeness_scale(tapes))
    assert alike[0, 12] >= DUPLICATE and alike[3, 15] >= DUPLICATE
    assert np.median(alike[0, 1:12]) < 0.4


def words(*spans: tuple[float, float], text: str = "word") -> Transcript:
    made = tuple(
        Word(text, Fraction(round(a * 100), 100), Fraction(round(b * 100), 100), 0.9)
        for a, b in spans
    )
    return Transcript("en", made, ((0, len(made)),))


def test_room_between_words():
    times = WordTimes.of(words((1.0, 1.5), (1.5, 2.0), (2.4, 3.0)))
    room = times.room(np.array([0.2, 1.0, 1.25, 1.5, 2.2, 2.5, 9.0]))
    assert room.tolist() == pytest.approx([0.8, 0.0, -0.25, 0.0, 0.2, -0.5, 1.0])
    nested = WordTimes.of(words((1.0, 3.0), (1.2, 1.4), (5.0, 5.5)))
    assert nested.room(np.array([2.0]))[0] == pytest.approx(-1.0)


def test_a_thought_is_stronger_than_a_mumble():
    sentence = words(*((0.3 * i, 0.3 * i + 0.28) for i in range(8)))
    assert spoken_lines(sentence)[0].strength > LEAST_STRENGTH
    assert spoken_lines(words((0.0, 0.2)))[0].strength < LEAST_STRENGTH
    endless = words(*((0.3 * i, 0.3 * i + 0.28) for i in range(60)))
    assert spoken_lines(endless)[0].strength < LEAST_STRENGTH
    assert spoken_lines(None) == ()


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.integers(0, 300), st.integers(10, 900), st.floats(10, 120), st.integers(6, 25))
def test_tiles_keep_to_pulses_and_to_the_least_length(start, length, wish, least):
    pulse = Pulse.free(2000, 25.0)
    cuts = tile(pulse, start, start + length, lambda at: np.full(len(at), wish), least, 0.1)
    edges = [*cuts, start + length]
    assert edges[0] == start
    assert all(cut in pulse.frames for cut in cuts[1:])
    if len(cuts) > 1:
        assert min(b - a for a, b in pairwise(edges)) >= least
    if length > 4 * max(wish, least):
        mean = length / len(cuts)
        assert 0.6 * wish <= mean <= max(1.6 * wish, 2.0 * least)
