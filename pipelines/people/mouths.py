"""How far mouths are open while somebody speaks: the face mesh, 12 and more times a second.

Only stretches are decoded in which a voice is heard and a face is seen, and only the longest of
each voice, so the cost does not grow with the length of the footage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studio.adapters import face_mesh
from studio.jobs.job import Job
from studio.types.analysis import FootageAnalysis
from studio.types.people import FaceTrack, People
from studio.types.speakers import Speakers

#: Pictures a second at the least: a syllable opens the mouth for a tenth of a second and more.
LEAST_HZ = 12.0
#: Longer side of the pictures that are looked at.
_MAX_SIDE_PX = 960
#: Turns of each voice that are watched, how much of each, and of the time before and behind it.
_TURNS, _TURN_S, _AROUND_S = 24, 6.0, 1.5
#: A track is there between two of its samples that are so near.
_HOLE_S = 1.1
_PRESENT = 0.5
#: Points of the mesh: inner lips, outer corners of the eyes.
_LIPS, _EYES = (13, 14), (33, 263)

Floats = NDArray[np.float32]
Window = tuple[float, float]


@dataclass
class MouthMotion:
    """The mouth of one person; lists of the same length, rising in time.

    Attributes:
        times_s: seconds on the source clock.
        opening: between the inner lips, in distances between the eyes' outer corners.
    """

    times_s: list[float] = field(default_factory=list)
    opening: list[float] = field(default_factory=list)


def watched(speakers: Speakers, people: People, analysis: FootageAnalysis) -> list[Window]:
    """The stretches worth looking at, in order and apart from one another.

    Of each voice the longest turns in which a face is on screen that can be told.
    """
    times = analysis.frame_times
    if times is None:
        return []
    seconds = times.seconds
    seen = [
        (float(seconds[people.tracks[n].frames[0]]), float(seconds[people.tracks[n].frames[-1]]))
        for person in people.persons
        for n in person.tracks
    ]
    windows: list[Window] = []
    for label in speakers.labels:
        turns = [(float(t.start), float(t.end)) for t in speakers.turns if t.speaker == label]
        turns = [t for t in turns if any(a < t[1] and t[0] < b + 0.5 for a, b in seen)]
        turns.sort(key=lambda turn: turn[0] - turn[1])
        for start, end in turns[:_TURNS]:
            last = min(end, start + _TURN_S)
            windows.append((max(0.0, start - _AROUND_S), last + _AROUND_S))
    joined: list[Window] = []
    for start, end in sorted(windows):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def measure_mouths(
    analysis: FootageAnalysis, people: People, windows: Sequence[Window], job: Job
) -> dict[int, MouthMotion]:
    """How far the mouths are open.

    Args:
        analysis: of the footage.
        people: in it; faces that cannot be told are not looked at.
        windows: seconds, in order.
        job: models, progress.

    Returns:
        Number of a person to what was measured.

    Raises:
        MediaError: the file cannot be read any more.
        ModelError: the model is missing or failed.
        Cancelled: the user stopped it.
    """
    from fractions import Fraction

    from studio.media.picture import Converter
    from studio.media.reader import decode_range
    from studio.types.frames import FrameRequest

    info, times = analysis.media, analysis.frame_times
    if info.video is None or times is None:
        raise ValueError("mouths are seen in pictures, and there are none")
    owners = {n: row for row, person in enumerate(people.persons) for n in person.tracks}
    seconds = times.seconds
    step = max(1, int(float(info.video.rate.fps) / LEAST_HZ))
    found: dict[int, MouthMotion] = {}
    convert = Converter(info.video, FrameRequest(max_side_px=_MAX_SIDE_PX))
    pixels = np.empty(convert.shape, np.uint8)
    with job.pool.lease(face_mesh.SPEC) as mesh:
        for number, (start_s, end_s) in enumerate(windows):
            job.report("people", number / len(windows), "mouths")
            first, last = times.frame_at(Fraction(start_s)), times.frame_at(Fraction(end_s)) + 1
            near = {
                n: people.tracks[n]
                for n in owners
                if people.tracks[n].frames[0] < last and people.tracks[n].frames[-1] >= first
            }
            followed: dict[int, Floats] = {}
            for frame, picture in decode_range(info, times, first, last):
                if (frame - first) % step:
                    continue
                places = {n: _square(t, frame, seconds, convert.wh) for n, t in near.items()}
                here = {n: square for n, square in places.items() if square is not None}
                if not here:
                    followed.clear()
                    continue
                job.check()
                convert.into(picture, pixels)
                for n, square in here.items():
                    seen = mesh.find(pixels, followed.get(n, square), again=n not in followed)
                    if seen.presence[0] < _PRESENT:
                        followed.pop(n, None)
                        continue
                    followed[n] = face_mesh.squares_of_meshes(seen.points_px)
                    points = seen.points_px[0]
                    eyes = float(np.linalg.norm(points[_EYES[0]] - points[_EYES[1]]))
                    lips = float(np.linalg.norm(points[_LIPS[0]] - points[_LIPS[1]]))
                    motion = found.setdefault(owners[n], MouthMotion())
                    motion.times_s.append(float(seconds[frame]))
                    motion.opening.append(lips / max(eyes, 1e-3))
                for n in set(followed) - set(here):
                    del followed[n]
    return found


def _square(
    track: FaceTrack, frame: int, seconds: NDArray[np.float64], wh: tuple[int, int]
) -> Floats | None:
    """Where to look for a track's mesh, between its samples; None where it is not there."""
    row = int(np.searchsorted(track.frames, frame))
    if row == len(track.frames) or (row == 0 and track.frames[0] != frame):
        return None
    before = row - 1 if track.frames[row] != frame else row
    a, b = int(track.frames[before]), int(track.frames[row])
    if seconds[b] - seconds[a] > _HOLE_S:
        return None
    share = (frame - a) / (b - a) if b > a else 0.0
    size = np.array(wh, np.float32)
    box = (1 - share) * track.xyxy[before] + share * track.xyxy[row]
    points = (1 - share) * track.landmarks[before] + share * track.landmarks[row]
    return face_mesh.squares_of_boxes(
        (box * np.tile(size, 2))[None].astype(np.float32), (points * size)[None].astype(np.float32)
    )
