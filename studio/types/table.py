"""Tables that travel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

#: What stands in a cell; None where nothing is known.
Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """Rows under named columns.

    Attributes:
        name: of the table, and of the file it is written to.
        columns: their names, units in them.
        rows: a cell for each column.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        if len(set(self.columns)) != len(self.columns):
            raise ValueError(f"{self.name}: two columns have one name")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"{self.name}: a row has not one cell for each column")

    def __len__(self) -> int:
        return len(self.rows)

    def records(self) -> Iterator[Mapping[str, Cell]]:
        """Each row by the names of its columns."""
        for row in self.rows:
            yield dict(zip(self.columns, row, strict=True))

    def column(self, name: str) -> tuple[Cell, ...]:
        """One column."""
        at = self.columns.index(name)
        return tuple(row[at] for row in self.rows)
