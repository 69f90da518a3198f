"""Principal components of pictures: what an autoencoder of the same size has to beat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Array = NDArray[np.float32]
_CHUNK = 512
#: Directions beyond those wanted, and rounds; 3 more rounds change the error of 32 components
#: of 18,000 faces in the fourth digit.
_MORE, _ROUNDS = 10, 5


def _chunks(pixels: Pixels) -> Iterator[Array]:
    """From -1 to 1, a row a picture."""
    for at in range(0, len(pixels), _CHUNK):
        some: Any = pixels[at : at + _CHUNK].reshape(len(pixels[at : at + _CHUNK]), -1)
        yield some.astype(np.float32) / 127.5 - 1


def components_of(pixels: Pixels, count: int, seed: int = 0) -> tuple[Array, Array]:
    """Mean and leading components, by subspace iteration over chunks of pictures.

    Args:
        pixels: ``(n, h, w, 3)``, in memory or mapped.
        count: how many components; at most as many as there are pictures.
        seed: of the first guess.

    Returns:
        ``(values,)`` and ``(count, values)``, orthonormal rows.
    """
    values = int(np.prod(pixels.shape[1:]))
    count = min(count, len(pixels), values)
    mean = sum((chunk.sum(axis=0) for chunk in _chunks(pixels)), np.zeros(values, np.float32))
    mean = mean / np.float32(len(pixels))
    guess = np.random.default_rng(seed).standard_normal((values, min(count + _MORE, values)))
    found: Array = np.linalg.qr(guess.astype(np.float32))[0]
    weights = np.ones(found.shape[1], np.float32)
    for _ in range(_ROUNDS):
        moved = np.zeros_like(found)
        for chunk in _chunks(pixels):
            centred = chunk - mean
            moved += centred.T @ (centred @ found)
        found, weights = np.linalg.qr(moved)
    # The last triangle says which directions within the space carry most.
    turn = np.linalg.svd(weights)[0]
    return mean, np.ascontiguousarray((found @ turn)[:, :count].T)


def component_error(pixels: Pixels, mean: Array, components: Array) -> float:
    """Mean square error of a value, from -1 to 1, where pictures are told by components."""
    total = 0.0
    for chunk in _chunks(pixels):
        centred = chunk - mean
        total += float(np.square(centred - (centred @ components.T) @ components).sum())
    return total / pixels.size


def error_between(first: Pixels, second: Pixels) -> float:
    """Mean square error of a value, from -1 to 1."""
    apart = first.astype(np.float32) - second.astype(np.float32)
    return float(np.square(apart / 127.5).mean())
