"""The faces on sampled frames, and what they express."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from pipelines.analysis.analyser import ModelAnalyser
from pipelines.analysis.growing import GrowingArray
from pipelines.analysis.options import Options
from studio.adapters import expression, mtcnn
from studio.adapters.picture_net import precision_on
from studio.models.pool import ModelPool
from studio.models.spec import AnySpec
from studio.types.detections import Detections
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo

LABELS = ("face",)
#: Longer side looked at; smaller pictures stay as they are, for the search enlarges what it
#: needs.
_MAX_SIDE_PX = 640
#: Smallest face in shares of the picture's shorter side, but never under the search window's
#: 12 px. Of 42 faces, 3 % to 70 % of the height tall, pictures shrunk to 160 px gave the
#: same 82 % of those over 20 px for any smallest face from 8 px to 15 px, and 3 of 8 of those
#: of 8 to 12 px for up to 12 px, 1 for 15 px, none for 20 px.
_MIN_FACE = 1 / 12
_MIN_FACE_PX = 12.0
#: Of the three networks. Facenet-pytorch asks 0.6 of the first: 0.7 found the same of those
#: faces with 27 % less for the second to look at. It lets 0.7 pass the last: on stills that
#: gave a boot, a shirt and a lapel at 0.78 to 0.87, while the true faces had 0.99.
_MIN_SCORES = (0.7, 0.7, 0.9)


class FaceAnalyser(ModelAnalyser):
    """Finds faces, five landmarks each, and the probability of seven expressions; a
    ``PictureAnalyser[Detections]``.

    Args:
        pool: lends the two models.
        info: of the file.
        times: of its frames.
        options: how often to look.
    """

    part = "faces"
    specs: ClassVar[tuple[AnySpec, ...]] = (mtcnn.SPEC, expression.SPEC)

    def __init__(
        self, pool: ModelPool, info: MediaInfo, times: FrameTimes, options: Options
    ) -> None:
        super().__init__(pool)
        if info.video is None:
            raise ValueError("faces are looked for in pictures, and there are none")
        self.request = FrameRequest(max_side_px=_MAX_SIDE_PX, rate=options.sample_rate, batch=16)
        self.made_by: dict[str, Any] = {
            "model": mtcnn.SPEC.key,
            "precision": precision_on(pool.device),
            "expression": expression.SPEC.key,
            "max_side_px": _MAX_SIDE_PX,
            "min_face": f"{_MIN_FACE:.3f}",
            "min_scores": "/".join(map(str, _MIN_SCORES)),
            "rate": str(options.sample_rate),
        }
        self.notes: list[str] = []
        self._sampled = GrowingArray(np.int64)
        self._frames = GrowingArray(np.int64)
        self._found: list[mtcnn.Faces] = []
        self._expressed: list[np.ndarray[Any, Any]] = []

    def take(self, batch: FrameBatch) -> None:
        """Look for faces in the next pictures."""
        shorter_px = min(batch.pixels.shape[1:3])
        found = self.model(mtcnn.SPEC).detect(
            batch.pixels,
            min_face_px=max(_MIN_FACE_PX, shorter_px * _MIN_FACE),
            min_scores=_MIN_SCORES,
        )
        squares = expression.crop_faces(batch.pixels, found.pictures, found.xyxy)
        self._sampled.extend(batch.frames)
        self._frames.extend(batch.frames[found.pictures])
        self._found.append(found)
        self._expressed.append(self.model(expression.SPEC).classify(squares))

    def finish(self) -> Detections:
        """All that was found."""
        if not self._found:
            return Detections.empty(np.zeros(0, np.int64), LABELS)
        frames = self._frames.rows
        return Detections(
            sampled_frames=self._sampled.rows,
            frames=frames,
            xyxy=np.concatenate([found.xyxy for found in self._found]),
            scores=np.concatenate([found.scores for found in self._found]),
            label_ids=np.zeros(len(frames), np.int64),
            labels=LABELS,
            landmarks=np.concatenate([found.landmarks for found in self._found]),
            attributes=np.concatenate(self._expressed),
            attribute_names=expression.EXPRESSIONS,
        )
