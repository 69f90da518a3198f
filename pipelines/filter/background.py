"""What stands behind the people: blurred, a picture, or the green of a studio."""

from __future__ import annotations

from math import gcd
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.filter.drawing import Rgb

#: Raised whenever the same mattes would give other pixels.
BACKGROUND_VERSION = 4
GREEN = (0, 177, 64)
#: Share of person, of 255, from which a pixel is left as it is, and up to which it is replaced.
_WHOLE, _NOTHING = 248, 7
_SHARES = np.arange(256, dtype=np.float32) / 255
#: What a pixel counts by its share of person, and how much of the old background is taken out
#: of it: none of what is wholly the one or the other.
_MIXED = (np.arange(256) > _NOTHING) & (np.arange(256) < _WHOLE)
_SHOWN = np.where(_MIXED, _SHARES, np.arange(256) >= _WHOLE).astype(np.float32)
_CLEARED = (_MIXED * _SHARES * (1 - _SHARES) / np.maximum(_SHARES, 0.35)).astype(np.float32)
#: Pixels in a row that are mixed together: taken and put as one.
_RUN = 8
#: How much wider the blur is that fills the middle of people.
_WIDER = 4


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
    share: Any = 1 - np.asarray(cv2.resize(matte[whole], wh, interpolation=cv2.INTER_AREA))
    share = np.maximum(share, 1e-4) ** 2  # what is half a person counts little
    weighed = cv2.merge([*(plane * share for plane in cv2.split(small)), share])
    sigma = sigma_px / shrink
    blurred = cv2.GaussianBlur(weighed, (0, 0), sigma)
    # Deep inside a person there is nothing near to take: a blur four times as wide stands in.
    few = (max(1, wh[0] // _WIDER), max(1, wh[1] // _WIDER))
    wider = cv2.resize(weighed, few, interpolation=cv2.INTER_AREA)
    wider = cv2.resize(cv2.GaussianBlur(wider, (0, 0), sigma), wh)
    lack = np.clip(0.02 - blurred[..., 3:], 0, 0.02)
    lend = lack / np.maximum(wider[..., 3:], 1e-6)
    made = (blurred[..., :3] + lend * wider[..., :3]) / (blurred[..., 3:] + lack)
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
    # Most pixels are wholly the one or the other: only those along the edges are mixed, and
    # what stands in one run of eight with them.
    levels = cv2.convertScaleAbs(matte, alpha=255)
    edges = cv2.inRange(levels, _NOTHING + 1, _WHOLE - 1)
    run = gcd(_RUN, levels.size)
    places = np.flatnonzero(edges.reshape(-1).view(f"u{run}"))
    if not len(places):
        cv2.copyTo(ground, cv2.compare(levels, _NOTHING, cv2.CMP_LE), made)
        return made
    pixels = np.dtype((np.void, 3 * made.itemsize * run))

    def along(picture: Rgb) -> Rgb:
        taken = np.ascontiguousarray(picture).reshape(-1).view(pixels).take(places)
        return taken.view(made.dtype).reshape(-1, 1, 3)

    level = levels.reshape(-1).view(f"u{run}").take(places).view(np.uint8)[:, None]
    level = cv2.merge([level] * 3)
    here, there = along(made), along(ground)
    mixed = cv2.multiply(cv2.LUT(level, _SHOWN), cv2.subtract(here, there, dtype=cv2.CV_32F))
    if old is not None:
        stained = cv2.subtract(here, along(old), dtype=cv2.CV_32F)
        mixed = cv2.add(mixed, cv2.multiply(cv2.LUT(level, _CLEARED), stained))
    kind = cv2.CV_8U if made.dtype == np.uint8 else cv2.CV_16U
    rounded: Rgb = cv2.add(mixed, there, dtype=kind)
    cv2.copyTo(ground, cv2.compare(levels, _NOTHING, cv2.CMP_LE), made)
    made.reshape(-1).view(pixels)[places] = rounded.reshape(-1).view(pixels)
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
