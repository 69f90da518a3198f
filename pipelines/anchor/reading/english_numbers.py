"""English numerals as an American newsreader says them: no "and" inside of whole numbers."""

from __future__ import annotations

from functools import lru_cache

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
#: Largest number that is read in words; longer ones are told digit by digit.
LARGEST = 10**18 - 1
SCALES = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million",
    "bn": "billion", "b": "billion", "B": "billion", "tn": "trillion", "T": "trillion",
    "thousand": "thousand", "million": "million", "billion": "billion", "trillion": "trillion",
    "hundred": "hundred",
}  # fmt: skip
_IRREGULAR = {2: ("half", "halves"), 4: ("quarter", "quarters")}


@lru_cache(4096)
def cardinal(number: int) -> str:
    """``1234`` is ``one thousand two hundred thirty-four`` (Chicago 9; no "and")."""
    from num2words import num2words

    if abs(number) > LARGEST:
        return digits(str(abs(number)))
    return str(num2words(number)).replace(",", "").replace(" and ", " ")


@lru_cache(1024)
def ordinal(number: int) -> str:
    """``21`` is ``twenty-first``."""
    from num2words import num2words

    return str(num2words(number, to="ordinal")).replace(",", "").replace(" and ", " ")


def digits(text: str, zero: str = "zero") -> str:
    """Digit by digit: ``911`` is ``nine one one``."""
    return " ".join(zero if c == "0" else _DIGITS[int(c)] for c in text if c.isdecimal())


def decimal(text: str) -> str:
    """``3.14`` is ``three point one four``, ``.5`` ``point five``, ``1,200`` a whole number."""
    whole, _, fraction = text.replace(",", "").partition(".")
    if not fraction:
        return cardinal(int(whole))
    said = f"point {digits(fraction)}"
    return f"{cardinal(int(whole))} {said}" if whole else said


def pair(number: int) -> str:
    """Two digits in the second place of a year or time: ``05`` is ``oh five``."""
    return f"oh {_DIGITS[number]}" if number < 10 else cardinal(number)


def year(number: int) -> str:
    """``1999`` is ``nineteen ninety-nine``, ``2005`` ``two thousand five``, ``1900`` ``nineteen
    hundred``, ``2026`` ``twenty twenty-six``."""
    century, rest = divmod(number, 100)
    if number < 1000 or (number % 1000 < 10 and century % 10 == 0):
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {pair(rest)}"


def plural(word: str) -> str:
    """The last word in the plural: ``nineteen ninety`` gives ``nineteen nineties``."""
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x")) else "s")


def name_number(number: int) -> str:
    """A number that is a name, ``747`` as ``seven forty-seven`` (flights, routes, models)."""
    if 100 <= number <= 999 and number % 100:
        return f"{_DIGITS[number // 100]} {pair(number % 100)}"
    if 1000 <= number <= 9999 and number % 100:
        return f"{cardinal(number // 100)} {pair(number % 100)}"
    return cardinal(number)


def fraction(top: int, bottom: int) -> str:
    """``3/4`` is ``three quarters``, ``1/2`` ``one half``, ``2/3`` ``two thirds``."""
    one, many = _IRREGULAR.get(bottom, (ordinal(bottom), ordinal(bottom) + "s"))
    return f"{cardinal(top)} {one if top == 1 else many}"


def roman(text: str) -> int | None:
    """The value of a Roman numeral in capitals; None where it is none in its proper form."""
    values = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
    total = 0
    for i, letter in enumerate(text):
        value = values[letter]
        after = values[text[i + 1]] if i + 1 < len(text) else 0
        total += -value if value < after else value
    return total if text == _to_roman(total) else None


def _to_roman(number: int) -> str:
    said = ""
    for value, letters in (
        (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
        (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ):  # fmt: skip
        said += letters * (number // value)
        number %= value
    return said
