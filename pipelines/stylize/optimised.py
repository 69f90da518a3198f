"""A photo painted by optimisation, as Gatys, Ecker and Bethge 2016 do: slow, and what the quick
networks are held against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.stylize.looks import PictureLook
from pipelines.stylize.options import Options
from studio.errors import RequestError
from studio.jobs.job import Job

#: The longer side that is optimised; a larger photo gets its finer detail from the photo.
WORK_PX = 512
_MEGAPIXEL = 1e6


@dataclass(frozen=True)
class Optimised:
    """A photo that was painted.

    Attributes:
        rgb: uint8 ``(h, w, 3)``.
        losses: of each tenth of the steps, content, style and variation.
        model: whose layers were compared.
        notes: what a user should know.
    """

    rgb: NDArray[np.uint8]
    losses: tuple[tuple[float, float, float], ...]
    model: str
    notes: tuple[str, ...]


def optimise(rgb: NDArray[np.uint8], look: PictureLook, options: Options, job: Job) -> Optimised:
    """Paint a photo in the manner of a picture.

    Args:
        rgb: uint8 ``(h, w, 3)``.
        look: one picture.
        options: ``steps`` and ``seed``.

    Raises:
        RequestError: the look blends several pictures.
    """
    import cv2

    from studio.adapters import picture_features
    from studio.learn.gatys import paint
    from studio.media.still import read_still

    if len(look.pictures) != 1:
        raise RequestError("--method gatys takes one picture.", "Give one: --look PICTURE")
    style = _within(read_still(look.pictures[0][0], job.settings), WORK_PX)
    height, width = rgb.shape[:2]
    small = _within(rgb, WORK_PX)
    pixels = small.shape[0] * small.shape[1]
    with job.pool.lease(picture_features.SPEC, units=pixels / _MEGAPIXEL) as net:
        made, losses = paint(
            net.maps,
            small,
            style,
            steps=options.steps,
            seed=options.seed,
            device=net.device.torch_name,
            on_step=lambda n: job.report("paint", n / options.steps, f"step {n}"),
        )
    notes = [
        "The layers compared are those of EfficientNet-Lite0, which is here; the method's authors "
        "took VGG, which no package carries."
    ]
    if small.shape != rgb.shape:
        made = cv2.resize(made, (width, height), interpolation=cv2.INTER_CUBIC)
        notes.append(
            f"It was painted at {small.shape[1]}x{small.shape[0]} and made larger afterwards."
        )
    return Optimised(made, losses, picture_features.SPEC.key, tuple(notes))


def _within(rgb: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    import cv2

    scale = side_px / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    wh = (max(32, round(rgb.shape[1] * scale)), max(32, round(rgb.shape[0] * scale)))
    made: NDArray[np.uint8] = cv2.resize(rgb, wh, interpolation=cv2.INTER_AREA)
    return made
