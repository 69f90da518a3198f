"""A crop that follows what matters with a calm camera.

Most clips are short enough for one fixed crop, and a fixed crop is what an editor takes where
it holds the subject. Only where it would lose the subject does the camera move: it waits until
the subject leaves a dead zone, follows with limited speed and acceleration, and once it stands
it stands for a while. Every cut starts afresh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.subjects import find_subjects, follow
from pipelines.trailer.tape import Tape
from studio.types.timeline import CropKey

#: A fixed crop is taken where it keeps this share of what the best moving one would.
_FIXED_IS_ENOUGH = 0.92


@dataclass(frozen=True)
class Camera:
    """How the crop may move; lengths are in shares of the crop's own size.

    Attributes:
        dead_zone: the subject may stray so far from the middle before anything moves.
        top_speed: a second.
        acceleration: a second squared.
        hold_s: once it stands it stands at least so long, unless the subject is leaving.
        leaving: a subject this far from the middle is leaving.
        look_ahead_s: the camera knows where the subject will be.
    """

    dead_zone: float = 0.12
    top_speed: float = 0.6
    acceleration: float = 1.5
    hold_s: float = 0.8
    leaving: float = 0.28
    look_ahead_s: float = 0.35


def crop_path(
    tape: Tape,
    start_frame: int,
    end_frame: int,
    frames: int,
    fps: float,
    shares: tuple[float, float],
) -> tuple[CropKey, ...]:
    """The crop of a clip.

    Args:
        tape: its footage.
        start_frame, end_frame: source frames.
        frames, fps: length on the timeline, and the timeline's rate.
        shares: width and height of the crop in shares of the upright picture; one of them is 1.
    """
    axis = 0 if shares[0] < shares[1] else 1
    share = shares[axis]
    start_s, end_s = tape.seconds(start_frame), tape.seconds(end_frame)
    subjects = find_subjects(tape, start_s, end_s, axis, share)
    times = start_s + np.arange(frames) / fps
    if not len(subjects.times_s):
        path = np.full(frames, 0.5)
    else:
        wanted = follow(subjects)
        fixed = _fixed(subjects.kept, subjects.centers, wanted)
        if fixed is not None:
            path = np.full(frames, fixed)
        else:
            target = np.interp(times, subjects.times_s, wanted)
            path = steer(target / share, fps, Camera()) * share
    bar = min(_bar(tape, start_frame, end_frame, axis), (1 - share) / 2)
    path = np.clip(path, bar + share / 2, 1 - bar - share / 2)
    return tuple(
        CropKey(
            frame=frame,
            center_x=round(float(path[frame]) if axis == 0 else 0.5, 5),
            center_y=round(float(path[frame]) if axis == 1 else 0.5, 5),
            width=shares[0],
            height=shares[1],
        )
        for frame in _sparse(path, 0.002 * share)
    )


def _bar(tape: Tape, start_frame: int, end_frame: int, axis: int) -> float:
    """Share of the picture that a black bar takes at each side in these frames."""
    facts = tape.analysis.picture
    if facts is None:
        return 0.0
    bars = facts.bar_x if axis == 0 else facts.bar_y
    first, last = np.searchsorted(facts.frames, [start_frame, end_frame])
    return float(np.median(bars[first:last])) if len(bars[first:last]) else 0.0


def _fixed(
    kept: NDArray[np.float64], centers: NDArray[np.float64], wanted: NDArray[np.float64]
) -> float | None:
    """A crop that need not move, or None where that would lose the subject."""
    moving = np.take_along_axis(
        kept, np.abs(centers[None, :] - wanted[:, None]).argmin(axis=1)[:, None], axis=1
    )
    # What is lost at the worst moment counts as much as what is lost on the whole.
    total = kept.mean(axis=0) + kept.min(axis=0) - 0.02 * np.abs(centers - 0.5)
    best = int(total.argmax())
    enough = kept[:, best].mean() >= _FIXED_IS_ENOUGH * moving.mean()
    never_lost = kept[:, best].min() >= 0.5 * moving.min()
    return float(centers[best]) if enough and never_lost else None


def steer(target: NDArray[np.float64], fps: float, camera: Camera) -> NDArray[np.float64]:
    """A calm path after a target; both in crop sizes, one value a frame.

    The camera stands until the target leaves the dead zone, then closes in like a damped
    spring; a change of state is what :attr:`Camera.hold_s` delays.
    """
    ahead = round(camera.look_ahead_s * fps)
    coming = target[np.minimum(np.arange(len(target)) + ahead, len(target) - 1)]
    path = np.empty(len(target))
    at, speed, stood_s, moving = float(target[: max(1, ahead)].mean()), 0.0, np.inf, False
    step = 1 / fps
    stiffness = 4.0
    for frame in range(len(target)):
        off = float(coming[frame]) - at
        leaving = abs(float(target[frame]) - at) > camera.leaving or abs(off) > camera.leaving
        if not moving and ((abs(off) > camera.dead_zone and stood_s >= camera.hold_s) or leaving):
            moving = True
        if moving:
            push = stiffness**2 * off - 2 * stiffness * speed
            speed += float(np.clip(push, -camera.acceleration, camera.acceleration)) * step
            # Never faster than it can still brake before the target.
            most = min(camera.top_speed, float(np.sqrt(2 * camera.acceleration * abs(off))) + 1e-9)
            slowest = abs(speed) - camera.acceleration * step
            speed = float(np.clip(speed, -max(most, slowest), max(most, slowest)))
            speed = float(np.clip(speed, -camera.top_speed, camera.top_speed))
            at += speed * step
            if abs(off) < 0.02 and abs(speed) <= camera.acceleration * step:
                moving, speed, stood_s = False, 0.0, 0.0
        else:
            stood_s += step
        path[frame] = at
    return path


def _sparse(path: NDArray[np.float64], tolerance: float) -> list[int]:
    """The fewest frames between which straight lines stay within a tolerance of the path
    (Douglas and Peucker, 1973); one frame for a path that stands."""
    if np.ptp(path) <= tolerance:
        return [0]
    keep = {0, len(path) - 1}
    spans = [(0, len(path) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        between = np.arange(first, last + 1)
        line = np.interp(between, [first, last], [path[first], path[last]])
        worst = int(np.abs(path[first : last + 1] - line).argmax()) + first
        if abs(path[worst] - line[worst - first]) > tolerance:
            keep.add(worst)
            spans += [(first, worst), (worst, last)]
    return sorted(keep)
