"""Korean numerals: Sino-Korean, native, and digit by digit."""

from __future__ import annotations

from decimal import Decimal

_DIGITS = "영일이삼사오육칠팔구"
_PLACES = ("", "십", "백", "천")
_MYRIADS = ("", "만", "억", "조", "경")
_NATIVE_ONES = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
_NATIVE_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
#: Largest number that is read in words; longer ones are told digit by digit.
LARGEST = 10**20 - 1


def sino(number: int) -> str:
    """Sino-Korean, written apart by ``만`` (한글 맞춤법 제44항): 12345 is ``만 이천삼백사십오``.

    일 is left out before 십, 백 and 천, and before a 만 that opens the number.
    """
    if number == 0:
        return "영"
    if number > LARGEST:
        return digits(str(number))
    groups = []
    power = 0
    while number:
        number, part = divmod(number, 10_000)
        if part:
            words = "" if part == 1 and power == 1 and not number else _below_myriad(part)
            groups.append(words + _MYRIADS[power])
        power += 1
    return " ".join(reversed(groups))


def _below_myriad(part: int) -> str:
    said = ""
    for place in (3, 2, 1, 0):
        digit = part // 10**place % 10
        if digit:
            said += ("" if digit == 1 and place else _DIGITS[digit]) + _PLACES[place]
    return said


def native(number: int) -> str:
    """Native, in the form before a counter: 1 is ``한``, 20 is ``스무``, 21 ``스물한``.

    Raises:
        ValueError: outside of 1 to 99, where native numerals end.
    """
    if not 1 <= number <= 99:
        raise ValueError(f"{number} has no native numeral")
    if number == 20:
        return "스무"
    return _NATIVE_TENS[number // 10] + _NATIVE_ONES[number % 10]


def digits(text: str, zero: str = "공") -> str:
    """Digit by digit, as telephone numbers are: ``010`` is ``공일공``."""
    return "".join((zero if c == "0" else _DIGITS[int(c)]) for c in text if c.isdecimal())


def decimal(text: str) -> str:
    """A number with a decimal point: ``3.14`` is ``삼점일사``, ``0.5`` ``영점오``."""
    whole, _, fraction = text.replace(",", "").partition(".")
    said = sino(int(whole or "0"))
    return f"{said}점{digits(fraction, '영')}" if fraction else said


def has_final(word: str) -> bool:
    """Whether the last syllable ends in a consonant; False where it is not Hangul."""
    last = word[-1:]
    return "가" <= last <= "힣" and (ord(last) - 0xAC00) % 28 != 0


def ends_in_rieul(word: str) -> bool:
    """Whether the last syllable ends in ㄹ."""
    last = word[-1:]
    return "가" <= last <= "힣" and (ord(last) - 0xAC00) % 28 == 8


def is_whole(text: str) -> bool:
    """Whether a written number has no fraction."""
    return Decimal(text.replace(",", "")) == int(Decimal(text.replace(",", "")))
