"""One pass over a file's packets: when each frame is shown, how long the sound lasts.

Nothing but the first frame of each stream is decoded. Headers are not believed: counts and
durations come from the packets that are really there.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av.error
import numpy as np
from av.format import Flags
from numpy.typing import NDArray

from studio.errors import DecodeFailed
from studio.media.clock import ClockJumps, find_jumps
from studio.media.container import open_again
from studio.memory import give_back
from studio.types.media import FrameTimes

if TYPE_CHECKING:
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
        jumps: how its time stamps must be shifted before they are used.
        notes: what is odd about them.
    """

    times: FrameTimes
    start_pts: int
    first: FirstFrame
    jumps: ClockJumps
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SoundScan:
    """What the packets of a sound stream say.

    Attributes:
        start, end: seconds on the container's clock.
        sample_rate_hz, channels: of the first frame that decodes.
        jumps: how its time stamps must be shifted before they are used.
    """

    start: Fraction
    end: Fraction
    sample_rate_hz: int
    channels: int
    jumps: ClockJumps


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


#: Stands for a missing time stamp; smaller than any real one.
_NONE = -(2**63)


@dataclass
class _Packets:
    """Packets of one stream, in the order they lie in the file."""

    stream: Stream
    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))
    duration: array[int] = field(default_factory=lambda: array("q"))
    flags: bytearray = field(default_factory=bytearray)
    first: Any = None
    errors: int = 0  # before the first frame, from the first key frame on
    key_seen: bool = False

    def add(self, packet: Packet[Any]) -> None:
        self.key_seen |= packet.is_keyframe
        if self.first is None:
            self.decode(packet)
        dts = packet.dts
        self.pts.append(_NONE if packet.pts is None else packet.pts)
        self.dts.append(_NONE if dts is None else dts)
        self.duration.append(packet.duration or 0)
        self.flags.append(packet.is_keyframe | packet.is_discard << 1)

    def decode(self, packet: Packet[Any] | None) -> None:
        """Look for the first frame; None for what is left in the decoder."""
        context: Any = self.stream.codec_context
        try:
            frames = context.decode(packet)
            self.first = frames[0] if frames else None
        except av.error.FFmpegError:
            self.errors += self.key_seen


@dataclass(frozen=True)
class _Table:
    """Packets that are shown, on a clock without jumps: int64 arrays in file order."""

    stamps: NDArray[np.int64]
    durations: NDArray[np.int64]
    keys: NDArray[np.bool_]
    undated: int
    jumps: ClockJumps


def patient_demux(
    container: InputContainer, *streams: Stream, jumps: ClockJumps | None = None
) -> Iterator[Packet[Any] | None]:
    """Packets of some streams; damage gives None and reading goes on behind it.

    Args:
        container: at its start, where there are jumps.
        streams: whose packets.
        jumps: applied to the time stamps of the packets, of one stream only.
    """
    misses, count = 0, 0
    while misses < _PATIENCE:
        try:
            for packet in container.demux(*streams):
                if packet.size:
                    misses = 0
                    if jumps:
                        shift = jumps.at(count)
                        packet.pts = None if packet.pts is None else packet.pts + shift
                        packet.dts = None if packet.dts is None else packet.dts + shift
                    count += 1
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
    path: Path, size: int, mtime_ns: int, video: int | None, audio: int | None
) -> FileScan:
    with open_again(path) as container:
        streams = [container.streams[i] for i in (video, audio) if i is not None]
        only(container, *streams)
        packets = {s.index: _Packets(s) for s in streams}
        damaged = 0
        for packet in patient_demux(container, *streams):
            if packet is None:
                damaged += 1
            else:
                packets[packet.stream_index].add(packet)
        notes = []
        if damaged:
            notes.append(f"The container is damaged in {damaged} place(s); the rest is used.")
        picture = sound = None
        jumps = None
        if video is not None:
            table = _table(packets[video], None)
            jumps = table.jumps
            picture = _picture(path, packets[video], table)
        if audio is not None:
            table = _table(packets[audio], None)
            if jumps is not None and len(jumps.packets) == len(table.jumps.packets):
                table = _table(packets[audio], _same_jumps(table.jumps, jumps, picture, packets))
            sound = _sound(packets[audio], table)
        if jumps:
            notes.append(
                f"The clock jumps {len(jumps.packets)} time(s); the parts are joined end to end."
            )
        del packets
        give_back()
        return FileScan(picture, sound, tuple(notes))


def scan(path: Path, video: int | None, audio: int | None) -> FileScan:
    """Read every packet of up to two streams; the last few results are kept.

    Args:
        path: a file that was admitted by :func:`studio.media.container.open_media`.
        video, audio: stream numbers.

    Raises:
        DecodeFailed: no picture of the picture stream can be decoded.
        NoSuchMedia, UnsupportedMedia: it cannot be opened any more.
    """
    try:
        found = path.stat()
    except (OSError, ValueError):
        return _scan_kept.__wrapped__(path, 0, 0, video, audio)  # says why
    return _scan_kept(path, found.st_size, found.st_mtime_ns, video, audio)


