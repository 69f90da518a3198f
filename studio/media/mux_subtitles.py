"""A film copied with its cues as tracks that a viewer can switch on; nothing is encoded again."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import Any

import av
import av.error

from studio.errors import EncodeFailed, RequestError
from studio.media.container import ffmpeg_binary, open_again
from studio.media.encoder import write_errors
from studio.media.writer import write_beside
from studio.types.media import MediaInfo

#: ISO 639-1 to the three letters that containers want (ISO 639-2/T).
_THREE = {
    "ar": "ara", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa",
    "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun", "id": "ind", "it": "ita",
    "ja": "jpn", "ko": "kor", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron",
    "ru": "rus", "sv": "swe", "th": "tha", "tr": "tur", "uk": "ukr", "vi": "vie", "zh": "zho",
}  # fmt: skip

#: When a packet is decoded, the packet, and the stream it goes to.
_Dated = tuple[Fraction, Any, Any]


def soft_suffix(info: MediaInfo) -> str:
    """The container a film can be copied into with text tracks: its own kind where that can."""
    return ".mp4" if "mp4" in info.container.split(",") else ".mkv"


def mux_subtitles(
    info: MediaInfo,
    tracks: Sequence[tuple[Path, str]],
    out: Path,
    check: Callable[[], None] | None = None,
) -> tuple[str, ...]:
    """Copy a film with text tracks.

    Args:
        info: of the film.
        tracks: an SRT file, its times on the source clock, and the ISO 639-1 code of its
            language; the first is on by default.
        out: ends in ``.mp4`` (``mov_text``) or ``.mkv`` (SubRip); it appears whole or not at
            all.
        check: called now and then; what it raises ends the work.

    Returns:
        What a user should know.

    Raises:
        RequestError: the film has no picture.
        EncodeFailed: the file cannot be written, or its container cannot hold the streams.
    """
    if info.video is None:
        raise RequestError(
            f"{info.path} has no picture to show subtitles in.",
            "Leave out --soft for a sound file.",
        )
    origin = info.video.start_pts * info.video.time_base
    notes: list[str] = []
    with write_beside(out) as beside, ExitStack() as stack:
        options = {"movflags": "+faststart"} if out.suffix == ".mp4" else {}
        with write_errors(out):
            container = stack.enter_context(av.open(str(beside), "w", options=options))
        film = stack.enter_context(open_again(info.path))
        feeds: list[Iterator[_Dated]] = []
        targets: dict[int, Any] = {}
        target: Any
        for stream in film.streams:
            if stream.type in ("video", "audio", "subtitle") and _fits(container, stream):
                target = container.add_stream_from_template(stream, opaque=True)
                targets[stream.index] = target
                if stream.type != "subtitle":  # of the texts, ours is the one shown
                    target.disposition = stream.disposition
                if stream.language:
                    target.metadata["language"] = stream.language
            elif stream.type in ("video", "audio", "subtitle"):
                notes.append(
                    f"Stream {stream.index} ({stream.type}) does not go into {out.suffix} and is "
                    "left out."
                )
        if info.video.index not in targets:
            raise EncodeFailed(
                f"{info.video.codec} pictures do not go into {out.suffix}.",
                "Convert the film to H.264 first.",
            )
        feeds.append(_film_packets(film, targets, origin))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="studio-soft-")))
        for number, (path, language) in enumerate(tracks):
            source = _text(path, folder / f"{number}{out.suffix}", stack)
            target = container.add_stream_from_template(source.streams.subtitles[0])
            target.metadata["language"] = _THREE.get(language, language or "und")
            if number == 0:
                target.disposition = av.stream.Disposition.default
            feeds.append(_text_packets(source, target))
        for number, (_, packet, stream) in enumerate(merge(*feeds, key=lambda dated: dated[0])):
            packet.stream = stream
            with write_errors(out):
                container.mux_one(packet)
            if check is not None and number % 512 == 0:
                check()
        with write_errors(out):
            container.close()
    return tuple(notes)


def _fits(container: Any, stream: Any) -> bool:
    context = stream.codec_context
    return context is not None and context.name in container.supported_codecs


def _text(srt: Path, into: Path, stack: ExitStack) -> Any:
    """Our own text as packets of the kind that the container holds."""
    codec = "mov_text" if into.suffix == ".mp4" else "copy"
    command = [str(ffmpeg_binary()), "-v", "error", "-nostdin", "-f", "srt", "-i", str(srt)]
    done = subprocess.run(
        [*command, "-c:s", codec, str(into)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=600,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace")[-300:]
        raise EncodeFailed(f"The text track could not be made: {said}", "Report it.")
    return stack.enter_context(av.open(str(into)))


def _film_packets(film: Any, targets: dict[int, Any], origin: Fraction) -> Iterator[_Dated]:
    """Packets in the order of the file, moved to the source clock."""
    last = Fraction(-(10**6))
    for packet in _timed(film, [film.streams[index] for index in targets]):
        shift = round(origin / packet.time_base)
        packet.dts -= shift
        packet.pts = packet.pts - shift if packet.pts is not None else packet.dts
        # What lies in the file is in a good order already; text is laid between.
        last = max(last, packet.dts * packet.time_base)
        yield last, packet, targets[packet.stream_index]


def _timed(film: Any, streams: Sequence[Any]) -> Iterator[Any]:
    """Packets that all have a decoding time. Matroska stores none, and FFmpeg knows none of
    the first packets of a stream that is out of order: they are counted back from the next."""
    early: list[Any] = []
    known: set[int] = set()
    for packet in film.demux(list(streams)):
        if not packet.size or (packet.dts is None and packet.pts is None):
            continue
        if packet.dts is None and packet.stream_index in known:
            continue  # damage in the middle of a stream
        early.append(packet)
        if packet.dts is None:
            continue
        known.add(packet.stream_index)
        at = packet.dts
        for before in reversed(early[:-1]):
            if before.stream_index == packet.stream_index and before.dts is None:
                at -= max(1, before.duration or 1)
                before.dts = at
        if all(waiting.dts is not None for waiting in early):
            yield from early
            early = []
    for packet in early:
        packet.dts = packet.pts if packet.dts is None else packet.dts
        yield packet


def _text_packets(source: Any, target: Any) -> Iterator[_Dated]:
    for packet in source.demux(source.streams.subtitles[0]):
        if packet.size and packet.pts is not None:
            packet.dts = packet.pts
            yield packet.pts * packet.time_base, packet, target
