"""Measure a finished subtitle file against a house's rules, whoever made it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipelines.subtitles import lint_text
from pipelines.subtitles.profile import Profile, load
from studio.errors import RequestError
from studio.types.subtitles import Cue, Subtitles, Violation
from studio.types.timecode import STANDARD_RATES, FrameRate

#: Times in files are whole milliseconds, rounded to the next or always down.
_ROUNDING_S = Fraction(1, 1000)
#: Without a rate and without a grid in the times, frames are taken for film's.
_FILM = Fraction(24)


@dataclass(frozen=True)
class Report:
    """What was found in one file."""

    path: Path
    profile: str
    language: str
    rate: FrameRate | None
    subtitles: Subtitles
    violations: tuple[Violation, ...]


def lint(
    subtitles: Subtitles,
    profile: Profile,
    rate: FrameRate | None = None,
    cuts: Sequence[Fraction] = (),
    rounding_s: Fraction = _ROUNDING_S,
) -> tuple[Violation, ...]:
    """Every rule that a cue breaks, in order of cues.

    Args:
        subtitles: as they stand, in the order of the file.
        profile: the house's rules.
        rate: frames a second; told from the times where not given.
        cuts: times of shot cuts in seconds; their rule is not measured without them.
        rounding_s: how much a span of time may be short of its limit because times were
            rounded when the file was written.
    """
    language = language_of(subtitles, profile)
    # A few times may fit a rate by chance: that is enough not to hold them to film's gap.
    times = {t for cue in subtitles.cues for t in (cue.start, cue.end)}
    fps = (rate or _grid_of(times) or FrameRate(_FILM)).fps
    found: list[Violation] = []
    for at, cue in enumerate(subtitles.cues):
        after = subtitles.cues[at + 1] if at + 1 < len(subtitles.cues) else None
        found += _times(at, cue, profile, rounding_s)
        if after is not None:
            found += _neighbours(at, cue, after, profile.gap_frames / fps, rounding_s)
        found += _cuts(at, cue, cuts, profile, fps, rounding_s)
        found += lint_text.violations(at, cue, profile, language)
    found += lint_text.breaks(subtitles.cues, profile, language)
    return tuple(sorted(found, key=lambda v: v.cue))


def language_of(subtitles: Subtitles, profile: Profile) -> str:
    """The language of the text: as it says, by its script, or the profile's."""
    if subtitles.language:
        return subtitles.language
    text = "".join(c.text for c in subtitles.cues)
    hangul = len(re.findall(r"[가-힣]", text))
    latin = len(re.findall(r"[A-Za-z]", text))
    if hangul > latin / 2:
        return "ko"
    return profile.language if profile.language != "ko" else ""


def rate_of(subtitles: Subtitles) -> FrameRate | None:
    """The lowest usual rate on whose frames every time lies; None where there is none, or
    where the times are too few to tell.
    """
    times = {t for cue in subtitles.cues for t in (cue.start, cue.end)}
    return _grid_of(times) if len(times) >= 8 else None


def _grid_of(times: Iterable[Fraction]) -> FrameRate | None:
    """The lowest usual rate on whose frames all times lie."""
    for fps in STANDARD_RATES:
        if all(abs(round(t * fps) / fps - t) <= _ROUNDING_S for t in times):
            return FrameRate(fps)
    return None


def _seconds(value: Fraction) -> str:
    return f"{float(value):.3f} s"


def _times(at: int, cue: Cue, profile: Profile, rounding: Fraction) -> Iterator[Violation]:
    stands = cue.duration
    if stands < profile.least_s - rounding:
        yield Violation(
            at, "least_duration", _seconds(stands), _seconds(profile.least_s), "let it stand longer"
        )
    if stands > profile.longest_s + rounding:
        yield Violation(
            at, "most_duration", _seconds(stands), _seconds(profile.longest_s), "divide it"
        )
    if stands <= 0:
        return
    # The time a cue had before its times were rounded is at most this.
    time = float(stands + rounding)
    letters = sum(profile.width(line) for line in cue.lines)
    if profile.cps and letters / time > profile.cps + 1e-6:
        yield Violation(
            at,
            "reading_speed",
            f"{letters / float(stands):.1f} characters a second",
            f"{profile.cps:g} characters a second",
            "shorten the text or let it stand longer",
        )
    words = sum(len(line.split()) for line in cue.lines)
    if profile.wpm and words * 60 / time > profile.wpm + 1e-6:
        yield Violation(
            at,
            "reading_speed",
            f"{words * 60 / float(stands):.0f} words a minute",
            f"{profile.wpm:g} words a minute",
            "shorten the text or let it stand longer",
        )


