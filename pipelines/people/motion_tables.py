"""People in motion as tables: expressions over time, ways and poses over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.people.expressions import expression_curve
from pipelines.people.poses import SITTING, STANDING, CameraWay, pose_facts
from pipelines.people.walks import Walk
from studio.types.media import FrameTimes
from studio.types.motion import PoseFacts
from studio.types.people import People
from studio.types.table import Cell, Table

_TURNS = ("yaw_deg", "pitch_deg", "roll_deg")


def expressions_table(people: People, names: tuple[str, ...], times: FrameTimes) -> Table:
    """A row a face and sample: whose, when, how the head is turned, what it expresses.

    The probabilities are smoothed along the track (see :mod:`pipelines.people.expressions`);
    the label is ``unsure`` where none reaches a half and where the head is turned away.

    Args:
        people: with heads and expressions.
        names: of the expressions.
        times: of the footage's frames.
    """
    rows: list[tuple[Cell, ...]] = []
    for number, track in enumerate(people.tracks):
        person = people.person_of(number)
        curve = expression_curve(track, names, times)
        for row, frame in enumerate(track.frames.tolist()):
            turns = track.head_deg[row] if len(track.head_deg) else np.full(3, np.nan)
            rows.append(
                (
                    person.label if person is not None else None,
                    number,
                    frame,
                    round(float(curve.times_s[row]), 3),
                    *(None if np.isnan(v) else round(float(v), 1) for v in turns),
                    curve.labels[row],
                    *(round(float(v), 3) for v in curve.chances[row]),
                )
            )
    rows.sort(key=lambda each: (each[2], each[1]))
    columns = ("person", "face_track", "frame", "time_s", *_TURNS, "expression", *names)
    return Table("expressions", columns, tuple(rows))


def ways_table(
    walks: Sequence[Walk], times: FrameTimes, aspect: float, camera: CameraWay | None = None
) -> Table:
    """A row a body and sample: whose, when, where, how fast, hands up, sitting or standing.

    Args:
        walks: of the footage.
        times: of its frames.
        aspect: width over height of the picture.
        camera: see :func:`~pipelines.people.poses.pose_facts`.
    """
    rows: list[tuple[Cell, ...]] = []
    for walk in walks:
        track = walk.track
        facts = pose_facts(track, times, aspect, camera)
        for row, frame in enumerate(track.frames.tolist()):
            hands = int(facts.arms_raised[row])
            speed = float(facts.speed[row])
            rows.append(
                (
                    walk.label,
                    track.number,
                    frame,
                    round(float(times.start(frame)), 3),
                    *(round(float(side), 4) for side in track.xyxy[row]),
                    round(float(track.scores[row]), 3),
                    None if np.isnan(speed) else round(speed, 2),
                    None if hands < 0 else hands,
                    facts.posture[row],
                )
            )
    rows.sort(key=lambda each: (each[2], each[1]))
    columns = (
        *("person", "body_track", "frame", "time_s", "left", "top", "right", "bottom", "score"),
        *("body_heights_per_s", "hands_raised", "posture"),
    )
    return Table("ways", columns, tuple(rows))


def told_of(facts: PoseFacts) -> dict[str, float | None]:
    """What a body did, in short: middle speed, share of samples with a hand up, sitting and
    standing of those on which it can be told."""
    seen = facts.arms_raised >= 0
    told = [p for p in facts.posture if p in (SITTING, STANDING)]
    speeds = facts.speed[~np.isnan(facts.speed)]
    return {
        "body_heights_per_s": round(float(np.median(speeds)), 2) if len(speeds) else None,
        "hand_raised": round(float((facts.arms_raised[seen] > 0).mean()), 3)
        if seen.any()
        else None,
        "sitting": round(told.count(SITTING) / len(told), 3) if told else None,
    }
