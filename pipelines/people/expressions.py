"""What a face expresses over time: smoothed along its track, unsure where it is turned away.

One picture's expression flickers: it was learnt on posed stills (FER2013, where people
themselves agree on two of three). A weighted mean over a second (a Gaussian, as is usual for
such curves) is taken along each track, in which a face that is turned away counts less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.types.media import FrameTimes
from studio.types.people import FaceTrack

Floats = NDArray[np.float32]

UNSURE = "unsure"
#: An expression less likely than this is not told.
SURE = 0.5
#: Yaw and pitch from which a face is turned away, in degrees. Told turns are rather too small: a
#: man in profile in a still is told as 49.
PROFILE_DEG, NOD_DEG = 35.0, 35.0
#: Width of the smoothing: its standard deviation in seconds, and how far it reaches.
_SPREAD_S, _REACH_S = 0.5, 1.5


@dataclass(frozen=True)
class ExpressionCurve:
    """The expression along one track; arrays have ``n`` rows.

    Attributes:
        times_s: float64, seconds on the source clock.
        chances: float32 ``(n, 7)``, smoothed; rows sum to 1, or are 0 where nothing was seen.
        turned: bool, a profile, or a head whose turn cannot be told.
        labels: the likeliest of each row, or ``unsure``.
    """

    times_s: NDArray[np.float64]
    chances: Floats
    turned: NDArray[np.bool_]
    labels: tuple[str, ...]


def is_turned(head_deg: Floats) -> NDArray[np.bool_]:
    """Whether faces are too far turned away to be read: bool ``(n,)``.

    Args:
        head_deg: float32 ``(n, 3)``; a NaN counts as turned away.
    """
    with np.errstate(invalid="ignore"):
        facing = (np.abs(head_deg[:, 0]) < PROFILE_DEG) & (np.abs(head_deg[:, 1]) < NOD_DEG)
    return np.asarray(~facing)


def expression_curve(
    track: FaceTrack, names: tuple[str, ...], times: FrameTimes
) -> ExpressionCurve:
    """Smooth one track's expressions.

    Args:
        track: with expressions.
        names: of the expressions.
        times: of the footage's frames.
    """
    seconds = times.seconds[track.frames]
    if track.expressions.shape[1:] != (len(names),) or not names:
        raise ValueError("the track has other expressions, or none")
    turned = (
        is_turned(track.head_deg)
        if len(track.head_deg) == len(seconds)
        else np.zeros(len(seconds), np.bool_)
    )
    weights = np.where(turned, 0.0, 1.0)
    chances = np.zeros(track.expressions.shape, np.float32)
    for row, at in enumerate(seconds.tolist()):
        first, last = np.searchsorted(seconds, [at - _REACH_S, at + _REACH_S])
        near = weights[first:last] * np.exp(
            -0.5 * np.square((seconds[first:last] - at) / _SPREAD_S)
        )
        if near.sum() > 0:
            chances[row] = near @ track.expressions[first:last] / near.sum()
    best = chances.argmax(axis=1)
    labels = tuple(
        names[int(best[row])] if chances[row, best[row]] >= SURE and not turned[row] else UNSURE
        for row in range(len(seconds))
    )
    return ExpressionCurve(seconds, chances, turned, labels)
