"""Single pictures out of footage, and the faces on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.people.identities import Embedder
from studio.adapters import face_embedding
from studio.errors import DecodeFailed
from studio.jobs.job import Job
from studio.types.media import FrameTimes, MediaInfo
from studio.types.people import FaceReference, FaceTrack

#: Added to each side of a face that is shown, in shares of its height.
_MARGIN = 0.35


def picture_at(info: MediaInfo, times: FrameTimes, frame: int) -> NDArray[np.uint8]:
    """A frame as uint8 ``(h, w, 3)`` RGB, upright.

    Raises:
        DecodeFailed: it is broken.
    """
    from studio.media.picture import upright_rgb
    from studio.media.reader import decode_range

    if info.video is None:
        raise ValueError("footage without a picture has no frames")
    for _, found in decode_range(info, times, frame, frame + 1):
        return upright_rgb(found, info.video)
    raise DecodeFailed(
        f"Frame {frame} of {info.path.name} cannot be decoded.", "Choose another time."
    )


def face_picture(
    info: MediaInfo, times: FrameTimes, frame: int, xyxy: tuple[float, float, float, float]
) -> NDArray[np.uint8]:
    """A face with what is around it, uint8 ``(h, w, 3)`` RGB."""
    pixels = picture_at(info, times, frame)
    height, width = pixels.shape[:2]
    more = (xyxy[3] - xyxy[1]) * height * _MARGIN
    left, top = round(xyxy[0] * width - more), round(xyxy[1] * height - more)
    right, bottom = round(xyxy[2] * width + more), round(xyxy[3] * height + more)
    return pixels[max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)]


def faces_in(
    info: MediaInfo,
    times: FrameTimes,
    wanted: Sequence[tuple[FaceTrack, int]],
    job: Job,
    model: Embedder,
) -> list[FaceReference]:
    """References from footage.

    Args:
        info: of the file.
        times: of its frames.
        wanted: tracks, and for each a frame it is on.
        job: models.
        model: that makes the vectors.
    """
    found = []
    with job.pool.lease(model) as embedder:
        for track, frame in wanted:
            job.check()
            pixels = picture_at(info, times, frame)
            wh = np.array(pixels.shape[1::-1], np.float32)
            row = int(np.searchsorted(track.frames, frame))
            chip = face_embedding.align(pixels, track.landmarks[row : row + 1] * wh)
            vector = embedder.embed_aligned(chip)[0]
            source = f"{info.path.name} at {float(times.start(frame)):.2f} s"
            found.append(FaceReference(vector, chip[0], source, info.content_hash))
    return found
