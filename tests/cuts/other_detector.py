"""Another detector of shots, without a network: frames, two by two, that have little in common.

Its cuts lie beside those of the network, it misses some, and finds some of its own.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import numpy as np

from pipelines.analysis.options import Options
from pipelines.analysis.transitions import Transition, shots_from_transitions
from studio.models.pool import ModelPool
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo
from studio.types.shot import Shot, TransitionKind

#: Mean difference in levels of 255 from which two frames are of two shots.
CUT_LEVELS = 25.0


class DifferenceAnalyser:
    """In the place of ``ShotAnalyser``."""

    part = "shots"
    specs = ()

    def __init__(
        self, pool: ModelPool, info: MediaInfo, times: FrameTimes, options: Options
    ) -> None:
        self.request = FrameRequest(size_wh=(32, 18), batch=64)
        self.made_by: dict[str, Any] = {"model": "differences@1", "levels": CUT_LEVELS}
        self.notes: list[str] = []
        self._times = times
        self._seen: list[np.ndarray] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is held."""

    def take(self, batch: FrameBatch) -> None:
        """The next pictures."""
        self._seen.append(batch.pixels.astype(np.float32))

    def finish(self) -> tuple[Shot, ...]:
        """Shots that begin at every second frame at the earliest."""
        seen = np.concatenate(self._seen)
        change = np.abs(np.diff(seen[::2], axis=0)).mean(axis=(1, 2, 3))
        starts = 2 * (np.flatnonzero(change > CUT_LEVELS) + 1)
        found = tuple(Transition(TransitionKind.CUT, int(at), int(at)) for at in starts)
        return shots_from_transitions(found, np.ones(len(seen), np.float32), self._times)
