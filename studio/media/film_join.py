"""Encoded pictures and the sound of their source, copied into one film."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from studio.errors import EncodeFailed
from studio.media.audio_io import SoundNotes, stream_audio
from studio.media.container import open_again
from studio.media.encoder import SOUND_BITS_PER_S, SOUND_RATE_HZ, write_errors, writing_mp4
from studio.media.scan import scan
from studio.types.media import FrameTimes, MediaInfo

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.stream import Stream

#: Frames by which the encoders' decoding order runs ahead of what is shown.
_REORDER_FRAMES = 2

#: What sound becomes where it cannot be copied, in words.
_ENCODED = {"aac": "AAC", "libopus": "Opus", "pcm_s16le": "PCM"}

#: When a packet is decoded, the packet, and the stream it goes to.
_Dated = tuple[Fraction, Any, Any]


def join_film(
    out: Path,
    segments: Sequence[Path],
    info: MediaInfo,
    times: FrameTimes,
    check: Callable[[], None] | None = None,
    metadata: Mapping[str, str] | None = None,
    copied: Collection[str] | None = None,
) -> tuple[str, ...]:
    """Copy encoded segments and every sound stream of the source into one MP4.

    Args:
        out: the file; it should be a name beside the final one.
        segments: in order, of one form; together they hold each frame of the source once.
        info, times: of the source; its time stamps are kept.
        check: called now and then; what it raises ends the work.
        metadata: tags of the film.
        copied: codecs of sound that may be copied; all that the container holds where None.

    Returns:
        What a user should know.

    Raises:
        OSError: it cannot be written.
        EncodeFailed: the segments do not belong together.
    """
    assert info.video is not None
    notes: list[str] = []
    with ExitStack() as stack:
        container = stack.enter_context(writing_mp4(out, movflags="+faststart"))
        container.metadata.update(metadata or {})
        first = stack.enter_context(open_again(segments[0]))
        pictures = container.add_stream_from_template(first.streams.video[0])
        pictures.time_base = times.time_base
        if info.video.rotation_deg:
            # FFmpeg counts against the clock.
            pictures.set_display_rotation(-info.video.rotation_deg)
        header = bytes(first.streams.video[0].codec_context.extradata or b"")
        feeds: list[Iterator[_Dated]] = [_pictures(segments, times, header, pictures)]
        feeds += sound_packets(container, info, stack, notes, copied=copied)
        for number, (_, packet, stream) in enumerate(merge(*feeds, key=lambda dated: dated[0])):
            packet.stream = stream
            with write_errors(out):
                container.mux_one(packet)
            if check is not None and number % 512 == 0:
                check()
    return tuple(notes)


def _pictures(
    segments: Sequence[Path], times: FrameTimes, header: bytes, stream: Stream
) -> Iterator[_Dated]:
    """Packets that carry the time stamps of the source's frames."""
    usual = max(1, round(times.end_pts / len(times)))
    stamps = np.append(times.pts, times.end_pts)
    decoded = before = 0
    for path in segments:
        with open_again(path) as container:
            source = container.streams.video[0]
            if bytes(source.codec_context.extradata or b"") != header:
                raise EncodeFailed(
                    f"{path.name} was encoded in another way than the segments before it.",
                    "Delete the work folder and run it again.",
                )
            rate, here = source.average_rate or Fraction(1), 0
            for packet in container.demux(source):
                if not packet.size or packet.pts is None or packet.time_base is None:
                    continue
                shown = before + round(packet.pts * packet.time_base * rate)
                at = decoded - _REORDER_FRAMES
                packet.time_base = times.time_base
                packet.pts = int(stamps[shown])
                packet.dts = int(stamps[at]) if at >= 0 else at * usual
                packet.duration = int(stamps[shown + 1] - stamps[shown])
                if packet.pts < packet.dts:
                    raise EncodeFailed(
                        f"{path.name} reorders pictures further than {_REORDER_FRAMES} frames.",
                        "This build of the encoder is not supported.",
                    )
                yield packet.dts * times.time_base, packet, stream
                decoded += 1
                here += 1
            before += here


