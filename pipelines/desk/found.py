"""Search for a screen: answers at once, their pictures one by one, and what is exported of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.desk.pipeline import write_json
from pipelines.desk.shelf import STRIP_PICTURES
from pipelines.search.result import Hit, Result
from studio.codec import from_json, to_json
from studio.errors import StudioError
from studio.jobs.job import Job
from studio.media.writer import write_beside
from studio.types.media import FrameTimes, MediaInfo
from studio.types.table import Table

Made = tuple[dict[str, Path], dict[str, Any], Sequence[str]]

_STRIP_LINES, _POSTER_LINES = 90, 216


def ask(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Answer a question: ``search`` has the options of ``studio search``, or ``recommend`` those
    of ``studio recommend``.

    ``hits.json`` is there before the pictures are: whoever shows it need not wait for them. Then
    come, the best answer first, ``NN-poster.jpg`` (where it is plainest) and ``NN-strip.jpg``
    (:data:`STRIP_PICTURES` pictures side by side, from in to out).
    """
    from pipelines import recommend, search

    if "recommend" in asked:
        likes = from_json(recommend.Options, asked["recommend"])
        result: Result = recommend.run(None, likes, job)
    else:
        result = search.run([], from_json(search.Options, asked["search"]), job)
    files = {"hits": write_json(out / "hits.json", _told(result))}
    notes = [*result.notes]
    notes += draw(result.hits, out, job)
    return files, {"count": len(result.hits), "ask_s": round(result.ask_s, 4)}, notes


def _told(result: Result) -> dict[str, Any]:
    asked = result.asked
    return {
        "hits": to_json(result.hits),
        "understood": asked.english if asked is not None else "",
        "searched": result.searched,
        "notes": list(result.notes),
        "ask_s": round(result.ask_s, 4),
    }


def draw(hits: Sequence[Hit], out: Path, job: Job) -> list[str]:
    """Posters and strips of answers; those that were drawn before are taken from the cache.

    Returns:
        What could not be drawn, in words, once a film.
    """
    opened: dict[str, tuple[MediaInfo, FrameTimes] | StudioError] = {}
    for number, hit in enumerate(hits):
        job.report("pictures", number / len(hits), hit.media.name)
        job.check()
        if hit.start_frame < 0:
            continue  # sound alone
        kept = job.settings.cache_dir / "found" / hit.media.content_hash[:40]
        name = f"{hit.start_frame}-{hit.end_frame}-{hit.peak_frame}"
        pair = {kind: kept / f"{name}-{kind}.jpg" for kind in ("poster", "strip")}
        if not all(path.is_file() for path in pair.values()):
            key = hit.media.content_hash
            if key not in opened:
                opened[key] = _opened(hit, job)
            film = opened[key]
            if isinstance(film, StudioError):
                continue
            kept.mkdir(parents=True, exist_ok=True)
            try:
                _draw(hit, *film, pair, job)
            except StudioError as exc:
                opened[key] = exc
                continue
        for kind, path in pair.items():
            with write_beside(out / f"{number:03}-{kind}.jpg") as beside:
                beside.write_bytes(path.read_bytes())
    names = {hit.media.content_hash: hit.media.name for hit in hits}
    return [f"{names[key]}: {e.message}" for key, e in opened.items() if isinstance(e, StudioError)]


def _opened(hit: Hit, job: Job) -> tuple[MediaInfo, FrameTimes] | StudioError:
    from studio.media.probe import frame_times, probe

    try:
        info = probe(hit.media.path, job.settings)
        if info.content_hash != hit.media.content_hash:
            return StudioError("it has changed since it was made searchable", "")
        return info, frame_times(info, job.settings)
    except StudioError as exc:
        return exc


