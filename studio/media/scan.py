"""One pass over a file's packets: when each frame is shown, how long the sound lasts.

Nothing but the first frame of each stream is decoded. Headers are not believed: counts and
durations come from the packets that are really there.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av.error
import numpy as np
from numpy.typing import NDArray

from studio.errors import DecodeFailed, LimitExceeded
from studio.media.container import open_media
from studio.settings import Settings
from studio.types.media import FrameTimes

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame

#: Demuxers whose packets carry no presentation times, only the order of decoding. Decoders
#: hand frames out in the order of presentation, so there the n-th time belongs to the n-th frame.
UNTIMED = ("avi",)
#: Errors in a row after which a demuxer is taken to be stuck.
_PATIENCE = 64


@dataclass(frozen=True)
class FirstFrame:
    """What only a decoded frame tells for certain.

    Attributes:
        wh: pixels.
        pixel_format: FFmpeg's name.
        bit_depth: bits a component.
        primaries, transfer, matrix, color_range: code points of ITU-T H.273.
        turn_deg: clockwise turn for display; any angle.
        mirrored: whether the display matrix also mirrors.
        interlaced: whether it holds two fields.
    """

    wh: tuple[int, int]
    pixel_format: str
    bit_depth: int
    primaries: int
    transfer: int
    matrix: int
    color_range: int
    turn_deg: int
    mirrored: bool
    interlaced: bool


@dataclass(frozen=True)
class PictureScan:
    """What the packets of a picture stream say.

    Attributes:
        times: the table of frames.
        start_pts: time stamp of frame 0.
        first: of the first frame that decodes.
        notes: what is odd about them.
    """

    times: FrameTimes
    start_pts: int
    first: FirstFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SoundScan:
    """What the packets of a sound stream say: seconds on the container's clock."""

    start: Fraction
    end: Fraction


@dataclass(frozen=True)
class FileScan:
    """One pass over a file.

    Attributes:
        picture, sound: of the streams asked for, where they hold anything.
        notes: damage seen on the way.
    """

    picture: PictureScan | None
    sound: SoundScan | None
    notes: tuple[str, ...]


@dataclass
class _Packets:
    """Packets of one stream, in the order they lie in the file."""

    stream: Stream
    pts: array[int] = field(default_factory=lambda: array("q"))
    key: list[int] = field(default_factory=list)
    end: int | None = None
    last_pts: int | None = None
    last_duration: int = 0
    undated: int = 0
    errors: int = 0
    first: Any = None


def patient_demux(container: InputContainer, *streams: Stream) -> Iterator[Packet[Any] | None]:
    """Packets of some streams; damage gives None and reading goes on behind it."""
    misses = 0
    while misses < _PATIENCE:
        try:
            for packet in container.demux(*streams):
                if packet.size:
                    misses = 0
                    yield packet
            return
        except av.error.FFmpegError:
            misses += 1
            yield None


def only(container: InputContainer, *streams: Stream) -> None:
    """Let the demuxer pass over every other stream."""
    from av.stream import Discard

    wanted = {s.index for s in streams}
    for stream in container.streams:
        stream.discard = Discard.default if stream.index in wanted else Discard.all


@lru_cache(maxsize=8)
def _scan_kept(
    path: Path, size: int, mtime_ns: int, video: int | None, audio: int | None, settings: Settings
) -> FileScan:
    with open_media(path, settings) as container:
        streams = [container.streams[i] for i in (video, audio) if i is not None]
        only(container, *streams)
        tables = {s.index: _Packets(s) for s in streams}
        damaged = 0
        for packet in patient_demux(container, *streams):
            if packet is None:
                damaged += 1
            else:
                _note(tables[packet.stream_index], packet, container.format.name in UNTIMED)
        notes: tuple[str, ...] = ()
        if damaged:
            notes = (
                f"The container is damaged in {damaged} place(s); what could be read is used.",
            )
        picture = _picture(path, tables[video], settings) if video is not None else None
        sound = _sound(tables[audio]) if audio is not None else None
        return FileScan(picture, sound, notes)


def scan(path: Path, video: int | None, audio: int | None, settings: Settings) -> FileScan:
    """Read every packet of up to two streams; the last few results are kept.

    Args:
        path: the file.
        video, audio: stream numbers.
        settings: for the limits.

    Raises:
        DecodeFailed: no picture of the picture stream can be decoded.
        LimitExceeded: it lasts longer than the settings allow.
        NoSuchMedia, UnsupportedMedia: see :func:`studio.media.container.open_media`.
    """
    try:
        found = path.stat()
    except (OSError, ValueError):
        return _scan_kept.__wrapped__(path, 0, 0, video, audio, settings)  # says why
    return _scan_kept(path, found.st_size, found.st_mtime_ns, video, audio, settings)


