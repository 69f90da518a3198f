"""Segments, the knapsack and the measures, held against cases reckoned by hand."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from studio.learn.keyshots import change_points, knapsack, summary_mask
from studio.learn.summary_scores import (
    Truth,
    agreement,
    f1,
    human_baseline,
    random_baseline,
    rank_correlations,
    uniform_baseline,
)


def test_changes_are_where_the_features_change():
    rng = np.random.default_rng(0)
    places = [0, 17, 40, 41 + 20, 90]
    features = np.concatenate(
        [
            np.eye(8)[n] * 3 + 0.02 * rng.normal(size=(b - a, 8))
            for n, (a, b) in enumerate(pairwise(places))
        ]
    )
    assert change_points(features, 30).tolist() == places[1:-1]
    assert change_points(features[:17], 10).tolist() == []
    assert change_points(np.ones((1, 4)), 10).tolist() == []


def test_the_least_scatter_is_found():
    """Against trying every segmentation of eight frames."""
    features = np.random.default_rng(3).normal(size=(8, 3))

    def cost(changes: tuple[int, ...]) -> float:
        edges = [0, *changes, 8]
        parts = [features[a:b] for a, b in pairwise(edges)]
        scatter = sum(((part - part.mean(axis=0)) ** 2).sum() for part in parts)
        m = len(changes)
        return scatter / 8 + (m / 16 * (np.log(8 / m) + 1) if m else 0)

    every = [c for m in range(8) for c in combinations(range(1, 8), m)]
    assert tuple(change_points(features, 7)) == min(every, key=cost)


def test_long_films_are_taken_in_pieces():
    features = np.zeros((3000, 4))
    features[:1700, 0], features[1700:, 1] = 1, 1
    found = change_points(features, 60)
    assert 1700 in found and len(found) <= 3


def test_the_knapsack_is_exact():
    rng = np.random.default_rng(1)
    for _ in range(20):
        values, weights = rng.random(9), rng.integers(1, 9, 9)
        chosen = knapsack(values.tolist(), weights.tolist(), 15)
        best = max(
            sum(values[list(c)])
            for m in range(10)
            for c in combinations(range(9), m)
            if sum(weights[list(c)]) <= 15
        )
        assert sum(weights[chosen]) <= 15 and sum(values[chosen]) == pytest.approx(best)


def test_a_summary_takes_the_best_segments_that_fit():
    scores = np.array([0.1] * 50 + [0.9] * 10 + [0.2] * 40)
    mask = summary_mask(scores, np.array([50, 60]), 0.15)
    assert mask.sum() == 10 and mask[50:60].all()


def test_rank_correlations_by_hand():
    # 1 2 3 4 against 1 3 2 4: of six pairs one is the wrong way round: (5 - 1) / 6.
    tau, rho = rank_correlations(np.array([1, 2, 3, 4.0]), np.array([1, 3, 2, 4.0]))
    assert tau == pytest.approx(4 / 6) and rho == pytest.approx(1 - 6 * 2 / (4 * 15))
    # With ties (tau-b): 1 1 2 against 1 2 3: two pairs agree, one is tied in the first:
    # 2 / sqrt(2 * 3).
    tau, _ = rank_correlations(np.array([1, 1, 2.0]), np.array([1, 2, 3.0]))
    assert tau == pytest.approx(2 / 6**0.5)
    assert np.isnan(rank_correlations(np.ones(3), np.arange(3.0))).all()


def test_f1_by_hand():
    found = np.array([1, 1, 1, 0, 0, 0], bool)
    true = np.array([0, 1, 1, 1, 1, 0], bool)
    # Two of three are right, two of four are found: 2 * (2/3 * 1/2) / (2/3 + 1/2) = 4/7.
    assert f1(found, true) == pytest.approx(4 / 7)
    assert f1(found, ~found) == 0


def test_baselines_are_what_they_say():
    rng = np.random.default_rng(5)
    base = np.repeat(rng.random(20), 10)
    changes = np.arange(10, 200, 10)
    people = np.stack([base + 0.05 * rng.random(200) for _ in range(4)])
    truth = Truth(people, np.stack([summary_mask(p, changes, 0.15) for p in people]), changes)
    perfect = agreement(base, truth)
    assert perfect.tau > 0.8 and perfect.f1 > 0.9
    chance = random_baseline(truth)
    assert abs(chance.tau) < 0.02 and abs(chance.rho) < 0.03 and 0.03 < chance.f1 < 0.35
    even = uniform_baseline(truth)
    assert (even.tau, even.rho) == (0, 0) and even.f1 < 0.6
    person = human_baseline(truth)
    assert person is not None and person.tau > 0.8
    assert human_baseline(Truth(people[:1], truth.masks[:1], changes)) is None
