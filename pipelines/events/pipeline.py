"""Footage to its odd events: analyse, judge, write a table, pictures and a timeline."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from pipelines import analysis
from pipelines.events.judging import odd_events
from pipelines.events.options import Options
from pipelines.events.result import OddEvent, Result
from pipelines.events.things_and_sounds import check_classes
from studio.adapters import yolo
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.analysis import FootageAnalysis
from studio.types.timeline import Reason, Role, Timeline

#: Before and behind an event in its clip.
_HANDLE_S = Fraction(3, 4)
#: Longer side of the pictures.
_PICTURE_PX = 960


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Find what does not fit in one film.

    Args:
        source: the film.
        options: what is wanted.
        job: settings, models, store, progress.

    Raises:
        MediaError: the film cannot be read.
        RequestError: it has no picture, or an option cannot work with it.
        ModelError: a model is missing, corrupt or failed.
        Cancelled: the user stopped it.
    """
    from studio.media.probe import probe

    started = time.perf_counter()
    given = [source] if isinstance(source, Path) else list(source)
    if len(given) != 1:
        raise RequestError(f"{len(given)} films were given.", "Give one: studio events FILM")
    if not options.loiter_s >= 1:
        raise RequestError("Nobody loiters for less than a second.", "20 is usual.")
    if not 0 <= options.least_score <= 1:
        raise RequestError("A least score lies between 0 and 1.", "0.3 is usual.")
    wanted = check_classes(options.abnormal, yolo.LABELS)
    info = probe(given[0], job.settings)
    if info.video is None:
        raise RequestError(f"{given[0].name} has no picture.", "Name a film.")
    sound = options.sound and info.audio is not None
    parts = ["shots", "bodies", "body_tracks", "views"]
    parts += ["objects"] if wanted else []
    parts += ["noises", "sound_events"] if sound else []
    known = analysis.run(
        given[0],
        analysis.Options(only=tuple(parts), cache=options.cache, dry_run=options.dry_run),
        job,
    )
    footage = known.analysis
    notes = list(footage.notes)
    if options.sound and not sound:
        notes.append("no sound: nothing was listened for")
    events: tuple[OddEvent, ...] = ()
    files: dict[str, Path] = {}
    if not options.dry_run:
        events = odd_events(footage, options, wanted)
        if not events:
            notes.append("nothing odd was found; where few people are seen nothing is usual either")
        if options.out is not None:
            files, more = _write(footage, events, options, options.out, job)
            notes += more
    job.report("events", 1.0, f"{len(events)} events")
    return Result(
        media=footage.media,
        events=events,
        people=len(footage.body_tracks) if footage.body_tracks is not None else 0,
        files=files,
        stored=known.stored,
        computed=known.computed,
        notes=tuple(notes),
        wall_s=time.perf_counter() - started,
    )


def _write(
    footage: FootageAnalysis, events: Sequence[OddEvent], options: Options, out: Path, job: Job
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """The table, a picture of each event, timelines, and films where they are asked for."""
    from pipelines.events.describe import events_table
    from pipelines.search.cut_list import write_exchange
    from studio.codec import to_json
    from studio.media.contact_sheet import write_contact_sheet
    from studio.media.writer import write_beside
    from studio.tables.table_files import write_csv

    files = {"table": out / "events.json", "csv": out / "events.csv"}
    with write_beside(files["table"]) as beside:
        rows = {"footage": str(footage.media.path), "events": to_json(list(events))}
        beside.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    write_csv(events_table(events), files["csv"])
    if not events:
        return files, ()
    for number, event in enumerate(events, start=1):
        job.check()
        files[f"picture {number}"] = out / f"event-{number:02}.jpg"
        _picture(footage, event, files[f"picture {number}"])
    timeline = _timeline(footage, events, options)
    made, notes = write_exchange(timeline, out, "events")
    files |= made
    files["contact_sheet"] = out / "contact-sheet.png"
    kinds = [clip.reasons[0].name for clip in timeline.clips]
    write_contact_sheet(
        timeline, files["contact_sheet"], settings=job.settings, check=job.check, titles=kinds
    )
    if options.clips:
        files |= _clips(timeline, out, job)
    return files, notes


def _picture(footage: FootageAnalysis, event: OddEvent, path: Path) -> None:
    import cv2
    import numpy as np

    from pipelines.people.footage_faces import picture_at
    from studio.media.image_io import jpeg_bytes
    from studio.media.writer import write_beside

    if footage.frame_times is None:
        raise ValueError("a picture is taken of footage that has some")
    pixels = picture_at(footage.media, footage.frame_times, event.frame)
    scale = min(1.0, _PICTURE_PX / max(pixels.shape[:2]))
    wh = [max(round(side * scale), 1) for side in pixels.shape[1::-1]]
    small = cv2.resize(pixels, wh, interpolation=cv2.INTER_AREA)
    if event.xyxy is not None:
        left, top, right, bottom = np.rint(np.array(event.xyxy) * [*wh, *wh]).astype(int).tolist()
        cv2.rectangle(small, (left, top), (right, bottom), (255, 90, 60), max(2, wh[1] // 240))
    with write_beside(path) as beside:
        beside.write_bytes(jpeg_bytes(small))


def _timeline(footage: FootageAnalysis, events: Sequence[OddEvent], options: Options) -> Timeline:
    """The events one after the other, with a little before and behind each."""
    from pipelines.search.cut_list import Cutting, cut_list
    from studio.codec import to_json

    times = footage.frame_times
    if times is None:
        raise ValueError("a timeline is made of pictures")
    cuttings = []
    for event in events:
        first = times.frame_at(max(event.start - _HANDLE_S, Fraction(0)))
        last = times.frame_at(event.end + _HANDLE_S) + 1
        reason = Reason(event.kind, event.score, 1.0, event.reason)
        cuttings.append(Cutting(footage.media, times, first, last, (reason,)))
    asked = to_json(options)
    return cut_list(
        f"odd events in {footage.media.path.name}",
        cuttings,
        options={k: v for k, v in asked.items() if k not in ("out", "dry_run")},
        models=dict(footage.models or {}),
        role=Role.ODD,
    )


def _clips(timeline: Timeline, out: Path, job: Job) -> dict[str, Path]:
    """Each event as a film of its own."""
    import hashlib
    from dataclasses import replace

    from studio.codec import to_json
    from studio.media.render import render_timeline

    files: dict[str, Path] = {}
    for number, clip in enumerate(timeline.clips, start=1):
        job.report("clips", (number - 1) / len(timeline.clips), clip.id)
        alone = replace(timeline, items=(clip,))
        files[f"clip {number}"] = out / f"event-{number:02}.mp4"
        digest = hashlib.sha256(json.dumps(to_json(alone), sort_keys=True).encode()).hexdigest()
        work = job.settings.cache_dir / "renders" / digest[:16]
        path = files[f"clip {number}"]
        render_timeline(alone, path, work, settings=job.settings, check=job.check)
        shutil.rmtree(work, ignore_errors=True)
    return files
