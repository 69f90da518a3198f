"""Sampled faces joined to tracks, shot by shot, while the footage is decoded once more.

A face follows the one that was there before where nobody else could be it; where two could,
what they look like decides, so nobody swaps when people cross. Memory holds a few small
pictures of the faces on screen.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.people.quality import LEAST_QUALITY, quality
from studio.types.detections import Detections
from studio.types.frames import FrameBatch
from studio.types.people import FaceTrack
from studio.types.shot import Shot

#: Pictures of a track that are compared.
BEST = 4
#: Seconds a face may be out of sight within a shot.
_GAP_S = 1.6
#: Heights of a face that it may move at once, and in a second more.
_REACH, _REACH_PER_S = 0.6, 1.5
_SIZES = 2.0  # times larger or smaller from sample to sample, at the most
_OVERLAP = 0.2  # of two boxes, from which the place alone may tell
#: Within a shot one face is like itself by less; over the one of different people's 0.77.
_MOST_APART = 0.68
_IMPOSSIBLE = 1e6

Floats = NDArray[np.float32]
Chips = NDArray[np.uint8]


@dataclass
class _Seen:
    """A face on one picture."""

    row: int
    frame: int
    time_s: float
    xyxy: Floats  # in picture heights
    chip: Chips
    quality: float
    vector: Floats | None = None

    @property
    def height(self) -> float:
        return float(self.xyxy[3] - self.xyxy[1])

    @property
    def middle(self) -> Floats:
        return np.asarray((self.xyxy[:2] + self.xyxy[2:]) / 2, np.float32)


@dataclass
class _Open:
    """A track that may go on."""

    shot: int
    last: _Seen
    rows: list[int] = field(default_factory=list)
    best: list[_Seen] = field(default_factory=list)

    def follow(self, face: _Seen) -> None:
        self.rows.append(face.row)
        self.last = face
        self.best.append(face)
        self.best.sort(key=lambda seen: -seen.quality)
        del self.best[BEST:]


@dataclass(frozen=True)
class TrackTable:
    """Tracks as they are stored: their rows one after the other.

    Attributes:
        shots, counts, best_counts: int64 ``(t,)``: shot, rows and best pictures of each track.
        size_px: float32 ``(t,)``.
        rows: int64 ``(n,)``, into the faces of the analysis.
        best_frames: int64 ``(k,)``.
        best_quality: float32 ``(k,)``.
        vectors: float32 ``(k, d)``.
        head_deg: float32 ``(n, 3)``, yaw, pitch and roll of each row, or empty.
    """

    shots: NDArray[np.int64]
    counts: NDArray[np.int64]
    best_counts: NDArray[np.int64]
    size_px: Floats
    rows: NDArray[np.int64]
    best_frames: NDArray[np.int64]
    best_quality: Floats
    vectors: Floats
    head_deg: Floats

    def tracks(self, faces: Detections) -> tuple[FaceTrack, ...]:
        """The tracks, in order of their first frame."""
        found = []
        ends = np.cumsum(self.counts)
        best_ends = np.cumsum(self.best_counts)
        for n, shot in enumerate(self.shots):
            own = slice(int(ends[n] - self.counts[n]), int(ends[n]))
            rows = self.rows[own]
            best = slice(int(best_ends[n] - self.best_counts[n]), int(best_ends[n]))
            found.append(
                FaceTrack(
                    shot=int(shot),
                    frames=faces.frames[rows],
                    xyxy=faces.xyxy[rows],
                    landmarks=faces.landmarks[rows],
                    scores=faces.scores[rows],
                    best_frames=self.best_frames[best],
                    best_quality=self.best_quality[best],
                    vectors=self.vectors[best],
                    size_px=float(self.size_px[n]),
                    head_deg=self.head_deg[own],
                    expressions=faces.attributes[rows],
                )
            )
        return tuple(found)


class TrackMaker:
    """Takes pictures in order and joins the faces on them.

    Args:
        faces: of the analysis.
        shots: of the analysis; a track ends with its shot.
        align: a picture and landmarks in pixels to aligned faces.
        look: aligned faces to vectors.
        turns: a picture, boxes ``(n, 4)`` and landmarks in pixels to yaw, pitch and roll of
            the heads in degrees ``(n, 3)``; None to do without.
    """

    def __init__(
        self,
        faces: Detections,
        shots: Sequence[Shot],
        align: Callable[[Chips, Floats], Chips],
        look: Callable[[Chips], Floats],
        turns: Callable[[Chips, Floats, Floats], Floats] | None = None,
    ) -> None:
        self._faces = faces
        self._align = align
        self._look = look
        self._turns = turns
        self._head_deg = np.full((len(faces), 3), np.nan, np.float32)
        self._starts = np.array([shot.start_frame for shot in shots], np.int64)
        self._open: list[_Open] = []
        self._done: list[tuple[_Open, float]] = []
        self._height_px = 1
        self.looked = 0

    def take(self, batch: FrameBatch) -> None:
        """The next pictures."""
        self._height_px = batch.pixels.shape[1]
        for pixels, frame, time_s in zip(batch.pixels, batch.frames, batch.times_s, strict=True):
            rows = self._faces.between(int(frame), int(frame) + 1)
            shot = int(np.searchsorted(self._starts, frame, side="right")) - 1
            self._close(
                [t for t in self._open if t.shot != shot or time_s - t.last.time_s > _GAP_S]
            )
            if rows.start < rows.stop:
                self._join(self._seen(pixels, int(frame), float(time_s), rows), shot)

    def finish(self) -> TrackTable:
        """All tracks, in order of their first frame."""
        self._close(list(self._open))
        done = sorted(self._done, key=lambda each: each[0].rows[0])
        tracks = [track for track, _ in done]
        best = [face for track in tracks for face in track.best]
        vectors = [face.vector for face in best if face.vector is not None]
        rows = np.array([row for track in tracks for row in track.rows], np.int64)
        return TrackTable(
            shots=np.array([track.shot for track in tracks], np.int64),
            counts=np.array([len(track.rows) for track in tracks], np.int64),
            best_counts=np.array([len(track.best) for track in tracks], np.int64),
            size_px=np.array([size for _, size in done], np.float32),
            rows=rows,
            best_frames=np.array([face.frame for face in best], np.int64),
            best_quality=np.array([face.quality for face in best], np.float32),
            vectors=np.stack(vectors) if vectors else np.zeros((0, 0), np.float32),
            head_deg=self._head_deg[rows if self._turns is not None else rows[:0]],
        )

    def _seen(self, pixels: Chips, frame: int, time_s: float, rows: slice) -> list[_Seen]:
        height, width = pixels.shape[:2]
        wh = np.array([width, height], np.float32)
        points = self._faces.landmarks[rows] * wh
        chips = self._align(pixels, points)
        good = quality(chips, points)
        if self._turns is not None:
            boxes_px = self._faces.xyxy[rows] * np.tile(wh, 2)
            self._head_deg[rows] = self._turns(pixels, boxes_px, points)
        boxes = self._faces.xyxy[rows] * np.tile(wh, 2) / height
        return [
            _Seen(rows.start + n, frame, time_s, boxes[n], chips[n], float(good[n]))
            for n in range(len(chips))
        ]

    def _join(self, faces: list[_Seen], shot: int) -> None:
        tracks = list(self._open)
        possible = np.array([[_can_follow(t.last, f) for f in faces] for t in tracks], bool)
        possible = possible.reshape(len(tracks), len(faces))
        free = set(range(len(faces)))
        doubtful = []
        for i, j in itertools.product(range(len(tracks)), range(len(faces))):
            if not possible[i, j]:
                continue
            alone = possible[i].sum() == 1 and possible[:, j].sum() == 1
            if alone and _overlap(tracks[i].last.xyxy, faces[j].xyxy) >= _OVERLAP:
                tracks[i].follow(faces[j])
                free.discard(j)
            else:
                doubtful.append((i, j))
        for i, j in self._choose(tracks, faces, doubtful):
            tracks[i].follow(faces[j])
            free.discard(j)
        for j in sorted(free):
            track = _Open(shot, faces[j])
            track.follow(faces[j])
            self._open.append(track)

    def _choose(
        self, tracks: list[_Open], faces: list[_Seen], pairs: list[tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """Of the pairs that could be, those that are, by what the faces look like."""
        from scipy.optimize import linear_sum_assignment

        if not pairs:
            return []
        self._embed([tracks[i].best[0] for i, _ in pairs] + [faces[j] for _, j in pairs])
        cost = np.full((len(tracks), len(faces)), _IMPOSSIBLE)
        for i, j in pairs:
            one, other = tracks[i].best[0], faces[j]
            shared = _overlap(tracks[i].last.xyxy, other.xyxy)
            if min(one.quality, other.quality) < LEAST_QUALITY:
                # What is blurred looks like anybody: only its place tells.
                if shared >= _OVERLAP:
                    cost[i, j] = _MOST_APART - 0.2 * shared
                continue
            assert one.vector is not None and other.vector is not None
            apart = float(np.linalg.norm(one.vector - other.vector))
            if apart <= _MOST_APART:
                cost[i, j] = apart - 0.1 * shared
        chosen = zip(*linear_sum_assignment(cost), strict=True)
        return [(int(i), int(j)) for i, j in chosen if cost[i, j] < _IMPOSSIBLE]

    def _embed(self, faces: Sequence[_Seen]) -> None:
        new = list({id(face): face for face in faces if face.vector is None}.values())
        if new:
            self.looked += len(new)
            vectors = self._look(np.stack([face.chip for face in new]))
            for face, vector in zip(new, vectors, strict=True):
                face.vector = vector

    def _close(self, ended: Sequence[_Open]) -> None:
        for track in ended:
            self._open.remove(track)
            self._embed(track.best)
            xyxy = self._faces.xyxy[track.rows]
            size_px = float(np.median(xyxy[:, 3] - xyxy[:, 1])) * self._height_px
            for face in track.best:
                face.chip = np.zeros((0, 0, 3), np.uint8)  # the memory
            self._done.append((track, size_px))


def _can_follow(before: _Seen, face: _Seen) -> bool:
    """Whether a face could have come from there in that time."""
    sizes = before.height / max(face.height, 1e-6)
    way = float(np.linalg.norm(face.middle - before.middle))
    reach = _REACH + _REACH_PER_S * (face.time_s - before.time_s)
    return 1 / _SIZES <= sizes <= _SIZES and way <= reach * max(before.height, face.height)


def _overlap(one: Floats, other: Floats) -> float:
    """Intersection over union."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    shared = float(np.prod(np.maximum(high - low, 0)))
    areas = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]))
    return shared / max(areas - shared, 1e-9)
