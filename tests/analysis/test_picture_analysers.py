"""Objects, faces and embeddings as consumers of one decode pass."""

from __future__ import annotations

import gc
import weakref
from fractions import Fraction

import numpy as np
import pytest

from pipelines.analysis.embeddings import EmbeddingAnalyser
from pipelines.analysis.faces import FaceAnalyser
from pipelines.analysis.objects import ObjectAnalyser, look_wh
from pipelines.analysis.options import PARTS, Options
from studio.codec import from_json, to_json
from studio.media.probe import frame_times, probe
from studio.media.reader import Subscription, read_frames, sampled_frames
from studio.settings import Settings
from studio.types.detections import Detections
from studio.types.embedding import Embeddings
from studio.types.frames import FrameBatch
from tests.footage import bikes, music_video
from tests.picture_pool import picture_pool

__all__ = ["picture_pool"]

KINDS = (ObjectAnalyser, FaceAnalyser, EmbeddingAnalyser)


@pytest.fixture(scope="module")
def clip():
    info = probe(music_video(), Settings())
    return info, frame_times(info)


@pytest.fixture(scope="module")
def seen(picture_pool, clip):
    """Every part of the music video at a frame each three seconds, from one pass."""
    info, times = clip
    options = Options(sample_rate=Fraction(1, 3))
    analysers = [kind(picture_pool, info, times, options) for kind in KINDS]
    for analyser in analysers:
        analyser.__enter__()
    read_frames(info, [Subscription(a.request, a.take) for a in analysers], times=times)
    for analyser in analysers:
        analyser.__exit__(None, None, None)
    return {a.part: (a, a.finish()) for a in analysers}


def test_each_looks_at_the_frames_that_were_asked_for(seen, clip):
    expected = sampled_frames(clip[1], Fraction(1, 3))
    assert len(expected) == 71
    np.testing.assert_array_equal(seen["objects"][1].sampled_frames, expected)
    np.testing.assert_array_equal(seen["faces"][1].sampled_frames, expected)
    np.testing.assert_array_equal(seen["embeddings"][1].frames, expected)


def test_the_parts_and_what_they_depend_on_are_named(seen):
    for part, (analyser, _) in seen.items():
        assert part in PARTS
        assert analyser.made_by["precision"] in ("bf16", "f32", "f16")
        assert "@" in analyser.made_by["model"]
        assert to_json(analyser.made_by) == analyser.made_by


@pytest.mark.parametrize("part", ["objects", "faces"])
def test_detections_are_whole(seen, part):
    found = seen[part][1]
    count = len(found)
    assert count > 20
    assert (np.diff(found.frames) >= 0).all()
    assert np.isin(found.frames, found.sampled_frames).all()
    assert found.xyxy.shape == (count, 4)
    assert found.xyxy.dtype == np.float32
    assert (found.xyxy >= 0).all()
    assert (found.xyxy <= 1).all()
    assert (found.xyxy[:, 2:] > found.xyxy[:, :2]).all()
    assert ((found.scores > 0) & (found.scores <= 1)).all()
    assert len(found.label_ids) == count
    arrays = {}
    again = from_json(Detections, to_json(found, arrays), arrays)
    np.testing.assert_array_equal(again.landmarks, found.landmarks)


def test_a_singer_is_a_person_with_a_face(seen):
    things, faces = seen["objects"][1], seen["faces"][1]
    people = things.label_ids == things.labels.index("person")
    assert people.mean() > 0.7
    with_person = np.isin(faces.frames, things.frames[people])
    assert with_person.mean() > 0.9  # a face stands on a person
    assert 0.3 < len(np.unique(faces.frames)) / 71 < 0.9
    assert faces.landmarks.shape == (len(faces), 5, 2)
    assert faces.attributes.shape == (len(faces), 7)
    np.testing.assert_allclose(faces.attributes.sum(axis=1), 1, atol=1e-3)
    assert len(faces.attribute_names) == 7


def test_vectors_have_length_one(seen):
    vectors = seen["embeddings"][1]
    assert isinstance(vectors, Embeddings)
    assert vectors.vectors.shape == (71, 1280)
    np.testing.assert_allclose(np.linalg.norm(vectors.vectors, axis=1), 1, atol=1e-5)
    assert vectors.model.startswith("efficientnet-lite0@")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_seen_gives_an_empty_part(picture_pool, clip, kind):
    with kind(picture_pool, *clip, Options()) as analyser:
        part = analyser.finish()
    assert len(part.frames) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_taken_only_inside_the_with(picture_pool, clip, kind):
    analyser = kind(picture_pool, *clip, Options())
    batch = _batch(analyser, 1)
    with pytest.raises(ValueError, match="inside the with"):
        analyser.take(batch)
    with pytest.raises(RuntimeError, match="decoder"), analyser:
        raise RuntimeError("decoder")
    with pytest.raises(ValueError, match="inside the with"):
        analyser.take(batch)


@pytest.mark.parametrize("kind", KINDS)
def test_models_go_back_when_the_with_ends(picture_pool, clip, kind):
    picture_pool.release_idle()
    before = picture_pool.held_bytes
    with kind(picture_pool, *clip, Options()):
        assert picture_pool.held_bytes > before
        picture_pool.release_idle()
        assert picture_pool.held_bytes > before  # pinned
    picture_pool.release_idle()
    assert picture_pool.held_bytes == before == 0


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_not_kept(picture_pool, clip, kind):
    with kind(picture_pool, *clip, Options()) as analyser:
        first = _batch(analyser, analyser.request.batch)
        pixels = weakref.ref(first.pixels)
        analyser.take(first)
        del first
        analyser.take(_batch(analyser, analyser.request.batch))  # the runtime holds the last
        gc.collect()
        assert pixels() is None


def _batch(analyser, count):
    width, height = analyser.request.size_wh or (160, 90)
    return FrameBatch(
        np.full((count, height, width, 3), 100, np.uint8),
        np.arange(count, dtype=np.int64),
        np.arange(count) / 2,
    )


@pytest.mark.parametrize(
    ("display", "expected"),
    [
        ((1920, 1080), (640, 360)),
        ((1080, 1920), (360, 640)),
        ((160, 90), (320, 180)),
        ((320, 180), (640, 360)),
        ((480, 272), (640, 362)),
        ((3, 2), (32, 32)),
        ((4000, 40), (640, 32)),
        ((640, 480), (640, 480)),
    ],
)
def test_the_size_looked_at(display, expected):
    assert look_wh(display) == expected


def test_a_street_has_cars(picture_pool):
    info = probe(bikes(), Settings())
    times = frame_times(info)
    with ObjectAnalyser(picture_pool, info, times, Options(sample_rate=Fraction(1))) as analyser:
        read_frames(info, [Subscription(analyser.request, analyser.take)], times=times)
        found = analyser.finish()
    names = [found.labels[i] for i in found.label_ids]
    assert names.count("car") >= 5
    assert {"person", "bicycle", "motorcycle"} & set(names)
