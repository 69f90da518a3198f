"""Faces found on single frames joined to lines through a shot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from studio.adapters.ssd_boxes import overlap
from studio.types.landmarks import Floats

#: Seconds that a face may be lost and still be the same one.
_LOST_S = 1.0
#: Overlap with where a face was expected from which it is the same one.
_SAME = 0.15
#: Overlap of two faces from which it may be mistaken which is which.
_MEET = 0.06
#: Overlap of the boxes of two detectors from which they mean one face.
_ONE_FACE = 0.3


@dataclass(frozen=True)
class SeenFaces:
    """Faces on frames, each looked at by two detectors; ordered by frame.

    Attributes:
        frames: int64 ``(n,)``.
        xyxy_px: float32 ``(n, 4)``, pixels of the upright picture.
        landmarks_px: float32 ``(n, 5, 2)``; not a number where only BlazeFace found the face.
    """

    frames: NDArray[np.int64]
    xyxy_px: Floats
    landmarks_px: Floats


@dataclass(frozen=True)
class Line:
    """One face through one shot, or a part of it.

    Attributes:
        frames: int64 ``(n,)``, rising; frames between may be missing.
        xyxy_px: float32 ``(n, 4)``.
        landmarks_px: float32 ``(n, 5, 2)``, as in :class:`SeenFaces`.
        runs: int64 ``(n,)``, the number of the run each row is of. Where faces meet, one may
            be taken for the other: there, and after it, a new run begins, and whose face it is
            has to be told anew.
    """

    frames: NDArray[np.int64]
    xyxy_px: Floats
    landmarks_px: Floats
    runs: NDArray[np.int64]


@dataclass
class _Open:
    rows: list[int] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)
    velocity: Floats = field(default_factory=lambda: np.zeros(4, np.float32))
    met: bool = False


def one_each(boxes: Floats, landmarks: Floats) -> tuple[Floats, Floats]:
    """The boxes of both detectors with those that mean one face joined to the box about them.

    Args:
        boxes: float32 ``(n, 4)``.
        landmarks: float32 ``(n, 5, 2)``; those of the first that has any are kept.
    """
    made_boxes: list[Floats] = []
    made_points: list[Floats] = []
    for box, points in zip(boxes, landmarks, strict=True):
        known = np.array(made_boxes, np.float32).reshape(-1, 4)
        shares = overlap(box[None], known)[0]
        if len(shares) and shares.max() > _ONE_FACE:
            place = int(shares.argmax())
            low = np.minimum(made_boxes[place][:2], box[:2])
            high = np.maximum(made_boxes[place][2:], box[2:])
            made_boxes[place] = np.concatenate([low, high])
        else:
            made_boxes.append(box)
            made_points.append(points)
    return (
        np.array(made_boxes, np.float32).reshape(-1, 4),
        np.array(made_points, np.float32).reshape(-1, 5, 2),
    )


def join(seen: SeenFaces, shots: Sequence[tuple[int, int]], rate_hz: float) -> list[Line]:
    """Lines of faces: constant velocity and overlap, one face for each line at each frame."""
    lines: list[Line] = []
    for start, end in shots:
        first, last = np.searchsorted(seen.frames, [start, end])
        lines += _in_shot(seen, int(first), int(last), rate_hz)
    return lines


def _in_shot(seen: SeenFaces, first: int, last: int, rate_hz: float) -> list[Line]:
    alive: list[_Open] = []
    done: list[_Open] = []
    rows = np.arange(first, last)
    for frame in np.unique(seen.frames[first:last]):
        here = rows[seen.frames[first:last] == frame]
        fresh = [o for o in alive if frame - seen.frames[o.rows[-1]] <= _LOST_S * rate_hz]
        done += [o for o in alive if o not in fresh]
        expected = np.array([_expected(o, seen, int(frame)) for o in fresh], np.float32)
        taken = _assigned(expected.reshape(-1, 4), seen.xyxy_px[here])
        meets = overlap(seen.xyxy_px[here], seen.xyxy_px[here]) > _MEET
        np.fill_diagonal(meets, False)
        ambiguous = np.asarray(meets.any(axis=1))
        alone = [i for i in range(len(fresh)) if i not in taken]
        if alone:  # somebody who is not seen now may be the one who is
            ambiguous |= (overlap(seen.xyxy_px[here], expected[alone]) > _MEET).any(axis=1)
        for each, place in taken.items():
            _grow(fresh[each], seen, int(here[place]), bool(ambiguous[place]))
        started = [
            _Open([int(here[i])], [0], met=bool(ambiguous[i]))
            for i in range(len(here))
            if i not in taken.values()
        ]
        alive = fresh + started
    made = []
    for line in (*done, *alive):
        at = np.array(line.rows)
        runs = np.array(line.runs, np.int64)
        made.append(Line(seen.frames[at], seen.xyxy_px[at], seen.landmarks_px[at], runs))
    return sorted(made, key=lambda m: (int(m.frames[0]), float(m.xyxy_px[0, 0])))


def _expected(line: _Open, seen: SeenFaces, frame: int) -> Floats:
    last = line.rows[-1]
    ahead = min(frame - int(seen.frames[last]), 12)  # then it is rather where it was
    made: Floats = seen.xyxy_px[last] + line.velocity * ahead
    return made


def _assigned(expected: Floats, found: Floats) -> dict[int, int]:
    if not len(expected) or not len(found):
        return {}
    shares = overlap(expected, found)
    lines, places = linear_sum_assignment(-shares)
    return {int(i): int(k) for i, k in zip(lines, places, strict=True) if shares[i, k] > _SAME}


def _grow(line: _Open, seen: SeenFaces, row: int, ambiguous: bool) -> None:
    last = line.rows[-1]
    gap = int(seen.frames[row] - seen.frames[last])
    speed = (seen.xyxy_px[row] - seen.xyxy_px[last]) / gap
    share = 1.0 if len(line.rows) == 1 else 0.4
    line.velocity = (line.velocity + share * (speed - line.velocity)).astype(np.float32)
    changed = ambiguous != line.met or gap > 3
    line.rows.append(row)
    line.runs.append(line.runs[-1] + changed)
    line.met = ambiguous
