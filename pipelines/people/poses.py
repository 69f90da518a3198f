"""What bodies do, by plain measures of their points and boxes: arms raised, sitting or standing,
how fast they go. Pure.

Lengths of limbs stand in known shares of the body (Drillis and Contini, 1966: thigh 0.245 and
shank 0.246 of the stature, shoulder to hip 0.29), so postures are told from shares of the
trunk's length, whatever the distance. Speed is told in body heights a second, across the
picture: who comes straight at the camera hardly moves in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.types.analysis import ViewFacts
from studio.types.landmarks import POSE_NAMES
from studio.types.media import FrameTimes
from studio.types.motion import BodyTrack, PoseFacts

Floats = NDArray[np.float32]

STANDING, SITTING, UNSURE = "standing", "sitting", "unsure"
#: Points that are less in sight, and bodies that are less sure, tell nothing.
_VISIBLE, _PRESENT = 0.5, 0.5
#: How far the knee hangs under the hip, in lengths of the trunk: standing 0.84, sitting 0.1.
_STANDS, _SITS = 0.6, 0.42
#: A trunk that leans more belongs to neither; a shank that hangs less to somebody who kneels.
_UPRIGHT, _SHANK = 0.7, 0.35
#: How far the shoulders hang under the eyes at least, in what the hips hang under them; usual is
#: a third.
_NECK = 0.1
#: Half the time over which speed is told, and how many samples it needs.
_AROUND_S, _LEAST = 0.5, 3
#: A box that ends here is cut by the picture's edge, so its foot is not seen.
_EDGE = 0.985

_AT = {name: number for number, name in enumerate(POSE_NAMES)}


@dataclass(frozen=True)
class CameraWay:
    """How the camera turns over time; from the ``views`` of an analysis.

    Attributes:
        times_s: float64 ``(n,)``.
        right, up: float32 ``(n,)``, picture heights a second; NaN where it cannot be told.
    """

    times_s: NDArray[np.float64]
    right: Floats
    up: Floats


def camera_way(views: ViewFacts, times: FrameTimes) -> CameraWay:
    """The camera's turns of an analysis."""
    return CameraWay(times.seconds[views.frames], views.pan, views.tilt)


def pose_facts(
    track: BodyTrack, times: FrameTimes, aspect: float, camera: CameraWay | None = None
) -> PoseFacts:
    """Measure one body along its track.

    Args:
        track: of the analysis.
        times: of the file's frames.
        aspect: width over height of the picture.
        camera: its own movement is taken away from the bodies'; None for a camera that stands.
    """
    return PoseFacts(
        frames=track.frames,
        speed=np.hypot(*velocity(track, times, aspect, camera).T).astype(np.float32),
        arms_raised=arms_raised(track),
        posture=postures(track, aspect),
    )


def arms_raised(track: BodyTrack) -> NDArray[np.int64]:
    """Hands above the eyes: int64 ``(n,)``, 0 to 2, or -1 where no hand can be told."""
    points = track.points.astype(np.float32)
    eyes = points[:, [_AT["left_eye"], _AT["right_eye"]], 1].mean(axis=1)
    wrists = points[:, [_AT["left_wrist"], _AT["right_wrist"]]]
    told = (track.presence >= _PRESENT) & _is_a_body(points)
    seen = (wrists[..., 3] >= _VISIBLE) & told[:, None]
    above = (wrists[..., 1] < eyes[:, None]) & seen
    return np.where(seen.any(axis=1), above.sum(axis=1), -1).astype(np.int64)


def _is_a_body(points: Floats) -> NDArray[np.bool_]:
    """Whether shoulders hang under the eyes: bool ``(n,)``.

    Of a face that fills the picture a whole small body is made up, its eyes among its shoulders.
    """
    eyes, shoulders, hips = (
        points[:, [_AT[f"left_{part}"], _AT[f"right_{part}"]], 1].mean(axis=1)
        for part in ("eye", "shoulder", "hip")
    )
    return np.asarray(shoulders - eyes >= _NECK * np.abs(hips - shoulders))


