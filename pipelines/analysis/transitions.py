"""From the scores of frames to transitions and shots. Pure arithmetic, tested by table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.types.media import FrameTimes
from studio.types.shot import Shot, TransitionKind

#: A cut: the score of the network's first head, as its authors set it.
CUT_SCORE = 0.5
#: A frame that may be a cut. Of 21 peaks between the two values in a music video that were
#: looked at, 19 were cuts; calling them so would no longer be what the network's authors
#: publish, so they are told apart.
DOUBT_SCORE = 0.05
#: A gradual transition: a run of frames whose second score is above the lower value, and
#: somewhere above the higher.
RUN_SCORE = 0.3
PEAK_SCORE = 0.5
#: Frames a run must have; the runs of cuts have one or two, of lost frames up to three.
RUN_FRAMES = 5
#: Frames a run may fall below the lower value and still be one.
RUN_GAP = 3
#: Below this a picture came back after a change (a flash, a lost frame): see ``stays``. In
#: joined footage some 60 peaks of the score at flashes and lost frames show at most 0.20, the
#: 81 cuts at least 0.80; the 107 cuts of a music video at least 0.71.
STAYS = 0.45
#: Luma, 0 to 1, below which the brightest part of a picture makes it a black one.
BLACK = 0.09

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Transition:
    """Frames ``[start, end)`` that belong to two shots or none; a cut has none of them.

    Attributes:
        kind: cut, dissolve or fade.
        start, end: frames; equal for a cut, where the new shot begins.
    """

    kind: TransitionKind
    start: int
    end: int

    @property
    def boundary(self) -> int:
        """First frame of the new shot."""
        return (self.start + self.end) // 2


def _runs(on: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open runs of true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _joined(runs: list[tuple[int, int]], dark: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Runs that are parted by a short gap, or by nothing but black, as one."""
    found: list[tuple[int, int]] = []
    for start, end in runs:
        if found and (start - found[-1][1] <= RUN_GAP or dark[found[-1][1] : start].all()):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _gradual(many: F32, brightest: F32, stays: F32) -> list[Transition]:
    dark = brightest < BLACK
    found = []
    for start, end in _joined(_runs(many > RUN_SCORE), dark):
        inside = slice(start, end)
        if end - start < RUN_FRAMES or many[inside].max() < PEAK_SCORE:
            continue
        if end - start < 2 * RUN_FRAMES and stays[inside].min() < STAYS:
            continue
        kind = TransitionKind.FADE if dark[inside].any() else TransitionKind.DISSOLVE
        found.append(Transition(kind, start, end))
    return found


def transitions_from_probabilities(
    single: F32, many: F32, brightest: F32, stays: F32
) -> tuple[Transition, ...]:
    """What joins the shots, in order.

    Runs of the second score are gradual transitions, whatever the first says inside them: a
    dissolve is not several cuts. Elsewhere peaks of the first score are cuts, unless the
    picture comes back.

    Args:
        single: how likely each frame is the last before a new shot, 0 to 1.
        many: how likely each frame belongs to a transition, 0 to 1.
        brightest: luma of each frame's brightest part, 0 to 1.
        stays: the smallest difference between a frame up to five before and a frame up to six
            after the change behind this frame, over the change itself: about 1 where a new
            picture stays, about 0 where the old one comes back.
    """
    gradual = _gradual(many, brightest, stays)
    found = list(gradual)
    for start, end in _runs(single > CUT_SCORE):
        last = start + int(single[start:end].argmax())
        if stays[last] < STAYS or last + 1 >= len(single):
            continue
        if not any(g.start - 1 <= last < g.end + 1 for g in gradual):
            found.append(Transition(TransitionKind.CUT, last + 1, last + 1))
    return tuple(sorted(found, key=lambda t: t.start))


def doubtful_cuts(single: F32, stays: F32, transitions: tuple[Transition, ...]) -> tuple[int, ...]:
    """First frames of what may be new shots, but scored too low to be called cuts.

    Args:
        single, stays: as for :func:`transitions_from_probabilities`.
        transitions: what was found; no doubt is left within two frames of them.
    """
    found = []
    for start, end in _runs(single > DOUBT_SCORE):
        first = start + int(single[start:end].argmax()) + 1
        near = any(t.start - 2 <= first <= t.end + 2 for t in transitions)
        if not near and stays[first - 1] >= STAYS and first < len(single):
            found.append(first)
    return tuple(found)


def shots_from_transitions(
    transitions: tuple[Transition, ...],
    brightest: F32,
    times: FrameTimes,
    frames: NDArray[np.int64] | None = None,
    doubtful: tuple[int, ...] = (),
) -> tuple[Shot, ...]:
    """Shots that tile the footage.

    A gradual transition out of the black that begins the footage, or into the black that ends
    it, parts nothing: it only makes the first or last shot's clean part shorter.

    Args:
        transitions: in order.
        brightest: luma of the brightest part of each frame that was seen, 0 to 1.
        times: of all frames.
        frames: numbers of the frames that were seen, where not all were: ``transitions``
            and ``doubtful`` count seen frames.
        doubtful: frames at which a new shot may begin.
    """
    seen = len(brightest)
    if not len(times):
        return ()
    dark = brightest < BLACK
    clean_from, clean_until = 0, seen
    between = []
    for transition in transitions:
        gradual = transition.kind is not TransitionKind.CUT
        if gradual and dark[: transition.start].all():
            clean_from = transition.end
        elif gradual and dark[transition.end :].all():
            clean_until = transition.start
            break
        else:
            between.append(transition)
    starts = [0, *(t.boundary for t in between)]
    kinds = [TransitionKind.START, *(t.kind for t in between)]
    clean_starts = [clean_from, *(t.end for t in between)]
    clean_ends = [*(t.start for t in between), clean_until]
    numbers = np.arange(seen + 1) if frames is None else np.append(frames, len(times))
    numbers[0], numbers[-1] = 0, len(times)
    return tuple(
        Shot(
            start_frame=int(numbers[start]),
            end_frame=int(numbers[end]),
            start=times.start(int(numbers[start])),
            end=times.start(int(numbers[end])),
            transition=kind,
            clean_start_frame=int(numbers[clean_start]),
            clean_end_frame=int(numbers[max(clean_end, clean_start)]),
            doubtful_frames=tuple(int(numbers[frame]) for frame in doubtful if start < frame < end),
        )
        for start, end, kind, clean_start, clean_end in zip(
            starts, [*starts[1:], seen], kinds, clean_starts, clean_ends, strict=True
        )
    )


def shots_from_probabilities(
    single: F32,
    many: F32,
    brightest: F32,
    stays: F32,
    times: FrameTimes,
    frames: NDArray[np.int64] | None = None,
) -> tuple[Shot, ...]:
    """Scores to shots: :func:`transitions_from_probabilities`, then
    :func:`shots_from_transitions`, whose arguments these are.

    Raises:
        ValueError: the arrays differ in length.
    """
    if not len(single) == len(many) == len(brightest) == len(stays):
        raise ValueError("one number a frame is wanted in each array")
    found = transitions_from_probabilities(single, many, brightest, stays)
    doubtful = doubtful_cuts(single, stays, found)
    return shots_from_transitions(found, brightest, times, frames, doubtful)
