"""One decode pass with many subscribers, and frame-accurate stretches.

A decoder thread decodes every frame once, brings it to each size that is wanted (equal wishes
share one conversion) and hands full batches through a bounded queue to the caller's thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av.error
import numpy as np
from numpy.typing import NDArray

from studio.errors import DecodeFailed, RequestError
from studio.media.clock import ClockJumps
from studio.media.container import open_again
from studio.media.deinterlace import deinterlaced
from studio.media.handover import Handover, Stopped
from studio.media.picture import Converter
from studio.media.probe import frame_times
from studio.media.scan import UNTIMED, only, patient_demux, scan
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo, VideoStream

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream as AvVideoStream

#: Bytes of finished pictures that may wait for the caller.
QUEUE_BYTES = 64 * 2**20
#: Frames between two reports of progress.
_PROGRESS_FRAMES = 64


@dataclass(frozen=True)
class Subscription:
    """One consumer of a decode pass.

    Attributes:
        request: the pictures it wants.
        take: called with each batch, in order, on the caller's thread.
    """

    request: FrameRequest
    take: Callable[[FrameBatch], None]


@dataclass(frozen=True)
class ReadReport:
    """What a decode pass saw.

    Attributes:
        frames_seen: frames that were decoded.
        frames_expected: frames the file holds by its packets.
        decode_errors: packets that the decoder or the container refused.
        notes: the same for a person, where anything is amiss.
    """

    frames_seen: int
    frames_expected: int
    decode_errors: int
    notes: tuple[str, ...]

    @property
    def seen_share(self) -> float:
        """Share of the file that was really seen, 0 to 1."""
        return self.frames_seen / self.frames_expected if self.frames_expected else 0.0


@dataclass
class _Tally:
    seen: int = 0
    damaged: int = 0
    errors: int = 0


#: What goes from thread to thread: a batch and whom it is for, and the share done.
_Delivery = tuple[Subscription | None, FrameBatch | None, float]


class _Feed:
    """Gathers the samples of one subscription into batches."""

    def __init__(
        self, subscription: Subscription, times: FrameTimes, key: tuple[tuple[int, int], str]
    ) -> None:
        self.subscription = subscription
        self.key = key
        self._times = times
        self._wanted = sampled_frames(times, subscription.request.rate)
        self._next = 0
        self._pixels: NDArray[np.uint8] | None = None
        self._numbers: list[int] = []

    def wants(self, number: int) -> bool:
        """Whether this frame is a sample: the first decoded one at or past the next due."""
        if self._wanted is None:
            return True
        if self._next >= len(self._wanted) or number < self._wanted[self._next]:
            return False
        self._next = int(np.searchsorted(self._wanted, number, side="right"))
        return True

    def slot(self, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """Where the next picture goes."""
        if self._pixels is None:
            self._pixels = np.empty((self.subscription.request.batch, *shape), np.uint8)
        place: NDArray[np.uint8] = self._pixels[len(self._numbers)]
        return place

    def added(self, number: int) -> FrameBatch | None:
        """The batch, if this picture filled it."""
        self._numbers.append(number)
        full = len(self._numbers) == self.subscription.request.batch
        return self.rest() if full else None

    def rest(self) -> FrameBatch | None:
        """What has gathered so far."""
        if self._pixels is None or not self._numbers:
            return None
        frames = np.asarray(self._numbers, np.int64)
        pixels = self._pixels[: len(frames)]
        self._pixels, self._numbers = None, []
        return FrameBatch(
            pixels, frames, self._times.pts[frames] * np.float64(self._times.time_base)
        )


def sampled_frames(times: FrameTimes, rate: Fraction | None) -> NDArray[np.int64] | None:
    """Numbers of the frames shown at each multiple of ``1 / rate``; None for every frame.

    Raises:
        ValueError: the rate is not positive.
    """
    if rate is None:
        return None
    if rate <= 0:
        raise ValueError(f"a sampling rate is positive, not {rate}")
    step = 1 / (rate * times.time_base)  # ticks from sample to sample
    count = -(-times.end_pts // step)
    ticks = np.arange(int(count), dtype=np.int64) * step.numerator // step.denominator
    return np.unique(np.searchsorted(times.pts, ticks, side="right") - 1)


def read_frames(
    info: MediaInfo,
    subscriptions: Sequence[Subscription],
    *,
    times: FrameTimes | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> ReadReport:
    """Decode a file once and hand every subscriber its pictures.

    Broken frames are skipped and counted; numbers and times of the others stay right. Where
    the frame due at a sampling time is broken, the next one stands in for it. Memory does not
    depend on the length of the file.

    Args:
        info: of the file.
        subscriptions: who wants what.
        times: of its frames, where already known.
        on_progress: called with the share done, on the caller's thread. What it raises, and
            what ``take`` raises, ends the pass and is passed on.

    Raises:
        RequestError: the file has no picture.
        DecodeFailed: not one frame could be decoded.
        MediaError: the file cannot be opened any more.
        ValueError: a request that cannot be met (batch or size below 1, rate not positive).
    """
    video = _picture_of(info)
    times = times or frame_times(info)
    for subscription in subscriptions:
        _check(subscription.request)
    handover = Handover[_Delivery](QUEUE_BYTES)
    tally, failure = _Tally(), list[BaseException]()

    def work() -> None:
        try:
            _decode_into(handover, info, video, times, subscriptions, tally)
        except Stopped:
            pass
        except BaseException as exc:  # raised again on the caller's thread
            failure.append(exc)
        finally:
            handover.finish()

    thread = threading.Thread(target=work, name=f"decode {info.path.name}", daemon=True)
    thread.start()
    try:
        for to, batch, share in handover:
            if to is not None and batch is not None:
                to.take(batch)
            if on_progress is not None:
                on_progress(share)
    finally:
        handover.stop()
        thread.join()
    if failure:
        raise failure[0]
    return _report(info, times, tally)


def _picture_of(info: MediaInfo) -> VideoStream:
    if info.video is None:
        raise RequestError(f"{info.path} has no picture.", "Name footage with a picture stream.")
    return info.video


def _check(request: FrameRequest) -> None:
    side = 1 if request.max_side_px is None else request.max_side_px
    sides = [*(request.size_wh or ()), side, request.batch]
    if min(sides) < 1 or (request.rate is not None and request.rate <= 0):
        raise ValueError(f"a request that cannot be met: {request}")


def _decode_into(
    handover: Handover[_Delivery],
    info: MediaInfo,
    video: VideoStream,
    times: FrameTimes,
    subscriptions: Sequence[Subscription],
    tally: _Tally,
) -> None:
    converters: dict[tuple[tuple[int, int], str], Converter] = {}
    feeds = []
    for subscription in subscriptions:
        request = subscription.request
        converter = Converter(video, request)
        key = (converter.wh, request.pixels)
        converters.setdefault(key, converter)
        feeds.append(_Feed(subscription, times, key))
    jumps = _jumps(info)
    with open_again(info.path) as container:
        stream = _prepared(container, video)
        for number, frame in _numbered(container, stream, video, times, tally, jumps):
            done: dict[object, NDArray[np.uint8]] = {}
            share = (number + 1) / len(times)
            for feed in feeds:
                if not feed.wants(number):
                    continue
                converter = converters[feed.key]
                slot = feed.slot(converter.shape)
                if feed.key in done:
                    slot[...] = done[feed.key]
                else:
                    converter.into(frame, slot)
                    done[feed.key] = slot
                batch = feed.added(number)
                if batch is not None:
                    handover.put((feed.subscription, batch, share), batch.pixels.nbytes)
            if tally.seen % _PROGRESS_FRAMES == 0:
                handover.put((None, None, share), 0)
        for feed in feeds:
            batch = feed.rest()
            if batch is not None:
                handover.put((feed.subscription, batch, 1.0), batch.pixels.nbytes)
        handover.put((None, None, 1.0), 0)
    if tally.seen == 0:
        raise DecodeFailed(
            f"No picture in {info.path} can be decoded.",
            "The file is damaged or cut short; copy it again from its source.",
        )


def _jumps(info: MediaInfo) -> ClockJumps:
    audio = info.audio.index if info.audio is not None else None
    found = scan(info.path, _picture_of(info).index, audio).picture
    return found.jumps if found is not None else ClockJumps()


def _prepared(container: InputContainer, video: VideoStream) -> AvVideoStream:
    stream: AvVideoStream = container.streams[video.index]  # type: ignore[assignment]
    only(container, stream)
    from av.codec.context import ThreadType

    stream.thread_type = ThreadType.AUTO
    return stream


def _decoded(
    container: InputContainer, stream: AvVideoStream, tally: _Tally, jumps: ClockJumps
) -> Iterator[VideoFrame]:
    for packet in patient_demux(container, stream, jumps=jumps):
        if packet is None:
            tally.errors += 1
            continue
        try:
            yield from packet.decode()
        except av.error.FFmpegError:
            tally.errors += 1
    while True:
        try:
            yield from stream.codec_context.decode(None)
            return
        except av.error.EOFError:
            return
        except av.error.FFmpegError:
            tally.errors += 1
            if tally.errors > 10**6:
                return


def _numbered(
    container: InputContainer,
    stream: AvVideoStream,
    video: VideoStream,
    times: FrameTimes,
    tally: _Tally,
    jumps: ClockJumps,
) -> Iterator[tuple[int, VideoFrame]]:
    """Frames with their numbers, rising; frames that are not in the table are left out."""
    last = -1
    untimed = container.format.name in UNTIMED
    frames = _decoded(container, stream, tally, jumps)
    for frame in deinterlaced(frames, untimed) if video.interlaced else frames:
        stamp = frame.dts if untimed else frame.pts
        if stamp is not None:
            number = _number(times, stamp - video.start_pts)
        else:  # the last frames of an untimed stream come without a time
            number = last + 1 if untimed else -1
        if not last < number < len(times):
            continue
        last = number
        tally.seen += 1
        tally.damaged += frame.is_corrupt
        yield number, frame


def _number(times: FrameTimes, ticks: int) -> int:
    """The number of the frame with this time stamp, or the nearest within half a frame."""
    place = int(np.searchsorted(times.pts, ticks))
    if place < len(times) and times.pts[place] == ticks:
        return place
    near = [i for i in (place - 1, place) if 0 <= i < len(times)]
    best = min(near, key=lambda i: abs(int(times.pts[i]) - ticks))
    usual = times.end_pts / len(times)
    return best if abs(int(times.pts[best]) - ticks) <= usual / 2 else -1


def _report(info: MediaInfo, times: FrameTimes, tally: _Tally) -> ReadReport:
    notes = []
    missing = len(times) - tally.seen
    if missing > 0:
        notes.append(
            f"{missing} of {len(times)} frames of {info.path.name} could not be decoded "
            f"({tally.seen / len(times):.1%} was seen)."
        )
    if tally.damaged:
        notes.append(f"{tally.damaged} frames of {info.path.name} are damaged, and were used.")
    return ReadReport(tally.seen, len(times), tally.errors, tuple(notes))


def decode_range(
    info: MediaInfo, times: FrameTimes, start_frame: int, end_frame: int
) -> Iterator[tuple[int, VideoFrame]]:
    """Frames of a stretch, each with its number, exact to the frame.

    Decoding starts at the key frame before; where a container's seek lands too late it is
    repeated from further back. A broken frame is left out. The picture is as coded: rotation
    (``info.video.rotation_deg``), pixel shape and HDR are the caller's to apply.

    Args:
        info: of the file.
        times: of its frames.
        start_frame, end_frame: half-open; held to the length of the file.

    Raises:
        RequestError: the file has no picture.
        MediaError: the file cannot be opened any more.
    """
    video = _picture_of(info)
    start_frame, end_frame = max(0, start_frame), min(end_frame, len(times))
    if start_frame >= end_frame:
        return
    jumps = _jumps(info)
    # A seek cannot be trusted where the clock jumps: such a file is decoded from its start.
    for origin in [0] if jumps else _origins(times, start_frame):
        with open_again(info.path) as container:
            stream = _prepared(container, video)
            if origin:
                try:
                    container.seek(int(times.pts[origin]) + video.start_pts, stream=stream)
                except av.error.FFmpegError:
                    continue
            frames = _numbered(container, stream, video, times, _Tally(), jumps)
            first = next(frames, None)
            if origin and (first is None or first[0] > start_frame):
                continue
            while first is not None and first[0] < end_frame:
                if first[0] >= start_frame:
                    yield first
                first = next(frames, None)
            return


def _origins(times: FrameTimes, start_frame: int) -> list[int]:
    """Frames to try to start decoding at, nearest first, the beginning last."""
    keys = times.keyframes[times.keyframes <= start_frame]
    tries = [int(k) for k in keys[::-1][:3] if k > 0]
    return [*tries, 0]
