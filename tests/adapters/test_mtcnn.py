"""Faces, against the package the networks come from."""

from __future__ import annotations

import numpy as np
import pytest

from studio.adapters import mtcnn
from tests.footage import music_video, shared_media
from tests.picture_pool import overlaps, picture_pool, read_still, still

__all__ = ["picture_pool"]


@pytest.fixture(scope="module")
def peer():
    """facenet-pytorch's own detector."""
    facenet = pytest.importorskip("facenet_pytorch")
    return facenet.MTCNN(keep_all=True)


@pytest.fixture
def detector(picture_pool):
    with picture_pool.lease(mtcnn.SPEC) as model:
        yield model


def frames_of(path, numbers):
    import av

    with av.open(str(path)) as container:
        wanted = set(numbers)
        return np.stack(
            [
                frame.to_ndarray(format="rgb24")
                for number, frame in enumerate(container.decode(video=0))
                if number in wanted
            ]
        )


def _check_against(peer, detector, picture, min_overlap, max_shift):
    """Each sure face of one is found by the other, landmarks at the same places."""
    boxes, scores, points = peer.detect(picture, landmarks=True)
    found = detector.detect(picture[None])
    wh = np.array(picture.shape[1::-1])
    sure = np.array(scores, float) > 0.95
    assert sure.any()
    both = overlaps(boxes[sure].astype(float), found.xyxy * np.tile(wh, 2))
    assert both.max(axis=1).min() > min_overlap
    for row, match in enumerate(both.argmax(axis=1)):
        shift = np.abs(found.landmarks[match] * wh - points[sure][row]).max()
        assert shift / (boxes[sure][row, 3] - boxes[sure][row, 1]) < max_shift
    assert (both.max(axis=0)[found.scores > 0.95] > min_overlap).all()


@pytest.mark.parametrize("name", ["zidane", "bus"])
def test_finds_the_faces_of_stills(peer, detector, name):
    _check_against(peer, detector, still(name, 480), 0.6, 0.1)


@pytest.mark.parametrize("name", ["face_obama_biden", "portrait_mona_lisa"])
def test_finds_the_faces_of_portraits(peer, detector, name):
    _check_against(peer, detector, read_still(shared_media(f"{name}.jpg"), 480), 0.6, 0.1)


def test_finds_the_singer_as_often_as_the_package(peer, detector):
    pictures = frames_of(music_video(), range(0, 5300, 150))
    found = detector.detect(pictures)
    theirs = missed = 0
    for number, (boxes, scores) in enumerate(zip(*peer.detect(pictures), strict=True)):
        sure = np.array(scores, float) > 0.95 if boxes is not None else np.zeros(0, bool)
        there = boxes[sure].astype(float) if sure.any() else np.zeros((0, 4))
        rows = found.pictures == number
        both = overlaps(there, found.xyxy[rows] * (160, 90, 160, 90)) > 0.5
        theirs += len(there)
        missed += (~both.any(axis=1)).sum()
    assert theirs >= 10
    assert missed <= 0.1 * theirs
    # More is found than by the package (looked at: faces), but not many more.
    assert theirs <= (found.scores > 0.95).sum() <= 1.4 * theirs


def test_a_picture_is_seen_alike_alone_and_in_a_batch(detector):
    zidane = still("zidane")
    dark = np.zeros_like(zidane)
    alone = detector.detect(zidane[None])
    batch = detector.detect(np.stack([dark] * 7 + [zidane] + [dark] * 9 + [zidane]))
    assert len(alone.scores) >= 2
    for number in (7, 17):
        rows = batch.pictures == number
        np.testing.assert_allclose(batch.xyxy[rows], alone.xyxy, atol=0.01)
        np.testing.assert_allclose(batch.landmarks[rows], alone.landmarks, atol=0.01)
    assert set(batch.pictures) == {7, 17}


def test_landmarks_stand_where_a_face_has_them(detector):
    found = detector.detect(still("zidane")[None])
    for (x0, y0, x1, y1), points in zip(found.xyxy[:2], found.landmarks[:2], strict=True):
        shares = (points - (x0, y0)) / (x1 - x0, y1 - y0)
        assert (shares > 0).all()
        assert (shares < 1).all()
        eyes, nose, mouth = shares[:2], shares[2], shares[3:]
        assert eyes[0, 0] < eyes[1, 0]
        assert eyes[:, 1].max() < nose[1] < mouth[:, 1].min()


def test_there_is_no_face_in_nothing(detector):
    noise = np.random.default_rng(0).integers(0, 256, (1, 180, 320, 3), dtype=np.uint8)
    ramp = np.broadcast_to(np.arange(320, dtype=np.uint16) * 255 // 319, (1, 180, 320))
    flat = np.full((1, 180, 320, 3), 128, np.uint8)
    pictures = np.concatenate([noise, np.stack([ramp] * 3, axis=3).astype(np.uint8), flat])
    assert len(detector.detect(pictures).scores) == 0


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (11, 400), (13, 13)])
def test_small_pictures(detector, size):
    found = detector.detect(np.full((2, *size, 3), 90, np.uint8), min_face_px=12)
    assert found.landmarks.shape == (len(found.scores), 5, 2)


def test_the_pyramid():
    assert mtcnn.pyramid(90, 160, 12)[0] == (91, 161)
    assert mtcnn.pyramid(360, 640, 30)[0] == (145, 257)
    levels = mtcnn.pyramid(360, 640, 30)
    assert all(h >= 12 and w >= 12 for h, w in levels)
    assert 0.45 < levels[1][0] * levels[1][1] / (levels[0][0] * levels[0][1]) < 0.55
    assert mtcnn.pyramid(10, 500, 12) == []


def test_a_box_inside_a_better_one_goes():
    boxes = np.array([[0, 0, 100, 100], [30, 30, 60, 60], [80, 80, 160, 160]], np.float32)
    scores = np.array([0.9, 0.8, 0.99], np.float32)
    assert mtcnn._apart_by_smaller(boxes, scores, 0.7) == [2, 0]
    assert mtcnn._apart_by_smaller(boxes[:0], scores[:0], 0.7) == []
