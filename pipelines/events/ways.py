"""Ways that do not fit those of others: against the stream, running, loitering, scattering. Pure.

Everything is compared within one shot, for another view has other ways. Directions are counted
in each region of the picture and told by their mean resultant length (Mardia and Jupp,
Directional Statistics, 2000); speeds are judged by the robust z-score of Iglewicz and Hoaglin
(How to Detect and Handle Outliers, 1993), who call 3.5 and more an outlier. Where few people are
seen nothing is usual, and nothing is odd: the rules then say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipelines.events.result import OddEvent
from pipelines.people.poses import CameraWay, velocity
from studio.types.media import FrameTimes
from studio.types.motion import BodyTrack

Floats = NDArray[np.float64]

#: Regions of the picture, across and down.
_GRID = (3, 2)
#: Who goes slower stands; body heights a second. People walk at 0.8 (1.4 m/s at 1.7 m).
_MOVES = 0.3
#: A stream: so many other people in a region, so much of one mind; against it: the cosine of
#: the angle to it, and for how long.
_STREAM, _ONE_MIND, _AGAINST, _AGAINST_S = 4, 0.7, -0.7, 0.8
#: Running: body heights a second (a runner of 2.6 m/s), z-score, for how long, samples of
#: others by which it is judged.
_RUNS, _RUNS_Z, _RUNS_S, _RUNS_SAMPLES = 1.5, 3.5, 0.5, 60
#: Loitering: within so many body heights, while so many others go past by so many.
_STAYS, _PASSERS, _PASS = 1.0, 3, 2.0
#: Scattering: so many at once, going from their middle so fast, so many of them, so much faster
#: than in the seconds before.
_CROWD, _OUTWARD, _OUTWARD_SHARE, _FASTER, _BEFORE_S = 4, 0.8, 0.75, 2.0, 2.0
_STEP_S = 0.25


@dataclass(frozen=True)
class Way:
    """A body's way; arrays have ``n`` rows.

    Attributes:
        track: of the analysis.
        times_s: float64.
        places: float64 ``(n, 2)``, its foot: right and down, in picture heights.
        heights: float64, of its box, in picture heights.
        speeds: float64 ``(n, 2)``, right and down, body heights a second; NaN where unknown.
    """

    track: BodyTrack
    times_s: Floats
    places: Floats
    heights: Floats
    speeds: Floats


def ways_of(
    tracks: Sequence[BodyTrack],
    times: FrameTimes,
    aspect: float,
    camera: CameraWay | None = None,
) -> list[Way]:
    """The ways of tracks; arguments as of :func:`pipelines.people.poses.pose_facts`."""
    found = []
    for track in tracks:
        x = (track.xyxy[:, 0] + track.xyxy[:, 2]) / 2 * aspect
        places = np.stack([x, track.xyxy[:, 3]], axis=1).astype(np.float64)
        heights = (track.xyxy[:, 3] - track.xyxy[:, 1]).astype(np.float64)
        speeds = velocity(track, times, aspect, camera)
        found.append(Way(track, times.seconds[track.frames], places, heights, speeds))
    return found


def odd_ways(
    ways: Sequence[Way], times: FrameTimes, aspect: float, *, loiter_s: float
) -> list[OddEvent]:
    """All odd ways of a film.

    Args:
        ways: of all its bodies.
        times: of its frames.
        aspect: width over height of the picture.
        loiter_s: seconds in one place that are loitering.
    """
    found = []
    for shot in sorted({way.track.shot for way in ways}):
        own = [way for way in ways if way.track.shot == shot]
        found += against_the_stream(own, times, aspect)
        found += running(own, times)
        found += loitering(own, times, loiter_s)
        found += scattering(own, times)
    return found


def against_the_stream(ways: Sequence[Way], times: FrameTimes, aspect: float) -> list[OddEvent]:
    """Who goes the other way, where most go one way."""
    directions = [_directions(way, aspect) for way in ways]
    found = []
    for number, way in enumerate(ways):
        cosines = np.full(len(way.times_s), np.nan)
        minds = np.zeros(len(way.times_s))
        for region, (rows, mean) in directions[number].items():
            others = [d[region][1] for n, d in enumerate(directions) if n != number and region in d]
            if len(others) < _STREAM:
                continue
            stream = np.mean(others, axis=0)
            one_mind = float(np.linalg.norm(stream))
            if one_mind >= _ONE_MIND and float(np.linalg.norm(mean)) > 0:
                units = _units(way.speeds[rows])
                cosines[rows] = units @ (stream / one_mind)
                minds[rows] = one_mind
        for rows in _stretches(cosines <= _AGAINST, way.times_s, _AGAINST_S):
            score = float(np.mean(minds[rows])) * float(-np.mean(cosines[rows]))
            angle = float(np.degrees(np.arccos(np.clip(np.mean(cosines[rows]), -1, 1))))
            reason = (
                f"goes at {angle:.0f} degrees to the others there, who go one way "
                f"({float(np.mean(minds[rows])):.0%} of one mind)"
            )
            found.append(_event("wrong way", way, rows, score, reason, times))
    return found


def _directions(way: Way, aspect: float) -> dict[int, tuple[NDArray[np.int64], Floats]]:
    """Region to the rows in which somebody moves there, and the mean direction."""
    speed = np.linalg.norm(way.speeds, axis=1)
    moving = np.flatnonzero(speed >= _MOVES)
    across = np.clip((way.places[:, 0] / aspect * _GRID[0]).astype(int), 0, _GRID[0] - 1)
    down = np.clip((way.places[:, 1] * _GRID[1]).astype(int), 0, _GRID[1] - 1)
    region = across + down * _GRID[0]
    found = {}
    for place in np.unique(region[moving]).tolist():
        rows = moving[region[moving] == place]
        found[place] = (rows, _units(way.speeds[rows]).mean(axis=0))
    return found


def _units(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    units: Floats = vectors / np.maximum(lengths, 1e-9)
    return units


def running(ways: Sequence[Way], times: FrameTimes) -> list[OddEvent]:
    """Who is suddenly much faster than everybody is here."""
    speeds = [np.linalg.norm(way.speeds, axis=1) for way in ways]
    found = []
    for number, way in enumerate(ways):
        others = np.concatenate([np.zeros(0), *(s for n, s in enumerate(speeds) if n != number)])
        own = speeds[number]
        usual = np.concatenate([others, own[own < _RUNS]])
        usual = usual[~np.isnan(usual)]
        if len(usual) < _RUNS_SAMPLES:
            continue
        middle = float(np.median(usual))
        spread = max(1.4826 * float(np.median(np.abs(usual - middle))), 0.15)
        z = (own - middle) / spread
        with np.errstate(invalid="ignore"):
            fast = (own >= _RUNS) & (z >= _RUNS_Z)
        for rows in _stretches(fast, way.times_s, _RUNS_S):
            most = float(np.max(own[rows]))
            score = min(float(np.median(z[rows])) / (3 * _RUNS_Z), 1.0)
            reason = (
                f"{most:.1f} body heights a second where {middle:.1f} is usual "
                f"(z {float(np.median(z[rows])):.1f})"
            )
            found.append(_event("running", way, rows, score, reason, times))
    return found


def loitering(ways: Sequence[Way], times: FrameTimes, loiter_s: float) -> list[OddEvent]:
    """Who stays in one place for long while others go past.

    Args:
        ways: of one shot.
        times: of the file's frames.
        loiter_s: how long.
    """
    found = []
    for way in ways:
        best: tuple[float, int, int] | None = None
        first = 0
        for last in range(len(way.times_s)):
            while _spread(way.places[first : last + 1]) > _STAYS * float(
                np.median(way.heights[first : last + 1])
            ):
                first += 1
            stayed = float(way.times_s[last] - way.times_s[first])
            if stayed >= loiter_s and (best is None or stayed > best[0]):
                best = (stayed, first, last)
        if best is None:
            continue
        stayed, first, last = best
        window = (way.times_s[first], way.times_s[last])
        passers = sum(_goes_past(other, window) for other in ways if other is not way)
        if passers < _PASSERS:
            continue
        score = min(0.5 * stayed / loiter_s, 1.0)
        reason = f"stays in one place for {stayed:.0f} s while {passers} others go past"
        found.append(_event("loitering", way, np.arange(first, last + 1), score, reason, times))
    return found


def _spread(places: Floats) -> float:
    return float(np.hypot(*(places.max(axis=0) - places.min(axis=0))))


def _goes_past(way: Way, window: tuple[float, float]) -> bool:
    rows = (way.times_s >= window[0]) & (way.times_s <= window[1])
    return bool(rows.sum() > 2) and _spread(way.places[rows]) >= _PASS * float(
        np.median(way.heights[rows])
    )


def scattering(ways: Sequence[Way], times: FrameTimes) -> list[OddEvent]:
    """A crowd whose people suddenly all go away from its middle."""
    if len(ways) < _CROWD:
        return []
    start = min(float(way.times_s[0]) for way in ways)
    end = max(float(way.times_s[-1]) for way in ways)
    moments = np.arange(start, end + _STEP_S / 2, _STEP_S)
    outward = np.full(len(moments), np.nan)
    share = np.zeros(len(moments))
    speed = np.full(len(moments), np.nan)
    for k, now in enumerate(moments.tolist()):
        places, speeds = _at(ways, now)
        if len(places) >= _CROWD:
            away = _units(places - places.mean(axis=0))
            radial = (speeds * away).sum(axis=1)
            outward[k], share[k] = float(radial.mean()), float((radial > _MOVES).mean())
            speed[k] = float(np.linalg.norm(speeds, axis=1).mean())
    before = round(_BEFORE_S / _STEP_S)
    usual = np.full(len(moments), np.nan)
    for k in range(before, len(moments)):
        past = speed[k - before : k - 1]
        if (~np.isnan(past)).sum() >= before // 2:
            usual[k] = float(np.nanmin(past))
    with np.errstate(invalid="ignore"):
        odd = (outward >= _OUTWARD) & (share >= _OUTWARD_SHARE)
        odd &= speed >= _FASTER * np.maximum(usual, 0.2)
    found = []
    for rows in _stretches(odd, moments, 2 * _STEP_S):
        some = [
            way
            for way in ways
            if way.times_s[0] <= moments[rows[-1]] and way.times_s[-1] >= moments[rows[0]]
        ]
        most = float(np.nanmax(outward[rows]))
        reason = (
            f"{len(some)} people go from their middle at {most:.1f} body heights a second, "
            f"{float(np.nanmax(share[rows])):.0%} of them outward"
        )
        frame = times.frame_at(_exact(moments[rows[len(rows) // 2]]))
        found.append(
            OddEvent(
                "scatter",
                _exact(moments[rows[0]]),
                _exact(moments[rows[-1]] + _STEP_S),
                round(min(most / (2 * _OUTWARD), 1.0), 3),
                reason,
                tuple(way.track.number for way in some),
                frame,
            )
        )
    return found


def _at(ways: Sequence[Way], now: float) -> tuple[Floats, Floats]:
    """Where everybody is at a moment, and how fast."""
    places, speeds = [], []
    for way in ways:
        row = int(np.abs(way.times_s - now).argmin())
        if abs(way.times_s[row] - now) <= _STEP_S and not np.isnan(way.speeds[row]).any():
            places.append(way.places[row])
            speeds.append(way.speeds[row])
    return np.array(places).reshape(-1, 2), np.array(speeds).reshape(-1, 2)


def _stretches(
    odd: NDArray[np.bool_], times_s: Floats, least_s: float
) -> Iterator[NDArray[np.int64]]:
    """Rows in which something holds for long enough; it may fail on one between."""
    rows = np.flatnonzero(odd)
    for some in np.split(rows, np.flatnonzero(np.diff(rows) > 2) + 1):
        if len(some) > 1 and times_s[some[-1]] - times_s[some[0]] >= least_s:
            yield some


def _exact(seconds: float) -> Fraction:
    return Fraction(round(float(seconds) * 1000), 1000)


def _event(
    kind: str, way: Way, rows: NDArray[np.int64], score: float, reason: str, times: FrameTimes
) -> OddEvent:
    frames = way.track.frames[rows]
    row = int(rows[len(rows) // 2])
    left, top, right, bottom = (round(float(side), 4) for side in way.track.xyxy[row])
    return OddEvent(
        kind,
        times.start(int(frames[0])),
        times.start(int(frames[-1]) + 1),
        round(score, 3),
        reason,
        (way.track.number,),
        int(way.track.frames[row]),
        (left, top, right, bottom),
    )
