"""Vectors on disk: what is nearest, what is struck out, what a killed writer leaves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from studio.archive.vectors import FlatVectors, VectorIndex, open_vectors
from studio.archive.vectors_lance import LanceVectors
from studio.errors import RequestError

WIDE = 16


def unit(rows: int, seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).normal(size=(rows, WIDE)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture(params=[FlatVectors, LanceVectors])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> VectorIndex:
    made: VectorIndex = request.param(tmp_path, WIDE)
    for media in (1, 2, 3):
        made.add(media, np.arange(100) * 12, unit(100, media))
    return made


def test_the_nearest_are_those_that_numpy_finds(index: VectorIndex):
    everything = np.concatenate([unit(100, media) for media in (1, 2, 3)])
    for seed in range(5):
        asked = unit(1, 50 + seed)[0]
        near = index.nearest(asked, 7)
        best = np.argsort(-(everything @ asked))[:7]
        assert near.media.tolist() == (best // 100 + 1).tolist()
        assert near.frames.tolist() == (best % 100 * 12).tolist()
        np.testing.assert_allclose(near.cosines, (everything @ asked)[best], atol=1e-5)


def test_several_are_asked_at_once_as_one_by_one(index: VectorIndex):
    asked = np.stack([unit(100, 2)[40], unit(1, 50)[0]])
    for within in (None, {1, 3}, set()):
        for near, vector in zip(index.nearest_each(asked, 7, within), asked, strict=True):
            alone = index.nearest(vector, 7, within)
            assert (near.media == alone.media).all() and (near.frames == alone.frames).all()
            assert (near.cosines == alone.cosines).all() and len(near.media) == 7 * (
                within != set()
            )
    assert index.nearest_each(asked[:0], 7) == ()


def test_rows_are_compared_in_blocks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr("studio.archive.vectors._BLOCK_BYTES", 4 * WIDE * 64)
    for rows in (1, 63, 64, 129, 64 * 9 + 17):
        flat = FlatVectors(tmp_path / str(rows), WIDE)
        flat.add(1, np.arange(rows), unit(rows, rows))
        for near, asked in zip(flat.nearest_each(unit(3, 1), rows), unit(3, 1), strict=True):
            cosines = unit(rows, rows) @ asked
            np.testing.assert_allclose(near.cosines, cosines[near.frames], rtol=0, atol=1e-6)
            assert sorted(near.frames.tolist()) == list(range(rows))
            assert (np.diff(near.cosines) <= 0).all()


def test_what_is_removed_or_elsewhere_is_no_answer(index: VectorIndex):
    asked = unit(100, 2)[40]
    assert (index.nearest(asked, 1).media[0], index.nearest(asked, 1).frames[0]) == (2, 480)
    assert set(index.nearest(asked, 20, {1, 3}).media) <= {1, 3}
    assert len(index.nearest(asked, 20, set()).media) == 0
    index.remove(2)
    assert len(index) == 200 and set(index.nearest(asked, 300).media) == {1, 3}
    assert len(index.of(2)[0]) == 0
    frames, vectors = index.of(3)
    np.testing.assert_array_equal(frames, np.arange(100) * 12)
    np.testing.assert_allclose(vectors, unit(100, 3), atol=1e-6)


def test_flat_rows_are_given_back_and_readers_see_it(tmp_path: Path):
    writer, reader = FlatVectors(tmp_path, WIDE), FlatVectors(tmp_path, WIDE)
    for media in (1, 2, 3):
        writer.add(media, np.arange(100), unit(100, media))
    assert len(reader) == 300
    before = sum(f.stat().st_size for f in tmp_path.glob("*.f32"))
    writer.remove(1)
    writer.remove(3)
    assert writer.tidy() and not writer.tidy()
    assert sum(f.stat().st_size for f in tmp_path.glob("*.f32")) == before // 3
    assert len(reader) == 100
    assert reader.nearest(unit(100, 2)[7], 1).frames.tolist() == [7]


def test_a_killed_writer_leaves_what_was_there(tmp_path: Path):
    index = FlatVectors(tmp_path, WIDE)
    index.add(1, np.arange(10), unit(10, 1))
    with (tmp_path / "vectors-0.f32").open("ab") as file:
        file.write(b"half of a row that was never finished")
    again = FlatVectors(tmp_path, WIDE)
    assert len(again) == 10
    again.add(2, np.arange(10), unit(10, 2))
    assert again.nearest(unit(10, 2)[3], 1).media.tolist() == [2]


def test_damage_is_told(tmp_path: Path):
    FlatVectors(tmp_path, WIDE).add(1, np.arange(3), unit(3, 1))
    with pytest.raises(RequestError, match="of another model"):
        len(FlatVectors(tmp_path, WIDE + 1))
    (tmp_path / "vectors-0.f32").write_bytes(b"short")
    with pytest.raises(RequestError, match="damaged"):
        len(FlatVectors(tmp_path, WIDE))
    (tmp_path / "flat.json").write_text(json.dumps({"rows": "many"}))
    with pytest.raises(RequestError, match="damaged"):
        len(FlatVectors(tmp_path, WIDE))


def test_a_large_index_changes_its_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from studio.archive import vectors

    monkeypatch.setattr(vectors, "MOST_FLAT", 150)
    small = open_vectors(tmp_path, WIDE)
    small.add(1, np.arange(100), unit(100, 1))
    assert vectors.grown(small, tmp_path, WIDE) is small
    small.add(2, np.arange(100), unit(100, 2))
    large = vectors.grown(small, tmp_path, WIDE)
    assert isinstance(large, LanceVectors) and len(large) == 200
    assert isinstance(open_vectors(tmp_path, WIDE), LanceVectors)
    assert large.nearest(unit(100, 2)[5], 1).frames.tolist() == [5]


def test_pieces_of_many_writes_are_joined_once(tmp_path: Path):
    """The compaction that every indexing ends with: twenty writes become one piece, and the next
    time there is nothing to do."""
    index = LanceVectors(tmp_path / "lance", 8)
    rng = np.random.default_rng(0)
    for media in range(20):
        rows = rng.normal(size=(5, 8)).astype(np.float32)
        index.add(media, np.arange(5), rows / np.linalg.norm(rows, axis=1, keepdims=True))
    frames, before = index.of(7)
    assert index._open().stats()["fragment_stats"]["num_fragments"] == 20
    assert index.tidy() and not index.tidy()
    assert index._open().stats()["fragment_stats"]["num_fragments"] == 1
    assert len(index) == 100
    np.testing.assert_array_equal(index.of(7)[1], before)
    near = index.nearest(before[2], 1)
    assert (near.media[0], near.frames[0]) == (7, frames[2])
    index.close()