def _neighbours(
    at: int, cue: Cue, after: Cue, gap: Fraction, rounding: Fraction
) -> Iterator[Violation]:
    if after.start < cue.start:
        yield Violation(
            at + 1, "order", _seconds(after.start), f"after {_seconds(cue.start)}", "sort the file"
        )
    elif after.start < cue.end - rounding:
        yield Violation(
            at + 1,
            "overlap",
            f"begins {_seconds(cue.end - after.start)} before the cue before it ends",
            "one cue at a time",
            "let the earlier one go first",
        )
    elif after.start - cue.end < gap - rounding:
        yield Violation(
            at + 1,
            "gap",
            _seconds(max(after.start - cue.end, Fraction(0))),
            _seconds(gap),
            "let the earlier one go sooner",
        )


def _cuts(
    at: int,
    cue: Cue,
    cuts: Sequence[Fraction],
    profile: Profile,
    fps: Fraction,
    rounding: Fraction,
) -> Iterator[Violation]:
    zone = Fraction(int(profile.cut_zone_s * fps)) / fps
    gap = profile.gap_frames / fps
    # Where cuts follow each other fast, a cue that keeps to one of them is right.
    late = [cue.start - cut for cut in cuts if rounding < cue.start - cut < zone - rounding]
    if late and not any(abs(cue.start - cut) <= rounding for cut in cuts):
        yield Violation(
            at, "shot_cut", f"in {_seconds(min(late))} after a cut", "on the cut", "move it there"
        )
    early = [cut - cue.end for cut in cuts if -rounding <= cut - cue.end < zone - rounding]
    if early and not any(abs(cut - cue.end - gap) <= rounding for cut in cuts):
        yield Violation(
            at,
            "shot_cut",
            f"out {_seconds(max(min(early), Fraction(0)))} before a cut",
            f"{profile.gap_frames} frames before it",
            "move it there",
        )


def lint_file(path: Path, profile: str, rate: str = "") -> Report:
    """Lint a file by its name.

    Raises:
        RequestError: no such profile, or a rate that is none.
        MediaError: the file cannot be read; the message names the line.
    """
    from studio.media import subtitle_io

    rules = load(profile)
    frames = _rate(rate) if rate else None
    subtitles = subtitle_io.read(path)
    rounding = subtitle_io.resolution_s(path)
    frames = frames or rate_of(subtitles)
    found = lint(subtitles, rules, frames, rounding_s=rounding)
    return Report(path, rules.name, language_of(subtitles, rules), frames, subtitles, found)


def _rate(text: str) -> FrameRate:
    try:
        fps = Fraction(text)
        if not 1 <= fps <= 1000:
            raise ValueError(text)
    except (ValueError, ZeroDivisionError) as exc:
        raise RequestError(
            f"{text!r} is no frame rate.", "Write e.g. 25, 23.976 or 30000/1001."
        ) from exc
    return FrameRate.from_measured(fps)


def describe(report: Report) -> dict[str, Any]:
    """The report as plain data; cues are numbered from 1, as in files."""
    cues = report.subtitles.cues
    return {
        "file": str(report.path),
        "profile": report.profile,
        "language": report.language,
        "rate": str(report.rate.fps) if report.rate else None,
        "cues": len(cues),
        "violations": [
            {
                "cue": v.cue + 1,
                "start_s": round(float(cues[v.cue].start), 3),
                "end_s": round(float(cues[v.cue].end), 3),
                "text": cues[v.cue].text,
                "rule": v.rule,
                "measured": v.measured,
                "limit": v.limit,
                "hint": v.hint,
            }
            for v in report.violations
        ],
    }


def summarise(report: Report) -> str:
    """The report as text: a cue with its time and text, under it what it breaks."""
    cues = report.subtitles.cues
    if not report.violations:
        return f"{report.path}: {len(cues)} cues, no violations of {report.profile}"
    lines: list[str] = []
    last = -1
    for v in report.violations:
        cue = cues[v.cue]
        if v.cue != last:
            text = " / ".join(cue.lines)
            lines.append(f"cue {v.cue + 1}  {_clock(cue.start)} --> {_clock(cue.end)}  {text}")
            last = v.cue
        hint = f"; {v.hint}" if v.hint else ""
        lines.append(f"    {v.rule}: {v.measured}, the rule is {v.limit}{hint}")
    bad, count = len({v.cue for v in report.violations}), len(report.violations)
    lines.append(
        f"{report.path}: {count} violation{'s' * (count > 1)} of {report.profile} "
        f"in {bad} of {len(cues)} cues"
    )
    return "\n".join(lines)


def _clock(seconds: Fraction) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
