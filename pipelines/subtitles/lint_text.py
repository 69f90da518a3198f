"""What a cue's text can break: lengths, signs, dashes, numbers, breaks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from fractions import Fraction

from pipelines.subtitles import lint_breaks
from pipelines.subtitles.english import MEASURES, is_abbreviation
from pipelines.subtitles.numbers import LABELS, SCALES, number_words
from pipelines.subtitles.profile import Profile
from studio.types.subtitles import Cue, Violation

#: Cues that follow each other within this are read as one text.
_APART_S = Fraction(2)
_DASH = re.compile(r"[-–—‐]\s*(?=\S)")
#: A dash that is no minus and no broken-off word.
_CLEAR_DASH = re.compile(r"[-–—‐](\s+\S|[^\W\d_]|[\[\"'“‘(¿¡♪])")
_SOUND = re.compile(r"[\[(][^\])]*[\])]")
_LABEL = re.compile(r"^[\[(][^\])]*[\])]\s*")
_PERCENT = re.compile(r"(\d[\d.,]*)\s?(percent|per cent|퍼센트)", re.IGNORECASE)
_PLAIN = re.compile(r"[a-z]+")
_SMALL = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def violations(at: int, cue: Cue, profile: Profile, language: str) -> Iterator[Violation]:
    """What the text of one cue breaks."""
    if not any(line.strip() for line in cue.lines):
        yield Violation(at, "empty", "no text", "text", "remove the cue")
        return
    if len(cue.lines) > profile.max_lines:
        yield Violation(at, "lines", f"{len(cue.lines)} lines", f"{profile.max_lines} lines")
    for line in cue.lines:
        if profile.width(line) > profile.line_length:
            yield Violation(
                at,
                "line_length",
                f"{profile.width(line):g} characters",
                f"{profile.line_length:g} characters",
                "break the line or shorten it",
            )
        yield from _signs(at, line, profile)
    yield from _dashes(at, cue, profile)
    if not is_sound(cue):
        yield from _numbers(at, cue, profile, language)


def is_sound(cue: Cue) -> bool:
    """Whether a cue describes a sound and holds no speech."""
    return cue.kind == "sound" or bool(_SOUND.fullmatch(" ".join(cue.lines).strip()))


def _signs(at: int, line: str, profile: Profile) -> Iterator[Violation]:
    if line != line.strip() or "  " in line:
        yield Violation(
            at, "spaces", f"{line!r}", "single spaces between words only", "remove them"
        )
    odd = sorted(
        {c for c in line if c in profile.forbidden or unicodedata.category(c)[0] == "C"}
        | ({"\ufffd"} & set(line))
    )
    if odd:
        yield Violation(
            at, "forbidden", " ".join(f"{c!r}" for c in odd), "none of these signs", "remove them"
        )
    other = "..." if profile.ellipsis == "…" else "…"
    if other in line:
        yield Violation(at, "ellipsis", other, profile.ellipsis, "replace it")
    if profile.curly_quotes and ('"' in line or "'" in line):
        yield Violation(
            at, "quotes", "straight quotation marks", "typographic ones", "replace them"
        )
    if profile.uppercase and any(c.islower() for c in line):
        yield Violation(at, "uppercase", "small letters", "capitals", "write capitals")
    end = line.rstrip("\"'”’)] ")
    if (
        not profile.final_period
        and end.endswith((".", "。"))
        and not end.endswith("...")
        and not is_abbreviation(end.split()[-1])
    ):
        yield Violation(at, "final_period", "a full stop at the end", "none", "remove it")


def _dash_marks(lines: Sequence[str]) -> list[str]:
    """The dash before each line, with the space after it; empty where the line has none.

    ``-5`` is a dash where the other line has one as well.
    """
    found = [_DASH.match(line) for line in lines]
    clear = any(_CLEAR_DASH.match(line) for line in lines) or (len(lines) > 1 and all(found))
    return [m[0] if m and clear else "" for m in found]


def _dashes(at: int, cue: Cue, profile: Profile) -> Iterator[Violation]:
    marks = _dash_marks(cue.lines)
    if not any(marks):
        return
    if profile.speakers != "dashes":
        yield Violation(at, "dash", "a dash", "a cue for each speaker", "divide the cue")
    elif len(cue.lines) < 2 or not all(marks):
        yield Violation(
            at, "dash", "a dash on one line alone", "one before each of two speakers", "mend it"
        )
    elif any(mark != profile.dash for mark in marks):
        wrong = next(mark for mark in marks if mark != profile.dash)
        yield Violation(at, "dash", f"{wrong!r}", f"{profile.dash!r}", "replace it")


def _numbers(at: int, cue: Cue, profile: Profile, language: str) -> Iterator[Violation]:
    # Two speakers are two texts: no number runs from one to the other.
    texts = _bare(cue)
    if not any(_dash_marks(cue.lines)):
        texts = [" ".join(texts)]
    for text in texts:
        if profile.percent_sign and (found := _PERCENT.search(text)):
            yield Violation(at, "number_style", found[0], f"{found[1]}%", "write the sign")
        if profile.numbers == "spell-to-ten" and language == "en":
            yield from _english_numbers(at, text)


def _english_numbers(at: int, text: str) -> Iterator[Violation]:
    words = text.split()
    for i in range(2, len(words) - 2):
        before, word, after = words[i - 1], words[i], words[i + 1]
        if not _PLAIN.fullmatch(before) or not _PLAIN.fullmatch(after):
            continue
        numbers = SCALES | set(_SMALL) | set(number_words())
        if before in numbers or after in numbers:
            continue
        if (
            word.isdecimal()
            and 1 <= int(word[:3]) <= 10
            and not word.startswith("0")
            and after not in MEASURES
            and before not in LABELS
            and not any(c.isdecimal() for w in (words[i - 2], words[i + 2]) for c in w)
        ):
            yield Violation(at, "number_style", word, _SMALL[int(word) - 1], "write the word")
        if word in number_words():
            yield Violation(
                at, "number_style", word, f"{number_words()[word]}", "write it in digits"
            )


def _bare(cue: Cue) -> list[str]:
    """A cue's lines without dashes and speakers' labels."""
    marks = _dash_marks(cue.lines)
    return [
        _LABEL.sub("", line[len(mark) :]).strip()
        for line, mark in zip(cue.lines, marks, strict=True)
    ]


def breaks(cues: Sequence[Cue], profile: Profile, language: str) -> Iterator[Violation]:
    """Breaks between lines, and between cues that follow each other, that part a unit."""
    spoken = [(i, c) for i, c in enumerate(cues) if not is_sound(c) and c.text.strip()]
    for n, (at, cue) in enumerate(spoken):
        lines = [line.split() for line in _bare(cue)]
        if any(_dash_marks(cue.lines)):
            continue  # each line is a speaker's own
        for i, line in enumerate(lines[:-1]):
            if what := _parted(language, profile, lines[: i + 1], lines[i + 1]):
                yield _broken(at, line, what)
        if n + 1 == len(spoken):
            continue
        after = spoken[n + 1][1]
        apart = after.start - cue.end >= _APART_S
        others = cue.speaker and after.speaker and cue.speaker != after.speaker
        if apart or others or _dash_marks(after.lines)[0] or _LABEL.match(after.lines[0]):
            continue
        if what := _parted(language, profile, lines, _bare(after)[0].split()):
            yield _broken(at, lines[-1], what)


def _parted(language: str, profile: Profile, upper: list[list[str]], lower: list[str]) -> str:
    words = [w for line in upper for w in line]
    if not words or not lower:
        return ""
    previous = words[-2] if len(words) > 1 else ""
    return lint_breaks.fault(language, previous, words[-1], lower[0], profile.final_period)


def _broken(at: int, line: list[str], what: str) -> Violation:
    rule = "split_eojeol" if what == "an eojeol" else "bad_break"
    return Violation(
        at, rule, f"a break after {line[-1]!r} parts {what}", "units of sense stay whole", "move it"
    )
