"""Whom an avatar follows, where somebody was asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines import people
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.people import FaceTrack, People, Person

#: How much larger than the face the box is in which it is looked for, as a share of its sides:
#: between two looks of the analysis it moves.
_MARGIN = 0.4

Box = Callable[[int], NDArray[np.float32] | None]


@dataclass(frozen=True)
class WantedPerson:
    """Somebody to follow.

    Attributes:
        key: tells this person from others in what is stored; empty where anybody will do.
        box: where the face is in a frame, left, top, right, bottom in pixels; None where that
            person is not seen. None as a whole where anybody will do.
        notes: what a user should know.
    """

    key: str = ""
    box: Box | None = None
    notes: tuple[str, ...] = ()


def wanted_person(who: str, path: Path, size_wh: tuple[int, int], job: Job) -> WantedPerson:
    """Somebody by number or name; anybody where ``who`` is empty.

    Args:
        who: a number, a label (``Person 2``) or a name of the gallery.
        path: of the film.
        size_wh: of the upright picture.
        job: models, store, progress.

    Raises:
        RequestError: nobody of that number or name is seen; the hint names who is.
    """
    if not who:
        return WantedPerson()
    made = people.run(path, people.Options(), job)
    person = choose(who, made.people)
    tracks = [made.people.tracks[number] for number in person.tracks]
    return WantedPerson(_key(tracks), boxes(tracks, size_wh), made.notes)


def _key(tracks: list[FaceTrack]) -> str:
    """Where and when a face is: people that are seen in the same frames are told apart."""
    digest = hashlib.sha256()
    for track in tracks:
        digest.update(track.frames.tobytes() + track.xyxy.tobytes())
    return digest.hexdigest()[:32]


def choose(who: str, found: People) -> Person:
    """One of those who are seen.

    Raises:
        RequestError: there is nobody of that number or name.
    """
    by_time = sorted(
        found.persons, key=lambda p: -sum(len(found.tracks[t].frames) for t in p.tracks)
    )
    names = ", ".join(f"{n} ({p.name or p.label})" for n, p in enumerate(by_time, 1))
    hint = f"In it are: {names}." if names else "Nobody in it can be told from others."
    if who.isdigit():
        if int(who) <= len(by_time):
            return by_time[int(who) - 1]
        raise RequestError(f"There is no person {who} in the footage.", hint)
    for person in by_time:
        if who.casefold() in ((person.name or "").casefold(), person.label.casefold()):
            return person
    raise RequestError(f"{who} is not seen in the footage.", hint)


def boxes(tracks: list[FaceTrack], size_wh: tuple[int, int]) -> Box:
    """Where a face is in a frame, between the frames at which it was found as well.

    Args:
        tracks: of one person.
        size_wh: of the picture.
    """
    scale = np.array([*size_wh, *size_wh], np.float32)

    def box(frame: int) -> NDArray[np.float32] | None:
        for track in tracks:
            # A face is there before it is first and after it is last looked for.
            step = int(np.median(np.diff(track.frames))) if len(track.frames) > 1 else 12
            if not track.frames[0] - step <= frame <= track.frames[-1] + step:
                continue
            sides = [np.interp(frame, track.frames, track.xyxy[:, k]) for k in range(4)]
            found = np.array(sides, np.float32) * scale
            room = np.tile((found[2:] - found[:2]) * _MARGIN, 2)
            return np.asarray(found + room * (-1, -1, 1, 1), np.float32)
        return None

    return box
