"""The written script: Markdown or plain text, with cues that a newsroom can type.

::

    # Headline of the segment
    ## Title of an item
    Text that is read. [b-roll: harbour at dawn] More text with *emphasis* and [pause 1.0] a rest.
    [over-the-shoulder: ships.png | Ships at sea] [lower-third: Ada Moreno | Harbour master]
    [graphic: tonnes.csv | Freight a day] [credit: A line at the end.]
    > Somebody else's words, read as a quote.
    <!-- A remark that nobody hears. -->

Text runs on until a blank line, a heading or a quote; each sentence becomes a line of the
script. A backslash before ``[``, ``*`` or ``#`` takes its meaning away. Without any heading,
a first paragraph that is short and ends no sentence is the headline.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import get_args

from pipelines.anchor.allowed_files import MayOpen, refuse_forbidden_cues
from pipelines.subtitles.english import ends_sentence
from pipelines.subtitles.house_file import read_bytes
from studio.codec import from_json, to_json
from studio.errors import RequestError
from studio.types.script import CueKind, Script, ScriptCue, ScriptItem, ScriptLine, line_id

#: Longest script file; half an hour of speech has 30 KiB.
MOST_BYTES = 1 << 20
LONGEST_PAUSE_S = 30
#: Characters of one sentence; two minutes of speech.
LONGEST_LINE = 2000
KINDS: tuple[str, ...] = get_args(CueKind)
_ALIASES = {"broll": "b-roll", "ots": "over-the-shoulder", "l3": "lower-third"}
_FILES = re.compile(r"\.(?:png|jpe?g|webp|csv|tsv|mp4|mov|mkv|webm|avi|mxf)$", re.IGNORECASE)
_NEEDS_FILE = ("over-the-shoulder", "graphic")
_CUE = re.compile(r"\[([^\[\]\n]*)\]")
_OPENING = re.compile(r"(?<!\S)\*\S")
_LINK = re.compile(r"\[([^\[\]\n]*)\]\([^()\s]*\)")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_HEADLINE_CHARACTERS = 90
_HANGUL = re.compile(r"[가-힣]")
_LATIN = re.compile(r"[A-Za-z]")


@dataclass
class _Text:
    """Text of one paragraph while it is read, with what stands in it."""

    characters: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)  # line and column of each
    cues: list[tuple[int, ScriptCue]] = field(default_factory=list)
    stress: list[tuple[int, int]] = field(default_factory=list)
    quote: bool = False

    def add(self, text: str, line: int, column: int) -> None:
        self.characters += text
        self.places += [(line, column)] * len(text)


def read_script(
    path: Path,
    language: str = "auto",
    elsewhere: Sequence[Path] = (),
    may_open: MayOpen = lambda _: True,
) -> Script:
    """The script in a file: Markdown, plain text, or a ``script.json`` the studio wrote.

    Args:
        path: of the file; pictures and tables are looked for beside it.
        language: ``en``, ``ko``, or ``auto`` for the one most of its letters belong to.
        elsewhere: files that cues may name though they do not lie beside it.
        may_open: what may be read of what cues name.

    Raises:
        RequestError: naming file, line and column: nothing to say, an unknown cue, a missing
            picture, a pause that is none.
    """
    raw = read_bytes(path, "script", MOST_BYTES)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw[: exc.start].count(b"\n") + 1
        raise RequestError(
            f"{path.name}:{line}: the script is not in UTF-8.", "Save it as UTF-8 text."
        ) from exc
    if path.suffix.lower() == ".json":
        script = _from_json(text, path)
    else:
        script = parse_script(text, path.name, language)
        script = dataclasses.replace(script, media_folder=str(path.parent.resolve()))
    _refuse_long_lines(script, path.name)
    refuse_forbidden_cues(script, path, may_open)
    refuse_missing_files(script, path, elsewhere)
    return script


def _refuse_long_lines(script: Script, name: str) -> None:
    for line in script.lines():
        if len(line.text) > LONGEST_LINE:
            where = f"{name}:{line.source_line}" if line.source_line else f"{name}, line {line.id}"
            raise RequestError(
                f"{where}: a sentence has {len(line.text):,} characters.",
                f"End it with a full stop before {LONGEST_LINE:,}.",
            )


def _from_json(text: str, path: Path) -> Script:
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as exc:
        line = getattr(exc, "lineno", 1)
        raise RequestError(f"{path.name}:{line}: this is no JSON: {exc}", "Mend the file.") from exc
    script = from_json(Script, data)
    if not any(line.text.strip() for line in script.lines()):
        raise _empty(path.name)
    return script


def _empty(name: str) -> RequestError:
    return RequestError(
        f"{name}:1: the script says nothing.", "Write at least one sentence below the headline."
    )


def script_text(script: Script) -> str:
    """``script.json``: the plan, to be edited, compared and rendered again."""
    return json.dumps(to_json(script), ensure_ascii=False, indent=1) + "\n"


def language_of(text: str) -> str:
    """``ko`` where at least a third of the letters are Hangul, else ``en``."""
    hangul, latin = len(_HANGUL.findall(text)), len(_LATIN.findall(text))
    return "ko" if 2 * hangul >= latin and hangul else "en"


def parse_script(text: str, name: str, language: str = "auto") -> Script:
    """The script in a text. Pure.

    Args:
        text: Markdown or plain.
        name: of the file, for errors.
        language: as for :func:`read_script`.

    Raises:
        RequestError: naming file, line and column.
    """
    reader = _Reader(name)
    for number, row in enumerate(_without_remarks(text).splitlines(), start=1):
        reader.take(number, row)
    reader.close()
    items = tuple(
        ScriptItem(title, tuple(lines)) for title, lines in reader.items if lines or title
    )
    spoken = " ".join(line.text for item in items for line in item.lines)
    if not any(c.isalnum() for c in spoken):
        raise _empty(name)
    chosen = language_of(spoken) if language == "auto" else language
    return Script("ko" if chosen == "ko" else "en", reader.headline, items)


def _without_remarks(text: str) -> str:
    """Remarks blanked out, line breaks kept so that places stay true."""
    return re.sub(r"<!--.*?(?:-->|\Z)", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)


class _Reader:
    """Rows in, items out."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.headline = ""
        self.items: list[tuple[str, list[ScriptLine]]] = [("", [])]
        self._text = _Text()
        self._headings = False
        self._taken: set[str] = set()
        self._waiting: list[ScriptCue] = []  # cues before any text

    def take(self, number: int, row: str) -> None:
        row = row.expandtabs(1)
        stripped = row.strip()
        heading = _HEADING.match(stripped)
        if not stripped or re.fullmatch(r"(?:-{3,}|\*{3,}|_{3,})", stripped):
            self._flush(paragraph=True)
        elif heading:
            self._flush()
            self._heading(heading)
        else:
            quote = stripped.startswith(">")
            if quote != self._text.quote or re.match(r"[-*•]\s", stripped):
                self._flush()
                self._text.quote = quote
            body = re.sub(r"^\s*(?:>\s?)*(?:[-*•]\s+)?", "", row)
            if self._text.characters:
                self._text.add(" ", number, 1)
            self._inline(number, len(row) - len(body) + 1, body.rstrip())

    def _heading(self, heading: re.Match[str]) -> None:
        title = heading[2].replace("\\", "").replace("*", "")
        if len(heading[1]) == 1 and not self.headline and not self.items[-1][1]:
            self.headline = title
        else:
            self.items.append((title, []))
        self._headings = True

    def _inline(self, number: int, column: int, body: str) -> None:
        at = 0
        opened: int | None = None
        while at < len(body):
            character = body[at]
            place = column + at
            link = _LINK.match(body, at)
            cue = _CUE.match(body, at)
            if character == "\\" and body[at + 1 : at + 2] in tuple("[]*#>\\"):
                self._text.add(body[at + 1], number, place)
                at += 2
            elif link:
                self._text.add(link[1], number, place)
                at = link.end()
            elif cue:
                made = self._cue(cue[1], number, place)
                self._text.cues.append((len(self._text.characters), made))
                at = cue.end()
            elif character == "[":
                raise self._at(number, place, "a bracket opens and does not close", "Add ].")
            elif character == "*" and (opened is not None or self._opens(body, at)):
                at += 2 if body[at + 1 : at + 2] == "*" else 1
                here = len(self._text.characters)
                if opened is None:
                    opened = here
                else:
                    self._text.stress += [(opened, here)] if here > opened else []
                    opened = None
            elif _OPENING.match(body, at):
                raise self._unclosed(number, place)
            else:
                if character != " " or self._text.characters[-1:] != [" "]:  # a cue left two
                    self._text.add(character, number, place)
                at += 1
        if opened is not None:
            raise self._unclosed(number, column)

    @staticmethod
    def _opens(body: str, at: int) -> bool:
        rest = body[at:].lstrip("*")
        return bool(rest) and not rest[0].isspace() and "*" in rest

    def _unclosed(self, line: int, column: int) -> RequestError:
        return self._at(
            line, column, "an emphasis opens with * and does not close", "Add *, or write \\*."
        )

    def _at(self, line: int, column: int, what: str, hint: str = "") -> RequestError:
        return RequestError(f"{self.name}:{line}:{column}: {what}.", hint)

    def _cue(self, inside: str, line: int, column: int) -> ScriptCue:
        match = re.fullmatch(r"\s*([\w -]*?)\s*(?::\s*(.*?)|(\d[\d.]*)\s*s?)?\s*", inside)
        typed = match[1] if match else inside.partition(":")[0]
        word = re.sub(r"[\s_]+", "-", typed.strip().lower())
        kind = _ALIASES.get(word, word)
        if match is None or kind not in KINDS:
            near = difflib.get_close_matches(kind, (*KINDS, *_ALIASES), 1, 0.5)
            raise self._at(
                line,
                column,
                f"there is no cue [{typed}]",
                (f"Did you mean {near[0]}? " if near else f"The cues are {', '.join(KINDS)}. ")
                + "A bracket that is text is written \\[.",
            )
        argument = (match[2] or match[3] or "").strip()
        if kind == "pause":
            return ScriptCue(
                "pause",
                0,
                seconds=self._pause(argument, line, column),
                column=column,
                source_line=line,
            )
        name, _, detail = argument.partition("|")
        if not name.strip():
            raise self._at(line, column, f"[{kind}] does not say what", f"Write [{kind}: …].")
        if kind == "credit":
            name, detail = argument, ""
        made: Callable[..., ScriptCue] = ScriptCue
        return made(kind, 0, name.strip(), detail.strip(), column=column, source_line=line)

    def _pause(self, argument: str, line: int, column: int) -> Fraction:
        number = argument.removesuffix("s").strip()
        if not re.fullmatch(r"\d{1,3}(\.\d{1,3})?", number):
            raise self._at(
                line, column, f"[pause {argument}] gives no seconds", "Write [pause 1.0]."
            )
        seconds = Fraction(number)
        if not 0 < seconds <= LONGEST_PAUSE_S:
            raise self._at(
                line, column, f"a pause of {argument} s", f"Up to {LONGEST_PAUSE_S} s are kept."
            )
        return seconds

    def _flush(self, paragraph: bool = False) -> None:
        """The paragraph's sentences become lines."""
        text, self._text = self._text, _Text()
        plain = "".join(text.characters)
        first = not self._headings and not self.items[-1][1] and len(self.items) == 1
        if paragraph and first and not self.headline and self._is_headline(plain, text):
            self.headline = plain.strip()
            self._headings = True
            return
        ranges = _sentences(plain)
        if not ranges:
            self._waiting += [cue for _, cue in text.cues]
            return
        for number, (start, end) in enumerate(ranges):
            last = number == len(ranges) - 1
            # From here on: a cue between two sentences belongs to the second.
            stop = len(plain) + 1 if last else end + 1
            after = ranges[number - 1][1] + 1 if number else 0
            cues = [
                _moved(cue, min(max(at - start, 0), end - start))
                for at, cue in text.cues
                if after <= at < stop
            ]
            stress = [
                (max(a, start) - start, min(b, end) - start)
                for a, b in text.stress
                if a < end and b > start
            ]
            self._add(plain[start:end], cues, stress, text.quote, text.places[start][0])

    def _add(
        self, text: str, cues: list[ScriptCue], stress: list[tuple[int, int]], quote: bool, row: int
    ) -> None:
        name = line_id(text, self._taken)
        self._taken.add(name)
        cues = [_moved(cue, 0) for cue in self._waiting] + cues
        self._waiting = []
        self.items[-1][1].append(ScriptLine(name, text, tuple(cues), tuple(stress), quote, row))

    @staticmethod
    def _is_headline(plain: str, text: _Text) -> bool:
        title = plain.strip()
        return (
            bool(title)
            and not text.cues
            and len(title) <= _HEADLINE_CHARACTERS
            and not ends_sentence(title.split()[-1])
        )

    def close(self) -> None:
        """The last paragraph, and cues that stand after all text."""
        self._flush()
        if not self._waiting:
            return
        lines = next((lines for _, lines in reversed(self.items) if lines), None)
        if lines is None:
            return  # a script without text is refused anyway
        last = lines[-1]
        cues = (*last.cues, *(_moved(cue, len(last.text)) for cue in self._waiting))
        lines[-1] = ScriptLine(
            last.id, last.text, cues, last.emphasis, last.quote, last.source_line
        )


