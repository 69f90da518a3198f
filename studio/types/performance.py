"""How a presenter moves while a voice speaks: plain numbers, a row a frame.

Whoever draws a presenter, from a drawing or a photograph, is given these and nothing else. Sides
are the presenter's own: its left is on the right of the picture, as it faces the viewer. Zero
everywhere is a calm face looking at the viewer with its mouth closed and its eyes open.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Every column: its width (1: a flat array) and the lowest and highest value it may hold.
_COLUMNS: dict[str, tuple[int, float, float]] = {
    "jaw": (1, 0.0, 1.0),
    "press": (1, 0.0, 1.0),
    "spread": (1, -1.0, 1.0),
    "tongue": (1, 0.0, 1.0),
    "teeth": (1, 0.0, 1.0),
    "blink": (2, 0.0, 1.0),
    "brows": (2, -1.0, 1.0),
    "gaze": (2, -1.0, 1.0),
    "head_deg": (3, -45.0, 45.0),
    "breath": (1, 0.0, 1.0),
}


@dataclass(frozen=True)
class Performance:
    """The motion of a face and its head, ``n`` frames long; every array is float32.

    Attributes:
        rate: frames a second.
        jaw: ``(n,)``, 0 exactly closed to 1 as wide as speech opens it.
        press: ``(n,)``, 0 to 1: lips held together, as for p, b, m. Above 0.5 they meet,
            whatever ``jaw`` says.
        spread: ``(n,)``, -1 rounded and pushed forward, 0 at rest, 1 drawn apart.
        tongue: ``(n,)``, 0 low in the mouth to 1 between the teeth.
        teeth: ``(n,)``, 0 to 1: the lower lip against the upper teeth, as for f, v.
        blink: ``(n, 2)``, left and right eye: 0 open, 1 shut.
        brows: ``(n, 2)``, left and right: -1 lowered to 1 raised.
        gaze: ``(n, 2)``, -1 to 1: to the right of the picture and down.
        head_deg: ``(n, 3)``, degrees: yaw above 0 turns to the right of the picture, pitch above
            0 looks down, roll above 0 tilts with the clock, as seen.
        breath: ``(n,)``, 0 chest empty to 1 full.

    Raises:
        ValueError: an array has another shape or dtype, holds what is not a number or is out of
            its range, or the rate is not above 0.
    """

    rate: Fraction
    jaw: NDArray[np.float32]
    press: NDArray[np.float32]
    spread: NDArray[np.float32]
    tongue: NDArray[np.float32]
    teeth: NDArray[np.float32]
    blink: NDArray[np.float32]
    brows: NDArray[np.float32]
    gaze: NDArray[np.float32]
    head_deg: NDArray[np.float32]
    breath: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError(f"a performance has frames: its rate cannot be {self.rate}")
        for name, values in self._columns():
            wide, lowest, highest = _COLUMNS[name]
            shape = (len(self),) if wide == 1 else (len(self), wide)
            if values.shape != shape or values.dtype != np.float32:
                raise ValueError(
                    f"{name} is {values.dtype} {values.shape}; it has to be float32 {shape}"
                )
            if not np.all((values >= lowest) & (values <= highest)):
                raise ValueError(f"{name} is not within {lowest:g} to {highest:g} everywhere")

    def __len__(self) -> int:
        return len(self.jaw)

    @property
    def opening(self) -> NDArray[np.float32]:
        """``(n,)``, 0 to 1: how far the lips stand apart, with what the jaw and the pressing of
        the lips tell: what a drawn mouth is measured against."""
        held = np.clip(1 - 2 * self.press, 0, 1)
        return np.asarray(self.jaw * held * held * (3 - 2 * held), np.float32)

    def _columns(self) -> list[tuple[str, NDArray[np.float32]]]:
        return [(f.name, getattr(self, f.name)) for f in fields(self) if f.name in _COLUMNS]

    def part(self, first: int, last: int) -> Performance:
        """The frames ``[first, last)``, counted from 0 again.

        Raises:
            IndexError: it does not have them.
        """
        if not 0 <= first <= last <= len(self):
            raise IndexError(f"frames [{first}, {last}) of {len(self)}")
        return Performance(self.rate, **{k: v[first:last] for k, v in self._columns()})

    def row(self, frame: int) -> NDArray[np.float32]:
        """float32 ``(15,)``: all that moves in one frame, in the order of the attributes.

        Equal rows are equal pictures.

        Raises:
            IndexError: there is no such frame.
        """
        if not 0 <= frame < len(self):
            raise IndexError(f"frame {frame} of {len(self)}")
        return np.concatenate([np.atleast_1d(v[frame]) for _, v in self._columns()])

    @classmethod
    def still(cls, rate: Fraction, frames: int) -> Performance:
        """Calm, mouth closed, eyes open, not breathing."""
        made: dict[str, Any] = {
            name: np.zeros(frames if wide == 1 else (frames, wide), np.float32)
            for name, (wide, _, _) in _COLUMNS.items()
        }
        return cls(rate, **made)
