"""Faces, meshes, bodies, hands and mattes: against LiteRT, against other models, and turned."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from studio.adapters import blazeface, face_mesh, hands, matte, mtcnn, pose, tflite_cut
from studio.adapters.rotated_crop import cut_out, in_picture
from studio.adapters.ssd_boxes import overlap
from studio.types import landmarks
from tests.footage import package_file, shared_media
from tests.picture_pool import picture_pool, read_still, still

__all__ = ["picture_pool"]


@pytest.fixture(scope="module")
def president():
    return read_still(shared_media("face_obama_1.jpg"), 800)


@pytest.fixture(scope="module")
def two():
    return read_still(shared_media("face_obama_biden.jpg"), 1000)


def by_litert(name: str, picture: np.ndarray) -> list[np.ndarray]:
    """What LiteRT says of a float32 picture ``(h, w, 3)``, in the order of the file's outputs."""
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    peer = interpreter.Interpreter(str(package_file("mediapipe", name)))
    peer.allocate_tensors()
    peer.set_tensor(peer.get_input_details()[0]["index"], picture[None].astype(np.float32))
    peer.invoke()
    return [peer.get_tensor(d["index"])[0] for d in peer.get_output_details()]


def mtcnn_faces(pool, picture):
    with pool.lease(mtcnn.SPEC) as model:
        found = model.detect(picture[None], min_scores=(0.6, 0.7, 0.9))
    wh = np.array(picture.shape[1::-1], np.float32)
    order = np.argsort(found.xyxy[:, 0])
    return found.xyxy[order] * np.tile(wh, 2), found.landmarks[order] * wh


def mesh_of(pool, picture):
    boxes, points = mtcnn_faces(pool, picture)
    with pool.lease(face_mesh.SPEC) as model:
        squares = face_mesh.squares_of_boxes(boxes, points)
        return model.find(picture, squares, again=True, irises=True), points


def five_of(points: np.ndarray) -> np.ndarray:
    """MTCNN's five points out of meshes: ``(n, 5, 2)``."""
    flat = points[..., :2]
    eyes = [flat[:, list(e)].mean(axis=1) for e in (landmarks.RIGHT_EYE, landmarks.LEFT_EYE)]
    rest = [flat[:, i] for i in (landmarks.NOSE_TIP, 61, 291)]
    return np.stack([*eyes, *rest], axis=1)


@pytest.mark.parametrize("spec", [blazeface.SPEC_NEAR, blazeface.SPEC_FAR], ids=lambda s: s.name)
def test_faces_are_where_another_detector_sees_them(picture_pool, two, spec):
    boxes, points = mtcnn_faces(picture_pool, two)
    with picture_pool.lease(spec) as model:
        found = model.detect(two)
        assert not len(model.detect(np.zeros((90, 160, 3), np.uint8)))
    order = np.argsort(found.xyxy_px[:, 0])
    assert len(found) == len(boxes) == 2
    assert (np.diag(overlap(found.xyxy_px[order], boxes)) > 0.45).all()
    apart = np.linalg.norm(points[:, 1] - points[:, 0], axis=1)[:, None]
    off = np.linalg.norm(found.keypoints_px[order, :3] - points[:, :3], axis=2) / apart
    assert off[:, :2].max() < 0.25, "eyes; one face is 12 of the network's pixels wide"


def test_a_detector_says_what_litert_says(picture_pool, president):
    square = cv2.resize(president, (128, 128))
    with picture_pool.lease(blazeface.SPEC_NEAR) as model:
        mine = model._net(square[None])
    theirs = by_litert("face_detection_short_range.tflite", square / 127.5 - 1)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(a[0], b, atol=2e-3)


