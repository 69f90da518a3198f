"""What is heard beside words, described in cues of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from pipelines.subtitles.profile import Profile
from pipelines.subtitles.shortfall import Unmet, cut_shortfall
from pipelines.subtitles.timing import Clock, Span, plan_times
from studio.types.sound_event import SoundEvent
from studio.types.subtitles import Cue

#: A description is read at a glance; longer than this it only covers the picture.
_STANDS_S = Fraction(3)


def description(label: str, profile: Profile) -> str:
    """What a kind of sound is called, in the house's brackets; empty where it is not shown."""
    word = profile.sounds.get(label, "")
    opening, closing = profile.brackets
    text = f"{opening}{word}{closing}" if word else ""
    return text.upper() if profile.uppercase else text


def with_sounds(
    cues: Sequence[Cue],
    unmet: Sequence[Unmet],
    sounds: Sequence[SoundEvent],
    profile: Profile,
    clock: Clock,
) -> tuple[list[Cue], tuple[Unmet, ...]]:
    """Speech cues with descriptions of sounds between them.

    A sound is described in the first pause of speech that is long enough; speech is never
    moved for it. Where there is no such pause, the cue that covers the sound says so.

    Returns:
        all cues in order, and the shortfalls under their new numbers.
    """
    taken = [(clock.grid.nearest(c.start), clock.grid.nearest(c.end)) for c in cues]
    shown: list[Cue] = []
    hidden: list[tuple[int, SoundEvent]] = []
    for event in sorted(sounds, key=lambda e: (e.start, e.end)):
        text = description(event.label, profile)
        if not text:
            continue
        times = _free_time(event, text, sorted(taken), profile, clock)
        if times is None:
            over = [i for i, c in enumerate(cues) if c.start < event.end and event.start < c.end]
            hidden += [(over[0], event)] if over else []
            continue
        taken.append(times)
        start, end = map(clock.grid.seconds, times)
        shown.append(Cue(start, end, (text,), kind="sound"))
    # A pause may lie around a cut in such a way that no time in it keeps clear of the cut.
    order = sorted([*cues, *shown], key=lambda c: c.start)
    place = {id(cue): at for at, cue in enumerate(order)}
    moved = [replace(u, cue=place[id(cues[u.cue])]) for u in unmet]
    for cue in shown:
        first, last = clock.grid.nearest(cue.start), clock.grid.nearest(cue.end)
        moved += cut_shortfall(place[id(cue)], first, last, profile, clock)
    moved += [
        Unmet(
            place[id(cues[at])],
            "sound",
            f"{event.label} from {float(event.start):.2f} to {float(event.end):.2f} s not shown",
            "sounds are described",
            "speech leaves no room for it",
        )
        for at, event in hidden
    ]
    return order, tuple(sorted(moved, key=lambda u: u.cue))


def _free_time(
    event: SoundEvent,
    text: str,
    taken: Sequence[tuple[int, int]],
    profile: Profile,
    clock: Clock,
) -> tuple[int, int] | None:
    """In and out of a description: the first stretch of the event that speech leaves free."""
    start, end = clock.grid.frame_at(event.start), clock.grid.nearest(event.end)
    free = max(0, start)
    for busy_start, busy_end in [*taken, (end + clock.gap, end + clock.gap)]:
        until = min(busy_start - clock.gap, end)
        span = Span(
            clock.grid.seconds(free),
            clock.grid.seconds(min(until, free + round(_STANDS_S * clock.grid.fps))),
            profile.width(text),
            len(text.split()),
        )
        if until - free >= max(clock.least, clock.reading(span)):
            return plan_times([span], clock, free, until)[0]
        free = max(free, busy_end + clock.gap)
        if free >= end:
            break
    return None
