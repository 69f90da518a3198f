"""Painted pictures that follow the motion of the footage, not the moods of a network.

Each picture is mixed with the one before, moved along the footage's motion (Ruder et al. 2016
call that the temporal constraint; here it is met by mixing, not by optimisation). Where the
older picture shows something else -- behind an edge that moved, outside the frame, in another
light -- the new one stands alone; at a cut all of it does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.stylize.motion import Motion, MotionFinder, Warper, flow_picture

#: Raised whenever the same pictures would be mixed otherwise.
STEADY_VERSION = 3
#: How much may be left of what came before the pictures that lead to a stretch. With the usual
#: share a stretch inside a long shot is led by 8 pictures; its first then differs from the same
#: of a film made in one go by 1.8 of 255 on average (20 places in an animation; 1.9 in a street
#: scene, 0.4 in a music video; 3.0 at most), and less with each that follows.
LEAD_SHARE = 0.2


def lead_frames(share: float) -> int:
    """How many pictures before a stretch it must see, so that it begins in step."""
    if share <= 0:
        return 0
    return min(48, max(1, int(np.ceil(np.log(LEAD_SHARE) / np.log(share)))))


class Steady:
    """Mixes painted pictures of one stretch. For one thread.

    Lightness is moved by cubic interpolation, as mixing time and again blurs what is moved;
    colour by linear interpolation, and at half size where the film keeps no more of it. A picture
    of 1280x720 takes 19 ms of one core so, a third less than with all three channels moved by
    cubic interpolation; films of 4:2:0 are as sharp, and flicker 2 to 4 % less (warp error of
    three clips, the motion found at 512 pixels).

    Args:
        share: of the older picture, 0 to 1, where it can be relied on.
        colour_step: pixels a side of the picture to one of colour: 2 where the film is 4:2:0.
    """

    def __init__(self, share: float, colour_step: int = 1) -> None:
        self._share = np.float32(share)
        self._step = colour_step
        self._find = MotionFinder()
        self._warpers: tuple[Warper, Warper] | None = None
        self._grey: NDArray[np.uint8] | None = None
        self._before: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None

    def reset(self) -> None:
        """Forget: the next picture begins a shot."""
        self._grey = self._before = None

    def __call__(self, source: NDArray[Any], painted: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The next picture.

        Args:
            source: of the footage, uint8 or uint16 ``(h, w, 3)``.
            painted: from it, uint8 of the same shape.

        Returns:
            uint8 ``(h, w, 3)``.
        """
        if self._share <= 0:
            return painted
        grey = flow_picture(source)
        height, width = painted.shape[:2]
        small = (-(-width // self._step), -(-height // self._step))
        coded = cv2.cvtColor(painted, cv2.COLOR_RGB2YCrCb)
        light = cv2.extractChannel(coded, 0)
        # With its own lightness, which is not used: three channels are moved faster than two.
        colour = cv2.resize(coded, small, interpolation=cv2.INTER_AREA)
        if self._before is not None and self._grey is not None:
            if self._warpers is None:
                self._warpers = Warper((width, height)), Warper(small)
            motion = self._find(self._grey, grey)
            motion = replace(motion, trust=motion.trust * self._share)
            for_light, for_colour = self._warpers
            light = _mixed(for_light, self._before[0], light, motion, cv2.INTER_CUBIC)
            colour = _mixed(for_colour, self._before[1], colour, motion, cv2.INTER_LINEAR)
        self._grey, self._before = grey, (light, colour)
        made = cv2.resize(colour, (width, height)) if self._step > 1 else colour.copy()
        cv2.insertChannel(light, made, 0)
        steadied: NDArray[np.uint8] = cv2.cvtColor(made, cv2.COLOR_YCrCb2RGB)
        return steadied


def _mixed(
    warper: Warper,
    before: NDArray[np.uint8],
    now: NDArray[np.uint8],
    motion: Motion,
    interpolation: int,
) -> NDArray[np.uint8]:
    """A plane with the one before moved to its place, as much of it as is trusted."""
    older = warper.trust(motion)
    moved = warper(before, motion, interpolation)
    mixed: NDArray[np.uint8] = cv2.blendLinear(moved, now, older, 1 - older)
    return mixed
