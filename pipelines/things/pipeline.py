"""Films searched for things that were shown to the studio."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.things.known import open_references
from pipelines.things.matching import FRAME_PX, LEAST_POINTS, Features, features_of, find
from pipelines.things.options import Options
from pipelines.things.regions import (
    ALIKE,
    Look,
    best_regions,
    limits_of,
    looks_of,
    reference_look,
)
from pipelines.things.result import Result, Seen
from studio.adapters import efficientnet, picture_regions
from studio.archive.references import Reference, clean
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo

if TYPE_CHECKING:
    from studio.adapters.efficientnet import EfficientNet
    from studio.adapters.picture_regions import PictureRegions

#: Colours of an outline and how wide they are drawn.
_OUTLINE = (((20, 20, 20), 2), ((255, 210, 60), 1))
#: Samples a thing may be missed on and still be the same sighting.
_GAP = 1


@dataclass(frozen=True)
class _Sample:
    """A thing on one sample: where, how well, by which reference."""

    corners: tuple[tuple[float, float], ...]
    agreeing: int
    score: float
    reference: str
    how: str


@dataclass
class _Open:
    """A sighting that may go on."""

    name: str
    first: int
    last: int
    frame: int
    best: _Sample
    samples: int = 1


@dataclass
class _Looking:
    """What was seen so far."""

    known: list[tuple[Reference, Features]]
    plain: Plain | None = None
    samples: list[int] = field(default_factory=list)
    open: dict[str, _Open] = field(default_factory=dict)
    closed: list[_Open] = field(default_factory=list)

    def look(self, pixels: NDArray[np.uint8], frame: int) -> None:
        """Take the next sample."""
        at = len(self.samples)
        self.samples.append(frame)
        for name, found in self._here(pixels).items():
            going = self.open.get(name)
            if going is None:
                self.open[name] = _Open(name, at, at, frame, found)
                continue
            going.last, going.samples = at, going.samples + 1
            if (found.agreeing, found.score) > (going.best.agreeing, going.best.score):
                going.best, going.frame = found, frame
        for name in [n for n, going in self.open.items() if at - going.last > _GAP]:
            self.closed.append(self.open.pop(name))

    def _here(self, pixels: NDArray[np.uint8]) -> dict[str, _Sample]:
        """What is on a sample; what a pattern tells goes over what a region does."""
        found = self.plain.here(pixels) if self.plain is not None else {}
        if not self.known:
            return found
        features = features_of(pixels, reference=False)
        for reference, mine in self.known:
            one = find(mine, features)
            before = found.get(reference.name)
            if one is not None and (before is None or one.agreeing > before.agreeing):
                found[reference.name] = _Sample(
                    _rounded(one.corners), one.agreeing, one.score, reference.source, "points"
                )
        return found

    def seen(self, times: FrameTimes) -> tuple[Seen, ...]:
        """All sightings, by their start."""
        ends = [*self.samples[1:], len(times)]
        found = [
            Seen(
                one.name,
                times.start(self.samples[one.first]),
                times.start(ends[one.last]),
                one.frame,
                one.best.corners,
                one.best.reference,
                one.best.agreeing,
                round(one.best.score, 4),
                one.samples,
                one.best.how,
            )
            for one in (*self.closed, *self.open.values())
            # What is unsure and there for a moment only is more often not the thing.
            if one.best.how != "maybe" or one.samples > 1
        ]
        return tuple(sorted(found, key=lambda seen: (seen.start, seen.name)))


@dataclass
class Plain:
    """Finds things without a pattern by their regions.

    Args:
        looks: the references and what they look like.
        finder, seer: models that are held.
    """

    looks: list[tuple[Reference, Look]]
    finder: PictureRegions
    seer: EfficientNet
    limits: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        """Set the limits by what the known things are like each other."""
        self.limits = limits_of(self._named)

    @property
    def _named(self) -> list[tuple[str, Look]]:
        return [(reference.name, look) for reference, look in self.looks]

    def here(self, pixels: NDArray[np.uint8]) -> dict[str, _Sample]:
        """What is on a frame."""
        regions = looks_of(pixels, [look for _, look in self.looks], self.finder, self.seer)
        found = {}
        for name, (at, score) in best_regions(self._named, self.limits, regions).items():
            left, top, right, bottom = regions.xyxy[at]
            corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
            source = next(reference.source for reference, _ in self.looks if reference.name == name)
            how = "region" if score >= ALIKE else "maybe"
            found[name] = _Sample(_rounded(corners), 0, score, source, how)
        return found


def _rounded(corners: NDArray[Any]) -> tuple[tuple[float, float], ...]:
    return tuple((round(float(x), 4), round(float(y), 4)) for x, y in corners)


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Find known things in one film.

    Args:
        source: the film.
        options: what is wanted.
        job: settings, progress.

    Raises:
        MediaError: the film cannot be read.
        RequestError: nothing is known yet, or an option cannot work.
        Cancelled: the user stopped it.
    """
    from studio.media.probe import frame_times, probe
    from studio.media.reader import Subscription, read_frames

    started = time.perf_counter()
    given = [source] if isinstance(source, Path) else list(source)
    if len(given) != 1:
        raise RequestError(f"{len(given)} films were given.", "Give one: studio things find FILM")
    if not 0 < options.sample_rate <= 60:
        raise RequestError("A sample rate must lie between 0 and 60.", "1 is usual.")
    references = _wanted(options, job)
    info = probe(given[0], job.settings)
    if info.video is None:
        raise RequestError(f"{given[0].name} has no picture.", "Name a film.")
    looked_for = dict(Counter(reference.name for reference in references))
    if options.dry_run:
        return Result(info.path, (), looked_for, wall_s=time.perf_counter() - started)
    times = frame_times(info)
    patterned, plain = _features(references, job)
    looking = _Looking(patterned)

    def take(batch: FrameBatch) -> None:
        job.check()
        for pixels, frame in zip(batch.pixels, batch.frames.tolist(), strict=True):
            looking.look(pixels, frame)

    request = FrameRequest(max_side_px=FRAME_PX, rate=options.sample_rate, batch=1)
    with ExitStack() as held:
        if plain:
            finder = held.enter_context(job.pool.lease(picture_regions.SPEC))
            seer = held.enter_context(job.pool.lease(efficientnet.SPEC))
            looks = [(reference, reference_look(pixels, seer)) for reference, pixels in plain]
            looking.plain = Plain(looks, finder, seer)
        report = read_frames(
            info,
            [Subscription(request, take)],
            times=times,
            on_progress=lambda share: job.report("things", share, info.path.name),
        )
    seen = looking.seen(times)
    files = _write(info, times, seen, options.out) if options.out is not None else {}
    job.report("things", 1.0, f"{len(seen)} sightings")
    wall_s = time.perf_counter() - started
    return Result(info.path, seen, looked_for, files, tuple(report.notes), wall_s)


