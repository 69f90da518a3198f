"""Edits laid beside their footage: which frames are shown, and how edits may be laid out."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from pipelines.train.edit_pairs import align, pairs_in, signatures
from studio.errors import RequestError
from studio.learn.summary_sets import read_set
from studio.settings import Settings
from tests.footage import bikes, ffmpeg
from tests.summary.made_edits import read, write


def test_an_edit_is_found_frame_by_frame(tmp_path: Path):
    film = bikes()
    frames = read(film, 0, 10)
    chosen = np.concatenate([np.arange(130, 170), np.arange(40, 75), np.arange(200, 240)])
    card = np.full((12, *frames.shape[1:]), 30, np.uint8)
    edit = write(
        tmp_path / "edit.mp4", np.concatenate([frames[chosen[:75]], card, frames[chosen[75:]]])
    )
    # Graded, smaller, and compressed again, as a finished edit is.
    graded = tmp_path / "graded.mp4"
    ffmpeg(
        "-i", edit, "-vf", "scale=128:72,eq=brightness=0.06:saturation=0.6", "-crf", "28", graded
    )
    found = align(signatures(film, Settings()), signatures(graded, Settings()))
    there = np.concatenate([found.frames[:75], found.frames[87:]])
    assert (np.abs(there - chosen) <= 1).mean() > 0.95
    assert (found.frames[75:87] == -1).all(), "a card is not from the footage"
    used = np.zeros(len(found.used), bool)
    used[chosen] = True
    assert (found.used[: len(used)] == used).mean() > 0.97


def test_other_footage_is_not_taken_for_it():
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(80, 576)).astype(np.float32) for _ in range(2))
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    assert align(a, b).share == 0
    assert align(a, a[20:50]).frames.tolist() == list(range(20, 50))


def test_folders_that_hold_no_edits_are_told(tmp_path: Path):
    with pytest.raises(RequestError, match="no folders footage and edits"):
        pairs_in(tmp_path)
    (tmp_path / "footage").mkdir()
    (tmp_path / "edits").mkdir()
    (tmp_path / "footage" / "day.mp4").touch()
    with pytest.raises(RequestError, match="no film with an edit"):
        pairs_in(tmp_path)
    (tmp_path / "edits" / "day-30.mp4").touch()
    ((film, edits),) = pairs_in(tmp_path)
    assert film.name == "day.mp4" and [e.name for e in edits] == ["day-30.mp4"]
    (tmp_path / "edits" / "night.mp4").touch()
    with pytest.raises(RequestError, match="belongs to no film"):
        pairs_in(tmp_path)


def test_the_public_layout_is_read(tmp_path: Path):
    path = tmp_path / "eccv16_dataset_tvsum.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("video_1")
        group["features"] = np.random.default_rng(0).random((20, 8), np.float32)
        group["gtscore"] = np.linspace(0, 1, 20)
        group["user_summary"] = np.eye(3, 300, 100) > 0
        group["change_points"] = [[0, 99], [100, 199], [200, 299]]
        group["picks"] = np.arange(0, 300, 15)
    (film,) = read_set(path) or []
    assert film.changes is not None and film.changes.tolist() == [100, 200]
    assert film.scores.shape == (1, 300) and film.scores[0, 299] == 1
    assert film.masks.shape == (3, 300) and film.over == "mean"
    with h5py.File(path, "a") as file:
        del file["video_1"]["gtscore"]
    with pytest.raises(RequestError, match="lacks gtscore"):
        read_set(path)
    path.write_bytes(b"no hdf5")
    with pytest.raises(RequestError, match="no HDF5"):
        read_set(path)


def test_tvsum_and_summe_are_read(tmp_path: Path):
    from scipy.io import savemat

    film = tmp_path / "tvsum" / "video" / "AwmHb44_ouw.mp4"
    film.parent.mkdir(parents=True)
    film.touch()
    rows = "\n".join(f"AwmHb44_ouw\tVT\t{','.join(['1', '5', str(n)])}" for n in (3, 5))
    (tmp_path / "tvsum" / "ydata-tvsum50-anno.tsv").write_text(rows)
    (judged,) = read_set(tmp_path / "tvsum") or []
    assert judged.film == film and judged.scores.tolist() == [[0, 1, 0.5], [0, 1, 1]]
    film = tmp_path / "summe" / "videos" / "Jumps.webm"
    film.parent.mkdir(parents=True)
    film.touch()
    (tmp_path / "summe" / "GT").mkdir()
    savemat(tmp_path / "summe" / "GT" / "Jumps.mat", {"user_score": np.array([[0, 2], [1, 0]])})
    (judged,) = read_set(tmp_path / "summe") or []
    assert judged.masks.tolist() == [[False, True], [True, False]] and judged.over == "best"
