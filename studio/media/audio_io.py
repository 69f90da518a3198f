"""Sound of a file on the source clock: exact lengths, silence where the file has none.

Decoding and resampling by FFmpeg. Sound that starts after the picture is preceded by silence,
sound from before it is cut off; a gap in the stream stays a gap, so sound never slides against
the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av.error
import numpy as np
from numpy.typing import NDArray

from studio.errors import RequestError
from studio.media.clock import ClockJumps
from studio.media.container import open_again
from studio.media.probe import probe
from studio.media.scan import only, patient_demux, scan
from studio.types.audio import AudioClip
from studio.types.media import AudioStream, MediaInfo

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.container import InputContainer
    from av.stream import Stream

Samples = NDArray[np.float32]

#: A jump in the time stamps beyond this is a gap or an overlap, not rounding.
_JUMP_S = 0.04
#: Decoding starts this long before what is wanted: codecs need a few packets to settle.
_RUN_UP_S = 1
#: Samples handed over at once: codecs give about a thousand, and each piece has its fixed cost.
_PIECE = 8192


@dataclass
class SoundNotes:
    """What was amiss while sound was read.

    Attributes:
        decode_errors: packets that were refused; silence stands in for them.
    """

    decode_errors: int = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """The same for a person."""
        if not self.decode_errors:
            return ()
        return (f"{self.decode_errors} packet(s) of the sound are broken; silence replaces them.",)


@dataclass
class _Resampled:
    """Frames in, pieces with their place on the output clock out.

    Fractions of a second are exact and dear: one is made where a run of frames begins, and the
    run is counted in samples.
    """

    channels: int
    rate_hz: int
    time_base: Fraction
    origin: Fraction
    _begun: Fraction | None = None
    _begun_s: float = nan
    _heard: int = 0  # samples of the file since the run began
    _place: int = 0
    _kind: tuple[str, str, int] = ("", "", 1)
    _resampler: AudioResampler | None = None

    @property
    def due_s(self) -> float:
        """Seconds at which the next frame should begin; NaN before the first."""
        return self._begun_s + self._heard / self._kind[2]

    def pieces(self, frame: AudioFrame) -> Iterator[tuple[int, Samples]]:
        """What a frame adds."""
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        near = frame.pts is None or abs(self._place_s(frame.pts) - self.due_s) <= _JUMP_S
        if self._begun is None or kind != self._kind or not near:
            at = Fraction(0)
            if frame.pts is not None:
                at = frame.pts * self.time_base - self.origin
            elif self._begun is not None:
                at = self._begun + Fraction(self._heard, self._kind[2])
            yield from self.rest()
            self._begun, self._begun_s, self._heard, self._kind = at, float(at), 0, kind
            yield from self._begin(frame, at)
        self._heard += frame.samples
        yield from self._resample(frame)

    def _place_s(self, pts: int) -> float:
        base = self.time_base
        return pts * base.numerator / base.denominator - float(self.origin)

    def rest(self) -> Iterator[tuple[int, Samples]]:
        """What is left in the resampler."""
        yield from self._resample(None)
        self._resampler = None

    def _begin(self, frame: AudioFrame, at: Fraction) -> Iterator[tuple[int, Samples]]:
        """Start resampling where a sample of the file and one of the result coincide, so that
        the result does not depend on where decoding began."""
        from av.audio.resampler import AudioResampler

        layout = "mono" if self.channels == 1 else "stereo"
        self._resampler = AudioResampler("fltp", layout, self.rate_hz, _PIECE)
        number = round(at * frame.sample_rate)
        lead = number % (frame.sample_rate // gcd(frame.sample_rate, self.rate_hz))
        self._place = (number - lead) * self.rate_hz // frame.sample_rate
        if lead:
            yield from self._resample(_silence(frame, lead))

    def _resample(self, frame: AudioFrame | None) -> Iterator[tuple[int, Samples]]:
        if self._resampler is None:
            return
        if frame is not None:
            frame.pts = None
        for out in self._resampler.resample(frame):
            samples = np.asarray(out.to_ndarray(), np.float32)
            yield self._place, samples
            self._place += samples.shape[1]


def _silence(like: AudioFrame, count: int) -> AudioFrame:
    from av.audio.frame import AudioFrame

    shape = like.to_ndarray().shape
    per_sample = shape[1] // like.samples  # packed formats interleave their channels
    data = np.zeros((shape[0], count * per_sample), like.to_ndarray().dtype)
    if like.format.name.startswith("u8"):
        data += 128
    frame = AudioFrame.from_ndarray(data, format=like.format.name, layout=like.layout.name)
    frame.sample_rate = like.sample_rate
    return frame


def stream_audio(
    source: MediaInfo | Path,
    *,
    rate_hz: int,
    mono: bool = False,
    chunk_s: float = 10.0,
    start: Fraction = Fraction(0),
    end: Fraction | None = None,
    notes: SoundNotes | None = None,
) -> Iterator[AudioClip]:
    """Sound in consecutive stretches; no more than two of them are in memory.

    Args:
        source: a probed file, or a path.
        rate_hz: samples a second of the result.
        mono: one channel, the mean of left and right; else one or two as the file has, more
            than two are mixed down to stereo (ITU-R BS.775).
        chunk_s: seconds a stretch; the last may be shorter.
        start, end: seconds on the source clock, half-open; None for the end of the file's
            chosen stream (the picture, where it has one).
        notes: collects what was amiss.

    Raises:
        RequestError: the file has no sound.
        ValueError: an empty rate, stretch or range.
        MediaError: the file cannot be opened.
    """
    info = source if isinstance(source, MediaInfo) else probe(source)
    if info.audio is None:
        raise RequestError(f"{info.path} has no sound.", "Name a file with a sound stream.")
    end = info.duration if end is None else end
    if rate_hz <= 0 or chunk_s <= 0 or end < start:
        raise ValueError(f"no sound at {rate_hz} Hz in stretches of {chunk_s} s, {start} .. {end}")
    first, total = _sample(start, rate_hz), _sample(end, rate_hz) - _sample(start, rate_hz)
    length = max(1, round(chunk_s * rate_hz))
    channels = min(info.audio.channels, 2)
    tally = notes if notes is not None else SoundNotes()
    pieces = _pieces(info, info.audio, channels, rate_hz, start, end, tally)
    chunk = np.zeros((channels, min(length, total)), np.float32)
    at = 0  # samples handed over, from ``first``
    for place, samples in pieces:
        stop = place - first + samples.shape[1]
        while stop > at + chunk.shape[1] and at < total:
            _lay(chunk, samples, place - first - at)
            yield _clip(chunk, first + at, rate_hz, mono)
            at += chunk.shape[1]
            chunk = np.zeros((channels, min(length, total - at)), np.float32)
        if at >= total:
            break
        _lay(chunk, samples, place - first - at)
    while at < total:
        yield _clip(chunk, first + at, rate_hz, mono)
        at += chunk.shape[1]
        chunk = np.zeros((channels, min(length, total - at)), np.float32)


def read_audio(
    source: MediaInfo | Path,
    *,
    rate_hz: int,
    mono: bool = False,
    start: Fraction = Fraction(0),
    end: Fraction | None = None,
    notes: SoundNotes | None = None,
) -> AudioClip:
    """A whole stretch of sound: exactly the samples from ``start`` to ``end``.

    Args and errors as :func:`stream_audio`. Sample ``k`` of the file sounds at ``k / rate_hz``
    seconds; a range holds the samples from ``round(start * rate_hz)`` on.
    """
    clips = list(
        stream_audio(
            source, rate_hz=rate_hz, mono=mono, chunk_s=60, start=start, end=end, notes=notes
        )
    )
    if not clips:
        info = source if isinstance(source, MediaInfo) else probe(source)
        channels = 1 if mono or info.audio is None else min(info.audio.channels, 2)
        return AudioClip(np.zeros((channels, 0), np.float32), rate_hz, start)
    return AudioClip(np.concatenate([c.samples for c in clips], axis=1), rate_hz, clips[0].start)


def _sample(seconds: Fraction, rate_hz: int) -> int:
    return round(Fraction(seconds) * rate_hz)


def _clip(chunk: Samples, first: int, rate_hz: int, mono: bool) -> AudioClip:
    if mono and chunk.shape[0] > 1:
        chunk = chunk.mean(axis=0, keepdims=True, dtype=np.float32)
    return AudioClip(chunk, rate_hz, Fraction(first, rate_hz))


def _lay(chunk: Samples, samples: Samples, place: int) -> None:
    """Write samples into a chunk at a place; what falls outside is left out."""
    begin, stop = max(place, 0), min(place + samples.shape[1], chunk.shape[1])
    if begin < stop:
        chunk[:, begin:stop] = samples[:, begin - place : stop - place]


def _pieces(
    info: MediaInfo,
    audio: AudioStream,
    channels: int,
    rate_hz: int,
    start: Fraction,
    end: Fraction,
    tally: SoundNotes,
) -> Iterator[tuple[int, Samples]]:
    """Resampled sound with its place in samples on the source clock, from about ``start``."""
    found = scan(info.path, info.video.index if info.video is not None else None, audio.index)
    jumps = found.sound.jumps if found.sound is not None else ClockJumps()
    if info.video is not None:  # zero of the source clock on the container's clock
        origin = info.video.start_pts * info.video.time_base
    else:
        origin = found.sound.start if found.sound is not None else Fraction(0)
    with open_again(info.path) as container:
        stream = container.streams[audio.index]
        only(container, stream)
        base = stream.time_base or Fraction(1, audio.sample_rate_hz)
        run_up = start - _RUN_UP_S
        # Without an index the time after a seek is a guess: these are read from the start.
        seekable = not jumps and info.container not in ("mp3", "aac")
        if seekable and run_up > max(audio.start, Fraction(0)):
            _seek(container, stream, int((run_up + origin) / base))
        resampled = _Resampled(channels, rate_hz, base, origin)
        last_s = float(end + _RUN_UP_S)
        for frame in _decoded(container, stream, tally, jumps):
            yield from resampled.pieces(frame)
            if resampled.due_s > last_s:  # never of NaN
                break
        yield from resampled.rest()


def _seek(container: InputContainer, stream: Stream, stamp: int) -> None:
    try:
        container.seek(stamp, stream=stream, backward=True)
    except av.error.FFmpegError:
        container.seek(0)  # a container that cannot seek is read from its start


def _decoded(
    container: InputContainer, stream: Stream, tally: SoundNotes, jumps: ClockJumps
) -> Iterator[AudioFrame]:
    for packet in patient_demux(container, stream, jumps=jumps):
        frames: Any = ()
        try:
            frames = packet.decode() if packet is not None else ()
        except av.error.FFmpegError:
            tally.decode_errors += 1
        tally.decode_errors += packet is None
        yield from frames
    context: Any = stream.codec_context
    with suppress(av.error.FFmpegError):
        yield from context.decode(None)
