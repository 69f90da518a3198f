"""More pictures for a class: whether they help is answered honestly, and nothing leaks."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from pipelines import augment
from pipelines.augment import probe
from pipelines.augment.pipeline import judged
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.learn.classical import seen_otherwise
from studio.media.film_mark import read_mark
from studio.media.still import read_still, write_still
from studio.settings import Settings


@pytest.fixture(scope="module")
def job(studio_cache: Path) -> Job:
    return Job(Settings(cache_dir=studio_cache, device="cpu", threads=1))


def write_all(folder: Path, pictures: np.ndarray) -> None:
    for number, picture in enumerate(pictures):
        write_still(folder / f"{number:03d}.png", picture)


def test_of_pictures_without_a_difference_no_gain_is_claimed(job, tmp_path):
    """Both classes are noise. If variations of held-out pictures were learnt from, they would be
    recognised, and the class would seem to get better."""
    generator = np.random.default_rng(0)
    blocks = generator.integers(0, 256, (24, 6, 6, 3)).astype(np.uint8)
    noise = blocks.repeat(16, axis=1).repeat(16, axis=2)
    write_all(tmp_path / "set" / "rare", noise[:8])
    write_all(tmp_path / "set" / "usual", noise[8:])
    write_all(tmp_path / "set" / "few", noise[:2])
    options = augment.Options("rare", tmp_path / "out", count=24, splits=6)
    done = augment.run(tmp_path / "set", options, job)
    assert done.verdict is not None and not done.verdict.words.startswith("Better")
    assert done.verdict.recall[2] < 0.75
    assert done.plan.classes == {"rare": 8, "usual": 16}
    assert any("few was left out" in note for note in done.notes)
    written = sorted(done.files["pictures"].iterdir())
    assert len(written) == 24 and read_still(written[0]).shape == (224, 224, 3)
    assert read_mark(written[3]).command == done.command
    report = json.loads(done.files["report"].read_text())
    assert report["verdict"]["words"] == done.verdict.words
    assert done.verdict.words in augment.summarise(done)


def test_where_pictures_hold_what_was_missing_the_gain_is_shown():
    """Rows of numbers in the place of pictures: the class is known from one of five examples'
    worth of data, and what was made stands where the rest of it is."""
    generator = np.random.default_rng(1)

    def rows(count: int, middle: float) -> np.ndarray:
        return generator.normal(0, 1, (count, 20)) + middle * np.eye(20)[0]

    features = np.concatenate([rows(120, 0.0), rows(10, 2.2)]).astype(np.float32)
    labels = np.array([0] * 120 + [1] * 10)
    more = rows(110, 2.2).astype(np.float32)
    seen: list[np.ndarray] = []

    def made(allowed: np.ndarray, _: probe.Probe) -> np.ndarray:
        seen.append(allowed)
        return more

    found, learnt, held = probe.trials(features, labels, 1, made, 12, 0, lambda _: None)
    assert (learnt, held) == (91, 39)
    assert all(len(np.unique(labels[rows])) == 2 for rows in seen)
    assert len({tuple(rows) for rows in seen}) == 12, "each split is another"
    verdict = judged(found, learnt, held, "rare")
    assert verdict.words.startswith("Better") and verdict.gain.low > 0
    assert verdict.recall[2] > verdict.recall[0] + 0.2
    nothing, *_ = probe.trials(features, labels, 1, lambda *_: more[:0], 8, 0, lambda _: None)
    assert judged(nothing, learnt, held, "rare").words.startswith("No difference")
    bad = rows(110, -2.0).astype(np.float32)
    worse, *_ = probe.trials(features, labels, 1, lambda *_: bad, 8, 0, lambda _: None)
    assert judged(worse, learnt, held, "rare").gain.mean < 0


def test_the_probe_is_logistic_regression_and_the_interval_is_corrected():
    generator = np.random.default_rng(2)
    features = generator.normal(0, 1, (300, 4))
    labels = (features[:, 0] + 0.3 * generator.normal(0, 1, 300) > 0).astype(np.int64)
    fitted = probe.fit(features, labels, 2)
    assert (fitted.probabilities(features).argmax(1) == labels).mean() > 0.9
    # At the optimum the slope is nothing: a step in any direction raises the loss.
    assert fitted.probabilities(features)[:, 1].mean() == pytest.approx(labels.mean(), abs=1e-3)
    found = probe.interval([0.1, 0.2, 0.3, 0.2], 70, 30)
    assert found.mean == pytest.approx(0.2)
    wide = math.sqrt((1 / 4 + 30 / 70) * np.var([0.1, 0.2, 0.3, 0.2], ddof=1))
    assert found.high - found.mean == pytest.approx(3.1824 * wide, rel=1e-3)


def test_variations_follow_from_the_seed_and_keep_to_the_picture():
    picture = np.zeros((2, 64, 64, 3), np.uint8)
    picture[0, :, :] = (200, 40, 40)
    picture[1, 16:48, 16:48] = 255
    made = seen_otherwise(picture, [0, 1, 0, 1], 4)
    assert np.array_equal(made, seen_otherwise(picture, [0, 1, 0, 1], 4))
    assert not np.array_equal(made, seen_otherwise(picture, [0, 1, 0, 1], 5))
    assert not np.array_equal(made[0], made[2])
    assert made[0, 20:44, 20:44, 0].mean() > 1.5 * made[0, 20:44, 20:44, 2].mean()


def test_folders_that_cannot_be_used_are_refused(job, tmp_path):
    picture = np.zeros((1, 32, 32, 3), np.uint8)
    write_all(tmp_path / "set" / "rare", picture)
    for name, words in (("rare", "it needs 6"), ("other", "no class 'other'")):
        with pytest.raises(RequestError, match=words):
            augment.run(tmp_path / "set", augment.Options(name, tmp_path / "out"), job)
    write_all(tmp_path / "one" / "rare", picture.repeat(6, axis=0))
    with pytest.raises(RequestError, match="one class only"):
        augment.run(tmp_path / "one", augment.Options("rare", tmp_path / "out"), job)
    with pytest.raises(RequestError, match="--with"):
        augment.run(tmp_path / "one", augment.Options("rare", tmp_path, ways=("x",)), job)
    assert not (tmp_path / "out").exists()
