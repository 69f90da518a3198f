"""How Korean text is read aloud: figures, dates, money, units, foreign letters.

The rules follow 한글 맞춤법 (제43항 on counters, 제44항 on numerals by 만, 제52항 on 유월 and
시월), 표준어 규정 (제17항) and 표준국어대사전 for the names of letters. Where the rules leave a
choice the house's is: native numerals up to 99 before native counters and Sino-Korean ones
from 100 on; a lexicon entry overrides anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from pipelines.anchor.reading.korean_numbers import (
    decimal,
    digits,
    ends_in_rieul,
    has_final,
    native,
    sino,
)
from pipelines.anchor.reading.korean_words import (
    CURRENCIES,
    ENGLISH_NAMES,
    LETTERS,
    MACHINES,
    NATIVE_COUNTERS,
    NUMBERED,
    PARTICLES,
    SAID,
    SEO_NEO,
    SEOK_NEOK,
    SINO_COUNTERS,
    UNITS,
)
from pipelines.anchor.reading.spoken import Piece, Reading, Rule, scan

_N = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_SCALE = r"(?:[십백천]?[만억조]|[십백천](?![가-힣]{2}))"
#: A figure with the scales that are written out: ``1조 2000억``, ``3만5천``, ``5천만``.
_FIGURE = rf"(?:{_N}{_SCALE}\s?)*{_N}{_SCALE}?"
_RANGE = r"\s?[~∼～–-]\s?"
#: What may follow a counter of one syllable, so that it is no other word.
_TAIL = (
    r"(?=$|[^가-힣]|이|가|은|는|을|를|의|에|로|으로|와|과|도|만|씩|쯤|간|째|당|여|나|까지|부터|마다|"
    r"정도|뿐|보다|입니|였|인|임|짜리|들|상당|차|대|초|말|중|동안|가량|꼴|밖|처럼|며|고|라|께|한테|"
    r"하고|안|전|후|내|반|남짓|경|분|조|선|지|생|된|되|으|뒤|앞|넘|총)"
)
_UP_TO_HOURS = 20  # 시간 after native numerals; 24시간 and 48시간 are Sino-Korean in the news


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


_COUNTER = _alternatives({*NATIVE_COUNTERS, *SINO_COUNTERS, *SEO_NEO, *SEOK_NEOK, "시", "번째"})
_UNIT = _alternatives(UNITS)


def figure(text: str) -> str:
    """A written figure in Sino-Korean: ``1조 2,000억`` is ``일조 이천억``."""
    said: list[str] = []
    parts = re.findall(rf"({_N})({_SCALE})?", text)
    for number, scale in parts:
        one = number == "1" and scale and (scale[0] in "십백천" or (scale == "만" and not said))
        said.append(("" if one else decimal(number)) + scale)
    return " ".join(said)


def _small(text: str) -> int | None:
    """The value of a whole number of 1 to 99 written in digits only."""
    plain = text.replace(",", "")
    return int(plain) if plain.isdecimal() and 1 <= int(plain) <= 99 and plain[0] != "0" else None


def counted(text: str, counter: str, before: str = "", after: str = "") -> str:
    """A figure with its counter: ``3`` and ``명`` are ``세 명``, ``3`` and ``층`` ``삼 층``.

    Args:
        text: the figure.
        counter: the noun it counts.
        before, after: the text around, which tells 번 of a count from 번 of a name.
    """
    small = _small(text)
    if counter == "월" and small in (6, 10):
        return "유월" if small == 6 else "시월"
    if counter == "월" and small is not None:
        return f"{sino(small)}월"
    if counter == "번째" and small is not None:
        return "첫 번째" if small == 1 else f"{native(small)} 번째"
    if small is None or not _is_native(small, counter, before, after):
        return f"{figure(text)} {counter}"
    if small in (3, 4) and counter in SEO_NEO:
        return f"{'서' if small == 3 else '너'} {counter}"
    if small in (3, 4) and counter in SEOK_NEOK:
        return f"{'석' if small == 3 else '넉'} {counter}"
    return f"{native(small)} {counter}"


def _is_native(number: int, counter: str, before: str, after: str) -> bool:
    if counter == "시":
        return number <= 12
    if counter == "시간":
        return number <= _UP_TO_HOURS
    if counter == "분":
        return bool(re.search(r"(?:손님|어르신|선생님|할머니|할아버지)\s?$", before))
    if counter == "번":
        named = re.match(rf"\s?(?:{_alternatives(NUMBERED)})", after)
        return not named and not re.search(r"(?:기호|등번호|국도)\s?$", before)
    if counter == "대":
        machines = re.search(rf"(?:{_alternatives(MACHINES)})\s?$", before)
        return bool(machines) or number % 10 != 0
    if counter in ("장", "개") and before.endswith("제"):
        return False
    return counter in (*NATIVE_COUNTERS, *SEO_NEO, *SEOK_NEOK)


def _around(match: re.Match[str]) -> tuple[str, str]:
    return match.string[max(0, match.start() - 12) : match.start()], match.string[match.end() :][:8]


def _counter(match: re.Match[str]) -> str:
    before, after = _around(match)
    if match["yeo"]:
        return f"{figure(match['n'])}여 {match['c']}"
    return counted(match["n"], match["c"], before, after)


def _counter_range(match: re.Match[str]) -> str:
    before, after = _around(match)
    first, last, counter = match["a"], match["b"], match["c"]
    small = [_small(first), _small(last)]
    if all(n is not None and _is_native(n, counter, before, after) for n in small):
        start = counted(first, counter, before, after)
    elif counter == "월":
        start = counted(first, counter)
    else:
        start = figure(first)
    return f"{start}에서 {counted(last, counter, before, after)}"


def _date(match: re.Match[str]) -> str | None:
    year, month, day = (int(match[k]) for k in ("y", "m", "d"))
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{sino(year)} 년 {counted(str(month), '월')} {sino(day)} 일"


def _time(match: re.Match[str]) -> str | None:
    hour, minute = int(match["h"]), int(match["m"])
    if hour > 24 or minute > 59:
        return None
    half = bool(re.search(r"(?:오전|오후|새벽|아침|저녁|밤|낮)\s?$", _around(match)[0]))
    said = f"{native(hour) if half and 1 <= hour <= 12 else sino(hour)} 시"
    return said if minute == 0 else f"{said} {sino(minute)} 분"


def _phone(match: re.Match[str]) -> str:
    return ", ".join(digits(part) for part in re.findall(r"\d+", match[0]))


def _temperature(match: re.Match[str]) -> str:
    degrees = f"{decimal(match['n'])} 도"
    below = "영하 " if match["s"] else ""
    scale = "섭씨 " if match["c"] in ("℃", "°C") else "화씨 " if match["c"] != "°" else ""
    return scale + below + degrees


def _signed(match: re.Match[str]) -> str:
    return ("플러스 " if match[1] == "+" else "마이너스 ") + figure(match["n"])


def _percent(match: re.Match[str]) -> str:
    sign = {None: "", "+": "플러스 "}.get(match["s"], "마이너스 ")
    return f"{sign}{figure(match['n'])} 퍼센트" + ("포인트" if match["p"] else "")


def _money(match: re.Match[str]) -> str:
    return f"{figure(match['n'])} {CURRENCIES[match['c']]}"


def _speed(match: re.Match[str]) -> str:
    unit = {"km": "킬로미터", "m": "미터", "㎞": "킬로미터"}[match["u"]]
    per = {"h": "시속", "s": "초속"}[match["t"]]
    told = _around(match)[0].rstrip().endswith(("시속", "초속"))
    return ("" if told else f"{per} ") + f"{figure(match['n'])} {unit}"


def _memorial(match: re.Match[str]) -> str:
    """``6·25`` is told digit by digit (육이오), ``12·12`` by its numbers (십이십이)."""
    month, day = match["m"], match["d"]
    if int(month) > 12 or int(day) > 31:
        return sino(int(month)) + digits(day)
    whole = day.endswith("0") or (month == "12" and day == "12")
    return sino(int(month)) + (sino(int(day)) if whole else digits(day))


def _letters(match: re.Match[str]) -> str | None:
    word = match["w"]
    if word in SAID:
        return SAID[word]
    return "".join(LETTERS[c] for c in word)


def _lettered_number(match: re.Match[str]) -> str:
    word, number = match["w"], match["n"]
    said = SAID.get(word) or "".join(LETTERS[c] for c in word)
    return said + (digits(number) if number[0] == "0" else sino(int(number)).replace(" ", ""))


def _lettered_after(match: re.Match[str]) -> str:
    return figure(match["n"]) + "".join(LETTERS[c] for c in match["w"])


def _web(match: re.Match[str]) -> str:
    said = []
    for part in re.split(r"([./@-])", re.sub(r"^https?://", "", match[0])):
        mark = {".": "점", "/": "슬래시", "@": "골뱅이", "-": "하이픈"}.get(part)
        short = part.isascii() and part.isalpha() and len(part) <= 3
        if mark or short:
            said.append(mark or "".join(LETTERS[c] for c in part.upper()))
        elif part.isdecimal():
            said.append(digits(part))
        elif part:
            said.append(part)
    return " ".join(said)


def _rule(name: str, pattern: str, say: object) -> Rule:
    if isinstance(say, str):
        words = say
        return Rule(name, re.compile(pattern), lambda m: m.expand(words))
    assert callable(say)
    return Rule(name, re.compile(pattern), say)


@cache
def rules() -> tuple[Rule, ...]:
    """The rules in order of precedence."""
    open_ = r"(?<![\d.,])"
    shut = r"(?![\d])"
    return (
        _rule(
            "web addresses",
            r"(?:https?://|www\.)[\w./-]*\w|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
            r"|[a-zA-Z][\w-]*(?:\.(?:com|net|org|kr|co|go|or|ac))+(?![A-Za-z])",
            _web,
        ),
        _rule(
            "names with digits",
            rf"(?<![A-Za-z0-9.])(?:{_alternatives(ENGLISH_NAMES)})(?![A-Za-z0-9])",
            lambda m: ENGLISH_NAMES[m[0]],
        ),
        _rule(
            "dates",
            rf"{open_}(?P<y>\d{{4}})(?P<s>[-./])\s?(?P<m>\d{{1,2}})(?P=s)\s?(?P<d>\d{{1,2}})"
            r"\.?(?!\d)",
            _date,
        ),
        _rule("times", rf"{open_}(?P<h>\d{{1,2}}):(?P<m>\d{{2}}){shut}(?!:)", _time),
        _rule(
            "phone numbers",
            r"(?<![\d-])(?:0\d{1,2}-\d{3,4}-\d{4}|1\d{3}-\d{4}|\+82-\d{1,2}-\d{3,4}-\d{4})(?![\d-])",
            _phone,
        ),
        _rule(
            "phone numbers",
            r"(?<![\d,.])(?:11[0-9]|12[0-9]|13[0-9]|182)"
            r"(?=에 신고|번으로|에 전화|구급|소방| 신고|로 신고| 구급| 상황)",
            lambda m: digits(m[0]),
        ),
        _rule("resident and serial numbers", rf"{open_}0\d+{shut}(?!\.\d)", lambda m: digits(m[0])),
        _rule("memorial days", r"(?<!\d)(?P<m>\d{1,2})[·ㆍ](?P<d>\d{1,2})(?!\d)", _memorial),
        _rule(
            "fractions",
            r"(?<![\d/])(?P<a>\d{1,2})/(?P<b>\d{1,3})(?![\d/])",
            lambda m: f"{sino(int(m['b']))}분의 {sino(int(m['a']))}",
        ),
        _rule(
            "fractions",
            r"(?<!\d)(?P<b>\d+)분의\s?(?P<a>\d+)(?!\d)",
            lambda m: f"{sino(int(m['b']))}분의 {sino(int(m['a']))}",
        ),
        _rule(
            "scores",
            r"(?<![\d.])(\d{1,3})\s?(?:대|:)\s?(\d{1,3})(?![\d.:])(?!\s?[명만억])",
            lambda m: f"{sino(int(m[1]))} 대 {sino(int(m[2]))}",
        ),
        _rule(
            "temperatures",
            r"(?P<s>[-−])?(?<![\d.])(?P<n>\d+(?:\.\d+)?)\s?(?P<c>℃|°C|℉|°F|°)",
            _temperature,
        ),
        _rule("speeds", rf"(?P<n>{_FIGURE})\s?(?P<u>km|㎞|m)/(?P<t>h|s)(?![A-Za-z])", _speed),
        _rule(
            "percent ranges",
            rf"(?P<a>{_N})%?{_RANGE}(?P<b>{_N})\s?%(?P<p>p|P|포인트)?",
            lambda m: (
                f"{decimal(m['a'])}에서 {decimal(m['b'])} 퍼센트" + ("포인트" if m["p"] else "")
            ),
        ),
        _rule(
            "percent",
            rf"(?P<s>(?<![\d\w])[-−+])?(?P<n>{_FIGURE})\s?%(?P<p>p|P|포인트)?(?![A-Za-z])",
            _percent,
        ),
        _rule("money", rf"(?P<c>{_alternatives(CURRENCIES)})\s?(?P<n>{_FIGURE})", _money),
        _rule(
            "unit ranges",
            rf"(?P<a>{_N}){_RANGE}(?P<b>{_N})\s?(?P<u>{_UNIT})(?![A-Za-z0-9])",
            lambda m: f"{decimal(m['a'])}에서 {decimal(m['b'])} {UNITS[m['u']]}",
        ),
        _rule(
            "units",
            rf"(?P<n>{_FIGURE})\s?(?P<u>{_UNIT})(?![A-Za-z0-9])",
            lambda m: f"{figure(m['n'])} {UNITS[m['u']]}",
        ),
        _rule(
            "district streets",
            r"(?<=로)([1-9])(?=가(?![가-힣])|가동|가역)",
            lambda m: f"{sino(int(m[1]))}",
        ),
        _rule(
            "ordinals with 제",
            rf"제\s?(?P<n>{_N})\s?(?P<c>{_COUNTER})?{_TAIL}",
            lambda m: f"제{figure(m['n'])}" + (f" {m['c']}" if m["c"] else ""),
        ),
        _rule("decades", r"(?P<n>\d{2,4})년대", lambda m: f"{sino(int(m['n']))} 년대"),
        _rule(
            "ranges with counters",
            rf"(?P<a>{_N}{_SCALE}?){_RANGE}(?P<b>{_N}{_SCALE}?)\s?(?P<c>{_COUNTER}){_TAIL}",
            _counter_range,
        ),
        _rule("counters", rf"(?P<n>{_FIGURE})(?P<yeo>여)?\s?(?P<c>{_COUNTER}){_TAIL}", _counter),
        _rule(
            "ranges",
            rf"(?<![\d-])(?P<a>{_N}{_SCALE}?)\s?[~∼～]\s?(?P<b>{_N}{_SCALE}?)",
            lambda m: f"{figure(m['a'])}에서 {figure(m['b'])}",
        ),
        _rule("signs", rf"(?<![\d\w])([-−+])(?P<n>{_FIGURE})", _signed),
        _rule("disease names", r"(?<=코로나)\s?19(?!\d)", "일구"),
        _rule(
            "letters and digits",
            rf"(?<![A-Za-z])(?P<w>{_alternatives(SAID)}|[A-Z]{{1,4}})-?(?P<n>\d{{1,3}})(?![\d,.]*\d|[A-Za-z])",
            _lettered_number,
        ),
        _rule(
            "digits and letters", r"(?P<n>\d{1,4})(?P<w>[A-Z]{1,3})(?![A-Za-z])", _lettered_after
        ),
        _rule(
            "acronyms",
            rf"(?<![A-Za-z])(?P<w>{_alternatives(SAID)}|[A-Z]{{1,6}})(?![A-Za-z])",
            _letters,
        ),
        _rule("numbers", rf"(?P<n>{_FIGURE})", lambda m: figure(m["n"])),
        _rule("signs", r"\s?&\s?", " 앤드 "),
        _rule("signs", r"±\s?", "플러스마이너스 "),
    )


def _agreeing(written: str, at: int, piece: Piece) -> Piece | None:
    """The particle behind a reading in the form that the reading asks for."""
    if piece.rule == "district streets" or not piece.read:
        return None
    for closed, opened in sorted(PARTICLES, key=lambda p: -len(p[0])):
        match = re.compile(rf"(?:{closed}|{opened})(?=$|[^가-힣A-Za-z0-9])").match(written, at)
        if match is None:
            continue
        final = has_final(piece.read)
        if closed == "으로" and ends_in_rieul(piece.read):
            final = False
        right = closed if final else opened
        return None if right == match[0] else Piece(at, match.end(), right, "particles")
    return None


def read_korean(written: str, lexicon: tuple[Rule, ...] = ()) -> Reading:
    """How a Korean text is read.

    Args:
        written: the text.
        lexicon: rules of the house, before all others.
    """
    return scan(written, (*lexicon, *rules()), _agreeing)
