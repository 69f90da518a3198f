"""What a broadcaster may have to cover: bare parts of bodies, flagged by class, score and time.

A flag is a reason to look, nothing more. On ordinary footage false alarms were counted (see the
README); how much it misses is not known: no pictures to tell were at hand, and none were sought.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from pipelines.analysis.analyser import ModelAnalyser
from pipelines.analysis.growing import GrowingArray
from pipelines.analysis.options import Options
from studio.adapters import unsafe_content
from studio.models.pool import ModelPool
from studio.models.spec import AnySpec
from studio.types.detections import Detections
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo

#: Samples a second, and the longer side looked at.
RATE = Fraction(2)
_MAX_SIDE_PX = 640
#: Less likely things are not stored; from the second on a stretch is flagged.
_MIN_SCORE, FLAG_SCORE = 0.25, 0.45
#: Samples that may lie between two of one stretch.
_GAP = 2


@dataclass(frozen=True)
class Flag:
    """A stretch to look at.

    Attributes:
        label: what is taken to be seen, of :data:`~studio.adapters.unsafe_content.FLAGGED`.
        start, end: seconds on the source clock, to the sample behind the last; half-open.
        frame: where it is surest.
        xyxy: where it is then, in shares of the picture.
        score: there, 0 to 1.
        samples: on how many it was seen.
    """

    label: str
    start: Fraction
    end: Fraction
    frame: int
    xyxy: tuple[float, float, float, float]
    score: float
    samples: int


class SafetyAnalyser(ModelAnalyser):
    """Finds what may have to be covered; a ``PictureAnalyser[Detections]``.

    Only the classes of :data:`~studio.adapters.unsafe_content.FLAGGED` are kept.

    Args:
        pool: lends the detector.
        info: of the file.
        times: of its frames.
        options: not used: the rate is :data:`RATE`.
    """

    part = "safety"
    specs: ClassVar[tuple[AnySpec, ...]] = (unsafe_content.SPEC,)

    def __init__(
        self, pool: ModelPool, info: MediaInfo, times: FrameTimes, options: Options
    ) -> None:
        super().__init__(pool)
        self.request = FrameRequest(max_side_px=_MAX_SIDE_PX, rate=RATE, batch=4)
        self.made_by: dict[str, Any] = {
            "model": unsafe_content.SPEC.key,
            "max_side_px": _MAX_SIDE_PX,
            "rate": str(RATE),
            "min_score": _MIN_SCORE,
        }
        self.notes: list[str] = []
        self._sampled = GrowingArray(np.int64)
        self._frames = GrowingArray(np.int64)
        self._xyxy = GrowingArray(np.float32, 4)
        self._scores = GrowingArray(np.float32)
        self._ids = GrowingArray(np.int64)

    def take(self, batch: FrameBatch) -> None:
        """Look at the next pictures."""
        found = self.model(unsafe_content.SPEC).detect(batch.pixels, min_score=_MIN_SCORE)
        self._sampled.extend(batch.frames)
        names = [unsafe_content.LABELS[n] for n in found.label_ids]
        rows = [n for n, name in enumerate(names) if name in unsafe_content.FLAGGED]
        self._frames.extend(batch.frames[found.pictures[rows]])
        self._xyxy.extend(found.xyxy[rows].reshape(-1, 4))
        self._scores.extend(found.scores[rows])
        self._ids.extend([unsafe_content.FLAGGED.index(names[n]) for n in rows])

    def finish(self) -> Detections:
        """All that was found."""
        count = len(self._frames)
        return Detections(
            sampled_frames=self._sampled.rows,
            frames=self._frames.rows,
            xyxy=self._xyxy.rows,
            scores=self._scores.rows,
            label_ids=self._ids.rows,
            labels=unsafe_content.FLAGGED,
            landmarks=np.zeros((count, 0, 2), np.float32),
            attributes=np.zeros((count, 0), np.float32),
        )


def flags(
    safety: Detections, times: FrameTimes, *, least_score: float = FLAG_SCORE
) -> tuple[Flag, ...]:
    """The stretches to look at, by their start; pure.

    Args:
        safety: of the analysis.
        times: of the file's frames.
        least_score: that one sample of a stretch has to reach.
    """
    found = []
    ends = np.append(safety.sampled_frames[1:], len(times))
    samples = np.searchsorted(safety.sampled_frames, safety.frames)
    for number, label in enumerate(safety.labels):
        rows = np.flatnonzero(safety.label_ids == number)
        for some in np.split(rows, np.flatnonzero(np.diff(samples[rows]) > _GAP + 1) + 1):
            if not len(some) or safety.scores[some].max() < least_score:
                continue
            best = int(some[np.argmax(safety.scores[some])])
            left, top, right, bottom = (round(float(v), 4) for v in safety.xyxy[best])
            found.append(
                Flag(
                    label,
                    times.start(int(safety.frames[some[0]])),
                    times.start(int(ends[samples[some[-1]]])),
                    int(safety.frames[best]),
                    (left, top, right, bottom),
                    round(float(safety.scores[best]), 4),
                    len(np.unique(samples[some])),
                )
            )
    return tuple(sorted(found, key=lambda flag: (flag.start, flag.label)))
