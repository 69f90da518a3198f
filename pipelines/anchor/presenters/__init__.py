"""Who reads the programme: what a presenter is, whatever it is made from."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studio.types.performance import Performance


class Presenter(Protocol):
    """Somebody to be shown from the head to the waist.

    Attributes:
        name: how they are asked for.
        people: whether they look like a real person, whose consent is needed.
        size_wh: pixels of what they draw.
    """

    name: str
    people: bool
    size_wh: tuple[int, int]

    def draw(self, performance: Performance, frame: int) -> NDArray[np.uint8]:
        """One picture.

        The same row of a performance gives the same picture to the pixel, whatever was drawn
        before: any stretch of frames may be drawn alone, on any thread.

        Args:
            performance: all of it.
            frame: which row.

        Returns:
            uint8 ``(h, w, 4)`` of ``size_wh``, RGBA with straight colours: the figure stands on
            the bottom edge, all about it is transparent. The caller's own, to be changed.

        Raises:
            IndexError: there is no such frame.
        """
        ...
