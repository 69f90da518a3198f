"""A trailer's plan with what an editor needs to look at it: pictures, cost, beats."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines import trailer
from pipelines.desk.pipeline import write_json
from pipelines.trailer.beats import beat_frames
from studio.codec import from_json, to_json
from studio.jobs.job import Job

Made = tuple[dict[str, Path], dict[str, Any], Sequence[str]]


def plan(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Plan the cuts; ``options`` are those of ``trailer``, ``height_px`` is of the pictures.

    ``versions.json`` has a row for each: its plan, its cost, the beats of its music in timeline
    frames, and a picture for each clip and each shot left over.
    """
    from studio.media.image_io import jpeg_bytes
    from studio.media.render import estimate_render
    from studio.media.thumbnails import clip_thumbnails

    options = from_json(trailer.Options, asked["options"])
    timelines = trailer.plan(sources, options, job)
    rows = []
    for n, timeline in enumerate(timelines):
        job.report("strip", n / len(timelines))
        clips = [*timeline.clips, *timeline.broll]
        pictures = clip_thumbnails(
            timeline, int(asked["height_px"]), settings=job.settings, clips=clips
        )
        names = {}
        for k, clip in enumerate(clips):
            names[clip.id] = f"{n}-{k:03}.jpg"
            (out / names[clip.id]).write_bytes(jpeg_bytes(pictures[clip.id]))
        rows.append(
            {
                "plan": to_json(timeline),
                "cost": to_json(estimate_render(timeline, job.settings)),
                "beats": beat_frames(timeline, sources, options, job),
                "pictures": names,
            }
        )
    return {"versions": write_json(out / "versions.json", rows)}, {}, ()
