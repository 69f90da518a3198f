"""Fields of moves on coarse grids, turned round and brought to every pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Moves = NDArray[np.float32]
#: Rounds of the fixed point that turns a field round. The slope of the steepest move here is
#: about 0.5, so what is left is a thirtieth of the move.
_ROUNDS = 5


@dataclass(frozen=True)
class Grid:
    """Nodes over a box of a picture.

    Attributes:
        left_px, top_px: of the first node.
        wide, high: pixels of the box.
        step_px: between nodes.
    """

    left_px: int
    top_px: int
    wide: int
    high: int
    step_px: int

    @classmethod
    def over(
        cls, xyxy_px: tuple[float, float, float, float], wh: tuple[int, int], step: int
    ) -> Grid:
        """Over a box, as much of it as lies in a picture of ``wh``."""
        left, top = (max(0, int(np.floor(v))) for v in xyxy_px[:2])
        right, low = (min(m, int(np.ceil(v))) for v, m in zip(xyxy_px[2:], wh, strict=True))
        return cls(left, top, max(1, right - left), max(1, low - top), step)

    @property
    def shape(self) -> tuple[int, int]:
        """Nodes down and across."""
        return -(-(self.high - 1) // self.step_px) + 1, -(-(self.wide - 1) // self.step_px) + 1

    @property
    def nodes(self) -> tuple[Floats, Floats]:
        """float64 x and y of the nodes in the picture, each of :attr:`shape`."""
        rows, columns = self.shape
        x = self.left_px + self.step_px * np.arange(columns, dtype=np.float64)
        y = self.top_px + self.step_px * np.arange(rows, dtype=np.float64)
        return tuple(np.meshgrid(x, y))  # type: ignore[return-value]

    @property
    def slices(self) -> tuple[slice, slice]:
        """The box in a picture."""
        return (
            slice(self.top_px, self.top_px + self.high),
            slice(self.left_px, self.left_px + self.wide),
        )

    def border(self, margin_px: float) -> Floats:
        """float64 of :attr:`shape`: 0 at the box's edges, smoothly 1 inside of a margin."""
        rows, columns = self.shape
        x = self.step_px * np.minimum(np.arange(columns), np.arange(columns)[::-1])
        y = self.step_px * np.minimum(np.arange(rows), np.arange(rows)[::-1])
        return smooth(y[:, None] / margin_px) * smooth(x[None] / margin_px)

    def turned(self, moves: Moves) -> Moves:
        """Where what is seen at each node came from: the moves back.

        Args:
            moves: float32 ``(rows, columns, 2)`` px, where each node goes to.
        """
        rows, columns = self.shape
        x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
        at = np.stack([x, y], axis=-1)
        back = -moves
        for _ in range(_ROUNDS):
            back = -cv2.remap(
                moves, at + back / self.step_px, None, cv2.INTER_LINEAR, borderMode=_EDGE
            )
        return back

    def dense(self, moves: Moves) -> Moves:
        """A field at every pixel of the box: float32 ``(high, wide, 2)``."""
        scale = np.array([[1 / self.step_px, 0, 0], [0, 1 / self.step_px, 0]])
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        made: Moves = cv2.warpAffine(
            moves, scale, (self.wide, self.high), flags=how, borderMode=_EDGE
        )
        return made

    def at(self, moves: Moves, points_px: Floats) -> Floats:
        """A field at places ``(n, 2)`` of the picture: float32 ``(n, 2)``."""
        places = (points_px - (self.left_px, self.top_px)) / self.step_px
        made = cv2.remap(
            moves, places[None].astype(np.float32), None, cv2.INTER_LINEAR, borderMode=_EDGE
        )
        return np.asarray(made[0])


_EDGE = cv2.BORDER_REPLICATE


def smooth(share: Floats) -> Floats:
    """From 0 at 0 to 1 at 1, level at both ends."""
    share = np.clip(share, 0.0, 1.0)
    return np.asarray(share * share * (3 - 2 * share))


def bell(distance: Floats) -> Floats:
    """From 1 at 0 to 0 at 1 and beyond, level at both ends."""
    return np.asarray(np.cos(np.pi / 2 * np.clip(np.abs(distance), 0, 1)) ** 2)
