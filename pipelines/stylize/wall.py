"""Every look on one picture of the user's own footage, and one picture before and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.stylize.grades import GRADES
from pipelines.stylize.looks import STYLE_NAMES, parse_look
from pipelines.stylize.options import Options
from pipelines.stylize.preparing import read_materials
from pipelines.stylize.result import StylizePlan
from pipelines.stylize.still import is_still, laid_over
from studio.errors import DecodeFailed, RequestError
from studio.jobs.job import Job


@dataclass(frozen=True)
class Swatch:
    """A look as it looks.

    Attributes:
        name: as ``--look`` takes it.
        painted: whether a network paints it; else it is a grade.
        rgb: uint8 ``(h, w, 3)``.
    """

    name: str
    painted: bool
    rgb: NDArray[np.uint8]


def middle_picture(path: Path, job: Job, side_px: int = 0) -> NDArray[np.uint8]:
    """The picture in the middle of a film, or a photo: uint8 ``(h, w, 3)``.

    Args:
        path: of the film or the photo.
        job: settings.
        side_px: longest side; 0 as it is.

    Raises:
        MediaError: it cannot be opened or decoded.
        RequestError: it has no picture.
    """
    from studio.media.still import read_still

    rgb = read_still(path, job.settings) if is_still(path) else _of_film(path, job)
    scale = side_px / max(rgb.shape[:2]) if side_px else 1.0
    if scale < 1:
        wh = tuple(max(1, round(side * scale)) for side in (rgb.shape[1], rgb.shape[0]))
        rgb = cv2.resize(rgb, wh, interpolation=cv2.INTER_AREA)
    return rgb


def _of_film(path: Path, job: Job) -> NDArray[np.uint8]:
    from studio.media.probe import frame_times, probe
    from studio.media.reader import decode_range
    from studio.media.rgb_film import RgbConverter

    info = probe(path, job.settings)
    if info.video is None:
        raise RequestError(f"{path.name} has no picture.", "Give footage with a picture.")
    times = frame_times(info, job.settings)
    convert, middle = RgbConverter(info.video), len(times) // 2
    for _, frame in decode_range(info, times, middle, len(times)):
        rgb = convert(frame)
        return np.array(rgb if rgb.dtype == np.uint8 else (rgb >> 8).astype(np.uint8))
    raise DecodeFailed(
        f"No picture from the middle of {path.name} can be decoded.",
        "The file is damaged there; copy it again from its source.",
    )


def swatches(rgb: NDArray[np.uint8], job: Job) -> Iterator[Swatch]:
    """Each look of the studio's own over one picture, at full strength.

    Args:
        rgb: uint8 ``(h, w, 3)``; painted at its own size, so a small one is quick.
        job: models, progress.
    """
    names = [*STYLE_NAMES, *GRADES]
    for number, name in enumerate(names):
        job.report("wall", number / len(names))
        made = over(rgb, Options(Path(), (name,), strength=1.0), job)
        yield Swatch(name, name in STYLE_NAMES, made)
    job.report("wall", 1.0)


def over(rgb: NDArray[np.uint8], options: Options, job: Job) -> NDArray[np.uint8]:
    """Looks over one picture, in native resolution: uint8 ``(h, w, 3)``.

    Raises:
        RequestError, MediaError: a look cannot be used.
    """
    looks = tuple(parse_look(text) for text in options.looks)
    plan = StylizePlan("", (rgb.shape[1], rgb.shape[0]), 1, 1, looks)
    quiet = replace(options, preview_s=0.0)
    return laid_over(rgb, read_materials(looks, job), quiet, job, plan)[0]
