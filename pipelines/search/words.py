"""What words mean here: English for the models, morphemes for full text, and a small dictionary
from Korean.

The sentence model knows no Korean. The dictionary holds what the detector, the classes and the
measures can say, and the commonest words beside; a Korean word outside it is looked for as it is
written, in what was said, and the answer says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

_HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]")
_LATIN = re.compile(r"[a-z0-9']+")
#: Sejong tags of morphemes that carry meaning.
_MEANING = ("NNG", "NNP", "NR", "MM", "VV", "VA", "MAG", "XR", "SL", "SN", "VV-I", "VV-R", "VA-I")
_EMPTY = frozenset(
    "a an the of in on at with and or to is are was be for from by as it its this that some "
    "who which very somebody someone something scene shot picture video film footage please find "
    "show me where there".split()
)
#: Korean words that only say that something is looked for.
_ASKING = frozenset("장면 영상 사진 화면 모습 찾 보이 나오 있 하 되 것 곳 때".split())
_LONGEST = 4


@dataclass(frozen=True)
class Entry:
    """A word of the dictionary.

    Attributes:
        name: in English, as documents say it.
        others: more English words for it.
        korean: words for it.
        classes: numbers of ImageNet-1k classes that are kinds of it; empty for most.
    """

    name: str
    others: tuple[str, ...]
    korean: tuple[str, ...]
    classes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Concept:
    """One thing that is asked for.

    Attributes:
        text: in English, for the sentence model; empty where nothing is known of it.
        words: as full text looks for them.
        known: whether it is in the dictionary.
    """

    text: str
    words: tuple[str, ...]
    known: bool


@dataclass(frozen=True)
class Asked:
    """A question, understood.

    Attributes:
        text: as it was typed.
        english: the same for the sentence model; empty where no word of it is known.
        concepts: the things it asks for.
        words: as full text looks for them.
        unknown: Korean words that the dictionary lacks.
    """

    text: str
    english: str
    concepts: tuple[Concept, ...]
    words: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def _rows(name: str) -> list[list[str]]:
    text = (Path(__file__).parent / "words" / name).read_text(encoding="utf-8")
    return [
        [*line.split("\t"), "", "", ""][:4]
        for line in text.splitlines()
        if line and not line.startswith("#")
    ]


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _numbers(text: str) -> tuple[int, ...]:
    found: list[int] = []
    for part in _list(text):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return tuple(found)


@cache
def groups() -> tuple[Entry, ...]:
    """Words for several classes at once."""
    return tuple(
        Entry(name, _list(others), _list(korean), _numbers(numbers))
        for name, numbers, others, korean in _rows("groups.tsv")
    )


@cache
def entries() -> dict[str, Entry]:
    """The whole dictionary by its English words."""
    found: dict[str, Entry] = {}
    things = (Entry(n, _list(o), _list(k)) for n, o, k, _ in _rows("things.tsv"))
    for entry in (*things, *groups()):
        before = found.get(entry.name)
        if before is None:
            found[entry.name] = entry
            continue
        found[entry.name] = Entry(
            entry.name,
            tuple(dict.fromkeys((*before.others, *entry.others))),
            tuple(dict.fromkeys((*before.korean, *entry.korean))),
            entry.classes or before.classes,
        )
    return found


@cache
def _by_korean() -> dict[str, str]:
    """Korean word without spaces to English; the first entry that has a word gives it."""
    found: dict[str, str] = {}
    for entry in entries().values():
        for word in entry.korean:
            found.setdefault(word.replace(" ", ""), entry.name)
    return found


@cache
def _by_english() -> dict[str, str]:
    """Any English word of the dictionary to the word documents say."""
    found: dict[str, str] = {name: name for name in entries()}
    for entry in entries().values():
        for word in entry.others:
            found.setdefault(word, entry.name)
    return found


def classes_of(name: str, names: Sequence[str]) -> tuple[int, ...]:
    """Numbers of the ImageNet classes that are kinds of a thing; none for most words.

    Args:
        name: as documents say it.
        names: of the classes.
    """
    entry = entries().get(name)
    if entry is not None and entry.classes:
        return entry.classes
    wanted = {name, *(entry.others if entry is not None else ())}
    return tuple(number for number, text in enumerate(names) if text in wanted)


def full_text(kind: str, text: str) -> str:
    """The words by which full text finds a phrase: its own, and for things those in Korean."""
    said = [text]
    if kind not in ("speech", "text", "person"):
        entry = entries().get(text)
        if entry is not None:
            said += [*entry.others, *entry.korean]
    whole = " ".join(said)
    return " ".join([whole, *(m for m in morphemes(whole) if _HANGUL.search(m))])


def meaning(kind: str, text: str) -> str:
    """What the sentence model reads of a phrase."""
    if kind in ("speech", "text", "person"):
        return text
    entry = entries().get(text)
    return ", ".join([text, *entry.others[:2]]) if entry is not None else text


def is_korean(text: str) -> bool:
    """Whether any of it is Hangul."""
    return _HANGUL.search(text) is not None


def understand(text: str) -> Asked:
    """A question in English or Korean, or both.

    Args:
        text: as it was typed.
    """
    text = " ".join(text.split())
    if is_korean(text):
        return _korean(text)
    return _english(text)


def _english(text: str) -> Asked:
    every = _LATIN.findall(text.lower())
    concepts: list[Concept] = []
    known = _by_english()
    at = 0
    while at < len(every):
        for length in range(min(_LONGEST, len(every) - at), 0, -1):
            piece = every[at : at + length]
            said = " ".join(piece)
            if length > 1 or said not in _EMPTY:
                name = known.get(said) or known.get(_singular(said))
                if name is not None:
                    concepts.append(Concept(name, tuple(piece), known=True))
                    at += length
                    break
        else:
            at += 1
    words = tuple(w for w in every if w not in _EMPTY)
    if not concepts and words:
        concepts = [Concept(" ".join(words), words, known=False)]
    return Asked(text, text.lower(), tuple(concepts), words or tuple(every))


def _singular(word: str) -> str:
    for ending, instead in (("ies", "y"), ("ses", "s"), ("shes", "sh"), ("ches", "ch")):
        if word.endswith(ending):
            return word[: -len(ending)] + instead
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _korean(text: str) -> Asked:
    known = _by_korean()
    found = [m for m in _tokens(text) if m[1] in _MEANING and m[0] not in _ASKING]
    forms = [form for form, _ in found]
    english: list[str] = []
    concepts: list[Concept] = []
    unknown: list[str] = []
    at = 0
    while at < len(forms):
        for length in range(min(_LONGEST, len(forms) - at), 0, -1):
            piece = forms[at : at + length]
            name = known.get("".join(piece)) or known.get("".join(piece) + "는")
            if name is not None:
                english.append(name)
                concepts.append(Concept(name, tuple(piece), known=True))
                at += length
                break
        else:
            latin = forms[at].lower()
            if not is_korean(latin):
                english.append(latin)
                concepts.append(Concept(latin, (latin,), known=latin in _by_english()))
            elif len(forms[at]) > 1:
                unknown.append(forms[at])
            at += 1
    whole = "".join(text.split())
    if not concepts and whole in known:
        concepts, english, unknown = (
            [Concept(known[whole], (whole,), known=True)],
            [known[whole]],
            [],
        )
    return Asked(text, " ".join(english), tuple(concepts), tuple(forms), tuple(unknown))


def morphemes(text: str) -> tuple[str, ...]:
    """What of a text carries meaning: stems of Korean words, English words as they are."""
    if not is_korean(text):
        return tuple(_LATIN.findall(text.lower()))
    return tuple(form.lower() for form, tag in _tokens(text) if tag in _MEANING)


@cache
def _kiwi() -> Any:
    from kiwipiepy import Kiwi

    return Kiwi(num_workers=1)


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[tuple[str, str], ...]:
    """Form and tag of each morpheme."""
    return tuple((token.form, str(token.tag)) for token in _kiwi().tokenize(text))