def _moved(cue: ScriptCue, at: int) -> ScriptCue:
    return ScriptCue(
        cue.kind, at, cue.argument, cue.detail, cue.seconds, cue.column, cue.source_line
    )


def _sentences(text: str) -> list[tuple[int, int]]:
    """Half-open ranges of the sentences of a paragraph, spaces around them left out."""
    found = []
    words = list(re.finditer(r"\S+", text))
    start: int | None = None
    for number, word in enumerate(words):
        start = word.start() if start is None else start
        following = words[number + 1][0] if number + 1 < len(words) else ""
        # What begins small goes on: "at 5 p.m. on Friday", "the U.S. economy".
        if not following or (
            ends_sentence(word[0]) and not following[0].islower() and not _INITIALS.search(word[0])
        ):
            found.append((start, word.end()))
            start = None
    return [(a, b) for a, b in found if any(c.isalnum() for c in text[a:b])]


#: Initials do not end a sentence: ``J. Smith``, ``U.S. Navy``.
_INITIALS = re.compile(r"(?:^|[.\W])[A-Z]\.$")


def refuse_missing_files(script: Script, path: Path, elsewhere: Sequence[Path] = ()) -> None:
    """Check that the pictures, tables and films that cues name are there.

    Args:
        script: what names them.
        path: of the script, beside which they lie.
        elsewhere: files that do not lie there, found by their file name.

    Raises:
        RequestError: naming line and column of the first that is not.
    """
    named = {other.name for other in elsewhere}
    for line in script.lines():
        for cue in line.cues:
            if Path(cue.argument).name in named:
                continue
            if cue.kind not in _NEEDS_FILE and not _FILES.search(cue.argument):
                continue
            if cue.kind in ("pause", "lower-third", "credit"):
                continue
            folder = Path(script.media_folder) if script.media_folder else path.parent
            if not (folder / cue.argument).is_file():
                row = cue.source_line or line.source_line
                where = f"{path.name}:{row}:{cue.column}" if row else f"{path.name}, line {line.id}"
                raise RequestError(
                    f"{where}: [{cue.kind}: {cue.argument}] names a file that is not there.",
                    f"It is looked for in {folder.resolve()}.",
                )
