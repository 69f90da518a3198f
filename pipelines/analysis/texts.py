"""Text in the picture, with the time it stands there."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pipelines.analysis.analyser import ModelAnalyser
from pipelines.analysis.options import Options
from studio.adapters import text_lines
from studio.models.pool import ModelPool
from studio.models.spec import AnySpec
from studio.types.analysis import TextSeen
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo

#: Longer side of the pictures that are read.
_MAX_SIDE_PX = 1280
#: Samples a second: a title or a lower third stands for two seconds and more.
RATE = Fraction(1)
#: A line whose letters are less likely is a pattern taken for text.
_MIN_SCORE = 0.6
#: Two readings are of one line if they are as alike as this, and its middle has not moved by
#: more, in shares of the picture's height or width.
_ALIKE, _MOVED = 0.7, 0.06
#: Samples a line may be missed on and still be the same line.
_GAP = 1


@dataclass
class _Open:
    """A line that may go on."""

    text: str
    first: int
    last: int
    frame: int
    corners: NDArray[np.float32]
    score: float
    samples: int = 1


class TextAnalyser(ModelAnalyser):
    """Reads the text in sampled pictures; a ``PictureAnalyser[tuple[TextSeen, ...]]``.

    Args:
        pool: lends the reader.
        info: of the file.
        times: of its frames.
        options: not used: the rate is :data:`RATE`.
    """

    part = "texts"
    specs: ClassVar[tuple[AnySpec, ...]] = (text_lines.SPEC,)

    def __init__(
        self, pool: ModelPool, info: MediaInfo, times: FrameTimes, options: Options
    ) -> None:
        super().__init__(pool)
        self.request = FrameRequest(max_side_px=_MAX_SIDE_PX, rate=RATE, batch=1)
        self.made_by: dict[str, Any] = {
            "model": text_lines.SPEC.key,
            "max_side_px": _MAX_SIDE_PX,
            "rate": str(RATE),
            "min_score": _MIN_SCORE,
        }
        self.notes: list[str] = []
        self._times = times
        self._samples: list[int] = []
        self._open: list[_Open] = []
        self._closed: list[_Open] = []

    def take(self, batch: FrameBatch) -> None:
        """Read the next pictures."""
        for pixels, frame in zip(batch.pixels, batch.frames.tolist(), strict=True):
            lines = self.model(text_lines.SPEC).read(pixels)
            at = len(self._samples)
            self._samples.append(frame)
            for text, score, corners in zip(lines.texts, lines.scores, lines.corners, strict=True):
                if score >= _MIN_SCORE:
                    self._add(text, float(score), corners, at, frame)
            self._closed += [line for line in self._open if at - line.last > _GAP]
            self._open = [line for line in self._open if at - line.last <= _GAP]

    def _add(
        self, text: str, score: float, corners: NDArray[np.float32], at: int, frame: int
    ) -> None:
        best: tuple[float, _Open] | None = None
        for line in self._open:
            moved = np.abs(line.corners.mean(axis=0) - corners.mean(axis=0)).max()
            if line.last == at or moved > _MOVED:
                continue
            alike = likeness(line.text, text)
            if alike >= _ALIKE and (best is None or alike > best[0]):
                best = (alike, line)
        if best is None:
            self._open.append(_Open(text, at, at, frame, corners, score))
            return
        line = best[1]
        line.last, line.samples = at, line.samples + 1
        if score > line.score:
            line.text, line.score, line.frame, line.corners = text, score, frame, corners

    def finish(self) -> tuple[TextSeen, ...]:
        """All lines, by their start."""
        ends = [*self._samples[1:], len(self._times)]
        found = [
            TextSeen(
                line.text,
                self._times.start(self._samples[line.first]),
                self._times.start(ends[line.last]),
                line.frame,
                tuple((round(float(x), 4), round(float(y), 4)) for x, y in line.corners),
                round(line.score, 4),
                line.samples,
            )
            for line in (*self._closed, *self._open)
        ]
        return tuple(sorted(found, key=lambda seen: (seen.start, seen.corners[0][1], seen.text)))


def likeness(one: str, other: str) -> float:
    """How alike two readings are, 0 to 1; case and spaces do not count."""
    a, b = ("".join(text.casefold().split()) for text in (one, other))
    return SequenceMatcher(None, a, b, autojunk=False).ratio()
