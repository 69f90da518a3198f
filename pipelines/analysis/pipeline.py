"""Footage to analysis: look up what is known, compute the rest in one decode pass, store it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pipelines.analysis.analyser import PictureAnalyser
from pipelines.analysis.describe import analysis_json
from pipelines.analysis.options import PARTS, Options
from pipelines.analysis.result import Result
from studio.archive.store import Part
from studio.errors import DecodeFailed, RequestError, UnsupportedMedia
from studio.jobs.job import Job
from studio.types.analysis import FootageAnalysis, PictureFacts, SoundFacts, Speech
from studio.types.detections import Detections
from studio.types.embedding import Embeddings
from studio.types.frames import FrameBatch
from studio.types.media import FrameTimes, MediaInfo
from studio.types.shot import Shot

#: Parts that are made from pictures, in one decode pass.
PICTURE_PARTS = ("shots", "objects", "faces", "embeddings", "picture")

_VALUES: Mapping[str, Any] = {
    "shots": tuple[Shot, ...],
    "objects": Detections,
    "faces": Detections,
    "embeddings": Embeddings,
    "picture": PictureFacts,
    "speech": Speech,
    "sound": SoundFacts,
}

#: Below this share of decodable frames a file counts as broken, not as damaged.
LEAST_SEEN_SHARE = 0.5
#: Nothing can be recognised in a picture that is smaller.
LEAST_SIDE_PX = 16


def run(source: Path, options: Options, job: Job) -> Result:
    """Analyse one file.

    Raises:
        MediaError: the file cannot be read.
        RequestError: a part was asked for that the file cannot give.
        Cancelled: the user stopped it; parts that were done are stored.
    """
    from studio.media.probe import frame_times, probe

    started = time.perf_counter()
    wanted = _checked(options)
    job.report("probe", 0.0, source.name)
    info = probe(source, job.settings)
    times = frame_times(info) if info.video is not None else None
    notes = list(info.notes)
    wanted = _possible(wanted, info, times, notes)
    pictures = _analysers(info, times, options, job)
    made_by = {part: analyser.made_by for part, analyser in pictures.items()}
    made_by |= _sound_made_by(options)
    parts: dict[str, Part[Any]] = {}
    if options.cache:
        for part in wanted:
            found = job.store.get(_VALUES[part], info.content_hash, part, made_by[part])
            if found is not None:
                parts[part] = found
    missing = tuple(part for part in wanted if part not in parts)
    stored = tuple(parts)
    if not options.dry_run:
        chosen = [pictures[part] for part in missing if part in PICTURE_PARTS]
        fresh: dict[str, Part[Any]] = {}
        if chosen and times is not None:
            fresh |= _look(info, times, chosen, job)
        fresh |= _listen(info, [p for p in missing if p not in PICTURE_PARTS], options, job)
        for part, made in fresh.items():
            job.store.put(made, info.content_hash, part, made_by[part])
        parts |= fresh
    analysis = _assemble(info, times, parts, made_by, stored, notes)
    if options.out is not None and not options.dry_run:
        _write(analysis, options.out)
    job.report("analyse", 1.0, f"{len(stored)} parts known, {len(missing)} computed")
    return Result(analysis, stored, missing, time.perf_counter() - started)


def _checked(options: Options) -> tuple[str, ...]:
    unknown = [part for part in options.only if part not in PARTS]
    if unknown:
        raise RequestError(f"no analysis called {unknown[0]!r}", "There are: " + ", ".join(PARTS))
    if not 0 < options.sample_rate <= 60:
        raise RequestError(
            f"a sample rate of {float(options.sample_rate):g} frames a second cannot be used",
            "Use more than 0 and at most 60; 2 is usual.",
        )
    return tuple(part for part in PARTS if part in options.only)


def _possible(
    wanted: tuple[str, ...], info: MediaInfo, times: FrameTimes | None, notes: list[str]
) -> tuple[str, ...]:
    """The parts this file can give; raises where it can give none of one kind asked for."""
    name = info.path.name
    if info.video is None and any(part in PICTURE_PARTS for part in wanted):
        raise UnsupportedMedia(
            f"{name} has sound but no picture",
            "Give a video file, or analyse the sound alone: --only speech,sound",
        )
    if info.video is not None and min(info.video.display_wh) < LEAST_SIDE_PX:
        width, height = info.video.display_wh
        raise UnsupportedMedia(
            f"{name} is {width}x{height} pixels",
            f"Give footage of at least {LEAST_SIDE_PX} pixels a side.",
        )
    if times is not None and len(times) < 2:
        raise UnsupportedMedia(f"{name} holds a single frame", "Give footage with moving pictures.")
    if info.audio is None:
        lost = [part for part in wanted if part in ("speech", "sound")]
        if lost and len(lost) == len(wanted):
            raise RequestError(f"{name} has no sound", "Leave out speech and sound.")
        if lost:
            notes.append(f"no sound: {' and '.join(lost)} left out")
        return tuple(part for part in wanted if part not in lost)
    return wanted


def _analysers(
    info: MediaInfo, times: FrameTimes | None, options: Options, job: Job
) -> dict[str, PictureAnalyser[Any]]:
    if times is None:
        return {}
    from pipelines.analysis.embeddings import EmbeddingAnalyser
    from pipelines.analysis.faces import FaceAnalyser
    from pipelines.analysis.objects import ObjectAnalyser
    from pipelines.analysis.picture import PictureMeasures
    from pipelines.analysis.shots import ShotAnalyser

    kinds: tuple[Callable[..., PictureAnalyser[Any]], ...] = (
        ShotAnalyser,
        ObjectAnalyser,
        FaceAnalyser,
        EmbeddingAnalyser,
        PictureMeasures,
    )
    made = [kind(job.pool, info, times, options) for kind in kinds]
    return {analyser.part: analyser for analyser in made}


def _sound_made_by(options: Options) -> dict[str, dict[str, Any]]:
    from pipelines.analysis.sound import sound_made_by
    from pipelines.analysis.speech import speech_made_by

    return {"speech": speech_made_by(options), "sound": sound_made_by(options)}


class _Timed:
    """Feeds an analyser and adds up its seconds."""

    def __init__(self, analyser: PictureAnalyser[Any], job: Job) -> None:
        self.analyser = analyser
        self.seconds = 0.0
        self._job = job

    def take(self, batch: FrameBatch) -> None:
        self._job.check()
        started = time.perf_counter()
        self.analyser.take(batch)
        self.seconds += time.perf_counter() - started


def _look(
    info: MediaInfo, times: FrameTimes, chosen: list[PictureAnalyser[Any]], job: Job
) -> dict[str, Part[Any]]:
    """One decode pass that feeds every chosen analyser."""
    from studio.media.reader import Subscription, read_frames

    job.report("analyse", 0.0, "loading models")
    with ExitStack() as stack:
        feeds = []
        for analyser in chosen:
            job.check()
            started = time.perf_counter()
            stack.enter_context(analyser)
            feed = _Timed(analyser, job)
            feed.seconds += time.perf_counter() - started
            feeds.append(feed)
        report = read_frames(
            info,
            [Subscription(feed.analyser.request, feed.take) for feed in feeds],
            times=times,
            on_progress=lambda share: job.report("analyse", share, "pictures"),
        )
        if report.seen_share < LEAST_SEEN_SHARE:
            raise DecodeFailed(
                f"{info.path.name}: only {report.seen_share:.0%} of its pictures can be decoded",
                "The file is damaged or cut short; copy it again from its source.",
            )
        made: dict[str, Part[Any]] = {}
        for feed in feeds:
            started = time.perf_counter()
            value = feed.analyser.finish()
            feed.seconds += time.perf_counter() - started
            made[feed.analyser.part] = Part(
                value,
                feed.seconds,
                report.seen_share,
                (*report.notes, *feed.analyser.notes),
            )
    return made


def _listen(
    info: MediaInfo, missing: list[str], options: Options, job: Job
) -> dict[str, Part[Any]]:
    from pipelines.analysis.sound import analyse_sound
    from pipelines.analysis.speech import analyse_speech

    made: dict[str, Part[Any]] = {}
    for part in missing:
        started = time.perf_counter()
        job.report("analyse", 0.0, part)
        notes: tuple[str, ...] = ()
        value: Speech | SoundFacts
        if part == "speech":
            value, notes = analyse_speech(
                info, job.pool, options, lambda share: job.report("analyse", share, "speech")
            )
        else:
            value = analyse_sound(info, options)
        made[part] = Part(value, time.perf_counter() - started, 1.0, notes)
    return made


def _assemble(
    info: MediaInfo,
    times: FrameTimes | None,
    parts: dict[str, Part[Any]],
    made_by: dict[str, dict[str, Any]],
    stored: tuple[str, ...],
    notes: list[str],
) -> FootageAnalysis:
    for made in parts.values():
        notes += [note for note in made.notes if note not in notes]
    models = {
        part: ", ".join(f"{key}={value}" for key, value in made_by[part].items()) for part in parts
    }
    return FootageAnalysis(
        media=info,
        frame_times=times,
        seen_share=min((made.seen_share for made in parts.values()), default=1.0),
        models=models,
        seconds={part: made.seconds for part, made in parts.items() if part not in stored},
        notes=tuple(notes),
        **{part: made.value for part, made in parts.items()},
    )


def _write(analysis: FootageAnalysis, out: Path) -> None:
    import json

    from studio.media.writer import write_beside

    out.mkdir(parents=True, exist_ok=True)
    with write_beside(out / "analysis.json") as beside:
        beside.write_text(json.dumps(analysis_json(analysis), ensure_ascii=False, indent=1))
