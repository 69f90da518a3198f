"""What a style network finds in a shot, measured once and held while the shot lasts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.stylize.tiles import TilePlan
from studio.adapters.style import STEP_PX
from studio.errors import DecodeFailed
from studio.types.media import FrameTimes, MediaInfo
from studio.types.shot import Shot

#: Raised whenever a shot would be measured otherwise.
SHOT_STYLE_VERSION = 1
#: One picture is measured for each so many seconds of a shot, and at most so many.
_SAMPLE_S, _MOST_SAMPLES = 4.0, 3
#: Shots whose statistics are held: more than are painted at once, and not a whole film's.
_HELD_SHOTS = 32


class Painter(Protocol):
    """A network that paints, as ``studio.adapters.style.StyleNet`` does.

    Attributes:
        precision: that it computes in.
    """

    precision: Any

    def measure(self, pixels: NDArray[np.uint8], style: NDArray[np.float32]) -> Any:
        """The statistics of a picture."""

    def measure_tiles(self, tiles: Any, style: NDArray[np.float32]) -> Any:
        """The statistics of a picture in tiles."""

    def pooled(self, found: Any) -> Any:
        """The statistics of several pictures together."""

    def paint(self, pixels: Any, style: Any, statistics: Any, painters: int = 1) -> Any:
        """A picture, or a tile of one, in a style."""


class Statistics(Protocol):
    """What the pictures of a film, or a still, are painted with."""

    def at(self, number: int) -> NDArray[np.float32]:
        """For a frame."""

    def of_picture(self, rgb: NDArray[Any]) -> NDArray[np.float32]:
        """For a picture painted by itself."""


class StillStyle:
    """The statistics of a still, or of each picture anew.

    Args:
        net: measures.
        style: as the network takes it.
        plan: of tiles.
        picture: whose statistics stand for every frame; each its own where not given.
    """

    def __init__(
        self,
        net: Painter,
        style: NDArray[np.float32],
        plan: TilePlan,
        picture: NDArray[np.uint8] | None = None,
    ) -> None:
        self._net, self._style, self._plan = net, style, plan
        self._held = self.of_picture(picture) if picture is not None else np.empty(0, np.float32)

    def at(self, number: int) -> NDArray[np.float32]:
        """For a frame: those of the still."""
        return self._held

    def of_picture(self, rgb: NDArray[Any]) -> NDArray[np.float32]:
        """Of one picture by itself, uint8 or uint16 ``(h, w, 3)``."""
        picture = padded(rgb if rgb.dtype == np.uint8 else (rgb >> 8).astype(np.uint8))
        found: NDArray[np.float32]
        if len(self._plan.tiles) == 1:
            found = self._net.measure(picture, self._style)
        else:
            found = self._net.measure_tiles(pieces(picture, self._plan), self._style)
        return found


def padded(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture with sides that the network can take; its borders are mirrored."""
    height, width = rgb.shape[:2]
    down, across = -height % STEP_PX, -width % STEP_PX
    if not down and not across:
        return rgb
    made: NDArray[np.uint8] = cv2.copyMakeBorder(rgb, 0, down, 0, across, cv2.BORDER_REFLECT_101)
    return made


def sample_frames(
    start: int, end: int, count: int, keyframes: NDArray[np.int64]
) -> tuple[int, ...]:
    """Frames spread over ``[start, end)``, each a key frame where one is near."""
    spread = (end - start) / count
    found = []
    for number in range(count):
        wanted = start + int((number + 0.5) * spread)
        near = keyframes[np.abs(keyframes - wanted) <= spread / 2]
        near = near[(near >= start) & (near < end)]
        found.append(int(near[np.abs(near - wanted).argmin()]) if len(near) else wanted)
    return tuple(dict.fromkeys(found))