def _draw(hit: Hit, info: MediaInfo, times: FrameTimes, pair: dict[str, Path], job: Job) -> None:
    """One pass over the stretch gives the strip and the poster."""
    from studio.media.image_io import jpeg_bytes

    length = hit.end_frame - hit.start_frame
    wanted = [
        hit.start_frame + (2 * n + 1) * length // (2 * STRIP_PICTURES)
        for n in range(STRIP_PICTURES)
    ]
    peak = min(max(hit.peak_frame, hit.start_frame), hit.end_frame - 1)
    large = pictures_at(info, times, [*wanted, peak], _POSTER_LINES, job)
    small = [_scaled(large[n], _STRIP_LINES) for n in wanted]
    for kind, rgb in (("strip", np.concatenate(small, axis=1)), ("poster", large[peak])):
        with write_beside(pair[kind]) as beside:
            beside.write_bytes(jpeg_bytes(rgb, 84))


def pictures_at(
    info: MediaInfo, times: FrameTimes, frames: Sequence[int], lines: int, job: Job
) -> dict[int, NDArray[np.uint8]]:
    """Pictures of a film, upright, uint8 ``(lines, w, 3)``; black where one cannot be decoded.

    Frames near to each other are decoded in one go, frames far apart are sought.
    """
    from studio.media.picture_conform import Conform
    from studio.media.proxy import proxy_wh
    from studio.media.reader import decode_range

    assert info.video is not None
    width, height = proxy_wh(info.video.display_wh, lines)
    conform = Conform(info.video, (width, height))
    found: dict[int, NDArray[np.uint8]] = {}
    for run in _runs(sorted(set(frames))):
        left = set(run)
        for number, frame in decode_range(info, times, run[0], run[-1] + 1):
            job.check()
            if number in left:
                found[number] = np.asarray(conform(frame, 0).to_ndarray(format="rgb24"), np.uint8)
    black = np.zeros((height, width, 3), np.uint8)
    return {frame: found.get(frame, black) for frame in frames}


#: A key frame is seldom farther: beyond it a new search costs less than to decode what is between.
_NEAR_FRAMES = 60


def _runs(frames: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for frame in frames:
        if runs and frame - runs[-1][-1] <= _NEAR_FRAMES:
            runs[-1].append(frame)
        else:
            runs.append([frame])
    return runs


def _scaled(rgb: NDArray[np.uint8], lines: int) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    wh = (max(1, round(width * lines / height)), lines)
    return np.asarray(cv2.resize(rgb, wh, interpolation=cv2.INTER_AREA), np.uint8)


def export(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Answers that were kept as files: a table, a plan and timelines, pictures, a contact sheet;
    films of their own where ``clips`` is set. ``hits`` are those of ``hits.json``."""
    from pipelines.search import Options
    from pipelines.search.pipeline import write
    from studio.tables.table_files import write_csv

    hits = [from_json(Hit, each) for each in asked["hits"]]
    options = Options(text=str(asked["name"]), out=out, clips=bool(asked["clips"]))
    files, _, notes = write(hits, options, out, job)
    files["csv"] = out / "search.csv"
    write_csv(_table(hits), files["csv"])
    return files, {"count": len(hits)}, notes


def _table(hits: Sequence[Hit]) -> Table:
    head = ("number", "file", "start_s", "end_s", "start_frame", "end_frame", "score", "why")
    rows = tuple(
        (
            number,
            hit.media.name,
            round(hit.start_s, 3),
            round(hit.end_s, 3),
            hit.start_frame,
            hit.end_frame,
            hit.score,
            "; ".join(f"{why.kind}: {why.text} ({why.score:.2f})" for why in hit.reasons),
        )
        for number, hit in enumerate(hits, start=1)
    )
    return Table("search", head, rows)


def add(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Make films and sounds searchable; ``options`` are those of ``studio index add``.

    A file that cannot be used is told of, and the others go on.
    """
    from pipelines.search import indexing
    from pipelines.search.options import IndexOptions

    options = from_json(IndexOptions, asked["options"])
    notes: list[str] = []
    taken = 0
    for number, path in enumerate(sources):
        job.report("index", number / len(sources), path.name)
        try:
            result = indexing.add([path], options, job)
        except StudioError as exc:
            job.check()
            notes.append(f"{path.name}: {exc.message}")
            continue
        taken += 1
        notes += [f"{path.name}: {note}" for each in result.added for note in each.notes]
    files = {"added": write_json(out / "added.json", {"taken": taken, "of": len(sources)})}
    return files, {"taken": taken, "of": len(sources)}, notes
