"""Decoded frames brought to a timeline's picture: one size, upright, SDR, BT.709 in limited range.

Everything stays in the planes of ``yuv420p``; only HDR passes through RGB. A frame that is
already right is passed on untouched.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from studio.media.picture import matrix_of
from studio.media.tone_map import tone_mapped
from studio.types.media import VideoStream
from studio.types.timeline import CropKey

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

Plane = NDArray[np.uint8]

_BLACK = (16, 128, 128)
#: Shapes closer than this are made to fill the frame: a bar of two pixels is a blemish.
_SAME_SHAPE = 0.015
_MATRICES = {
    "bt709": Colorspace.ITU709,
    "fcc": Colorspace.FCC,
    "bt470bg": Colorspace.ITU601,
    "smpte170m": Colorspace.ITU601,
    "smpte240m": Colorspace.SMPTE240M,
    "bt2020nc": Colorspace.BT2020,
    "bt2020c": Colorspace.BT2020,
}
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_SCALING = int(Interpolation.BICUBIC | Interpolation.ACCURATE_RND)


def planes_of(frame: VideoFrame) -> list[Plane]:
    """The planes of a ``yuv420p`` frame as views that can be written: uint8 ``(h, w)`` each."""
    views = []
    for plane in frame.planes:
        buffer: Any = plane
        rows = np.frombuffer(buffer, np.uint8).reshape(-1, plane.line_size)
        views.append(rows[: plane.height, : plane.width])
    return views


def black_frame(size_wh: tuple[int, int]) -> VideoFrame:
    """A black ``yuv420p`` picture."""
    frame = av.VideoFrame(size_wh[0], size_wh[1], "yuv420p")
    for plane, level in zip(planes_of(frame), _BLACK, strict=True):
        plane[:] = level
    return frame


def blended(parts: Sequence[tuple[VideoFrame, float]], size_wh: tuple[int, int]) -> VideoFrame:
    """The weighted sum of up to two pictures; what is missing to a weight of one is black.

    Args:
        parts: ``yuv420p`` pictures of the size with their weights.
        size_wh: even width and height in pixels.
    """
    if not parts:
        return black_frame(size_wh)
    if len(parts) == 1 and parts[0][1] >= 1:
        return parts[0][0]
    out = av.VideoFrame(size_wh[0], size_wh[1], "yuv420p")
    first, share = planes_of(parts[0][0]), parts[0][1]
    second = planes_of(parts[1][0]) if len(parts) > 1 else None
    for i, target in enumerate(planes_of(out)):
        if second is None:
            cv2.convertScaleAbs(first[i], target, share, _BLACK[i] * (1 - share))
        else:
            cv2.addWeighted(first[i], share, second[i], parts[1][1], 0, target)
    return out


def _even(pixels: float) -> int:
    return max(2, 2 * round(pixels / 2))


def fitted_wh(shape: Fraction | float, into_wh: tuple[int, int]) -> tuple[int, int]:
    """The largest even size of a shape (width over height) that fits; nearly equal shapes fill."""
    width, height = into_wh
    ratio = float(shape) * height / width
    if abs(ratio - 1) <= _SAME_SHAPE:
        return into_wh
    if ratio > 1:
        return width, min(height, _even(width / float(shape)))
    return min(width, _even(height * float(shape))), height


class Conform:
    """Frames of one stream to a timeline's picture. For one thread.

    Without crop keys the whole picture is fitted into the frame between black bars. With them
    the crop moves in fractions of a pixel, linearly from key to key: the picture is brought
    once to the scale of the closest crop, and each frame is sampled from it (bicubic), luma and
    chroma each at its own place.

    Args:
        video: the stream.
        size_wh: of the timeline's picture, even.
        crop: keys in timeline frames from the clip's start; may be empty.
    """

    def __init__(
        self, video: VideoStream, size_wh: tuple[int, int], crop: Sequence[CropKey] = ()
    ) -> None:
        self._video = video
        self._size_wh = size_wh
        self._crop = sorted(crop, key=lambda key: key.frame)
        shown_wh = video.display_wh
        if self._crop:
            near = min(self._crop, key=lambda key: key.width * key.height)
            self._inner_wh = fitted_wh(
                near.width * shown_wh[0] / (near.height * shown_wh[1]), size_wh
            )
            scale = min(1.0, self._inner_wh[0] / (near.width * shown_wh[0]))
            upright_wh = (_even(shown_wh[0] * scale), _even(shown_wh[1] * scale))
        else:
            self._inner_wh = fitted_wh(Fraction(*shown_wh), size_wh)
            upright_wh = self._inner_wh
        turned = video.rotation_deg in (90, 270)
        self._coded_wh = upright_wh[::-1] if turned else upright_wh
        self._turn = _TURNS.get(video.rotation_deg)
        self._matrix = _MATRICES.get(matrix_of(video))
        self._scaler, self._second_scaler = VideoReformatter(), VideoReformatter()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know about the shape of the crop."""
        if self._crop and self._inner_wh != self._size_wh:
            return ("A crop has another shape than the frame; it stands between black bars.",)
        return ()

    def __call__(self, frame: VideoFrame, k: int) -> VideoFrame:
        """The picture at timeline frame ``k`` of the clip.

        Args:
            frame: as decoded.
            k: timeline frames from the clip's start; negative or past its end in handles.

        Returns:
            ``yuv420p`` of the timeline's size; the frame itself where nothing is to be done.
        """
        scaled = self._scaled(frame)
        if self._turn is None and not self._crop and self._inner_wh == self._size_wh:
            return scaled
        planes = planes_of(scaled)
        if self._turn is not None:
            planes = [cv2.rotate(plane, self._turn) for plane in planes]
        whole = self._inner_wh == self._size_wh
        out = av.VideoFrame(*self._size_wh, "yuv420p") if whole else black_frame(self._size_wh)
        targets = self._inner(planes_of(out))
        if self._crop:
            self._sample(planes, targets, k)
        else:
            for plane, target in zip(planes, targets, strict=True):
                target[:] = plane
        return out

    def _scaled(self, frame: VideoFrame) -> VideoFrame:
        width, height = self._coded_wh
        if self._video.is_hdr:
            light = self._scaler.reformat(
                frame,
                width,
                height,
                "rgb24",
                src_colorspace=self._matrix,
                dst_color_range=ColorRange.JPEG,
                interpolation=_SCALING,
                threads=1,
            )
            pixels = tone_mapped(
                light.to_ndarray().astype(np.uint8, copy=False), self._video.color_transfer
            )
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            matrix, levels = None, ColorRange.JPEG
        else:
            matrix = self._matrix
            full = self._video.color_range == "pc" or frame.format.name.startswith("yuvj")
            levels = ColorRange.JPEG if full else ColorRange.MPEG
            if frame.format.name == "yuv420p" and levels == ColorRange.MPEG:
                same_wh = (frame.width, frame.height) == (width, height)
                if same_wh and matrix == Colorspace.ITU709:
                    return frame
        return self._second_scaler.reformat(
            frame,
            width,
            height,
            "yuv420p",
            src_colorspace=matrix,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=levels,
            dst_color_range=ColorRange.MPEG,
            interpolation=_SCALING,
            threads=1,
        )

    def _inner(self, planes: list[Plane]) -> list[Plane]:
        """The part of the frame that the picture takes: centred, on even pixels."""
        width, height = self._inner_wh
        left, top = (
            (self._size_wh[0] - width) // 4 * 2,
            (self._size_wh[1] - height) // 4 * 2,
        )
        luma = planes[0][top : top + height, left : left + width]
        chroma = [
            p[top // 2 : (top + height) // 2, left // 2 : (left + width) // 2] for p in planes[1:]
        ]
        return [luma, *chroma]

    def _sample(self, planes: list[Plane], targets: list[Plane], k: int) -> None:
        left, top, width, height = self.crop_at(k)
        rows, columns = planes[0].shape
        step_x, step_y = (
            width * columns / self._inner_wh[0],
            height * rows / self._inner_wh[1],
        )
        at_x = left * columns + step_x / 2 - 0.5
        at_y = top * rows + step_y / 2 - 0.5
        # Chroma lies on every second luma column and between two rows (H.264's default siting).
        chroma_x, chroma_y = at_x / 2, at_y / 2 + step_y / 4 - 0.25
        places = [(at_x, at_y), (chroma_x, chroma_y), (chroma_x, chroma_y)]
        for plane, target, (x, y) in zip(planes, targets, places, strict=True):
            cv2.warpAffine(
                plane,
                np.array([[step_x, 0, x], [0, step_y, y]]),
                target.shape[::-1],
                dst=target,
                flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )

    def crop_at(self, k: int) -> tuple[float, float, float, float]:
        """Left, top, width and height of the crop in shares, held inside the picture."""
        frames = [key.frame for key in self._crop]
        x, y, width, height = (
            float(np.interp(k, frames, [getattr(key, name) for key in self._crop]))
            for name in ("center_x", "center_y", "width", "height")
        )
        width, height = min(width, 1.0), min(height, 1.0)
        left = min(max(x - width / 2, 0.0), 1.0 - width)
        top = min(max(y - height / 2, 0.0), 1.0 - height)
        return left, top, width, height
