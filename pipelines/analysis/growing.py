"""Arrays that grow as footage is read."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


class GrowingArray(Generic[T]):
    """Rows in one piece of memory that is lengthened in place.

    Pieces in a list are joined at the end and then held twice, and numbers as Python objects
    take eight times their bytes: over an hour both are felt.

    Args:
        dtype: of the numbers.
        width: numbers a row; None for plain numbers.
        room: rows to expect.
    """

    def __init__(self, dtype: type[T], width: int | None = None, room: int = 1024) -> None:
        self._all: NDArray[T] = np.empty((room,) if width is None else (room, width), dtype)
        self._count = 0
        self._lent = False

    def __len__(self) -> int:
        return self._count

    def extend(self, rows: Any) -> None:
        """Add rows behind the last."""
        rows = np.asarray(rows, self._all.dtype)
        end = self._count + len(rows)
        if end > len(self._all):
            self._grow(max(end, len(self._all) * 2))
        self._all[self._count : end] = rows
        self._count = end

    def _grow(self, room: int) -> None:
        shape = (room, *self._all.shape[1:])
        if self._lent:  # somebody looks at the old place
            longer = np.empty(shape, self._all.dtype)
            longer[: self._count] = self._all[: self._count]
            self._all, self._lent = longer, False
        else:
            self._all.resize(shape, refcheck=False)

    @property
    def rows(self) -> NDArray[T]:
        """All rows so far, not copied; they stay as they are when more are added."""
        self._lent = True
        return self._all[: self._count]
