"""What ``studio people identify`` gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.people.poses import CameraWay
from pipelines.people.screen_time import OnScreen
from pipelines.people.walks import Walk
from studio.types.media import FrameTimes, MediaInfo
from studio.types.people import People


@dataclass(frozen=True)
class Result:
    """What ``studio people identify`` gives.

    Attributes:
        media: the file.
        times: of its frames.
        people: who is seen in it; nobody on a dry run.
        on_screen: how each of its persons is seen.
        gallery: folder of known people.
        known: their names.
        limits: how near a face has to come to each of them.
        files: ``people`` (JSON), ``expressions`` and ``ways`` (CSV over time) and a picture for
            each label; none without ``out``.
        stored, computed: parts of the analysis.
        walks: bodies through the shots and whose they are; none where they were not asked for.
        aspect: width over height of the picture.
        camera: its turns, which are taken away from the bodies' speeds; None without bodies.
        expressions: what the columns of the tracks' expressions are called.
        notes: what a user should know.
        wall_s: seconds this run took.
    """

    media: MediaInfo
    times: FrameTimes
    people: People
    on_screen: tuple[OnScreen, ...]
    gallery: Path
    known: tuple[str, ...]
    limits: dict[str, float]
    files: dict[str, Path]
    stored: tuple[str, ...]
    computed: tuple[str, ...]
    notes: tuple[str, ...]
    wall_s: float
    walks: tuple[Walk, ...] = ()
    aspect: float = 1.0
    camera: CameraWay | None = None
    expressions: tuple[str, ...] = ()
