"""Subtitles in steps, for an editor that shows and changes the plan between them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.desk.pipeline import write_json
from pipelines.subtitles import pipeline
from pipelines.subtitles.corrections import Corrections
from pipelines.subtitles.drafting import heard
from pipelines.subtitles.editing import Edited, retimed
from pipelines.subtitles.options import FORMATS, Options
from pipelines.subtitles.plan import SubtitlePlan
from studio.codec import from_json, to_json
from studio.jobs.job import Job

Made = tuple[dict[str, Path], dict[str, Any], Sequence[str]]


def hear(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Hear a file and plan its subtitles; ``edited.json`` has the plan and its corrections, and
    ``media.txt`` names what a browser plays: the file itself, or a copy that it does."""
    from studio.media.probe import probe
    from studio.media.proxy import playable

    options = from_json(Options, asked["options"])
    made = pipeline.draft(sources[0], options, pipeline.check_options(options), job)
    media = playable(
        probe(sources[0], job.settings),
        job.settings,
        on_progress=lambda share: job.report("preview", share),
        check=job.check,
    )
    files = {"edited": write_edited(out / "edited.json", Edited(made.plan, made.corrections))}
    return files, {"media": str(media)}, ()


def retime(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Set edited cues of ``edited`` to the sound again."""
    options = from_json(Options, asked["options"])
    found = heard(sources[0], options, pipeline.check_options(options), job).analysis
    made, notes = retimed(read_edited(Path(asked["edited"])), found, options, job)
    return {"edited": write_edited(out / "edited.json", made)}, {}, notes


def write(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Write ``edited`` in all formats into the folder of ``options``, and the film with the cues
    where ``burn_in`` or ``soft`` say so."""
    edited = read_edited(Path(asked["edited"]))
    options = replace(
        from_json(Options, asked["options"]),
        burn_in=bool(asked["burn_in"]),
        soft=bool(asked["soft"]),
        formats=FORMATS,
    )
    wishes = pipeline.check_options(options)
    files, _, notes = pipeline.write(
        edited.plan.as_made(), edited.corrections, options, wishes, job
    )
    return files, {}, notes


def write_edited(path: Path, edited: Edited) -> Path:
    """A plan and the decisions that led to it, as JSON."""
    plain = {"plan": to_json(edited.plan), "corrections": to_json(edited.corrections)}
    return write_json(path, plain)


def read_edited(path: Path) -> Edited:
    """What :func:`write_edited` wrote.

    Raises:
        OSError, RequestError: it is not there, or no such file.
    """
    plain = json.loads(path.read_text(encoding="utf-8"))
    return Edited(
        from_json(SubtitlePlan, plain["plan"]), from_json(Corrections, plain["corrections"])
    )
