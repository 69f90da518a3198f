"""How near a face has to come to be given a name.

The distances between the references of different people tell how near strangers come.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

#: Above this two faces are never taken for one person's (King, 2017).
MOST_DISTANCE = 0.6
#: Faces of strangers that may be given a name, as a share.
_FALSE_ACCEPTS = 0.01
#: Distances between different people before the gallery has many of its own: mean, deviation,
#: and for how many pairs that counts. Of 2,741 pairs of 14 people in real footage 0.1, 0.3 and
#: 1 % lie where the normal distribution of this mean and deviation has them.
_USUAL_MEAN, _USUAL_DEVIATION, _USUAL_PAIRS = 0.77, 0.069, 45
#: A person is told below this share of the distance to the nearest other person's picture.
_LOOKALIKE = 0.9


def accept_limits(vectors: NDArray[np.float32], owners: Sequence[str]) -> dict[str, float]:
    """How near a face has to come to each person's references.

    The limit is the lowest of dlib's 0.6, of what a stranger's face passes once in a hundred
    faces over all people here (a normal distribution; a usual one counts as 45 pairs more, so
    that few pairs do not decide), and, for people who look alike, of 0.9 of the distance
    between them.

    Args:
        vectors: ``(n, d)``, references.
        owners: whose each is.

    Returns:
        A distance for each owner.
    """
    names = list(dict.fromkeys(owners))
    if not names:
        return {}
    who = np.array([names.index(owner) for owner in owners])
    squares = (vectors.astype(np.float64) ** 2).sum(axis=1)
    products = vectors.astype(np.float64) @ vectors.T
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * products, 0))
    between = who[:, None] != who[None]
    count = _USUAL_PAIRS
    mean, squares = _USUAL_MEAN, _USUAL_DEVIATION**2 + _USUAL_MEAN**2
    own = apart[np.triu(between)]
    if len(own):
        total = count + len(own)
        mean = (count * mean + float(own.sum())) / total
        squares = (count * squares + float((own**2).sum())) / total
    deviation = max(squares - mean**2, 1e-6) ** 0.5
    general = NormalDist(mean, deviation).inv_cdf(_FALSE_ACCEPTS / len(names))
    limits = {}
    for number, name in enumerate(names):
        others = apart[who == number][:, who != number]
        nearest = float(others.min()) if others.size else np.inf
        limits[name] = max(0.0, min(MOST_DISTANCE, general, _LOOKALIKE * nearest))
    return limits
