"""What a viewer takes for a cut, though the plan has none there.

A picture can jump without a new shot: a key frame that sharpens at once, a strobe, a splice. A
detector may see it only in its new surroundings, so each plan is rehearsed: run through small,
with its transitions, crops and cards, and looked at by the shot detector. What it finds goes
back to :func:`pipelines.trailer.plan.plan_cuts` as frames to avoid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from pipelines.analysis import Options
from studio.jobs.job import Job
from studio.types.frames import FrameBatch
from studio.types.media import FrameTimes, MediaInfo
from studio.types.shot import Shot
from studio.types.timeline import Clip, Timeline

#: A detector may be off by so many frames.
_TOLERANCE_FRAMES = 2


_BATCH = 64


def rehearsed_shots(timeline: Timeline, footage: MediaInfo, job: Job) -> tuple[Shot, ...]:
    """The shots that the detector finds in a cut that is not rendered yet.

    Args:
        timeline: the cut.
        footage: any of its sources.
        job: lends the model; may be cancelled.

    Raises:
        MediaError: a source cannot be read.
    """
    from pipelines.analysis.shots import ShotAnalyser
    from studio.media.rehearsal import rehearse

    numbers = np.arange(timeline.frames, dtype=np.int64)
    beat = Fraction(1) / timeline.rate.fps
    times = FrameTimes(numbers, timeline.frames, beat, numbers[:1])
    with ShotAnalyser(job.pool, footage, times, Options()) as analyser:
        size_wh = analyser.request.size_wh
        if size_wh is None:
            raise ValueError("the shot detector wants pictures of one size")
        pictures = rehearse(timeline, size_wh, settings=job.settings, step=job.check)
        for batch in _batches(pictures, times):
            analyser.take(batch)
        return analyser.finish()


def _batches(pictures: Iterator[np.ndarray], times: FrameTimes) -> Iterator[FrameBatch]:
    for start in range(0, len(times), _BATCH):
        numbers = np.arange(start, min(start + _BATCH, len(times)), dtype=np.int64)
        pixels = np.stack([next(pictures) for _ in numbers])
        yield FrameBatch(pixels, numbers, times.seconds[numbers])


def unplanned_cuts(
    timeline: Timeline,
    shots: Sequence[Shot],
    *,
    doubts: bool = False,
    uncut: Mapping[str, Sequence[tuple[int, int]]] | None = None,
) -> dict[str, tuple[int, ...]]:
    """Cuts inside clips of a trailer.

    Args:
        timeline: its plan.
        shots: what shot detection found in its pictures.
        doubts: whether what may be a cut counts too.
        uncut: content hash to frames, half-open, at which a person said that no shot ends.

    Returns:
        content hash to the source frames at which the picture jumps; empty where the detector
        saw nothing but what was planned.
    """
    planned = [(at, item.transition.frames) for at, item in timeline.placed()]
    found: dict[str, list[int]] = {}
    seen = [shot.start_frame for shot in shots[1:]]
    if doubts:
        seen += [frame for shot in shots for frame in shot.doubtful_frames]
    for at in sorted(seen):
        if any(
            start - length // 2 - _TOLERANCE_FRAMES
            <= at
            <= start + length - length // 2 + _TOLERANCE_FRAMES
            for start, length in planned
        ):
            continue
        for start, item in timeline.placed():
            if isinstance(item, Clip) and start <= at < start + item.frames:
                source = timeline.source(item.source)
                share = (item.end_frame - item.start_frame) / item.frames
                frame = item.start_frame + round((at - start) * share)
                spared = (uncut or {}).get(source.content_hash, ())
                if not any(low <= frame < high for low, high in spared):
                    found.setdefault(source.content_hash, []).append(frame)
    return {name: tuple(sorted(frames)) for name, frames in found.items()}
