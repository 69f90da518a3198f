"""Tracks of one face brought together over shots.

Average linkage over distances. Two tracks in one frame are never one person, and what a person
said of two tracks holds, whatever they look like.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.types.people import FaceTrack

#: Mean distance of two groups below which they are one person. One singer with and without
#: sunglasses: 0.55; he and the woman of the same video: 0.65; different people: 0.77 ± 0.07.
_ALIKE = 0.55
#: Distance of two that are never one: no mean of it with others comes below the limit.
_NEVER = 1e9
#: Tracks compared at once; further blocks are compared by the groups of those before.
_BLOCK = 3000


def mean_vector(track: FaceTrack) -> NDArray[np.float32]:
    """What a track looks like: its best pictures, weighted by how well they are seen."""
    weights = np.maximum(track.best_quality, 1e-3)
    mean: NDArray[np.float32] = np.average(track.vectors, axis=0, weights=weights)
    return mean.astype(np.float32)


def in_one_frame(tracks: Sequence[FaceTrack]) -> list[tuple[int, int]]:
    """Pairs of tracks that are seen at once; only tracks of one shot can be."""
    by_shot: dict[int, list[int]] = {}
    for number, track in enumerate(tracks):
        by_shot.setdefault(track.shot, []).append(number)
    return [
        (one, other)
        for some in by_shot.values()
        for n, one in enumerate(some)
        for other in some[n + 1 :]
        if len(np.intersect1d(tracks[one].frames, tracks[other].frames))
    ]


def group(
    vectors: NDArray[np.float32],
    same: Iterable[tuple[int, int]] = (),
    apart: Iterable[tuple[int, int]] = (),
) -> NDArray[np.int64]:
    """Which vectors belong to one person.

    Args:
        vectors: ``(n, d)``.
        same: pairs that are one person, as a person said.
        apart: pairs that are two; ``same`` goes over it.

    Returns:
        int64 ``(n,)``, a number for each person.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    count = len(vectors)
    if count > _BLOCK:
        return _in_blocks(vectors, tuple(same), tuple(apart))
    joined = _joined(count, same)
    names, number = np.unique(joined, return_inverse=True)
    if len(names) <= 1:
        return np.zeros(count, np.int64)
    means = _means(vectors, number)
    # |a-b|^2 = |a|^2 + |b|^2 - 2ab: the differences themselves would take n*n*d numbers.
    squares = (means**2).sum(axis=1)
    distance = np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * means @ means.T, 0))
    for one, other in apart:
        a, b = number[one], number[other]
        if a != b:
            distance[a, b] = distance[b, a] = _NEVER
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average")
    groups = np.asarray(fcluster(tree, _ALIKE, "distance"), np.int64) - 1
    found: NDArray[np.int64] = groups[number]
    return found


def _joined(count: int, same: Iterable[tuple[int, int]]) -> NDArray[np.int64]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = np.array([*same], np.int64).reshape(-1, 2)
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], np.int64)


def _means(vectors: NDArray[np.float32], number: NDArray[np.int64]) -> NDArray[np.float32]:
    """Of each group, in order of their numbers."""
    sums = np.zeros((int(number.max()) + 1, vectors.shape[1]))
    np.add.at(sums, number, vectors)
    return (sums / np.bincount(number)[:, None]).astype(np.float32)


def _in_blocks(
    vectors: NDArray[np.float32],
    same: tuple[tuple[int, int], ...],
    apart: tuple[tuple[int, int], ...],
) -> NDArray[np.int64]:
    """Blocks grouped one by one, then their groups; memory does not grow with the square."""
    groups = np.zeros(len(vectors), np.int64)
    taken = 0
    for start in range(0, len(vectors), _BLOCK):
        part = np.arange(start, min(start + _BLOCK, len(vectors)))
        inside = [
            [
                (a - start, b - start)
                for a, b in pairs
                if start <= min(a, b) and max(a, b) <= part[-1]
            ]
            for pairs in (same, apart)
        ]
        groups[part] = taken + group(vectors[part], *inside)
        taken = int(groups[part].max()) + 1
    if taken > _BLOCK:
        return groups
    between = [
        [(int(groups[a]), int(groups[b])) for a, b in pairs if groups[a] != groups[b]]
        for pairs in (same, apart)
    ]
    found: NDArray[np.int64] = group(_means(vectors, groups), *between)[groups]
    return found
