"""The one door through which media files are opened.

A file is hostile until read. So: only a regular local file, opened by us and handed to FFmpeg
as a descriptor (``fd:``), the only protocol FFmpeg may use. Whatever a file refers to - a
playlist's entries, a QuickTime data reference, a URL - can then not be opened at all, neither
on disk nor on a network. The demuxer is chosen by content from a list of formats that hold
their own samples; playlists, scripts and image sequences are not on it.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import av
import av.error

from studio.errors import DecodeFailed, LimitExceeded, MediaError, NoSuchMedia, UnsupportedMedia
from studio.settings import Settings

if TYPE_CHECKING:
    from av.container import InputContainer

#: Demuxers that may run. None of them opens another file: FFmpeg compares every name here with
#: every name of the demuxer that recognised the content, before that demuxer reads anything.
DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
    "mpegts",
    "mpeg",
    "mxf",
    "avi",
    "flac",
    "mp3",
    "wav",
    "ogg",
    "aac",
    "aiff",
)
_READS = "MP4/MOV, Matroska/WebM, MPEG-TS/PS, MXF, AVI, WAV, FLAC, MP3, Ogg, AAC or AIFF"
#: Pixels of one picture beyond which FFmpeg itself refuses.
_FFMPEG_PIXELS = 2**28
_URL = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.\-]+:/")
#: Heads of files that only point at other files, and what to call them.
_POINTERS = (
    (b"#EXTM3U", "a playlist"),
    (b"ffconcat", "a concat script"),
    (b"[playlist]", "a playlist"),
    (b"v=0", "a session description (SDP)"),
    (b"<?xml", "an XML document"),
    (b"<svg", "an SVG drawing"),
    (b"<MPD", "a DASH manifest"),
)


@contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Turn FFmpeg's errors about a file into the studio's.

    Raises:
        NoSuchMedia: the file cannot be found or read.
        UnsupportedMedia: FFmpeg knows no way to read it.
        DecodeFailed: anything else that went wrong in the file.
    """
    try:
        yield
    except MediaError:
        raise
    except (av.error.FileNotFoundError, av.error.PermissionError) as exc:
        raise NoSuchMedia(f"{path} cannot be read.", "Check the name and its permissions.") from exc
    except (av.error.DecoderNotFoundError, av.error.DemuxerNotFoundError) as exc:
        raise UnsupportedMedia(
            f"{path} is in a format this build of FFmpeg has no decoder for.",
            "Convert it to H.264 in MP4 and try again.",
        ) from exc
    except av.error.FFmpegError as exc:
        raise DecodeFailed(
            f"{path} cannot be decoded: {exc.strerror or exc}.",
            "The file is damaged or cut short; copy it again from its source.",
        ) from exc


@contextmanager
def open_media(path: Path, settings: Settings | None = None) -> Iterator[InputContainer]:
    """Open a local media file for reading, and close it at the end.

    Args:
        path: a regular file; symbolic links are followed.
        settings: for the limits; read from the machine where not given.

    Raises:
        NoSuchMedia: nothing readable lies there.
        UnsupportedMedia: a folder, device or pipe, or content that is no media.
        LimitExceeded: more bytes, streams or pixels than the settings allow.
        DecodeFailed: an error of FFmpeg inside the ``with`` block.
    """
    limits = settings or Settings()
    with _opened(Path(path), limits.max_file_bytes, limits.max_pixels) as container:
        _check_streams(path, container, limits)
        with translated_errors(path):
            yield container


@contextmanager
def open_again(path: Path) -> Iterator[InputContainer]:
    """Open a file that :func:`open_media` has admitted, whatever limits it was held to.

    Raises: as :func:`open_media`, but for the limits.
    """
    with (
        _opened(path, sys.maxsize, _FFMPEG_PIXELS) as container,
        translated_errors(path),
    ):
        yield container


