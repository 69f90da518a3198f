"""What detectors found, for every producer and consumer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Detections:
    """Boxes on the sampled frames of one file, as a struct of arrays ordered by frame.

    Attributes:
        sampled_frames: int64 ``(s,)``, every frame that was looked at, found or not.
        frames: int64 ``(n,)``, the frame of each box.
        xyxy: float32 ``(n, 4)``, left, top, right, bottom in shares of the upright
            picture's width and height, 0 to 1.
        scores: float32 ``(n,)``, the detector's confidence, 0 to 1.
        label_ids: int64 ``(n,)``, index into ``labels``.
        labels: names of the classes.
        landmarks: float32 ``(n, k, 2)`` in shares as ``xyxy``; ``k`` may be 0.
        attributes: float32 ``(n, a)``, a probability for each of ``attribute_names``.
        attribute_names: names such as the seven expressions; may be empty.
    """

    sampled_frames: NDArray[np.int64]
    frames: NDArray[np.int64]
    xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]
    label_ids: NDArray[np.int64]
    labels: tuple[str, ...]
    landmarks: NDArray[np.float32]
    attributes: NDArray[np.float32]
    attribute_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.frames)

    def between(self, start_frame: int, end_frame: int) -> slice:
        """The rows whose frame lies in ``[start_frame, end_frame)``."""
        first, last = np.searchsorted(self.frames, [start_frame, end_frame])
        return slice(int(first), int(last))

    @classmethod
    def empty(cls, sampled_frames: NDArray[np.int64], labels: tuple[str, ...]) -> Detections:
        """Looked at, nothing found."""
        return cls(
            sampled_frames=sampled_frames,
            frames=np.zeros(0, np.int64),
            xyxy=np.zeros((0, 4), np.float32),
            scores=np.zeros(0, np.float32),
            label_ids=np.zeros(0, np.int64),
            labels=labels,
            landmarks=np.zeros((0, 0, 2), np.float32),
            attributes=np.zeros((0, 0), np.float32),
        )
