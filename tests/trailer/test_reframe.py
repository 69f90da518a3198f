"""The crop follows what matters, calmly."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.trailer.conform import crop_shares, timeline_rate, timeline_size
from pipelines.trailer.reframe import Camera, crop_path, steer
from pipelines.trailer.tape import load_tapes
from studio.types.detections import Detections
from tests.trailer.synthetic import Scene, make

FPS = 25.0
SHARE = crop_shares((1920, 1080), 9 / 16)[0]


def tape_with(track, seconds: float = 8.0, label: str = "face"):
    """Footage of one shot with a box of a tenth of the picture's width at ``track(t)``; several
    where it gives several."""
    footage = make(Scene([seconds]))
    sampled = footage.faces.sampled_frames
    frames, boxes = [], []
    for frame in sampled.tolist():
        places = track(frame / FPS)
        for x in places if isinstance(places, tuple) else (places,):
            frames.append(frame)
            boxes.append((x - 0.05, 0.3, x + 0.05, 0.5))
    found = Detections(
        sampled_frames=sampled,
        frames=np.array(frames, np.int64),
        xyxy=np.array(boxes, np.float32).reshape(-1, 4),
        scores=np.ones(len(frames), np.float32),
        label_ids=np.zeros(len(frames), np.int64),
        labels=(label,),
        landmarks=np.zeros((len(frames), 0, 2), np.float32),
        attributes=np.zeros((len(frames), 0), np.float32),
    )
    nothing = Detections.empty(sampled, ("person",))
    footage = replace(
        footage,
        faces=found if label == "face" else nothing,
        objects=nothing if label == "face" else found,
    )
    return load_tapes([footage], 0.0)[0][0]


def crop(tape, start: int = 0, end: int = 200):
    keys = crop_path(tape, start, end, end - start, FPS, (SHARE, 1.0))
    frames = np.arange(end - start)
    return keys, np.interp(frames, [k.frame for k in keys], [k.center_x for k in keys])


def inside(path, track, start: int = 0) -> float:
    xs = np.array([track((start + f) / FPS) for f in range(len(path))])
    return float(np.mean((xs - 0.05 >= path - SHARE / 2) & (xs + 0.05 <= path + SHARE / 2)))


@pytest.mark.parametrize("label", ["face", "person", "dog"])
@pytest.mark.parametrize("place", [0.2, 0.5, 0.77])
def test_a_subject_that_stays_is_framed_by_a_fixed_crop(label, place):
    keys, path = crop(tape_with(lambda t: place, label=label))
    assert len(keys) == 1
    assert abs(path[0] - place) < 0.06


def test_a_crop_shows_no_bar_that_is_burnt_into_the_picture():
    tape = tape_with(lambda t: 0.1)
    facts = tape.analysis.picture
    bars = np.full(len(facts.frames), 0.12, np.float32)
    barred = replace(tape.analysis, picture=replace(facts, bar_x=bars, bar_y=0 * bars))
    _, path = crop(load_tapes([barred], 0.0)[0][0])
    assert (path - SHARE / 2 >= 0.12 - 1e-3).all()


def test_fidgeting_moves_nothing():
    keys, path = crop(tape_with(lambda t: 0.4 + 0.03 * np.sin(9 * t)))
    assert len(keys) == 1 and abs(path[0] - 0.4) < 0.06


def test_a_walk_is_followed():
    def walk(t):
        return 0.15 + 0.7 * min(max((t - 1) / 6, 0), 1)

    keys, path = crop(tape_with(walk))
    assert inside(path, walk) >= 0.95
    assert 2 <= len(keys) <= 30
    assert np.abs(np.diff(path)).max() * FPS <= Camera().top_speed * SHARE * 1.02


def test_a_quick_change_of_place_is_panned_not_jumped():
    def hop(t):
        return 0.25 if t < 4 else 0.75

    _, path = crop(tape_with(hop))
    assert np.abs(np.diff(path)).max() * FPS <= Camera().top_speed * SHARE * 1.02
    assert abs(path[50] - 0.25) < 0.08 and abs(path[-1] - 0.75) < 0.08


def test_of_two_people_too_far_apart_one_is_held():
    keys, path = crop(tape_with(lambda t: (0.1, 0.9)))
    assert len(keys) == 1
    assert min(abs(path[0] - 0.1), abs(path[0] - 0.9)) < 0.12


def test_two_people_who_fit_are_both_shown():
    _, path = crop(tape_with(lambda t: (0.42, 0.58)))
    assert abs(path[0] - 0.5) < 0.05


def test_detectors_that_blink_do_not_shake_the_camera():
    def blink(t):
        return (0.2, 0.8) if int(t * 2) % 3 else (0.8,)

    keys, path = crop(tape_with(blink))
    assert len(keys) == 1 and abs(path[0] - 0.8) < 0.1


def test_faces_go_before_things_and_the_middle_before_nothing():
    footage = make(Scene([8.0]))
    empty = Detections.empty(footage.faces.sampled_frames, ("person",))
    nobody = load_tapes([replace(footage, faces=empty, objects=empty)], 0.0)[0][0]
    keys, _ = crop(nobody)
    assert len(keys) == 1 and abs(keys[0].center_x - 0.5) < 0.01
    unknown = load_tapes([replace(footage, faces=None, objects=None)], 0.0)[0][0]
    assert crop(unknown)[0][0].center_x == 0.5


def test_every_cut_starts_afresh():
    def walk(t):
        return 0.15 + 0.09 * t

    tape = tape_with(walk)
    for start in (0, 60, 120):
        _, path = crop(tape, start, start + 40)
        assert abs(path[0] - walk(start / FPS + 0.3)) < 0.1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 3), min_size=2, max_size=12), st.sampled_from([24.0, 30.0, 60.0]))
def test_the_camera_keeps_its_limits(knots, fps):
    camera = Camera()
    count = int(len(knots) * fps * 0.7)
    target = np.interp(np.linspace(0, len(knots) - 1, count), np.arange(len(knots)), knots)
    path = steer(target, fps, camera)
    speed = np.diff(path) * fps
    assert np.abs(speed).max() <= camera.top_speed + 1e-9
    assert np.abs(np.diff(speed)).max() * fps <= 2 * camera.acceleration + 1e-6
    if np.ptp(target) <= camera.dead_zone:
        assert np.ptp(path) == 0


def test_once_it_stands_it_stands_for_a_while():
    camera = Camera()
    rng = np.random.default_rng(0)
    target = np.repeat(rng.uniform(0, 0.4, 30), 12)
    path = steer(target, 25.0, camera)
    standing = np.abs(np.diff(path)) < 1e-12
    edges = np.flatnonzero(np.diff(np.concatenate(([False], standing, [False])).astype(int)))
    holds = (edges[1::2] - edges[::2]) / 25
    leaving = np.ptp(target) > 2 * camera.leaving
    assert leaving or (holds[1:-1] >= camera.hold_s - 0.08).all()


@pytest.mark.parametrize(
    ("size", "aspect", "expected"),
    [
        ((1920, 1080), "source", (1920, 1080)),
        ((1921, 1081), "source", (1920, 1080)),
        ((1920, 1080), "9:16", (1080, 1920)),
        ((1280, 720), "9:16", (720, 1280)),
        ((160, 90), "9:16", (50, 90)),
        ((1920, 1080), "1:1", (1080, 1080)),
        ((3840, 2160), "16:9", (3840, 2160)),
        ((1080, 1920), "16:9", (960, 540)),
        ((3, 200), "source", (16, 200)),
    ],
)
def test_sizes_people_deliver_in(size, aspect, expected):
    assert timeline_size([make(Scene([2.0], size_wh=size))], aspect) == expected


def test_the_rate_of_most_footage_rules():
    def of(fps, seconds, vfr=False):
        return make(Scene([seconds], fps=fps, vfr=vfr))

    assert timeline_rate([of(Fraction(25), 5), of(Fraction(30), 8)]).fps == 30
    assert timeline_rate([of(Fraction(25), 5), of(Fraction(30), 4), of(Fraction(25), 1)]).fps == 25
    assert timeline_rate([of(Fraction(120), 5)]).fps == 60
    assert timeline_rate([of(Fraction(5), 5)]).fps == 24
    assert timeline_rate([of(Fraction(29), 5, vfr=True)]).fps == Fraction(30000, 1001)