def test_meshes_fit_mtcnn_and_dlib(picture_pool, two):
    found, points = mesh_of(picture_pool, two)
    assert (found.presence > 0.99).all()
    apart = np.linalg.norm(points[:, 1] - points[:, 0], axis=1)
    off = np.linalg.norm(five_of(found.points_px) - points, axis=2) / apart[:, None]
    assert off.mean() < 0.06 and off.max() < 0.13
    irises = found.irises_px[:, :, 0]
    assert (np.linalg.norm(irises - points[:, :2], axis=2) / apart[:, None]).max() < 0.09
    dlib = pytest.importorskip("dlib")
    weights = package_file("face_recognition_models", "shape_predictor_68_face_landmarks.dat")
    predictor = dlib.shape_predictor(str(weights))
    #: Places of dlib's 68 points in the mesh: eye corners, nose, mouth, chin.
    same = {36: 33, 39: 133, 42: 362, 45: 263, 30: 4, 33: 2, 48: 61, 54: 291, 51: 0, 57: 17, 8: 152}
    for row, box in enumerate(mtcnn_faces(picture_pool, two)[0]):
        shape = predictor(two, dlib.rectangle(*(int(v) for v in box)))
        theirs = np.array([[shape.part(i).x, shape.part(i).y] for i in same])
        mine = found.points_px[row, list(same.values()), :2]
        off = np.linalg.norm(mine - theirs, axis=1) / apart[row]
        assert off.mean() < 0.08 and off.max() < 0.25


def test_the_mesh_net_says_what_litert_says(picture_pool, president):
    boxes, points = mtcnn_faces(picture_pool, president)
    crop = cut_out(president, face_mesh.squares_of_boxes(boxes, points)[0], 192)
    with picture_pool.lease(face_mesh.SPEC) as model:
        mine = model._mesh(crop[None])
    theirs = by_litert("modules/face_landmark/face_landmark.tflite", crop / 255)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(a[0], b, atol=5e-3)


@pytest.mark.parametrize("angle_deg", [-60, 35])
def test_a_turned_head_gives_a_turned_mesh(picture_pool, president, angle_deg):
    height, width = president.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 3), angle_deg, 1.0)
    turned = cv2.warpAffine(president, turn, (width, height))
    upright, _ = mesh_of(picture_pool, president)
    expected = upright.points_px[0, :, :2] @ turn[:, :2].T + turn[:, 2]
    outer = landmarks.RIGHT_EYE_CORNERS[0], landmarks.LEFT_EYE_CORNERS[1]
    eyes = expected[list(outer)][None].astype(np.float32)
    box = np.concatenate([expected.min(axis=0), expected.max(axis=0)])[None].astype(np.float32)
    with picture_pool.lease(face_mesh.SPEC) as model:
        found = model.find(turned, face_mesh.squares_of_boxes(box, eyes), again=True)
        following = model.find(turned, face_mesh.squares_of_meshes(found.points_px))
    apart = np.linalg.norm(eyes[0, 1] - eyes[0, 0])
    off = np.linalg.norm(found.points_px[0, :, :2] - expected, axis=1) / apart
    assert off.mean() < 0.03
    shift = np.linalg.norm(following.points_px - found.points_px, axis=2) / apart
    assert shift.mean() < 0.02


def test_a_cut_out_square_goes_back_where_it_was():
    picture = np.zeros((300, 400, 3), np.uint8)
    cv2.circle(picture, (250, 120), 6, (255, 255, 255), -1)
    for square in ((230, 140, 160, 0.7), (200, 150, 700, -0.4), (380, 40, 300, 2.0)):
        crop = cut_out(picture, np.array(square, np.float32), 96)[..., 0].astype(float)
        y, x = np.mgrid[:96, :96] + 0.5
        seen = np.array([[(x * crop).sum(), (y * crop).sum()]], np.float32) / crop.sum()
        back = in_picture(seen, np.array(square, np.float32), 96)[0]
        assert np.linalg.norm(back - (250.5, 120.5)) < 0.5


def test_a_body_stands_where_its_face_is(picture_pool, two):
    _, points = mtcnn_faces(picture_pool, two)
    with picture_pool.lease(pose.SPEC) as model:
        found = model.find(two)
        following = model.find(two, found.squares)
    assert len(found) == 2 and (found.presence > 0.9).all()
    order = np.argsort(found.points_px[:, 0, 0])
    apart = np.linalg.norm(points[:, 1] - points[:, 0], axis=1)
    nose = np.linalg.norm(found.points_px[order, 0, :2] - points[:, 2], axis=1) / apart
    assert (nose < 0.4).all()
    shoulders = [landmarks.POSE_NAMES.index(f"{side}_shoulder") for side in ("left", "right")]
    left, right = (found.points_px[:, i] for i in shoulders)
    assert (left[:, 0] > right[:, 0]).all() and (found.visibility[:, shoulders] > 0.9).all()
    chin = points[:, 3:, 1].mean(axis=1)
    assert (left[order, 1] > chin).all()
    moved = np.linalg.norm((following.points_px - found.points_px)[..., :2], axis=2)
    assert np.median(moved[found.visibility > 0.9]) < 0.35 * apart.mean(), "found again"


