"""Bodies joined to tracks, shot by shot; pure, from what was found on sampled frames.

After ByteTrack (Zhang and others, 2022): sure boxes are joined first, unsure ones then only go
on with tracks that are left over; places are foretold by a Kalman filter of constant speed
(Kalman, 1960). At six samples a second places alone mix people up who cross, so what a body
looks like counts half. Tracks that broke off are joined again by their looks (see
:mod:`pipelines.analysis.body_links`). Ultralytics' own tracker is not used: it installs a
package while it runs and takes 2.8 s of processor time to import.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.analysis.body_links import Piece, cut_where_unsure, linked
from pipelines.analysis.body_looks import WIDTH, mean_look
from studio.types.media import FrameTimes
from studio.types.motion import Bodies, BodyTracks
from studio.types.shot import Shot

_VERSION = 2
#: From here a body is sure; from here it may begin a track.
_SURE, _BEGIN = 0.45, 0.5
#: Seconds for which a track may find no body and still be the same piece.
_LOST_S = 0.7
#: Looks farther apart than this are nobody's; a piece follows its own until it costs more.
_LOOK_REACH, _MOST_COST, _MOST_COST_UNSURE = 0.8, 0.78, 0.6
#: Body heights that a middle may lie from where it was foretold, at once and per lost second.
_REACH, _REACH_PER_S = 0.35, 0.8
_SIZES = 1.9
#: A body is seen well where others cover no more of it.
_COVERED = 0.25
#: A box of which so much lies in another's that is followed is that body's double.
_DOUBLE = 0.75
#: A shorter piece is a flicker of the detector.
_LEAST_ROWS = 3
_IMPOSSIBLE = 1e6

Floats = NDArray[np.float32]


def body_tracks_made_by(bodies_by: dict[str, Any], shots_by: dict[str, Any]) -> dict[str, Any]:
    """What stored tracks depend on."""
    return {"tracking": f"body-tracks@{_VERSION}", "bodies": bodies_by, "shots": shots_by}


class _Foretold:
    """Where a box goes: middle, width and height of it, each with its speed.

    A Kalman filter of constant speed whose noise grows with the body's height, as in SORT
    (Bewley and others, 2016), in seconds rather than frames.
    """

    def __init__(self, box: Floats) -> None:
        height = float(box[3])
        self.values = np.stack([box.astype(np.float64), np.zeros(4)], axis=1)
        self.spread = np.tile(np.diag([(0.1 * height) ** 2, (1.0 * height) ** 2]), (4, 1, 1))

    def go(self, seconds: float) -> None:
        step = np.array([[1.0, seconds], [0.0, 1.0]])
        push = (2.0 * self.values[3, 0]) ** 2 * np.array(
            [[seconds**4 / 4, seconds**3 / 2], [seconds**3 / 2, seconds**2]]
        )
        shrink = np.array([1.0, 1.0, 0.05, 0.05])[:, None, None]  # sizes change slowly
        self.values = self.values @ step.T
        self.values[2:, 1] *= 0.5
        self.spread = step @ self.spread @ step.T + push * shrink
        self.values[2:, 0] = np.maximum(self.values[2:, 0], 1e-3)

    def see(self, box: Floats) -> None:
        noise = (0.05 * float(box[3])) ** 2
        gain = self.spread[:, :, 0] / (self.spread[:, 0, 0] + noise)[:, None]
        self.values = self.values + gain * (box - self.values[:, 0])[:, None]
        self.spread = self.spread - gain[:, :, None] * self.spread[:, None, 0, :]

    @property
    def box(self) -> Floats:
        found: Floats = self.values[:, 0].astype(np.float32)
        return found


@dataclass
class _Open:
    """A piece of a track that may go on; places in picture heights."""

    way: _Foretold
    time_s: float
    look: Floats
    rows: list[int] = field(default_factory=list)
    clear: list[int] = field(default_factory=list)

    def follow(self, row: int, time_s: float, box: Floats, look: Floats | None) -> None:
        self.way.see(box)
        self.time_s = time_s
        self.rows.append(row)
        if look is not None:
            mixed = 0.85 * self.look + 0.15 * look if self.clear else look
            self.look = (mixed / max(float(np.linalg.norm(mixed)), 1e-6)).astype(np.float32)
            self.clear.append(row)


def track_bodies(bodies: Bodies, shots: Sequence[Shot], times: FrameTimes) -> BodyTracks:
    """Join the bodies of an analysis to tracks.

    Args:
        bodies: of the analysis.
        shots: of the analysis; a track ends with its shot.
        times: of the file's frames.

    Returns:
        The tracks, in order of their first frame.
    """
    seconds = times.seconds
    boxes = _in_heights(bodies)
    pieces: list[tuple[int, Piece]] = []
    for number, shot in enumerate(shots):
        first, last = np.searchsorted(bodies.frames, [shot.start_frame, shot.end_frame])
        sampled = bodies.sampled_frames[
            slice(*np.searchsorted(bodies.sampled_frames, [shot.start_frame, shot.end_frame]))
        ]
        if first < last:
            for rows, clear in _pieces(bodies, boxes, sampled, seconds):
                looks = bodies.looks[rows].astype(np.float32)
                parts = cut_where_unsure(rows, clear, seconds[bodies.frames[rows]], looks)
                made = [_piece(bodies, boxes, *part, seconds) for part in parts]
                ways = [
                    replace(p, before=made[n - 1].rows[-1] if n else -1) for n, p in enumerate(made)
                ]
                pieces += [(number, piece) for piece in ways]
    joined = []
    for number in range(len(shots)):
        own = [piece for shot, piece in pieces if shot == number]
        joined += [(number, group) for group in linked(own)]
    joined.sort(key=lambda each: (each[1][0].rows[0], each[0]))
    return _table(bodies, joined)


def _in_heights(bodies: Bodies) -> Floats:
    """Middle, width and height of each box in picture heights: float32 ``(n, 4)``."""
    low, high = bodies.xyxy[:, :2], bodies.xyxy[:, 2:]
    scale = np.array([bodies.aspect, 1.0], np.float32)
    found: Floats = np.concatenate([(low + high) / 2 * scale, (high - low) * scale], axis=1)
    return found.astype(np.float32)


def _pieces(
    bodies: Bodies, boxes: Floats, sampled: NDArray[np.int64], seconds: NDArray[np.float64]
) -> list[tuple[list[int], list[int]]]:
    """The pieces of one shot: their rows, and those of them on which they are seen well."""
    going: list[_Open] = []
    done: list[_Open] = []
    before_s = None
    for frame in sampled.tolist():
        time_s = float(seconds[frame])
        for piece in going:
            piece.way.go(time_s - (before_s if before_s is not None else time_s))
        before_s = time_s
        done += [p for p in going if time_s - p.time_s > _LOST_S]
        going = [p for p in going if time_s - p.time_s <= _LOST_S]
        first, last = np.searchsorted(bodies.frames, [frame, frame + 1])
        rows = np.arange(first, last)
        if not len(rows):
            continue
        clear = _covered(boxes[rows], bodies.scores[rows]) <= _COVERED
        looks = bodies.looks[rows].astype(np.float32)
        sure = bodies.scores[rows] >= _SURE
        left = list(going)
        taken: set[int] = set()
        for these, by_look, most in (
            (np.flatnonzero(sure), True, _MOST_COST),
            (np.flatnonzero(~sure), False, _MOST_COST_UNSURE),
        ):
            cost = _costs(left, boxes[rows], looks, clear, these, by_look, time_s)
            for i, j in _matched(cost, most):
                at = int(these[j])
                look = looks[at] if clear[at] and sure[at] else None
                left[i].follow(int(rows[at]), time_s, boxes[rows[at]], look)
                taken.add(at)
            left = [p for p in left if p.time_s < time_s]
        held = [p.way.box for p in going if p.time_s == time_s]
        for at in np.flatnonzero(bodies.scores[rows] >= _BEGIN).tolist():
            box = boxes[rows[at]]
            if at in taken or any(_inside(box, other) > _DOUBLE for other in held):
                continue
            begun = _Open(_Foretold(box), time_s, looks[at], [int(rows[at])])
            begun.clear = [int(rows[at])] if clear[at] else []
            going.append(begun)
            held.append(box)
    return [(p.rows, p.clear) for p in (*done, *going) if len(p.rows) >= _LEAST_ROWS]


def _costs(
    tracks: Sequence[_Open],
    boxes: Floats,
    looks: Floats,
    clear: NDArray[np.bool_],
    these: NDArray[np.int64],
    by_look: bool,
    time_s: float,
) -> NDArray[np.float64]:
    """What it costs to say that a box is a track's, 0 to 1 where it can be: ``(tracks, these)``."""
    cost = np.full((len(tracks), len(these)), _IMPOSSIBLE)
    for i, track in enumerate(tracks):
        told = track.way.box
        reach = _REACH + _REACH_PER_S * max(time_s - track.time_s, 0.0)
        for j, at in enumerate(these.tolist()):
            box = boxes[at]
            away = float(np.hypot(*(box[:2] - told[:2]))) / max(float(max(box[3], told[3])), 1e-6)
            sizes = float(box[3] / max(told[3], 1e-6))
            if away > reach or not 1 / _SIZES <= sizes <= _SIZES:
                continue
            place = 1 - _overlap(told, box)
            if by_look and clear[at] and track.clear:
                apart = min(float(np.linalg.norm(track.look - looks[at])) / _LOOK_REACH, 1.0)
                cost[i, j] = 0.5 * place + 0.5 * apart
            else:
                cost[i, j] = place
    return cost


