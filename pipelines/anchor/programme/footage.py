"""B-roll: footage that fills the picture while the voice goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from pipelines.anchor.graphics.kit import Kit
from pipelines.anchor.graphics.patch import Patch, Rgb, Stay, leaving, smooth
from pipelines.anchor.graphics.plates import picture_title
from pipelines.anchor.programme.programme import Element, Material
from pipelines.anchor.sets import covering
from studio.settings import Settings

if TYPE_CHECKING:
    from studio.types.media import FrameTimes, MediaInfo


class FilmPainter:
    """A film from a second on, filling the picture, its title at the lower left."""

    def __init__(self, kit: Kit, material: Material, element: Element, settings: Settings) -> None:
        from studio.media.probe import frame_times, probe

        self._kit, self._element = kit, element
        self._info: MediaInfo = probe(material.path, settings)
        self._times: FrameTimes = frame_times(self._info, settings)
        self._stay = Stay(element.frames, kit.fps, 0.32, 0.32)
        self._feed: Iterator[tuple[int, Any]] | None = None
        self._shown: tuple[int, Any] | None = None
        self._next: tuple[int, Any] | None = None
        self._picture: tuple[int, Rgb] | None = None
        self._converter: Any = None
        self._title = picture_title(kit, element.text)

    def patches(self, k: int) -> list[Patch]:
        """See :class:`~pipelines.anchor.graphics.patch.Painter`; frames are asked for in order."""
        rgb = self._at(k)
        shown = smooth(self._stay.come(k)) * (1 - leaving(self._stay.gone(k)))
        found = [Patch(0, 0, cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA), shown)]
        if self._title is not None:
            found.append(Patch(self._title.x, self._title.y, self._title.rgba, shown))
        return found

    def _at(self, k: int) -> Rgb:
        from fractions import Fraction

        from studio.media.reader import decode_range

        seconds = self._element.from_s + Fraction(k) / Fraction(self._kit.fps).limit_denominator(
            100_000
        )
        pts = int(seconds / self._times.time_base)
        number = int(np.searchsorted(self._times.pts, pts, side="right")) - 1
        number = min(max(number, 0), len(self._times) - 1)
        if self._feed is None:
            self._feed = decode_range(self._info, self._times, number, len(self._times))
            self._shown = self._next = next(self._feed, None)
        while self._next is not None and self._next[0] <= number:
            self._shown, self._next = self._next, next(self._feed, None)
        if self._shown is None:
            return np.zeros((*self._kit.size_wh[::-1], 3), np.uint8)
        if self._picture is None or self._picture[0] != self._shown[0]:
            self._picture = (self._shown[0], self._converted(self._shown[1]))
        return self._picture[1]

    def _converted(self, frame: Any) -> Rgb:
        from studio.media.picture import Converter
        from studio.types.frames import FrameRequest

        video = self._info.video
        assert video is not None
        if self._converter is None:
            width, height = self._kit.size_wh
            shown_w, shown_h = video.display_wh
            scale = max(width / shown_w, height / shown_h)
            wanted = (max(width, round(shown_w * scale)), max(height, round(shown_h * scale)))
            even = (wanted[0] + wanted[0] % 2, wanted[1] + wanted[1] % 2)
            self._converter = Converter(video, FrameRequest(size_wh=even))
        out = np.empty(self._converter.shape, np.uint8)
        self._converter.into(frame, out)
        return covering(out, self._kit.size_wh)
