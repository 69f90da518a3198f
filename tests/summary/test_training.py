"""Edits made by a rule that is known, learnt from their footage, and held against footage nothing
was learnt from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines import summary, train
from pipelines.train import summary as recipe
from studio.jobs.job import Job
from studio.learn.summary import Lesson, SummaryMethod
from studio.learn.summary_scores import random_baseline, rank_correlations
from studio.models.net_file import read_head
from studio.models.pool import ModelPool
from studio.settings import Settings
from tests.footage import music_video
from tests.summary.made_edits import brightness, made_edits, read

#: Edits of a film; the mean of what they show is how important a frame is.
_SHARES = (0.1, 0.2, 0.35, 0.5, 0.7)


def synthetic(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A film of ten takes in forty numbers a sample, and the rule's worth of each sample."""
    rng = np.random.default_rng(seed)
    takes = rng.normal(size=(10, 40))
    features = np.repeat(takes, 9, axis=0) + 0.3 * rng.normal(size=(90, 40))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    rule = np.random.default_rng(99).normal(size=40)
    return features.astype(np.float32), features @ rule


def test_a_known_rule_is_learnt():
    """From edits alone: the frames each of five edits shows, best first by the rule."""
    lessons = []
    for seed in range(24):
        features, worth = synthetic(seed)
        order = worth.argsort()[::-1]
        shown = np.zeros((len(_SHARES), len(worth)))
        for row, share in enumerate(_SHARES):
            shown[row, order[: round(share * len(worth))]] = 1
        lessons.append(Lesson(str(seed), features, shown.mean(axis=0)))
    method = SummaryMethod(lessons, width=32, device="cpu", seed=0, rate=1e-3)
    before = method.predict(lessons[0].features)
    for number in range(480):
        method.step(number, 0.0)
    assert not np.allclose(before, method.predict(lessons[0].features))
    found, chance = [], []
    for seed in range(100, 106):
        features, worth = synthetic(seed)
        found.append(rank_correlations(method.predict(features), worth)[0])
        drawn = np.random.default_rng(seed).random(len(worth))
        chance.append(rank_correlations(drawn, worth)[0])
    assert np.mean(found) >= 0.6, found
    assert abs(np.mean(chance)) < 0.1


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_finished_films_teach_a_scorer(studio_cache: Path, tmp_path: Path):
    """The whole way: films and edits as files, one command, a scorer, a summary by it."""
    frames = read(music_video(), 2, 205)
    seconds = [frames[n * 25 : n * 25 + 25] for n in range(len(frames) // 25)]
    order = np.random.default_rng(0).permutation(len(seconds))
    films = {
        f"day{n:02}": np.concatenate([seconds[k] for k in order[n * 20 : n * 20 + 20]])
        for n in range(10)
    }
    folder = made_edits(tmp_path / "edits", films)
    settings = Settings(cache_dir=studio_cache, data_dir=tmp_path / "data")
    job = Job(settings, ModelPool(settings))
    out = tmp_path / "mine.safetensors"
    result = train.run([folder], train.Options("summary", out, steps=800), job)
    card = read_head(out).card
    assert len(card["held_out"]) == 2 and result.pictures == (8, 2)
    assert abs(result.measured["tau_random"]) < 0.1
    assert result.measured["tau_scorer"] > 0.4 and result.measured["f1_scorer"] > 0.4
    known, _ = recipe.gather(folder, job)
    _, held_out = recipe.split(known, 0)
    method_scores = []
    from studio.adapters.summary_net import spec_of

    with job.pool.lease(spec_of(out)) as scorer:
        for film in held_out:
            light = brightness(films[Path(film.name).stem])
            at = np.minimum(np.arange(len(film.features)) * 12.5, len(light) - 1).astype(int)
            said = scorer.score(film.features).scores
            method_scores.append(rank_correlations(said, light[at])[0])
            assert abs(random_baseline(film.truth).tau) < 0.1
    assert np.mean(method_scores) >= 0.6, method_scores
    film = folder / "footage" / held_out[0].name
    options = summary.Options(out=tmp_path / "sum", ratio=0.3, scorer=out)
    short = summary.run(film, options, job)
    assert 3 <= float(short.timeline.duration) <= 6.01 and len(short.attention)
    assert all(path.stat().st_size for path in short.files.values())
    chosen = np.concatenate(
        [films[film.stem][c.start_frame : c.end_frame] for c in short.timeline.clips]
    )
    assert chosen.mean() > films[film.stem].mean(), "it learnt to like light"
