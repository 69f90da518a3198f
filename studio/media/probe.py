"""What a file is: streams chosen, clocks settled, headers checked against the packets."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from studio.errors import LimitExceeded, RequestError, UnsupportedMedia
from studio.media.container import open_media
from studio.media.scan import FirstFrame, PictureScan, SoundScan, scan
from studio.media.stream_language import is_language
from studio.settings import Settings
from studio.types.media import AudioStream, FrameTimes, MediaInfo, VideoStream
from studio.types.timecode import STANDARD_RATES, FrameRate, Timecode

if TYPE_CHECKING:
    from av.audio.stream import AudioStream as AvAudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream as AvVideoStream

_S = TypeVar("_S", bound="Stream")

# Code points of ITU-T H.273 under the names FFmpeg gives them.
_PRIMARIES = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film",
    9: "bt2020", 10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213",
}  # fmt: skip
_TRANSFERS = {
    1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m", 8: "linear",
    9: "log100", 10: "log316", 11: "iec61966-2-4", 12: "bt1361e", 13: "iec61966-2-1",
    14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084", 17: "smpte428", 18: "arib-std-b67",
}  # fmt: skip
_MATRICES = {
    0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco",
    9: "bt2020nc", 10: "bt2020c", 11: "smpte2085", 14: "ictcp",
}  # fmt: skip
_RANGES = {1: "tv", 2: "pc"}

#: Files up to this many bytes are hashed whole.
WHOLE_HASH_BYTES = 4 * 2**30
_SAMPLE_BYTES, _SAMPLES = 2**22, 256


def content_hash(path: Path) -> str:
    """The first 40 hexadecimal digits of a SHA-256 that names a file's content.

    SHA-256 because processors have instructions for it: it ran 1.8 times as fast as BLAKE2b.
    Up to 4 GiB every byte counts. Of a longer file the length and 256 stretches of 4 MiB,
    evenly spread and including both ends, are hashed: an edit in place that changes neither
    the length nor any of those stretches would go unseen.
    """
    digest = hashlib.sha256()
    size = path.stat().st_size
    with path.open("rb", buffering=0) as file:
        if size <= WHOLE_HASH_BYTES:
            block = memoryview(bytearray(2**20))
            while count := file.readinto(block):
                digest.update(block[:count])
        else:
            digest.update(f"sampled {size}".encode())
            for i in range(_SAMPLES):
                file.seek((size - _SAMPLE_BYTES) * i // (_SAMPLES - 1))
                digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:40]


def probe(
    path: Path,
    settings: Settings | None = None,
    *,
    video_stream: int | None = None,
    audio_stream: int | str | None = None,
) -> MediaInfo:
    """Find out what a file is. Every packet is read, no more than a few frames are decoded.

    Args:
        path: a local file.
        settings: for the limits; read from the machine where not given.
        video_stream, audio_stream: stream numbers in the container, where the studio should
            not choose (default first, then the largest picture, the most channels). Sound may
            also be named by its language, ``ko`` or ``kor``.

    Raises:
        NoSuchMedia, UnsupportedMedia, LimitExceeded: the file cannot or may not be read.
        DecodeFailed: it has a picture stream and no picture of it can be decoded.
        RequestError: there is no such stream.
    """
    settings = settings or Settings()
    path = Path(path).absolute()
    notes: list[str] = []
    with open_media(path, settings) as container:
        picture = _choose_picture(path, container, video_stream, notes)
        sound = _choose_sound(path, container, audio_stream, notes)
        if picture is None and sound is None:
            raise UnsupportedMedia(
                f"{path} holds neither pictures nor sound that can be decoded.",
                "Check that it is the right file.",
            )
        found = scan(
            path,
            picture.index if picture is not None else None,
            sound.index if sound is not None else None,
        )
        notes.extend(found.notes)
        video = audio = None
        origin = Fraction(0)
        if picture is not None and found.picture is not None:
            video = _video(picture, found.picture, settings, notes)
            origin = found.picture.start_pts * video.time_base
        elif found.sound is not None:
            origin = found.sound.start
        if sound is not None and found.sound is not None:
            audio = _audio(sound, found.sound, origin)
        elif sound is not None:
            notes.append("The sound stream holds nothing that can be decoded; it is left out.")
        duration = _duration(path, container, video, audio, settings, notes)
        timecode = _timecode(container, picture, video, notes)
        return MediaInfo(
            path=path,
            content_hash=content_hash(path),
            size_bytes=path.stat().st_size,
            container=container.format.name,
            duration=duration,
            video=video,
            audio=audio,
            video_streams=sum(map(_is_picture, container.streams.video)),
            audio_streams=len(container.streams.audio),
            timecode=timecode,
            notes=tuple(notes),
        )


def frame_times(info: MediaInfo, settings: Settings | None = None) -> FrameTimes:
    """When each frame is shown, from the packets alone; free right after :func:`probe`.

    Args:
        info: of a file that was admitted.
        settings: of no effect: limits are held to when a file is probed.

    Raises:
        RequestError: the file has no picture.
        MediaError: the file has changed or gone since it was probed.
    """
    if info.video is None:
        raise RequestError(f"{info.path} has no picture.", "Name footage with a picture stream.")
    audio = info.audio.index if info.audio else None
    found = scan(info.path, info.video.index, audio).picture
    assert found is not None  # a picture stream was asked for
    return found.times


def _is_picture(stream: AvVideoStream) -> bool:
    """Cover art and thumbnails are pictures of a file, not footage."""
    from av.stream import Disposition

    art = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    context = stream.codec_context
    return context is not None and not stream.disposition & art and stream.time_base is not None


def _choose_picture(
    path: Path, container: InputContainer, wanted: int | None, notes: list[str]
) -> AvVideoStream | None:
    from av.stream import Disposition

    streams = [s for s in container.streams.video if _is_picture(s)]
    for stream in container.streams.video:
        if stream not in streams:
            notes.append(f"Stream {stream.index} is a cover picture or undecodable: passed over.")
    if wanted is not None:
        return _wanted(path, streams, wanted, "picture")
    if not streams:
        return None
    best = max(
        streams,
        key=lambda s: (
            bool(s.disposition & Disposition.default),
            s.codec_context.width * s.codec_context.height,
            -s.index,
        ),
    )
    if len(streams) > 1:
        sizes = ", ".join(
            f"{s.index} ({s.codec_context.width}x{s.codec_context.height})" for s in streams
        )
        notes.append(f"Picture streams {sizes}: stream {best.index} was chosen.")
    return best


def _choose_sound(
    path: Path, container: InputContainer, wanted: int | str | None, notes: list[str]
) -> AvAudioStream | None:
    from av.stream import Disposition

    streams = [s for s in container.streams.audio if s.codec_context is not None]
    if isinstance(wanted, str):
        spoken = [s for s in streams if is_language(s.language or "", wanted)]
        if not spoken:
            have = ", ".join(f"{s.index} ({s.language or 'untagged'})" for s in streams) or "none"
            raise RequestError(
                f"{path} has no sound in the language {wanted!r}.", f"It has: {have}."
            )
        streams = spoken
    elif wanted is not None:
        return _wanted(path, streams, wanted, "sound")
    if not streams:
        return None
    best = max(
        streams,
        key=lambda s: (
            bool(s.disposition & Disposition.default),
            s.codec_context.channels,
            s.codec_context.sample_rate,
            -s.index,
        ),
    )
    if len(streams) > 1:
        names = ", ".join(
            f"{s.index} ({s.channels} ch{', ' + s.language if s.language else ''})" for s in streams
        )
        notes.append(f"Sound streams {names}: stream {best.index} was chosen.")
    return best


def _wanted(path: Path, streams: list[_S], index: int, kind: str) -> _S:
    for stream in streams:
        if stream.index == index:
            return stream
    have = ", ".join(str(s.index) for s in streams) or "none"
    raise RequestError(f"{path} has no {kind} stream {index}.", f"It has: {have}.")


def _video(
    stream: AvVideoStream, found: PictureScan, settings: Settings, notes: list[str]
) -> VideoStream:
    first, times = found.first, found.times
    notes.extend(found.notes)
    rate, variable = measured_rate(times, stream.average_rate)
    aspect = _aspect(stream, first, settings, notes)
    turn = round(first.turn_deg / 90) * 90 % 360
    if turn != first.turn_deg % 360:
        notes.append(
            f"The picture is tagged as turned by {first.turn_deg} degrees; {turn} is used."
        )
    if first.mirrored:
        notes.append("The picture is tagged as mirrored; the mirroring is not applied.")
    if first.interlaced:
        notes.append("The picture is interlaced; whole pictures are made from its fields.")
    if first.transfer in (16, 18):
        notes.append("The picture is HDR; its tones are mapped to SDR.")
    header = stream.frames
    if header and (header > len(times) * 1.02 + 2):
        notes.append(f"The header promises {header} frames; {len(times)} can be shown.")
    return VideoStream(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        coded_wh=first.wh,
        sample_aspect=aspect,
        rotation_deg=turn,
        rate=rate,
        variable_rate=variable,
        time_base=times.time_base,
        start_pts=found.start_pts,
        duration=times.end_pts * times.time_base,
        pixel_format=first.pixel_format,
        bit_depth=first.bit_depth,
        color_primaries=_PRIMARIES.get(first.primaries, "unknown"),
        color_transfer=_TRANSFERS.get(first.transfer, "unknown"),
        color_matrix=_MATRICES.get(first.matrix, "unknown"),
        color_range=_RANGES.get(first.color_range, "unknown"),
        interlaced=first.interlaced,
    )


def _aspect(
    stream: AvVideoStream, first: FirstFrame, settings: Settings, notes: list[str]
) -> Fraction:
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    width, height = first.wh
    if not Fraction(1, 8) <= aspect <= 8 or width * aspect * height > settings.max_pixels:
        if aspect > 0:
            notes.append(f"A pixel shape of {aspect} is not believed; square pixels are used.")
        return Fraction(1)
    return aspect


def measured_rate(times: FrameTimes, header: Fraction | None) -> tuple[FrameRate, bool]:
    """The frame rate, and whether it varies.

    A rate fits where every frame lies on its grid to within the rounding of the container's
    clock (two ticks); the header's rate is tried first, then the standard ones. Where none
    fits the rate is variable, and named after its usual frame if four fifths are like that.

    Args:
        times: of the frames.
        header: what the header claims; None or 0 where it does not say.
    """
    base, count = times.time_base, len(times)
    if count < 2:
        claimed = 1 / (times.end_pts * base) if times.end_pts > 0 else Fraction(25)
        return FrameRate.from_measured(claimed), False
    span = int(times.pts[-1]) * base
    measured = (count - 1) / span
    numbers = np.arange(count, dtype=np.float64)
    ticks = times.pts.astype(np.float64)
    candidates = [header] if header else []
    candidates += sorted(STANDARD_RATES, key=lambda r: abs(float(r / measured) - 1))[:3]
    candidates.append(FrameRate.from_measured(measured).fps)
    for rate in candidates:
        off = ticks - numbers * float(1 / (rate * base))
        if np.ptp(off) <= 2.0:
            return FrameRate.from_measured(rate, 1e-6), False
    steps = np.diff(times.pts)
    usual = float(np.median(steps))
    if np.mean(np.abs(steps - usual) <= 1) >= 0.8:
        alike = steps[np.abs(steps - usual) <= 1]
        return FrameRate.from_measured(1 / (Fraction(float(alike.mean())) * base)), True
    return FrameRate.from_measured(measured), True


def _audio(stream: AvAudioStream, found: SoundScan, origin: Fraction) -> AudioStream:
    return AudioStream(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        sample_rate_hz=found.sample_rate_hz,
        channels=found.channels,
        start=found.start - origin,
        duration=found.end - found.start,
        language="" if stream.language in (None, "und") else str(stream.language),
    )


def _duration(
    path: Path,
    container: InputContainer,
    video: VideoStream | None,
    audio: AudioStream | None,
    settings: Settings,
    notes: list[str],
) -> Fraction:
    if video is not None:
        duration = video.duration
    elif audio is not None:
        duration = audio.duration
    else:
        raise UnsupportedMedia(
            f"{path} holds no sound that can be decoded.", "Copy the file again from its source."
        )
    if duration > settings.max_duration_s:
        raise LimitExceeded(
            f"{path} lasts {float(duration):.0f} s; the limit is {settings.max_duration_s:.0f} s.",
            "Raise max_duration_s in the settings, or cut the footage into parts.",
        )
    longest = max(
        float(duration), float(audio.start + audio.duration) if audio is not None else 0.0
    )
    header = (container.duration or 0) / 1e6
    if header > longest * 1.02 + 1:
        notes.append(
            f"The header claims {header:.1f} s; the file holds {float(duration):.1f} s of it."
        )
    return duration


def _timecode(
    container: InputContainer,
    picture: AvVideoStream | None,
    video: VideoStream | None,
    notes: list[str],
) -> str:
    places = [picture.metadata] if picture is not None else []
    places += [s.metadata for s in container.streams if s.type == "data"]
    places.append(container.metadata)
    for tags in places:
        for name, value in tags.items():
            if name.lower() == "timecode" and value.strip():
                if video is None:
                    return value.strip()
                try:
                    Timecode.from_string(value, video.rate)
                except ValueError:
                    notes.append(f"The embedded time code {value!r} is not valid; left out.")
                    return ""
                return value.strip()
    return ""
