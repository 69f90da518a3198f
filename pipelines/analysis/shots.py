"""The shots of footage, found while it is decoded."""

from __future__ import annotations

from types import TracebackType
from typing import Any, ClassVar, Self

import numpy as np

from pipelines.analysis import change, transitions
from pipelines.analysis.analyser import ModelAnalyser
from pipelines.analysis.change import ChangeMeter
from pipelines.analysis.growing import GrowingArray
from pipelines.analysis.options import Options
from pipelines.analysis.transitions import shots_from_probabilities
from studio.adapters.transnetv2 import SIZE_WH, SPEC, STRETCH, ScoreStream, precision_on
from studio.models.pool import ModelPool
from studio.models.spec import AnySpec
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo
from studio.types.shot import Shot

_BATCH = 64


class ShotAnalyser(ModelAnalyser):
    """Every frame, 48x27: a cheap measure of change first, and the network where it says that
    a shot may end.

    Args:
        pool: lends the network.
        info, times: of the footage.
        options: none of them matters here.
    """

    part = "shots"
    specs: ClassVar[tuple[AnySpec, ...]] = (SPEC,)

    def __init__(
        self, pool: ModelPool, info: MediaInfo, times: FrameTimes, options: Options
    ) -> None:
        super().__init__(pool)
        self.request = FrameRequest(size_wh=SIZE_WH, batch=_BATCH)
        self.made_by: dict[str, Any] = {
            "model": SPEC.key,
            "precision": precision_on(pool.device),
            "stretch": STRETCH,  # what stands beside a frame moves its score a little
            "prefilter": f"{change.VERSION}: {change.JUMP}, {change.DRIFT}",
            "cut": transitions.CUT_SCORE,
            "doubt": transitions.DOUBT_SCORE,
            "gradual": f"{transitions.RUN_SCORE}, {transitions.PEAK_SCORE}, "
            f"{transitions.RUN_FRAMES} frames",
            "stays": transitions.STAYS,
            "black": transitions.BLACK,
        }
        self.notes: list[str] = []
        self._times = times
        self._meter = ChangeMeter()
        self._stream: ScoreStream | None = None
        self._frames = GrowingArray(np.int64)

    def __enter__(self) -> Self:
        super().__enter__()
        self._stream = self.model(SPEC).stream()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream = None
        super().__exit__(kind, error, trace)

    def _entered(self) -> ScoreStream:
        if self._stream is None:
            raise ValueError("the analyser was not entered")
        return self._stream

    def take(self, batch: FrameBatch) -> None:
        """The next pictures.

        Raises:
            InferenceFailed: the network's runtime gave up.
        """
        self._frames.extend(batch.frames)
        self._entered().push(*self._meter.push(batch.pixels))

    def finish(self) -> tuple[Shot, ...]:
        """Shots from frame 0 to the last; frames that could not be decoded belong to the shot
        before them."""
        stream = self._entered()
        stream.push(*self._meter.finish())
        single, many = stream.finish()
        share = stream.network_frames / max(len(single), 1)
        self.notes.append(
            f"shots: {SPEC.name} in {self.made_by['precision']} looked at {share:.0%} of the "
            "frames; in the others nothing moves that could be a cut"
        )
        brightest, stays = self._meter.brightest, self._meter.stays()
        return shots_from_probabilities(
            single, many, brightest, stays, self._times, self._frames.rows
        )
