"""Drawn cues laid over frames as they are coded: their planes, depth, matrix, turn and shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from studio.media.cue_pictures import CuePicture
from studio.media.picture import luma_weights, matrix_of
from studio.types.media import VideoStream

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

#: What white text is in the signal of an HDR picture: 203 cd/m2 (ITU-R BT.2408).
_HDR_WHITE = {"smpte2084": 0.58, "arib-std-b67": 0.75}
#: Forms that are encoded as they are.
_KEPT = tuple(
    f"yuv{sampling}p{depth}" for sampling in ("420", "422", "444") for depth in ("", "10le")
)
_FULL = ("yuvj420p", "yuvj422p", "yuvj444p")


@dataclass(frozen=True)
class _Ink:
    """What a cue does to a rectangle of one plane: ``old * keep + add``."""

    rows: slice
    columns: slice
    keep: NDArray[np.float32]
    add: NDArray[np.float32]


class CueBlend:
    """Lays cues over the frames of one stream.

    Args:
        video: the stream.

    Attributes:
        pixel_format: of the frames it gives.
        from_rgb: whether they were no YCbCr before; they are BT.601 of limited range then.
        size_wh: of the frames it gives, as coded.
        notes: what a user should know.
    """

    def __init__(self, video: VideoStream) -> None:
        self._video = video
        name = video.pixel_format
        if name not in (*_KEPT, *_FULL):
            deep = "10le" if video.bit_depth > 8 else ""
            sampling = next((s for s in ("444", "422") if s in name), "420")
            if name.startswith(("rgb", "bgr", "gbr", "argb", "abgr", "pal")):
                sampling = "444"
            name = f"yuv{sampling}p{deep}"
        self.pixel_format = name
        self._bits = 10 if name.endswith("10le") else 8
        self._shrink = (1 if "444" in name else 2, 2 if "420" in name else 1)  # across, down
        self.from_rgb = name.startswith("yuv") and not video.pixel_format.startswith(("yuv", "nv"))
        self._full = (video.color_range == "pc" and not self.from_rgb) or name in _FULL
        self._matrix = luma_weights(matrix_of(video))
        self._white = _HDR_WHITE.get(video.color_transfer, 1.0)
        width, height = video.coded_wh
        self.size_wh = (width - width % self._shrink[0], height - height % self._shrink[1])
        self._scaler = VideoReformatter()
        self.notes: list[str] = []
        if video.pixel_format != name:
            self.notes.append(f"Pictures in {video.pixel_format} are encoded as {name}.")
        if self.size_wh != video.coded_wh:
            self.notes.append(
                f"The picture of {width}x{height} loses its odd edge: H.264 counts in pairs."
            )

    def inks(self, picture: CuePicture) -> tuple[_Ink, _Ink, _Ink]:
        """What a drawn cue does to each plane."""
        width, height = self._video.display_wh
        canvas = np.zeros((height, width, 4), np.float32)
        high, across = picture.rgba.shape[:2]
        place = canvas[picture.y : picture.y + high, picture.x : picture.x + across]
        place[...] = picture.rgba.astype(np.float32) / 255
        canvas = np.rot90(canvas, self._video.rotation_deg // 90)  # back to how it is coded
        coded_wh = self._video.coded_wh
        if canvas.shape[1::-1] != coded_wh:  # pixels that are not square
            canvas = cv2.resize(canvas, coded_wh, interpolation=cv2.INTER_AREA)
        canvas = canvas[: self.size_wh[1], : self.size_wh[0]]
        rows = np.flatnonzero(canvas[..., 3].any(axis=1))
        columns = np.flatnonzero(canvas[..., 3].any(axis=0))
        (across_px, down_px), edges = self._shrink, (rows[0], rows[-1], columns[0], columns[-1])
        top, left = edges[0] // down_px * down_px, edges[2] // across_px * across_px
        bottom = -(-(edges[1] + 1) // down_px) * down_px
        right = -(-(edges[3] + 1) // across_px) * across_px
        box = np.ascontiguousarray(canvas[top:bottom, left:right])
        planes = self._levels(box)
        keep = 1 - box[..., 3]
        inks = []
        for number, add in enumerate(planes):
            across, down = self._shrink if number else (1, 1)
            wh = ((right - left) // across, (bottom - top) // down)
            inks.append(
                _Ink(
                    slice(top // down, bottom // down),
                    slice(left // across, right // across),
                    cv2.resize(keep, wh, interpolation=cv2.INTER_AREA).astype(np.float32),
                    # Half a level, so that cutting off the fraction rounds.
                    cv2.resize(add, wh, interpolation=cv2.INTER_AREA).astype(np.float32) + 0.5,
                )
            )
        return inks[0], inks[1], inks[2]

    def _levels(self, box: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Code values of luma and both colour differences, times the opacity."""
        opacity = box[..., 3]
        red, green, blue = (box[..., i] * self._white for i in range(3))
        kr, kb = self._matrix
        luma = kr * red + (1 - kr - kb) * green + kb * blue
        differences = ((blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr)))
        one = 2 ** (self._bits - 8)
        if self._full:
            most = 2**self._bits - 1
            return [most * luma, *(128 * one * opacity + most * d for d in differences)]
        return [
            one * (16 * opacity + 219 * luma),
            *(one * (128 * opacity + 224 * d) for d in differences),
        ]

    def __call__(self, frame: VideoFrame, inks: tuple[_Ink, _Ink, _Ink] | None) -> VideoFrame:
        """The frame in :attr:`pixel_format`, with the cue over it. The given frame, which a
        decoder may still predict from, is never written to."""
        frame = self._in_form(frame)
        if inks is None:
            return frame
        frame = self._copied(frame)
        for plane, ink in zip(self._planes(frame), inks, strict=True):
            place = plane[ink.rows, ink.columns]
            place[...] = (place * ink.keep + ink.add).astype(plane.dtype)
        return frame

    def _in_form(self, frame: VideoFrame) -> VideoFrame:
        if frame.format.name != self.pixel_format or (
            (frame.width, frame.height) != self._video.coded_wh
        ):
            if (frame.width, frame.height) != self._video.coded_wh:
                note = "The picture changes its size on the way; all of it is brought to one."
                self.notes += [note] if note not in self.notes else []
            frame = self._scaler.reformat(frame, *self._video.coded_wh, self.pixel_format)
        if (frame.width, frame.height) != self.size_wh:
            frame = self._copied(frame)
        return frame

    def _copied(self, frame: VideoFrame) -> VideoFrame:
        copy = av.VideoFrame(*self.size_wh, self.pixel_format)
        for target, plane in zip(self._planes(copy), self._planes(frame), strict=True):
            target[...] = plane[: target.shape[0], : target.shape[1]]
        return copy

    def _planes(self, frame: VideoFrame) -> list[NDArray[Any]]:
        kind = np.dtype(np.uint8 if self._bits == 8 else "<u2")
        views = []
        for plane in frame.planes:
            buffer: Any = plane
            rows = np.frombuffer(buffer, kind).reshape(-1, plane.line_size // kind.itemsize)
            views.append(rows[: plane.height, : plane.width])
        return views
