"""Tables as files: CSV for people and spreadsheets, Parquet for statistics."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from studio.errors import RequestError
from studio.media.writer import write_beside
from studio.types.table import Cell, Table

_MAX_BYTES = 512 << 20


def write_csv(table: Table, path: Path) -> None:
    """RFC 4180 in UTF-8 with a byte order mark, so that spreadsheets read Hangul.

    A text that a spreadsheet would take for a formula gets an apostrophe before it: names come
    from people, and words from pictures.

    Raises:
        EncodeFailed: it cannot be written.
    """
    with (
        write_beside(path) as beside,
        beside.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(table.columns)
        writer.writerows([_shown(cell) for cell in row] for row in table.rows)


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
    return str(cell)


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file that a person may have edited, by the names of their columns.

    Raises:
        RequestError: it is not there, too large, or no table.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise RequestError(f"{path.name} is too large for a table.", "Give a smaller file.")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise RequestError(f"{path.name} is not in UTF-8.", "Save it as CSV in UTF-8.") from exc
    except OSError as exc:
        raise RequestError(f"{path} cannot be read: {exc.strerror}.", "Check the name.") from exc
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)  # spreadsheets save with what their country uses
    try:
        reader = csv.DictReader(text.splitlines(), delimiter=delimiter, strict=True)
        rows = [{k or "": _unquoted(v or "") for k, v in row.items()} for row in reader]
    except csv.Error as exc:
        raise RequestError(f"{path.name} is no table: {exc}.", "Save it as CSV again.") from exc
    if not reader.fieldnames or len(reader.fieldnames) < 2:
        raise RequestError(f"{path.name} has no columns.", "Keep the first line as it was written.")
    return rows


def _unquoted(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def write_parquet(table: Table, path: Path) -> None:
    """The same with types, for pandas, R and DuckDB.

    Raises:
        EncodeFailed: it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {}
    for at, name in enumerate(table.columns):
        cells = [row[at] for row in table.rows]
        columns[name] = pa.array(cells, type=_type_of(cells))
    with write_beside(path) as beside:
        pq.write_table(pa.table(columns), beside)


class TableFiles:
    """A table that is written piece by piece, as CSV and as Parquet; both appear whole at the end,
    or not at all.

    Args:
        name: of the table, and of the files.
        columns: their names.
        kinds: columns of whole numbers (``int``) and of numbers (``float``); the others are text.
        folder: of the files.

    Attributes:
        rows: written so far.

    Raises:
        EncodeFailed: the files cannot be written.
    """

    def __init__(
        self, name: str, columns: Sequence[str], kinds: Mapping[str, type], folder: Path
    ) -> None:
        import pyarrow as pa

        types = {int: pa.int64(), float: pa.float64()}
        fields = [(column, types.get(kinds.get(column, str), pa.string())) for column in columns]
        self.csv, self.parquet = folder / f"{name}.csv", folder / f"{name}.parquet"
        self.rows = 0
        self._columns = tuple(columns)
        self._schema = pa.schema(fields)
        self._open = ExitStack()
        self._writer: Any = None
        self._sheet: Any = None

    def __enter__(self) -> TableFiles:
        """Begin both files."""
        import pyarrow.parquet as pq

        with ExitStack() as opened:
            csv_beside = opened.enter_context(write_beside(self.csv))
            parquet_beside = opened.enter_context(write_beside(self.parquet))
            file = opened.enter_context(csv_beside.open("w", encoding="utf-8-sig", newline=""))
            self._writer = csv.writer(file)
            self._writer.writerow(self._columns)
            self._sheet = opened.enter_context(pq.ParquetWriter(parquet_beside, self._schema))
            self._open = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let both appear, unless something failed."""
        self._open.__exit__(kind, error, trace)

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write more rows."""
        import pyarrow as pa

        held = list(rows)
        if not held:
            return
        self._writer.writerows([_shown(cell) for cell in row] for row in held)
        columns = zip(*held, strict=True)
        arrays = [
            pa.array(cells, type=field.type)
            for cells, field in zip(columns, self._schema, strict=True)
        ]
        self._sheet.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self.rows += len(held)


def read_parquet(path: Path) -> Table:
    """A table as :func:`write_parquet` wrote it.

    Raises:
        RequestError: it is none.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_table(path)
    except (OSError, pa.ArrowException) as exc:
        raise RequestError(f"{path.name} is no table: {exc}.", "Make the report again.") from exc
    columns = [column.to_pylist() for column in found.columns]
    rows = tuple(zip(*columns, strict=True)) if columns else ()
    return Table(path.stem, tuple(found.column_names), rows)


def _type_of(cells: list[Cell]) -> object:
    import pyarrow as pa

    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {int} and kinds:
        return pa.int64()
    if kinds and kinds <= {int, float}:
        return pa.float64()
    return pa.string()
