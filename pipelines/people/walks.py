"""Bodies and faces joined: whose way through the picture is whose. Pure.

A body carries the name of the face that is seen in its upper part, by vote over the pictures on
which both are found; where two body tracks carry one face, they are one person, over cuts too.
What a person said of a body goes over what faces say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipelines.people.corrections import Corrections, FaceAt
from studio.types.media import FrameTimes
from studio.types.motion import BodyTrack
from studio.types.people import People

#: Seconds between a face and a body of one person, at the most.
_NEAR_S = 0.2
#: A face lies in this part of its body, from the top, and is no larger than that share of it.
_UPPER, _LARGEST = 0.5, 0.75
#: Of a track's shared samples, how many have to agree.
_AGREE = 0.5
_OVERLAP = 0.2
_IMPOSSIBLE = 1e6


@dataclass(frozen=True)
class Walk:
    """A body's way through a shot, and whose it is.

    Attributes:
        track: of the body.
        label: of the person, or ``Body 1`` … in order of appearance where no face tells.
        name: from the gallery or a correction; None for strangers.
        faces: pictures on which the face agrees.
        told: whether a person said whose it is.
    """

    track: BodyTrack
    label: str
    name: str | None
    faces: int
    told: bool = False


def walks_of(
    tracks: Sequence[BodyTrack],
    people: People,
    times: FrameTimes,
    corrections: Corrections | None = None,
) -> tuple[tuple[Walk, ...], tuple[str, ...]]:
    """Say whose each track is.

    Args:
        tracks: of the bodies.
        people: of the same footage.
        times: of the file's frames.
        corrections: what a person said of this footage.

    Returns:
        A walk for each track, those that were split apart for each part; and what a user
        should know.
    """
    said = corrections or Corrections()
    parts, lost = _split(tracks, said.body_splits, times)
    votes = _votes(parts, people, times)
    owner = _owners(parts, votes)
    told: dict[int, str] = {}
    for name_told in said.body_names:
        found = [n for face in name_told.faces for n in _at(parts, face, times)]
        lost += not found
        told |= dict.fromkeys(found, name_told.name)
    walks, strangers = [], 0
    for number, track in enumerate(parts):
        person = people.persons[owner[number]] if number in owner else None
        if number in told:
            walks.append(Walk(track, told[number], told[number], 0, told=True))
        elif person is not None:
            count = int(votes[number, owner[number]])
            walks.append(Walk(track, person.label, person.name, count))
        else:
            strangers += 1
            walks.append(Walk(track, f"Body {strangers}", None, 0))
    notes = (f"{lost} decisions are about bodies that were not found again",) if lost else ()
    return tuple(walks), notes


def _votes(tracks: Sequence[BodyTrack], people: People, times: FrameTimes) -> NDArray[np.float64]:
    """Pictures on which each person's face lies in each body: ``(tracks, persons)``."""
    found = np.zeros((len(tracks), len(people.persons)))
    seconds = times.seconds
    for column, person in enumerate(people.persons):
        for number in person.tracks:
            face = people.tracks[number]
            for row, track in enumerate(tracks):
                if track.shot == face.shot:
                    shared, agree = _agreeing(track, face.frames, face.xyxy, seconds)
                    found[row, column] += agree if agree >= _AGREE * max(shared, 1) else 0
    return found


def _agreeing(
    track: BodyTrack,
    frames: NDArray[np.int64],
    xyxy: NDArray[np.float32],
    seconds: NDArray[np.float64],
) -> tuple[int, int]:
    """On how many pictures both are there, and on how many the face is the body's."""
    own = seconds[track.frames]
    shared = agree = 0
    for frame, face in zip(frames.tolist(), xyxy, strict=True):
        at = int(np.abs(own - seconds[frame]).argmin())
        if abs(own[at] - seconds[frame]) > _NEAR_S:
            continue
        shared += 1
        left, top, right, bottom = (float(v) for v in track.xyxy[at])
        x, y = float(face[0] + face[2]) / 2, float(face[1] + face[3]) / 2
        inside = left <= x <= right and top - 0.02 <= y <= top + _UPPER * (bottom - top)
        agree += inside and float(face[3] - face[1]) <= _LARGEST * (bottom - top)
    return shared, agree


def _owners(tracks: Sequence[BodyTrack], votes: NDArray[np.float64]) -> dict[int, int]:
    """Track to person, the most votes first; nobody is in two places at once."""
    pairs = [(int(votes[i, j]), int(i), int(j)) for i, j in np.argwhere(votes > 0)]
    owner: dict[int, int] = {}
    for _, track, person in sorted(pairs, key=lambda each: (-each[0], each[1], each[2])):
        beside = (tracks[n] for n, other in owner.items() if other == person)
        if track not in owner and not any(_together(tracks[track], other) for other in beside):
            owner[track] = person
    return owner


def _together(one: BodyTrack, other: BodyTrack) -> bool:
    return len(np.intersect1d(one.frames, other.frames)) > 0


def _split(
    tracks: Sequence[BodyTrack], splits: Sequence[FaceAt], times: FrameTimes
) -> tuple[list[BodyTrack], int]:
    """The tracks, cut where a person said that another goes on; and how many cuts were lost."""
    parts, lost = list(tracks), 0
    for cut in splits:
        found = _at(parts, cut, times)
        lost += not found
        for number in found[:1]:
            track = parts[number]
            row = int(np.searchsorted(times.seconds[track.frames], float(cut.time)))
            if 0 < row < len(track.frames):
                halves = [_rows(track, part) for part in (slice(0, row), slice(row, None))]
                parts[number : number + 1] = halves
    return [replace(track, number=n) for n, track in enumerate(parts)], lost


def _rows(track: BodyTrack, rows: slice) -> BodyTrack:
    return replace(
        track,
        frames=track.frames[rows],
        xyxy=track.xyxy[rows],
        scores=track.scores[rows],
        points=track.points[rows],
        presence=track.presence[rows],
    )


def _at(tracks: Sequence[BodyTrack], body: FaceAt, times: FrameTimes) -> list[int]:
    """The track that is there at that time; none or one."""
    best, found = _OVERLAP, list[int]()
    box = np.array(body.xyxy)
    for number, track in enumerate(tracks):
        away = np.abs(times.seconds[track.frames] - float(body.time))
        row = int(away.argmin())
        if away[row] > 3 * _NEAR_S:
            continue
        other = track.xyxy[row]
        sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
        shared = float(np.prod(np.maximum(sides, 0)))
        both = float(np.prod(box[2:] - box[:2]) + np.prod(other[2:] - other[:2])) - shared
        if shared / max(both, 1e-9) > best:
            best, found = shared / max(both, 1e-9), [number]
    return found


def body_at(track: BodyTrack, times: FrameTimes, at: Fraction | None = None) -> FaceAt:
    """What a decision about a body is tied to: its box at a time, or where it is surest."""
    if at is None:
        row = int(track.scores.argmax())
        time = times.start(int(track.frames[row]))
    else:
        row = int(np.abs(times.seconds[track.frames] - float(at)).argmin())
        time = at
    left, top, right, bottom = (round(float(side), 5) for side in track.xyxy[row])
    return FaceAt(time, (left, top, right, bottom))