def postures(track: BodyTrack, aspect: float) -> tuple[str, ...]:
    """``standing``, ``sitting`` or ``unsure`` for each row of a track."""
    points = track.points.astype(np.float32)
    found = []
    told = (track.presence >= _PRESENT) & _is_a_body(points)
    for row in range(len(points)):
        if not told[row]:
            found.append(UNSURE)
            continue
        found.append(_posture(points[row], aspect))
    return tuple(found)


def _posture(points: Floats, aspect: float) -> str:
    at = {
        part: points[[_AT[f"left_{part}"], _AT[f"right_{part}"]]]
        for part in ("shoulder", "hip", "knee", "ankle")
    }
    if min(at["hip"][:, 3].max(), at["knee"][:, 3].max(), at["shoulder"][:, 3].max()) < _VISIBLE:
        return UNSURE
    shoulder, hip = at["shoulder"][:, :2].mean(axis=0), at["hip"][:, :2].mean(axis=0)
    trunk = float(np.hypot((hip[0] - shoulder[0]) * aspect, hip[1] - shoulder[1]))
    if trunk < 1e-3 or (hip[1] - shoulder[1]) / trunk < _UPRIGHT:
        return UNSURE
    sides = [n for n in range(2) if at["knee"][n, 3] >= _VISIBLE]
    thigh = float(np.mean([at["knee"][n, 1] - at["hip"][n, 1] for n in sides])) / trunk
    if thigh >= _STANDS:
        return STANDING
    shanks = [
        float(at["ankle"][n, 1] - at["knee"][n, 1]) / trunk
        for n in sides
        if at["ankle"][n, 3] >= _VISIBLE
    ]
    kneels = bool(shanks) and max(shanks) < _SHANK
    return SITTING if thigh <= _SITS and not kneels else UNSURE


def velocity(
    track: BodyTrack, times: FrameTimes, aspect: float, camera: CameraWay | None = None
) -> NDArray[np.float64]:
    """How a body goes across the picture: ``(n, 2)``, body heights a second, right and down.

    The slope of a line through its places over a second (least squares), so that a box that
    jumps by a hand's breadth does not count as a step; NaN with fewer than three samples there,
    and where the camera's own movement cannot be told.

    Args:
        track, times, aspect, camera: as in :func:`pose_facts`.
    """
    seconds = times.seconds[track.frames]
    x = (track.xyxy[:, 0] + track.xyxy[:, 2]) / 2 * aspect
    foot = track.xyxy[:, 3].astype(np.float64)
    heights = track.xyxy[:, 3] - track.xyxy[:, 1]
    found = np.full((len(seconds), 2), np.nan)
    reach = _AROUND_S + 1e-6
    firsts = np.searchsorted(seconds, seconds - reach)
    lasts = np.searchsorted(seconds, seconds + reach, side="right")
    for row, now in enumerate(seconds.tolist()):
        near = slice(int(firsts[row]), int(lasts[row]))
        if near.stop - near.start < _LEAST:
            continue
        height = max(float(np.median(heights[near])), 1e-3)
        step = seconds[near] - now
        step = step - step.mean()
        spread = max(float((step * step).sum()), 1e-9)
        right = float((step * x[near]).sum()) / spread
        down = float((step * foot[near]).sum()) / spread
        if foot[near].max() > _EDGE:
            down = 0.0
        if camera is not None:
            turned = _turned(camera, now)
            right, down = right + turned[0], down - turned[1]
        found[row] = right / height, down / height
    return found


def _turned(camera: CameraWay, now: float) -> tuple[float, float]:
    near = np.abs(camera.times_s - now) <= _AROUND_S
    if not near.any():
        return np.nan, np.nan
    with np.errstate(invalid="ignore"):
        told = [values[near][~np.isnan(values[near])] for values in (camera.right, camera.up)]
    return tuple(float(np.median(v)) if len(v) else np.nan for v in told)  # type: ignore[return-value]
