"""What a media file is: the facts a probe finds, before anything is decoded.

The *source clock* of a file starts at zero with the first presented frame of its chosen
picture stream (with the first sample of its chosen sound stream where it has no picture).
All times and frame numbers of the studio are on that clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.types.timecode import FrameRate


@dataclass(frozen=True)
class VideoStream:
    """One picture stream.

    Attributes:
        index: stream number in the container.
        codec: decoder name, ``h264``.
        coded_wh: stored width and height in pixels.
        sample_aspect: width over height of one stored pixel.
        rotation_deg: clockwise turn for display: 0, 90, 180 or 270.
        rate: frames a second: the standard rate that fits, else the measured average.
        variable_rate: whether frame durations differ by more than container rounding.
        time_base: seconds a tick of its time stamps.
        start_pts: time stamp of the first presented frame, in ticks.
        duration: seconds from the first frame's start to the last frame's end.
        pixel_format: FFmpeg's name, ``yuv420p10le``.
        bit_depth: bits a component.
        color_primaries, color_transfer, color_matrix, color_range: FFmpeg's names,
            ``unknown`` where the file does not say.
        interlaced: whether a frame holds two fields, taken one after the other.
    """

    index: int
    codec: str
    coded_wh: tuple[int, int]
    sample_aspect: Fraction
    rotation_deg: int
    rate: FrameRate
    variable_rate: bool
    time_base: Fraction
    start_pts: int
    duration: Fraction
    pixel_format: str
    bit_depth: int
    color_primaries: str
    color_transfer: str
    color_matrix: str
    color_range: str
    interlaced: bool = False

    @property
    def display_wh(self) -> tuple[int, int]:
        """Width and height in square pixels as a person sees it, turned upright."""
        width = max(1, round(self.coded_wh[0] * self.sample_aspect))
        height = self.coded_wh[1]
        return (height, width) if self.rotation_deg in (90, 270) else (width, height)

    @property
    def is_hdr(self) -> bool:
        """Whether the transfer curve is PQ (SMPTE ST 2084) or HLG (ARIB STD-B67)."""
        return self.color_transfer in ("smpte2084", "arib-std-b67")


@dataclass(frozen=True)
class AudioStream:
    """One sound stream.

    Attributes:
        index: stream number in the container.
        codec: decoder name.
        sample_rate_hz: samples a second.
        channels: number of channels.
        start: seconds on the source clock at which its first sample sounds; may be negative.
        duration: seconds.
        language: three-letter tag, empty where untagged.
    """

    index: int
    codec: str
    sample_rate_hz: int
    channels: int
    start: Fraction
    duration: Fraction
    language: str


@dataclass(frozen=True)
class MediaInfo:
    """A media file as probed.

    Attributes:
        path: absolute path.
        content_hash: hexadecimal digest that names the file's content.
        size_bytes: length of the file.
        container: FFmpeg's demuxer name.
        duration: seconds of the chosen picture stream, else of the sound.
        video: the chosen picture stream, or None.
        audio: the chosen sound stream, or None.
        video_streams, audio_streams: how many there were to choose from.
        timecode: embedded start time code, or empty.
        notes: what a user should know: streams passed over, doubtful headers.
    """

    path: Path
    content_hash: str
    size_bytes: int
    container: str
    duration: Fraction
    video: VideoStream | None
    audio: AudioStream | None
    video_streams: int
    audio_streams: int
    timecode: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FrameTimes:
    """When each frame of a picture stream is shown, in presentation order.

    Attributes:
        pts: int64 ``(n,)``, ticks since the first frame (so ``pts[0] == 0``), rising.
        end_pts: tick at which the last frame ends.
        time_base: seconds a tick.
        keyframes: int64 ``(k,)``, numbers of the frames a decoder can start at.
    """

    pts: NDArray[np.int64]
    end_pts: int
    time_base: Fraction
    keyframes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pts)

    def start(self, frame: int) -> Fraction:
        """Seconds at which a frame appears; ``len(self)`` gives the end of the last."""
        ticks = self.end_pts if frame >= len(self.pts) else int(self.pts[max(frame, 0)])
        return ticks * self.time_base

    def frame_at(self, seconds: Fraction) -> int:
        """The frame shown at a time, held to ``[0, len(self))``."""
        ticks = (seconds / self.time_base).__floor__()
        found = int(np.searchsorted(self.pts, ticks, side="right")) - 1
        return min(max(found, 0), len(self.pts) - 1)

    @property
    def seconds(self) -> NDArray[np.float64]:
        """float64 ``(n,)``: start of each frame in seconds."""
        return self.pts.astype(np.float64) * np.float64(self.time_base)