def _matched(cost: NDArray[np.float64], most: float) -> list[tuple[int, int]]:
    from scipy.optimize import linear_sum_assignment

    if not cost.size:
        return []
    # What costs more than the most is as good as nothing: it must not push others aside.
    chosen = zip(*linear_sum_assignment(np.minimum(cost, most + 1e-3)), strict=True)
    return [(int(i), int(j)) for i, j in chosen if cost[i, j] <= most]


def _corners(box: Floats) -> Floats:
    half = box[2:] / 2
    found: Floats = np.concatenate([box[:2] - half, box[:2] + half])
    return found


def _shared(one: Floats, other: Floats) -> float:
    a, b = _corners(one), _corners(other)
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    return float(np.prod(np.maximum(sides, 0)))


def _overlap(one: Floats, other: Floats) -> float:
    shared = _shared(one, other)
    return shared / max(float(np.prod(one[2:]) + np.prod(other[2:])) - shared, 1e-9)


def _inside(one: Floats, other: Floats) -> float:
    """How much of the first box lies in the other."""
    return _shared(one, other) / max(float(np.prod(one[2:])), 1e-9)


def _covered(boxes: Floats, scores: Floats) -> Floats:
    """How much of each box lies in another, the most of all others."""
    most = np.zeros(len(boxes), np.float32)
    for i, j in np.ndindex(len(boxes), len(boxes)):
        if i != j and scores[j] >= _SURE:
            most[i] = max(float(most[i]), _inside(boxes[i], boxes[j]))
    return most


