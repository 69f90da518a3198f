"""Faces through shots, who they belong to, and what a gallery keeps of somebody."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studio.types.timecode import TimeRange


@dataclass(frozen=True)
class FaceReference:
    """One picture of a face whose owner a person has told.

    Attributes:
        vector: float32 ``(d,)``, what the face looks like to the model.
        chip: uint8 ``(150, 150, 3)`` RGB, the aligned face: another model can look at it again.
        source: file name of the picture.
        sha256: of that file, hexadecimal.
    """

    vector: NDArray[np.float32]
    chip: NDArray[np.uint8]
    source: str
    sha256: str


@dataclass(frozen=True)
class FaceTrack:
    """One face through one shot; all arrays but the best ones have ``n`` rows.

    Attributes:
        shot: number of the shot.
        frames: int64, rising; frames at which the face was found.
        xyxy: float32 ``(n, 4)``, shares of the upright picture.
        landmarks: float32 ``(n, 5, 2)`` in shares.
        scores: float32, the detector's confidence.
        best_frames: int64 ``(k,)``, where the face is seen best, the best first.
        best_quality: float32 ``(k,)``, how well, 0 to 1.
        vectors: float32 ``(k, d)``, what it looks like there.
        size_px: median height of the face in the picture that was looked at.
        head_deg: float32 ``(n, 3)``, yaw, pitch and roll: above 0 for a face that looks to the
            right of the picture, up, and leans clockwise; NaN where that cannot be told. Empty
            where it was not looked for.
        expressions: float32 ``(n, 7)``, the probability of each as the detector of faces named
            them, each picture by itself; empty where they were not looked for.
    """

    shot: int
    frames: NDArray[np.int64]
    xyxy: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    scores: NDArray[np.float32]
    best_frames: NDArray[np.int64]
    best_quality: NDArray[np.float32]
    vectors: NDArray[np.float32]
    size_px: float = 0.0
    head_deg: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    expressions: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))


@dataclass(frozen=True)
class Person:
    """Somebody in a piece of footage.

    Attributes:
        label: the name, or ``Person 1`` … in order of time on screen.
        name: from the gallery or a correction; None for a stranger.
        tracks: numbers of this person's tracks, rising.
        frame: where the face is seen best, for a picture of it.
        xyxy: the face there; left, top, right, bottom in shares.
        distance: of the named face to the nearest reference, the model's unit; None without.
        told: whether a person said who it is.
    """

    label: str
    name: str | None
    tracks: tuple[int, ...]
    frame: int
    xyxy: tuple[float, float, float, float]
    distance: float | None = None
    told: bool = False


@dataclass(frozen=True)
class People:
    """Who is seen in one file.

    Attributes:
        tracks: in order of their first frame.
        persons: those with names first, then by time on screen.
        unclear: tracks that are too small, blurred or turned away to tell whose they are.
        model: that compared the faces, name and version.
        notes: what a user should know.
    """

    tracks: tuple[FaceTrack, ...]
    persons: tuple[Person, ...]
    unclear: tuple[int, ...]
    model: str
    notes: tuple[str, ...] = field(default=())

    def person_of(self, track: int) -> Person | None:
        """Whose track it is; None where that cannot be told."""
        return next((p for p in self.persons if track in p.tracks), None)

    def name_of(self, track: int) -> str | None:
        """The name of a track's person; None for strangers and unclear faces."""
        person = self.person_of(track)
        return person.name if person is not None else None


@dataclass(frozen=True)
class VoiceFace:
    """The face that moves when a voice speaks: a proposal, for a person to take or to leave.

    Attributes:
        speaker: label of the voice, ``S1``.
        proposed_name: of the person, or the stranger's label, ``Person 1``.
        known: whether it is a name.
        score: 0 to 1; 0.4 and more is proposed.
        seconds: for which the voice was heard and the face watched.
        times: when, on the source clock.
        frame, xyxy: where the face is seen best, for a picture of it; shares of the picture.
    """

    speaker: str
    proposed_name: str
    known: bool
    score: float
    seconds: float
    times: tuple[TimeRange, ...]
    frame: int
    xyxy: tuple[float, float, float, float]
