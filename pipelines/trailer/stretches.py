"""Which frames may be used at all, and where a cut would fall inside a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.types.analysis import FootageAnalysis
from studio.types.transcript import Transcript

#: Frames kept clear at both ends of a shot: a detector may be off by as much.
SHOT_GUARD_FRAMES = 2
#: A picture that stands still for less is drawn "on twos", or a beat of the edit, not frozen.
FROZEN_S = 0.5
#: Samples of one shot whose brightness differs so much hide a flash or a cut.
LUMA_JUMP = 0.22
_LUMA_GAP_S = 0.5
#: Silence that an editor leaves between a word and a cut.
WORD_GUARD_S = 0.08


@dataclass(frozen=True)
class Stretch:
    """Usable frames of one shot.

    Attributes:
        shot: number of the shot.
        start_frame, end_frame: half-open.
    """

    shot: int
    start_frame: int
    end_frame: int


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def bad_frames(
    analysis: FootageAnalysis, frames: int, edges_s: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """bool ``(frames,)``: black, frozen or flashing, or astride a sudden change of light.

    Where only some frames were measured, the doubt reaches to the next measured frame.
    """
    bad = np.zeros(frames, np.bool_)
    facts = analysis.picture
    if facts is None or len(facts.frames) == 0:
        return bad
    sampled = facts.frames
    below = np.concatenate(([0], sampled[:-1] + 1))
    above = np.concatenate((sampled[1:], [frames]))
    guard = facts.flash.astype(np.int64)
    for at in np.flatnonzero(facts.black | facts.flash):
        bad[max(0, below[at] - guard[at]) : above[at] + guard[at]] = True
    for first, last in _runs(facts.frozen):
        start, end = int(below[first]), int(above[last - 1])
        if edges_s[end] - edges_s[start] >= FROZEN_S:
            bad[start:end] = True
    starts = [shot.start_frame for shot in analysis.shots or ()]
    shot = np.searchsorted(starts, sampled, side="right")
    near = (np.diff(edges_s[sampled]) <= _LUMA_GAP_S) & (np.diff(shot) == 0)
    for at in np.flatnonzero(near & (np.abs(np.diff(facts.luma)) > LUMA_JUMP)):
        bad[sampled[at] : sampled[at + 1] + 1] = True
    return bad


def usable_stretches(
    analysis: FootageAnalysis,
    edges_s: NDArray[np.float64],
    limit_s: float,
    avoid: Sequence[int] = (),
) -> tuple[Stretch, ...]:
    """The good parts of every shot before a time.

    Args:
        analysis: of footage with shots.
        edges_s: float64 ``(n + 1,)`` starts of the frames and the end of the last.
        limit_s: nothing past this is used: the spoiler window starts there.
        avoid: frames at which the picture jumps, though no shot begins there.
    """
    frames = len(edges_s) - 1
    bad = bad_frames(analysis, frames, edges_s)
    doubtful = [frame for shot in analysis.shots or () for frame in shot.doubtful_frames]
    for frame in [*avoid, *doubtful]:
        bad[max(0, frame - SHOT_GUARD_FRAMES) : frame + SHOT_GUARD_FRAMES] = True
    limit = int(np.searchsorted(edges_s, limit_s + 1e-6, side="right")) - 1
    found = []
    for number, shot in enumerate(analysis.shots or ()):
        start, end = shot.clean_start_frame, min(shot.clean_end_frame, frames)
        start += SHOT_GUARD_FRAMES * (start > 0)  # nothing comes before the first frame
        end -= SHOT_GUARD_FRAMES * (end < frames)
        end = min(end, limit)
        if end > start:
            found += [Stretch(number, start + a, start + b) for a, b in _runs(~bad[start:end])]
    return tuple(found)


@dataclass(frozen=True)
class WordTimes:
    """When words are spoken, for looking up how near a time is to one.

    Attributes:
        starts_s: float64 ``(w,)``, rising.
        ends_s: float64 ``(w,)``: by when the word and all before it have ended.
    """

    starts_s: NDArray[np.float64]
    ends_s: NDArray[np.float64]

    @classmethod
    def of(cls, transcript: Transcript | None) -> WordTimes:
        """The words of a transcript; none where there is none."""
        words = (
            sorted((float(w.start), float(w.end)) for w in transcript.words) if transcript else []
        )
        starts = np.array([start for start, _ in words], np.float64)
        return cls(starts, np.maximum.accumulate(np.array([end for _, end in words], np.float64)))

    def room(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Seconds from each time to the nearest word, 1 at most; inside a word less than 0."""
        if not len(self.starts_s):
            return np.ones(len(times_s))
        after = np.searchsorted(self.starts_s, times_s, side="left")
        to_next = np.append(self.starts_s, np.inf)[after] - times_s
        from_last = times_s - np.concatenate(([-np.inf], self.ends_s))[after]
        return np.minimum(np.minimum(to_next, from_last), 1.0)
