"""Filters on one picture of the user's own footage, to choose by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.filter.covers import Cover
from pipelines.filter.preparing import read_inputs, stack_of
from pipelines.filter.specs import GLASSES, HATS, MAKEUP, MASKS, Anonymise, parse_specs
from pipelines.filter.stack import FilterPass
from pipelines.stylize.canvas import Footage
from pipelines.stylize.wall import middle_picture
from studio.adapters import mtcnn
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.shot import Shot, TransitionKind

Picture = NDArray[np.uint8]
#: What is offered, in groups.
OFFERED: Mapping[str, tuple[str, ...]] = {
    "background": ("background:blur=20", "background:green"),
    "hide": ("anonymise:blur", "anonymise:pixelate", "anonymise:drawn"),
    "worn": (
        *(f"glasses:{name}" for name in GLASSES),
        *(f"hat:{name}" for name in HATS),
        *(f"mask:{name}" for name in MASKS),
    ),
    "face": (*(f"makeup:{name}" for name in MAKEUP), "eyes:bigger=0.2", "face:slim=0.2"),
}
#: How much further than a face's box its cover reaches on each side.
_AROUND = 0.25


def over(path: Path, texts: tuple[str, ...], job: Job) -> tuple[Picture, Picture]:
    """The picture in the middle of a film without and with filters, uint8 ``(h, w, 3)``.

    Of ``anonymise`` everyone is covered: whose faces they are takes a look at the whole film.

    Raises:
        RequestError, MediaError: a filter cannot be understood, or the film not be used.
    """
    rgb = middle_picture(path, job)
    return rgb, _filtered(path, rgb, texts, job)


def swatches(path: Path, job: Job, side_px: int) -> Iterator[tuple[str, str, Picture]]:
    """Every filter offered on the film's middle picture: group, name and picture.

    Args:
        path: of the film.
        job: models, progress.
        side_px: longest side of the pictures.
    """
    rgb = middle_picture(path, job)
    scale = min(1.0, side_px / max(rgb.shape[:2]))
    wh = (round(rgb.shape[1] * scale), round(rgb.shape[0] * scale))
    names = [(group, text) for group, texts in OFFERED.items() for text in texts]
    for number, (group, text) in enumerate(names):
        job.report("wall", number / len(names))
        made = _filtered(path, rgb, (text,), job)
        yield group, text, cv2.resize(made, wh, interpolation=cv2.INTER_AREA)


def _filtered(path: Path, rgb: Picture, texts: tuple[str, ...], job: Job) -> Picture:
    from studio.media.probe import frame_times, probe

    inputs = read_inputs(parse_specs(texts), job)
    info = probe(path, job.settings)
    if info.video is None:
        raise RequestError(f"{path.name} has no picture.", "Give footage with a picture.")
    times = frame_times(info, job.settings)
    count = len(times)
    whole = Shot(0, count, times.start(0), times.start(count), TransitionKind.START, 0, count)
    covers = {
        place: {0: _covers(rgb, job)}
        for place, spec in enumerate(inputs.specs)
        if isinstance(spec, Anonymise)
    }
    with stack_of(inputs, Footage(info, times, (whole,)), covers, 1, job) as stack:
        return np.array(FilterPass(stack)(rgb, 0))


def _covers(rgb: Picture, job: Job) -> tuple[Cover, ...]:
    with job.pool.lease(mtcnn.SPEC) as detector:
        shares = detector.detect(rgb[None]).xyxy
    height, width = rgb.shape[:2]
    boxes = shares * np.array([width, height, width, height], np.float32)
    wide = (boxes[:, 2:] - boxes[:, :2]) * _AROUND
    grown = np.concatenate([boxes[:, :2] - wide, boxes[:, 2:] + wide], axis=1)
    found = [[float(value) for value in box] for box in grown]
    return tuple(Cover((left, top, right, bottom)) for left, top, right, bottom in found)
