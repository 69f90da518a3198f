"""From frames to a summary: where a film changes, and which stretches fit into a length. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Columns of the running sums that are held at a time; bounds the memory for long films.
_MOST_FRAMES = 1200


def change_points(
    features: NDArray[np.floating], most: int, penalty: float = 1.0
) -> NDArray[np.int64]:
    """Kernel temporal segmentation (Potapov and others, 2014) with the linear kernel.

    Dynamic programming finds, for every number of changes up to ``most``, the segmentation
    with the least scatter within segments; the number is the one that makes scatter a frame
    plus the penalty ``penalty / (2 n) m (log(n / m) + 1)`` least, as published.

    Args:
        features: ``(n, d)``, a row a frame. Beyond 1,200 frames (ten minutes at two a
            second) the film is taken in pieces of that length, whose edges are changes.
        most: changes at the most.
        penalty: weighs the number of changes against the scatter.

    Returns:
        int64, rising: the first frame of every segment but the first.
    """
    count = len(features)
    if count > _MOST_FRAMES:
        edges = np.linspace(0, count, -(-count // _MOST_FRAMES) + 1).astype(int)
        share = -(-most // (len(edges) - 1))
        found: list[int] = []
        for low, high in itertools.pairwise(edges):
            inside = change_points(features[low:high], share, penalty) + low
            found += [*([int(low)] if low else []), *inside.tolist()]
        return np.array(found, np.int64)
    most = min(most, count - 1)
    if most < 1:
        return np.zeros(0, np.int64)
    scatter = _scatters(features.astype(np.float64))
    cost, back = _segmented(scatter, most)
    numbers = np.arange(1, most + 1)
    price = np.concatenate([[0], penalty * numbers / (2 * count) * (np.log(count / numbers) + 1)])
    best = int((cost / count + price).argmin())
    changes = []
    end = count
    for number in range(best, 0, -1):
        end = int(back[number, end])
        changes.append(end)
    return np.array(changes[::-1], np.int64)


def _scatters(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(n, n)``: scatter of the segment from row ``i`` to column ``j``, both in it."""
    kernel = features @ features.T
    count = len(kernel)
    along = np.concatenate([[0.0], np.cumsum(np.diag(kernel))])
    block = np.zeros((count + 1, count + 1))
    block[1:, 1:] = kernel.cumsum(axis=0).cumsum(axis=1)
    own = np.diag(block)
    starts, ends = np.arange(count)[:, None], np.arange(1, count + 1)[None, :]
    within = own[ends] + own[starts] - block[starts, ends] - block[ends, starts]
    lengths = np.maximum(ends - starts, 1)
    scatter: NDArray[np.float64] = along[ends] - along[starts] - within / lengths
    scatter[ends <= starts] = np.inf
    return scatter


def _segmented(
    scatter: NDArray[np.float64], most: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Least scatter of the whole for each number of changes, and the way back."""
    count = len(scatter)
    best = np.concatenate([[np.inf], scatter[0]])
    cost = [best[count]]
    back = np.zeros((most + 1, count + 1), np.int64)
    for number in range(1, most + 1):
        # with[k, j]: the last segment begins at k and ends before j
        whole = best[:count, None] + scatter
        back[number, 1:] = whole.argmin(axis=0)
        best = np.concatenate([[np.inf], whole.min(axis=0)])
        cost.append(best[count])
    return np.array(cost), back


def knapsack(values: Sequence[float], weights: Sequence[int], capacity: int) -> list[int]:
    """The items that are worth most together within a weight (0/1 knapsack, exact).

    Args:
        values: of the items, not negative.
        weights: whole numbers, positive.
        capacity: weight at the most.

    Returns:
        Numbers of the items, rising.
    """
    best = np.zeros(capacity + 1)
    taken = np.zeros((len(values), capacity + 1), np.bool_)
    for item, (value, weight) in enumerate(zip(values, weights, strict=True)):
        if weight > capacity:
            continue
        with_it = np.full(capacity + 1, -np.inf)
        with_it[weight:] = best[: capacity + 1 - weight] + value
        taken[item] = with_it > best
        best = np.where(taken[item], with_it, best)
    chosen = []
    left = capacity
    for item in range(len(values) - 1, -1, -1):
        if taken[item, left]:
            chosen.append(item)
            left -= weights[item]
    return chosen[::-1]


def summary_mask(
    scores: NDArray[np.floating], changes: NDArray[np.int64], share: float
) -> NDArray[np.bool_]:
    """The summary as published: segments of the best mean score that fit into a share.

    Args:
        scores: ``(n,)``, one a frame.
        changes: first frames of the segments but the first.
        share: of the frames, 0.15 as published.

    Returns:
        bool ``(n,)``: frames that are in it.
    """
    edges = np.concatenate([[0], changes, [len(scores)]]).astype(int)
    means = [float(scores[a:b].mean()) for a, b in itertools.pairwise(edges)]
    mask = np.zeros(len(scores), np.bool_)
    for item in knapsack(means, np.diff(edges).tolist(), int(len(scores) * share)):
        mask[edges[item] : edges[item + 1]] = True
    return mask
