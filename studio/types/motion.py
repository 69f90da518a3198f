"""People in motion: bodies on sampled frames, and their ways through a shot.

The parts of an analysis that stand on these: ``bodies`` (:class:`Bodies`), ``body_tracks``
(:class:`BodyTracks`, rows of ``bodies``), ``safety`` (:class:`~studio.types.detections.Detections`)
and ``noises`` (:class:`~studio.types.sound_event.SoundEvent`). What is drawn from them is not
stored: :class:`BodyTrack`, :class:`PoseFacts`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Bodies:
    """People found by their bodies on sampled frames; arrays have a row a body, by frame.

    Attributes:
        sampled_frames: int64 ``(s,)``, every frame that was looked at, found or not.
        frames: int64 ``(n,)``, the frame of each body.
        xyxy: float32 ``(n, 4)``, shares of the upright picture.
        scores: float32 ``(n,)``, the detector's confidence, 0 to 1.
        looks: float16 ``(n, 126)``, colours of head, trunk and legs, of length one.
        points: float16 ``(n, 33, 4)``: x and y in shares of the picture, depth in shares of its
            width (0 at the hips, smaller is nearer) and visibility, 0 to 1, in the order of
            :data:`~studio.types.landmarks.POSE_NAMES`.
        presence: float32 ``(n,)``, how sure it is that the points are of a body; 0 where they
            were not looked for.
        aspect: width over height of the upright picture.
    """

    sampled_frames: NDArray[np.int64]
    frames: NDArray[np.int64]
    xyxy: Floats
    scores: Floats
    looks: NDArray[np.float16]
    points: NDArray[np.float16]
    presence: Floats
    aspect: float

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class BodyTrack:
    """One body through one shot; arrays have ``n`` rows.

    Attributes:
        number: of the track in its file, from 0 in order of the first frame.
        shot: number of the shot.
        frames: int64, rising; frames at which the body was found.
        xyxy: float32 ``(n, 4)``, shares of the upright picture.
        scores: float32, the detector's confidence.
        points: float16 ``(n, 33, 4)``, as in :class:`Bodies`.
        presence: float32, as in :class:`Bodies`.
        look: float32 ``(126,)``, what it looks like where nobody stands before it.
        confidence: 0 to 1: mean score times the share of samples, from the first to the last,
            on which it was found.
        gaps: how often it was lost for more than half a second and found again by its look.
    """

    number: int
    shot: int
    frames: NDArray[np.int64]
    xyxy: Floats
    scores: Floats
    points: NDArray[np.float16]
    presence: Floats
    look: Floats
    confidence: float
    gaps: int


@dataclass(frozen=True)
class BodyTracks:
    """Tracks as they are stored: their rows of :class:`Bodies` one after the other.

    Attributes:
        rows: int64 ``(n,)``, into the bodies; a body that belongs to no track is missing.
        counts, shots, gaps: int64 ``(t,)``: rows, shot and gaps of each track, tracks in order
            of their first frame.
        looks: float32 ``(t, 126)``.
        confidence: float32 ``(t,)``.
    """

    rows: NDArray[np.int64]
    counts: NDArray[np.int64]
    shots: NDArray[np.int64]
    gaps: NDArray[np.int64]
    looks: Floats
    confidence: Floats

    def __len__(self) -> int:
        return len(self.counts)

    def tracks(self, bodies: Bodies) -> tuple[BodyTrack, ...]:
        """The tracks, in order of their first frame."""
        ends = np.cumsum(self.counts)
        found = []
        for number, end in enumerate(ends.tolist()):
            rows = self.rows[end - int(self.counts[number]) : end]
            found.append(
                BodyTrack(
                    number=number,
                    shot=int(self.shots[number]),
                    frames=bodies.frames[rows],
                    xyxy=bodies.xyxy[rows],
                    scores=bodies.scores[rows],
                    points=bodies.points[rows],
                    presence=bodies.presence[rows],
                    look=self.looks[number],
                    confidence=float(self.confidence[number]),
                    gaps=int(self.gaps[number]),
                )
            )
        return tuple(found)


@dataclass(frozen=True)
class PoseFacts:
    """What a body does, at each row of its track; arrays have ``n`` rows.

    Attributes:
        frames: int64, of the track.
        speed: float32, how fast it goes in body heights a second; NaN at the ends of a track
            and where the camera's own movement cannot be told from it.
        arms_raised: int64, 0, 1 or 2 hands above the head's middle; -1 where it cannot be seen.
        posture: ``standing``, ``sitting`` or ``unsure`` for each row.
    """

    frames: NDArray[np.int64]
    speed: Floats
    arms_raised: NDArray[np.int64]
    posture: tuple[str, ...]