def _note(table: _Packets, packet: Packet[Any], untimed: bool) -> None:
    if table.first is None:
        try:
            frames: Sequence[VideoFrame | AudioFrame] = packet.decode()
            table.first = frames[0] if frames else None
        except av.error.FFmpegError:
            table.errors += 1
    if packet.is_discard:
        return
    stamp = packet.dts if untimed else packet.pts
    if stamp is None:
        table.undated += 1
        return
    duration = packet.duration or 0
    if packet.is_keyframe:
        table.key.append(stamp)
    table.pts.append(stamp)
    if table.last_pts is None or stamp >= table.last_pts:
        table.last_pts, table.last_duration = stamp, duration


def _flush(table: _Packets) -> None:
    """A short stream may leave its only frame in the decoder."""
    if table.first is None:
        try:
            frames = table.stream.codec_context.decode(None)  # type: ignore[attr-defined]
            table.first = frames[0] if frames else None
        except av.error.FFmpegError:
            table.errors += 1


def _picture(path: Path, table: _Packets, settings: Settings) -> PictureScan:
    _flush(table)
    base = table.stream.time_base
    if table.first is None or not table.pts or base is None:
        raise DecodeFailed(
            f"No picture in {path} can be decoded.",
            "The file is damaged or cut short; copy it again from its source.",
        )
    notes = []
    stamps, counts = np.unique(np.frombuffer(table.pts, np.int64), return_counts=True)
    if (counts > 1).any():
        notes.append(
            f"{int((counts - 1).sum())} frame(s) share their time with another; "
            "only the first of each time is used."
        )
    if table.undated:
        notes.append(f"{table.undated} frame(s) carry no time and are left out.")
    untimed = table.stream.container.format.name in UNTIMED
    shown = None if untimed else table.first.pts
    if shown is not None and not table.errors and stamps[0] < shown <= stamps[-1]:
        # Leading pictures whose references lie before the file: no decoder shows them.
        notes.append(
            f"The first {int((stamps < shown).sum())} frame(s) depend on pictures that are "
            "not in the file, and are left out."
        )
        stamps = stamps[stamps >= shown]
    pts: NDArray[np.int64] = stamps - stamps[0]
    start = int(stamps[0])
    if untimed and table.first.dts is not None:
        start = int(table.first.dts)  # the decoder's delay is part of the clock
    last = _last_duration(table, pts, base, notes)
    end = int(pts[-1]) + last
    if end * base > settings.max_duration_s:
        raise LimitExceeded(
            f"{path} lasts {float(end * base):.0f} s; "
            f"the limit is {settings.max_duration_s:.0f} s.",
            "Raise max_duration_s in the settings, or cut the footage into parts.",
        )
    keys = np.unique(np.asarray(table.key, np.int64))
    keyframes = np.searchsorted(stamps, keys[np.isin(keys, stamps)]).astype(np.int64)
    times = FrameTimes(pts, end, base, keyframes)
    return PictureScan(times, start, _facts(table.first), tuple(notes))


def _last_duration(
    table: _Packets, pts: NDArray[np.int64], base: Fraction, notes: list[str]
) -> int:
    usual = int(np.median(np.diff(pts))) if len(pts) > 1 else 0
    last = table.last_duration
    if last <= 0:
        rate = table.stream.guessed_rate
        return usual or max(1, round(1 / (rate or 25) / base))
    ceiling = max(usual * 100, int(10 / base))
    if last > ceiling:
        notes.append(
            f"The header lets the last frame stand for {float(last * base):.0f} s; "
            "that is not believed."
        )
        return usual or max(1, round(Fraction(1, 25) / base))
    return last


def _sound(table: _Packets) -> SoundScan | None:
    _flush(table)
    base = table.stream.time_base
    if table.first is None or table.last_pts is None or base is None:
        return None
    first = table.first.pts  # priming samples are already cut off
    start = (min(table.pts) if first is None else first) * base
    end = (table.last_pts + table.last_duration) * base
    return SoundScan(start, max(start, end))


def _facts(frame: VideoFrame) -> FirstFrame:
    matrix = None
    side_data: Any = frame.side_data
    for data in side_data:
        if data.type.name == "DISPLAYMATRIX":
            matrix = np.frombuffer(bytes(data), np.int32)
    mirrored = False
    if matrix is not None and len(matrix) >= 5:
        a, b, c, d = (float(matrix[i]) for i in (0, 1, 3, 4))
        mirrored = a * d - b * c < 0
    return FirstFrame(
        wh=(frame.width, frame.height),
        pixel_format=frame.format.name,
        bit_depth=max((c.bits for c in frame.format.components), default=8),
        primaries=int(frame.color_primaries),
        transfer=int(frame.color_trc),
        matrix=int(frame.colorspace),
        color_range=int(frame.color_range),
        turn_deg=-int(frame.rotation) % 360,  # FFmpeg counts counter-clockwise
        mirrored=mirrored,
        interlaced=bool(frame.interlaced_frame),
    )
