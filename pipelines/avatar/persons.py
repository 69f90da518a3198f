"""Whom an avatar follows, where somebody was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.jobs.job import Job
from studio.types.media import FrameTimes, MediaInfo


@dataclass(frozen=True)
class WantedPerson:
    """Somebody to follow.

    Attributes:
        key: tells this person from others in what is stored; empty where anybody will do.
        box: where the face is in a frame, in pixels; None where it is not known.
        notes: what a user should know.
    """

    key: str = ""
    box: Callable[[int], NDArray[np.float32] | None] = lambda _frame: None
    notes: tuple[str, ...] = ()


def wanted_person(who: str, info: MediaInfo, times: FrameTimes, job: Job) -> WantedPerson:
    """Somebody by number or name; anybody where ``who`` is empty."""
    if not who:
        return WantedPerson()
    raise NotImplementedError
