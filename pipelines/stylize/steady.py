"""Painted pictures that follow the motion of the footage, not the moods of a network.

Each picture is mixed with the one before, moved along the footage's motion (Ruder et al. 2016
call that the temporal constraint; here it is met by mixing, not by optimisation). Where the
older picture shows something else -- behind an edge that moved, outside the frame, in another
light -- the new one stands alone; at a cut all of it does.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.stylize.motion import MotionFinder, Warper, flow_picture

#: Raised whenever the same pictures would be mixed otherwise.
STEADY_VERSION = 1
#: How much may be left of what came before the pictures that lead to a stretch. With the usual
#: share a stretch inside a long shot is led by 8 pictures and differs from a film made in one go
#: by 0.6 of 255 (the street scene, mean of its first frames).
LEAD_SHARE = 0.2


def lead_frames(share: float) -> int:
    """How many pictures before a stretch it must see, so that it begins in step."""
    if share <= 0:
        return 0
    return min(48, max(1, int(np.ceil(np.log(LEAD_SHARE) / np.log(share)))))


class Steady:
    """Mixes painted pictures of one stretch. For one thread.

    Args:
        share: of the older picture, 0 to 1, where it can be relied on.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._find = MotionFinder()
        self._warper: Warper | None = None
        self._grey: NDArray[np.uint8] | None = None
        self._before: NDArray[np.uint8] | None = None

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
        if self._before is not None and self._grey is not None:
            if self._warper is None:
                self._warper = Warper((painted.shape[1], painted.shape[0]))
            motion = self._find(self._grey, grey)
            older = self._warper.trust(motion) * np.float32(self._share)
            moved = self._warper(self._before, motion)
            painted = cv2.blendLinear(moved, painted, older, 1 - older)
        else:
            painted = painted.copy()
        self._grey, self._before = grey, painted
        return painted
