"""Cuts of real files for tests of what is rendered."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from studio.media.probe import frame_times, probe
from studio.settings import Settings
from studio.types.timecode import FrameRate
from studio.types.timeline import Clip, Role, Sound, Source, Timeline, Transition

MUTE = Sound("mute")
SETTINGS = Settings(threads=2)


def source_of(path: Path, id: str = "a") -> Source:
    """The footage of a file as a plan names it."""
    info = probe(path)
    assert info.video is not None
    return Source(
        id=id,
        path=str(info.path),
        content_hash=info.content_hash,
        rate=info.video.rate,
        frames=len(frame_times(info)),
        duration=info.duration,
        display_wh=info.video.display_wh,
        timecode=info.timecode,
        has_audio=info.audio is not None,
        variable_rate=info.video.variable_rate,
    )


def clip_of(id: str, source: Source, start_frame: int, frames: int, rate: FrameRate, **changes):
    """A clip of so many timeline frames that starts at a frame of constant-rate footage."""
    length = math.ceil(rate.seconds(frames) * source.rate.fps)
    end = min(start_frame + length, source.frames)
    known = {
        "start": source.rate.seconds(start_frame),
        "end": source.rate.seconds(end),
        "role": Role.BUILD,
        "sound": MUTE,
    }
    return Clip(id, source.id, start_frame, end, frames=frames, **(known | changes))


def dissolve(frames: int) -> Transition:
    return Transition("dissolve", frames)


def dip(frames: int) -> Transition:
    return Transition("dip", frames)


def cut_of(items, sources, rate=None, size=(320, 180), **changes) -> Timeline:
    rate = rate or sources[0].rate
    return Timeline("test", rate, size, tuple(sources), tuple(items), **changes)


def fps(text: str) -> FrameRate:
    return FrameRate(Fraction(text))


def lumas(path: Path) -> list[np.ndarray]:
    """The luma plane of every frame of a film, decoded without the studio's own reader."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray8") for frame in container.decode(video=0)]


def frame_bytes(path: Path) -> list[bytes]:
    """Every decoded frame as bytes."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]


def sound_of(path: Path) -> np.ndarray:
    """Decoded sound, ``(2, n)``."""
    with av.open(str(path)) as container:
        return np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)
