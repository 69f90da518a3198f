"""Cues kept off faces: at the lower edge, or at the upper one where a face would be hidden.

The faces are those of the analysis, which looks twice a second; the size of the text is an
estimate on the wide side. Pure.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from studio.types.cue_style import CueStyle
from studio.types.detections import Detections
from studio.types.media import FrameTimes
from studio.types.subtitles import Cue

#: A face is looked for this long before and after a cue: between two samples it moves.
_AROUND_S = Fraction(1, 4)
#: Detections that are less sure are not worth a jump of the text.
_LEAST_SCORE = 0.8
#: Cues in one shot that follow each other this closely stand at the same edge.
_TOGETHER_S = Fraction(1, 2)
#: Widths in line heights, measured on NanumGothic: Hangul 0.79, Latin text 0.43 on average.
_WIDE, _NARROW = 0.85, 0.48


def text_box(
    cue: Cue, style: CueStyle, size_wh: tuple[int, int], *, at_top: bool
) -> tuple[float, float, float, float]:
    """About where a cue stands: left, top, right, bottom in shares of the upright picture."""
    width, height = size_wh
    line_px = style.size * min(width, height)
    across = max((_width(line) for line in cue.lines), default=0.0) * line_px / width
    across = min(across, 1 - 2 * style.margin)
    down = len(cue.lines) * line_px / height
    top = style.margin if at_top else 1 - style.margin - down
    return 0.5 - across / 2, top, 0.5 + across / 2, top + down


def _width(line: str) -> float:
    return sum(_WIDE if unicodedata.east_asian_width(c) in "WF" else _NARROW for c in line)


def off_faces(
    cues: Sequence[Cue],
    faces: Detections,
    times: FrameTimes,
    cuts: Sequence[Fraction],
    style: CueStyle,
    size_wh: tuple[int, int],
) -> tuple[tuple[Cue, ...], int]:
    """Cues at the edge where they hide less of any face; the lower one where both are free.

    Returns:
        The cues, and how many hide a face at either edge.
    """
    hidden = [_hidden(cue, faces, times, style, size_wh) for cue in cues]
    placed, stuck = [], 0
    for first, last in _groups(cues, cuts):
        low = max(h[0] for h in hidden[first:last])
        high = max(h[1] for h in hidden[first:last])
        for n in range(first, last):
            # All of them together where that helps, else each for itself.
            top = high == 0 if low > 0 and high in (0, low) else hidden[n][1] < hidden[n][0]
            placed.append(replace(cues[n], at_top=top) if top != cues[n].at_top else cues[n])
            stuck += hidden[n][1 if top else 0] > 0
    return tuple(placed), stuck


def _groups(cues: Sequence[Cue], cuts: Sequence[Fraction]) -> list[tuple[int, int]]:
    groups: list[tuple[int, int]] = []
    first = 0
    for n in range(1, len(cues) + 1):
        if n < len(cues):
            before, after = cues[n - 1], cues[n]
            close = after.start - before.end <= _TOGETHER_S
            if close and not any(before.start < cut <= after.start for cut in cuts):
                continue
        if first < n:
            groups.append((first, n))
        first = n
    return groups


def _hidden(
    cue: Cue, faces: Detections, times: FrameTimes, style: CueStyle, size_wh: tuple[int, int]
) -> tuple[float, float]:
    """The largest share of a face that the cue hides, at the lower and the upper edge."""
    start = times.frame_at(max(Fraction(0), cue.start - _AROUND_S))
    rows = faces.between(start, times.frame_at(cue.end + _AROUND_S) + 1)
    boxes = faces.xyxy[rows][faces.scores[rows] >= _LEAST_SCORE]
    low, high = (_covered(boxes, text_box(cue, style, size_wh, at_top=t)) for t in (False, True))
    return low, high


def _covered(boxes: NDArray[np.float32], text: tuple[float, float, float, float]) -> float:
    if not len(boxes):
        return 0.0
    left, top = np.maximum(boxes[:, 0], text[0]), np.maximum(boxes[:, 1], text[1])
    right, bottom = np.minimum(boxes[:, 2], text[2]), np.minimum(boxes[:, 3], text[3])
    shared = np.clip(right - left, 0, None) * np.clip(bottom - top, 0, None)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return float(np.max(shared / np.maximum(areas, 1e-9)))
