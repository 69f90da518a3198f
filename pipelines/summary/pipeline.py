"""A film to a shorter one: score, divide, choose, render."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines import analysis
from pipelines.analysis.options import CUTTING_PARTS
from pipelines.search.cut_list import Cutting, cut_list, write_exchange
from pipelines.summary.choosing import Segment, choose, choose_varied, clean_edges, segments
from pipelines.summary.importance import Scored, importance
from pipelines.summary.options import USUAL_RATIO, Options, checked
from pipelines.trailer.likeness import likeness_scale
from studio.codec import to_json
from studio.errors import RequestError, UnsupportedMedia
from studio.jobs.job import Job
from studio.types.analysis import FootageAnalysis
from studio.types.embedding import Embeddings
from studio.types.timeline import Role, Timeline

if TYPE_CHECKING:
    from studio.media.render import RenderEstimate, RenderReport


@dataclass(frozen=True)
class Result:
    """What ``studio summary`` gives.

    Attributes:
        timeline: the plan.
        scored_by: who said what is important.
        seconds: of the samples, float64 ``(n,)`` on the source clock.
        scores: their importance, 0 to 1.
        attention: how much others look at each; empty without a trained scorer.
        segments: that were chosen among.
        files: that were written, by what they are.
        render: what the renderer measured; None on a dry run.
        estimate: what rendering costs, on a dry run.
        wall_s: seconds this run took.
    """

    timeline: Timeline
    scored_by: str
    seconds: NDArray[np.float64]
    scores: NDArray[np.float64]
    attention: NDArray[np.float64]
    segments: int
    files: dict[str, Path]
    render: RenderReport | None
    estimate: RenderEstimate | None
    wall_s: float

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know."""
        rendered = self.render.notes if self.render is not None else ()
        return (*self.timeline.notes, *rendered)


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Summarise one film.

    Args:
        source: the film.
        options: what is wanted.
        job: settings, models, store, progress.

    Raises:
        MediaError: the film cannot be used.
        RequestError: an option cannot work with it.
        Cancelled: the user stopped it.
    """
    started = time.perf_counter()
    options = checked(options)
    given = [source] if isinstance(source, Path) else list(source)
    if len(given) != 1:
        raise RequestError(f"{len(given)} films were given.", "Give one: studio summary FILM")
    if options.scorer is not None:
        from studio.adapters.summary_net import checked_head

        checked_head(options.scorer)  # before anything slow starts
    timeline, scored, count = plan(given[0], options, job)
    files: dict[str, Path] = {}
    report = estimate = None
    if options.dry_run:
        from studio.media.render import estimate_render

        estimate = estimate_render(timeline, job.settings)
    else:
        files, report, timeline = _made(timeline, scored, options, job)
    job.report("done", 1.0)
    return Result(
        timeline,
        scored.by,
        scored.tape.clock.edges_s[scored.frames],
        scored.scores,
        scored.attention,
        count,
        files,
        report,
        estimate,
        time.perf_counter() - started,
    )


def plan(path: Path, options: Options, job: Job) -> tuple[Timeline, Scored, int]:
    """The summary without rendering it, who scored what, and the segments chosen among."""
    wanted = analysis.Options(only=CUTTING_PARTS, seed=options.seed)
    footage = analysis.run(path, wanted, job).analysis
    if footage.media.video is None or footage.frame_times is None:
        raise UnsupportedMedia(f"{path.name} has no picture.", "Give a film.")
    job.report("plan", 0.0)
    scored = importance(footage, options.scorer, job)
    length_s = float(scored.tape.clock.edges_s[-1])
    seconds = options.length_s or length_s * (options.ratio or USUAL_RATIO)
    if seconds >= length_s:
        raise RequestError(
            f"{path.name} lasts {length_s:.1f} s; a summary of {seconds:.1f} s is no summary.",
            "Ask for less: --length SECONDS or --ratio SHARE",
        )
    assert footage.embeddings is not None
    found = segments(footage.embeddings.vectors, scored.frames, scored.scores, scored.tape)
    if options.scorer is not None:
        chosen = choose(found, scored.tape, seconds)
    else:
        looks = _looks(footage.embeddings, found)
        scale = likeness_scale((scored.tape,))
        chosen = choose_varied(found, looks, scale, scored.tape, seconds)
    spans = clean_edges(chosen, scored.tape)
    if not spans:
        raise RequestError(
            f"Nothing of {path.name} fits into {seconds:.1f} s.",
            "Ask for a longer summary, or give footage that is not black or frozen.",
        )
    return _timeline(footage, scored, spans, seconds, options), scored, len(found)


def _looks(embeddings: Embeddings, found: Sequence[Segment]) -> NDArray[np.float64]:
    """What each segment looks like: the mean of its samples, or the nearest one."""
    rows = []
    for segment in found:
        own = embeddings.between(segment.start_frame, segment.end_frame)
        if not len(own):
            middle = (segment.start_frame + segment.end_frame) // 2
            own = embeddings.vectors[[int(np.abs(embeddings.frames - middle).argmin())]]
        mean = own.astype(np.float64).mean(axis=0)
        rows.append(mean / max(float(np.linalg.norm(mean)), 1e-9))
    return np.stack(rows)


def _timeline(
    footage: FootageAnalysis,
    scored: Scored,
    spans: Sequence[tuple[int, int]],
    seconds: float,
    options: Options,
) -> Timeline:
    assert footage.frame_times is not None
    cuttings = [
        Cutting(footage.media, footage.frame_times, low, high, scored.reasons(low, high))
        for low, high in spans
    ]
    asked = {k: v for k, v in to_json(options).items() if k not in ("out", "dry_run")}
    timeline = cut_list(
        f"Summary of {footage.media.path.name}",
        cuttings,
        options=asked,
        models={**(footage.models or {}), "importance": scored.by},
        notes=(*footage.notes, *scored.notes),
        role=Role.BUILD,
    )
    got = float(timeline.duration)
    short = seconds - got
    notes = timeline.notes
    if short > max(2.0, 0.15 * seconds):
        notes = (
            *notes,
            f"{seconds:.1f} s were asked for; what fits whole and is worth showing has {got:.1f} s",
        )
    return replace(timeline, loudness_lufs=options.loudness_lufs, notes=notes)


def _made(
    timeline: Timeline, scored: Scored, options: Options, job: Job
) -> tuple[dict[str, Path], RenderReport, Timeline]:
    from studio.media.contact_sheet import write_contact_sheet
    from studio.media.render import render_timeline

    out = options.out
    files, more = write_exchange(timeline, out, "summary")
    timeline = replace(timeline, notes=(*timeline.notes, *more))
    files["curve"] = out / "importance.csv"
    _write_curve(scored, timeline, files["curve"])
    files["video"] = out / "summary.mp4"
    digest = hashlib.sha256(json.dumps(to_json(timeline), sort_keys=True).encode()).hexdigest()
    work = job.settings.cache_dir / "renders" / digest[:16]
    report = render_timeline(
        timeline,
        files["video"],
        work,
        settings=job.settings,
        on_progress=lambda share, message: job.report("render", share, message),
        check=job.check,
    )
    shutil.rmtree(work, ignore_errors=True)
    files["contact_sheet"] = out / "contact-sheet.png"
    write_contact_sheet(timeline, files["contact_sheet"], settings=job.settings, check=job.check)
    return files, report, timeline


def _write_curve(scored: Scored, timeline: Timeline, path: Path) -> None:
    """A row a sample: second, frame, importance, attention, whether it is in the summary."""
    from studio.media.writer import write_beside

    spans = [(clip.start_frame, clip.end_frame) for clip in timeline.clips]
    lines = ["seconds,frame,importance,attention,in_summary"]
    for row, frame in enumerate(scored.frames.tolist()):
        looked = f"{scored.attention[row]:.4f}" if len(scored.attention) else ""
        inside = int(any(low <= frame < high for low, high in spans))
        at_s = scored.tape.seconds(frame)
        lines.append(f"{at_s:.3f},{frame},{scored.scores[row]:.4f},{looked},{inside}")
    with write_beside(path) as beside:
        beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
