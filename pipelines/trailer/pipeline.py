"""Footage to trailer: analyse, decide, then render and write what editing programs open."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines import analysis
from pipelines.analysis.cut_corrections import known_corrections, said_uncut
from pipelines.trailer.options import Options, checked
from pipelines.trailer.plan import plan_cuts
from pipelines.trailer.scores import Learnt
from pipelines.trailer.self_check import rehearsed_shots, unplanned_cuts
from studio.archive.store import Part
from studio.codec import to_json
from studio.errors import NoSuchMedia, RequestError, UnsupportedMedia
from studio.jobs.job import Job
from studio.settings import Settings
from studio.types.analysis import FootageAnalysis, SoundFacts
from studio.types.media import MediaInfo
from studio.types.timeline import Timeline

if TYPE_CHECKING:
    from studio.media.render import RenderEstimate, RenderReport

#: Plans that are run through for cuts nobody planned; the one after the last is taken as it is.
MOST_REHEARSALS = 3


@dataclass(frozen=True)
class Version:
    """One cut.

    Attributes:
        timeline: its plan.
        files: ``video``, ``plan``, ``otio``, ``fcpxml``, ``edl``, ``contact_sheet``; only
            what was written.
        render: what the renderer measured, None where nothing was rendered.
        estimate: what rendering it costs, on a dry run.
        exchange_notes: what a format for editing programs could not carry.
    """

    timeline: Timeline
    files: dict[str, Path]
    render: RenderReport | None = None
    estimate: RenderEstimate | None = None
    exchange_notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of this cut."""
        rendered = self.render.notes if self.render is not None else ()
        return (*self.timeline.notes, *rendered, *self.exchange_notes)


