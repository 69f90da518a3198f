"""How English text is read aloud by an American newsreader.

Whole numbers follow the Chicago Manual of Style, chapter 9 (no "and"), dates and times the AP
Stylebook's written forms said in full, telephone numbers digit by digit (ITU-T E.123 groups),
titles and states of abbreviation AP. A lexicon entry of the house overrides anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from pipelines.anchor.reading.english_figures import (
    VULGAR,
    date,
    day_first,
    decade,
    figures_date,
    full_stop,
    mixed_fraction,
    money,
    month,
    month_year,
    number_range,
    ordinal_of,
    phone,
    scaled,
    temperature,
    time_of_day,
    unit,
    unit_range,
    year_alone,
    year_range,
)
from pipelines.anchor.reading.english_numbers import (
    cardinal,
    decimal,
    digits,
    name_number,
    ordinal,
    roman,
)
from pipelines.anchor.reading.english_words import (
    ABBREVIATIONS,
    CURRENCIES,
    MONTHS,
    NAMED,
    NOT_ACRONYMS,
    NUMBERED,
    REGNAL,
    SAID,
    SHORT_MONTHS,
    SUFFIXES,
    TITLES,
    UNITS,
)
from pipelines.anchor.reading.spoken import Reading, Rule, scan


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


_N = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|(?<!\d)\.\d+)"
_OPEN = r"(?<![\w.,])"
_DASH = r"\s?[-–—]\s?"
_SCALE = r"(?:\s?(?:thousand|million|billion|trillion)|\s?(?:bn|mn|tn|[KkMBT])(?![A-Za-z]))"
_MONTH = rf"(?:{_alternatives(MONTHS)})(?![a-z])|(?:{_alternatives(SHORT_MONTHS)})\b\.?"
_CURRENCY = _alternatives(CURRENCIES)
_UNIT = _alternatives(UNITS)


def _roman_name(match: re.Match[str]) -> str | None:
    value = roman(match["r"])
    if value is None:
        return None
    head = match.string[: match.start()].split()[-1].strip('“"(')
    if head in NUMBERED:
        return cardinal(value)
    if match["r"] in ("I", "C", "D", "M", "L", "X", "V") and head not in REGNAL:
        return None
    return f"the {ordinal(value)}" if head[:1].isupper() else None


def _title(match: re.Match[str]) -> str:
    return TITLES[match["t"]]


def _suffix(match: re.Match[str]) -> str:
    return full_stop(match, SUFFIXES[match["t"]])


def _abbreviation(match: re.Match[str]) -> str:
    return full_stop(match, ABBREVIATIONS[match["t"]])


def _spelled(word: str) -> str:
    return SAID.get(word) or " ".join(word)


def _acronym(match: re.Match[str]) -> str | None:
    word = match["w"]
    if word in NOT_ACRONYMS or (len(word) > 5 and word not in SAID):
        return None
    if len(word) == 1:
        return None
    said = _spelled(word)
    if match["s"]:
        said += "'s" if said.endswith(word[-1]) or "'" in match["s"] else "s"
    return said


def _letters_number(match: re.Match[str]) -> str:
    number = match["n"]
    said = digits(number) if number[0] == "0" else name_number(int(number))
    return f"{_spelled(match['w'])} {said}"


def _web(match: re.Match[str]) -> str:
    said = []
    for part in re.split(r"([./@_-])", re.sub(r"^https?://", "", match[0])):
        mark = {".": "dot", "/": "slash", "@": "at", "-": "dash", "_": "underscore"}.get(part)
        if mark:
            said.append(mark)
        elif part in (
            "www",
            "bbc",
            "cnn",
            "npr",
            "cbs",
            "nbc",
            "abc",
            "uk",
            "us",
            "kr",
            "tv",
            "eu",
        ):
            said.append(" ".join(part.upper()))
        elif part.isdecimal():
            said.append(digits(part))
        elif part:
            said.append(part)
    return " ".join(said)


def _rule(name: str, pattern: str, say: object) -> Rule:
    if isinstance(say, str):
        words = say
        return Rule(name, re.compile(pattern), lambda m: words)
    assert callable(say)
    return Rule(name, re.compile(pattern), say)


@cache
def rules() -> tuple[Rule, ...]:
    """The rules in order of precedence."""
    year_ = r"(?P<y>1\d{3}|20\d{2})"
    return (
        _rule(
            "web addresses",
            r"(?:https?://|www\.)[\w./-]*\w|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
            r"|(?<![\w.])[a-zA-Z][\w-]*(?:\.(?:com|net|org|gov|edu|co|uk|info|tv|io))+(?:/[\w/-]+)?(?![\w])",
            _web,
        ),
        _rule("names with digits", r"(?<![\w/])9/11(?![\w/])", "nine eleven"),
        _rule("names with digits", r"(?<![\w/])24/7(?![\w/])", "twenty-four seven"),
        _rule(
            "names with digits",
            r"(?<![\w.,$])(?P<n>[458]|10)K(?!\w)",  # films and races
            lambda m: f"{cardinal(int(m['n']))} K",
        ),
        _rule(
            "telephone numbers",
            r"(?<![\w-])(?:\+?1[-. ])?(?:\(\d{3}\)\s?|\d{3}[-.])\d{3}[-.]\d{4}(?!\w)"
            r"|(?<![\w-])\d{3}-\d{4}(?![\w-])|\+\d{1,3}(?:[- ]\d{2,4}){2,4}(?!\w)",
            phone,
        ),
        _rule(
            "telephone numbers",
            r"(?<=\b(?:call|dial) )(?:911|999|112|988|311|411)(?!\d)"
            r"|(?<![\w.,$])911(?= (?:call|operator|dispatch))",
            lambda m: digits(m[0]),
        ),
        _rule(
            "dates",
            rf"(?P<m>{_MONTH})\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,\s{year_})?(?![\d:%]|,\d)",
            date,
        ),
        _rule(
            "dates",
            rf"{_OPEN}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<m>{_MONTH})(?:,?\s{year_})?(?!\d)",
            day_first,
        ),
        _rule("dates", rf"(?P<m>{_MONTH})\s{year_}(?!\d)", month_year),
        _rule("dates", rf"{_OPEN}{year_}-(?P<m>\d{{2}})-(?P<d>\d{{2}})(?!\d)", figures_date),
        _rule("dates", rf"{_OPEN}(?P<m>\d{{1,2}})/(?P<d>\d{{1,2}})/{year_}(?!\d)", figures_date),
        _rule("dates", rf"(?<![\w.])(?P<m>{_alternatives(SHORT_MONTHS)})\.", lambda m: month(m[0])),
        _rule(
            "times",
            rf"{_OPEN}(?P<h>\d{{1,2}})(?::(?P<m>\d{{2}}))?\s?(?P<ap>[ap]\.?m\.?|[AP]\.?M\.?)(?![A-Za-z])",
            time_of_day,
        ),
        _rule("times", rf"{_OPEN}(?P<h>\d{{1,2}}):(?P<m>\d{{2}})(?P<ap>)(?![\d:])", time_of_day),
        _rule(
            "decades",
            r"(?<![\w.,$])(?P<y>1\d{2}0|20\d0)['’]?s(?!\w)|(?<!\w)['’](?P<t>[1-9]0)s(?!\w)",
            decade,
        ),
        _rule(
            "money",
            rf"(?P<s>[-−])?(?P<c>{_CURRENCY})(?P<n>{_N})(?P<k>{_SCALE})?"
            rf"(?:{_DASH}(?:{_CURRENCY})?(?P<b>{_N})(?P<k2>{_SCALE})?)?(?!\d)",
            money,
        ),
        _rule(
            "percent",
            rf"(?<![\w.,])(?P<a>{_N})%?{_DASH}(?P<b>{_N})\s?%",
            lambda m: f"{decimal(m['a'])} to {decimal(m['b'])} percent",
        ),
        _rule(
            "percent",
            rf"(?<![\w.,-])(?P<s>[-−+])?(?P<n>{_N})\s?%",
            lambda m: (
                {"": "", "+": "plus "}.get(m["s"] or "", "minus ") + decimal(m["n"]) + " percent"
            ),
        ),
        _rule(
            "temperatures",
            rf"(?<![\w.,])(?P<s>[-−])?(?P<n>{_N})\s?°(?:\s?(?P<c>[CF])(?![A-Za-z]))?",
            temperature,
        ),
        _rule(
            "units",
            rf"{_OPEN}(?P<a>{_N}){_DASH}(?P<b>{_N})\s?(?P<u>{_UNIT})(?![A-Za-z])",
            unit_range,
        ),
        _rule(
            "units",
            rf"{_OPEN}(?P<n>{_N})(?P<k>{_SCALE})?(?:\s?|(?P<j>-))(?P<u>{_UNIT})(?![A-Za-z²³])",
            unit,
        ),
        _rule(
            "fractions",
            rf"{_OPEN}(?:(?P<w>\d+)[ -])?(?P<a>\d{{1,2}})/"
            r"(?P<b>[2-9]|1\d|[2-9]\d|100)(?![\d/])",
            mixed_fraction,
        ),
        _rule("fractions", rf"(?:(?P<w>\d+)\s?)?(?P<v>[{''.join(VULGAR)}])", mixed_fraction),
        _rule(
            "ordinals",
            rf"{_OPEN}(?P<n>\d{{1,3}}(?:,\d{{3}})*|\d+)(?:st|nd|rd|th)(?![a-z])",
            ordinal_of,
        ),
        _rule(
            "year ranges",
            rf"{_OPEN}(?P<a>1[5-9]\d{{2}}|20\d{{2}})[-–](?P<b>1\d{{3}}|20\d{{2}}|\d{{2}})(?![\d,.-]*\d|\w)",
            year_range,
        ),
        _rule(
            "names with numbers",
            rf"(?<=\b)(?<![\w])(?P<h>{_alternatives(NAMED)})\s(?P<n>\d{{3,4}})(?!\d|[.,]\d)",
            lambda m: f"{m['h']} {name_number(int(m['n']))}",
        ),
        _rule("years", rf"{_OPEN}(?P<n>1[0-9]\d{{2}}|20\d{{2}})(?![\d\w%]|[.,]\d)", year_alone),
        _rule(
            "numbers with signs",
            r"(?<!\w)No\.\s?(?P<n>\d+)",
            lambda m: f"number {cardinal(int(m['n']))}",
        ),
        _rule(
            "numbers with signs",
            r"(?<!\w)Nos\.\s?(?P<n>\d+)",
            lambda m: f"numbers {cardinal(int(m['n']))}",
        ),
        _rule(
            "numbers with signs", r"(?<!\w)#(?P<n>\d+)", lambda m: f"number {cardinal(int(m['n']))}"
        ),
        _rule(
            "ranges",
            rf"{_OPEN}(?P<a>{_N})\s?[-–]\s?(?P<b>{_N})(?P<k>{_SCALE})?(?![\w-])",
            number_range,
        ),
        _rule(
            "numbers with signs",
            rf"(?<![\w.,)])[-−](?P<n>{_N})",
            lambda m: f"minus {decimal(m['n'])}",
        ),
        _rule(
            "numbers with signs", rf"(?<![\w.,)])\+(?P<n>{_N})", lambda m: f"plus {decimal(m['n'])}"
        ),
        _rule(
            "numbers with scales",
            rf"{_OPEN}(?P<n>{_N})(?P<k>{_SCALE})",
            lambda m: scaled(m["n"], m["k"]),
        ),
        _rule("serial numbers", rf"{_OPEN}0\d+(?!\d|\.\d)", lambda m: digits(m[0])),
        _rule(
            "digits and letters",
            rf"{_OPEN}(?P<n>\d{{1,4}})(?P<w>[A-Z]{{1,3}})(?!\w)",
            lambda m: f"{name_number(int(m['n']))} {_spelled(m['w'])}",
        ),
        _rule(
            "numbers",
            rf"{_OPEN}(?P<n>{_N})(?P<x>x(?!\w))?",
            lambda m: decimal(m["n"]) + (" times" if m["x"] else ""),
        ),
        _rule("Roman numerals", r"(?<=[A-Za-z] )(?P<r>[IVXLCDM]+)(?![\w])", _roman_name),
        _rule(
            "titles",
            rf"(?<![\w.])(?P<t>{_alternatives(TITLES)})(?=\s[A-Z])",
            _title_or_street,
        ),
        _rule(
            "abbreviations after names",
            rf"(?<![\w.])(?P<t>{_alternatives(SUFFIXES)})(?!\w)",
            _suffix,
        ),
        _rule(
            "abbreviations",
            rf"(?<![\w.])(?P<t>{_alternatives(ABBREVIATIONS)})(?!\w)",
            _abbreviation,
        ),
        _rule(
            "letters and digits",
            rf"(?<![\w])(?P<w>{_alternatives(SAID)}|[A-Z]{{1,3}})-?(?P<n>\d{{1,4}})(?![\w]|[.,]\d)",
            _letters_number,
        ),
        _rule("acronyms", r"(?<![\w'’])(?P<w>[A-Z]{2,6})(?P<s>['’]?s)?(?![\w])", _acronym),
        _rule(
            "acronyms",
            r"(?<![\w'’])(?P<a>[A-Z])&(?P<b>[A-Z])(?!\w)",
            lambda m: f"{m['a']} and {m['b']}",
        ),
        _rule("signs", r"\s?&\s?", " and "),
        _rule("signs", r"±\s?", "plus or minus "),
        _rule("signs", r"(?<=\s)\+(?=\s)", "plus"),
        _rule("signs", r"(?<=\s)=(?=\s)", "equals"),
        _rule("signs", r"(?<=\band)/(?=or\b)", " "),
        _rule("signs", r"(?<=\w)/(?=\w)", " or "),
    )


def _title_or_street(match: re.Match[str]) -> str | None:
    """``St. Mary`` is Saint, ``Main St. Mary`` Street: a name before it that opens no sentence
    and a number before that name say street."""
    if match["t"] in SUFFIXES and re.search(
        r"\d\w*(?:\s[A-Z]\w+){1,2}\s$", match.string[: match.start()]
    ):
        return None
    return _title(match)


def read_english(written: str, lexicon: tuple[Rule, ...] = ()) -> Reading:
    """How an English text is read.

    Args:
        written: the text.
        lexicon: rules of the house, before all others.
    """
    return scan(written, (*lexicon, *rules()))
