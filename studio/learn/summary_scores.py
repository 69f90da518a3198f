"""How good importance scores are: rank correlation and F1, beside random, uniform and people.

Rank correlation says whether frames are put in the right order; F1 of a summary depends mostly on
where segments begin (Otani and others, 2019), so it is never told alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from studio.learn.keyshots import summary_mask

Scores = NDArray[np.floating]
Mask = NDArray[np.bool_]

#: Draws of the random baseline.
_DRAWS = 50
_SHARE = 0.15


@dataclass(frozen=True)
class Agreement:
    """How well something agrees with people on one film.

    Attributes:
        tau: Kendall's tau-b, mean over people; nan where there is nothing to rank.
        rho: Spearman's rho, the same.
        f1: of the summary of 15 %, mean or best over people.
    """

    tau: float
    rho: float
    f1: float


@dataclass(frozen=True)
class Truth:
    """What people said of one film, on the frames that have features.

    Attributes:
        scores: float ``(people, n)``, importance by each.
        masks: bool ``(people, n)``, the summary each would make.
        changes: int64: first frames of the segments but the first.
    """

    scores: NDArray[np.float64]
    masks: Mask
    changes: NDArray[np.int64]


def rank_correlations(one: Scores, other: Scores) -> tuple[float, float]:
    """Kendall's tau-b and Spearman's rho of two scorings; nan where one of them is constant."""
    from scipy import stats

    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan"), float("nan")
    return float(stats.kendalltau(one, other).statistic), float(
        stats.spearmanr(one, other).statistic
    )


def f1(found: Mask, true: Mask) -> float:
    """Harmonic mean of precision and recall of frames; 0 where nothing is shared."""
    shared = int((found & true).sum())
    if not shared:
        return 0.0
    precision, recall = shared / int(found.sum()), shared / int(true.sum())
    return 2 * precision * recall / (precision + recall)


def agreement(scores: Scores, truth: Truth, over: Literal["mean", "best"] = "mean") -> Agreement:
    """How well scores agree with people.

    Args:
        scores: ``(n,)``.
        truth: what people said.
        over: F1 over people: ``mean`` as with TVSum, ``best`` as with SumMe.
    """
    ranks = np.array([rank_correlations(scores, each) for each in truth.scores])
    mask = summary_mask(scores, truth.changes, _SHARE)
    tau, rho = _means(ranks)
    return Agreement(tau, rho, _over([f1(mask, each) for each in truth.masks], over))


def random_baseline(
    truth: Truth, seed: int = 0, over: Literal["mean", "best"] = "mean"
) -> Agreement:
    """The mean agreement of scores drawn by chance."""
    rng = np.random.default_rng(seed)
    count = truth.scores.shape[1]
    drawn = [agreement(np.asarray(rng.random(count)), truth, over) for _ in range(_DRAWS)]
    return _mean(drawn)


def uniform_baseline(truth: Truth, over: Literal["mean", "best"] = "mean") -> Agreement:
    """A summary of segments at equal distances; it ranks nothing, so its tau and rho are 0."""
    count = truth.scores.shape[1]
    edges = np.concatenate([[0], truth.changes, [count]]).astype(int)
    lengths = np.diff(edges)
    step = max(1, round(1 / _SHARE))
    mask = np.zeros(count, np.bool_)
    room = int(count * _SHARE)
    for item in [*range(0, len(lengths), step), *range(step // 2, len(lengths), step)]:
        if lengths[item] <= room:
            mask[edges[item] : edges[item + 1]] = True
            room -= int(lengths[item])
    return Agreement(0.0, 0.0, _over([f1(mask, each) for each in truth.masks], over))


def human_baseline(truth: Truth, over: Literal["mean", "best"] = "mean") -> Agreement | None:
    """How well each person agrees with the others; None where there is but one."""
    people = len(truth.scores)
    if people < 2:
        return None
    found = []
    for one in range(people):
        rest = [n for n in range(people) if n != one]
        ranks = np.array([rank_correlations(truth.scores[one], truth.scores[n]) for n in rest])
        scores = [f1(truth.masks[one], truth.masks[n]) for n in rest]
        tau, rho = _means(ranks)
        found.append(Agreement(tau, rho, _over(scores, over)))
    return _mean(found)


def _means(ranks: NDArray[np.float64]) -> tuple[float, float]:
    seen = ranks[~np.isnan(ranks).any(axis=1)]
    if not len(seen):
        return float("nan"), float("nan")
    return float(seen[:, 0].mean()), float(seen[:, 1].mean())


def _over(scores: Sequence[float], over: str) -> float:
    return float(max(scores) if over == "best" else np.mean(scores))


def _mean(found: Sequence[Agreement]) -> Agreement:
    table = np.array([(a.tau, a.rho, a.f1) for a in found])
    with np.errstate(all="ignore"):
        known = [table[~np.isnan(table[:, n]), n] for n in range(3)]
    tau, rho, mean_f1 = (float(k.mean()) if len(k) else float("nan") for k in known)
    return Agreement(tau, rho, mean_f1)


def mean_agreement(found: Sequence[Agreement]) -> Agreement:
    """Over films."""
    return _mean(found)
