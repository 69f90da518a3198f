"""A script for an anchor: what is said, and what is shown meanwhile."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from studio.codec import to_json

CueKind = Literal["b-roll", "over-the-shoulder", "lower-third", "graphic", "pause", "credit"]


@dataclass(frozen=True)
class ScriptCue:
    """Something that happens at a place in a line.

    Attributes:
        kind: what.
        at: index into the line's text before which it stands; the text's length for the end.
        argument: a file, what to look for in the footage, the name of a lower third, or a line
            of the credits.
        detail: second line of a lower third, title of a graphic or picture; empty elsewhere.
        seconds: length of a pause; zero elsewhere.
        column: in the written script, from 1; 0 where it was not written there.
        source_line: its own line in the written script, where that is not its line's; else 0.
    """

    kind: CueKind
    at: int
    argument: str = ""
    detail: str = ""
    seconds: Fraction = Fraction(0)
    column: int = 0
    source_line: int = 0


@dataclass(frozen=True)
class ScriptLine:
    """One sentence.

    Attributes:
        id: stable name: made of the text, so that it outlives changes elsewhere.
        text: as subtitles show it, without markup.
        cues: in order of their place.
        emphasis: half-open ranges of characters that are stressed.
        quote: whether somebody else's words are read.
        source_line: in the written script, from 1; 0 where it came from elsewhere.
    """

    id: str
    text: str
    cues: tuple[ScriptCue, ...] = ()
    emphasis: tuple[tuple[int, int], ...] = ()
    quote: bool = False
    source_line: int = 0

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("a line without an id")
        if any(not 0 <= cue.at <= len(self.text) for cue in self.cues):
            raise ValueError(f"line {self.id}: a cue stands outside the text")
        if any(not 0 <= a < b <= len(self.text) for a, b in self.emphasis):
            raise ValueError(f"line {self.id}: an emphasis lies outside the text")


@dataclass(frozen=True)
class ScriptItem:
    """One story.

    Attributes:
        title: shown, not spoken; may be empty.
        lines: in order.
    """

    title: str
    lines: tuple[ScriptLine, ...]


@dataclass(frozen=True)
class Script:
    """A whole segment.

    Attributes:
        language: ``en`` or ``ko``.
        headline: shown, not spoken; may be empty.
        items: in order.
        media_folder: where the files lie that cues name by relative paths; empty for beside
            the script.
    """

    language: Literal["en", "ko"]
    headline: str
    items: tuple[ScriptItem, ...]
    media_folder: str = ""

    def __post_init__(self) -> None:
        ids = [line.id for line in self.lines()]
        twice = next((i for i in ids if ids.count(i) > 1), None)
        if twice is not None:
            raise ValueError(f"two lines have the id {twice}")

    def lines(self) -> Iterator[ScriptLine]:
        """All lines in order."""
        for item in self.items:
            yield from item.lines

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, hexadecimal: what an approval is bound to.

        The canonical form is JSON with sorted keys and no spaces, in UTF-8, without the places
        in the written file: a blank line more there changes nothing that is aired.
        """
        data = _without_places(to_json(self))
        text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()


def line_id(text: str, taken: set[str]) -> str:
    """A name for a line from its text; of equal lines the later get a number."""
    name = hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]
    number = 1
    while (found := name if number == 1 else f"{name}-{number}") in taken:
        number += 1
    return found


def shown_in(script: Script, kind: CueKind) -> tuple[tuple[ScriptLine, ScriptCue], ...]:
    """Every cue of a kind with its line."""
    return tuple((line, cue) for line in script.lines() for cue in line.cues if cue.kind == kind)


_PLACES = ("source_line", "column", "media_folder")


def _without_places(data: Any) -> Any:
    if isinstance(data, dict):
        return {k: _without_places(v) for k, v in data.items() if k not in _PLACES}
    if isinstance(data, list):
        return [_without_places(v) for v in data]
    return data


def renamed(script: Script, lines: dict[str, ScriptLine]) -> Script:
    """The script with the lines of those ids replaced."""
    items = tuple(
        dataclasses.replace(item, lines=tuple(lines.get(line.id, line) for line in item.lines))
        for item in script.items
    )
    return dataclasses.replace(script, items=items)
