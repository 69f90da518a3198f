"""Films with an alpha channel: ProRes 4444 for editing programs, VP9 in WebM for pages.

As ``film_render`` it works in segments that appear whole or not at all; one that was killed goes
on from what is finished. The pictures are painted, not made from those of a source: the source
gives their times and the sound, which is copied where the container can hold it.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from heapq import merge
from pathlib import Path
from threading import Event
from typing import Any, Literal

import av
import numpy as np
from numpy.typing import NDArray

from studio.errors import Cancelled, EncodeFailed, RequestError
from studio.media.container import open_again
from studio.media.encoder import frames_in, write_errors
from studio.media.film_join import sound_packets
from studio.media.film_render import FilmReport, check_room, room_needed
from studio.media.full_disk import told_what_lacks
from studio.media.render_estimate import workers_of
from studio.media.work_folder import held, run_together, sweep
from studio.media.writer import write_beside
from studio.settings import Settings
from studio.types.media import FrameTimes, MediaInfo

Kind = Literal["prores", "webm"]
#: Frames of a segment.
_SEGMENT = 150
_PICTURE_SHARE = 0.95

#: Gives the straight RGBA picture of a frame, uint8 ``(h, w, 4)``.
Painter = Callable[[int], NDArray[np.uint8]]


@dataclass(frozen=True)
class _Form:
    """How a kind of film is written."""

    ending: str
    container: str
    codec: str
    pixel_format: str
    options: Mapping[str, str]
    sound: str
    tag: str
    writing: Mapping[str, str]


FORMS: dict[Kind, _Form] = {
    "prores": _Form(
        ".mov",
        "mov",
        "prores_ks",
        "yuva444p10le",
        {"profile": "4444", "alpha_bits": "16", "vendor": "apl0"},
        "pcm_s16le",
        "ap4h",
        # Without it QuickTime files keep few tags, and shorten them.
        {"movflags": "use_metadata_tags"},
    ),
    "webm": _Form(
        ".webm",
        "webm",
        "libvpx-vp9",
        "yuva420p",
        # No alternate reference frames: with alpha they are not allowed.
        {"crf": "24", "b": "0", "auto-alt-ref": "0", "lag-in-frames": "0", "deadline": "good",
         "cpu-used": "5", "row-mt": "1"},
        "libopus",
        "",
        {},
    ),
}  # fmt: skip


def render_alpha_film(
    info: MediaInfo,
    times: FrameTimes,
    begin: Callable[[], Painter],
    made_by: Callable[[int, int], Any],
    out: Path,
    work_dir: Path,
    kind: Kind,
    *,
    settings: Settings,
    size_wh: tuple[int, int],
    metadata: Mapping[str, str] | None = None,
    on_progress: Callable[[float, str], None] | None = None,
    check: Callable[[], None] | None = None,
) -> FilmReport:
    """Paint a film with an alpha channel.

    Args:
        info, times: of the film that gives the times and the sound.
        begin: makes a painter; called in the thread that will paint.
        made_by: all that decides the pixels of the frames from one to another, as plain values.
        out: the film; it appears whole or not at all.
        work_dir: for finished segments; the same folder after a crash resumes.
        kind: ``prores`` for a ``.mov``, ``webm``.
        settings: cores.
        size_wh: of the pictures, even.
        metadata: tags of the film.
        on_progress: called with a share from 0 to 1 and words, on the caller's thread.
        check: called several times a second; what it raises ends the work.

    Raises:
        NoRoom: a disk has too little room, or filled up; a later call resumes.
        RequestError: somebody else is at work in ``work_dir``.
        EncodeFailed: something cannot be written, or the film does not read back with its alpha.
    """
    started = time.perf_counter()
    form = FORMS[kind]
    assert info.video is not None
    rate = info.video.rate
    count, stop = len(times), Event()
    out, work_dir = out.absolute(), work_dir.absolute()
    segments = []
    for start in range(0, count, _SEGMENT):
        end = min(start + _SEGMENT, count)
        digest = _digest(info, form, size_wh, made_by(start, end), start, end)
        segments.append(_Segment(start, end, work_dir / f"segment-{digest}{form.ending}"))
    done = [0] * len(segments)
    # ProRes takes some eight times as much as what the guess was made for.
    wide_wh = (size_wh[0] * (8 if kind == "prores" else 1), size_wh[1])
    pieces = [(segment.path, segment.end - segment.start) for segment in segments]
    guess_bytes = room_needed(times, wide_wh) // 2
    with held(work_dir, out), told_what_lacks(pieces, guess_bytes):
        check_room(info, times, wide_wh, work_dir)
        missing = []
        for number, segment in enumerate(segments):
            if frames_in(segment.path) == segment.end - segment.start:
                done[number] = segment.end - segment.start
            else:
                missing.append(number)

        def encode(number: int) -> None:
            segment, paint = segments[number], begin()
            with (
                write_beside(segment.path) as beside,
                write_errors(segment.path),
                av.open(str(beside), "w", format=form.container) as container,
            ):
                stream = _stream(container, form, rate.fps, size_wh)
                for frame_number in range(segment.start, segment.end):
                    if stop.is_set():
                        raise Cancelled()
                    frame = _coded(paint(frame_number), form)
                    frame.pts, frame.time_base = done[number], 1 / rate.fps
                    container.mux(stream.encode(frame))
                    done[number] += 1
                container.mux(stream.encode(None))

        def tick() -> None:
            if check is not None:
                check()
            if on_progress is not None:
                shown = sum(done)
                on_progress(_PICTURE_SHARE * shown / count, f"picture {shown} of {count}")

        tasks = [partial(encode, number) for number in missing]
        run_together(tasks, workers_of(settings), stop, tick)
        with write_beside(out) as beside:
            notes = _join(beside, segments, info, times, form, metadata)
            _verify(beside, form, count, size_wh)
        sweep(work_dir, temporary_only=False)
    if on_progress is not None:
        on_progress(1.0, "done")
    return FilmReport(
        time.perf_counter() - started,
        count,
        len(segments),
        len(segments) - len(missing),
        tuple(dict.fromkeys(notes)),
    )


@dataclass(frozen=True)
class _Segment:
    start: int
    end: int
    path: Path


def _digest(
    info: MediaInfo,
    form: _Form,
    size_wh: tuple[int, int],
    made_by: Any,
    start: int,
    end: int,
) -> str:
    version = ".".join(map(str, av.library_versions["libavcodec"]))
    text = json.dumps(
        [
            info.content_hash,
            [form.codec, form.pixel_format, dict(form.options), version],
            size_wh,
            start,
            end,
            made_by,
        ],
        sort_keys=True,
    )
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _stream(container: Any, form: _Form, rate: Fraction, size_wh: tuple[int, int]) -> Any:
    stream = container.add_stream(form.codec, rate=rate, options=dict(form.options))
    stream.width, stream.height = size_wh
    stream.pix_fmt = form.pixel_format
    context = stream.codec_context
    context.time_base = 1 / rate
    context.color_range = 1
    context.color_primaries = context.color_trc = context.colorspace = 1
    return stream


def _coded(rgba: NDArray[np.uint8], form: _Form) -> Any:
    from av.video.reformatter import Colorspace

    return av.VideoFrame.from_ndarray(np.ascontiguousarray(rgba), "rgba").reformat(
        format=form.pixel_format,
        dst_colorspace=int(Colorspace.ITU709),
        src_color_range=2,
        dst_color_range=1,
        threads=1,
    )


def _join(
    out: Path,
    segments: list[_Segment],
    info: MediaInfo,
    times: FrameTimes,
    form: _Form,
    metadata: Mapping[str, str] | None,
) -> tuple[str, ...]:
    notes: list[str] = []
    with ExitStack() as stack, write_errors(out):
        container: Any = stack.enter_context(
            av.open(str(out), "w", format=form.container, options=dict(form.writing))
        )
        container.metadata.update(metadata or {})
        first = stack.enter_context(open_again(segments[0].path))
        pictures = container.add_stream_from_template(first.streams.video[0])
        pictures.time_base = times.time_base
        if form.tag:  # else a copied ProRes 4444 calls itself 422 HQ
            pictures.codec_context.codec_tag = form.tag
        feeds: list[Iterator[Any]] = [_pictures(segments, times, pictures)]
        feeds += sound_packets(container, info, stack, notes, form.sound)
        for _, packet, stream in merge(*feeds, key=lambda dated: dated[0]):
            packet.stream = stream
            container.mux_one(packet)
    return tuple(notes)


def _pictures(segments: list[_Segment], times: FrameTimes, stream: Any) -> Iterator[Any]:
    """Packets with the times of the source's frames; neither codec reorders here."""
    stamps = np.append(times.pts, times.end_pts)
    number = 0
    for segment in segments:
        with open_again(segment.path) as container:
            for packet in container.demux(container.streams.video[0]):
                if not packet.size:
                    continue
                packet.time_base = times.time_base
                packet.pts = packet.dts = int(stamps[number])
                packet.duration = int(stamps[number + 1] - stamps[number])
                yield packet.dts * times.time_base, packet, stream
                number += 1


