"""A film of pictures that come from a plan, not from footage: stretch by stretch, kept by content.

Each stretch is encoded to a file that is named after everything that decides its pixels. The
files stay in their folder: a film of which one stretch changed costs that stretch, and one that
was killed goes on from what is finished.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from studio.errors import Cancelled, EncodeFailed
from studio.media.encoder import PictureFormat, encode_picture, frames_in, join
from studio.media.picture_conform import planes_of
from studio.media.work_folder import held, run_together
from studio.media.writer import write_beside

#: Raised whenever the same pictures would be encoded otherwise.
COMPOSED_VERSION = 1
_PICTURE_SHARE = 0.95  # of the progress bar


@dataclass(frozen=True)
class Piece:
    """One stretch of a film.

    Attributes:
        digest: hexadecimal, of all that decides its pixels.
        frames: how many there are.
        draw: makes them: uint8 ``(h, w, 3)`` RGB, each looked at before the next is drawn.
    """

    digest: str
    frames: int
    draw: Callable[[], Iterator[NDArray[np.uint8]]]


@dataclass(frozen=True)
class ComposedReport:
    """What was made.

    Attributes:
        seconds: wall time.
        frames: pictures in the film.
        pieces, kept: stretches, and those of them that were there already.
    """

    seconds: float
    frames: int
    pieces: int
    kept: int


def compose_film(
    pieces: Sequence[Piece],
    sound: Callable[[Path], Any],
    out: Path,
    parts: Path,
    form: PictureFormat,
    *,
    title: str = "",
    metadata: Mapping[str, str] | None = None,
    workers: int = 1,
    finish: Callable[[Path], Any] | None = None,
    on_progress: Callable[[float, str], None] | None = None,
    check: Callable[[], None] | None = None,
) -> ComposedReport:
    """Draw what is missing, join all with its sound, write it as MP4 with its index in front.

    Args:
        pieces: in order; equal digests are drawn once.
        sound: writes the sound of the whole film to a path it is given, by
            :func:`~studio.media.encoder.encode_sound`.
        out: the film; it appears whole or not at all.
        parts: folder of the stretches; those that this film does not have are removed at the end.
        form: how pictures are encoded.
        title: of the film.
        metadata: further tags of the film.
        workers: stretches in the making at once.
        finish: changes the joined file before it takes its name: checks, marks, signs it.
        on_progress: called with a share from 0 to 1 and words, on the caller's thread.
        check: called several times a second on the caller's thread; what it raises ends the
            work, which a later call resumes.

    Raises:
        RequestError: somebody else is at work in ``parts``.
        EncodeFailed: something cannot be written.
    """
    started = time.perf_counter()
    out, parts = out.absolute(), parts.absolute()
    paths = [parts / f"segment-{piece.digest}.mp4" for piece in pieces]
    total, stop = sum(piece.frames for piece in pieces), Event()
    done = [0] * len(pieces)
    with held(parts, out):
        missing: dict[Path, int] = {}
        kept = 0
        for number, (piece, path) in enumerate(zip(pieces, paths, strict=True)):
            if path in missing or frames_in(path) == piece.frames:
                done[number] = piece.frames
                kept += path not in missing
            else:
                missing[path] = number
        begun_with = sum(done)

        def encode(number: int) -> None:
            def frames() -> Iterator[VideoFrame]:
                for rgb in pieces[number].draw():
                    if stop.is_set():
                        raise Cancelled()
                    yield coded(rgb)
                    done[number] += 1

            count = encode_picture(paths[number], frames(), form)
            if count != pieces[number].frames:
                raise EncodeFailed(
                    f"A stretch has {count} pictures instead of {pieces[number].frames}.",
                    "Run it again; if it happens again, report it.",
                )

        def tick() -> None:
            if check is not None:
                check()
            if on_progress is not None:
                now = sum(done)
                spent, made = time.perf_counter() - started, now - begun_with
                left = f", {spent / made * (total - now):.0f} s left" if made > 50 else ""
                on_progress(_PICTURE_SHARE * now / total, f"picture {now} of {total}{left}")

        heard = parts / "sound-0.mp4"
        # The longest first: none of them should be left to run alone at the end.
        order = sorted(missing.values(), key=lambda n: -pieces[n].frames)
        tasks: list[Callable[[], Any]] = [partial(sound, heard)]
        run_together([*tasks, *(partial(encode, n) for n in order)], workers, stop, tick)
        if on_progress is not None:
            on_progress(_PICTURE_SHARE, "joining picture and sound")
        with write_beside(out) as beside:
            join(beside, paths, heard, form.rate, title, metadata)
            if finish is not None:
                finish(beside)
        used = {path.name for path in paths}
        for path in parts.glob("segment-*.mp4"):
            if path.name not in used:
                path.unlink(missing_ok=True)
        heard.unlink(missing_ok=True)
    if on_progress is not None:
        on_progress(1.0, "done")
    return ComposedReport(time.perf_counter() - started, total, len(pieces), kept)


#: Full-range R'G'B' to limited-range Y'CbCr of BT.709, all of 8 bits.
_TO_YUV = np.array(
    [
        [0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16],
        [-0.2126 / 1.8556 * 224 / 255, -0.7152 / 1.8556 * 224 / 255, 0.5 * 224 / 255, 128],
        [0.5 * 224 / 255, -0.7152 / 1.5748 * 224 / 255, -0.0722 / 1.5748 * 224 / 255, 128],
    ],
    np.float32,
)


def coded(rgb: NDArray[np.uint8]) -> VideoFrame:
    """A picture as ``yuv420p`` in BT.709, limited range.

    OpenCV's matrix product takes a tenth of the time of FFmpeg's scaler; chroma is the mean of
    four pixels.

    Args:
        rgb: uint8 ``(h, w, 3)``, sides even.
    """
    height, width = rgb.shape[:2]
    frame = av.VideoFrame(width, height, "yuv420p")
    luma, *chroma = planes_of(frame)
    whole = cv2.transform(rgb, _TO_YUV)
    luma[...] = whole[..., 0]
    half = cv2.resize(whole, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    for plane, channel in zip(chroma, (1, 2), strict=True):
        plane[...] = half[..., channel]
    return frame
