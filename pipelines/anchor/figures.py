"""The numbers, dates and names of a text, each by its value, in English and Korean alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Literal

from pipelines.anchor.reading.english_words import MONTHS, SHORT_MONTHS

_N = r"\d{1,3}(?:,\d{3}){1,9}(?:\.\d{1,40})?|\d{1,40}(?:\.\d{1,40})?"
_EN_SCALE = {
    "thousand": 10**3, "k": 10**3, "million": 10**6, "m": 10**6, "mn": 10**6, "billion": 10**9,
    "bn": 10**9, "b": 10**9, "trillion": 10**12, "tn": 10**12, "hundred": 100, "dozen": 12,
}  # fmt: skip
_KO_SCALE = {"십": 10, "백": 100, "천": 1000, "만": 10**4, "억": 10**8, "조": 10**12}
_MONTH_NUMBER = {m.lower(): i for i, m in enumerate(MONTHS, start=1)} | {
    m.lower(): i for m, i in SHORT_MONTHS.items()
}
_MONTH = "|".join(sorted((re.escape(m) for m in _MONTH_NUMBER), key=len, reverse=True))
_DATES = (
    re.compile(
        rf"\b(?P<m>{_MONTH})\.?\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s(?P<y>\d{{4}}))?\b", re.I
    ),
    re.compile(
        rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<m>{_MONTH})\b\.?(?:,?\s(?P<y>\d{{4}}))?",
        re.I,
    ),
    re.compile(r"(?<!\d)(?P<y>\d{4})[-./]\s?(?P<m>\d{1,2})[-./]\s?(?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?<![\d/])(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})(?!\d)"),
    re.compile(r"(?:(?P<y>\d{4})년\s?)?(?P<m>\d{1,2})월\s?(?P<d>\d{1,2})일"),
)
_NUMBER = re.compile(
    rf"(?<![\d.,])(?:{_N})(?:\s?(?:thousand|million|billion|trillion|hundred|dozen|bn|mn|tn|[kmb](?![a-z]))"
    r"|(?:\s?[십백천]?[만억조]|[십백천])(?:\s?(?:" + _N + r")(?:[십백천]?[만억조]|[십백천])?)*)?",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?<![\d:])(?:(?P<half>오전|오후|새벽|아침|저녁|밤|낮)\s?)?"
    r"(?:(?P<h>\d{1,2})(?::(?P<m>\d{2})(?!\d)(?:\s?(?P<ap>[ap]\.?m\b\.?))?|\s?(?=[ap]\.?m\b)"
    r"(?P<ap2>[ap]\.?m\b\.?))|(?P<kh>\d{1,2})시(?!간)(?:\s?(?P<km>\d{1,2})분)?)",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
_NAME = re.compile(
    r"\b(?:[A-Z][\w’'&.]*[\w]|[A-Z])(?:\s(?:(?:of|the|de|van|von|al|bin|and)\s)?[A-Z][\w’'&.]*\w)*"
)
_NO_NAMES = frozenset(
    (
        *MONTHS,
        *SHORT_MONTHS,
        *"Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
        *"I A An The It Its He His She Her They Their We Our This That".split(),
        *"But And In On At For AM PM OK Mr Mrs Ms Dr".split(),
    )
)
_TITLE_BEFORE = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Lt|Sgt|Capt|St)\.\s$")
_TITLE = re.compile(r"^(?:Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Lt|Sgt|Capt|President|Minister)\.?\s+")
Kind = Literal["number", "date", "time", "name"]


@dataclass(frozen=True)
class Figure:
    """Something that a source can vouch for.

    Attributes:
        kind: number, date, time or name.
        written: as it stands in the text.
        start, end: half-open range of characters.
        value: of a number; of a time the minutes since midnight.
        date: year, month and day; year 0 where it is not given.
        name: without spaces and marks, in small letters.
        tail: of a name that opens a sentence, what is left without its first word: that may be
            no part of the name (``Pitcher Tom Reyes``).
    """

    kind: Kind
    written: str
    start: int
    end: int
    value: Fraction = Fraction(0)
    date: tuple[int, int, int] = (0, 0, 0)
    name: str = ""
    tail: str = ""


def figures_in(text: str, *, names: bool = True) -> list[Figure]:
    """All of a text, in order of place.

    Args:
        text: in English or Korean.
        names: whether names are looked for too.
    """
    dates = _dates(text)
    times = [f for f in _times(text) if not _overlaps(f, [(d.start, d.end) for d in dates])]
    dates = [*dates, *times]
    taken = [(f.start, f.end) for f in dates]
    numbers = [f for f in (*_numbers(text), *_spelled(text)) if not _overlaps(f, taken)]
    found = [*dates, *numbers]
    if names:
        found += [*_english_names(text), *_korean_names(text)]
    return sorted(found, key=lambda f: (f.start, f.end))


def _overlaps(figure: Figure, ranges: list[tuple[int, int]]) -> bool:
    return any(figure.start < b and figure.end > a for a, b in ranges)


def _dates(text: str) -> list[Figure]:
    found: list[Figure] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            month = _MONTH_NUMBER.get(match["m"].lower()) or int(
                match["m"] if match["m"].isdecimal() else 0
            )
            day, year = int(match["d"]), int(match["y"] or 0)
            figure = Figure(
                "date", match[0].strip(), match.start(), match.end(), date=(year, month, day)
            )
            if (
                1 <= month <= 12
                and 1 <= day <= 31
                and not _overlaps(figure, [(f.start, f.end) for f in found])
            ):
                found.append(figure)
    return found


def _times(text: str) -> list[Figure]:
    found = []
    for match in _TIME.finditer(text):
        hour, minute = int(match["h"] or match["kh"]), int(match["m"] or match["km"] or 0)
        half = re.sub("[^apm]", "", (match["ap"] or match["ap2"] or "").lower())
        late = half == "pm" or match["half"] in ("오후", "저녁", "밤")
        if hour > 24 or minute > 59:
            continue
        hour = hour % 12 + 12 * late if half or match["half"] else hour
        value = Fraction(60 * hour + minute)
        found.append(Figure("time", match[0].strip(), match.start(), match.end(), value=value))
    return found


def number_value(written: str) -> Fraction:
    """The value of a written number: ``1.2 million``, ``3만 5천``, ``1,200``."""
    total = Fraction(0)
    for number, scale in re.findall(rf"({_N})\s?([A-Za-z]+|[십백천만억조]+)?", written):
        value = Fraction(number.replace(",", ""))
        if scale and scale[0] in _KO_SCALE:
            for sign in scale:
                value *= _KO_SCALE[sign]
        elif scale:
            value *= _EN_SCALE[scale.lower()]
        total += value
    return total


def _numbers(text: str) -> list[Figure]:
    return [
        Figure("number", m[0].strip(), m.start(), m.end(), value=number_value(m[0]))
        for m in _NUMBER.finditer(text)
    ]


@cache
def _number_words() -> dict[str, int]:
    from num2words import num2words

    return {str(num2words(n)): n for n in range(1, 100)}


def _spelled(text: str) -> list[Figure]:
    """English numbers in words; a lone *one* is no figure."""
    found: list[Figure] = []
    words = list(_WORDS.finditer(text))
    at = 0
    while at < len(words):
        stop, value = _spelled_at(words, at, text)
        if stop > at and not (stop == at + 1 and value == 1):
            start, end = words[at].start(), words[stop - 1].end()
            found.append(Figure("number", text[start:end], start, end, value=Fraction(value)))
        at = max(stop, at + 1)
    return found


def _spelled_at(words: list[re.Match[str]], at: int, text: str) -> tuple[int, int]:
    known = _number_words()
    total = current = 0
    stop = at
    while stop < len(words):
        if stop > at and text[words[stop - 1].end() : words[stop].start()].strip(" "):
            break  # a mark stands between
        word = words[stop][0].lower()
        if word in known and (current == 0 or current % 100 == 0):
            current += known[word]
        elif word in ("hundred", "dozen") and 0 < current < 100:
            current *= _EN_SCALE[word]
        elif word in ("thousand", "million", "billion", "trillion") and current:
            total += current * _EN_SCALE[word]
            current = 0
        else:
            break
        stop += 1
    return stop, total + current


def normal_name(text: str) -> str:
    """A name for comparison: small letters and digits only, without a title or possessive."""
    bare = re.sub(r"['’]s\b", "", _TITLE.sub("", text))
    return "".join(c for c in bare.casefold() if c.isalnum())


def _english_names(text: str) -> list[Figure]:
    found = []
    for match in _NAME.finditer(text):
        written = match[0]
        opens = (
            not text[: match.start()].strip() or text[: match.start()].rstrip()[-1:] in '.!?:“"‘'
        )
        if _TITLE_BEFORE.search(text[: match.start()]):
            opens = False
        words = written.split()
        start = match.start()
        while words and words[0].strip(".’'") in _NO_NAMES:
            start += len(words[0]) + 1
            words = words[1:]
            opens = False
        if not words or (opens and len(words) == 1 and not written.isupper()):
            continue  # a sentence opens with a capital, name or not
        shown = text[start : match.end()]
        if all(w.strip(".") in _NO_NAMES for w in words) or len(normal_name(shown)) < 2:
            continue
        tail = " ".join(words[1:]) if opens else ""
        found.append(Figure("name", shown, start, match.end(), name=normal_name(shown), tail=tail))
    return found


def _korean_names(text: str) -> list[Figure]:
    """Proper nouns as Kiwi tells them, of two syllables or more."""
    if not re.search(r"[가-힣]", text):
        return []
    from pipelines.subtitles.korean import morphemes

    found = []
    eojeols = list(re.finditer(r"[가-힣]+", text))
    for at, match in enumerate(eojeols):
        after = eojeols[at + 1][0] if at + 1 < len(eojeols) else ""
        left, _ = morphemes(match[0], after)
        name = ""
        for form, tag in left:
            if tag != "NNP":
                break
            name += form
        if len(name) >= 2 and match[0].startswith(name):
            found.append(
                Figure(
                    "name", name, match.start(), match.start() + len(name), name=normal_name(name)
                )
            )
    return found
