"""What a render will cost, measured on a few frames of the very cut."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av

from studio.media.encoder import SOUND_BITS_PER_S, SOUND_RATE_HZ, PictureFormat, picture_stream
from studio.media.picture_plan import PicturePlan, Segment, cut_segments, plan_picture
from studio.media.picture_render import Footage, open_footage, segment_pictures
from studio.settings import Settings
from studio.types.timeline import Timeline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

#: Segments that are encoded at once, at most.
MOST_WORKERS = 4
_SAMPLES, _SAMPLE_FRAMES = 3, 8
# Measured on 2 cores, peak of the process over its size after the imports: 320x180 70 MiB,
# 640x360 137, 1280x720 307, 1920x1080 625; and 1.2 MiB for each second of the cut.
_BASE_BYTES = 240 * 2**20
_BYTES_A_PIXEL = 140  # of each encoder with its look-ahead, and the decoder beside it
_SOUND_COPIES = 4


@dataclass(frozen=True)
class RenderEstimate:
    """What a render will cost.

    Attributes:
        seconds: wall time, if the machine is as free as during the estimate.
        memory_bytes: peak of the whole process, without models.
        output_bytes: length of the film; as much again is needed while it is joined.
        basis: what the numbers stand on, in words.
    """

    seconds: float
    memory_bytes: int
    output_bytes: int
    basis: str


def workers_of(settings: Settings) -> int:
    """Segments encoded at once."""
    return max(1, min(settings.cores, MOST_WORKERS))


def estimate_render(timeline: Timeline, settings: Settings | None = None) -> RenderEstimate:
    """Estimate time, memory and disk: eight frames of each of three items are really rendered.

    Args:
        timeline: the cut.
        settings: cores and limits; read from the machine where not given.

    Raises:
        MediaError, RequestError: as :func:`studio.media.render.render_timeline`.
    """
    settings = settings or Settings()
    footage = open_footage(timeline, settings)
    plan = plan_picture(timeline, {name: f.times for name, f in footage.items()})
    pictures, opening_s, drawing_s = _sampled(plan, footage)
    form = PictureFormat(timeline.size_wh, timeline.rate, threads=1)
    started = time.perf_counter()
    key_bytes, other_bytes = _encoded_bytes(pictures, form)
    encoding_s = (time.perf_counter() - started) / len(pictures)
    workers = workers_of(settings)
    together = max(1, min(settings.cores, workers, len(cut_segments(plan))))
    alone_s = opening_s * len(timeline.items) + (drawing_s + encoding_s) * timeline.frames
    length_s = float(timeline.duration)
    keys = len(timeline.items) + int(length_s / 2)
    pixels = timeline.size_wh[0] * timeline.size_wh[1]
    return RenderEstimate(
        seconds=alone_s / together + 0.06 * length_s + 1.0,
        memory_bytes=_BASE_BYTES
        + together * _BYTES_A_PIXEL * pixels
        + int(length_s * SOUND_RATE_HZ) * 8 * _SOUND_COPIES,
        output_bytes=round(
            key_bytes * keys + other_bytes * timeline.frames + length_s * SOUND_BITS_PER_S / 8
        ),
        basis=f"{len(pictures)} frames of this cut, rendered just now on this machine; "
        f"{together} segment(s) at once",
    )


def _sampled(
    plan: PicturePlan, footage: Mapping[str, Footage]
) -> tuple[list[VideoFrame], float, float]:
    """Frames of the longest items; seconds to open one, and to draw one frame of it."""
    layers = sorted(plan.layers, key=lambda layer: -layer.item.frames)[:_SAMPLES]
    pictures: list[VideoFrame] = []
    opening_s = drawing_s = 0.0
    for layer in layers:
        middle = layer.at + layer.item.frames // 2
        last = min(middle + _SAMPLE_FRAMES, layer.at + layer.item.frames)
        drawn = segment_pictures(plan, Segment(middle, last), footage, notes=[])
        started = time.perf_counter()
        pictures.append(next(drawn))
        opened = time.perf_counter()
        pictures.extend(drawn)
        opening_s += opened - started
        drawing_s += time.perf_counter() - opened
    return pictures, opening_s / len(layers), drawing_s / len(pictures)


def _encoded_bytes(pictures: list[VideoFrame], form: PictureFormat) -> tuple[float, float]:
    """Mean bytes of a key frame and of another."""
    sizes: dict[bool, list[int]] = {True: [], False: []}
    with av.open(io.BytesIO(), "w", format="mp4") as container:
        stream = picture_stream(container, form)
        for number, frame in enumerate([*pictures, None]):
            if frame is not None:
                frame.pts, frame.time_base, frame.pict_type = number, 1 / form.rate.fps, 0
            for packet in stream.encode(frame):
                sizes[packet.is_keyframe].append(packet.size)
    means = [sum(s) / len(s) if s else 0.0 for s in (sizes[True], sizes[False])]
    return means[0], means[1]
