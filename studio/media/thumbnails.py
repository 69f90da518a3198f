"""One small picture a clip: the frame in its middle, conformed as the film shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.media.picture_conform import Conform
from studio.media.picture_render import Footage, open_footage
from studio.media.reader import decode_range
from studio.settings import Settings
from studio.types.timeline import Clip, Timeline


def clip_thumbnails(
    timeline: Timeline,
    height_px: int,
    *,
    settings: Settings | None = None,
    clips: Sequence[Clip] | None = None,
) -> dict[str, NDArray[np.uint8]]:
    """Clip id to uint8 ``(height_px, w, 3)`` RGB in the shape of the timeline's picture.

    A clip whose middle cannot be decoded is black.

    Args:
        timeline: the cut.
        height_px: of each picture.
        settings: limits on the footage.
        clips: which clips; those of the cut where not given.

    Raises:
        NoSuchMedia: a source has gone.
        RequestError: a source has changed since the plan was made.
    """
    width, height = timeline.size_wh
    size_wh = (max(2, round(height_px * width / height)), height_px)
    shown = timeline.clips if clips is None else tuple(clips)
    footage = open_footage(replace(timeline, items=shown), settings or Settings())
    return {clip.id: _picture(clip, timeline, footage[clip.source], size_wh) for clip in shown}


def clip_frame(
    timeline: Timeline,
    clip: Clip,
    footage: Footage,
    number: int,
    at: int,
    height_px: int,
) -> NDArray[np.uint8]:
    """One frame of a clip as the film shows it: uint8 ``(height_px, w, 3)`` RGB.

    Args:
        timeline: the cut.
        clip: of it, or one that stands in for another.
        footage: the clip's source, opened.
        number: of the source frame.
        at: timeline frames from the clip's start, for its crop.
        height_px: of the picture.
    """
    width, height = timeline.size_wh
    size_wh = (max(2, round(height_px * width / height)), height_px)
    return _picture(clip, timeline, footage, size_wh, (number, at))


def _picture(
    clip: Clip,
    timeline: Timeline,
    footage: Footage,
    size_wh: tuple[int, int],
    place: tuple[int, int] | None = None,
) -> NDArray[np.uint8]:
    picture = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    video = footage.info.video
    if video is None:
        return picture
    conform = Conform(video, timeline.size_wh, clip.crop)
    number, at = place or ((clip.start_frame + clip.end_frame) // 2, clip.frames // 2)
    for _number, frame in decode_range(footage.info, footage.times, number, number + 1):
        rgb = conform(frame, at).to_ndarray(format="rgb24")
        picture[:] = cv2.resize(rgb, size_wh, interpolation=cv2.INTER_AREA)
    return picture
