"""One name a track, by vote over its best pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import numpy as np
from numpy.typing import NDArray

from studio.archive.gallery import Gallery

#: Of a track's pictures, the share that has to say the same name.
_LEAST_SHARE = 0.5


def votes(vectors: NDArray[np.float32], gallery: Gallery) -> dict[str, float]:
    """What a track's pictures say.

    Args:
        vectors: ``(k, d)``, what the face looks like in its best pictures.
        gallery: known people.

    Returns:
        For each name that half of the pictures say, the median distance of those to it.
    """
    said = gallery.name_of(vectors)
    apart = gallery.distances(vectors)
    found = {}
    for column, name in enumerate(gallery.names):
        rows = [row for row, other in enumerate(said) if other == name]
        if rows and len(rows) >= _LEAST_SHARE * len(vectors):
            found[name] = float(np.median(apart[rows, column]))
    return found


def names_of_tracks(
    vectors: Sequence[NDArray[np.float32]],
    frames: Sequence[NDArray[np.int64]],
    gallery: Gallery,
    refused: Mapping[int, Set[str]] | None = None,
) -> list[str | None]:
    """Who each track is. Nobody is in two places at once: of two tracks in one frame with one
    name the nearer gets it, and the other stays a stranger.

    Args:
        vectors: for each track ``(k, d)``, its best pictures; ``k`` may be 0.
        frames: for each track ``(n,)``, the frames it is on.
        gallery: known people, of the model that made the vectors.
        refused: track to names that a person said it does not have.

    Returns:
        For each track a name, or None.
    """
    if len(vectors) != len(frames):
        raise ValueError("each track has vectors and frames")
    wrong = refused or {}
    claims = sorted(
        (distance, track, name)
        for track, some in enumerate(vectors)
        if len(some)
        for name, distance in votes(some, gallery).items()
        if name not in wrong.get(track, ())
    )
    found: list[str | None] = [None] * len(vectors)
    for _, track, name in claims:
        if found[track] is not None:
            continue
        others = [n for n, other in enumerate(found) if other == name]
        if not any(len(np.intersect1d(frames[track], frames[n])) for n in others):
            found[track] = name
    return found