def _piece(
    bodies: Bodies,
    boxes: Floats,
    rows: list[int],
    clear: list[int],
    seconds: NDArray[np.float64],
) -> Piece:
    told = clear or rows
    ends = [told[: max(len(told) // 3, 3)], told[-max(len(told) // 3, 3) :]]
    looks = [mean_look(bodies.looks[some]) for some in ends]
    return Piece(
        rows=tuple(rows),
        start_s=float(seconds[bodies.frames[rows[0]]]),
        end_s=float(seconds[bodies.frames[rows[-1]]]),
        first_box=boxes[rows[0]],
        last_box=boxes[rows[-1]],
        first_look=looks[0],
        last_look=looks[1],
        clear=len(clear),
    )


def _table(bodies: Bodies, joined: Sequence[tuple[int, Sequence[Piece]]]) -> BodyTracks:
    rows = [_rows(bodies, group) for _, group in joined]
    looks = [mean_look(bodies.looks[some]) for some in rows]
    sure = []
    for some in rows:
        first, last = np.searchsorted(
            bodies.sampled_frames, [bodies.frames[some[0]], bodies.frames[some[-1]]]
        )
        sure.append(float(bodies.scores[some].mean()) * len(some) / (last - first + 1))
    return BodyTracks(
        rows=np.array([row for some in rows for row in some], np.int64),
        counts=np.array([len(some) for some in rows], np.int64),
        shots=np.array([shot for shot, _ in joined], np.int64),
        gaps=np.array([_gaps(group) for _, group in joined], np.int64),
        looks=np.stack(looks) if looks else np.zeros((0, WIDTH), np.float32),
        confidence=np.array(sure, np.float32),
    )


def _gaps(group: Sequence[Piece]) -> int:
    """How often somebody was lost and found again."""
    return sum(b.start_s - a.end_s > _LOST_S for a, b in itertools.pairwise(group))


def _rows(bodies: Bodies, group: Sequence[Piece]) -> list[int]:
    """The rows of somebody's pieces; where the next begins, the last of a piece are not theirs."""
    found: list[int] = []
    for piece in group:
        begins = bodies.frames[piece.rows[0]]
        found = [row for row in found if bodies.frames[row] < begins]
        found += piece.rows
    return found
