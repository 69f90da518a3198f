"""Small tables for charts: CSV or TSV, as a spreadsheet saves them.

The first row names the columns, the first column the rows. Rows that begin with ``#`` may say
``# title: …``, ``# unit: …``, ``# source: …`` and ``# kind: bars|line``.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.subtitles.house_file import read_bytes
from studio.errors import RequestError

#: More than that nobody reads from a screen.
MOST_BARS, MOST_POINTS, MOST_SERIES = 10, 60, 3
_LONG = 7  # rows from which a table of numbers or years is a line
_NOTE = re.compile(r"#\s*(title|unit|source|kind)\s*:\s*(.*?)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """Figures to be shown.

    Attributes:
        kind: how.
        labels: of the rows.
        series: names of the columns of figures.
        rows: a figure for each column; None where there is none.
        written: the same as they were written.
        title, unit, source: shown; may be empty.
    """

    kind: Literal["bars", "line"]
    labels: tuple[str, ...]
    series: tuple[str, ...]
    rows: tuple[tuple[float | None, ...], ...]
    written: tuple[tuple[str, ...], ...]
    title: str = ""
    unit: str = ""
    source: str = ""


def read_table(path: Path, where: str = "") -> Table:
    """A table from a file.

    Args:
        path: of the file.
        where: of the cue that names it, for errors.

    Raises:
        RequestError: it cannot be read, holds no figures or too many, or a cell is no number;
            the row is named.
    """
    text = read_bytes(path, "table", 256 * 1024).decode("utf-8-sig", errors="replace")
    notes: dict[str, str] = {}
    rows: list[tuple[int, list[str]]] = []
    separator = "\t" if path.suffix.lower() == ".tsv" else ","
    if separator == "," and ";" in text and "," not in text.replace(";", ""):
        separator = ";"
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=separator), start=1):
        whole = separator.join(row)
        note = _NOTE.match(whole)
        if note:
            notes[note[1].lower()] = note[2]
        elif any(cell.strip() for cell in row) and not whole.startswith("#"):
            rows.append((number, [cell.strip() for cell in row]))
    name = f"{where}: {path.name}" if where else path.name
    if len(rows) < 2 or len(rows[0][1]) < 2:
        raise RequestError(
            f"{name} holds no figures.", "Give a row of names and one of figures, or more."
        )
    head = rows[0][1]
    if len(head) - 1 > MOST_SERIES:
        raise RequestError(
            f"{name} has {len(head) - 1} columns of figures.", f"Show up to {MOST_SERIES}."
        )
    figures, written = [], []
    for number, row in rows[1:]:
        cells = (row[1:] + [""] * len(head))[: len(head) - 1]
        figures.append(tuple(_figure(cell, f"{name}:{number}") for cell in cells))
        written.append(tuple(cells))
    labels = tuple(row[0] for _, row in rows[1:])
    ordered = all(re.fullmatch(r"\d{4}|\d+|\d{4}-\d{2}(-\d{2})?", label) for label in labels)
    kind = notes.get("kind", "line" if ordered and len(labels) >= _LONG else "bars").lower()
    if kind not in ("bars", "line"):
        raise RequestError(f"{name} asks for {kind!r}.", "A chart is of the kind bars or line.")
    most = MOST_POINTS if kind == "line" else MOST_BARS
    if len(labels) > most:
        raise RequestError(
            f"{name} has {len(labels)} rows; up to {most} can be read as {kind}.",
            "Sum some up, or write '# kind: line' into its first row.",
        )
    if all(v is None for row in figures for v in row):
        raise RequestError(f"{name} holds no figures.", "Fill in numbers.")
    return Table(
        "line" if kind == "line" else "bars", labels, tuple(head[1:]), tuple(figures),
        tuple(written), notes.get("title", ""), notes.get("unit", ""), notes.get("source", ""),
    )  # fmt: skip


def _figure(cell: str, where: str) -> float | None:
    if not cell or cell in "-–—":
        return None
    plain = re.sub(r"[\s%$€£₩]|(?<=\d),(?=\d{3}(?!\d))", "", cell).replace("−", "-")
    try:
        return float(plain)
    except ValueError as exc:
        raise RequestError(
            f"{where}: {cell!r} is no number.", "Write figures like 1,234.5"
        ) from exc


def nice_steps(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from at or below ``low`` to at or above ``high`` for an axis."""
    import math

    span = max(high - low, 1e-9)
    raw = span / most
    scale = 10 ** math.floor(math.log10(raw))
    step = next(s * scale for s in (1, 2, 2.5, 5, 10) if s * scale >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 10) for n in range(first, last + 1)]


def shown_number(value: float) -> str:
    """A number of an axis: thousands apart, no more decimals than it has."""
    return f"{value:,.10g}" if abs(value) < 1e15 else f"{value:.3g}"
