"""How English text is read aloud by an American newsreader.

Whole numbers follow the Chicago Manual of Style, chapter 9 (no "and"), dates and times the AP
Stylebook's written forms said in full, telephone numbers digit by digit (ITU-T E.123 groups),
titles and states of abbreviation AP. A lexicon entry of the house overrides anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from pipelines.anchor.reading.english_numbers import (
    SCALES,
    cardinal,
    decimal,
    digits,
    fraction,
    name_number,
    ordinal,
    pair,
    plural,
    roman,
    year,
)
from pipelines.anchor.reading.english_words import (
    ABBREVIATIONS,
    COUNTED,
    CURRENCIES,
    MONTHS,
    NAMED,
    NOT_ACRONYMS,
    NUMBERED,
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
_VULGAR = {
    "½": (1, 2),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "⅛": (1, 8),
    "⅕": (1, 5),
}
#: Behind these a number of four digits is a year.
_YEAR_BEFORE = re.compile(
    r"(?:\b(?:in|since|by|until|till|before|after|from|during|of|year|early|late|mid|circa|class)|"
    r"[-–(]|\b(?:summer|spring|fall|autumn|winter|January|February|March|April|May|June|July|"
    r"August|September|October|November|December))[\s-]?$",
    re.IGNORECASE,
)


def _full_stop(match: re.Match[str], said: str) -> str:
    """The reading of something that ends in a full stop, which may end the sentence too."""
    rest = match.string[match.end() :]
    ends = match[0].endswith(".") and (not rest.strip() or re.match(r"[\"”’)]*\s+[A-Z]", rest))
    return said + "." if ends and not rest.strip(' "”’)') else said


def _month(text: str) -> str:
    bare = text.rstrip(".")
    return MONTHS[SHORT_MONTHS[bare] - 1] if bare in SHORT_MONTHS else bare


def _date(match: re.Match[str]) -> str | None:
    day = int(match["d"])
    if not 1 <= day <= 31:
        return None
    said = f"{_month(match['m'])} {ordinal(day)}"
    return f"{said}, {year(int(match['y']))}" if match["y"] else said


def _day_first(match: re.Match[str]) -> str | None:
    day = int(match["d"])
    if not 1 <= day <= 31:
        return None
    the = "" if re.search(r"\bthe\s+$", match.string[: match.start()]) else "the "
    said = f"{the}{ordinal(day)} of {_month(match['m'])}"
    return f"{said}, {year(int(match['y']))}" if match["y"] else said


def _month_year(match: re.Match[str]) -> str:
    return f"{_month(match['m'])} {year(int(match['y']))}"


def _figures_date(match: re.Match[str]) -> str | None:
    month, day, said = int(match["m"]), int(match["d"]), int(match["y"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{MONTHS[month - 1]} {ordinal(day)}, {year(said)}"


def _time(match: re.Match[str]) -> str | None:
    hour, minute = int(match["h"]), int(match["m"] or 0)
    if hour > 24 or minute > 59:
        return None
    half = re.sub(r"[^apm]", "", (match["ap"] or "").lower())
    if half:
        minutes = f" {pair(minute)}" if minute else ""
        return _full_stop(match, f"{cardinal(hour)}{minutes} {' '.join(half.upper())}")
    if match["m"] is None:
        return None
    if minute == 0:
        return f"{cardinal(hour)} o'clock" if hour <= 12 else f"{cardinal(hour)} hundred"
    return f"{cardinal(hour)} {pair(minute)}"


def _scaled(number: str, scale: str | None) -> str:
    word = SCALES[scale.strip()] if scale else ""
    return f"{decimal(number)} {word}".strip()


def _money(match: re.Match[str]) -> str:
    one, many, cent, cents = CURRENCIES[match["c"]]
    minus = "minus " if match["s"] else ""
    number, scale = match["n"].replace(",", ""), match["k"]
    whole, _, hundredths = number.partition(".")
    if match["b"]:
        end = _scaled(match["b"], match["k2"])
        start = _scaled(match["n"], scale)
        return f"{minus}{start} to {end} {many}"
    if re.match(r"-[a-z]", match.string[match.end() :]) and not hundredths:
        many = one  # a five-dollar bill
    if scale or (hundredths and (len(hundredths) != 2 or not cent)):
        return f"{minus}{_scaled(match['n'], scale)} {many}"
    if int(hundredths or 0) and cent:
        small = f"{cardinal(int(hundredths))} {cent if int(hundredths) == 1 else cents}"
        if int(whole or 0) == 0:
            return minus + small
        return f"{minus}{cardinal(int(whole))} {one if int(whole) == 1 else many} and {small}"
    return f"{minus}{cardinal(int(whole or 0))} {one if int(whole or 0) == 1 else many}"


def _unit(match: re.Match[str]) -> str:
    one, many = UNITS[match["u"]]
    adjective = match["j"] is not None or re.match(r"-[a-z]", match.string[match.end() :])
    singular = match["n"] == "1" or adjective
    said = f"{_scaled(match['n'], match['k'])} {one if singular else many}"
    return _full_stop(match, said)


def _unit_range(match: re.Match[str]) -> str:
    return f"{decimal(match['a'])} to {decimal(match['b'])} {UNITS[match['u']][1]}"


def _temperature(match: re.Match[str]) -> str:
    below = "minus " if match["s"] else ""
    degrees = "degree" if match["n"] == "1" else "degrees"
    scale = {"C": " Celsius", "F": " Fahrenheit"}.get(match["c"] or "", "")
    return f"{below}{decimal(match['n'])} {degrees}{scale}"


def _phone(match: re.Match[str]) -> str:
    plus = "plus " if match[0].startswith("+") else ""
    groups = re.findall(r"\d+", match[0])
    said = [
        "eight hundred" if g == "800" else "nine hundred" if g == "900" else digits(g, "oh")
        for g in groups
    ]
    return plus + ", ".join(said)


def _ordinal(match: re.Match[str]) -> str:
    return ordinal(int(match["n"].replace(",", "")))


def _mixed(match: re.Match[str]) -> str:
    top, bottom = _VULGAR[match["v"]] if match["v"] else (int(match["a"]), int(match["b"]))
    said = fraction(top, bottom)
    if not match["w"]:
        return said
    one = "a" if top == 1 else cardinal(top)
    return f"{cardinal(int(match['w']))} and {one} {said.split(' ', 1)[1]}"


def _year_like(match: re.Match[str]) -> str | None:
    number = int(match["n"])
    before, after = match.string[: match.start()], match.string[match.end() :]
    following = re.match(r"\s+([A-Za-z]+)", after)
    word = following[1] if following else ""
    # "in 2019 students" is rare, "in 2019 the" is not: after in and since it is a year.
    if _YEAR_BEFORE.search(before) and word not in COUNTED:
        return year(number)
    if not 1900 <= number <= 2099 or word in COUNTED or re.match(r"\s*%|[-–]\w", after):
        return None
    plural_noun = word.endswith("s") and not word.endswith(("ss", "us", "is")) and word.islower()
    return None if plural_noun else year(number)


def _year_range(match: re.Match[str]) -> str:
    first, last = match["a"], match["b"]
    end = (
        year(int(last))
        if len(last) == 4
        else cardinal(int(last))
        if int(last) > 9
        else pair(int(last))
    )
    return f"{year(int(first))} to {end}"


def _decade(match: re.Match[str]) -> str:
    if match["y"]:
        number = int(match["y"])
        if number % 100 == 0:
            return f"{year(number)}s" if number % 1000 else "two thousands"
        return plural(year(number))
    return plural(cardinal(int(match["t"])))


def _roman_name(match: re.Match[str]) -> str | None:
    value = roman(match["r"])
    if value is None:
        return None
    head = match.string[: match.start()].split()[-1].strip('“"(')
    if head in NUMBERED:
        return cardinal(value)
    if match["r"] in ("I", "C", "D", "M", "L", "X", "V") and head not in _REGNAL:
        return None
    return f"the {ordinal(value)}" if head[:1].isupper() else None


_REGNAL = (
    "Elizabeth Charles Henry George William Edward James Louis Philip Francis John Paul Pius "
    "Benedict Leo Gregory Clement Catherine Peter Nicholas Alexander Napoleon Ferdinand Richard "
    "Mary Frederick Wilhelm Carlos Juan"
).split()


def _title(match: re.Match[str]) -> str:
    return TITLES[match["t"]]


def _suffix(match: re.Match[str]) -> str:
    return _full_stop(match, SUFFIXES[match["t"]])


def _abbreviation(match: re.Match[str]) -> str:
    return _full_stop(match, ABBREVIATIONS[match["t"]])


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


def _number_range(match: re.Match[str]) -> str:
    end = _scaled(match["b"], match["k"]) if match["k"] else decimal(match["b"])
    return f"{decimal(match['a'])} to {end}"


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
            "telephone numbers",
            r"(?<![\w-])(?:\+?1[-. ])?(?:\(\d{3}\)\s?|\d{3}[-.])\d{3}[-.]\d{4}(?!\w)"
            r"|(?<![\w-])\d{3}-\d{4}(?![\w-])|\+\d{1,3}(?:[- ]\d{2,4}){2,4}(?!\w)",
            _phone,
        ),
        _rule(
            "telephone numbers",
            r"(?<=\b(?:call|dial) )(?:911|999|112|988|311|411)(?!\d)|(?<![\w.,$])911(?= (?:call|operator|dispatch))",
            lambda m: digits(m[0]),
        ),
        _rule(
            "dates",
            rf"(?P<m>{_MONTH})\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,\s{year_})?(?![\d:%]|,\d)",
            _date,
        ),
        _rule(
            "dates",
            rf"{_OPEN}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<m>{_MONTH})(?:,?\s{year_})?(?!\d)",
            _day_first,
        ),
        _rule("dates", rf"(?P<m>{_MONTH})\s{year_}(?!\d)", _month_year),
        _rule("dates", rf"{_OPEN}{year_}-(?P<m>\d{{2}})-(?P<d>\d{{2}})(?!\d)", _figures_date),
        _rule("dates", rf"{_OPEN}(?P<m>\d{{1,2}})/(?P<d>\d{{1,2}})/{year_}(?!\d)", _figures_date),
        _rule(
            "dates", rf"(?<![\w.])(?P<m>{_alternatives(SHORT_MONTHS)})\.", lambda m: _month(m[0])
        ),
        _rule(
            "times",
            rf"{_OPEN}(?P<h>\d{{1,2}})(?::(?P<m>\d{{2}}))?\s?(?P<ap>[ap]\.?m\.?|[AP]\.?M\.?)(?![A-Za-z])",
            _time,
        ),
        _rule("times", rf"{_OPEN}(?P<h>\d{{1,2}}):(?P<m>\d{{2}})(?P<ap>)(?![\d:])", _time),
        _rule(
            "decades",
            r"(?<![\w.,$])(?P<y>1\d{2}0|20\d0)['’]?s(?!\w)|(?<!\w)['’](?P<t>[1-9]0)s(?!\w)",
            _decade,
        ),
        _rule(
            "money",
            rf"(?P<s>[-−])?(?P<c>{_CURRENCY})(?P<n>{_N})(?P<k>{_SCALE})?"
            rf"(?:{_DASH}(?:{_CURRENCY})?(?P<b>{_N})(?P<k2>{_SCALE})?)?(?!\d)",
            _money,
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
            rf"(?<![\w.,])(?P<s>[-−])?(?P<n>{_N})\s?°\s?(?P<c>[CF](?![A-Za-z]))?",
            _temperature,
        ),
        _rule(
            "units",
            rf"{_OPEN}(?P<a>{_N}){_DASH}(?P<b>{_N})\s?(?P<u>{_UNIT})(?![A-Za-z])",
            _unit_range,
        ),
        _rule(
            "units",
            rf"{_OPEN}(?P<n>{_N})(?P<k>{_SCALE})?(?:\s?|(?P<j>-))(?P<u>{_UNIT})(?![A-Za-z²³])",
            _unit,
        ),
        _rule(
            "fractions",
            rf"{_OPEN}(?:(?P<w>\d+)[ -])?(?P<a>\d{{1,2}})/(?P<b>[2-9]|1\d|[2-9]\d|100)(?P<v>)(?![\d/])",
            lambda m: _mixed(m),
        ),
        _rule("fractions", rf"(?P<w>\d+)?\s?(?P<v>[{''.join(_VULGAR)}])", _mixed_vulgar),
        _rule(
            "ordinals",
            rf"{_OPEN}(?P<n>\d{{1,3}}(?:,\d{{3}})*|\d+)(?:st|nd|rd|th)(?![a-z])",
            _ordinal,
        ),
        _rule(
            "year ranges",
            rf"{_OPEN}(?P<a>1[5-9]\d{{2}}|20\d{{2}})[-–](?P<b>1\d{{3}}|20\d{{2}}|\d{{2}})(?![\d,.-]*\d|\w)",
            _year_range,
        ),
        _rule(
            "names with numbers",
            rf"(?<=\b)(?<![\w])(?P<h>{_alternatives(NAMED)})\s(?P<n>\d{{3,4}})(?!\d|[.,]\d)",
            lambda m: f"{m['h']} {name_number(int(m['n']))}",
        ),
        _rule("years", rf"{_OPEN}(?P<n>1[0-9]\d{{2}}|20\d{{2}})(?![\d\w%]|[.,]\d)", _year_like),
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
            _number_range,
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
            lambda m: _scaled(m["n"], m["k"]),
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
            rf"(?<![\w.])(?P<t>{_alternatives(t for t in TITLES if t not in ('Sr.',))})(?=\s[A-Z])(?<!\b[A-Z])",
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
        _rule("signs", r"(?<=\s)\+(?=\s)", "plus"),
        _rule("signs", r"(?<=\s)=(?=\s)", "equals"),
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


def _mixed_vulgar(match: re.Match[str]) -> str:
    top, bottom = _VULGAR[match["v"]]
    said = fraction(top, bottom)
    if not match["w"]:
        return said
    one = "a" if top == 1 else cardinal(top)
    return f"{cardinal(int(match['w']))} and {one} {said.split(' ', 1)[1]}"


def read_english(written: str, lexicon: tuple[Rule, ...] = ()) -> Reading:
    """How an English text is read.

    Args:
        written: the text.
        lexicon: rules of the house, before all others.
    """
    return scan(written, (*lexicon, *rules()))
