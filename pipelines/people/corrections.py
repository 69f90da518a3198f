"""What a person decided about the faces of one file, kept apart from what the studio made.

Every decision is tied to faces: times and places in the picture. A later run may find other
tracks, or use another model: the decisions are laid over whatever it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from studio.archive.decisions import read_decisions, write_decisions
from studio.types.media import FrameTimes
from studio.types.people import FaceTrack

#: A decision holds for a track that has the face within so many seconds, and where the boxes
#: share so much.
_NEAR_S, _OVERLAP = 1.0, 0.25


@dataclass(frozen=True)
class FaceAt:
    """A face in the footage.

    Attributes:
        time: seconds on the source clock.
        xyxy: left, top, right, bottom in shares of the picture.
    """

    time: Fraction
    xyxy: tuple[float, float, float, float]


@dataclass(frozen=True)
class NameTold:
    """Who somebody is.

    Attributes:
        name: as a person wrote it.
        faces: one at least.
    """

    name: str
    faces: tuple[FaceAt, ...]


@dataclass(frozen=True)
class NotThem:
    """Who somebody is not.

    Attributes:
        name: that is wrong.
        faces: one at least.
    """

    name: str
    faces: tuple[FaceAt, ...]


@dataclass(frozen=True)
class SamePerson:
    """Two that are one.

    Attributes:
        ones, others: faces of both.
    """

    ones: tuple[FaceAt, ...]
    others: tuple[FaceAt, ...]


@dataclass(frozen=True)
class Corrections:
    """All decisions about one file; a later name goes over an earlier one.

    Attributes:
        names, rejections, merges: of faces.
        body_names: whose bodies are; their places are the bodies'.
        body_splits: where the track of a body goes on with somebody else.
    """

    names: tuple[NameTold, ...] = ()
    rejections: tuple[NotThem, ...] = ()
    merges: tuple[SamePerson, ...] = ()
    body_names: tuple[NameTold, ...] = ()
    body_splits: tuple[FaceAt, ...] = ()

    def with_name(self, told: NameTold) -> Corrections:
        """These and one more name. What was said of the same faces before gives way."""
        faces = set(told.faces)
        kept = (replace(n, faces=tuple(f for f in n.faces if f not in faces)) for n in self.names)
        wrong = tuple(
            r for r in self.rejections if r.name != told.name or faces.isdisjoint(r.faces)
        )
        names = (*(n for n in kept if n.faces), told)
        return replace(self, names=names, rejections=wrong)

    def with_body(self, told: NameTold) -> Corrections:
        """These and whose one more body is; what was said of the same place gives way."""
        kept = tuple(n for n in self.body_names if not set(n.faces) & set(told.faces))
        return replace(self, body_names=(*kept, told))

    def with_rejection(self, wrong: NotThem) -> Corrections:
        """These and one more rejection; the name is taken back from the same faces."""
        faces = set(wrong.faces)
        names = (
            replace(n, faces=tuple(f for f in n.faces if f not in faces))
            if n.name == wrong.name
            else n
            for n in self.names
        )
        kept = tuple(n for n in names if n.faces)
        return replace(self, names=kept, rejections=(*self.rejections, wrong))

    def with_merge(self, merge: SamePerson) -> Corrections:
        """These and two more that are one."""
        return replace(self, merges=(*self.merges, merge))

    def renamed(self, old: str, new: str) -> Corrections:
        """The same decisions after somebody got another name."""
        return replace(
            self,
            names=tuple(replace(n, name=new) if n.name == old else n for n in self.names),
            rejections=tuple(replace(r, name=new) if r.name == old else r for r in self.rejections),
            body_names=tuple(replace(n, name=new) if n.name == old else n for n in self.body_names),
        )

    def without(self, name: str) -> Corrections:
        """The same decisions after somebody was forgotten."""
        return replace(
            self,
            names=tuple(n for n in self.names if n.name != name),
            rejections=tuple(r for r in self.rejections if r.name != name),
            body_names=tuple(n for n in self.body_names if n.name != name),
        )


@dataclass(frozen=True)
class Decided:
    """Corrections as they hold for tracks.

    Attributes:
        names: track to its name.
        refused: track to names it does not have.
        same: pairs of tracks of one person.
        lost: decisions whose face was not found again.
    """

    names: dict[int, str]
    refused: dict[int, frozenset[str]]
    same: tuple[tuple[int, int], ...]
    lost: int


def decide(corrections: Corrections, tracks: Sequence[FaceTrack], times: FrameTimes) -> Decided:
    """Find the tracks that decisions are about."""
    where = _Finder(tracks, times)
    names: dict[int, str] = {}
    refused: dict[int, frozenset[str]] = {}
    same: list[tuple[int, int]] = []
    lost = 0
    for told in corrections.names:
        found = where.all(told.faces)
        lost += not found
        names |= dict.fromkeys(found, told.name)
    for wrong in corrections.rejections:
        found = where.all(wrong.faces)
        lost += not found
        for track in found:
            refused[track] = refused.get(track, frozenset()) | {wrong.name}
            if names.get(track) == wrong.name:
                del names[track]
    for merge in corrections.merges:
        ones, others = where.all(merge.ones), where.all(merge.others)
        lost += not (ones and others)
        if ones and others:
            joined = [*ones, *others]
            same += [(joined[0], other) for other in joined[1:]]
    return Decided(names, refused, tuple(same), lost)


class _Finder:
    def __init__(self, tracks: Sequence[FaceTrack], times: FrameTimes) -> None:
        self._tracks = tracks
        seconds = times.pts * float(times.time_base)
        self._times = [seconds[track.frames] for track in tracks]
        self._starts = np.array([shown[0] for shown in self._times])
        self._ends = np.array([shown[-1] for shown in self._times])

    def all(self, faces: Iterable[FaceAt]) -> list[int]:
        """The tracks of these faces, each once."""
        found = (self._one(face) for face in faces)
        return list(dict.fromkeys(track for track in found if track is not None))

    def _one(self, face: FaceAt) -> int | None:
        best, track = _OVERLAP, None
        box = np.array(face.xyxy)
        at = float(face.time)
        near = (self._starts <= at + _NEAR_S) & (self._ends >= at - _NEAR_S)
        for number in np.flatnonzero(near).tolist():
            away = np.abs(self._times[number] - at)
            row = int(away.argmin())
            if away[row] > _NEAR_S:
                continue
            other = self._tracks[number].xyxy[row]
            low, high = np.maximum(box[:2], other[:2]), np.minimum(box[2:], other[2:])
            shared = float(np.prod(np.maximum(high - low, 0)))
            both = float(np.prod(box[2:] - box[:2]) + np.prod(other[2:] - other[:2])) - shared
            if shared / max(both, 1e-9) > best:
                best, track = shared / max(both, 1e-9), number
        return track


def faces_of(track: FaceTrack, times: FrameTimes) -> tuple[FaceAt, ...]:
    """What a decision about a track is tied to: where its face is seen best."""
    rows = np.searchsorted(track.frames, track.best_frames)
    return tuple(FaceAt(times.start(int(track.frames[row])), _box(track, int(row))) for row in rows)


def _box(track: FaceTrack, row: int) -> tuple[float, float, float, float]:
    left, top, right, bottom = (round(float(side), 5) for side in track.xyxy[row])
    return left, top, right, bottom


def corrections_file(gallery: Path, content_hash: str) -> Path:
    """Where the decisions about a file lie: in the gallery's folder, by what is in the file."""
    return gallery / "footage" / f"{content_hash[:40]}.json"


def change_everywhere(gallery: Path, change: Callable[[Corrections], Corrections]) -> None:
    """Change the decisions about every file."""
    for path in sorted((gallery / "footage").glob("*.json")):
        before = read_decisions(Corrections, path)
        after = change(before)
        if after != before:
            write_decisions(path, after)
