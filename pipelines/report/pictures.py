"""The pictures of a report's page: one of each shot, of odd events, of known things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.report.raw_tables import Footage
from studio.jobs.job import Job

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Shots, events and sightings that are shown; the tables hold all.
MOST_SHOTS, MOST_EVENTS = 240, 12
_SHOT_PX, _EVENT_PX = 192, 320
_OUTLINE = (((20, 20, 20), 4), ((255, 210, 60), 2))


@dataclass(frozen=True)
class Pictures:
    """Paths from the page.

    Attributes:
        shots: by number of the shot.
        events, sightings: by row of the raw table.
    """

    shots: dict[int, str] = field(default_factory=dict)
    events: dict[int, str] = field(default_factory=dict)
    sightings: dict[int, str] = field(default_factory=dict)


def write_pictures(film: Footage, stem: str, out: Path, job: Job) -> Pictures:
    """Write them; what cannot be decoded is shown without a picture.

    Raises:
        EncodeFailed: a picture cannot be written.
        Cancelled: the user stopped it.
    """
    found = Pictures()
    shots = film.shots[:MOST_SHOTS]
    for number, shot in enumerate(shots):
        job.report("pictures", number / max(len(shots), 1), film.name)
        middle = (shot.clean_start_frame + shot.clean_end_frame) // 2
        name = f"pictures/{stem}-{number:04d}.jpg"
        if _write(film, middle, out / name, _SHOT_PX, None, job):
            found.shots[number] = name
    for row, event in enumerate(film.events[:MOST_EVENTS]):
        if event.frame < 0:
            continue
        corners = None
        if event.xyxy is not None:
            left, top, right, bottom = event.xyxy
            corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        name = f"pictures/{stem}-event-{row + 1:02d}.jpg"
        if _write(film, event.frame, out / name, _EVENT_PX, corners, job):
            found.events[row] = name
    for row, one in enumerate((film.sightings or ())[:MOST_EVENTS]):
        name = f"pictures/{stem}-thing-{row + 1:02d}.jpg"
        if _write(film, one.frame, out / name, _EVENT_PX, one.corners, job):
            found.sightings[row] = name
    return found


def _write(
    film: Footage,
    frame: int,
    path: Path,
    side_px: int,
    corners: Sequence[tuple[float, float]] | None,
    job: Job,
) -> bool:
    from pipelines.people.footage_faces import picture_at
    from studio.errors import DecodeFailed
    from studio.media.image_io import jpeg_bytes
    from studio.media.writer import write_beside

    job.check()
    try:
        pixels = picture_at(film.analysis.media, film.times, frame)
    except DecodeFailed:
        return False
    with write_beside(path) as beside:
        beside.write_bytes(jpeg_bytes(_shown(pixels, side_px, corners)))
    return True


def _shown(
    pixels: NDArray[np.uint8], side_px: int, corners: Sequence[tuple[float, float]] | None
) -> Any:
    import cv2

    share = side_px / max(pixels.shape[:2])
    if share < 1:
        wh = [max(1, round(side * share)) for side in pixels.shape[1::-1]]
        pixels = np.asarray(cv2.resize(pixels, wh, interpolation=cv2.INTER_AREA), np.uint8)
    if corners is None:
        return pixels
    shown = pixels.copy()
    outline = np.rint(np.array(corners) * shown.shape[1::-1]).astype(np.int32)
    for color, wide in _OUTLINE:  # seen on dark and on bright
        cv2.polylines(shown, [outline], True, color, wide, cv2.LINE_AA)
    return shown
