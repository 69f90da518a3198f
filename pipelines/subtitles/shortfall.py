"""Where a plan could not obey its rules, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipelines.subtitles.condense import condense
from pipelines.subtitles.draft import Draft, wrap
from pipelines.subtitles.english import BAD
from pipelines.subtitles.layout import reading_s
from pipelines.subtitles.profile import Profile
from pipelines.subtitles.timing import Clock, is_near_cut

#: Cues further apart than this are read as separate: a break between them disturbs no one.
APART_S = Fraction(2)


@dataclass(frozen=True)
class Unmet:
    """A rule that the speech itself does not let a cue obey.

    Attributes:
        cue: its index, from 0.
        rule: as the linter names it, ``reading_speed``.
        measured, limit: with their unit.
        reason: why it could not be obeyed.
        proposal: a shorter wording for a person to accept, in lines; empty where there is none.
        applied: whether the cue already has a shorter wording than what was said.
    """

    cue: int
    rule: str
    measured: str
    limit: str
    reason: str
    proposal: str = ""
    applied: bool = False


def shortfalls(
    drafts: Sequence[Draft],
    times: Sequence[tuple[int, int]],
    profile: Profile,
    clock: Clock,
    language: str,
) -> Iterator[Unmet]:
    """Every rule that a cue breaks, in order of cues.

    Args:
        drafts, times: the cues; times in units of the clock's grid.
        profile: the house's rules.
        clock: the grid.
        language: ISO 639-1 code of the text.
    """
    for at, (draft, (start, end)) in enumerate(zip(drafts, times, strict=True)):
        following = times[at + 1][0] if at + 1 < len(times) else None
        yield from _length(at, draft, profile)
        yield from _breaks(at, draft, end, following, clock)
        yield from _times(at, draft, start, end, profile, clock, language)


def _length(at: int, draft: Draft, profile: Profile) -> Iterator[Unmet]:
    for line in draft.lines:
        width = profile.width(line)
        if width > profile.line_length:
            yield Unmet(
                at,
                "line_length",
                f"{width:g} characters",
                f"{profile.line_length:g} characters",
                "a single word, with the label before it, is longer than a line",
            )


def _breaks(
    at: int, draft: Draft, end: int, following: int | None, clock: Clock
) -> Iterator[Unmet]:
    ends = () if draft.dashes else draft.ends[:-1]
    broken = [e for e in ends if draft.tokens[e - 1].break_cost >= BAD]
    if following is not None and clock.grid.seconds(following - end) < APART_S:
        broken += [e for e in draft.ends if draft.dashes and draft.tokens[e - 1].break_cost >= BAD]
        if not draft.dashes and draft.tokens[-1].break_cost >= BAD:
            broken.append(draft.ends[-1])
    for e in broken:
        yield Unmet(
            at,
            "bad_break",
            f"a break after {draft.tokens[e - 1].text!r}",
            "no break inside a unit of sense",
            "the words that belong together fill more than the room there is",
        )


def _times(
    at: int, draft: Draft, start: int, end: int, profile: Profile, clock: Clock, language: str
) -> Iterator[Unmet]:
    stands = clock.grid.seconds(end - start)
    span = draft.span(profile)
    need = reading_s(profile, span.width, span.words)
    if need > float(stands) + clock.slack_s:
        wording = shorter_wording(draft, float(stands), profile, language)
        proposal = "\n".join(wording.lines) if wording else ""
        if profile.cps and span.width / float(stands) > profile.cps:
            measured = f"{span.width / float(stands):.1f} characters a second"
            limit = f"{profile.cps:g} characters a second"
        else:
            measured = f"{span.words * 60 / float(stands):.0f} words a minute"
            limit = f"{profile.wpm:g} words a minute"
        why = "it is spoken faster than it can be read, and the next cue follows"
        yield Unmet(at, "reading_speed", measured, limit, why, proposal, draft.condensed)
    if end - start < clock.least:
        yield Unmet(
            at,
            "least_duration",
            f"{float(stands):.3f} s",
            f"{float(profile.least_s):.3f} s",
            "the next cue follows at once",
        )
    yield from cut_shortfall(at, start, end, profile, clock)


def cut_shortfall(at: int, start: int, end: int, profile: Profile, clock: Clock) -> Iterator[Unmet]:
    """Where a cue comes or goes too near a shot cut; times in units of the clock's grid."""
    if is_near_cut(end, clock) or clock.is_just_after_cut(start):
        yield Unmet(
            at,
            "shot_cut",
            f"{float(clock.grid.seconds(start)):.3f} to {float(clock.grid.seconds(end)):.3f} s",
            f"none less than {float(profile.cut_zone_s):g} s from a cut",
            "speech, or the time to read it, leaves no room at the cut",
        )


def shorter_wording(draft: Draft, seconds: float, profile: Profile, language: str) -> Draft | None:
    """A cue with what can be left out left out, so far as the time demands; None where nothing
    can, or where two speakers share it.
    """

    def need(text: str) -> float:
        whole = f"{draft.label}{text}"
        # A break into lines takes the place of a space, and is not read.
        width = sum(map(profile.width, wrap(whole, profile, language)))
        return reading_s(profile, width, len(whole.split()))

    shorter = None if draft.dashes else condense(draft.said, language, seconds, need)
    return draft.reworded(shorter.text, profile, language) if shorter else None
