"""People who stand far off, which the matte of near ones passes over: their masks joined to it.

MediaPipe's matte knows people near the camera. Where YOLO finds people that fill less than half
of the picture's height, its masks stand for them, and the matte counts about the others alone.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.adapters.people_masks import People, PeopleMasks
from studio.adapters.ssd_boxes import overlap
from studio.types.landmarks import Floats

#: Raised whenever the same people would be joined otherwise.
FAR_VERSION = 1
#: Frames from one look for far people to the next, while there are none.
LOOK_EVERY = 12
#: Height of a person, of the picture's, below which it is far.
_FAR = 0.5
#: Frames that somebody is held who is not found again, and overlap by which he would be.
_HELD, _AGAIN = 5, 0.25
#: What belongs to a near person, in sizes of the box more on each side.
_AROUND = 0.15


class FarPeople:
    """Follows them through a shot. For one thread.

    Args:
        net: finds people.
    """

    def __init__(self, net: PeopleMasks) -> None:
        self._net = net
        self.reset()

    def reset(self) -> None:
        """Forget: a shot begins."""
        self._since = 0
        self._held: list[tuple[Floats, NDArray[np.float32], int]] = []

    def __call__(self, rgb: NDArray[np.uint8], share: Floats) -> Floats:
        """The coarse matte of a picture with far people in it.

        Args:
            rgb: uint8 ``(h, w, 3)``.
            share: float32 of any size, what the matte's network says.

        Returns:
            float32 of that size; ``share`` itself where nobody is far.
        """
        if not self._held and self._since % LOOK_EVERY:
            self._since += 1
            return share
        self._since += 1
        found = self._net.find(rgb)
        tall = found.xyxy[:, 3] - found.xyxy[:, 1]
        self._hold(found, tall < _FAR)
        if not self._held:
            return share
        wh = (share.shape[1], share.shape[0])
        near = np.zeros_like(share)
        for box in found.xyxy[tall >= _FAR]:
            margin = _AROUND * (box[2:] - box[:2])
            low = np.maximum(np.floor((box[:2] - margin) * wh), 0).astype(int)
            high = np.ceil((box[2:] + margin) * wh).astype(int)
            near[low[1] : high[1], low[0] : high[0]] = 1
        far: Any = np.max([mask for _, mask, _ in self._held], axis=0)
        how = cv2.INTER_AREA if far.shape[1] > wh[0] else cv2.INTER_LINEAR
        joined: Floats = np.maximum(share * near, cv2.resize(far, wh, interpolation=how))
        return joined

    def _hold(self, found: People, far: NDArray[np.bool_]) -> None:
        """Those found now, and for a while those who were found before."""
        kept = [
            (box, mask, age + 1)
            for box, mask, age in self._held
            if age < _HELD
            and (not len(found.xyxy) or overlap(box[None], found.xyxy).max() < _AGAIN)
        ]
        now = zip(found.xyxy[far], found.masks[far], strict=True)
        self._held = [(box, mask, 0) for box, mask in now] + kept
