"""From what was measured of a person to what a character does: calibrated, calm, never late.

Pure functions of arrays; nothing is opened or looked at. What a face does is told against that
face at rest: its own brows, lips and eyes, in the shot at hand where it is long enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import percentile_filter

from pipelines.avatar.measures import AT, MEASURES
from pipelines.avatar.smoothing import bridged, eased, one_euro, runs
from studio.types.character import HAND_POINTS, Expression, Hand, MouthShape
from studio.types.shot import Shot

#: Raised whenever the same measures would give other controls.
FOLLOW_VERSION = 1
#: Head heights of a character to one distance of the outer corners of its eyes.
HEAD_TO_EYES = 1.9

#: Columns of ``Following.values``.
CONTROLS = (
    *("yaw", "pitch", "roll", "x", "y", "scale", "eye_left", "eye_right", "gaze_x", "gaze_y"),
    *("brow_left", "brow_right", "frown", "smile", "cheek", "jaw", "width", "pucker"),
    *("upper_lip", "lower_lip", "shoulder_x", "shoulder_y", "shoulder_roll"),
)
_REST = {"scale": 1.0, "eye_left": 1.0, "eye_right": 1.0}
_GAP_S, _RISE_S, _FALL_S = 0.25, 0.3, 0.6
_HAND_GAP_S, _HAND_RISE_S, _HAND_FALL_S = 0.2, 0.16, 0.24
#: How far to the sides hands are shown, and from where down they are brought up, in head
#: heights from the middle of the head.
_REACH_X, _FREE_Y = 1.5, 0.55
#: Of a stretch in which a face was followed: how long, and how sure on average, it must be.
_LEAST_RUN_S, _LEAST_SURE = 0.3, 0.9
#: A shot this long tells what its face is like at rest as well as the whole film does.
_OWN_REST_S = 1.5

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Watched:
    """What was seen of one person, frame by frame; NaN where it was not.

    Attributes:
        measures: float32 ``(n, len(MEASURES))``.
        hands_px: float32 ``(n, 2, 21, 2)``, the person's left and right hand.
        presence: float32 ``(n,)``, how sure it was that there is a face.
        faces: int64 ``(n,)``, how many faces were there to choose from where one was looked
            for, else 0.
    """

    measures: NDArray[np.float32]
    hands_px: NDArray[np.float32]
    presence: NDArray[np.float32]
    faces: NDArray[np.int64]


@dataclass(frozen=True)
class Following:
    """What a character does through a film.

    Attributes:
        values: float32 ``(n, len(CONTROLS))``.
        seen: float32 ``(n,)``, 0 at rest for want of a face, to 1.
        head_px: float32 ``(n, 3)``, middle and height of a character's head that covers the
            person's; NaN in shots without a face.
        hands: float32 ``(n, 2, 21, 2)``, left and right, in head heights from the head's
            place at rest.
        hands_seen: float32 ``(n, 2)``, 0 to 1.
        lost: stretches of frames, half-open, in which the character rests.
    """

    values: NDArray[np.float32]
    seen: NDArray[np.float32]
    head_px: NDArray[np.float32]
    hands: NDArray[np.float32]
    hands_seen: NDArray[np.float32]
    lost: tuple[tuple[int, int], ...]

    def expression(self, frame: int) -> Expression:
        """What the character does in a frame."""
        v = dict(zip(CONTROLS, (float(x) for x in self.values[frame]), strict=True))
        mouth = {k: v.pop(k) for k in ("jaw", "width", "pucker", "upper_lip", "lower_lip")}
        left, right = (
            Hand(self.hands[frame, side], float(self.hands_seen[frame, side]))
            if self.hands_seen[frame, side] > 0
            else None
            for side in (0, 1)
        )
        return Expression(**v, mouth=MouthShape(**mouth), hand_left=left, hand_right=right)


def follow(watched: Watched, shots: Sequence[Shot], fps: float) -> Following:
    """What a character does that follows a person.

    Args:
        watched: of every frame.
        shots: tile the frames; nothing is carried over a cut.
        fps: frames a second.
    """
    count = len(watched.measures)
    values = np.tile(np.array([_REST.get(n, 0.0) for n in CONTROLS]), (count, 1))
    seen, head = np.zeros(count), np.full((count, 3), np.nan)
    hands = np.zeros((count, 2, HAND_POINTS, 2))
    hands_seen = np.zeros((count, 2))
    of_film = _Rest.of(watched.measures[np.isfinite(watched.measures[:, 0])].astype(np.float64))
    for shot in shots:
        part = slice(shot.start_frame, shot.end_frame)
        measures = watched.measures[part].astype(np.float64)
        there = bridged(measures, np.isfinite(measures[:, 0]), round(_GAP_S * fps))
        if not there.any() or of_film is None:
            continue
        calm = _calm(measures, there, fps)
        own = _Rest.of(measures[there])
        assert own is not None
        rest = of_film.towards(own, min(1.0, there.sum() / (_OWN_REST_S * fps)))
        moving = _controls(calm, there, rest, fps)
        share = eased(there, round(_RISE_S * fps), round(_FALL_S * fps))
        moving = _held(moving, there)
        values[part] += share[:, None] * (moving - values[part])
        seen[part] = share
        head[part] = _held(_head(calm), there)
        for side in (0, 1):
            found = watched.hands_px[part, side].astype(np.float64)
            hands[part, side], hands_seen[part, side] = _hand(found, head[part], rest, fps)
    lost = tuple(runs(~np.isfinite(watched.measures[:, 0]) & (seen < 0.5)))
    f32 = np.float32
    return Following(
        values.astype(f32),
        seen.astype(f32),
        head.astype(f32),
        hands.astype(f32),
        hands_seen.astype(f32),
        lost,
    )


def trusted(watched: Watched, fps: float) -> Watched:
    """Without faces that come up for less than a moment, or are doubtful for as long as they
    are followed: colour bars and folds of clothes are taken for faces now and then."""
    there = np.isfinite(watched.measures[:, 0])
    measures = watched.measures.copy()
    for start, end in runs(there):
        sure = float(watched.presence[start:end].mean())
        if end - start < _LEAST_RUN_S * fps or sure < _LEAST_SURE:
            measures[start:end] = np.nan
    return replace(watched, measures=measures)


@dataclass(frozen=True)
class _Rest:
    """A face at rest: ``middle`` of every measure, and how far its mouth opens."""

    middle: Floats
    shut: float
    wide: float
    eye_open: float

    @classmethod
    def of(cls, rows: Floats) -> _Rest | None:
        """None where there is nothing."""
        if not len(rows):
            return None
        gap = rows[:, AT["mouth_gap"]]
        eyes = rows[:, [AT["eye_left"], AT["eye_right"]]].mean(axis=1)
        return cls(
            np.median(rows, axis=0),
            float(np.clip(np.percentile(gap, 5) + 0.01, 0.015, 0.05)),
            float(np.clip(np.percentile(gap, 98), 0.18, 0.5)),
            float(np.percentile(eyes, 80)),
        )

    def towards(self, other: _Rest, share: float) -> _Rest:
        """Between this (0) and another (1)."""

        def between(a: float, b: float) -> float:
            return a + (b - a) * share

        return _Rest(
            self.middle + (other.middle - self.middle) * share,
            between(self.shut, other.shut),
            between(self.wide, other.wide),
            between(self.eye_open, other.eye_open),
        )

    def __getitem__(self, name: str) -> float:
        return float(self.middle[AT[name]])


#: Cutoff at rest in Hz, and Hz more for each unit a second; places in distances of the eyes.
_FILTER = {
    **dict.fromkeys(("x_px", "y_px"), (1.5, 3.0)),
    "scale_px": (0.8, 2.0),
    **dict.fromkeys(("yaw", "pitch", "roll"), (1.5, 3.0)),
    **dict.fromkeys(("eye_right", "eye_left"), (6.0, 12.0)),
    **dict.fromkeys(("gaze_x", "gaze_y"), (2.5, 4.0)),
    **dict.fromkeys(("brow_right", "brow_left", "brow_gap"), (1.5, 20.0)),
    **dict.fromkeys(("mouth_gap", "mouth_width"), (6.0, 8.0)),
    **dict.fromkeys(("corners", "upper_lip", "lower_lip", "lips"), (3.0, 20.0)),
}


def _calm(measures: Floats, there: NDArray[np.bool_], fps: float) -> Floats:
    """Smoothed within each stretch where there is a face."""
    made = measures.copy()
    least, beta = (np.array([_FILTER[n][k] for n in MEASURES]) for k in (0, 1))
    unit = np.ones(len(MEASURES))
    unit[:3] = np.nanmedian(measures[:, AT["scale_px"]])
    for start, end in runs(there):
        made[start:end] = one_euro(measures[start:end] / unit, fps, least, beta) * unit
    return made


def _controls(calm: Floats, there: NDArray[np.bool_], rest: _Rest, fps: float) -> Floats:
    """Measures to controls; rows without a face are left to be filled."""
    m = {name: calm[:, number] for name, number in AT.items()}
    made = np.full((len(calm), len(CONTROLS)), np.nan)
    size = HEAD_TO_EYES * rest["scale_px"]
    wider = m["mouth_width"] / max(rest["mouth_width"], 1e-6) - 1
    jaw = np.maximum(m["mouth_gap"] - rest.shut, 0) * 0.85 / (rest.wide - rest.shut)
    pressed = np.clip(1 - m["lips"] / max(rest["lips"], 1e-6), 0, 0.5) * 2 * (jaw < 0.05)
    # An open jaw pulls the corners down; a smile is what is more than that.
    corners = m["corners"] - rest["corners"] + 0.02 * np.clip(jaw, 0, 1)
    smile = np.clip(corners / 0.055 + 0.9 * np.clip(wider, -0.1, 0.35), -0.5, 1)
    gaze_x, gaze_y = (m[n] - 0.8 * rest[n] for n in ("gaze_x", "gaze_y"))
    eyes = _eyes(m, there, rest, fps)
    columns = {
        "yaw": m["yaw"],
        "pitch": m["pitch"] - 0.5 * rest["pitch"],
        "roll": m["roll"],
        "x": _soft((m["x_px"] - rest["x_px"]) / size, 0.28),
        "y": _soft((m["y_px"] - rest["y_px"]) / size, 0.14),
        "scale": np.clip((m["scale_px"] / rest["scale_px"]) ** 0.7, 0.86, 1.18),
        "eye_right": eyes[0],
        "eye_left": eyes[1],
        "gaze_x": np.clip(gaze_x / 0.3, -1, 1),
        "gaze_y": np.clip(gaze_y / 0.25, -1, 1),
        "frown": np.clip((1 - m["brow_gap"] / max(rest["brow_gap"], 1e-6)) / 0.14, 0, 1),
        "smile": smile,
        "cheek": 0.5 * np.clip(smile, 0, 1),
        "jaw": np.clip(jaw, 0, 1.1),
        "width": np.clip(wider / 0.25, -0.6, 1),
        "pucker": np.clip((-wider - 0.05) / 0.2, 0, 1),
        "upper_lip": np.clip((rest["upper_lip"] - m["upper_lip"]) / 0.05, 0, 1) - pressed,
        "lower_lip": np.clip((rest["lower_lip"] - m["lower_lip"]) / 0.08, 0, 1) - pressed,
    }
    for side in ("left", "right"):
        raised = m[f"brow_{side}"] / max(rest[f"brow_{side}"], 1e-6) - 1
        columns[f"brow_{side}"] = np.clip(raised / 0.2, -1, 1)
    # The trunk goes along with a part of what the head does, and later.
    slow = np.array([0.5]), np.array([0.0])
    for name, source, share in (
        ("shoulder_x", "x", 0.45),
        ("shoulder_y", "y", 0.35),
        ("shoulder_roll", "roll", 0.2),
    ):
        trunk = np.full(len(calm), np.nan)
        for start, end in runs(there):
            trunk[start:end] = one_euro(columns[source][start:end, None], fps, *slow)[:, 0]
        columns[name] = share * trunk
    for number, name in enumerate(CONTROLS):
        made[:, number] = columns[name]
    return made


def _soft(values: Floats, most: float) -> Floats:
    """Held below a bound without a corner."""
    return np.asarray(most * np.tanh(values / most))


def _eyes(
    m: dict[str, Floats], there: NDArray[np.bool_], rest: _Rest, fps: float
) -> tuple[Floats, Floats]:
    """Openness of the right and the left eye.

    A mesh sees lids move less than they do, and lids that look down for closed ones: a blink
    is a dip below what the eye was like just before and after.
    """
    window = max(3, round(1.5 * fps)) | 1
    made = []
    # The eye on the far side of a turned head is hardly seen: the near one speaks for both.
    near = np.clip(0.5 + m["yaw"] / 0.8, 0, 1)  # share of the right eye
    both = near * m["eye_right"] + (1 - near) * m["eye_left"]
    for name in ("eye_right", "eye_left"):
        openness = np.full(len(both), np.nan)
        for start, end in runs(there):
            lids = 0.6 * both[start:end] + 0.4 * m[name][start:end]
            usual = percentile_filter(lids, 80, size=min(window, end - start), mode="nearest")
            usual = np.maximum(usual, 0.75 * rest.eye_open)
            open_share = np.clip((lids / usual - 0.66) / (0.90 - 0.66), 0, 1)
            openness[start:end] = open_share * np.clip(
                1 + 0.8 * (usual / rest.eye_open - 1), 0.8, 1.25
            )
        made.append(openness)
    return made[0], made[1]


def _head(calm: Floats) -> Floats:
    """Middle and height, in pixels, of a character's head that lies over the person's."""
    middle = calm[:, [AT["x_px"], AT["y_px"]]]
    return np.concatenate([middle, HEAD_TO_EYES * calm[:, [AT["scale_px"]]]], axis=1)


def _held(values: Floats, there: NDArray[np.bool_]) -> Floats:
    """Rows without anything repeat the row before them; the first ones, the one after."""
    places = np.where(there, np.arange(len(there)), -1)
    places = np.maximum.accumulate(places)
    places[places < 0] = int(np.argmax(there))
    return np.asarray(values[places])


def _hand(
    found_px: Floats, head: Floats, rest: _Rest, fps: float
) -> tuple[Floats, Floats]:  # fmt: skip
    """A hand in head heights from the head's place at rest, and how much of it is there."""
    size = HEAD_TO_EYES * rest["scale_px"]
    place = (found_px - np.array([rest["x_px"], rest["y_px"]])) / size
    # People let their hands rest where a bust ends: what is lower is brought up, as a whole.
    palm = place[:, (0, 5, 17)].mean(axis=1)
    low = np.maximum(palm[:, 1] - _FREE_Y, 0)
    reach = np.stack([_soft(palm[:, 0], _REACH_X), palm[:, 1] - low + _soft(low, 0.4)], axis=1)
    place = place + (reach - palm)[:, None]
    flat = place.reshape(len(place), -1)
    there = bridged(flat, np.isfinite(flat[:, 0]), round(_HAND_GAP_S * fps))
    # A palm that comes up for less than a moment is a mistake of the detector.
    for start, end in runs(there):
        if end - start < 0.15 * fps:
            there[start:end] = False
    if not there.any():
        return np.zeros_like(place), np.zeros(len(place))
    both = np.full(flat.shape[1], 2.0), np.full(flat.shape[1], 4.0)
    for start, end in runs(there):
        flat[start:end] = one_euro(flat[start:end], fps, *both)
    share = eased(there, round(_HAND_RISE_S * fps), round(_HAND_FALL_S * fps))
    return _held(flat, there).reshape(place.shape), share
