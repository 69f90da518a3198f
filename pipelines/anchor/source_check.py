"""The script held against its sources: what no source vouches for is listed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pipelines.anchor.figures import Figure, figures_in, normal_name
from pipelines.subtitles.house_file import read_bytes
from studio.errors import RequestError
from studio.types.script import Script

MOST_BYTES = 16 << 20
_NEAR = Fraction(1, 20)


@dataclass(frozen=True)
class Source:
    """A file that vouches for figures.

    Attributes:
        name: of the file.
        text: all of it; the cells of a table with bars between.
    """

    name: str
    text: str


@dataclass(frozen=True)
class Unverified:
    """A figure that stands in no source.

    Attributes:
        line: id of the script's line.
        source_line: in the written script, from 1; 0 where it is not known.
        kind: number, date, time or name.
        written: as it stands in the script.
        near: the closest that a source has; empty where nothing is close.
    """

    line: str
    source_line: int
    kind: str
    written: str
    near: str = ""


@dataclass(frozen=True)
class SourceCheck:
    """What the check found.

    Attributes:
        sources: names of the files.
        verified: figures that a source vouches for.
        unverified: the others, in order of the script.
    """

    sources: tuple[str, ...]
    verified: int
    unverified: tuple[Unverified, ...]


def read_source(path: Path) -> Source:
    """A text, Markdown or CSV file.

    Raises:
        RequestError: it cannot be read, or is not text.
    """
    raw = read_bytes(path, "source", MOST_BYTES)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise RequestError(
            f"The source {path.name} is not text in UTF-8.", "Give a .txt, .md or .csv file."
        ) from exc
    if path.suffix.lower() in (".csv", ".tsv"):
        mark = "\t" if path.suffix.lower() == ".tsv" else ","
        try:
            # Commas between cells would look like commas inside of numbers.
            text = "\n".join(
                " | ".join(row) for row in csv.reader(io.StringIO(text), delimiter=mark)
            )
        except csv.Error as exc:
            raise RequestError(
                f"The source {path.name} is no CSV: {exc}", "Mend the file."
            ) from exc
    return Source(path.name, text)


def check_script(script: Script, sources: Sequence[Source]) -> SourceCheck:
    """Every number, date and name of the script that stands in no source. Pure.

    Numbers are compared by value (``1.2 million`` is ``1,200,000`` and ``120만``), dates by day
    (one without a year agrees with every year), names by their letters.
    """
    known = [f for source in sources for f in figures_in(source.text, names=False)]
    values = {f.value for f in known if f.kind == "number"}
    # A year in a source's date vouches for the year alone.
    values |= {Fraction(f.date[0]) for f in known if f.kind == "date" and f.date[0]}
    times = {f.value for f in known if f.kind == "time"}
    dates = [f.date for f in known if f.kind == "date"]
    letters = " ".join(" ".join(normal_name(w) for w in s.text.split()) for s in sources)
    joined = "".join(normal_name(s.text) for s in sources)
    verified = 0
    missing = []
    for line in script.lines():
        for figure in figures_in(line.text):
            if _stands(figure, times if figure.kind == "time" else values, dates, letters, joined):
                verified += 1
            else:
                near = _near(figure, known)
                missing.append(
                    Unverified(line.id, line.source_line, figure.kind, figure.written, near)
                )
    return SourceCheck(tuple(s.name for s in sources), verified, tuple(missing))


def _stands(
    figure: Figure,
    values: set[Fraction],
    dates: Iterable[tuple[int, int, int]],
    letters: str,
    joined: str,
) -> bool:
    if figure.kind in ("number", "time"):
        return figure.value in values
    if figure.kind == "date":
        year, month, day = figure.date
        return any((m, d) == (month, day) and (not year or not y or y == year) for y, m, d in dates)
    if figure.written[:1].isascii():  # whole words
        wanted = [" ".join(map(normal_name, t.split())) for t in (figure.written, figure.tail) if t]
        return any(f" {name} " in f" {letters} " for name in wanted)
    return figure.name in joined


def _near(figure: Figure, known: Sequence[Figure]) -> str:
    if figure.kind == "number":
        close = [
            f
            for f in known
            if f.kind == "number" and abs(f.value - figure.value) <= _NEAR * figure.value
        ]
        return min(close, key=lambda f: abs(f.value - figure.value)).written if close else ""
    if figure.kind == "date":
        _, month, day = figure.date
        same = [
            f.written
            for f in known
            if f.kind == "date" and (f.date[1] == month or f.date[2] == day)
        ]
        return same[0] if same else ""
    return ""
