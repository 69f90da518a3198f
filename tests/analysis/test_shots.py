"""Shots of footage whose every transition is known, through the reader, the gate and the net."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from pipelines.analysis.change import AROUND, ChangeMeter
from pipelines.analysis.options import Options
from pipelines.analysis.shots import ShotAnalyser
from studio.media.probe import frame_times, probe
from studio.media.reader import Subscription, read_frames
from studio.types.shot import TransitionKind
from tests.analysis import joined_footage
from tests.footage import bikes
from tests.picture_pool import picture_pool

__all__ = ["picture_pool"]


def analyse(pool, path):
    """Shots and the analyser that found them."""
    info = probe(path)
    times = frame_times(info)
    with ShotAnalyser(pool, info, times, Options()) as analyser:
        read_frames(info, [Subscription(analyser.request, analyser.take)], times=times)
        return analyser.finish(), analyser


@pytest.fixture(scope="module")
def film():
    """Not a seed that any threshold was chosen on (those were 11 to 14)."""
    return joined_footage.joined(seed=1, pieces=40)


@pytest.fixture(scope="module")
def found(film, picture_pool, footage_dir):
    return analyse(picture_pool, joined_footage.write(film, footage_dir / "joined.mp4"))


def test_known_joints_are_found(film, found):
    cuts, gradual = joined_footage.f1_by_kind(found[0], film)
    assert cuts >= 0.95
    assert gradual >= 0.8


def test_gradual_transitions_have_their_true_kind_and_edges(film, found):
    errors, kinds, pairs = [], 0, 0
    for joint in joined_footage.joints_of(found[0]):
        if joint.kind is TransitionKind.CUT:
            continue
        middle = (joint.start + joint.end) / 2
        for true in film.joints:
            if true.kind is not TransitionKind.CUT and true.start <= middle <= true.end:
                pairs += 1
                kinds += joint.kind is true.kind
                errors += [abs(joint.start - true.start), abs(joint.end - true.end)]
    assert pairs >= 10
    assert kinds >= 0.9 * pairs
    assert np.median(errors) <= 2


def test_flashes_lost_frames_and_whip_pans_are_no_cuts(film, found):
    starts = np.array([shot.start_frame for shot in found[0][1:]])
    traps = [at for _, at in film.traps]
    assert len(traps) == 20
    caught = [at for at in traps if (np.abs(starts - at) <= 5).any()]
    assert len(caught) <= 1


def test_shots_tile_the_footage(film, found):
    shots, _ = found
    assert shots[0].start_frame == 0
    assert shots[-1].end_frame == len(film.frames)
    assert all(one.end_frame == two.start_frame for one, two in pairwise(shots))
    assert all(
        s.start_frame <= s.clean_start_frame <= s.clean_end_frame <= s.end_frame for s in shots
    )


def test_cuts_of_real_footage(picture_pool):
    """Found by eye."""
    shots, _ = analyse(picture_pool, bikes())
    assert [shot.start_frame for shot in shots] == [0, 30, 76, 137, 187, 242]
    assert {shot.transition for shot in shots[1:]} == {TransitionKind.CUT}


def test_what_made_it_is_named(found):
    _, analyser = found
    assert analyser.part == "shots"
    assert analyser.made_by["model"] == "transnetv2@1"
    assert analyser.made_by["precision"] in ("i8+bf16", "i8+f32", "bf16", "f32", "f16")
    assert {"stretch", "prefilter", "cut", "gradual", "stays", "black"} <= analyser.made_by.keys()
    (note,) = analyser.notes
    assert analyser.made_by["precision"] in note
    assert "% of the frames" in note


def test_what_stands_still_never_reaches_the_network(picture_pool, footage_dir, film):
    """Held pictures, cut and dissolved: a tenth of the frames is looked at, all joints found."""
    held = [film.frames[at] for at in (10, film.joints[4].end + 15, film.joints[9].end + 15)]
    weight = ((np.arange(30) + 1) / 31)[:, None, None, None]
    blend = (held[1] * (1 - weight) + held[2] * weight).round().astype(np.uint8)
    frames = np.concatenate([held[0][None].repeat(600, 0), held[1][None].repeat(600, 0), blend])
    frames = np.concatenate([frames, held[2][None].repeat(600, 0)])
    still = joined_footage.Joined(frames, (), ())
    shots, analyser = analyse(picture_pool, joined_footage.write(still, footage_dir / "still.mp4"))
    assert [shot.transition for shot in shots[1:]] == [TransitionKind.CUT, TransitionKind.DISSOLVE]
    assert abs(shots[1].start_frame - 600) <= 1
    assert abs(shots[2].start_frame - 1215) <= 3
    share = int(analyser.notes[0].split("%")[0].split()[-1])
    assert share <= 10


def small(film):
    """A film as the network sees it, near enough."""
    import cv2

    return np.stack([cv2.resize(f, (48, 27), interpolation=cv2.INTER_AREA) for f in film.frames])


def gate(frames, batch=64):
    """Everything a meter hands on."""
    meter = ChangeMeter()
    parts = [meter.push(frames[at : at + batch]) for at in range(0, len(frames), batch)]
    parts.append(meter.finish())
    handed = np.concatenate([frames for frames, _ in parts])
    return meter, handed, np.concatenate([wanted for _, wanted in parts])


def test_the_gate_lets_every_joint_through():
    """Also slow dissolves, of 60 frames."""
    film = joined_footage.joined(seed=2, pieces=40)
    _, handed, wanted = gate(small(film))
    assert len(handed) == len(film.frames)
    for joint in film.joints:
        assert wanted[max(joint.start - AROUND + 1, 0) : joint.end + AROUND - 1].all(), joint
    one, other = (np.float32(film.frames[at]) for at in (5, film.joints[1].end + 15))
    weight = (np.arange(60) / 59)[:, None, None, None]
    slow = np.concatenate([one[None].repeat(200, 0), one * (1 - weight) + other * weight])
    slow = np.concatenate([slow, other[None].repeat(200, 0)]).astype(np.uint8)
    _, _, wanted = gate(small(joined_footage.Joined(slow, (), ())))
    assert wanted[200:260].all()
    assert not wanted[:150].any()
    assert not wanted[310:].any()


def test_batches_of_any_size_are_measured_alike():
    frames = small(joined_footage.joined(seed=2, pieces=6))
    whole, all_frames, wanted = gate(frames, batch=len(frames))
    for batch in (1, 7, 64):
        meter, handed, flags = gate(frames, batch)
        np.testing.assert_array_equal(handed, all_frames)
        np.testing.assert_array_equal(flags, wanted)
        np.testing.assert_allclose(meter.stays(), whole.stays(), rtol=1e-5)
        np.testing.assert_allclose(meter.brightest, whole.brightest, rtol=1e-5)


def test_a_flash_comes_back_and_a_cut_stays():
    rng = np.random.default_rng(0)
    one, other = (rng.integers(0, 200, (27, 48, 3), np.uint8) for _ in range(2))
    frames = np.stack([one] * 40 + [other] * 40)
    frames[15:18] = 250
    frames[60] = 0
    stays = gate(frames)[0].stays()
    assert stays[[14, 15, 16, 17, 59, 60]].max() < 0.2
    assert stays[39] > 0.8
    assert len(stays) == 80


def test_an_analyser_that_was_not_entered_says_so(picture_pool):
    info = probe(bikes())
    analyser = ShotAnalyser(picture_pool, info, frame_times(info), Options())
    with pytest.raises(ValueError, match="entered"):
        analyser.finish()
