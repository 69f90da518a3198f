"""What stands behind the people: blurred, a picture, or the green of a studio."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.filter.drawing import Rgb

#: Raised whenever the same mattes would give other pixels.
BACKGROUND_VERSION = 2
GREEN = (0, 177, 64)
#: Where a pixel is so much of a person it is left as it is.
_WHOLE, _NOTHING = 0.97, 0.03


def behind(rgb: Rgb, matte: NDArray[np.float32], sigma_px: float) -> Any:
    """The background alone, blurred, as if the people were not there.

    Args:
        rgb: uint8 or uint16 ``(h, w, 3)``.
        matte: float32 ``(h, w)``.
        sigma_px: of the blur.

    Returns:
        Of the kind of ``rgb``. What people hide is what stands around them.
    """
    height, width = rgb.shape[:2]
    shrink = max(1, min(int(sigma_px / 2), 8))
    wh = (max(1, width // shrink), max(1, height // shrink))
    # Whole squares of pixels become one, which is quick; less than a square is left out.
    whole = np.s_[: wh[1] * shrink, : wh[0] * shrink]
    small: Any = cv2.resize(rgb[whole], wh, interpolation=cv2.INTER_AREA).astype(np.float32)
    share = 1 - np.asarray(cv2.resize(matte[whole], wh, interpolation=cv2.INTER_AREA))
    share = np.maximum(share, 1e-4) ** 2  # what is half a person counts little
    sigma = sigma_px / shrink
    blurred = cv2.GaussianBlur(small * share[..., None], (0, 0), sigma)
    weight = cv2.GaussianBlur(share, (0, 0), sigma)
    # Deep inside a person there is nothing near to take: a much wider blur stands in.
    wide = 4 * sigma
    wider = cv2.GaussianBlur(small * share[..., None], (0, 0), wide)
    wide_weight = cv2.GaussianBlur(share, (0, 0), wide)
    lack = np.clip(0.02 - weight, 0, 0.02)
    made = (blurred + lack[..., None] * (wider / np.maximum(wide_weight, 1e-6)[..., None])) / (
        weight + lack
    )[..., None]
    limit = 255 if rgb.dtype == np.uint8 else 65535
    levels = np.clip(made + 0.5, 0, limit).astype(rgb.dtype)
    return cv2.resize(levels, (width, height), interpolation=cv2.INTER_LINEAR)


def laid_before(rgb: Rgb, matte: NDArray[np.float32], ground: Rgb, old: Rgb | None) -> Rgb:
    """The people of a picture before another background.

    Args:
        rgb: uint8 or uint16 ``(h, w, 3)``; may be written to.
        matte: float32 ``(h, w)``.
        ground: of the same shape and kind.
        old: an estimate of the old background, to be taken out of what is half a person; None
            where the new one looks like it.

    Returns:
        The picture that was written to, or another.
    """
    made = np.ascontiguousarray(rgb)
    # Most pixels are wholly the one or the other: only those along the edges are mixed.
    edge = np.flatnonzero(cv2.inRange(matte, _NOTHING, _WHOLE).view(np.bool_))

    def along(picture: Rgb) -> NDArray[np.float32]:
        return picture.reshape(-1, 3).take(edge, axis=0).astype(np.float32)

    share = matte.reshape(-1).take(edge)[:, None]
    seen, behind_it = along(made), along(ground)
    if old is not None:
        seen += (1 - share) * (seen - along(old)) / np.maximum(share, 0.35)
    mixed = behind_it + share * (seen - behind_it)
    cv2.copyTo(ground, cv2.compare(matte, _NOTHING, cv2.CMP_LT), made)
    limit = 255 if rgb.dtype == np.uint8 else 65535
    made.reshape(-1, 3)[edge] = np.clip(mixed + 0.5, 0, limit).astype(rgb.dtype)
    return made


def covering(picture: NDArray[np.uint8], wh: tuple[int, int], deep: bool) -> Rgb:
    """A picture cut and scaled so that it fills a frame: of its kind, ``(h, w, 3)``."""
    width, height = wh
    scale = max(width / picture.shape[1], height / picture.shape[0])
    across, down = round(width / scale), round(height / scale)
    left, top = (picture.shape[1] - across) // 2, (picture.shape[0] - down) // 2
    piece = picture[max(top, 0) : max(top, 0) + down, max(left, 0) : max(left, 0) + across]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    made: Rgb = cv2.resize(piece, wh, interpolation=how)
    return made.astype(np.uint16) * np.uint16(257) if deep else made


def studio_green(rgb: Rgb) -> Rgb:
    """A frame of :data:`GREEN`."""
    made: Rgb = np.empty_like(rgb)
    made[:] = np.array(GREEN, np.uint16) * (1 if rgb.dtype == np.uint8 else 257)
    return made
