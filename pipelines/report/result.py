"""What ``studio report`` gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.types.table import Table


@dataclass(frozen=True)
class Result:
    """A report.

    Attributes:
        figures: what was counted.
        rows: how many rows each raw table has.
        methods: the methods card.
        files: kind of each file to its path; none on a dry run.
        stored, computed: parts of the analyses, as ``file: part``.
        notes: what a user should know.
        wall_s: seconds this run took.
    """

    figures: tuple[Table, ...]
    rows: Mapping[str, int]
    methods: Mapping[str, Any]
    files: Mapping[str, Path] = field(default_factory=dict)
    stored: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    wall_s: float = 0.0

    @property
    def raw(self) -> tuple[Table, ...]:
        """What was seen and heard, one row an observation: read from the files each time, since of
        many hours it is more than the memory holds.

        Raises:
            RequestError: the files are gone.
        """
        from studio.tables.table_files import read_parquet

        return tuple(read_parquet(self.files[f"{name}.parquet"]) for name in self.rows)

    def figure(self, name: str) -> Table:
        """A table of figures by its name."""
        return next(table for table in self.figures if table.name == name)