def _verify(path: Path, form: _Form, count: int, size_wh: tuple[int, int]) -> None:
    """Count the pictures, and decode the first with its alpha.

    Raises:
        EncodeFailed: something is missing.
    """
    found = frames_in(path)
    if found != count:
        raise EncodeFailed(
            f"The new film has {found} pictures; it should have {count}.",
            "Delete the work folder and run it again.",
        )
    first = next(decoded_alpha(path), None)
    if first is None or first.shape != (size_wh[1], size_wh[0], 4):
        raise EncodeFailed("The new film cannot be read back with its alpha.", "Report it.")


def decoded_alpha(path: Path) -> Iterator[NDArray[np.uint8]]:
    """The pictures of a film with alpha, uint8 ``(h, w, 4)`` RGBA, straight.

    FFmpeg's own VP9 decoder passes over the alpha; libvpx reads it.

    Raises:
        RequestError: the film has no alpha channel.
    """
    with open_again(path) as container:
        stream = container.streams.video[0]
        decoder: Any = stream.codec_context
        if decoder.name == "vp9":
            decoder = av.CodecContext.create("libvpx-vp9", "r")
        for packet in container.demux(stream):
            for frame in decoder.decode(packet if packet.size else None):
                if not frame.format.name.startswith("yuva"):
                    raise RequestError(
                        f"{path.name} has no alpha channel ({frame.format.name}).",
                        "Make it with --format prores or --format webm.",
                    )
                yield frame.to_ndarray(format="rgba")
