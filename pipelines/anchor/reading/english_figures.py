"""How English figures are said: dates, times, money, units, telephone numbers, fractions.

Each function gives the reading of one match of a rule in :mod:`english`; None where the match
is something else after all.
"""

from __future__ import annotations

import re

from pipelines.anchor.reading.english_numbers import (
    SCALES,
    cardinal,
    decimal,
    digits,
    fraction,
    ordinal,
    pair,
    plural,
    year,
)
from pipelines.anchor.reading.english_words import (
    COUNTED,
    CURRENCIES,
    MONTHS,
    SHORT_MONTHS,
    UNITS,
)

VULGAR = {
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


def rest_of(match: re.Match[str]) -> str:
    """What stands behind a match."""
    return match.string[match.end() :]


def full_stop(match: re.Match[str], said: str) -> str:
    """The reading of something that ends in a full stop, which may end the sentence too."""
    rest = match.string[match.end() :]
    ends = match[0].endswith(".") and (not rest.strip() or re.match(r"[\"”’)]*\s+[A-Z]", rest))
    return said + "." if ends and not rest.strip(' "”’)') else said


def month(text: str) -> str:
    """A month in full."""
    bare = text.rstrip(".")
    return MONTHS[SHORT_MONTHS[bare] - 1] if bare in SHORT_MONTHS else bare


def date(match: re.Match[str]) -> str | None:
    """``March 3, 2026``."""
    day = int(match["d"])
    if not 1 <= day <= 31:
        return None
    said = f"{month(match['m'])} {ordinal(day)}"
    return f"{said}, {year(int(match['y']))}" if match["y"] else said


def day_first(match: re.Match[str]) -> str | None:
    """``3 March 2026``."""
    day = int(match["d"])
    if not 1 <= day <= 31:
        return None
    the = "" if re.search(r"\bthe\s+$", match.string[: match.start()]) else "the "
    said = f"{the}{ordinal(day)} of {month(match['m'])}"
    return f"{said}, {year(int(match['y']))}" if match["y"] else said


def month_year(match: re.Match[str]) -> str:
    """``June 2024``."""
    return f"{month(match['m'])} {year(int(match['y']))}"


def figures_date(match: re.Match[str]) -> str | None:
    """``2026-03-01`` and ``3/14/2026``."""
    month, day, said = int(match["m"]), int(match["d"]), int(match["y"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{MONTHS[month - 1]} {ordinal(day)}, {year(said)}"


def time_of_day(match: re.Match[str]) -> str | None:
    """``3:30 p.m.`` and ``15:30``."""
    hour, minute = int(match["h"]), int(match["m"] or 0)
    if hour > 24 or minute > 59:
        return None
    half = re.sub(r"[^apm]", "", (match["ap"] or "").lower())
    if half:
        minutes = f" {pair(minute)}" if minute else ""
        return full_stop(match, f"{cardinal(hour)}{minutes} {' '.join(half.upper())}")
    if match["m"] is None:
        return None
    if minute == 0:
        return f"{cardinal(hour)} o'clock" if hour <= 12 else f"{cardinal(hour)} hundred"
    return f"{cardinal(hour)} {pair(minute)}"


def scaled(number: str, scale: str | None) -> str:
    """A figure with its scale: ``1.2 million``."""
    word = SCALES[scale.strip()] if scale else ""
    return f"{decimal(number)} {word}".strip()


def money(match: re.Match[str]) -> str:
    """``$5.25``, ``$1.2 million``, ``$10-15``."""
    one, many, cent, cents = CURRENCIES[match["c"]]
    minus = "minus " if match["s"] else ""
    number, scale = match["n"].replace(",", ""), match["k"]
    whole, _, hundredths = number.partition(".")
    if match["b"]:
        end = scaled(match["b"], match["k2"])
        start = scaled(match["n"], scale)
        return f"{minus}{start} to {end} {many}"
    before = match.string[: match.start()]
    if re.search(r"\b[Aa]n?\s$", before):
        many = one  # a thirty-five million dollar plan
    if re.match(r"-[a-z]|\s(?:bill|note|coin|fine|ticket)\b", match.string[match.end() :]):
        many = one  # a five dollar bill
    if scale or (hundredths and (len(hundredths) != 2 or not cent)):
        return f"{minus}{scaled(match['n'], scale)} {many}"
    if int(hundredths or 0) and cent:
        small = f"{cardinal(int(hundredths))} {cent if int(hundredths) == 1 else cents}"
        if int(whole or 0) == 0:
            return minus + small
        return f"{minus}{cardinal(int(whole))} {one if int(whole) == 1 else many} and {small}"
    return f"{minus}{cardinal(int(whole or 0))} {one if int(whole or 0) == 1 else many}"


def unit(match: re.Match[str]) -> str:
    """``5 km``."""
    one, many = UNITS[match["u"]]
    adjective = match["j"] is not None or re.match(r"-[a-z]", match.string[match.end() :])
    singular = match["n"] == "1" or adjective
    said = f"{scaled(match['n'], match['k'])} {one if singular else many}"
    return full_stop(match, said)


def unit_range(match: re.Match[str]) -> str:
    """``5-7 km``."""
    return f"{decimal(match['a'])} to {decimal(match['b'])} {UNITS[match['u']][1]}"


def temperature(match: re.Match[str]) -> str:
    """``-5°C``."""
    below = "minus " if match["s"] else ""
    noun = re.match(r"-?\s?(?:angle|turn|view|heat|weather|day|rotation)", rest_of(match))
    degrees = "degree" if match["n"] == "1" or noun else "degrees"
    scale = {"C": " Celsius", "F": " Fahrenheit"}.get(match["c"] or "", "")
    return f"{below}{decimal(match['n'])} {degrees}{scale}"


def phone(match: re.Match[str]) -> str:
    """``212-555-0123``."""
    plus = "plus " if match[0].startswith("+") else ""
    groups = re.findall(r"\d+", match[0])
    said = [
        "eight hundred" if g == "800" else "nine hundred" if g == "900" else digits(g, "oh")
        for g in groups
    ]
    return plus + ", ".join(said)


def ordinal_of(match: re.Match[str]) -> str:
    """``21st``."""
    return ordinal(int(match["n"].replace(",", "")))


def mixed_fraction(match: re.Match[str]) -> str:
    """``2 1/2`` and ``½``."""
    vulgar = match.groupdict().get("v")
    top, bottom = VULGAR[vulgar] if vulgar else (int(match["a"]), int(match["b"]))
    said = fraction(top, bottom)
    if not match["w"]:
        return said
    one = "a" if top == 1 else cardinal(top)
    return f"{cardinal(int(match['w']))} and {one} {said.split(' ', 1)[1]}"


def year_alone(match: re.Match[str]) -> str | None:
    """A number of four digits where it is a year."""
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


def year_range(match: re.Match[str]) -> str:
    """``1914-1918``."""
    first, last = match["a"], match["b"]
    end = (
        year(int(last))
        if len(last) == 4
        else cardinal(int(last))
        if int(last) > 9
        else pair(int(last))
    )
    return f"{year(int(first))} to {end}"


def decade(match: re.Match[str]) -> str:
    """``1990s`` and ``'60s``."""
    if match["y"]:
        number = int(match["y"])
        if number % 100 == 0:
            return f"{year(number)}s" if number % 1000 else "two thousands"
        return plural(year(number))
    return plural(cardinal(int(match["t"])))


def number_range(match: re.Match[str]) -> str:
    """``10-15``."""
    end = scaled(match["b"], match["k"]) if match["k"] else decimal(match["b"])
    return f"{decimal(match['a'])} to {end}"
