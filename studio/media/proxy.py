"""A lighter copy of a film for screens: upright, 720 lines at most, H.264, the sound beside it.

Masters are named by their path and never go through a browser; this does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import DecodeFailed, RequestError
from studio.media.encoder import PictureFormat, encode_picture, frames_in
from studio.media.film_join import join_film
from studio.media.picture_conform import Conform
from studio.media.probe import frame_times
from studio.media.reader import decode_range
from studio.media.work_folder import held, sweep
from studio.media.writer import write_beside
from studio.settings import Settings
from studio.types.media import FrameTimes, MediaInfo

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

PROXY_LINES = 720
#: What a crash costs at most, in seconds of film.
_SEGMENT_S = 30.0
#: What browsers play as it is.
_PLAYED_PICTURES = frozenset(("h264", "vp8", "vp9", "av1", "libdav1d"))
_PLAYED_SOUND = frozenset(("aac", "mp3", "mp3float", "opus", "vorbis", "flac"))
_PLAYED_PIXELS = frozenset(("yuv420p", "yuvj420p"))


def plays_as_it_is(info: MediaInfo) -> bool:
    """Whether browsers play a file without a copy."""
    if info.video is None:
        return True
    return bool(
        info.video.codec in _PLAYED_PICTURES
        and info.video.pixel_format in _PLAYED_PIXELS
        and (info.audio is None or info.audio.codec in _PLAYED_SOUND)
        and {"mp4", "webm"} & set(info.container.split(","))
    )


def proxy_path(settings: Settings, content_hash: str) -> Path:
    """Where the proxy of a file lies, once there is one."""
    return settings.cache_dir / "proxies" / f"{content_hash[:40]}.mp4"


def playable(
    info: MediaInfo,
    settings: Settings,
    *,
    on_progress: Callable[[float], None] | None = None,
    check: Callable[[], None] | None = None,
) -> Path:
    """The file itself where browsers play it and it is no larger than a proxy, else its proxy,
    made where there is none yet. Arguments and errors as of :func:`make_proxy`."""
    small = info.video is None or min(info.video.display_wh) <= 2 * PROXY_LINES
    if plays_as_it_is(info) and small:
        return info.path
    out = proxy_path(settings, info.content_hash)
    if not out.exists():
        make_proxy(info, out, settings, on_progress=on_progress, check=check)
    return out


def proxy_wh(display_wh: tuple[int, int], lines: int = PROXY_LINES) -> tuple[int, int]:
    """Width and height of a proxy, even; a small film keeps its size."""
    scale = min(1.0, lines / min(display_wh))
    width, height = (max(2, 2 * round(side * scale / 2)) for side in display_wh)
    return width, height


def make_proxy(
    info: MediaInfo,
    out: Path,
    settings: Settings,
    *,
    lines: int = PROXY_LINES,
    on_progress: Callable[[float], None] | None = None,
    check: Callable[[], None] | None = None,
) -> tuple[str, ...]:
    """Write the proxy of a film: every frame at its own time, so that both cut alike.

    Pieces that are finished lie beside ``out`` until it is whole; a later call goes on from them.

    Args:
        info: of the film.
        out: ends in ``.mp4``; it appears whole or not at all.
        settings: cores.
        lines: of the shorter side, at most.
        on_progress: called with the share done.
        check: called now and then; what it raises ends the work.

    Returns:
        What a user should know.

    Raises:
        RequestError: the film has no picture, or another process makes this proxy.
        DecodeFailed: nothing of a stretch can be decoded.
        EncodeFailed: it cannot be written.
    """
    if info.video is None:
        raise RequestError(f"{info.path} has no picture.", "A sound file needs no proxy.")
    times = frame_times(info, settings)
    form = PictureFormat(
        proxy_wh(info.video.display_wh, lines), info.video.rate, settings.cores, "veryfast", 23
    )
    step = max(1, round(_SEGMENT_S * float(info.video.rate.fps)))
    work_dir = out.with_suffix(".parts")
    out.parent.mkdir(parents=True, exist_ok=True)
    with held(work_dir, out):
        segments = []
        for start in range(0, len(times), step):
            end = min(len(times), start + step)
            path = work_dir / f"segment-{start:08x}{lines:04x}.mp4"
            segments.append(path)
            if frames_in(path) != end - start:
                frames = _frames(info, times, (start, end), form.size_wh, on_progress, check)
                encode_picture(path, frames, form)
        upright = replace(info, video=replace(info.video, rotation_deg=0))
        with write_beside(out) as beside:
            notes = join_film(beside, segments, upright, times, check, copied=_PLAYED_SOUND)
        sweep(work_dir, temporary_only=False)
    return notes


def _frames(
    info: MediaInfo,
    times: FrameTimes,
    span: tuple[int, int],
    size_wh: tuple[int, int],
    on_progress: Callable[[float], None] | None,
    check: Callable[[], None] | None,
) -> Iterator[VideoFrame]:
    """Each frame of a stretch, scaled; a broken one shows its neighbour."""
    assert info.video is not None
    start, end = span
    conform = Conform(info.video, size_wh)
    expected, shown = start, None
    for number, frame in decode_range(info, times, start, end):
        shown = conform(frame, 0)
        while expected <= number:
            yield shown
            expected += 1
        if check is not None:
            check()
        if on_progress is not None and number % 16 == 0:
            on_progress(number / len(times))
    if shown is None:
        raise DecodeFailed(
            f"No picture of {info.path} from frame {start} to {end - 1} can be decoded.",
            "The file is damaged there; copy it again from its source.",
            at=times.start(start),
        )
    for _ in range(expected, end):
        yield shown
