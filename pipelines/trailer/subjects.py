"""Where the interest of a picture lies, along the one axis that a crop can move on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.tape import Tape

#: Places tried for the crop, evenly spaced.
PLACES = 81
_FACE, _PERSON, _THING = 3.0, 1.0, 0.5
#: The middle counts a little, so that an empty picture is cropped in the middle.
_MIDDLE = 0.05
#: What moving the crop by the picture's width costs, in subjects lost for a sample.
_MOVE = 4.0
#: Faces are held with some air around them.
_FACE_AIR = 0.4


@dataclass(frozen=True)
class Subjects:
    """The interest of sampled frames.

    Attributes:
        times_s: float64 ``(n,)`` on the source clock.
        kept: float64 ``(n, PLACES)``: share of the interest inside a crop at each place, 0 to 1;
            1 where there is none at all.
        centers: float64 ``(PLACES,)``: centre of the crop at each place, in shares.
    """

    times_s: NDArray[np.float64]
    kept: NDArray[np.float64]
    centers: NDArray[np.float64]


def _boxes(
    tape: Tape, frame: int, axis: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Low and high edge along the axis, and weight, of everything seen on one frame."""
    low, high, weight = [np.zeros(0)], [np.zeros(0)], [np.zeros(0)]
    analysis = tape.analysis
    for found, is_face in ((analysis.faces, True), (analysis.objects, False)):
        if found is None:
            continue
        rows = found.between(frame, frame + 1)
        box = found.xyxy[rows].astype(np.float64)
        size = np.sqrt(np.prod(np.clip(box[:, 2:] - box[:, :2], 0, 1), axis=1))
        score = found.scores[rows].astype(np.float64)
        if is_face:
            air = _FACE_AIR * (box[:, axis + 2] - box[:, axis])
            kind: NDArray[np.float64] | float = _FACE
        else:
            air = np.zeros(len(box))
            person = np.array([name == "person" for name in found.labels] or [False])
            kind = np.where(person[found.label_ids[rows]], _PERSON, _THING)
        low.append(np.clip(box[:, axis] - air, 0, 1))
        high.append(np.clip(box[:, axis + 2] + air, 0, 1))
        weight.append(score * size * kind)
    return np.concatenate(low), np.concatenate(high), np.concatenate(weight)


def find_subjects(tape: Tape, start_s: float, end_s: float, axis: int, share: float) -> Subjects:
    """What a crop of a share of the picture would keep, on every sampled frame of a span.

    Only frames of the shot that holds the span count.

    Args:
        tape: the footage.
        start_s, end_s: span on the source clock.
        axis: 0 for left to right, 1 for top to bottom.
        share: size of the crop along the axis.
    """
    sampled = [
        d.sampled_frames for d in (tape.analysis.faces, tape.analysis.objects) if d is not None
    ]
    frames = np.unique(np.concatenate(sampled)) if sampled else np.zeros(0, np.int64)
    times = tape.clock.edges_s[frames]
    middle = np.searchsorted(tape.clock.edges_s, [(start_s + end_s) / 2])
    same_shot = tape.shot_of(frames) == tape.shot_of(middle)[0]
    near = same_shot & (times >= start_s - 0.5) & (times <= end_s + 0.5)
    frames, times = frames[near], times[near]
    centers = np.linspace(share / 2, 1 - share / 2, PLACES)
    kept = np.ones((len(frames), PLACES))
    for row, frame in enumerate(frames.tolist()):
        low, high, weight = _boxes(tape, frame, axis)
        if not weight.sum():
            continue
        inside = np.minimum(high, centers[:, None] + share / 2) - np.maximum(
            low, centers[:, None] - share / 2
        )
        seen = np.clip(inside / np.maximum(high - low, 1e-6), 0, 1)
        # Half a face is worth little; a subject wider than the crop is shown by its middle.
        sharpened = seen**2
        centred = 1 - 0.3 * np.abs((low + high) / 2 - centers[:, None]) / share
        kept[row] = (sharpened * np.clip(centred, 0.2, 1) * weight).sum(axis=1) / weight.sum()
    return Subjects(times, kept, centers)


def follow(subjects: Subjects) -> NDArray[np.float64]:
    """float64 ``(n,)``: the crop's centre on each sample that keeps most while moving least.

    Viterbi over the places: interest lost, plus the way moved. Between two faces too far apart
    for one crop it stays with one as long as that one matters.
    """
    places = len(subjects.centers)
    cost = (1 - subjects.kept) + _MIDDLE * np.abs(subjects.centers - 0.5)
    move = _MOVE * np.abs(subjects.centers[:, None] - subjects.centers[None, :])
    total = cost[0]
    came_from = np.zeros((len(cost), places), np.int64)
    for sample in range(1, len(cost)):
        ways = total[:, None] + move
        came_from[sample] = ways.argmin(axis=0)
        total = ways.min(axis=0) + cost[sample]
    at = int(total.argmin())
    path = [at]
    for sample in range(len(cost) - 1, 0, -1):
        at = int(came_from[sample][at])
        path.append(at)
    followed: NDArray[np.float64] = subjects.centers[np.array(path[::-1])]
    return followed
