"""The things a person wants to find again; pictures that are too plain are refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2

from pipelines.things.matching import LEAST_POINTS, REFERENCE_PX, features_of
from pipelines.things.options import FOLDER
from studio.archive.references import References, clean
from studio.errors import RequestError
from studio.settings import Settings

_LEAST_SIDE_PX = 48
#: Longer side of what is kept: twice what is looked at today.
_KEPT_PX = 2 * REFERENCE_PX


def open_references(settings: Settings, path: Path | None) -> References:
    """The things, in the usual folder or another."""
    return References(path or settings.data_dir / FOLDER)


def add_pictures(
    known: References, name: str, pictures: Sequence[Path], settings: Settings
) -> tuple[str, ...]:
    """Remember a thing from pictures that show it and little else; all or none.

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
    ready = []
    for path in pictures:
        pixels = read_still(path, settings)
        height, width = pixels.shape[:2]
        if min(height, width) < _LEAST_SIDE_PX:
            raise RequestError(
                f"{path.name} is {width}x{height} pixels.",
                f"Give a picture of at least {_LEAST_SIDE_PX} pixels a side.",
            )
        found = len(features_of(pixels, reference=True).points)
        if found < LEAST_POINTS:
            raise RequestError(
                f"{path.name} shows too little to hold on to: {found} points, {LEAST_POINTS} are "
                "needed.",
                "Give a sharp picture of the thing with its pattern, sign or lettering.",
            )
        scale = min(1.0, _KEPT_PX / max(height, width))
        wh = (round(width * scale), round(height * scale))
        ready.append((jpeg_bytes(cv2.resize(pixels, wh, interpolation=cv2.INTER_AREA), 95), path))
    return tuple(
        f"{path.name} was there already." for jpeg, path in ready if not known.add(name, jpeg, path)
    )
