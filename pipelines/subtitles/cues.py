"""From words to cues: a plan that obeys a house's rules, or says where it could not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipelines.subtitles.draft import Draft
from pipelines.subtitles.layout import Layout
from pipelines.subtitles.profile import Profile
from pipelines.subtitles.shortfall import Unmet, shorter_wording, shortfalls
from pipelines.subtitles.sounds import with_sounds
from pipelines.subtitles.timing import Clock, plan_times
from pipelines.subtitles.tokens import separator, tokens_of
from studio.types.sound_event import SoundEvent
from studio.types.subtitles import Subtitles
from studio.types.timecode import FrameRate
from studio.types.transcript import Transcript


@dataclass(frozen=True)
class CuePlan:
    """Cues, and what they could not obey."""

    subtitles: Subtitles
    unmet: tuple[Unmet, ...]


def plan_cues(
    transcript: Transcript,
    profile: Profile,
    rate: FrameRate | None = None,
    cuts: Sequence[Fraction] = (),
    sounds: Sequence[SoundEvent] = (),
    names: Mapping[str, str] | None = None,
    until: Fraction | None = None,
) -> CuePlan:
    """Arrange what was said into cues. Pure: the same input gives the same plan.

    Args:
        transcript: words in order of time.
        profile: the house's rules.
        rate: frames a second of the picture; times then lie on frame boundaries, else on whole
            milliseconds.
        cuts: times of shot cuts, in seconds.
        sounds: what is heard beside words; shown where the profile names the kind.
        names: label of a speaker to the name shown.
        until: end of the footage in seconds; no cue that is spoken before it stands longer.

    Returns:
        Cues in order that never overlap and hold every word exactly once, and every rule of
        the profile that one of them breaks.
    """
    tokens = tokens_of(transcript, profile)
    clock = Clock(profile, rate, cuts)
    layout = Layout(tokens, profile, separator(transcript.language), sorted(cuts), names or {})
    drafts = [Draft.from_block(block, tokens, layout) for block in layout.blocks()]
    last = None if until is None else clock.grid.frame_at(until)
    times = plan_times([d.span(profile) for d in drafts], clock, until=last)
    if profile.condense:
        drafts = [
            _condensed(draft, end - start, clock, profile, transcript.language)
            for draft, (start, end) in zip(drafts, times, strict=True)
        ]
        times = plan_times([d.span(profile) for d in drafts], clock, until=last)
    unmet = tuple(shortfalls(drafts, times, profile, clock, transcript.language))
    cues = [
        draft.cue(clock.grid.seconds(start), clock.grid.seconds(end), names or {})
        for draft, (start, end) in zip(drafts, times, strict=True)
    ]
    cues, unmet = with_sounds(cues, unmet, sounds, profile, clock)
    return CuePlan(Subtitles(transcript.language, tuple(cues)), unmet)


def _condensed(draft: Draft, units: int, clock: Clock, profile: Profile, language: str) -> Draft:
    """The draft in a shorter wording where it stands too short a time to be read."""
    if clock.reading(draft.span(profile)) <= units:
        return draft
    seconds = float(clock.grid.seconds(units))
    shorter = shorter_wording(draft, seconds, profile, language)
    return shorter or draft