@contextmanager
def _opened(path: Path, max_bytes: int, max_pixels: int) -> Iterator[InputContainer]:
    descriptor = _open_regular(path, max_bytes)
    try:
        with _recognised(path, descriptor, max_pixels) as container:
            yield container
    finally:
        os.close(descriptor)


def _open_regular(path: Path, max_bytes: int) -> int:
    if _URL.match(str(path)):
        raise UnsupportedMedia(
            f"{path} is an address, not a file.", "Download it first; the studio reads local files."
        )
    if path.name.startswith("-"):
        raise UnsupportedMedia(
            f"{path} has a name that starts with '-', which programs take for an option.",
            "Rename the file.",
        )
    try:
        _check_kind(path, path.stat().st_mode)  # a device is not even opened
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as exc:
        raise NoSuchMedia(f"{path} does not exist.", "Check the name and the folder.") from exc
    except (OSError, ValueError) as exc:
        raise NoSuchMedia(
            f"{path} cannot be read: {getattr(exc, 'strerror', None) or exc}.",
            "Check the name and its permissions.",
        ) from exc
    try:
        found = os.fstat(descriptor)
        _check_kind(path, found.st_mode)
        if found.st_size == 0:
            raise UnsupportedMedia(f"{path} is empty.", "Copy the file again from its source.")
        if found.st_size > max_bytes:
            raise LimitExceeded(
                f"{path} has {found.st_size:,} bytes; the limit is {max_bytes:,}.",
                "Raise max_file_bytes in the settings, or split the file.",
            )
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_kind(path: Path, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kind = "a folder" if stat.S_ISDIR(mode) else "a device, pipe or socket"
    raise UnsupportedMedia(f"{path} is {kind}, not a media file.", "Name a file of footage.")


def _recognised(path: Path, descriptor: int, max_pixels: int) -> InputContainer:
    head = os.pread(descriptor, 256, 0).removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, kind in _POINTERS:
        if head.startswith(mark):
            raise UnsupportedMedia(
                f"{path} is {kind}, not media: it only points at other files.",
                "Name the footage itself.",
            )
    try:
        container = av.open(
            "fd:",
            mode="r",
            metadata_errors="replace",
            options={
                "fd": str(descriptor),
                "protocol_whitelist": "fd",
                "format_whitelist": ",".join(DEMUXERS),
                "enable_drefs": "0",
                "max_pixels": str(max_pixels),
            },
        )
    except (av.error.FFmpegError, ValueError) as exc:
        raise UnsupportedMedia(
            f"{path} is no media file that the studio reads, or is cut off at its start.",
            f"It reads {_READS}. Convert the file, or copy it again from its source.",
        ) from exc
    return container


def _check_streams(path: Path, container: InputContainer, limits: Settings) -> None:
    count = len(container.streams)
    if count > limits.max_streams:
        raise LimitExceeded(
            f"{path} has {count} streams; the limit is {limits.max_streams}.",
            "Raise max_streams in the settings, or extract the streams you need.",
        )
    if count == 0:
        raise UnsupportedMedia(
            f"{path} holds neither pictures nor sound.", "Check that it is the right file."
        )
    for stream in container.streams.video:
        context = stream.codec_context
        pixels = context.width * context.height if context is not None else 0
        if pixels > limits.max_pixels:
            raise LimitExceeded(
                f"{path} has pictures of {context.width}x{context.height} pixels; "
                f"the limit is {limits.max_pixels:,} pixels.",
                "Raise max_pixels in the settings, or scale the footage down.",
            )


def ffmpeg_binary() -> Path:
    """The ffmpeg program that the ``imageio-ffmpeg`` package carries.

    Raises:
        UnsupportedMedia: the package has none for this machine.
    """
    import imageio_ffmpeg

    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as exc:
        raise UnsupportedMedia(
            "No ffmpeg program was found.", "Install it with: pip install imageio-ffmpeg"
        ) from exc
