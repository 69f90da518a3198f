"""What a viewer of the finished trailer takes for a cut, though the plan has none there.

A picture can jump without a new shot: a key frame that sharpens at once, a strobe, a splice. A
detector may see it only in its new surroundings. What is found in a rendered trailer goes back
to :func:`pipelines.trailer.plan.plan_cuts` as frames to avoid.
"""

from __future__ import annotations

from collections.abc import Sequence

from studio.types.shot import Shot
from studio.types.timeline import Clip, Timeline

#: A detector may be off by so many frames.
_TOLERANCE_FRAMES = 2


def unplanned_cuts(timeline: Timeline, shots: Sequence[Shot]) -> dict[str, tuple[int, ...]]:
    """Cuts inside clips of a rendered trailer.

    Args:
        timeline: its plan.
        shots: what shot detection found in the rendered file.

    Returns:
        content hash to the source frames at which the picture jumps; empty where the detector
        saw nothing but what was planned.
    """
    planned = [(at, item.transition.frames) for at, item in timeline.placed()]
    found: dict[str, list[int]] = {}
    for shot in shots[1:]:
        at = shot.start_frame
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
                found.setdefault(source.content_hash, []).append(frame)
    return {name: tuple(sorted(frames)) for name, frames in found.items()}