def _table(packets: _Packets, jumps: ClockJumps | None) -> _Table:
    container = packets.stream.container
    pts, dts, durations = (
        np.frombuffer(a, np.int64) for a in (packets.pts, packets.dts, packets.duration)
    )
    flags = np.frombuffer(bytes(packets.flags), np.uint8)
    base = packets.stream.time_base
    stamps = dts if container.format.name in UNTIMED else pts
    order = np.where(stamps == _NONE, dts, stamps)
    known = np.flatnonzero(order != _NONE)
    if not len(known):
        return _Table(known, known, known.astype(bool), len(order), ClockJumps())
    order = order[known[np.maximum(np.searchsorted(known, np.arange(len(order)), "right") - 1, 0)]]
    if jumps is None:
        discontinuous: Any = Flags.ts_discont.value
        restarts = bool(container.format.flags & discontinuous)
        jumps = find_jumps(order, base, restarts) if base is not None else ClockJumps()
    shown = (stamps != _NONE) & (flags & 2 == 0)
    undated = int(((stamps == _NONE) & (flags & 2 == 0)).sum())
    stamps = stamps + np.where(stamps == _NONE, 0, jumps.for_all(len(stamps)))
    return _Table(stamps[shown], durations[shown], (flags[shown] & 1).astype(bool), undated, jumps)


def _same_jumps(
    own: ClockJumps,
    picture_jumps: ClockJumps,
    picture: PictureScan | None,
    packets: dict[int, _Packets],
) -> ClockJumps:
    """The picture's jumps at the sound's places, so that the two stay together."""
    assert picture is not None
    sound_base = next(p.stream.time_base for p in packets.values() if p.stream.type == "audio")
    ratio = picture.times.time_base / (sound_base or picture.times.time_base)
    return ClockJumps(own.packets, tuple(round(s * ratio) for s in picture_jumps.shifts))


def _picture(path: Path, packets: _Packets, table: _Table) -> PictureScan:
    if packets.first is None:
        packets.decode(None)  # a short stream leaves its only frame in the decoder
    base, first = packets.stream.time_base, packets.first
    if first is None or not len(table.stamps) or base is None:
        raise DecodeFailed(
            f"No picture in {path} can be decoded.",
            "The file is damaged or cut short; copy it again from its source.",
        )
    notes = []
    stamps, counts = np.unique(table.stamps, return_counts=True)
    if (counts > 1).any():
        notes.append(
            f"{int((counts - 1).sum())} frame(s) share their time with another; "
            "only the first of each time is used."
        )
    if table.undated:
        notes.append(f"{table.undated} frame(s) carry no time and are left out.")
    untimed = packets.stream.container.format.name in UNTIMED
    shown = None if untimed else first.pts
    if shown is not None and not packets.errors and stamps[0] < shown <= stamps[-1]:
        # Leading pictures whose references lie before the file: no decoder shows them.
        notes.append(
            f"The first {int((stamps < shown).sum())} frame(s) depend on pictures that are "
            "not in the file, and are left out."
        )
        stamps = stamps[stamps >= shown]
    pts: NDArray[np.int64] = stamps - stamps[0]
    start = int(stamps[0])
    if untimed and first.dts is not None:
        start = int(first.dts)  # the decoder's delay is part of the clock
    last = _last_duration(packets.stream, table, pts, base, notes)
    keys = np.unique(table.stamps[table.keys])
    keyframes = np.searchsorted(stamps, keys[np.isin(keys, stamps)]).astype(np.int64)
    times = FrameTimes(pts, int(pts[-1]) + last, base, keyframes)
    return PictureScan(times, start, _facts(first), table.jumps, tuple(notes))


def _last_duration(
    stream: Stream, table: _Table, pts: NDArray[np.int64], base: Fraction, notes: list[str]
) -> int:
    usual = int(np.median(np.diff(pts))) if len(pts) > 1 else 0
    last = int(table.durations[table.stamps.argmax()])
    if last <= 0:
        return usual or max(1, round(1 / (stream.guessed_rate or 25) / base))
    if last > max(usual * 100, int(10 / base)):
        notes.append(
            f"The header lets the last frame stand for {float(last * base):.0f} s; "
            "that is not believed."
        )
        return usual or max(1, round(Fraction(1, 25) / base))
    return last


def _sound(packets: _Packets, table: _Table) -> SoundScan | None:
    if packets.first is None:
        packets.decode(None)
    base = packets.stream.time_base
    if packets.first is None or not len(table.stamps) or base is None:
        return None
    first = packets.first.pts  # priming samples are already cut off
    start = (int(table.stamps.min()) if first is None else first) * base
    last = int(table.stamps.argmax())
    end = int(table.stamps[last] + table.durations[last]) * base
    rate_hz, channels = packets.first.sample_rate, packets.first.layout.nb_channels
    return SoundScan(start, max(start, end), rate_hz, channels, table.jumps)


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
