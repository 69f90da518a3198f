"""What may have to be covered: flags are stretches, and ordinary pictures have none.

No picture on which something is to be flagged is at hand, and none is sought: how much is missed
is not tried here.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from pipelines.analysis.flag_pictures import blurred
from pipelines.analysis.safety import FLAG_SCORE, Flag, flags
from studio.adapters import unsafe_content
from studio.types.detections import Detections
from studio.types.media import FrameTimes
from tests.footage import shared_media
from tests.picture_pool import picture_cache, picture_pool, read_still, still

__all__ = ["picture_cache", "picture_pool"]

TIMES = FrameTimes(np.arange(100), 100, Fraction(1, 2), np.array([0]))


def test_ordinary_pictures_are_not_flagged_and_faces_are_found_where_they_are(picture_pool):
    pictures = [still("bus"), still("zidane")]
    pictures += [read_still(shared_media(f"face_{n}.jpg")) for n in ("obama_1", "obama_biden")]
    with picture_pool.lease(unsafe_content.SPEC) as model:
        found = [model.detect(picture[None]) for picture in pictures]
        twice = model.detect(np.stack([pictures[0], pictures[0]]))
        shifted = model.detect(np.pad(pictures[2], ((0, 0), (0, 160), (0, 0)))[None])
    for each in found:
        named = {unsafe_content.LABELS[n] for n in each.label_ids}
        assert not named & set(unsafe_content.FLAGGED)
    # The network does see: a face where the face is, also beside black, and the same twice.
    boxes = [
        (each.xyxy * [wide, 1, wide, 1])[
            [unsafe_content.LABELS[n].endswith("face") for n in each.label_ids]
        ][0]
        for each, wide in ((found[2], 1.0), (shifted, 1 + 160 / pictures[2].shape[1]))
    ]
    assert 0.3 < boxes[0][[0, 2]].mean() < 0.8 and boxes[0][3] < 0.5
    assert np.abs(boxes[0] - boxes[1]).max() < 0.04
    assert np.allclose(twice.xyxy[twice.pictures == 0], twice.xyxy[twice.pictures == 1])


def test_flags_are_stretches_of_one_class():
    rows = [(10, 0, 0.5), (11, 0, 0.3), (13, 0, 0.7), (30, 0, 0.4), (50, 1, 0.9)]
    found = Detections(
        np.arange(100), np.array([r[0] for r in rows]),
        np.tile(np.float32([0.1, 0.1, 0.2, 0.2]), (5, 1)),
        np.array([r[2] for r in rows], np.float32), np.array([r[1] for r in rows]),
        unsafe_content.FLAGGED, np.zeros((5, 0, 2), np.float32), np.zeros((5, 0), np.float32),
    )  # fmt: skip
    told = flags(found, TIMES)
    assert [(f.label, f.start, f.end, f.frame, f.samples) for f in told] == [
        (unsafe_content.FLAGGED[0], 5, 7, 13, 3),
        (unsafe_content.FLAGGED[1], 25, Fraction(51, 2), 50, 1),
    ]
    assert FLAG_SCORE > 0.4 and len(flags(found, TIMES, least_score=0.4)) == 3


def test_a_flagged_picture_shows_where_and_nothing_else():
    picture = still("zidane")
    flag = Flag("x", Fraction(0), Fraction(1), 0, (0.5, 0.25, 0.75, 0.75), 0.5, 1)
    shown = blurred(picture, flag).astype(float)
    assert shown.shape == (270, 480, 3)
    other = blurred(np.ascontiguousarray(picture[::-1]), flag)[::-1]  # the line is elsewhere
    inside = shown[80:190, 260:340]
    assert np.abs(np.diff(inside, axis=0)).max() < 12, "no edge is left"
    assert np.abs(inside - other[80:190, 260:340]).mean() < 2, "and the rest is as it was"
    assert tuple(shown[68, 300]) == (255, 90, 60)