def sound_packets(
    container: OutputContainer,
    info: MediaInfo,
    stack: ExitStack,
    notes: list[str],
    encoder: str = "aac",
    copied: Collection[str] | None = None,
) -> list[Iterator[_Dated]]:
    """Every sound stream, copied; where that cannot be, the chosen one encoded anew.

    Args:
        container: being written.
        info: of the source.
        stack: closes what is opened.
        notes: receives what a user should know.
        encoder: FFmpeg's name of what encodes where copying cannot be.
        copied: codecs that may be copied; all that the container holds where None.

    Returns:
        For each stream its packets: seconds at which one is decoded, the packet, its stream.
    """
    if info.audio is None or info.video is None:
        return []
    found = scan(info.path, info.video.index, info.audio.index)
    jumps = any(part is not None and part.jumps for part in (found.picture, found.sound))
    origin = info.video.start_pts * info.video.time_base
    feeds: list[Iterator[_Dated]] = []
    with open_again(info.path) as listing:
        streams = [(s.index, s.codec_context.name if s.codec_context else "", s.language)
                   for s in listing.streams.audio]  # fmt: skip
    for index, codec, language in streams:
        if not codec:
            notes.append(f"Sound stream {index} cannot be read and is left out.")
        elif jumps or codec not in container.supported_codecs or codec not in (copied or (codec,)):
            kind = container.format.name.split(",")[0].upper()
            held = codec in container.supported_codecs
            why = f"few players know {codec}" if held else f"{kind} holds no {codec}"
            why = "its clock jumps" if jumps else why
            if index != info.audio.index:
                notes.append(f"Sound stream {index} is left out: {why}.")
                continue
            name = _ENCODED[encoder]
            notes.append(f"The sound is encoded anew as {name}, not copied: {why}.")
            feeds.append(_encoded(container, info, language, notes, encoder))
        else:
            source = stack.enter_context(open_again(info.path))
            feeds.append(_copied(container, source, index, origin))
    return feeds


def _copied(
    container: OutputContainer, source: Any, index: int, origin: Fraction
) -> Iterator[_Dated]:
    heard = source.streams[index]
    stream = container.add_stream_from_template(heard, opaque=True)
    stream.time_base = heard.time_base
    stream.disposition = heard.disposition
    if heard.language:
        stream.metadata["language"] = heard.language
    shift = round(origin / heard.time_base)

    def packets() -> Iterator[_Dated]:
        last: int | None = None
        for packet in source.demux(heard):
            stamp = packet.dts if packet.dts is not None else packet.pts
            if not packet.size or stamp is None:
                continue
            if last is not None and stamp <= last:
                continue  # damage: a packet that was there already
            last = stamp
            packet.dts = stamp - shift
            packet.pts = (packet.pts if packet.pts is not None else stamp) - shift
            yield packet.dts * heard.time_base, packet, stream

    return packets()


def _encoded(
    container: OutputContainer,
    info: MediaInfo,
    language: str | None,
    notes: list[str],
    encoder: str,
) -> Iterator[_Dated]:
    assert info.audio is not None
    stream: Any = container.add_stream(encoder, rate=SOUND_RATE_HZ)
    if not encoder.startswith("pcm"):
        stream.bit_rate = SOUND_BITS_PER_S
    layout = "stereo" if info.audio.channels > 1 else "mono"
    stream.layout = layout
    if language:
        stream.metadata["language"] = language

    def packets() -> Iterator[_Dated]:
        at, damage = 0, SoundNotes()
        for clip in stream_audio(info, rate_hz=SOUND_RATE_HZ, chunk_s=1.0, notes=damage):
            block = np.ascontiguousarray(clip.samples)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = SOUND_RATE_HZ, at
            frame.time_base = Fraction(1, SOUND_RATE_HZ)
            at += block.shape[1]
            for packet in stream.encode(frame):
                yield _date(packet), packet, stream
        for packet in stream.encode(None):
            yield _date(packet), packet, stream
        notes.extend(damage.notes)

    return packets()


def _date(packet: av.Packet[Any]) -> Fraction:
    return (packet.dts or 0) * (packet.time_base or Fraction(1, SOUND_RATE_HZ))
