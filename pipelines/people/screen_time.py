"""How long everybody is seen, how near, and with what expression. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.people import expressions
from studio.types.detections import Detections
from studio.types.media import FrameTimes
from studio.types.people import FaceTrack, People

#: Shot scales and the least height of the face in shares of the picture's. The found box is
#: three quarters of a head, and a body is seven and a half heads tall: a face of 0.09 belongs
#: to somebody who fills the picture from head to foot, of 0.19 to the waist, of 0.48 to the
#: shoulders; the limits lie between.
SCALES = (
    ("extreme close-up", 0.60),
    ("close-up", 0.38),
    ("medium close-up", 0.24),
    ("medium shot", 0.15),
    ("medium long shot", 0.105),
    ("long shot", 0.06),
    ("extreme long shot", 0.0),
)
#: Seconds that a face seen in one sample only counts for.
_ONE_SAMPLE_S = 0.5
#: An expression less likely than this is not told.
_SURE = 0.5
UNSURE = expressions.UNSURE


@dataclass(frozen=True)
class OnScreen:
    """How somebody is seen.

    Attributes:
        seconds: from the first picture of each track to a sample behind its last.
        share: of the footage.
        by_scale: seconds by shot scale, from the height of the face; nearest first.
        by_expression: seconds by the likeliest expression, ``unsure`` below a probability of a
            half and where the head is turned away; longest first, and empty where expressions
            were not looked for.
    """

    seconds: float
    share: float
    by_scale: dict[str, float]
    by_expression: dict[str, float]


def sample_seconds(track: FaceTrack, times: FrameTimes) -> NDArray[np.float64]:
    """What each sample of a track counts for: until the next, the last as long as is usual."""
    seconds = times.seconds[track.frames]
    gaps = np.diff(seconds)
    usual = float(np.median(gaps)) if len(gaps) else _ONE_SAMPLE_S
    left = max(0.0, float(times.start(len(times))) - float(seconds[-1]))
    return np.append(gaps, min(usual, left))


def screen_time(people: People, faces: Detections, times: FrameTimes) -> tuple[OnScreen, ...]:
    """How each person is seen, in order of ``people.persons``.

    Args:
        people: from these faces.
        faces: of the analysis.
        times: of the footage's frames.
    """
    whole = max(float(times.start(len(times))), 1e-9)
    found = []
    for person in people.persons:
        by_scale: dict[str, float] = {}
        by_expression: dict[str, float] = {}
        for number in person.tracks:
            track = people.tracks[number]
            lengths = sample_seconds(track, times)
            for row, length in enumerate(lengths.tolist()):
                name = _scale(float(track.xyxy[row, 3] - track.xyxy[row, 1]))
                by_scale[name] = by_scale.get(name, 0.0) + length
                if feeling := _expression(track, row, faces):
                    by_expression[feeling] = by_expression.get(feeling, 0.0) + length
        seconds = sum(by_scale.values())
        ordered = {name: by_scale[name] for name, _ in SCALES if name in by_scale}
        longest = dict(sorted(by_expression.items(), key=lambda each: -each[1]))
        found.append(OnScreen(seconds, seconds / whole, ordered, longest))
    return tuple(found)


def _scale(height: float) -> str:
    return next(name for name, least in SCALES if height >= least)


def _expression(track: FaceTrack, row: int, faces: Detections) -> str:
    if not faces.attribute_names:
        return ""
    frame = int(track.frames[row])
    rows = faces.between(frame, frame + 1)
    same = np.flatnonzero((faces.xyxy[rows] == track.xyxy[row]).all(axis=1))
    if not len(same):
        return ""
    if len(track.head_deg) and bool(expressions.is_turned(track.head_deg[row : row + 1])[0]):
        return UNSURE
    chances = faces.attributes[rows.start + int(same[0])]
    best = int(chances.argmax())
    return faces.attribute_names[best] if chances[best] >= _SURE else UNSURE
