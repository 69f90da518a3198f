"""Mixing along motion: less flicker, no ghosts, a clean start at a cut."""

import cv2
import numpy as np
import pytest

from pipelines.stylize.flicker import pairs_of, warp_error
from pipelines.stylize.motion import MotionFinder, Warper, flow_picture
from pipelines.stylize.steady import Steady, lead_frames
from studio.types.shot import Shot, TransitionKind

WH = (320, 180)


def texture(seed, wh=(900, 500)):
    """Soft clouds with fine grain: something to follow."""
    random = np.random.default_rng(seed)
    layers = [
        cv2.resize(random.random((wh[1] // s, wh[0] // s, 3)), wh, interpolation=cv2.INTER_CUBIC)
        for s in (4, 12, 40)
    ]
    picture = sum(layers) / 3
    return np.clip(255 * (picture - 0.1) / 0.8, 0, 255).astype(np.uint8)


def pan(picture, number, step=(3.0, 1.5)):
    shift = np.float32([[1, 0, -step[0] * number - 20], [0, 1, -step[1] * number - 20]])
    return cv2.warpAffine(picture, shift, WH, flags=cv2.INTER_LINEAR)


def flickering(picture, number):
    """A painter with moods: another gain and other grain in each picture."""
    random = np.random.default_rng(1000 + number)
    grain = cv2.GaussianBlur(random.normal(0, 40, picture.shape), (5, 5), 1.2)
    return np.clip(picture * random.uniform(0.9, 1.1) + grain, 0, 255).astype(np.uint8)


def test_motion_is_found_and_known_to_be_good():
    scene = texture(1)
    before, now = pan(scene, 0), pan(scene, 1)
    motion = MotionFinder()(flow_picture(before), flow_picture(now))
    inner = np.s_[20:-20, 20:-20]
    assert np.median(motion.flow[inner][..., 0]) == pytest.approx(3, abs=0.2)
    assert np.median(motion.flow[inner][..., 1]) == pytest.approx(1.5, abs=0.2)
    assert np.median(motion.trust[inner]) > 0.8
    moved = Warper(WH)(before, motion)
    assert np.abs(moved[inner].astype(int) - now[inner]).mean() < 3
    elsewhere = MotionFinder()(flow_picture(texture(2)[:180, :320]), flow_picture(now))
    assert elsewhere.trust.mean() < 0.2


def test_flicker_falls_and_the_picture_stays_sharp():
    scene = texture(1)
    sources = [pan(scene, n) for n in range(16)]
    painted = [flickering(picture, n) for n, picture in enumerate(sources)]
    steady = Steady(0.75)
    made = [steady(s, p).copy() for s, p in zip(sources, painted, strict=True)]
    fine = MotionFinder(fine=True)
    errors = {"anew": 0.0, "steady": 0.0}
    for n in range(8, 15):
        motion = fine(flow_picture(sources[n]), flow_picture(sources[n + 1]))
        for name, film in (("anew", painted), ("steady", made)):
            total, count = warp_error(film[n], film[n + 1], motion)
            errors[name] += (total / count) ** 0.5
    assert errors["steady"] < 0.45 * errors["anew"]

    def detail(picture):
        return cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var()

    # The grain averages out; what is left of the scene's own detail must not blur away.
    assert detail(made[-1]) > 0.6 * detail(sources[-1])


def test_a_cut_leaves_no_ghost():
    first, second = texture(1), texture(2)
    steady = Steady(0.8)
    for n in range(5):
        steady(pan(first, n), flickering(pan(first, n), n))
    steady.reset()
    painted = flickering(pan(second, 0), 9)
    # All that remains is the rounding of lightness and colour.
    assert np.abs(steady(pan(second, 0), painted).astype(int) - painted).max() <= 2


def test_a_missed_cut_hardly_leaves_one():
    """Without a reset the two pictures have nothing in common, and next to nothing is mixed."""
    first, second = texture(1), 255 - texture(7)
    steady = Steady(0.8)
    for n in range(5):
        steady(pan(first, n), pan(first, n))
    now = pan(second, 0)
    made = steady(now, now)
    assert np.abs(made.astype(int) - now).mean() < 4


def test_what_comes_out_from_behind_is_not_smeared():
    """A dark square moves over a bright ground: where it was, only ground is seen."""
    ground = 128 + texture(3)[:180, :320] // 2
    steady = Steady(0.9)

    def frame(n):
        picture = ground.copy()
        picture[60:120, 40 + 8 * n : 100 + 8 * n] = texture(4)[:60, :60] // 4
        return picture

    for n in range(10):
        made = steady(frame(n), frame(n))
    left = np.s_[62:118, 40 + 8 * 8 : 40 + 8 * 9]
    assert np.abs(made[left].astype(int) - ground[left]).mean() < 16


def test_off_changes_nothing_and_needs_no_lead():
    picture = texture(1)[:180, :320]
    steady = Steady(0.0)
    steady(picture, picture)
    assert steady(picture, 255 - picture) is not None
    assert (steady(picture, 255 - picture) == 255 - picture).all()
    assert lead_frames(0.0) == 0
    assert 0.8 ** lead_frames(0.8) <= 0.2 < 0.8 ** (lead_frames(0.8) - 1)


def test_pairs_lie_inside_shots():
    from fractions import Fraction

    def shot(start, end):
        none = Fraction(0)
        return Shot(start, end, none, none, TransitionKind.CUT, start, end)

    shots = [shot(0, 40), shot(40, 41), shot(41, 300)]
    chosen = pairs_of(shots, 300)
    assert len(chosen) == 4
    assert not {39, 40} & set(chosen)
    assert pairs_of([shot(0, 1)], 1) == ()
