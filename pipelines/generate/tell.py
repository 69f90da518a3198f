"""Pictures told by few numbers: drawn from them, moved along them, and photos told again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.adapters import mtcnn, vae_faces
from studio.adapters.vae_faces import PictureCoder
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.models.spec import ModelSpec

#: How far a slider goes either way, in standard deviations.
SLIDER_END = 3.0
#: Columns of a traversal.
_COLUMNS = 7
#: Where MTCNN finds the face on the pictures that the studio's own network was trained on,
#: medians over 97 of them: middle across, middle down and height, in shares of the side.
_FACE_X, _FACE_Y, _FACE_HEIGHT = 30.5 / 64, 37.2 / 64, 58.1 / 64

Latents = NDArray[np.float32]
Pixels = NDArray[np.uint8]


def coder_spec(net: Path | None) -> ModelSpec[PictureCoder]:
    """The studio's own autoencoder, or that of a file."""
    return vae_faces.spec_of(net) if net is not None else vae_faces.SPEC


@dataclass(frozen=True)
class Sliders:
    """What sliders a network has, those first that change most.

    Attributes:
        count: how many.
        end: how far each goes either way.
        start: where each stands: at 0, or where a photo puts it.
    """

    count: int
    end: float
    start: tuple[float, ...]


def sliders_of(job: Job, *, net: Path | None = None, photo: Path | None = None) -> Sliders:
    """The sliders of a network.

    Args:
        job: pool and settings.
        net: a file of ``studio train vae``; the studio's own where not given.
        photo: whose face they begin with.

    Raises:
        MediaError, RequestError: no face can be read from the photo.
        ModelError: the network cannot be loaded or run.
    """
    face = face_of(photo, net, job) if photo is not None else None
    with job.pool.lease(coder_spec(net)) as coder:
        start = np.zeros(coder.latent, np.float32)
        if face is not None:
            start = coder.tell(sized(face, coder.side_px)[None])[0][0]
        return Sliders(coder.latent, SLIDER_END, tuple(float(v) for v in start))


def slider_picture(values: Sequence[float], job: Job, *, net: Path | None = None) -> Pixels:
    """The picture where sliders stand so: uint8 ``(side, side, 3)``.

    Args:
        values: of the first sliders, in the order of :class:`Sliders`; the rest stand at 0.
        job: pool and settings.
        net: as in :func:`sliders_of`.

    Raises:
        RequestError: more values than sliders.
        ModelError: the network cannot be loaded or run.
    """
    with job.pool.lease(coder_spec(net)) as coder:
        picture: Pixels = coder.draw(placed(enumerate(values), coder)[None])[0]
        return picture


def placed(sliders: Iterable[tuple[int, float]], coder: PictureCoder) -> Latents:
    """Latents where sliders stand at values, ``(latent,)``."""
    latents = np.zeros(coder.latent, np.float32)
    for number, value in sliders:
        if not 0 <= number < coder.latent:
            raise RequestError(
                f"there is no slider {number}", f"There are 0 to {coder.latent - 1}."
            )
        latents[number] = value
    return latents


def traversals(coder: PictureCoder, rows: int, start: Latents) -> Pixels:
    """Each of the first sliders through its range, a row each: ``(rows * 7, side, side, 3)``."""
    rows = min(rows, coder.latent)
    latents = np.tile(start, (rows * _COLUMNS, 1))
    for row in range(rows):
        at = slice(row * _COLUMNS, (row + 1) * _COLUMNS)
        latents[at, row] = np.linspace(-SLIDER_END, SLIDER_END, _COLUMNS)
    return coder.draw(latents)


def face_of(photo: Path, net: Path | None, job: Job) -> Pixels:
    """What of a photo is told: the largest face, framed as the network learnt faces; the middle
    square for a network of the user's.

    Raises:
        MediaError: the photo cannot be read.
        RequestError: there is no face on it.
    """
    from studio.learn.pictures import square
    from studio.media.still import read_still

    picture = read_still(photo, job.settings)
    if net is not None:
        return square(picture, min(picture.shape[:2]))
    with job.pool.lease(mtcnn.SPEC) as detector:
        found = detector.detect(picture[None])
    if not len(found.xyxy):
        raise RequestError(f"No face was found on {photo.name}.", "Give a picture of a face.")
    height, width = picture.shape[:2]
    boxes = found.xyxy * np.array([width, height, width, height], np.float32)
    left, top, right, bottom = boxes[(boxes[:, 3] - boxes[:, 1]).argmax()]
    side = (bottom - top) / _FACE_HEIGHT
    x, y = (left + right) / 2 - _FACE_X * side, (top + bottom) / 2 - _FACE_Y * side
    rows = np.clip(np.arange(round(y), round(y + side)), 0, height - 1)
    columns = np.clip(np.arange(round(x), round(x + side)), 0, width - 1)
    return np.ascontiguousarray(picture[rows[:, None], columns[None]])


def sized(picture: Pixels, side_px: int) -> Pixels:
    """A square picture, scaled."""
    from studio.learn.pictures import square

    return square(picture, side_px)
