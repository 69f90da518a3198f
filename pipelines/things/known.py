"""The things a person wants to find again; pictures that are too plain are refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.things.matching import LEAST_POINTS, REFERENCE_PX, features_of
from pipelines.things.options import FOLDER
from pipelines.things.regions import off_ground
from studio.archive.references import References, clean
from studio.errors import RequestError
from studio.settings import Settings

_LEAST_SIDE_PX = 48
#: What fills more of its picture was not cut out of a ground.
_MOST_OF_PICTURE = 0.95
#: Longer side of what is kept: twice what is looked at today.
_KEPT_PX = 2 * REFERENCE_PX


def open_references(settings: Settings, path: Path | None) -> References:
    """The things, in the usual folder or another."""
    return References(path or settings.data_dir / FOLDER)


def is_plain(pixels: NDArray[np.uint8]) -> bool:
    """Whether local features of a reference give nothing to hold on to."""
    return len(features_of(pixels, reference=True).points) < LEAST_POINTS


def small_pictures(
    known: References, settings: Settings, side_px: int, most: int
) -> list[tuple[str, list[bytes]]]:
    """Each thing's name with small JPEG pictures of it, for a screen.

    Raises:
        RequestError: what is kept cannot be read.
        MediaError: a picture cannot.
    """
    from studio.media.image_io import jpeg_bytes
    from studio.media.still import read_still

    found: dict[str, list[bytes]] = {}
    for reference in known.all():
        mine = found.setdefault(reference.name, [])
        if len(mine) < most:
            pixels = read_still(reference.picture, settings)
            scale = side_px / max(pixels.shape[:2])
            wh = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
            mine.append(jpeg_bytes(cv2.resize(pixels, wh, interpolation=cv2.INTER_AREA)))
    return list(found.items())


def add_pictures(
    known: References, name: str, pictures: Sequence[Path], settings: Settings
) -> tuple[str, ...]:
    """Remember a thing from pictures that show it and little else; all or none. One without a
    pattern has to stand before a plain ground, from which it can be cut out.

    Returns:
        What a user should know.

    Raises:
        MediaError: a file is no picture.
        RequestError: a picture is too small or too plain to be found again.
    """
    from studio.media.image_io import jpeg_bytes
    from studio.media.still import read_still

    clean(name)
    if not pictures:
        raise RequestError("No picture was given.", f"studio things add {name!r} PICTURE")
    notes: list[str] = []
    ready = []
    for path in pictures:
        pixels = read_still(path, settings)
        height, width = pixels.shape[:2]
        if min(height, width) < _LEAST_SIDE_PX:
            raise RequestError(
                f"{path.name} is {width}x{height} pixels.",
                f"Give a picture of at least {_LEAST_SIDE_PX} pixels a side.",
            )
        if is_plain(pixels):
            if off_ground(pixels).mean() > _MOST_OF_PICTURE:
                raise RequestError(
                    f"{path.name} shows too little to hold on to: it has no pattern, and nothing "
                    "stands out from the ground.",
                    "Give a sharp picture of the thing with its pattern, sign or lettering, or of "
                    "a plain thing before a plain ground of another colour.",
                )
            notes.append(
                f"{path.name} has no pattern: it is looked for by its shape, colours and look, "
                "and another of its kind may be taken for it."
            )
        scale = min(1.0, _KEPT_PX / max(height, width))
        wh = (round(width * scale), round(height * scale))
        ready.append((jpeg_bytes(cv2.resize(pixels, wh, interpolation=cv2.INTER_AREA), 95), path))
    for jpeg, path in ready:
        if not known.add(name, jpeg, path):
            notes.append(f"{path.name} was there already.")
    return tuple(notes)
