"""What is behind a character."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.avatar.characters import Character
from pipelines.avatar.options import COLORS, color_of
from pipelines.avatar.painting import own_backdrop
from studio.errors import RequestError
from studio.jobs.job import Job


def backdrop_of(
    background: str, who: Character, size_wh: tuple[int, int], job: Job
) -> tuple[NDArray[np.uint8] | None, dict[str, str]]:
    """The picture behind a character, and the digest of the file it comes from, by name.

    Args:
        background: as in ``Options``.
        who: the character.
        size_wh: of the picture.
        job: limits on what is read.

    Returns:
        uint8 ``(h, w, 3)``, None for the footage itself or nothing; a picture file covers the
        whole, its middle kept.

    Raises:
        MediaError: the picture cannot be read.
        RequestError: the background is no word, colour or file.
    """
    width, height = size_wh
    if background in ("keep", "transparent"):
        return None, {}
    if background == "own":
        return own_backdrop(who, size_wh), {}
    color = color_of(background)
    if color is not None:
        flat = np.empty((height, width, 3), np.uint8)
        flat[:] = tuple(bytes.fromhex(color[1:]))
        return flat, {}
    path = Path(background)
    if not path.suffix and not path.exists():
        raise RequestError(
            f"--background {background} is no word, colour or file.",
            f"Write own, keep, transparent, #rrggbb, {', '.join(COLORS)}, or a picture's name.",
        )
    import cv2

    from studio.media.probe import content_hash
    from studio.media.still import read_still

    picture = read_still(path, job.settings)
    scale = max(width / picture.shape[1], height / picture.shape[0])
    wide, high = (max(1, round(side * scale)) for side in picture.shape[1::-1])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    grown = cv2.resize(picture, (max(wide, width), max(high, height)), interpolation=how)
    left, top = (grown.shape[1] - width) // 2, (grown.shape[0] - height) // 2
    cut = np.ascontiguousarray(grown[top : top + height, left : left + width])
    return cut, {path.name: content_hash(path)}
