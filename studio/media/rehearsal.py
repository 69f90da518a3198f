"""A cut run through small and fast, before it is rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from studio.media.picture_plan import Segment, plan_picture
from studio.media.picture_render import open_footage, segment_pictures
from studio.settings import Settings
from studio.types.timeline import Timeline

#: Longer side of the picture in which transitions, crops and cards are made.
_SIDE_PX = 192


def rehearse(
    timeline: Timeline,
    size_wh: tuple[int, int],
    *,
    settings: Settings,
    step: Callable[[], None] = lambda: None,
) -> Iterator[NDArray[np.uint8]]:
    """Every picture of the film, uint8 ``(h, w, 3)`` RGB, stretched to a small size.

    Args:
        timeline: the cut.
        size_wh: of the pictures.
        settings: limits on the footage.
        step: called before each picture; what it raises ends the pass.

    Raises:
        MediaError: a source cannot be read.
        RequestError: a source has changed since the plan was made.
    """
    scale = min(1.0, _SIDE_PX / max(timeline.size_wh))
    width, height = (max(2, round(side * scale / 2) * 2) for side in timeline.size_wh)
    small = replace(timeline, size_wh=(width, height))
    footage = open_footage(small, settings)
    plan = plan_picture(small, {name: found.times for name, found in footage.items()})
    whole = Segment(0, small.frames)
    scaler = VideoReformatter()
    for frame in segment_pictures(plan, whole, footage, notes=[], step=step):
        scaled = scaler.reformat(frame, *size_wh, "rgb24", interpolation="AREA", threads=1)
        yield scaled.to_ndarray().astype(np.uint8, copy=False)
