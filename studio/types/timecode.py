"""Exact time: frame rates, ranges and SMPTE time code.

Seconds are :class:`fractions.Fraction`; frames are ``int`` from 0; ranges are half-open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

#: Rates that cameras and broadcasters use, in frames a second.
STANDARD_RATES: tuple[Fraction, ...] = (
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(48000, 1001),
    Fraction(48),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(60),
    Fraction(100),
    Fraction(120000, 1001),
    Fraction(120),
)


@dataclass(frozen=True, order=True)
class FrameRate:
    """Frames a second, exact: ``FrameRate(Fraction(24000, 1001))``, never 23.98.

    Raises:
        ValueError: the rate is not positive.
    """

    fps: Fraction

    def __post_init__(self) -> None:
        if self.fps <= 0:
            raise ValueError(f"a frame rate is positive, not {self.fps}")

    @classmethod
    def from_measured(cls, fps: float | Fraction, tolerance: float = 5e-4) -> FrameRate:
        """The nearest standard rate if it lies within ``tolerance`` (a share) of a measured
        one, else the measured one as a fraction with a denominator up to 1001 (a larger one
        below one frame in 1001 seconds).

        Raises:
            ValueError: the measured rate is not positive and finite.
        """
        if not 0 < fps < float("inf"):
            raise ValueError(f"a frame rate is positive, not {fps}")
        nearest = min(STANDARD_RATES, key=lambda rate: abs(float(fps) / float(rate) - 1))
        if abs(float(fps) / float(nearest) - 1) <= tolerance:
            return cls(nearest)
        measured = Fraction(fps)
        # Zero is the nearest such fraction to a very slow rate: take a whole number of seconds.
        return cls(measured.limit_denominator(1001) or Fraction(1, round(1 / measured)))

    @property
    def nominal(self) -> int:
        """The whole number that time code counts in: 30 for 29.97."""
        return max(round(self.fps), 1)

    @property
    def is_ntsc(self) -> bool:
        """Whether the rate is a whole number times 1000/1001."""
        return self.fps.denominator == 1001 and self.fps.numerator % 1000 == 0

    def seconds(self, frame: int) -> Fraction:
        """The start of a frame, in seconds from frame 0."""
        return Fraction(frame) / self.fps

    def frame_at(self, seconds: Fraction) -> int:
        """The frame shown at a time (the frame whose half-open span holds it)."""
        return (seconds * self.fps).__floor__()

    def nearest(self, seconds: Fraction) -> int:
        """The frame boundary nearest to a time."""
        return round(seconds * self.fps)

    def __str__(self) -> str:
        return f"{float(self.fps):.3f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, order=True)
class TimeRange:
    """Half-open span of seconds, ``[start, end)``.

    Raises:
        ValueError: the end lies before the start.
    """

    start: Fraction
    end: Fraction

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a range ends after it starts, not {self.start} .. {self.end}")

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.end - self.start

    def __contains__(self, seconds: Fraction) -> bool:
        return self.start <= seconds < self.end

    def overlaps(self, other: TimeRange) -> bool:
        """Whether the two share any time."""
        return self.start < other.end and other.start < self.end

    def intersection(self, other: TimeRange) -> TimeRange | None:
        """The time both hold, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return TimeRange(start, end) if start < end else None


_TIMECODE = re.compile(r"^(\d{2}):(\d{2}):(\d{2})([:;.,])(\d{2,3})$")


@dataclass(frozen=True)
class Timecode:
    """A frame count written as SMPTE ST 12-1 time code.

    Attributes:
        frame: frames since 00:00:00:00.
        rate: frames a second.
        drop: drop-frame counting (29.97 and 59.94 only).

    Raises:
        ValueError: drop-frame at a rate that has none.
    """

    frame: int
    rate: FrameRate
    drop: bool = False

    def __post_init__(self) -> None:
        if self.drop and not (self.rate.is_ntsc and self.rate.nominal % 30 == 0):
            raise ValueError(f"no drop-frame time code at {self.rate} frames a second")

    @classmethod
    def from_string(cls, text: str, rate: FrameRate) -> Timecode:
        """Read ``HH:MM:SS:FF``; a ``;`` before the frames means drop-frame.

        Raises:
            ValueError: the text is no time code at this rate.
        """
        match = _TIMECODE.match(text.strip())
        if not match:
            raise ValueError(f"not a time code: {text!r}")
        hours, minutes, seconds, frames = (int(match[i]) for i in (1, 2, 3, 5))
        drop = match[4] in ";,"
        nominal = rate.nominal
        if minutes > 59 or seconds > 59 or frames >= nominal:
            raise ValueError(f"not a time code at {rate} frames a second: {text!r}")
        count = ((hours * 60 + minutes) * 60 + seconds) * nominal + frames
        if drop:
            dropped = nominal // 15
            total_minutes = hours * 60 + minutes
            if seconds == 0 and frames < dropped and minutes % 10:
                raise ValueError(f"drop-frame time code has no {text!r}")
            count -= dropped * (total_minutes - total_minutes // 10)
        return cls(count, rate, drop)

    def __str__(self) -> str:
        """``HH:MM:SS:FF``, past midnight from zero again, as clocks and decks do."""
        nominal, count = self.rate.nominal, self.frame
        if self.drop:
            dropped = nominal // 15
            per_minute = nominal * 60 - dropped
            per_ten = per_minute * 10 + dropped
            tens, rest = divmod(count, per_ten)
            count += dropped * 9 * tens
            if rest >= nominal * 60:
                count += dropped * ((rest - nominal * 60) // per_minute + 1)
        seconds, frames = divmod(count, nominal)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        mark = ";" if self.drop else ":"
        return f"{hours % 24:02}:{minutes:02}:{seconds:02}{mark}{frames:02}"

    @property
    def seconds(self) -> Fraction:
        """Real seconds since 00:00:00:00."""
        return self.rate.seconds(self.frame)
