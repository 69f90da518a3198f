"""What a library shows of a piece of footage: a poster, a strip to scrub, a proxy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.errors import MediaError
from studio.jobs.job import Job
from studio.media.writer import write_beside
from studio.types.media import FrameTimes, MediaInfo

Made = tuple[dict[str, Path], dict[str, Any], Sequence[str]]

#: Pictures in a strip, and the height of each; a poster is as high as the second.
STRIP_PICTURES = 12
_STRIP_LINES, _POSTER_LINES = 108, 270


def look(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Draw ``poster.jpg`` and ``strip.jpg`` of each file, in a folder by its content:
    :data:`STRIP_PICTURES` pictures side by side, evenly over the film. A sound file has neither;
    one that cannot be read is told of, and the others go on."""
    notes: list[str] = []
    drawn = 0
    for n, path in enumerate(sources):
        job.report("strip", n / len(sources), path.name)
        try:
            drawn += _drawn(path, out, job)
        except MediaError as exc:
            notes.append(f"{path.name}: {exc.message}")
    return {}, {"drawn": drawn}, notes


def _drawn(path: Path, top: Path, job: Job) -> bool:
    from studio.media.image_io import jpeg_bytes
    from studio.media.probe import frame_times, probe

    info = probe(path, job.settings)
    if info.video is None:
        return False
    out = top / info.content_hash[:40]
    out.mkdir(parents=True, exist_ok=True)
    times = frame_times(info, job.settings)
    pictures = []
    for n in range(STRIP_PICTURES):
        job.check()
        at = (2 * n + 1) * len(times) // (2 * STRIP_PICTURES)
        pictures.append(_picture(info, times, at))
    poster = max(pictures, key=_merit)
    strip = np.concatenate([_scaled(rgb, _STRIP_LINES) for rgb in pictures], axis=1)
    for name, rgb in (("poster", _scaled(poster, _POSTER_LINES)), ("strip", strip)):
        with write_beside(out / f"{name}.jpg") as beside:
            beside.write_bytes(jpeg_bytes(rgb, 84))
    return True


def proxy(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Make the film's proxy in the cache."""
    from studio.media.probe import probe
    from studio.media.proxy import make_proxy, proxy_path

    info = probe(sources[0], job.settings)
    path = proxy_path(job.settings, info.content_hash)
    notes: Sequence[str] = ()
    if not path.exists():
        notes = make_proxy(
            info,
            path,
            job.settings,
            on_progress=lambda share: job.report("proxy", share, info.path.name),
            check=job.check,
        )
    return {"proxy": path}, {}, notes


def _picture(info: MediaInfo, times: FrameTimes, number: int) -> NDArray[np.uint8]:
    """A frame, upright; black where it cannot be decoded."""
    from studio.media.picture_conform import Conform
    from studio.media.proxy import proxy_wh
    from studio.media.reader import decode_range

    assert info.video is not None
    width, height = proxy_wh(info.video.display_wh, _POSTER_LINES)
    conform = Conform(info.video, (width, height))
    for _, frame in decode_range(info, times, number, number + 1):
        return np.asarray(conform(frame, 0).to_ndarray(format="rgb24"), np.uint8)
    return np.zeros((height, width, 3), np.uint8)


def _scaled(rgb: NDArray[np.uint8], lines: int) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    wh = (max(1, round(width * lines / height)), lines)
    return np.asarray(cv2.resize(rgb, wh, interpolation=cv2.INTER_AREA), np.uint8)


def _merit(rgb: NDArray[np.uint8]) -> float:
    """A poster is neither black nor white nor flat: spread of lightness, and of detail."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    detail = float(cv2.Laplacian(grey, cv2.CV_32F).std())
    return float(grey.std()) + 0.5 * detail - abs(float(grey.mean()) - 118) / 4
