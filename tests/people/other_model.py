"""Another model of faces: the same network on mirrored faces, its numbers in another order.

Its vectors cannot be compared with those of the model that ships.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from studio.adapters import face_embedding
from studio.models.spec import LoadContext

_ORDER = np.random.default_rng(3).permutation(face_embedding.WIDTH)


class Mirrored:
    """The loaded network."""

    def __init__(self, inner: face_embedding.FaceEmbedder) -> None:
        self._inner = inner

    def embed_aligned(self, chips: np.ndarray) -> np.ndarray:
        """What aligned faces look like to it."""
        return -self._inner.embed_aligned(np.ascontiguousarray(chips[:, :, ::-1]))[:, _ORDER]

    def close(self) -> None:
        """Let go of the network."""
        self._inner.close()


def load(context: LoadContext) -> Mirrored:
    """For the pool."""
    return Mirrored(face_embedding.load(context))


SPEC = replace(
    face_embedding.SPEC,
    name="face-embedding-mirrored",
    version="2",
    loader="tests.people.other_model:load",
    rungs=(),
)
