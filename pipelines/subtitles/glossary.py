"""A house's own words for a translation: what a term becomes, and what stays as it is."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines.subtitles.house_file import parse_toml, read_bytes
from studio.errors import RequestError

_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Term:
    """One entry.

    Attributes:
        source: as it is spoken.
        target: as it is to stand in the translation; the same for a name that is kept.
    """

    source: str
    target: str


@dataclass(frozen=True)
class Glossary:
    """Terms, the longest first, so that ``New York Times`` goes before ``New York``."""

    terms: tuple[Term, ...] = ()

    @classmethod
    def of(cls, terms: Iterable[Term]) -> Glossary:
        """Terms in the order in which they are looked for."""
        return cls(tuple(sorted(terms, key=lambda term: (-len(term.source), term.source))))

    def with_names(self, names: Iterable[str]) -> Glossary:
        """The same with names that stay as they are, where the glossary says nothing of them."""
        known = {term.source.casefold() for term in self.terms}
        kept = {name for name in names if name.strip() and name.casefold() not in known}
        return self.of((*self.terms, *(Term(name, name) for name in kept)))

    def found_in(self, text: str) -> list[tuple[int, int, Term]]:
        """Where terms stand in a text: start, end and term, in order, none inside another.

        Capitals do not matter. A term ends at the end of a word; Hangul may carry a particle
        behind it.
        """
        found: list[tuple[int, int, Term]] = []
        for term in self.terms:
            for match in _pattern(term.source).finditer(text):
                start, end = match.span()
                if all(end <= a or start >= b for a, b, _ in found):
                    found.append((start, end, term))
        return sorted(found, key=lambda place: place[0])


def _pattern(term: str) -> re.Pattern[str]:
    body = r"\s+".join(re.escape(part) for part in term.split())
    before = r"(?<!\w)" if term[0].isalnum() else ""
    after = r"(?!\w)" if term[-1].isalnum() and not "가" <= term[-1] <= "힣" else ""
    return re.compile(f"{before}{body}{after}", re.IGNORECASE)


def read_glossary(path: Path) -> Glossary:
    """A glossary from a file.

    ``.toml``: ``"term" = "translation"`` a line. Anything else: CSV of two columns, an optional
    heading ``term,translation``, ``#`` before remarks. An empty translation keeps the term.

    Raises:
        RequestError: the file cannot be read or a line is wrong; the message names the line.
    """
    raw = read_bytes(path, "glossary", _MAX_BYTES)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw[: exc.start].count(b"\n") + 1
        raise RequestError(
            f"{path}, line {line}: this is not UTF-8.", "Save the glossary as UTF-8."
        ) from exc
    rows = _toml_rows(path, text) if path.suffix.lower() == ".toml" else _csv_rows(path, text)
    terms: dict[str, tuple[int, Term]] = {}
    for line, source, target in rows:
        where = f"{path}, line {line}" if line else f"{path}"
        if not source:
            raise RequestError(f"{where}: the term is empty.", "Write term,translation.")
        known = terms.get(source.casefold())
        if known is not None:
            raise RequestError(
                f"{where}: {source!r} stands here a second time, after line {known[0]}.",
                "Keep one of the two.",
            )
        terms[source.casefold()] = (line, Term(source, target or source))
    if not terms:
        raise RequestError(f"{path} holds no terms.", "Write one a line: term,translation")
    return Glossary.of(term for _, term in terms.values())


def _csv_rows(path: Path, text: str) -> list[tuple[int, str, str]]:
    rows: list[tuple[int, str, str]] = []
    reader = csv.reader(io.StringIO(text), strict=True, skipinitialspace=True)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells) or cells[0].startswith("#"):
                continue
            if [cell.casefold() for cell in cells] == ["term", "translation"] and not rows:
                continue
            if len(cells) != 2:
                raise RequestError(
                    f"{path}, line {reader.line_num}: there are {len(cells)} columns, not 2.",
                    'Write term,translation; a comma inside either stands in quotes: "a, b".',
                )
            rows.append((reader.line_num, cells[0], cells[1]))
    except csv.Error as exc:
        raise RequestError(
            f"{path}, line {reader.line_num}: {exc}.", "Close every quotation mark."
        ) from exc
    return rows


def _toml_rows(path: Path, text: str) -> list[tuple[int, str, str]]:
    try:
        data = parse_toml(text)
    except tomllib.TOMLDecodeError as exc:
        raise RequestError(
            f"{path} is no TOML: {exc}", 'Write one a line: "term" = "translation"'
        ) from exc
    lines = text.splitlines()
    rows = []
    for source, target in data.items():
        line = next((n for n, said in enumerate(lines, 1) if source in said), 0)
        if not isinstance(target, str):
            raise RequestError(
                f"{path}, line {line}: {source!r} should become a text, not {target!r}.",
                'Write one a line: "term" = "translation"',
            )
        rows.append((line, source.strip(), target.strip()))
    return rows
