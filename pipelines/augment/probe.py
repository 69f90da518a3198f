"""A small classifier over features, and whether more pictures make it better."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Weight of the squares of the coefficients, for features of unit deviation.
_PENALTY = 1e-3
#: Share of each class that is held out.
HELD_OUT = 0.3

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Probe:
    """A fitted classifier.

    Attributes:
        mean, scale: of the features it learnt from.
        weights: ``(features + 1, classes)``; the last row stands alone.
    """

    mean: Floats
    scale: Floats
    weights: Floats

    def probabilities(self, features: NDArray[Any]) -> Floats:
        """Of each class: ``(n, classes)``."""
        values = ((features - self.mean) / self.scale) @ self.weights[:-1] + self.weights[-1]
        values -= values.max(axis=1, keepdims=True)
        raised = np.exp(values)
        found: Floats = raised / raised.sum(axis=1, keepdims=True)
        return found


def fit(
    features: NDArray[Any], labels: Labels, classes: int, weights: Floats | None = None
) -> Probe:
    """Logistic regression with a penalty, by L-BFGS.

    Args:
        features: ``(n, f)``.
        labels: ``(n,)``, from 0.
        classes: how many.
        weights: of each row; all alike where not given.
    """
    from scipy.optimize import minimize

    rows = np.asarray(features, np.float64)
    share = np.ones(len(rows)) if weights is None else weights
    share = share / share.sum()
    mean = share @ rows
    scale = np.sqrt(share @ (rows - mean) ** 2) + 1e-6
    rows = (rows - mean) / scale / math.sqrt(rows.shape[1])
    # With the penalty the best weights lie in the space the rows span, most often a small one.
    space = np.linalg.qr(rows.T)[0]
    rows = rows @ space
    wanted = np.eye(classes)[labels]

    def loss(flat: Floats) -> tuple[float, Floats]:
        w = flat.reshape(-1, classes)
        values = rows @ w[:-1] + w[-1]
        values -= values.max(axis=1, keepdims=True)
        logs = values - np.log(np.exp(values).sum(axis=1, keepdims=True))
        lost = -float(share @ (wanted * logs).sum(axis=1)) + _PENALTY / 2 * float(
            (w[:-1] ** 2).sum()
        )
        back = share[:, None] * (np.exp(logs) - wanted)
        slope = np.vstack([rows.T @ back + _PENALTY * w[:-1], back.sum(axis=0)])
        return lost, slope.ravel()

    begun = np.zeros((rows.shape[1] + 1) * classes)
    found = minimize(loss, begun, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    w = found.reshape(-1, classes)
    spread = space @ w[:-1] / math.sqrt(len(space))
    return Probe(mean, scale, np.vstack([spread, w[-1:]]))


def split(labels: Labels, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to learn from and rows held out, the same share of each class."""
    generator = np.random.default_rng(seed)
    held = []
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        held.append(rows[: max(1, round(HELD_OUT * len(rows)))])
    out = np.sort(np.concatenate(held))
    return np.setdiff1d(np.arange(len(labels)), out), out


@dataclass(frozen=True)
class Compared:
    """A figure over splits.

    Attributes:
        mean: of it.
        low, high: ends of the 95 % interval.
    """

    mean: float
    low: float
    high: float


def interval(differences: Sequence[float], learnt: int, held: int) -> Compared:
    """Mean and 95 % interval of differences over splits of the same pictures.

    The splits overlap, so that their spread alone would promise too much: corrected as by Nadeau
    and Bengio (2003).
    """
    from scipy.stats import t

    count = len(differences)
    mean = float(np.mean(differences))
    wide = math.sqrt((1 / count + held / learnt) * float(np.var(differences, ddof=1)))
    reach = float(t.ppf(0.975, count - 1)) * wide
    return Compared(mean, mean - reach, mean + reach)


@dataclass(frozen=True)
class Scores:
    """What a probe gets right on held-out pictures of one split.

    Attributes:
        balanced: mean over classes of the share that is recognised.
        recall: that share of the class itself.
        precision: of what is called the class, the share that is.
    """

    balanced: float
    recall: float
    precision: float


def score(probe: Probe, features: NDArray[Any], labels: Labels, label: int) -> Scores:
    """Measure a probe on held-out rows."""
    said = probe.probabilities(features).argmax(axis=1)
    recalls = [float((said[labels == k] == k).mean()) for k in np.unique(labels)]
    called = said == label
    return Scores(
        balanced=float(np.mean(recalls)),
        recall=float(called[labels == label].mean()),
        precision=float((labels[called] == label).mean()) if called.any() else 0.0,
    )


@dataclass(frozen=True)
class Trial:
    """One split: the same held-out pictures, three ways to learn.

    Attributes:
        real: from the real pictures alone.
        weighted: from them, each class counted for as much as another.
        more: from them and those that were made.
    """

    real: Scores
    weighted: Scores
    more: Scores


def trials(
    features: NDArray[Any],
    labels: Labels,
    label: int,
    made: Callable[[NDArray[np.int64], Probe], NDArray[Any]],
    count: int,
    seed: int,
    tick: Callable[[int], None],
) -> tuple[list[Trial], int, int]:
    """Learn with and without what was made, on many splits.

    Args:
        features, labels: of the real pictures.
        label: of the class that gets more.
        made: features of what was made, given the rows that may be learnt from and the probe of
            the real pictures among them; nothing of it may come from held-out pictures.
        count: of splits.
        seed: of the splits.
        tick: called with each split's number.

    Returns:
        The trials; how many pictures were learnt from and held out.
    """
    classes, found = int(labels.max()) + 1, []
    learnt = held = 0
    for number in range(count):
        tick(number)
        rows, out = split(labels, seed + number)
        learnt, held = len(rows), len(out)
        real = fit(features[rows], labels[rows], classes)
        sizes = np.bincount(labels[rows], minlength=classes)
        weighted = fit(features[rows], labels[rows], classes, 1.0 / sizes[labels[rows]])
        extra = made(rows, real)
        more = fit(
            np.concatenate([features[rows], extra]),
            np.concatenate([labels[rows], np.full(len(extra), label)]),
            classes,
        )
        measured = [score(p, features[out], labels[out], label) for p in (real, weighted, more)]
        found.append(Trial(*measured))
    return found, learnt, held