class ShotStyle:
    """The statistics that each frame is painted with; threads may share it.

    Within a shot they stand still. Over a dissolve or a fade they go over from those of one
    shot to those of the next, as the pictures do.

    Args:
        net: measures.
        style: as the network takes it.
        plan: of tiles.
        info, times: of the footage.
        shots: tile the footage.
        prepare: what is done to a picture before it is painted.
    """

    def __init__(
        self,
        net: Painter,
        style: NDArray[np.float32],
        plan: TilePlan,
        info: MediaInfo,
        times: FrameTimes,
        shots: Sequence[Shot],
        prepare: Callable[[NDArray[Any]], NDArray[np.uint8]],
    ) -> None:
        self._net, self._alone = net, StillStyle(net, style, plan)
        self._info, self._times, self._shots = info, times, shots
        self._prepare = prepare
        self._starts = [shot.start_frame for shot in shots]
        self._known: OrderedDict[int, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def at(self, number: int) -> NDArray[np.float32]:
        """For a frame."""
        place = max(0, int(np.searchsorted(self._starts, number, side="right")) - 1)
        shot = self._shots[place]
        own = self._of(place)
        if number < shot.clean_start_frame and place > 0:
            before = self._shots[place - 1]
            return self._between(place - 1, before.clean_end_frame - 1, place, number)
        if number >= shot.clean_end_frame and place + 1 < len(self._shots):
            return self._between(place, shot.clean_end_frame - 1, place + 1, number)
        return own

    def _between(self, old: int, first: int, new: int, number: int) -> NDArray[np.float32]:
        last = self._shots[new].clean_start_frame
        share = np.float32(min(max((number - first) / max(last - first, 1), 0), 1))
        mixed: NDArray[np.float32] = self._of(old) * (1 - share) + self._of(new) * share
        return mixed

    def _of(self, place: int) -> NDArray[np.float32]:
        with self._lock:
            if place not in self._known:
                self._known[place] = self._measured(self._shots[place])
                if len(self._known) > _HELD_SHOTS:
                    self._known.popitem(last=False)
            self._known.move_to_end(place)
            return self._known[place]

    def _measured(self, shot: Shot) -> NDArray[np.float32]:
        from studio.media.reader import decode_range
        from studio.media.rgb_film import RgbConverter

        start, end = shot.clean_start_frame, shot.clean_end_frame
        if end <= start:
            start, end = shot.start_frame, shot.end_frame
        count = min(max(round(float(shot.duration) / _SAMPLE_S), 1), _MOST_SAMPLES, end - start)
        assert self._info.video is not None
        convert = RgbConverter(self._info.video)
        found = []
        for number in sample_frames(start, end, count, self._times.keyframes):
            # The next that can be decoded, where this one cannot.
            for _, frame in decode_range(self._info, self._times, number, end):
                found.append(self._look(convert(frame)))
                break
        if not found:
            raise DecodeFailed(
                f"No picture of {self._info.path} from frame {start} to {end - 1} can be decoded.",
                "The file is damaged there; copy it again from its source.",
            )
        together: NDArray[np.float32] = self._net.pooled(found)
        return together

    def _look(self, rgb: NDArray[Any]) -> NDArray[np.float32]:
        return self.of_picture(self._prepare(rgb))

    def of_picture(self, rgb: NDArray[Any]) -> NDArray[np.float32]:
        """Of one picture by itself, uint8 or uint16 ``(h, w, 3)``."""
        return self._alone.of_picture(rgb)


def pieces(
    picture: NDArray[np.uint8], plan: TilePlan
) -> list[tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    """The tiles of a picture, and bool ``(h, w)`` that is true for what is kept of each."""
    width, height = plan.tile_wh
    found = []
    for t in plan.tiles:
        kept = np.zeros((height, width), np.bool_)
        kept[t.top - t.y : t.bottom - t.y, t.left - t.x : t.right - t.x] = True
        found.append((picture[t.y : t.y + height, t.x : t.x + width], kept))
    return found
