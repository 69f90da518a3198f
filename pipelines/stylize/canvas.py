"""What is painted on: a film, or a single picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.stylize.shot_style import Painter, ShotStyle, Statistics, StillStyle
from pipelines.stylize.tiles import TilePlan
from studio.types.media import FrameTimes, MediaInfo
from studio.types.shot import Shot

Prepare = Callable[[NDArray[Any]], NDArray[np.uint8]]


class Canvas(Protocol):
    """What layers need to know of what they are laid over."""

    @property
    def display_wh(self) -> tuple[int, int]:
        """Of the upright picture."""

    @property
    def fps(self) -> float:
        """Pictures a second; 0 of a still, which has nothing to be steady with."""

    @property
    def colour_step(self) -> int:
        """Pixels a side to one of colour."""

    @property
    def resets(self) -> frozenset[int]:
        """Frames that begin a shot with a cut."""

    def statistics(
        self, net: Painter, style: NDArray[np.float32], plan: TilePlan, prepare: Prepare
    ) -> Statistics:
        """What each frame is painted with."""


@dataclass(frozen=True)
class Footage:
    """A film.

    Attributes:
        info, times: as probed.
        shots: tile it.
    """

    info: MediaInfo
    times: FrameTimes
    shots: tuple[Shot, ...]

    @property
    def display_wh(self) -> tuple[int, int]:
        """Of the upright picture."""
        assert self.info.video is not None
        return self.info.video.display_wh

    @property
    def fps(self) -> float:
        """Pictures a second."""
        assert self.info.video is not None
        return float(self.info.video.rate.fps)

    @property
    def colour_step(self) -> int:
        """Pixels a side of the film that is made to one of colour."""
        from studio.media.cue_blend import CueBlend

        assert self.info.video is not None
        return 2 if "420" in CueBlend(self.info.video).pixel_format else 1

    @property
    def resets(self) -> frozenset[int]:
        """Frames that begin a shot with a cut."""
        return frozenset(
            shot.start_frame for shot in self.shots if shot.clean_start_frame == shot.start_frame
        )

    def statistics(
        self, net: Painter, style: NDArray[np.float32], plan: TilePlan, prepare: Prepare
    ) -> Statistics:
        """Those of each shot, measured once."""
        return ShotStyle(net, style, plan, self.info, self.times, self.shots, prepare)


@dataclass(frozen=True)
class Still:
    """A single picture.

    Attributes:
        rgb: uint8 ``(h, w, 3)``.
    """

    rgb: NDArray[np.uint8]
    fps: float = 0.0
    colour_step: int = 1
    resets: frozenset[int] = frozenset({0})

    @property
    def display_wh(self) -> tuple[int, int]:
        """Of the picture."""
        return self.rgb.shape[1], self.rgb.shape[0]

    def statistics(
        self, net: Painter, style: NDArray[np.float32], plan: TilePlan, prepare: Prepare
    ) -> Statistics:
        """Those of the picture."""
        return StillStyle(net, style, plan, prepare(self.rgb))
