"""Pictures of a film as RGB arrays that plain functions change, and back to how they were coded.

A function sees upright pictures in square pixels and full range, 8 bits a channel of 8-bit
footage and 16 of deeper. What it gives is brought back to the film's matrix, range, turn,
pixel shape and depth. HDR footage is brought to SDR first, as functions of colour and networks
know no other; the film is tagged BT.709 then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from studio.errors import RequestError
from studio.media.cue_blend import CueBlend
from studio.media.picture import FFMPEG_MATRICES, matrix_of
from studio.media.rgb_coder import RgbCoder
from studio.media.tone_map import tone_mapped
from studio.types.media import VideoStream

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

#: Raised whenever the same function would give other pixels than before.
RGB_FILM_VERSION = 2
_FULL_RANGE, _BT709, _LIMITED = 2, 1, 1
#: Formats whose pictures carry an alpha channel that an MP4 cannot.
_ALPHA = ("yuva", "rgba", "bgra", "argb", "abgr", "gbrap", "ya8", "ya16", "ayuv", "vuya", "pal8")

#: uint8, or uint16 of full 16-bit range.
Rgb = NDArray[Any]


class RgbPass(Protocol):
    """Works on one stretch of a film, in one thread."""

    @property
    def notes(self) -> Sequence[str]:
        """What a user should know of the work so far."""

    def __call__(self, rgb: Rgb, number: int) -> Rgb:
        """The picture that takes the place of one.

        Args:
            rgb: uint8 or uint16 ``(h, w, 3)``; not to be written to.
            number: of the frame, rising by one from call to call.

        Returns:
            Of the same shape and kind.
        """


class RgbFilm:
    """A ``FilmFilter`` that passes RGB pictures through a function.

    Args:
        video: of the film.
        begin: makes the pass for a stretch; called in the thread that will do it.
        made_by: all that decides the pixels of a stretch besides the source, as plain values.
        lead_frames: frames that a stretch wants to see before it.

    Raises:
        RequestError: the footage is transparent, which an MP4 cannot be.
    """

    def __init__(
        self,
        video: VideoStream,
        begin: Callable[[int, int], RgbPass],
        made_by: Callable[[int, int], Any],
        lead_frames: int = 0,
    ) -> None:
        refuse_alpha(video)
        form = CueBlend(video)
        self._video, self._begin, self._made_by = video, begin, made_by
        self.size_wh, self.lead_frames = form.size_wh, lead_frames
        self.pixel_format = "yuv420p" if video.is_hdr else form.pixel_format
        self.tags: dict[str, int] = {}
        if video.is_hdr:
            names = ("color_primaries", "color_trc", "colorspace")
            self.tags = {"color_range": _LIMITED, **dict.fromkeys(names, _BT709)}
        elif form.from_rgb:
            self.tags = {"color_range": _LIMITED, "colorspace": 6}

    def made_by(self, start_frame: int, end_frame: int) -> Any:
        """Plain values that decide the pixels of a stretch."""
        return ["rgb", RGB_FILM_VERSION, self._made_by(start_frame, end_frame)]

    def rgb_pass(self, start_frame: int, end_frame: int) -> RgbPass:
        """The function for a stretch alone."""
        return self._begin(start_frame, end_frame)

    def begin(self, start_frame: int, end_frame: int) -> _RgbFilmPass:
        """Work on a stretch."""
        return _RgbFilmPass(self, self._video, self._begin(start_frame, end_frame))


def refuse_alpha(video: VideoStream) -> None:
    """Raise :class:`RequestError` for transparent footage."""
    if video.pixel_format.startswith(_ALPHA) and video.pixel_format != "pal8":
        raise RequestError(
            f"The footage is transparent ({video.pixel_format}), and an MP4 cannot be.",
            "Lay it over a background first, or export it without its alpha channel.",
        )


class _RgbFilmPass:
    """Frames of one stretch to RGB, through the function, and back."""

    def __init__(self, film: RgbFilm, video: VideoStream, function: RgbPass) -> None:
        self._video, self._function = video, function
        self._form = CueBlend(video)
        self._converter = RgbConverter(video)
        matrix = "bt709" if video.is_hdr else matrix_of(video)
        if self._form.from_rgb:
            matrix = "smpte170m"
        full = video.color_range == "pc" and not self._form.from_rgb and not video.is_hdr
        full = full or film.pixel_format.startswith("yuvj")
        self._coder = RgbCoder(film.pixel_format, film.size_wh, matrix, full)

    @property
    def notes(self) -> list[str]:
        hdr = ["HDR footage is brought to SDR (BT.709)."] if self._video.is_hdr else []
        return [*self._form.notes, *hdr, *self._function.notes]

    def __call__(self, frame: VideoFrame, number: int) -> VideoFrame:
        size = (frame.width, frame.height)
        if size != self._video.coded_wh:
            frame = self._form(frame, None)  # notes that the size changes
        rgb = self._converter(frame)
        made = self._function(rgb, number)
        if made.shape != rgb.shape or made.dtype != rgb.dtype:
            raise ValueError(f"{made.shape} {made.dtype} for {rgb.shape} {rgb.dtype}")
        return self._coded(made)

    def _coded(self, rgb: Rgb) -> VideoFrame:
        turned = np.rot90(rgb, self._video.rotation_deg // 90)
        coded_wh = self._video.coded_wh
        if turned.shape[1::-1] != coded_wh:
            turned = cv2.resize(
                np.ascontiguousarray(turned), coded_wh, interpolation=cv2.INTER_AREA
            )
        return self._coder(turned)


class RgbConverter:
    """Frames of one stream to upright RGB in square pixels. For one thread.

    Args:
        video: the stream.
    """

    def __init__(self, video: VideoStream) -> None:
        self._video = video
        self._scaler = VideoReformatter()
        self._deep = video.bit_depth > 8 or video.is_hdr
        name = FFMPEG_MATRICES.get(matrix_of(video))
        self._matrix = int(Colorspace[name]) if name else None

    def __call__(self, frame: VideoFrame) -> Rgb:
        """uint8 ``(h, w, 3)``; uint16 of SDR footage deeper than 8 bits."""
        scaled = self._scaler.reformat(
            frame,
            *self._video.coded_wh,
            "rgb48le" if self._deep else "rgb24",
            src_colorspace=self._matrix,
            dst_color_range=_FULL_RANGE,
            interpolation=Interpolation.BICUBIC,
            threads=1,
        )
        kind: Any = np.dtype("<u2") if self._deep else np.uint8
        plane: Any = scaled.planes[0]
        width, height = self._video.coded_wh
        rows = np.frombuffer(plane, kind).reshape(height, -1)
        rgb: Rgb = rows[:, : 3 * width].reshape(height, width, 3)
        if self._video.is_hdr:
            rgb = tone_mapped(rgb, self._video.color_transfer)
        rgb = np.rot90(rgb, -(self._video.rotation_deg // 90))
        if rgb.shape[1::-1] != self._video.display_wh:
            across = rgb.shape[1] * rgb.shape[0]
            wider = self._video.display_wh[0] * self._video.display_wh[1] > across
            how = cv2.INTER_CUBIC if wider else cv2.INTER_AREA
            rgb = cv2.resize(np.ascontiguousarray(rgb), self._video.display_wh, interpolation=how)
        return np.ascontiguousarray(rgb)