def test_bodies_and_palms_say_what_litert_says(picture_pool, president):
    square = cv2.resize(president, (256, 256))
    with picture_pool.lease(pose.SPEC) as model:
        mine = model._points(square[None])
    theirs = by_litert("pose_landmark_full.tflite", square / 255)
    np.testing.assert_allclose(mine[0][0], theirs[0], atol=0.05)  # of 256 pixels
    square = cv2.resize(president, (224, 224))
    with picture_pool.lease(hands.SPEC) as model:
        mine = model._points(square[None])
    theirs = by_litert("hand_landmark_full.tflite", square / 255)
    np.testing.assert_allclose(mine[0][0], theirs[0], atol=0.05)


def test_hands_and_whose_they_are(picture_pool, president):
    with picture_pool.lease(hands.SPEC) as model:
        (one,) = model.find(president).points_px
        assert model.find(president).right[0] > 0.8, "arms crossed: the right hand is on top"
        left = model.find(np.ascontiguousarray(president[:, ::-1]))
        again = model.find(president, hands.squares_of_hands(one[None]))
        pointing = model.find(still("zidane", 1280))
    assert left.presence[0] > 0.5 and left.right[0] < 0.2
    size = np.ptp(one[:, 0])
    assert np.linalg.norm(again.points_px[0, :, :2] - one[:, :2], axis=1).mean() / size < 0.1
    finger = [landmarks.HAND_NAMES.index(f"index_{j}") for j in ("mcp", "pip", "dip", "tip")]
    xs = pointing.points_px[0, finger, 0]
    assert all(b > a for a, b in pairwise(xs)), "he points to the right"
    assert pointing.right[0] < 0.2


def test_the_matte_says_what_litert_says(picture_pool, president):
    for name, wh in (("selfie_segmentation", (256, 256)), ("_landscape", (256, 144))):
        small = cv2.resize(president, wh)
        (theirs,) = by_litert(f"{name}.tflite", small / 255)
        with picture_pool.lease(matte.SPEC) as model:
            mine = model.coarse(small)
        np.testing.assert_allclose(mine, theirs[..., 0], atol=1e-4)
    with pytest.raises(ValueError, match="0 operations"):
        data = package_file("mediapipe", "face_landmark.tflite").read_bytes()
        tflite_cut.cut_before(data, "Convolution2DTransposeBias")


def test_the_matte_follows_the_edges_of_the_picture(picture_pool, president):
    with picture_pool.lease(matte.SPEC) as model:
        coarse = model.coarse(president)
    fine = matte.refined(president, coarse)
    assert fine.shape == president.shape[:2] and fine.dtype == np.float32
    assert fine.min() >= 0 and fine.max() <= 1
    assert fine[250, 300] > 0.95 and fine[20, 60] < 0.05 and fine[760, 600] < 0.3
    plain = cv2.resize(coarse, president.shape[1::-1])
    assert np.abs(fine - plain).mean() < 0.03
    # A dark disc on light ground, told a little too large and too far to the right.
    picture = np.full((360, 480, 3), 200, np.uint8)
    cv2.circle(picture, (240, 180), 90, (40, 50, 60), -1)
    truth = (picture[..., 0] < 120).astype(np.float32)
    told = np.zeros((256, 256), np.float32)
    cv2.ellipse(told, (130, 128), (49, 66), 0, 0, 360, 1.0, -1)
    told = cv2.GaussianBlur(told, (0, 0), 1.5)
    fine = matte.refined(picture, told)
    before = np.abs(cv2.resize(told, (480, 360)) - truth).mean()
    assert np.abs(fine - truth).mean() < 0.92 * before
