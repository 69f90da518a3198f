"""How alike two pieces of footage look, on a scale that the footage itself sets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.tape import Tape
from pipelines.trailer.windows import Piece

#: Two pieces this alike, or more, are near-duplicates: as alike as moments of one shot are.
DUPLICATE = 0.9
_MOST_SAMPLES = 400


def likeness_scale(tapes: tuple[Tape, ...]) -> tuple[float, float]:
    """Cosines that count as nothing in common and as the same picture.

    A model's cosines mean little by themselves. The median between frames of different shots
    is 0; the median between frames a few samples apart in one shot is 1.
    """
    same, other = [], []
    for tape in tapes:
        embeddings = tape.analysis.embeddings
        if embeddings is None or len(embeddings.frames) < 4:
            continue
        pick = np.unique(np.linspace(0, len(embeddings.frames) - 1, _MOST_SAMPLES).astype(int))
        vectors = embeddings.vectors[pick].astype(np.float64)
        shots = tape.shot_of(embeddings.frames[pick])
        cosines = vectors @ vectors.T
        upper = np.triu_indices(len(pick), 1)
        alike = shots[upper[0]] == shots[upper[1]]
        same.append(cosines[upper][alike])
        other.append(cosines[upper][~alike])
    return _scale(
        np.concatenate(same) if same else np.zeros(0),
        np.concatenate(other) if other else np.zeros(0),
    )


def _scale(same: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float]:
    one = float(np.median(same)) if len(same) >= 8 else 0.92
    nought = float(np.median(other)) if len(other) >= 8 else one - 0.4
    return min(nought, one - 0.1), max(one, 0.5)


def likeness(pieces: list[Piece], scale: tuple[float, float]) -> NDArray[np.float64]:
    """float64 ``(m, m)``, 0 for nothing in common, 1 for the same picture, 1.2 at most.

    Pieces of unlike models, or without vectors, have nothing in common.
    """
    sizes = {len(piece.vector) for piece in pieces}
    if len(sizes) != 1 or 0 in sizes:
        return np.zeros((len(pieces), len(pieces)))
    vectors = np.stack([piece.vector for piece in pieces])
    nought, one = scale
    return np.clip((vectors @ vectors.T - nought) / (one - nought), 0, 1.2)
