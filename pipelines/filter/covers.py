"""Which places of which frames are covered: decided from faces found on every frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipelines.filter.lines import Line
from studio.adapters.ssd_boxes import overlap
from studio.types.landmarks import Floats

#: A face's cover in sizes of its box, across and down: hair, ears and chin are in it.
_WIDER, _TALLER = 1.5, 1.45
#: Seconds that a face is covered before it is first found and after it is last found.
_AROUND_S = 0.4
#: Of a cover where no face was found but one must be: larger, for where it is, is a guess.
_GUESSED = 1.2

Places = tuple[float, float, float, float]


@dataclass(frozen=True)
class Cover:
    """A place to be covered on one frame.

    Attributes:
        xyxy_px: left, top, right, bottom in pixels of the upright picture.
        plain: with one even colour, where more was still seen as a face.
        spared: faces that may be seen, where the cover is only a guess.
    """

    xyxy_px: Places
    plain: bool = False
    spared: tuple[Places, ...] = ()


@dataclass(frozen=True)
class CoverPlan:
    """What is covered, and what need not be.

    Attributes:
        covers: of each frame that has any.
        open: faces that may be seen, of each frame that has any.
    """

    covers: Mapping[int, tuple[Cover, ...]]
    open: Mapping[int, tuple[Places, ...]]


def plan_covers(
    lines: Sequence[Line],
    seen: Sequence[Sequence[bool]],
    shots: Sequence[tuple[int, int]],
    rate_hz: float,
) -> CoverPlan:
    """Cover all faces but those that may be seen.

    Faces that are lost for some frames stay covered: between two places where they were found,
    along the way from one to the other; before the first and after the last where it was.

    Args:
        lines: of faces through their shots.
        seen: for each line and each of its rows, whether the face may be seen there.
        shots: frames, half-open, that tile the film.
        rate_hz: frames a second.
    """
    covers: dict[int, list[Cover]] = {}
    opened: dict[int, list[Places]] = {}
    guesses: dict[int, list[Floats]] = {}
    ends = np.array([end for _, end in shots])
    for line, may in zip(lines, seen, strict=True):
        for frame, box, visible in zip(line.frames, line.xyxy_px, may, strict=True):
            if visible:
                opened.setdefault(int(frame), []).append(_places(box))
            else:
                covers.setdefault(int(frame), []).append(Cover(_places(_around(box, 1.0))))
        for number, box, visible in _missing(line, may):
            if visible:
                opened.setdefault(number, []).append(_places(box))
            else:
                guesses.setdefault(number, []).append(box)
        start, end = shots[int(np.searchsorted(ends, line.frames[0], "right"))]
        first, last, around = int(line.frames[0]), int(line.frames[-1]), round(_AROUND_S * rate_hz)
        before = range(max(start, first - around), first) if not may[0] else range(0)
        after = range(last + 1, min(end, last + 1 + around)) if not may[-1] else range(0)
        for numbers, box in ((before, line.xyxy_px[0]), (after, line.xyxy_px[-1])):
            for number in numbers:
                guesses.setdefault(number, []).append(box)
    for number, boxes in guesses.items():
        spared = tuple(opened.get(number, ()))
        made = [Cover(_places(_around(box, _GUESSED)), spared=spared) for box in boxes]
        covers.setdefault(number, []).extend(made)
    return CoverPlan(
        {n: tuple(c) for n, c in covers.items()}, {n: tuple(o) for n, o in opened.items()}
    )


def _missing(line: Line, may: Sequence[bool]) -> Iterator[tuple[int, Floats, bool]]:
    """Frames between two at which a line was found: number, place on the way, and whether the
    face may be seen at both."""
    for row in range(len(line.frames) - 1):
        number, following = int(line.frames[row]), int(line.frames[row + 1])
        for between in range(number + 1, following):
            share = (between - number) / (following - number)
            way = (1 - share) * line.xyxy_px[row] + share * line.xyxy_px[row + 1]
            yield between, way.astype(np.float32), may[row] and may[row + 1]


def with_more(
    plan: CoverPlan, uncovered: Mapping[int, Sequence[Places]], seen: Mapping[int, Sequence[Places]]
) -> CoverPlan:
    """A plan after a look at what it gave.

    Args:
        plan: that was carried out.
        uncovered: faces that were found beside its covers.
        seen: faces that were found within its covers.
    """
    covers = {number: list(found) for number, found in plan.covers.items()}
    for number, boxes in uncovered.items():
        for near in range(number - 3, number + 4):
            if near >= 0:
                grown = [Cover(_places(_around(np.array(b), 1.0))) for b in boxes]
                covers.setdefault(near, []).extend(grown)
    for number, boxes in seen.items():
        for near in range(number - 2, number + 3):
            covers[near] = [
                replace(cover, plain=True, spared=()) if _meets(cover, boxes) else cover
                for cover in covers.get(near, [])
            ]
    return CoverPlan({n: tuple(c) for n, c in covers.items() if c}, plan.open)


def within(place: Places, covers: Sequence[Cover]) -> bool:
    """Whether the middle of a face, and most of it, is covered."""
    box = np.array(place, np.float32)
    size = np.maximum(box[2:] - box[:2], 1e-6)
    for cover in covers:
        over = np.array(cover.xyxy_px, np.float32)
        shared = np.minimum(box[2:], over[2:]) - np.maximum(box[:2], over[:2])
        if (shared > 0).all() and float((shared / size).prod()) > 0.6:
            return True
    return False


def _meets(cover: Cover, boxes: Sequence[Places]) -> bool:
    one = np.array([cover.xyxy_px], np.float32)
    return bool((overlap(one, np.array(boxes, np.float32)) > 0.05).any())


def _around(box: Floats, grown: float) -> Floats:
    middle = (box[:2] + box[2:]) / 2
    half = (box[2:] - box[:2]) / 2 * np.array([_WIDER, _TALLER], np.float32) * grown
    made: Floats = np.concatenate([middle - half, middle + half]).astype(np.float32)
    return made


def _places(box: Floats) -> Places:
    left, top, right, bottom = (round(float(v), 2) for v in box)
    return left, top, right, bottom
