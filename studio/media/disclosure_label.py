"""The label and the watermark that say what a picture is, drawn into it and found in it again.

The label is an opaque plate with a light rim, so that it reads alike over black, white and
anything between. Its capitals stand at least 2.4 % of the frame's shorter side high (26 px at
1080 lines), and never under 11 px. It lies 5 % inside the frame's edges, 7 % below the top of an
upright frame, where telephones lay their own signs.

The watermark is drawn across the whole picture, light letters with dark rims, so that it shows on
any ground and no crop leaves it out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import atan2, ceil, degrees, hypot
from typing import TYPE_CHECKING, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from studio.errors import RequestError
from studio.media.cards import font_path
from studio.media.picture_mark import PictureMark, picture_mark

if TYPE_CHECKING:
    from studio.types.media import FrameTimes, MediaInfo

Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]
CORNERS: tuple[str, ...] = get_args(Corner)
#: Height of a capital letter, in shares of the shorter side, and at least.
CAPITAL_SHARE, CAPITAL_PX = 0.024, 11
#: What the label must have in common with what is found in its place; encoded at CRF 18 it has
#: 0.99, beside it nothing has 0.5.
LABEL_LIKENESS = 0.85
#: How much lighter the letters of a watermark must be than their rims, of 255; made at 76.
_WATERMARK_LEVELS = 30.0
_WATERMARK_ALPHA = 0.34
_PLATE, _INK, _RIM = (14, 18, 26), (255, 255, 255), (222, 226, 232)


@dataclass(frozen=True)
class Stamp:
    """What is laid on a frame of one size.

    Attributes:
        box_xyxy: where the label lies.
        label: uint8 ``(h, w, 3)`` RGB.
        covers: float32 ``(h, w, 1)``, 1 where the label covers.
        marked: flat numbers of the frame's pixels that the watermark changes, ascending.
        target: float32 ``(n, 1)``, what each of them is drawn towards: 255 or 0.
        share: float32 ``(n, 1)``, how far.
        sign: what no eye sees, over all of the frame.
    """

    box_xyxy: tuple[int, int, int, int]
    label: NDArray[np.uint8]
    covers: NDArray[np.float32]
    marked: NDArray[np.int64]
    target: NDArray[np.float32]
    share: NDArray[np.float32]
    sign: PictureMark

    def __call__(self, rgb: NDArray[np.uint8]) -> None:
        """Lay it on a frame, uint8 ``(h, w, 3)`` RGB; the frame itself is changed."""
        self.sign(rgb)
        if len(self.marked):
            flat = rgb.reshape(-1, 3)
            if not np.shares_memory(flat, rgb):
                raise ValueError("a frame to be stamped lies in one piece of memory")
            below = flat[self.marked].astype(np.float32)
            flat[self.marked] = (below + (self.target - below) * self.share + 0.5).astype(np.uint8)
        x0, y0, x1, y1 = self.box_xyxy
        place = rgb[y0:y1, x0:x1]
        place[:] = (place + (self.label - place.astype(np.float32)) * self.covers + 0.5).astype(
            np.uint8
        )


@lru_cache(maxsize=8)
def stamp_for(
    size_wh: tuple[int, int], label: str, watermark: str = "", corner: Corner = "top-left"
) -> Stamp:
    """The stamp for frames of a size.

    Args:
        size_wh: of the frames, at least 160 a side.
        label: words of the label.
        watermark: words across the picture; empty for none.
        corner: where the label lies.

    Raises:
        RequestError: the frames are too small for the label to be read, or its font is missing.
    """
    width, height = size_wh
    if corner not in CORNERS:
        raise ValueError(f"{corner!r} is no corner")
    if min(size_wh) < 160 or not label.strip():
        raise RequestError(
            f"In {width}x{height} pixels the label {label!r} cannot be read.",
            "Make pictures of at least 160 pixels a side.",
        )
    plate, covers = _plate(label, min(size_wh))
    tall, wide = plate.shape[:2]
    if wide > 0.9 * width:
        raise RequestError(f"The label {label!r} is too long for {width} pixels.", "Shorten it.")
    left, top = round(0.05 * width), round((0.07 if height > width else 0.05) * height)
    x = left if corner.endswith("left") else width - left - wide
    y = top if corner.startswith("top") else height - top - tall
    marked, target, share = _watermark(watermark, size_wh)
    return Stamp(
        (x, y, x + wide, y + tall), plate, covers, marked, target, share, picture_mark(size_wh)
    )


def _font(capital_px: float) -> ImageFont.FreeTypeFont:
    path = str(font_path("Bold"))
    probe = ImageFont.truetype(path, 200)
    box = probe.getbbox("H")
    return ImageFont.truetype(path, max(ceil(capital_px * 200 / (box[3] - box[1])), 8))


def _plate(text: str, shorter_px: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    capital = max(CAPITAL_PX, ceil(CAPITAL_SHARE * shorter_px))
    font = _font(capital)
    x0, y0, x1, y1 = font.getbbox(text)
    cap_top, cap_bottom = font.getbbox("H")[1], font.getbbox("H")[3]
    pad_x, pad_y, rim = round(0.85 * capital), round(0.75 * capital), max(1, round(capital / 14))
    # The capitals stand in the middle; what hangs below them or stands above is kept inside.
    above, below = max(cap_top - y0, 0), max(y1 - cap_bottom, 0)
    half = (cap_bottom - cap_top) / 2 + max(above, below, 0.0)
    half = max(half + rim + 0.35 * capital, (cap_bottom - cap_top) / 2 + pad_y)
    wide, tall = ceil(x1 - x0 + 2 * pad_x), 2 * ceil(half)
    fine = 4  # drawn larger, so that the round corners are smooth
    shape = Image.new("L", (wide * fine, tall * fine), 0)
    inner = Image.new("L", shape.size, 0)
    radius = round(0.32 * tall * fine)
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, wide * fine - 1, tall * fine - 1), radius, 255)
    edge = rim * fine
    ImageDraw.Draw(inner).rounded_rectangle(
        (edge, edge, wide * fine - 1 - edge, tall * fine - 1 - edge), max(radius - edge, 1), 255
    )
    area = Image.Resampling.BOX
    outer_a, inner_a = (_shares(m.resize((wide, tall), area))[..., None] for m in (shape, inner))
    type_mask = Image.new("L", (wide, tall), 0)
    ImageDraw.Draw(type_mask).text(
        (pad_x - x0, tall / 2 - (cap_top + cap_bottom) / 2), text, 255, font=font
    )
    ink = _shares(type_mask)[..., None]
    picture = np.full((tall, wide, 3), _RIM, np.float32)
    for colour, alpha in ((_PLATE, inner_a), (_INK, ink)):
        picture += (np.array(colour, np.float32) - picture) * alpha
    return (picture + 0.5).astype(np.uint8), outer_a


def _watermark(
    text: str, size_wh: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    width, height = size_wh
    if not text:
        nothing = np.zeros((0, 1), np.float32)
        return np.zeros(0, np.int64), nothing, nothing
    # Along the diagonal, but never so steep that the words cannot be read.
    turn = min(degrees(atan2(height, width)), 40.0)
    reach = ceil(hypot(width, height))
    capital = 0.034 * reach
    capital *= min(1.0, 0.9 * min(size_wh) / _font(capital).getlength(text))
    font = _font(capital)
    rim = max(1, round(0.0022 * reach))
    sheet = Image.new("L", (reach, reach), 0)
    rims = Image.new("L", (reach, reach), 0)
    gap = "      "
    one, step = font.getlength(text + gap), 0.19 * reach
    for row in range(-3, 4):
        # The words stand whole in the middle, and every other row is set off by half of them.
        for place in range(-4, 5):
            at = (reach / 2 + (place + row % 2 / 2) * one, reach / 2 + row * step)
            ImageDraw.Draw(sheet).text(at, text, 255, font=font, anchor="mm")
            ImageDraw.Draw(rims).text(at, text, 255, font=font, anchor="mm", stroke_width=rim)
    light, whole = (_turned(m, turn, size_wh) for m in (sheet, rims))
    dark = np.clip(whole - light, 0, 1)
    share = np.maximum(light, dark).ravel() * _WATERMARK_ALPHA
    marked = np.flatnonzero(share > 0.01)
    target = np.where(light.ravel()[marked] >= dark.ravel()[marked], 255.0, 0.0)
    return marked, target.astype(np.float32)[:, None], share[marked].astype(np.float32)[:, None]


def _turned(mask: Image.Image, turn: float, size_wh: tuple[int, int]) -> NDArray[np.float32]:
    found = _shares(mask.rotate(turn, Image.Resampling.BICUBIC))
    y, x = ((found.shape[0] - s) // 2 for s in (size_wh[1], size_wh[0]))
    return found[y : y + size_wh[1], x : x + size_wh[0]]


def _shares(mask: Image.Image) -> NDArray[np.float32]:
    return np.asarray(mask).astype(np.float32) / np.float32(255)


@dataclass(frozen=True)
class LabelAudit:
    """What was found in a finished film.

    Attributes:
        frames: that were looked at: all of it.
        seconds: of the film, begun ones among them.
        missing_s: seconds in which a frame lacks the label, or the watermark that was due.
        least_likeness: of the label in the worst frame, -1 to 1.
        least_levels: contrast of the watermark in the worst frame, of 255; None if none was due.
    """

    frames: int
    seconds: int
    missing_s: tuple[int, ...]
    least_likeness: float
    least_levels: float | None

    @property
    def passed(self) -> bool:
        """Whether every frame shows what it must."""
        return self.frames > 0 and not self.missing_s


def audit_label(
    info: MediaInfo,
    times: FrameTimes,
    stamp: Stamp,
    on_frame: Callable[[int], None] | None = None,
) -> LabelAudit:
    """Look for the stamp in every frame of a film, by its lightness alone.

    The label is found by normalised cross-correlation within two pixels of its place, the
    watermark by how much lighter its letters are than their rims.

    Args:
        info, times: of the film, of the size the stamp is for.
        on_frame: called with the number of each frame; what it raises ends the audit.

    Raises:
        MediaError: the film cannot be decoded.
    """
    from studio.media.reader import decode_range

    x0, y0, x1, y1 = stamp.box_xyxy
    inset = ceil(0.11 * (y1 - y0)) + 1  # what the round corners let through is not the label's
    label = cv2.cvtColor(stamp.label, cv2.COLOR_RGB2GRAY)[inset:-inset, inset:-inset]
    x0, y0, x1, y1 = x0 + inset, y0 + inset, x1 - inset, y1 - inset
    chosen = np.flatnonzero(stamp.share[:, 0] > 0.8 * _WATERMARK_ALPHA)
    chosen = chosen[:: max(1, len(chosen) // 40_000)]
    places, light = stamp.marked[chosen], stamp.target[chosen, 0] > 0
    missing: set[int] = set()
    likeness, levels, count = 1.0, 255.0, 0
    for number, frame in decode_range(info, times, 0, len(times)):
        luma = _luma(frame)
        around = luma[max(y0 - 2, 0) : y1 + 2, max(x0 - 2, 0) : x1 + 2]
        like = -1.0
        if around.shape[0] >= label.shape[0] and around.shape[1] >= label.shape[1]:
            like = float(cv2.matchTemplate(around, label, cv2.TM_CCOEFF_NORMED).max())
        like = like if np.isfinite(like) else -1.0
        seen = like >= LABEL_LIKENESS
        likeness = min(likeness, like)
        if len(places):
            found = luma.reshape(-1)[places]
            contrast = float(found[light].mean() - found[~light].mean())
            levels = min(levels, contrast)
            seen = seen and contrast >= _WATERMARK_LEVELS
        if not seen:
            missing.add(int(times.start(number) - times.start(0)))
        count += 1
        if on_frame is not None:
            on_frame(number)
    if count < len(times):  # what cannot be decoded cannot be vouched for
        missing.add(int(times.start(len(times) - 1) - times.start(0)))
    long = int(times.start(len(times) - 1) - times.start(0)) + 1
    return LabelAudit(
        count, long, tuple(sorted(missing)), likeness, levels if len(places) else None
    )


def _luma(frame: object) -> NDArray[np.uint8]:
    """The lightness of a decoded frame, uint8 ``(h, w)`` in one piece."""
    from av.video.frame import VideoFrame

    assert isinstance(frame, VideoFrame)
    if frame.format.name in ("yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12"):
        plane = frame.planes[0]
        rows = np.frombuffer(bytes(plane), np.uint8).reshape(-1, plane.line_size)
        return np.ascontiguousarray(rows[: frame.height, : frame.width])
    return np.ascontiguousarray(frame.to_ndarray(format="gray"))
