"""What a person said was really said, kept apart from what a model heard.

Every edit is tied to a time and to what stood there. Another model may hear other words: the
edits are laid over whatever it hears, a later one over an earlier.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from studio import codec
from studio.archive.decisions import change_decisions, read_decisions
from studio.types.transcript import Transcript, Word

#: Folder of the edits, in the folder of what a person made.
FOLDER = "words"
#: What an edit of a word without length reaches over.
_INSTANT_S = Fraction(1, 1000)


@dataclass(frozen=True)
class WordEdit:
    """What was really said.

    Attributes:
        start, end: seconds on the source clock.
        was: what the studio heard there.
        now: what stands there instead; several words, or none.
    """

    start: Fraction
    end: Fraction
    was: str
    now: str


@dataclass(frozen=True)
class WordCorrections:
    """All edits of the words of one sound stream, in the order of their times."""

    words: tuple[WordEdit, ...] = ()

    @property
    def made_by(self) -> dict[str, str]:
        """What a corrected transcript depends on besides its model: it goes into the key of what
        is stored and was made from words. Nothing where nothing is edited."""
        if not self.words:
            return {}
        text = json.dumps(codec.to_json(self), sort_keys=True)
        return {"corrected": hashlib.sha256(text.encode()).hexdigest()[:16]}


def words_file(data_dir: Path, content_hash: str, stream: int) -> Path:
    """Where the edits of one sound stream lie, by what is in the file."""
    return data_dir / FOLDER / f"{content_hash[:40]}.{stream}.json"


def known_words(data_dir: Path, content_hash: str, stream: int) -> WordCorrections:
    """What was edited in one sound stream of a file.

    Raises:
        RequestError: the file of edits is there and cannot be read.
    """
    return read_decisions(WordCorrections, words_file(data_dir, content_hash, stream))


def made_by(data_dir: Path, content_hash: str) -> dict[str, str]:
    """What is made from all words of a file depends on: sound stream to its edits' digest."""
    folder, name = data_dir / FOLDER, content_hash[:40]
    found = {
        path.name.split(".")[1]: read_decisions(WordCorrections, path).made_by.get("corrected")
        for path in folder.glob(f"{name}.*.json")
    }
    return {stream: digest for stream, digest in sorted(found.items()) if digest}


def keep_words(
    path: Path, before: Sequence[WordEdit], after: Sequence[WordEdit]
) -> WordCorrections:
    """Keep what came to be edited since ``before``, and let go of what was taken back. Edits by
    others stay; what stood before is kept where nothing later does.

    Args:
        path: of :func:`words_file`.
        before, after: a person's edits as they were, and as they are.

    Raises:
        RequestError, EncodeFailed: as of :func:`studio.archive.decisions.change_decisions`.
    """

    def change(now: WordCorrections) -> WordCorrections:
        stays = tuple(each for each in now.words if each not in before or each in after)
        new = [e for e in after if e not in before or not any(_meet(e, k) for k in stays)]
        return WordCorrections(with_edits(stays, new))

    return change_decisions(WordCorrections, path, change)


def with_edits(old: Iterable[WordEdit], new: Iterable[WordEdit]) -> tuple[WordEdit, ...]:
    """These and further edits in time; one at the same time replaces the former."""
    later = tuple(new)
    kept = (each for each in old if not any(_meet(each, n) for n in later))
    return tuple(sorted((*kept, *later), key=lambda edit: edit.start))


def _meet(one: WordEdit, other: WordEdit) -> bool:
    return one.start < other.end and other.start < one.end


def corrected_words(transcript: Transcript, edits: Iterable[WordEdit]) -> Transcript:
    """The transcript with what a person said was said. New words share the time of the old
    ones by their length; their confidence is 1. Doing it twice changes nothing more."""
    old, words = transcript.words, list[Word]()
    ordered = sorted(edits, key=lambda edit: edit.start)
    first_of: list[int] = []  # where each old word begins among the new ones
    at = n = 0
    while n < len(old) or at < len(ordered):
        edit = ordered[at] if at < len(ordered) else None
        if edit is None or (n < len(old) and _middle(old[n]) < edit.start):
            first_of.append(len(words))
            words.append(old[n])
            n += 1
            continue
        last = n
        while last < len(old) and _middle(old[last]) < max(edit.end, edit.start + _INSTANT_S):
            last += 1
        under = old[n:last]
        first_of += [len(words)] * len(under)
        if " ".join(word.text for word in under) == edit.now:
            first_of[n:last] = range(len(words), len(words) + len(under))
            words += [replace(word, confidence=1.0) for word in under]
        elif under:
            words += _spread(edit.now, under[0].start, under[-1].end, under[0])
        elif old:
            words += _spread(edit.now, edit.start, edit.end, old[max(0, n - 1)])
        at, n = at + 1, last
    first_of.append(len(words))
    sentences = tuple(
        (first_of[a], first_of[b]) for a, b in transcript.sentences if first_of[a] < first_of[b]
    )
    return replace(transcript, words=tuple(words), sentences=sentences)


def _middle(word: Word) -> Fraction:
    return (word.start + word.end) / 2


def _spread(text: str, start: Fraction, end: Fraction, like: Word) -> list[Word]:
    tokens = text.split()
    total = sum(map(len, tokens)) or 1
    words, passed = [], 0
    for token in tokens:
        begins = start + (end - start) * passed / total
        passed += len(token)
        ends = start + (end - start) * passed / total
        words.append(replace(like, text=token, start=begins, end=ends, confidence=1.0))
    return words
