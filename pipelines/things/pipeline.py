"""Films searched for things that were shown to the studio."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.things.known import open_references
from pipelines.things.matching import FRAME_PX, Features, Sighting, features_of, find
from pipelines.things.options import Options
from pipelines.things.result import Result, Seen
from studio.archive.references import Reference, clean
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo

#: Samples a thing may be missed on and still be the same sighting.
_GAP = 1


@dataclass
class _Open:
    """A sighting that may go on."""

    name: str
    first: int
    last: int
    frame: int
    best: Sighting
    reference: str
    samples: int = 1


@dataclass
class _Looking:
    """What was seen so far."""

    known: list[tuple[Reference, Features]]
    samples: list[int] = field(default_factory=list)
    open: dict[str, _Open] = field(default_factory=dict)
    closed: list[_Open] = field(default_factory=list)

    def look(self, pixels: NDArray[np.uint8], frame: int) -> None:
        """Take the next sample."""
        at = len(self.samples)
        self.samples.append(frame)
        features = features_of(pixels, reference=False)
        best: dict[str, tuple[Sighting, str]] = {}
        for reference, mine in self.known:
            found = find(mine, features)
            if found is None:
                continue
            before = best.get(reference.name)
            if before is None or found.agreeing > before[0].agreeing:
                best[reference.name] = (found, reference.source)
        for name, (found, source) in best.items():
            going = self.open.get(name)
            if going is None:
                self.open[name] = _Open(name, at, at, frame, found, source)
                continue
            going.last, going.samples = at, going.samples + 1
            if found.agreeing > going.best.agreeing:
                going.best, going.frame, going.reference = found, frame, source
        for name in [n for n, going in self.open.items() if at - going.last > _GAP]:
            self.closed.append(self.open.pop(name))

    def seen(self, times: FrameTimes) -> tuple[Seen, ...]:
        """All sightings, by their start."""
        ends = [*self.samples[1:], len(times)]
        found = [
            Seen(
                one.name,
                times.start(self.samples[one.first]),
                times.start(ends[one.last]),
                one.frame,
                tuple((round(float(x), 4), round(float(y), 4)) for x, y in one.best.corners),
                one.reference,
                one.best.agreeing,
                round(one.best.score, 4),
                one.samples,
            )
            for one in (*self.closed, *self.open.values())
        ]
        return tuple(sorted(found, key=lambda seen: (seen.start, seen.name)))


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
    looking = _Looking(_features(references, job))

    def take(batch: FrameBatch) -> None:
        job.check()
        for pixels, frame in zip(batch.pixels, batch.frames.tolist(), strict=True):
            looking.look(pixels, frame)

    request = FrameRequest(max_side_px=FRAME_PX, rate=options.sample_rate, batch=1)
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


def _features(references: Sequence[Reference], job: Job) -> list[tuple[Reference, Features]]:
    from studio.media.still import read_still

    found = []
    for number, reference in enumerate(references):
        job.check()
        job.report("references", number / len(references), reference.name)
        pixels = read_still(reference.picture, job.settings)
        found.append((reference, features_of(pixels, reference=True)))
    return found


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
        thick = max(2, pixels.shape[0] // 240)
        cv2.polylines(pixels, [np.rint(outline).astype(np.int32)], True, (0, 190, 120), thick)
        safe = "".join(c if c.isalnum() else "_" for c in one.name)
        files[f"{number}"] = out / f"{number:03d}-{safe}.jpg"
        with write_beside(files[f"{number}"]) as beside:
            beside.write_bytes(jpeg_bytes(pixels))
    files["things"] = out / "things.json"
    with write_beside(files["things"]) as beside:
        text = json.dumps(to_json(list(seen)), ensure_ascii=False, indent=1)
        beside.write_text(text, encoding="utf-8")
    return files