def _wanted(options: Options, job: Job) -> list[Reference]:
    known = open_references(job.settings, options.references)
    every = known.all()
    if not every:
        raise RequestError(
            "No thing is known yet.", "Show one first: studio things add NAME PICTURE"
        )
    wanted = {clean(name).casefold() for name in options.names}
    there = {reference.name.casefold() for reference in every}
    if missing := sorted(wanted - there):
        raise RequestError(
            f"Nothing is called {missing[0]}.", f"There are: {', '.join(known.names)}"
        )
    return [r for r in every if not wanted or r.name.casefold() in wanted]


def _features(
    references: Sequence[Reference], job: Job
) -> tuple[list[tuple[Reference, Features]], list[tuple[Reference, NDArray[np.uint8]]]]:
    """References with a pattern and its features, and those without and their pictures."""
    from studio.media.still import read_still

    found, plain = [], []
    for number, reference in enumerate(references):
        job.check()
        job.report("references", number / len(references), reference.name)
        pixels = read_still(reference.picture, job.settings)
        features = features_of(pixels, reference=True)
        if len(features.points) >= LEAST_POINTS:
            found.append((reference, features))
        else:
            plain.append((reference, pixels))
    return found, plain


def _write(info: MediaInfo, times: FrameTimes, seen: Sequence[Seen], out: Path) -> dict[str, Path]:
    """A picture of each sighting with its outline, then the list."""
    import cv2

    from pipelines.people.footage_faces import picture_at
    from studio.codec import to_json
    from studio.media.image_io import jpeg_bytes
    from studio.media.writer import write_beside

    files: dict[str, Path] = {}
    for number, one in enumerate(seen, start=1):
        pixels = picture_at(info, times, one.frame).copy()
        outline = np.array(one.corners) * pixels.shape[1::-1]
        thick = max(2, pixels.shape[0] // 160)
        for color, wide in _OUTLINE:  # seen on dark and on bright
            points = [np.rint(outline).astype(np.int32)]
            cv2.polylines(pixels, points, True, color, thick * wide, cv2.LINE_AA)
        safe = "".join(c if c.isalnum() else "_" for c in one.name)
        files[f"{number}"] = out / f"{number:03d}-{safe}.jpg"
        with write_beside(files[f"{number}"]) as beside:
            beside.write_bytes(jpeg_bytes(pixels))
    files["things"] = out / "things.json"
    with write_beside(files["things"]) as beside:
        text = json.dumps(to_json(list(seen)), ensure_ascii=False, indent=1)
        beside.write_text(text, encoding="utf-8")
    return files
