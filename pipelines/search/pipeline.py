"""A question to answers, thumbnails and timelines."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from pipelines.search.asking import ask, chosen_media, not_searchable
from pipelines.search.corrections_changed import renew
from pipelines.search.cut_list import Cutting, cut_list, write_exchange
from pipelines.search.library import open_library
from pipelines.search.options import Options, checked
from pipelines.search.persons import refresh
from pipelines.search.result import Hit, Result
from pipelines.search.words import understand
from studio.adapters import efficientnet, picture_words, sentence, siglip
from studio.codec import to_json
from studio.errors import MediaError
from studio.jobs.job import Job
from studio.types.media import FrameTimes, MediaInfo
from studio.types.timeline import Reason, Timeline

#: Height of the pictures that go with the answers.
THUMBNAIL_PX = 180


def run(source: Path | Sequence[Path] | None, options: Options, job: Job) -> Result:
    """Answer a question.

    Args:
        source: files that are made searchable first; may be empty.
        options: the question.
        job: settings, models, progress.

    Raises:
        RequestError: an option cannot work, or there is nothing to search.
        MediaError: a picture to be like cannot be read.
        Cancelled: the user stopped it.
    """
    started = time.perf_counter()
    options = checked(options)
    given = [source] if isinstance(source, Path) else list(source or ())
    notes: tuple[str, ...] = ()
    if options.dry_run:
        asked = understand(options.text) if options.text.strip() else None
        return Result((), asked, 0, {}, (), (), 0.0, time.perf_counter() - started)
    if given:
        from pipelines.search.indexing import add
        from pipelines.search.options import IndexOptions

        added = add(given, IndexOptions(options.collection, index=options.index), job)
        notes = tuple(note for each in added.added for note in each.notes)
    with open_library(job, options.index) as library:
        media = chosen_media(library, options.collection, job.settings, options.owner)
        media, renewed = renew(library, media, job)
        notes = (*notes, *renewed, *not_searchable(media, options, job))
        if options.person.strip():
            for each in media:
                job.check()
                notes = (*notes, *refresh(library, each, job))
        job.report("search", 0.0, options.text)
        begun = time.perf_counter()
        hits, asked, said = ask(library, options, media, job)
        ask_s = time.perf_counter() - begun
    notes = (*notes, *said)
    files: dict[str, Path] = {}
    thumbnails: tuple[Path | None, ...] = (None,) * len(hits)
    if options.out is not None and hits:
        files, thumbnails, more = write(hits, options, options.out, job)
        notes = (*notes, *more)
    job.report("search", 1.0, f"{len(hits)} answers")
    wall_s = time.perf_counter() - started
    return Result(
        hits, asked, len(media), files, thumbnails, tuple(dict.fromkeys(notes)), ask_s, wall_s
    )


def write(
    hits: Sequence[Hit], options: Options, out: Path, job: Job
) -> tuple[dict[str, Path], tuple[Path | None, ...], tuple[str, ...]]:
    """Answers as files: pictures, a table, timelines, and films where they are asked for.

    Returns:
        The files by what they are, a picture for each hit, and what a user should know.
    """
    from studio.media.contact_sheet import write_contact_sheet
    from studio.media.writer import write_beside

    known, notes = _opened(hits, job)
    thumbnails = tuple(_thumbnail(hit, n, known, out) for n, hit in enumerate(hits, start=1))
    files: dict[str, Path] = {"table": out / "search.json"}
    from pipelines.search.describe import hit_json

    rows = [hit_json(hit, picture) for hit, picture in zip(hits, thumbnails, strict=True)]
    with write_beside(files["table"]) as beside:
        question = {"text": options.text, "like": options.like}
        text = json.dumps({**question, "hits": rows}, ensure_ascii=False, indent=1)
        beside.write_text(text, encoding="utf-8")
    timeline = timeline_of(hits, known, options)
    if timeline is None:
        return files, thumbnails, (*notes, "No answer has a picture, so no timeline was written.")
    made, more = write_exchange(timeline, out, "search")
    files |= made
    notes = (*notes, *more)
    files["contact_sheet"] = out / "contact-sheet.png"
    write_contact_sheet(timeline, files["contact_sheet"], settings=job.settings, check=job.check)
    if options.clips:
        files |= _clips(timeline, out, job)
    return files, thumbnails, notes


def _opened(
    hits: Sequence[Hit], job: Job
) -> tuple[dict[str, tuple[MediaInfo, FrameTimes]], tuple[str, ...]]:
    """The films of the answers as they are now."""
    from studio.media.probe import frame_times, probe

    known: dict[str, tuple[MediaInfo, FrameTimes]] = {}
    notes: list[str] = []
    for media in dict.fromkeys(hit.media for hit in hits):
        if not media.frames:
            continue
        try:
            info = probe(media.path, job.settings)
        except MediaError as error:
            notes.append(f"{media.name}: {error.message} Add it again from its new place.")
            continue
        if info.content_hash != media.content_hash:
            notes.append(f"{media.name} has changed since it was added; add it again.")
            continue
        known[media.content_hash] = (info, frame_times(info, job.settings))
    return known, tuple(notes)


def _thumbnail(
    hit: Hit, number: int, known: dict[str, tuple[MediaInfo, FrameTimes]], out: Path
) -> Path | None:
    import cv2

    from pipelines.people.footage_faces import picture_at
    from studio.media.image_io import jpeg_bytes
    from studio.media.writer import write_beside

    if hit.media.content_hash not in known:
        return None
    info, times = known[hit.media.content_hash]
    pixels = picture_at(info, times, hit.peak_frame)
    width = max(2, round(pixels.shape[1] * THUMBNAIL_PX / pixels.shape[0]))
    small = cv2.resize(pixels, (width, THUMBNAIL_PX), interpolation=cv2.INTER_AREA)
    path = out / f"hit-{number:02}.jpg"
    with write_beside(path) as beside:
        beside.write_bytes(jpeg_bytes(small))
    return path


def timeline_of(
    hits: Sequence[Hit], known: dict[str, tuple[MediaInfo, FrameTimes]], options: Options
) -> Timeline | None:
    """The answers one after the other, best first; None where none has a picture."""
    cuttings = [
        Cutting(
            *known[hit.media.content_hash],
            hit.start_frame,
            hit.end_frame,
            tuple(
                Reason(why.kind, why.score, 1.0, f"{why.text} (asked: {why.asked})")
                for why in hit.reasons
            ),
        )
        for hit in hits
        if hit.media.content_hash in known
    ]
    if not cuttings:
        return None
    asked = to_json(options)
    models = {
        spec.name: spec.version for spec in (sentence.SPEC, efficientnet.SPEC, picture_words.SPEC)
    }
    looked_by = {why.looked_by for hit in hits for why in hit.reasons if why.looked_by}
    models |= dict.fromkeys(looked_by, siglip.SPEC.version)
    name = options.text or options.like or options.person or options.thing or options.speech
    return cut_list(
        name,
        cuttings,
        options={k: v for k, v in asked.items() if k not in ("out", "index", "dry_run", "owner")},
        models=models,
    )


def _clips(timeline: Timeline, out: Path, job: Job) -> dict[str, Path]:
    """Each answer as a film of its own."""
    import hashlib
    from dataclasses import replace

    from studio.media.render import render_timeline

    files: dict[str, Path] = {}
    for number, clip in enumerate(timeline.clips, start=1):
        job.report("clips", (number - 1) / len(timeline.clips), clip.id)
        alone = replace(timeline, items=(clip,))
        files[clip.id] = out / f"{clip.id}.mp4"
        digest = hashlib.sha256(json.dumps(to_json(alone), sort_keys=True).encode()).hexdigest()
        work = job.settings.cache_dir / "renders" / digest[:16]
        render_timeline(alone, files[clip.id], work, settings=job.settings, check=job.check)
        shutil.rmtree(work, ignore_errors=True)
    return files
