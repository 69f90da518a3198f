"""Tables as files: CSV for people and spreadsheets, Parquet for statistics."""

from __future__ import annotations

import csv
from pathlib import Path

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
