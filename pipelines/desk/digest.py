"""A summary for a screen: its clips with pictures, and the curve they were chosen by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.desk.pipeline import write_json
from pipelines.summary import Options, run
from studio.codec import from_json
from studio.jobs.job import Job

Made = tuple[dict[str, Path], dict[str, Any], Sequence[str]]

_THUMBNAIL_PX = 180


def make(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Summarise a film as ``options`` say; ``strip.json`` has its clips, each with its place in
    the film and in the summary, why, and a picture; ``importance.csv`` is the curve."""
    from studio.media.image_io import jpeg_bytes
    from studio.media.thumbnails import clip_thumbnails
    from studio.media.writer import write_beside

    options = replace(from_json(Options, asked["options"]), out=out)
    result = run(sources, options, job)
    timeline = result.timeline
    pictures = clip_thumbnails(timeline, _THUMBNAIL_PX, settings=job.settings, clips=timeline.clips)
    (source,) = timeline.sources
    rows = []
    for at, clip in timeline.placed():
        if clip.type != "clip":
            continue
        picture = f"{clip.id}.jpg"
        with write_beside(out / "pictures" / picture) as beside:
            beside.write_bytes(jpeg_bytes(pictures[clip.id]))
        rows.append(
            {
                "picture": picture,
                "at_s": float(timeline.rate.seconds(at)),
                "seconds": float(timeline.rate.seconds(clip.frames)),
                "start_s": float(clip.start),
                "end_s": float(clip.end),
                "start_frame": clip.start_frame,
                "end_frame": clip.end_frame,
                "why": [reason.text for reason in clip.reasons],
            }
        )
    told = {
        "clips": rows,
        "film_s": float(source.duration),
        "summary_s": float(timeline.duration),
        "scored_by": result.scored_by,
        "segments": result.segments,
    }
    cards = [[f"{n}", "clips", f"pictures/{row['picture']}"] for n, row in enumerate(rows)]
    files = {
        **result.files,
        "strip": write_json(out / "strip.json", told),
        "cards": write_json(out / "cards.json", cards),
    }
    return files, {"clips": len(rows), "summary_s": told["summary_s"]}, result.notes
