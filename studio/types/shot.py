"""Shots and what joins them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class TransitionKind(StrEnum):
    """How one shot gives way to the next."""

    START = "start"
    CUT = "cut"
    DISSOLVE = "dissolve"
    FADE = "fade"


@dataclass(frozen=True)
class Shot:
    """A run of frames from one camera take.

    Attributes:
        start_frame, end_frame: half-open, from 0 in presentation order. The middle of a
            gradual transition is the boundary, so shots tile the footage.
        start, end: the same in seconds on the source clock.
        transition: how the shot begins.
        clean_start_frame, clean_end_frame: the part free of gradual transitions.
        doubtful_frames: frames at which a new shot may begin: too unlikely to be called a
            cut, too likely for an editor to use the frames on both sides as one piece.
    """

    start_frame: int
    end_frame: int
    start: Fraction
    end: Fraction
    transition: TransitionKind
    clean_start_frame: int
    clean_end_frame: int
    doubtful_frames: tuple[int, ...] = ()

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self.end_frame - self.start_frame

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.end - self.start
