"""How written text is read: pieces, each with its place and the rule that read it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: The rule of pieces that are read as they are written.
PLAIN = "as written"
EDITED = "edited by hand"


@dataclass(frozen=True)
class Piece:
    """A stretch of the written text and how it is said.

    Attributes:
        start, end: half-open range of characters of the written text.
        read: what is said for it; spaces and marks that stand there included.
        rule: the name of the rule; :data:`PLAIN` where nothing was changed.
    """

    start: int
    end: int
    read: str
    rule: str = PLAIN


@dataclass(frozen=True)
class Spoken:
    """One spoken word and the place it stands for.

    Attributes:
        text: of the word as said, marks attached.
        start, end: half-open range of characters of the written text.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """A written text with how it is read.

    Attributes:
        written: the text.
        pieces: in order, touching, from the first character to the last.
    """

    written: str
    pieces: tuple[Piece, ...]

    def __post_init__(self) -> None:
        edges = [0, *(p.end for p in self.pieces)]
        if any(p.start != edge for p, edge in zip(self.pieces, edges, strict=False)):
            raise ValueError("the pieces of a reading do not touch")

    @property
    def read(self) -> str:
        """The whole text as it is said."""
        return "".join(piece.read for piece in self.pieces)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that changed something, each once."""
        return tuple(dict.fromkeys(p.rule for p in self.pieces if p.rule != PLAIN))

    def words(self) -> tuple[Spoken, ...]:
        """The spoken words with their places in the written text.

        A piece that is read as written maps letter for letter; every word of another piece
        stands for the whole of it.
        """
        origin: list[tuple[int, int]] = []
        for piece in self.pieces:
            if piece.rule == PLAIN:
                origin += [(i, i + 1) for i in range(piece.start, piece.end)]
            else:
                origin += [(piece.start, piece.end)] * len(piece.read)
        return tuple(
            Spoken(m[0], origin[m.start()][0], origin[m.end() - 1][1])
            for m in re.finditer(r"\S+", self.read)
        )

    def edited(self, read: str) -> Reading:
        """The same text read as a person wants it.

        Words that stayed keep their places; what was changed stands for what it replaces.
        """
        if read.split() == self.read.split():
            return self
        mine, theirs = self.words(), read.split()
        matcher = difflib.SequenceMatcher(None, [w.text for w in mine], theirs, autojunk=False)
        spans: list[tuple[int, int, str]] = []
        for kind, a, b, c, d in matcher.get_opcodes():
            said = " ".join(theirs[c:d])
            if kind == "equal":
                spans += [(w.start, w.end, w.text) for w in mine[a:b]]
                continue
            if a == b:  # put in: it goes with the word before it, or the one after
                if spans:
                    start, end, before = spans.pop()
                    spans.append((start, end, f"{before} {said}"))
                else:
                    spans.append((0, 0, said))
                continue
            spans.append((mine[a].start, mine[b - 1].end, said))
        return _from_spans(self.written, spans)


def _from_spans(written: str, spans: Sequence[tuple[int, int, str]]) -> Reading:
    """Pieces for spoken stretches; neighbours that stand for one place become one."""
    merged: list[tuple[int, int, str]] = []
    for start, end, said in spans:
        if merged and (start < merged[-1][1] or merged[-1][0] == merged[-1][1]):
            a, b, before = merged.pop()
            merged.append((a, max(b, end), f"{before} {said}".strip()))
        else:
            merged.append((start, end, said))
    pieces: list[Piece] = []
    at = 0
    for start, end, said in merged:
        if start > at:
            gap = written[at:start]
            silent = "" if any(c.isalnum() for c in gap) else gap
            pieces.append(Piece(at, start, silent, PLAIN if silent == gap else EDITED))
        same = written[start:end] == said
        pieces.append(Piece(start, end, said, PLAIN if same else EDITED))
        at = end
    if at < len(written):
        gap = written[at:]
        silent = "" if any(c.isalnum() for c in gap) else gap
        pieces.append(Piece(at, len(written), silent, PLAIN if silent == gap else EDITED))
    return Reading(written, tuple(pieces))


@dataclass(frozen=True)
class Rule:
    """One way to read something.

    Attributes:
        name: told with each piece it reads.
        pattern: tried at a place; sees what stands before it by looking behind.
        say: the reading of a match; None where the rule does not apply after all.
    """

    name: str
    pattern: re.Pattern[str]
    say: Callable[[re.Match[str]], str | None]


#: A run that no rule begins inside of: a Latin word, a run of Hangul, or one other sign.
_RUN = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][A-Za-zÀ-ɏ]+)*|[가-힣]+|\s+|.", re.DOTALL)

Follow = Callable[[str, int, Piece], Piece | None]


def scan(written: str, rules: Iterable[Rule], follow: Follow | None = None) -> Reading:
    """Read a text from left to right; at each place the first rule that matches wins.

    Args:
        written: the text.
        rules: in order of precedence.
        follow: may read what stands right behind a piece that a rule has read.
    """
    ordered = tuple(rules)
    pieces: list[Piece] = []
    at = 0
    while at < len(written):
        piece = _read_at(written, at, ordered)
        pieces.append(piece)
        at = piece.end
        if follow is not None and piece.rule != PLAIN:
            after = follow(written, at, piece)
            if after is not None:
                pieces.append(after)
                at = after.end
    return Reading(written, tuple(_joined(pieces)))


def _read_at(written: str, at: int, rules: Sequence[Rule]) -> Piece:
    for rule in rules:
        match = rule.pattern.match(written, at)
        if match is None or match.end() == at:
            continue
        read = rule.say(match)
        if read is not None:
            return Piece(at, match.end(), read, rule.name)
    run = _RUN.match(written, at)
    end = run.end() if run else at + 1
    return Piece(at, end, written[at:end])


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours that are read as written become one piece."""
    starts = [0] if pieces else []
    for i, (before, piece) in enumerate(pairwise(pieces), start=1):
        if not before.rule == piece.rule == PLAIN:
            starts.append(i)
    found = []
    for a, b in pairwise([*starts, len(pieces)]):
        first, last = pieces[a], pieces[b - 1]
        if b - a == 1:
            found.append(first)
        else:
            found.append(Piece(first.start, last.end, "".join(p.read for p in pieces[a:b])))
    return found
