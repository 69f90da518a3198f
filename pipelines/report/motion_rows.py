"""Rows of bodies: who is in the picture whether or not a face shows, and what the body does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipelines.people.poses import camera_way, pose_facts
from studio.types.table import Cell

if TYPE_CHECKING:
    from pipelines.report.raw_tables import Footage

#: Every frame on which bodies were looked for, found or not; and every body on them that is
#: followed through its shot.
BODY_FRAMES = ("file", "frame", "time_s", "from_s", "seconds", "shot", "bodies")
BODY_SAMPLES = (
    *("file", "frame", "time_s", "seconds", "shot", "body", "named", "body_track", "score"),
    *("hands_raised", "posture", "body_heights_per_s", "left", "top", "right", "bottom"),
)

Rows = list[tuple[Cell, ...]]


def body_rows(film: Footage) -> tuple[Rows, Rows]:
    """Rows of the two tables; none where bodies were not looked for.

    A sample of a body stands for the time until the next frame on which bodies were looked for,
    six a second, or the end of its shot; poses are measured on every other of them.
    """
    from pipelines.report.raw_tables import sample_stretches

    bodies = film.analysis.bodies
    if bodies is None:
        return [], []
    frames, begins, weights = sample_stretches(
        bodies.sampled_frames, film.times, film.shots, one_a_shot=False
    )
    weight_of = dict(zip(frames.tolist(), weights.tolist(), strict=True))
    starts = np.array([shot.start_frame for shot in film.shots], np.int64)
    shots = (np.searchsorted(starts, frames, side="right") - 1).tolist()
    shot_of = dict(zip(frames.tolist(), shots, strict=True))
    views = film.analysis.views
    camera = camera_way(views, film.times) if views is not None else None
    samples: Rows = []
    for walk in film.walks:
        track = walk.track
        facts = pose_facts(track, film.times, bodies.aspect, camera)
        for row, frame in enumerate(track.frames.tolist()):
            if frame not in weight_of:
                continue
            hands, speed = int(facts.arms_raised[row]), float(facts.speed[row])
            samples.append(
                (
                    film.name,
                    frame,
                    round(float(film.times.start(frame)), 4),
                    round(weight_of[frame], 4),
                    shot_of[frame],
                    walk.label,
                    int(walk.name is not None),
                    track.number,
                    round(float(track.scores[row]), 4),
                    None if hands < 0 else hands,
                    facts.posture[row],
                    None if np.isnan(speed) else round(speed, 3),
                    *(round(float(side), 4) for side in track.xyxy[row]),
                )
            )
    samples.sort(key=lambda each: (int(each[1] or 0), int(each[7] or 0)))
    counts: dict[int, int] = {}
    for sample in samples:
        counts[int(sample[1] or 0)] = counts.get(int(sample[1] or 0), 0) + 1
    looked: Rows = [
        (
            film.name,
            frame,
            round(float(film.times.start(frame)), 4),
            round(float(begin), 4),
            round(float(weight), 4),
            shot_of[frame],
            counts.get(frame, 0),
        )
        for frame, begin, weight in zip(frames.tolist(), begins, weights, strict=True)
    ]
    return looked, samples
