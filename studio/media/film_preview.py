"""A few seconds of a film through a filter, for a look at it: picture only, plays everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from studio.errors import DecodeFailed
from studio.media.encoder import PictureFormat, picture_stream, write_errors, writing_mp4
from studio.media.kept_memory import memory_kept
from studio.media.reader import decode_range
from studio.media.rgb_coder import RgbCoder
from studio.media.rgb_film import RgbConverter, RgbFilm
from studio.media.writer import write_beside
from studio.settings import Settings
from studio.types.media import FrameTimes, MediaInfo


def render_preview(
    info: MediaInfo,
    times: FrameTimes,
    film: RgbFilm,
    out: Path,
    span: tuple[int, int],
    *,
    settings: Settings,
    metadata: Mapping[str, str] | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> None:
    """Write a stretch of a film, upright, as H.264 in BT.709 with its index in front.

    Args:
        info, times: of the film.
        film: what is done to its pictures.
        out: the file; it appears whole or not at all.
        span: frames, half-open.
        settings: cores.
        metadata: tags of the file.
        on_progress: called with the share done; what it raises ends the work.

    Raises:
        DecodeFailed: nothing of the stretch can be decoded.
        EncodeFailed: the file cannot be written.
    """
    assert info.video is not None
    start, end = span
    first = max(0, start - film.lead_frames)
    width, height = (side - side % 2 for side in info.video.display_wh)
    form = PictureFormat((width, height), info.video.rate, settings.cores)
    function, convert = film.rgb_pass(start, end), RgbConverter(info.video)
    code = RgbCoder("yuv420p", form.size_wh)
    with (
        memory_kept(),
        write_beside(out) as beside,
        writing_mp4(beside, movflags="+faststart") as container,
        write_errors(out),
    ):
        container.metadata.update(metadata or {})
        stream: Any = picture_stream(container, form)
        shown: Any = None
        expected = start
        for number, frame in decode_range(info, times, first, end):
            rgb = function(convert(frame), number)
            if number < start:
                continue
            shown = code(rgb)
            while expected <= number:  # a broken frame shows its neighbour
                shown.pts, shown.time_base = expected - start, 1 / form.rate.fps
                container.mux(stream.encode(shown))
                expected += 1
            if on_progress is not None:
                on_progress((number + 1 - start) / (end - start))
        if shown is None:
            raise DecodeFailed(
                f"No picture of {info.path} from frame {start} to {end - 1} can be decoded.",
                "The file is damaged there; copy it again from its source.",
                at=times.start(start),
            )
        container.mux(stream.encode(None))