@dataclass(frozen=True)
class Result:
    """What ``studio trailer`` gives.

    Attributes:
        versions: the cuts.
        out: folder they were written to.
        wall_s: seconds this run took.
        memory: whether the models of the analysis fit, on which rung and how long they take to
            load, as the pool reckoned before it began; empty where a plan was given.
    """

    versions: tuple[Version, ...]
    out: Path
    wall_s: float
    memory: str = ""


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Make trailers of footage, or render an edited plan.

    Args:
        source: one or several video files; may be empty with ``options.from_plan``.
        options: what is wanted.
        job: settings, models, store, progress.

    Raises:
        MediaError: a file cannot be used.
        RequestError: an option cannot work, alone or with this footage.
        Cancelled: the user stopped it; a later run resumes from what was rendered.
    """
    started = time.perf_counter()
    footage = [source] if isinstance(source, Path) else list(source)
    check_options(options)
    memory = ""
    if options.from_plan is not None:
        timelines: tuple[Timeline, ...] = (_edited_plan(options.from_plan, footage, job),)
    else:
        memory = _memory_needed(options, job)
        timelines = _timelines(footage, options, job)
    if options.dry_run:
        versions = tuple(_estimated(timeline, job.settings) for timeline in timelines)
    else:
        versions = tuple(
            _made(timeline, number, len(timelines), options, job)
            for number, timeline in enumerate(timelines, start=1)
        )
    job.report("done", 1.0)
    return Result(versions, options.out, time.perf_counter() - started, memory)


def plan(source: Sequence[Path], options: Options, job: Job) -> tuple[Timeline, ...]:
    """The cuts without rendering them; writes each plan into ``options.out``."""
    from studio.media.timeline_io import write_plan

    check_options(options)
    timelines = _timelines(list(source), options, job)
    for number, timeline in enumerate(timelines, start=1):
        write_plan(timeline, _file(options.out, number, ".plan.json"))
    return timelines


def render(timeline: Timeline, options: Options, job: Job) -> Result:
    """Render one plan and write everything that goes with it into ``options.out``."""
    started = time.perf_counter()
    check_options(options)
    version = _made(timeline, 1, 1, options, job)
    return Result((version,), options.out, time.perf_counter() - started)


def check_options(options: Options) -> None:
    """Refuse what cannot work, before anything slow starts.

    Raises:
        RequestError: naming the option and what it may be.
    """
    checked(options)
    if options.scorer is not None:
        from studio.adapters.summary_net import checked_head

        checked_head(options.scorer)
    out = options.out
    if out.exists() and not out.is_dir():
        raise RequestError(f"{out} is a file", "Give a folder: --out DIR")
    folder = out
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise RequestError(f"{out} cannot be written to", "Give another folder: --out DIR")


def _timelines(footage: list[Path], options: Options, job: Job) -> tuple[Timeline, ...]:
    if not footage:
        raise RequestError("no footage was given", "Name one or more video files.")
    twice = {path for path in footage if footage.count(path) > 1}
    if twice:
        raise RequestError(f"{twice.pop()} was given twice", "Name each file once.")
    music = music_facts(options.music, job) if options.music is not None else None
    # Every file is probed before the first one is analysed: a mistake shows at once.
    for path in footage:
        _probe_footage(path, job)
    analysed = _analysed(footage, options, job)
    return _rehearsed(analysed, options, music, job)


def _rehearsed(
    footage: list[FootageAnalysis],
    options: Options,
    music: tuple[MediaInfo, SoundFacts] | None,
    job: Job,
) -> tuple[Timeline, ...]:
    """Plans in which nobody sees a cut that is not planned."""
    learnt = _learnt(footage, options, job)
    uncut = _said_uncut(footage, job)
    avoid: dict[str, set[int]] = {}
    for trial in range(1 + MOST_REHEARSALS):
        job.report("plan", trial / (1 + MOST_REHEARSALS))
        frames = {name: tuple(sorted(found)) for name, found in avoid.items()}
        timelines = plan_cuts(footage, options, music, frames, learnt)
        if trial == MOST_REHEARSALS:
            break
        found = False
        for timeline in timelines:
            shots = rehearsed_shots(timeline, footage[0].media, job)
            jumps = unplanned_cuts(timeline, shots, doubts=trial == 0, uncut=uncut)
            found = found or bool(jumps)
            for name, at in jumps.items():
                avoid.setdefault(name, set()).update(at)
        if not found:
            break
    return timelines


def _said_uncut(
    footage: Sequence[FootageAnalysis], job: Job
) -> dict[str, tuple[tuple[int, int], ...]]:
    """Where a person said that no shot ends, whatever the detector sees there."""
    found = {}
    for each in footage:
        if each.frame_times is not None:
            name = each.media.content_hash
            said = known_corrections(job.settings.data_dir, name)
            found[name] = said_uncut(said, each.frame_times)
    return found


def _learnt(
    footage: Sequence[FootageAnalysis], options: Options, job: Job
) -> dict[str, Learnt] | None:
    """What a trained scorer says of the footage, where one was given."""
    if options.scorer is None:
        return None
    from studio.adapters.summary_net import spec_of

    found: dict[str, Learnt] = {}
    with job.pool.lease(spec_of(options.scorer)) as model:
        for each in footage:
            if each.embeddings is not None and len(each.embeddings.frames):
                said = model.score(each.embeddings.vectors).scores.astype(np.float64)
                found[each.media.content_hash] = each.embeddings.frames, said
    return found


def _probe_footage(path: Path, job: Job) -> None:
    from studio.media.probe import probe

    info = probe(path, job.settings)
    if info.video is None:
        raise UnsupportedMedia(
            f"{path.name} has sound but no picture",
            "Give video files as footage; a sound file goes with --music.",
        )


def _analysed(footage: Sequence[Path], options: Options, job: Job) -> list[FootageAnalysis]:
    from pipelines.analysis.models import models_of
    from studio.adapters import transnetv2

    wanted = analysis.Options(seed=options.seed)
    models = models_of(wanted.only, wanted)
    found: list[FootageAnalysis] = []
    for left in range(len(footage) - 1, -1, -1):
        # After this file the next, if it is not known yet, and the check of the cut.
        later = [*models * left, transnetv2.SPEC]
        with job.pool.expect(later, prefetch=False):
            found.append(analysis.run(footage[len(found)], wanted, job).analysis)
    return found


def _memory_needed(options: Options, job: Job) -> str:
    """What the pool says of the models that the analysis leases, before any is loaded."""
    from pipelines.analysis.models import models_of

    wanted = analysis.Options(seed=options.seed)
    reason = job.pool.preflight(models_of(wanted.only, wanted)).reason
    job.report("memory", 0.0, reason)
    return reason


def music_facts(path: Path, job: Job) -> tuple[MediaInfo, SoundFacts]:
    """A piece of music and its measures, from the store where they are known.

    Raises:
        RequestError: it has no sound.
        MediaError: it cannot be read.
    """
    from pipelines.analysis.sound import analyse_music, sound_made_by
    from studio.media.probe import probe

    info = probe(path, job.settings)
    if info.audio is None:
        raise RequestError(f"{path.name} has no sound", "Give a sound file: --music FILE")
    made_by = sound_made_by(analysis.Options()) | {"as": "music"}
    stored = job.store.get(SoundFacts, info.content_hash, "music", made_by)
    if stored is not None:
        return info, stored.value
    job.report("music", 0.0, path.name)
    started = time.perf_counter()
    facts = analyse_music(path)
    part = Part(facts, time.perf_counter() - started)
    job.store.put(part, info.content_hash, "music", made_by)
    return info, facts


def _edited_plan(path: Path, footage: list[Path], job: Job) -> Timeline:
    """A plan from disk, checked against the footage it names.

    Footage that has moved is found again among the files given, by content.
    """
    from studio.media.probe import probe
    from studio.media.timeline_io import check_timeline, read_plan

    timeline = read_plan(path)
    given = {info.content_hash: info for info in (probe(p, job.settings) for p in footage)}
    sources = []
    for source in timeline.sources:
        moved = given.get(source.content_hash)
        if moved is not None:
            sources.append(replace(source, path=str(moved.path)))
            continue
        if not Path(source.path).is_file():
            raise NoSuchMedia(
                f"{source.path}, which {path.name} cuts from, is not there",
                "Name the file in its new place: studio trailer FILE --from-plan PLAN",
            )
        if probe(Path(source.path), job.settings).content_hash != source.content_hash:
            raise RequestError(
                f"{source.path} is not the footage that {path.name} was made from",
                "Bring the original back, or plan anew without --from-plan.",
            )
        sources.append(source)
    timeline = replace(timeline, sources=tuple(sources))
    check_timeline(timeline)
    return timeline


def _estimated(timeline: Timeline, settings: Settings) -> Version:
    from studio.media.render import estimate_render

    return Version(timeline, {}, estimate=estimate_render(timeline, settings))


def _made(timeline: Timeline, number: int, count: int, options: Options, job: Job) -> Version:
    """Render one cut; every file appears whole, the plan first, the sheet last."""
    from studio.media.contact_sheet import write_contact_sheet
    from studio.media.film_mark import FilmMark, software
    from studio.media.render import render_timeline
    from studio.media.timeline_io import write_edl, write_fcpxml, write_otio, write_plan
    from studio.provenance.signing import carry_on

    out = options.out
    label = f"version {number} of {count}" if count > 1 else ""
    files = {
        "plan": _file(out, number, ".plan.json"),
        "otio": _file(out, number, ".otio"),
        "fcpxml": _file(out, number, ".fcpxml"),
        "edl": _file(out, number, ".edl"),
        "video": _file(out, number, ".mp4"),
        "contact_sheet": out / ("contact-sheet" + (f"-{number}" if number > 1 else "") + ".png"),
    }
    job.report("render", 0.0, label)
    write_plan(timeline, files["plan"])
    notes: list[str] = []
    for name, write in (("otio", write_otio), ("fcpxml", write_fcpxml), ("edl", write_edl)):
        try:
            notes += write(timeline, files[name])
        except RequestError as refused:  # an EDL counts to 999 events at 60 frames a second
            notes.append(f"No {files[name].name}: {refused.message}")
            del files[name]
    work = job.settings.cache_dir / "renders" / _digest(timeline)
    report = render_timeline(
        timeline,
        files["video"],
        work,
        settings=job.settings,
        on_progress=lambda share, message: job.report("render", share, message or label),
        check=job.check,
    )
    shutil.rmtree(work, ignore_errors=True)
    sources = {Path(source.path): source.content_hash for source in timeline.sources}
    words = ("studio", "trailer", *(path.name for path in sources))
    inputs = {path.name: content for path, content in sources.items()}
    mark = FilmMark(words, inputs, software=software(), deed="edited")
    notes += carry_on(files["video"], list(sources), mark, job.settings)
    write_contact_sheet(timeline, files["contact_sheet"], settings=job.settings, check=job.check)
    return Version(timeline, files, report, exchange_notes=tuple(notes))


def _digest(timeline: Timeline) -> str:
    text = json.dumps(to_json(timeline), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _file(out: Path, number: int, suffix: str) -> Path:
    return out / (("trailer" if number == 1 else f"trailer-{number}") + suffix)


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio trailer --json`` prints it."""
    return {
        "out": str(result.out),
        "wall_s": round(result.wall_s, 3),
        "memory": result.memory,
        "versions": [
            {
                "plan": to_json(version.timeline),
                "duration": str(version.timeline.duration),
                "files": to_json(version.files),
                "render": to_json(version.render),
                "estimate": to_json(version.estimate),
                "notes": list(version.notes),
            }
            for version in result.versions
        ],
    }


