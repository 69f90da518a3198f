"""When cues come and go: on the grid of frames, in step with speech, reading and shot cuts.

The rules are those of Netflix's published Subtitle Timing Guidelines, with the profile's own
figures: in on the first frame of speech; a gap of two frames or of half a second and more; an
in-time just after a cut moves to the cut, an out-time just before one to two frames before it.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipelines.subtitles.layout import reading_s
from pipelines.subtitles.profile import Profile
from studio.types.timecode import FrameRate

#: Without a frame rate times are whole milliseconds, and frames are taken for film's.
_MILLISECONDS = FrameRate(Fraction(1000))
_FILM = Fraction(24)
#: Speech that begins this close before a cut waits for it: 7 of 12 frames in the guidelines.
_WAITS = Fraction(7, 12)


@dataclass(frozen=True)
class Span:
    """What one cue needs of time.

    Attributes:
        start, end: of its speech, in seconds.
        width: of its text, in the profile's characters, all lines together.
        words: how many.
    """

    start: Fraction
    end: Fraction
    width: float
    words: int


class Clock:
    """The profile's times as whole units of one grid: frames, or milliseconds."""

    def __init__(self, profile: Profile, rate: FrameRate | None, cuts: Sequence[Fraction]) -> None:
        self.grid = rate or _MILLISECONDS
        fps = self.grid.fps
        self.gap = profile.gap_frames if rate else math.ceil(profile.gap_frames / _FILM * fps)
        # What a rounding to the grid may take from a span without anybody's noticing.
        self.slack_s = 1e-6 if rate else 1e-3
        self.least = math.ceil(profile.least_s * fps)
        self.longest = math.floor(profile.longest_s * fps)
        self.chain = math.ceil(profile.chain_s * fps)
        self.linger = math.floor(profile.linger_s * fps)
        self.zone = math.floor(profile.cut_zone_s * fps)
        self.cuts = sorted({self.grid.nearest(c) for c in cuts}) if self.zone else []
        self._profile = profile

    def reading(self, span: Span) -> int:
        """Units a viewer needs for a cue."""
        need = reading_s(self._profile, span.width, span.words)
        # A hair less than a whole unit too many is a rounding of floats, not a need.
        return math.ceil(need * float(self.grid.fps) - 1e-9)

    def is_just_after_cut(self, at: int) -> bool:
        """Whether a time lies less than the zone after a cut, and not on it."""
        cut = self.cut_before(at)
        return cut is not None and 0 < at - cut < self.zone

    def cut_before(self, at: int) -> int | None:
        """The last cut at or before a time."""
        found = bisect.bisect_right(self.cuts, at)
        return self.cuts[found - 1] if found else None

    def cut_after(self, at: int) -> int | None:
        """The first cut at or after a time."""
        found = bisect.bisect_left(self.cuts, at)
        return self.cuts[found] if found < len(self.cuts) else None


def plan_times(
    spans: Sequence[Span], clock: Clock, since: int = 0, until: int | None = None
) -> list[tuple[int, int]]:
    """In and out of each cue, in units of the clock's grid; in order, never overlapping.

    Args:
        spans: in order of their starts.
        clock: the grid.
        since: the first cue begins no earlier.
        until: the last cue ends by then.
    """
    ins = _in_times(spans, clock, since)
    times: list[tuple[int, int]] = []
    for at, span in enumerate(spans):
        latest = ins[at] + clock.longest
        if at + 1 < len(spans):
            latest = min(latest, ins[at + 1] - clock.gap)
        elif until is not None:
            latest = min(latest, until)
        out = _out_time(span, ins[at], latest, clock)
        if at + 1 < len(spans):
            out = _chained(out, ins[at + 1], latest, clock)
        times.append((ins[at], out))
    return times


def _in_times(spans: Sequence[Span], clock: Clock, since: int) -> list[int]:
    ins: list[int] = []
    for at, span in enumerate(spans):
        spoken = max(0, clock.grid.frame_at(span.start))
        earliest = ins[-1] + clock.gap + 1 if ins else since
        wanted = max(spoken, earliest)
        # Room that the cue before keeps if this one comes early, and this one if it comes late.
        comfortable = ins[-1] + clock.least + clock.gap if ins else since
        said = math.ceil(spans[at - 1].end * clock.grid.fps) if ins else 0
        before, after = clock.cut_before(wanted), clock.cut_after(wanted)
        if before is not None and 0 < wanted - before < clock.zone:
            if before >= comfortable and said <= before + clock.gap:
                wanted = before
        elif after is not None and 0 < after - wanted <= clock.zone * _WAITS:
            end = math.ceil(span.end * clock.grid.fps)
            following = (
                clock.grid.frame_at(spans[at + 1].start)
                if at + 1 < len(spans)
                else end + clock.least
            )
            room = min(max(end, after), following) - after
            if room >= clock.least and room >= min(clock.reading(span), end - wanted):
                wanted = after
        ins.append(wanted)
    return ins


def _out_time(span: Span, start: int, latest: int, clock: Clock) -> int:
    latest = max(latest, start + 1)
    said = min(max(math.ceil(span.end * clock.grid.fps), start + 1), latest)
    wanted = max(said, min(start + clock.least, latest))
    needed = min(start + clock.reading(span), max(wanted, said + clock.linger), latest)
    wanted = max(wanted, needed)
    choices = [wanted]
    for cut in {clock.cut_before(wanted), clock.cut_after(wanted)} - {None}:
        assert cut is not None
        if abs(cut - wanted) < clock.zone:
            choices += [cut - clock.gap, cut + clock.zone]
    least = min(start + clock.least, latest)
    # Speech may be cut short by the gap before a cut and a little more, never by a word.
    shortest = max(least, said - max(clock.gap, clock.zone // 3))
    allowed = [c for c in choices if shortest <= c <= latest] or [wanted]

    # Fit to be read comes before neat at a cut, and both before near to the speech.
    return min(
        allowed,
        key=lambda out: (
            out < needed,
            is_near_cut(out, clock),
            clock.is_just_after_cut(out),
            abs(out - wanted),
        ),
    )


def is_near_cut(out: int, clock: Clock) -> bool:
    """Whether a cue goes too shortly before a cut without standing at its two frames' gap."""
    cut = clock.cut_after(out)
    near = cut is not None and cut - out < clock.zone
    # Where cuts follow each other fast, a cue that keeps to one of them is right.
    return near and clock.cut_after(out + clock.gap) != out + clock.gap


def _chained(out: int, following: int, latest: int, clock: Clock) -> int:
    """An out-time moved up to the next cue where the gap is too short to be seen as one."""
    gap = following - out
    if not clock.gap < gap < clock.chain:
        return out
    closed = following - clock.gap
    cut = clock.cut_after(out)
    if cut is not None and cut < following:
        return out  # the gap holds a cut: it is no flicker
    return closed if closed <= latest else out
