"""A vector for each sampled frame, near to those of pictures like it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from pipelines.analysis.analyser import ModelAnalyser
from pipelines.analysis.growing import GrowingArray
from pipelines.analysis.options import Options
from studio.adapters import efficientnet
from studio.adapters.picture_net import precision_on
from studio.models.pool import ModelPool
from studio.models.spec import AnySpec
from studio.types.embedding import Embeddings
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo


class EmbeddingAnalyser(ModelAnalyser):
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
    specs: ClassVar[tuple[AnySpec, ...]] = (efficientnet.SPEC,)

    def __init__(
        self, pool: ModelPool, info: MediaInfo, times: FrameTimes, options: Options
    ) -> None:
        super().__init__(pool)
        if info.video is None:
            raise ValueError("vectors are made of pictures, and there are none")
        side = efficientnet.INPUT_PX
        self.request = FrameRequest(size_wh=(side, side), rate=options.sample_rate, batch=8)
        self.made_by: dict[str, Any] = {
            "model": efficientnet.SPEC.key,
            "precision": precision_on(pool.device),
            "rate": str(options.sample_rate),
            "kept": "float16",
        }
        self.notes: list[str] = []
        self._frames = GrowingArray(np.int64)
        room = min(int(info.video.duration * options.sample_rate) + 2, len(times))
        self._vectors = GrowingArray(np.float16, efficientnet.FEATURES, room)

    def take(self, batch: FrameBatch) -> None:
        """Make the vectors of the next pictures."""
        vectors, _classes = self.model(efficientnet.SPEC).look(batch.pixels)
        self._frames.extend(batch.frames)
        self._vectors.extend(vectors)

    def finish(self) -> Embeddings:
        """All vectors."""
        model = f"{efficientnet.SPEC.key} {self.made_by['precision']}"
        return Embeddings(self._frames.rows, self._vectors.rows, model)
