"""From importance to stretches of a film that fit into a length. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.stretches import SHOT_GUARD_FRAMES, WORD_GUARD_S
from pipelines.trailer.tape import Tape
from studio.learn.keyshots import change_points, knapsack

#: A change this near to a cut is the cut.
_NEAR_CUT_S = 0.75
#: Longer segments are divided: with one take of a minute nothing would fit into half of one.
LONGEST_S = 6.0
#: Shorter ones join their neighbour of the same shot: nobody reads a picture in less.
SHORTEST_S = 1.0
#: How far an edge may give way to a word.
_MOST_GIVEN_S = 0.6
_MOST_CHANGES_A_S = 0.5
_HUNDREDTHS = 100
_HALF_HUNDREDTH_S = 0.005
#: What a segment loses that looks just like one that is in already.
_AGAIN = 0.8


@dataclass(frozen=True)
class Segment:
    """A stretch of a film that is shown whole or not at all.

    Attributes:
        start_frame, end_frame: half-open.
        worth: mean importance, 0 to 1.
        shot: number of the shot it lies in.
    """

    start_frame: int
    end_frame: int
    worth: float
    shot: int


def segments(
    vectors: NDArray[np.floating],
    frames: NDArray[np.int64],
    scores: NDArray[np.float64],
    tape: Tape,
) -> list[Segment]:
    """A film as segments: where its pictures change (kernel temporal segmentation), its cuts
    kept, none too long or too short.

    Args:
        vectors: ``(n, d)``, what the samples look like.
        frames: int64 ``(n,)``: the samples.
        scores: float64 ``(n,)``.
        tape: the film.
    """
    edges_s = tape.clock.edges_s
    shots = tape.analysis.shots or ()
    length_s = float(edges_s[-1])
    changes = change_points(vectors, max(1, round(length_s * _MOST_CHANGES_A_S)))
    cuts = np.array([shot.start_frame for shot in shots] + [len(edges_s) - 1], np.int64)
    marks = {int(cut) for cut in cuts} | {0}
    for number in changes.tolist():
        frame = int(frames[number])
        if np.abs(edges_s[cuts] - edges_s[frame]).min() > _NEAR_CUT_S:
            marks.add(frame)
    found: list[Segment] = []
    fixed = {int(cut) for cut in cuts}
    ordered = _joined(sorted(marks), fixed, edges_s)
    for low, high in pairwise(ordered):
        pieces = max(1, round(float(edges_s[high] - edges_s[low]) / LONGEST_S + 0.4999))
        inner = np.linspace(low, high, pieces + 1).astype(int)
        for start, end in pairwise(inner.tolist()):
            inside = (frames >= start) & (frames < end)
            nearest = int(np.abs(frames - (start + end) // 2).argmin())
            worth = float(scores[inside].mean() if inside.any() else scores[nearest])
            shot = int(tape.shot_of(np.array([start]))[0])
            found.append(Segment(start, end, worth, shot))
    return found


def _joined(marks: list[int], fixed: set[int], edges_s: NDArray[np.float64]) -> list[int]:
    """Without changes that would leave too short a piece; cuts stay."""
    kept = marks[:1]
    for mark, after in zip(marks[1:], [*marks[2:], None], strict=True):
        short = edges_s[mark] - edges_s[kept[-1]] < SHORTEST_S
        if after is not None and not short:
            short = edges_s[after] - edges_s[mark] < SHORTEST_S
        if mark in fixed or not short:
            kept.append(mark)
    return kept


def choose(found: Sequence[Segment], tape: Tape, seconds: float) -> list[Segment]:
    """The segments that are worth most together within a length, in order of the film: the
    published choice, for scores that were learnt.

    A segment's worth is its mean importance times its length, so that short ones have no
    advantage; where it shows nothing usable (black, frozen) it is worth nothing.

    Args:
        found: of the film.
        tape: the film.
        seconds: that the summary may last.
    """
    lengths, values = _values(found, tape)
    # A summary is counted in hundredths of a second; what is too long by less does not fit.
    weights = [max(1, int(np.ceil(length * _HUNDREDTHS))) for length in lengths]
    return [found[n] for n in knapsack(values, weights, int(seconds * _HUNDREDTHS))]


def choose_varied(
    found: Sequence[Segment],
    looks: NDArray[np.float64],
    scale: tuple[float, float],
    tape: Tape,
    seconds: float,
) -> list[Segment]:
    """The same for the studio's editor, who does not show a thing again while there is another:
    one by one the segment that is worth most a second, less for being like those taken.

    Args:
        found: of the film.
        looks: float64 ``(n, d)`` of unit length, what each looks like.
        scale: cosines that mean nothing in common and the same picture.
        tape: the film.
        seconds: that the summary may last.
    """
    lengths, values = _values(found, tape)
    worth = np.array(values) / np.maximum(lengths, 1e-6)
    worth = worth / max(float(worth.max()), 1e-9)
    alike = np.zeros(len(found))
    left = worth > 0
    room = seconds
    chosen: list[int] = []
    while True:
        fits = left & (np.array(lengths) <= room + 1e-9)
        if not fits.any():
            break
        item = int(np.where(fits, worth - _AGAIN * alike, -np.inf).argmax())
        chosen.append(item)
        left[item] = False
        room -= lengths[item]
        cosines = (looks @ looks[item] - scale[0]) / (scale[1] - scale[0])
        alike = np.maximum(alike, np.clip(cosines, 0, 1))
    return [found[n] for n in sorted(chosen)]


def _values(found: Sequence[Segment], tape: Tape) -> tuple[list[float], list[float]]:
    """Seconds of each segment and what all of it is worth."""
    edges_s = tape.clock.edges_s
    lengths = [float(edges_s[s.end_frame] - edges_s[s.start_frame]) for s in found]
    # What is worse than most of the film is no use for filling up.
    floor = float(np.quantile([s.worth for s in found], 0.1)) if len(found) > 3 else 0.0
    values = [
        max(s.worth - floor, 0.0) * length if _usable(s, tape) and length >= SHORTEST_S else 0.0
        for s, length in zip(found, lengths, strict=True)
    ]
    return lengths, values


def _usable(segment: Segment, tape: Tape) -> bool:
    covered = sum(
        max(0, min(s.end_frame, segment.end_frame) - max(s.start_frame, segment.start_frame))
        for s in tape.stretches
    )
    return covered >= 0.6 * (segment.end_frame - segment.start_frame)


def clean_edges(chosen: Sequence[Segment], tape: Tape) -> list[tuple[int, int]]:
    """Stretches to show: neighbours in one shot joined, kept to what is usable, and edges moved
    out of words.

    Returns:
        Half-open frames of each stretch, in order.
    """
    spans: list[tuple[int, int, int]] = []
    for segment in chosen:
        if spans and spans[-1][1] == segment.start_frame and spans[-1][2] == segment.shot:
            spans[-1] = (spans[-1][0], segment.end_frame, segment.shot)
        else:
            spans.append((segment.start_frame, segment.end_frame, segment.shot))
    cleaned: list[tuple[int, int]] = []
    for start, end, _ in spans:
        for stretch in tape.stretches:
            low, high = max(start, stretch.start_frame), min(end, stretch.end_frame)
            if high <= low or not _long_enough(low, high, tape):
                continue
            low = _out_of_words(low, low, high, tape)
            high = _out_of_words(high, low, high, tape)
            if _long_enough(low, high, tape):
                cleaned.append((low, high))
    return cleaned


def _long_enough(low: int, high: int, tape: Tape) -> bool:
    """Whether a stretch can be read. The frames that guard a shot's ends count: else nothing could
    be shown of a film that is cut every second."""
    last = len(tape.clock.edges_s) - 1
    first, end = max(low - SHOT_GUARD_FRAMES, 0), min(high + SHOT_GUARD_FRAMES, last)
    return tape.seconds(end) - tape.seconds(first) >= SHORTEST_S - _HALF_HUNDREDTH_S


def _out_of_words(edge: int, low: int, high: int, tape: Tape) -> int:
    """The nearest frame inside the stretch that is clear of words; the edge itself where none
    is near."""
    if tape.room_s[edge] >= WORD_GUARD_S:
        return edge
    frames = np.arange(low, high + 1)
    near = np.abs(tape.clock.edges_s[frames] - tape.clock.edges_s[edge]) <= _MOST_GIVEN_S
    clear = frames[near & (tape.room_s[frames] >= WORD_GUARD_S)]
    return int(clear[np.abs(clear - edge).argmin()]) if len(clear) else edge
