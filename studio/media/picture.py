"""Decoded frames to arrays: scaled next to the decoder, right colours, upright, square pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.media.tone_map import tone_mapped
from studio.types.frames import FrameRequest
from studio.types.media import VideoStream

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

#: What a colour matrix is called in FFmpeg's scaler.
FFMPEG_MATRICES = {
    "bt709": "ITU709",
    "fcc": "FCC",
    "bt470bg": "ITU601",
    "smpte170m": "ITU601",
    "smpte240m": "SMPTE240M",
    "bt2020nc": "BT2020",
    "bt2020c": "BT2020",
}
#: Weights of red and blue in luma. ITU-R BT.601, BT.709, BT.2020; SMPTE 240M; FCC.
_WEIGHTS = {
    "bt709": (0.2126, 0.0722),
    "fcc": (0.30, 0.11),
    "smpte240m": (0.212, 0.087),
    "bt2020nc": (0.2627, 0.0593),
    "bt2020c": (0.2627, 0.0593),
}
_BT601 = (0.299, 0.114)


def target_wh(video: VideoStream, request: FrameRequest) -> tuple[int, int]:
    """Size in pixels of the upright pictures that a request gets."""
    if request.size_wh is not None:
        return request.size_wh
    width, height = video.display_wh
    longer = max(width, height)
    if request.max_side_px is None or request.max_side_px >= longer:
        return width, height
    scale = request.max_side_px / longer
    even = [max(2, 2 * round(side * scale / 2)) for side in (width, height)]
    return min(even[0], _even_below(request.max_side_px)), min(
        even[1], _even_below(request.max_side_px)
    )


def _even_below(side: int) -> int:
    return max(2, side - side % 2)


def matrix_of(video: VideoStream) -> str:
    """FFmpeg's name of the colour matrix: what the file says, else by size.

    Untagged pictures of at least 720 lines are taken for BT.709, smaller ones for BT.601, as
    players do.
    """
    if video.color_matrix != "unknown":
        return video.color_matrix
    if video.is_hdr:
        return "bt2020nc"
    return "bt709" if min(video.coded_wh) >= 720 else "smpte170m"


def luma_weights(matrix: str) -> tuple[float, float]:
    """How much of luma is red and how much is blue; those of BT.601 for a matrix that is not
    known."""
    return _WEIGHTS.get(matrix, _BT601)


class Converter:
    """Frames of one stream to arrays of one size and kind. For one thread.

    One scaling context serves all frames, on one thread: it is faster beside a threaded
    decoder, which keeps the cores busy (1080p to 640x360: 2.1 ms a frame, area averaging).

    Args:
        video: the stream.
        request: what is wanted.
    """

    def __init__(self, video: VideoStream, request: FrameRequest) -> None:
        from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

        self.wh = target_wh(video, request)
        self._quarter_turns = video.rotation_deg // 90
        self._transfer = video.color_transfer if video.is_hdr else ""
        self._gray = request.pixels == "gray"
        # Tone mapping needs colours, and more than 8 bits of them; luma follows from the result.
        self._format = "rgb48le" if self._transfer else "gray" if self._gray else "rgb24"
        turned = self._quarter_turns % 2
        self._coded_wh = (self.wh[1], self.wh[0]) if turned else self.wh
        smaller = self._coded_wh[0] * self._coded_wh[1] < video.coded_wh[0] * video.coded_wh[1]
        self._interpolation = Interpolation.AREA if smaller else Interpolation.BICUBIC
        name = FFMPEG_MATRICES.get(matrix_of(video))
        self._matrix = int(Colorspace[name]) if name else None
        self._scaler = VideoReformatter()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the arrays it gives."""
        width, height = self.wh
        return (height, width) if self._gray else (height, width, 3)

    def into(self, frame: VideoFrame, out: NDArray[np.uint8]) -> None:
        """Write one frame.

        Args:
            frame: as decoded.
            out: uint8 of :attr:`shape`.
        """
        width, height = self._coded_wh
        scaled = self._scaler.reformat(
            frame,
            width,
            height,
            self._format,
            src_colorspace=self._matrix,
            dst_color_range=2,  # full
            interpolation=self._interpolation,
            threads=1,
        )
        plane: Any = scaled.planes[0]
        channels = 1 if self._format == "gray" else 3
        kind: Any = np.uint16 if self._transfer else np.uint8
        rows = np.frombuffer(plane, kind).reshape(height, -1)
        pixels = rows[:, : width * channels]
        if channels == 3:
            pixels = pixels.reshape(height, width, 3)
        if self._transfer:
            pixels = tone_mapped(pixels, self._transfer)
            if self._gray:
                pixels = (pixels @ np.array([0.2126, 0.7152, 0.0722]) + 0.5).astype(np.uint8)
        out[...] = np.rot90(pixels, -self._quarter_turns) if self._quarter_turns else pixels


def upright_rgb(
    frame: VideoFrame, video: VideoStream, size_wh: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """One frame as uint8 ``(h, w, 3)`` RGB, upright, SDR. For many frames use a
    :class:`Converter`.

    Args:
        frame: as decoded.
        video: its stream.
        size_wh: upright size; None for the display size.
    """
    converter = Converter(video, FrameRequest(size_wh=size_wh))
    out = np.empty(converter.shape, np.uint8)
    converter.into(frame, out)
    return out
