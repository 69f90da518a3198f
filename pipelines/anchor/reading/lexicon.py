"""The house's own readings: ``word = reading``, before every rule.

TOML (``"KBS" = "케이비에스"``) or JSON (``{"KBS": "케이비에스"}``), one entry a line. In TOML the
quotes may be left out around Hangul and around readings: ``MRI = 엠알아이``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.anchor.reading.spoken import Rule
from pipelines.subtitles.house_file import read_bytes
from studio.errors import RequestError

MOST_BYTES = 1 << 20
NAME = "lexicon"
_ENTRY = re.compile(
    r"""(?:"(?P<q>(?:[^"\\]|\\.)+)"|'(?P<s>[^']+)'|(?P<w>[^"'=#\s][^"'=#]*?))\s*=\s*"""
    r"""(?:"(?P<r>(?:[^"\\]|\\.)*)"|'(?P<t>[^']*)'|(?P<p>[^"'#]+?))\s*(?:\#.*)?"""
)


@dataclass(frozen=True)
class Lexicon:
    """Written words and their readings, in the order of the file."""

    entries: tuple[tuple[str, str], ...] = ()

    def rules(self) -> tuple[Rule, ...]:
        """One rule for all entries, the longest first.

        A Latin word matches whole; a Korean one may carry a particle. Case counts.
        """
        if not self.entries:
            return ()
        known = dict(self.entries)
        words = sorted(known, key=len, reverse=True)
        pattern = "|".join(re.escape(w) + _after(w) for w in words)
        return (
            Rule(NAME, re.compile(rf"(?<![A-Za-z0-9가-힣])(?:{pattern})"), lambda m: known[m[0]]),
        )


def _after(word: str) -> str:
    return r"(?![A-Za-z0-9])" if word[-1].isascii() else ""


def read_lexicon(path: Path) -> Lexicon:
    """A lexicon file.

    Raises:
        RequestError: naming the line that cannot be understood, or says a word twice.
    """
    raw = read_bytes(path, "lexicon", MOST_BYTES)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw[: exc.start].count(b"\n") + 1
        raise RequestError(
            f"{path.name}:{line}: the lexicon is not in UTF-8.", "Save it as UTF-8."
        ) from exc
    rows = _json_rows(path, text) if path.suffix.lower() == ".json" else _toml_rows(path, text)
    seen: dict[str, int] = {}
    for line, word, reading in rows:
        if not any(c.isalnum() for c in reading):
            raise RequestError(
                f"{path.name}:{line}: {word!r} has no reading.", "Write word = reading."
            )
        if word in seen:
            raise RequestError(
                f"{path.name}:{line}: {word!r} stands in line {seen[word]} already.",
                "Keep one of the two.",
            )
        seen[word] = line
    return Lexicon(tuple((word, reading) for _, word, reading in rows))


def _toml_rows(path: Path, text: str) -> list[tuple[int, str, str]]:
    rows = []
    for number, row in enumerate(text.splitlines(), start=1):
        stripped = row.strip()
        if not stripped or stripped.startswith(("#", "[")):
            continue
        match = _ENTRY.fullmatch(stripped)
        if match is None:
            raise RequestError(
                f"{path.name}:{number}: this is no entry: {stripped[:60]}",
                'Write "word" = "reading".',
            )
        word = match["q"] or match["s"] or match["w"]
        reading = next((match[g] for g in "rtp" if match[g] is not None), "")
        rows.append((number, word.strip(), reading.strip()))
    return rows


def _json_rows(path: Path, text: str) -> list[tuple[int, str, str]]:
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except (json.JSONDecodeError, RecursionError) as exc:
        line = getattr(exc, "lineno", 1)
        raise RequestError(f"{path.name}:{line}: this is no JSON: {exc}", "Mend the file.") from exc
    rows = []
    at = 0
    for entry in pairs if isinstance(pairs, list) else []:
        word, reading = entry if isinstance(entry, tuple) else ("", None)
        at = max(text.find(json.dumps(word, ensure_ascii=False), at), at)
        line = text.count("\n", 0, at) + 1
        if not isinstance(reading, str) or not word:
            raise RequestError(
                f"{path.name}:{line}: {word!r} has no text as its reading.",
                'Write {"word": "reading"}.',
            )
        rows.append((line, word, reading))
        at += 1
    return rows
