"""Where somebody speaks, and how that is parted into windows for a recogniser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Span = tuple[float, float]

_ON, _OFF = 0.5, 0.35  # a voice begins above the one and ends below the other
_LEAST_VOICE_S = 0.1
_LEAST_SILENCE_S = 0.2
# Measured on synthetic speech with known times: a voice is found on time (median 3 ms early)
# and its end 40 ms late; the margins cover nine starts and ends in ten.
_BEFORE_S = 0.08
_AFTER_S = 0.04
#: Just under what a recogniser hears at once, so that rounding never passes it.
LONGEST_WINDOW_S = 29.5
_AROUND_S = 0.3  # real sound around each voice in a window, as between sentences
_LEAST_FILLED = 0.5  # of a window, before a long pause may end it


def voice_ranges(
    probabilities: NDArray[np.float32], window_s: float, duration_s: float
) -> list[Span]:
    """Spans of voice from the probability of each window, with small margins.

    Args:
        probabilities: ``(n,)``.
        window_s: seconds each stands for.
        duration_s: of the whole sound.
    """
    found: list[Span] = []
    start: int | None = None
    quiet: int | None = None
    longest_quiet = max(1, round(_LEAST_SILENCE_S / window_s))
    for at, p in enumerate(probabilities.tolist()):
        if start is None:
            if p >= _ON:
                start, quiet = at, None
        elif p >= _OFF:
            quiet = None if p >= _ON else quiet
        else:
            quiet = at if quiet is None else quiet
            if at - quiet + 1 >= longest_quiet:
                found.append((start * window_s, quiet * window_s))
                start = quiet = None
    if start is not None:
        end = quiet if quiet is not None else len(probabilities)
        found.append((start * window_s, end * window_s))
    ranges: list[Span] = []
    for begin_s, end_s in found:
        if end_s - begin_s < _LEAST_VOICE_S:
            continue
        low, high = max(begin_s - _BEFORE_S, 0.0), min(end_s + _AFTER_S, duration_s)
        if ranges and low <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], high)
        elif high > low:
            ranges.append((low, high))
    return ranges


def left_over(voice: Sequence[Span], words: Sequence[Span], least_s: float) -> list[Span]:
    """Stretches of voice of at least ``least_s`` seconds in which no word lies."""
    found: list[Span] = []
    for start, end in voice:
        inside = [word for word in words if word[1] > start and word[0] < end]
        edges = [start, *(time for word in inside for time in word), end]
        found += [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= least_s]
    return found


@dataclass(frozen=True)
class Window:
    """Pieces of the sound that are heard as one, long silences left out.

    Attributes:
        pieces: spans of the source in seconds, in order, joined without gaps.
        voice: spans of voice inside them, on the source clock.
    """

    pieces: tuple[Span, ...]
    voice: tuple[Span, ...]

    @property
    def duration_s(self) -> float:
        """Seconds of the joined sound."""
        return sum(end - start for start, end in self.pieces)

    @property
    def voice_s(self) -> float:
        """Seconds of voice."""
        return sum(end - start for start, end in self.voice)

    def to_window(self, source_s: float) -> float:
        """Seconds from the window's start of a time inside a piece."""
        passed = 0.0
        for start, end in self.pieces:
            if source_s <= end:
                return passed + max(source_s - start, 0.0)
            passed += end - start
        return passed

    def to_source(self, span: Span) -> Span:
        """A span of the joined sound, that does not cross a seam, on the source clock."""
        middle, passed = (span[0] + span[1]) / 2, 0.0
        for start, end in self.pieces:
            length = end - start
            if middle <= passed + length or (start, end) == self.pieces[-1]:
                low, high = span[0] - passed + start, span[1] - passed + start
                return max(low, start), min(high, end)
            passed += length
        return span

    @property
    def voice_here(self) -> list[Span]:
        """:attr:`voice` in seconds from the window's start."""
        return [(self.to_window(start), self.to_window(end)) for start, end in self.voice]


def plan_windows(
    voice: Sequence[Span], probabilities: NDArray[np.float32], window_s: float, duration_s: float
) -> list[Window]:
    """Part the voice into windows of at most :data:`LONGEST_WINDOW_S`.

    A window ends at the longest pause of its second half, so that sentences stay whole; a
    voice without pause is parted where it is least likely to be one.
    """
    spans: list[Span] = []
    for span in voice:
        spans += _parted(span, probabilities, window_s)
    windows: list[Window] = []
    while spans:
        fits = 1
        while fits < len(spans) and _length(spans[: fits + 1], duration_s) <= LONGEST_WINDOW_S:
            fits += 1
        take = fits
        if fits < len(spans):
            pauses = [
                (spans[i][0] - spans[i - 1][1], i)
                for i in range(1, fits + 1)
                if _length(spans[:i], duration_s) >= _LEAST_FILLED * LONGEST_WINDOW_S
            ]
            take = max(pauses)[1] if pauses else fits
        windows.append(Window(_pieces(spans[:take], duration_s), tuple(spans[:take])))
        spans = spans[take:]
    return windows


def _parted(span: Span, probabilities: NDArray[np.float32], window_s: float) -> list[Span]:
    room_s = LONGEST_WINDOW_S - 2 * _AROUND_S
    parts = []
    start, end = span
    while end - start > room_s:
        first = int((start + room_s * _LEAST_FILLED) / window_s)
        last = int((start + room_s) / window_s)
        cut = (first + int(np.argmin(probabilities[first:last])) + 0.5) * window_s
        parts.append((start, cut))
        start = cut
    return [*parts, (start, end)]


def _pieces(spans: Sequence[Span], duration_s: float) -> tuple[Span, ...]:
    pieces: list[Span] = []
    for start, end in spans:
        low, high = max(start - _AROUND_S, 0.0), min(end + _AROUND_S, duration_s)
        if pieces and low <= pieces[-1][1]:
            pieces[-1] = (pieces[-1][0], high)
        else:
            pieces.append((low, high))
    return tuple(pieces)


def _length(spans: Sequence[Span], duration_s: float) -> float:
    return sum(end - start for start, end in _pieces(spans, duration_s))