def summarise(result: Result) -> str:
    """The cuts as lines for a terminal."""
    lines = []
    for number, version in enumerate(result.versions, start=1):
        timeline = version.timeline
        head = f"version {number}: " if len(result.versions) > 1 else ""
        lines.append(
            f"{head}{len(timeline.clips)} clips, {float(timeline.duration):.2f} s at "
            f"{timeline.rate} frames a second, {timeline.size_wh[0]}x{timeline.size_wh[1]}"
        )
        lines += _plan_lines(timeline)
        if version.estimate is not None:
            cost = version.estimate
            lines.append(
                f"rendering takes about {cost.seconds:.0f} s, {cost.memory_bytes / 2**20:.0f} MiB "
                f"of memory and {cost.output_bytes / 2**20:.0f} MiB of disk"
            )
        if version.render is not None:
            lines.append(
                f"sound: {version.render.loudness_lufs:.1f} LUFS, "
                f"true peak {version.render.true_peak_dbtp:.1f} dBTP"
            )
        lines += [f"note: {note}" for note in version.notes]
        lines += [f"  {name:<14} {path}" for name, path in version.files.items()]
    if result.memory:
        lines.append(f"memory: {result.memory}")
    lines.append(f"{result.wall_s:.1f} s")
    return "\n".join(lines)


def _plan_lines(timeline: Timeline) -> list[str]:
    lines = []
    for at, item in timeline.placed():
        position = f"{float(timeline.rate.seconds(at)):7.2f} s {item.frames:4d} fr"
        if item.type == "card":
            words = " / ".join(item.text.splitlines())
            lines.append(f"  {position}  {item.kind} card: {words}")
            continue
        best = sorted(item.reasons, key=lambda r: -r.score * r.weight)[:3]
        why = "; ".join(reason.text for reason in best)
        lines.append(
            f"  {position}  {item.role.value:<7} {item.source} "
            f"{item.start_frame}-{item.end_frame}  {why}"
        )
    return lines
