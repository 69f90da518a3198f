"""A vector for each sampled frame, near to those of pictures like it."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import numpy as np

from pipelines.analysis.options import Options
from studio.adapters import efficientnet
from studio.adapters.picture_net import precision_on
from studio.models.pool import ModelPool
from studio.types.embedding import Embeddings
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo


class EmbeddingAnalyser:
    """Makes the vectors; a ``PictureAnalyser[Embeddings]``.

    The whole picture is pressed into the network's square rather than cut to it: what stands
    at the edges of a wide picture counts.

    Args:
        pool: lends the network.
        info: of the file.
        times: of its frames.
        options: how often to look.
    """

    part = "embeddings"

    def __init__(
        self, pool: ModelPool, info: MediaInfo, times: FrameTimes, options: Options
    ) -> None:
        if info.video is None:
            raise ValueError("vectors are made of pictures, and there are none")
        side = efficientnet.INPUT_PX
        self.request = FrameRequest(size_wh=(side, side), rate=options.sample_rate, batch=8)
        self.made_by: dict[str, Any] = {
            "model": efficientnet.SPEC.key,
            "precision": precision_on(pool.device),
            "rate": str(options.sample_rate),
        }
        self.notes: list[str] = []
        self._pool = pool
        self._leases = ExitStack()
        self._network: efficientnet.EfficientNet | None = None
        self._frames: list[np.ndarray[Any, Any]] = []
        # Room for all at once: pieces that are joined at the end would be held twice.
        count = int(info.video.duration * options.sample_rate) + 2
        self._vectors = np.zeros((min(count, len(times)), efficientnet.FEATURES), np.float32)
        self._count = 0

    def __enter__(self) -> Self:
        self._network = self._leases.enter_context(self._pool.lease(efficientnet.SPEC))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._network = None
        self._leases.close()

    def take(self, batch: FrameBatch) -> None:
        """Make the vectors of the next pictures."""
        if self._network is None:
            raise ValueError("pictures are taken inside the with")
        vectors, _classes = self._network.look(batch.pixels)
        self._frames.append(batch.frames)
        end = self._count + len(vectors)
        if end > len(self._vectors):
            self._vectors = np.resize(self._vectors, (2 * end, efficientnet.FEATURES))
        self._vectors[self._count : end] = vectors
        self._count = end

    def finish(self) -> Embeddings:
        """All vectors."""
        model = f"{efficientnet.SPEC.key} {self.made_by['precision']}"
        if not self._frames:
            nothing = np.zeros((0, efficientnet.FEATURES), np.float32)
            return Embeddings(np.zeros(0, np.int64), nothing, model)
        return Embeddings(np.concatenate(self._frames), self._vectors[: self._count], model)
