"""Films of pictures that were made, not shot."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.media.encoder import PictureFormat, picture_stream, write_errors, writing_mp4
from studio.media.film_mark import FilmMark
from studio.media.rgb_coder import RgbCoder
from studio.media.writer import write_beside
from studio.types.timecode import FrameRate


def write_film(
    path: Path,
    pictures: Iterable[NDArray[np.uint8]],
    size_wh: tuple[int, int],
    rate: FrameRate,
    *,
    threads: int,
    mark: FilmMark | None = None,
) -> None:
    """Write pictures as H.264 in BT.709, without sound, with the index in front.

    Args:
        path: ``….mp4``; it appears whole or not at all.
        pictures: uint8 ``(h, w, 3)`` RGB of one size, taken as they are encoded.
        size_wh: of them, even.
        rate: frames a second.
        threads: of the encoder.
        mark: what made it.

    Raises:
        EncodeFailed: it cannot be written.
    """
    form, code = PictureFormat(size_wh, rate, threads), RgbCoder("yuv420p", size_wh)
    with (
        write_beside(path) as beside,
        writing_mp4(beside, movflags="+faststart") as container,
        write_errors(path),
    ):
        container.metadata.update(mark.to_metadata() if mark else {})
        stream: Any = picture_stream(container, form)
        for number, picture in enumerate(pictures):
            frame = code(picture)
            frame.pts, frame.time_base = number, 1 / rate.fps
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
