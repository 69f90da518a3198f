"""A film that stands behind people: its picture at the footage's time, from the start again
where it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.filter.drawing import Rgb
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.media import FrameTimes, MediaInfo

#: Endings of what is looked at as a film, not as a picture.
FILMS = (".mp4", ".mov", ".mkv", ".webm", ".m4v", ".avi", ".mpg", ".mpeg", ".ts", ".wmv")


@dataclass(frozen=True)
class PlateFilm:
    """A film to stand behind people.

    Attributes:
        info, times: as probed.
    """

    info: MediaInfo
    times: FrameTimes

    @property
    def length_s(self) -> float:
        """Seconds until it begins again."""
        return float(self.times.start(len(self.times)) - self.times.start(0))

    def frame_at(self, time_s: float) -> int:
        """The frame that is seen at a time of the footage."""
        stamps = self.times.seconds
        place = np.searchsorted(stamps, stamps[0] + time_s % self.length_s + 1e-6, side="right")
        return int(np.clip(place - 1, 0, len(self.times) - 1))


def is_film(path: Path) -> bool:
    """Whether a file is a film, by its name."""
    return path.suffix.lower() in FILMS


def read_plate(path: Path, job: Job) -> PlateFilm:
    """Probe a film that is to stand behind people.

    Raises:
        MediaError: it cannot be opened.
        RequestError: it has no picture.
    """
    from studio.media.probe import frame_times, probe

    info = probe(path, job.settings)
    if info.video is None:
        raise RequestError(f"{path.name} has no picture.", "Give a film or a picture.")
    return PlateFilm(info, frame_times(info, job.settings))


class Plate:
    """Gives the pictures of such a film in turn. For one thread.

    Args:
        film: to be shown.
    """

    def __init__(self, film: PlateFilm) -> None:
        self._film = film
        self._decoded: Iterator[tuple[int, Any]] = iter(())
        self._waiting: tuple[int, Any] | None = None
        self._shown: tuple[int, Rgb] | None = None
        self._convert: Any = None

    def __call__(self, time_s: float) -> tuple[int, Rgb]:
        """Number and picture of the frame at a time, uint8 or uint16 ``(h, w, 3)``; a frame that
        cannot be decoded shows the one before.

        Raises:
            RequestError: nothing of the film can be decoded.
        """
        from studio.media.reader import decode_range
        from studio.media.rgb_film import RgbConverter

        film = self._film
        assert film.info.video is not None
        if self._convert is None:
            self._convert = RgbConverter(film.info.video)
        wanted = film.frame_at(time_s)
        if self._shown is None or wanted < self._shown[0]:
            self._decoded = decode_range(film.info, film.times, wanted, len(film.times))
            self._waiting, shown = next(self._decoded, None), None
            if self._waiting is None and self._shown is None:
                raise RequestError(
                    f"No picture of {film.info.path.name} from frame {wanted} on can be decoded.",
                    "Give another film to stand behind.",
                )
            shown = self._waiting
            self._waiting = next(self._decoded, None)
        else:
            shown = None
        while self._waiting is not None and self._waiting[0] <= wanted:
            shown, self._waiting = self._waiting, next(self._decoded, None)
        if shown is not None:
            self._shown = (wanted, self._convert(shown[1]))
        assert self._shown is not None
        return self._shown
