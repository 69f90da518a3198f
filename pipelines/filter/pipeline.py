"""Footage to a film with its people filtered: decide, render, look again."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.filter.audit import Audit, audit, table
from pipelines.filter.covers import Cover, CoverPlan, plan_covers, with_more
from pipelines.filter.finding import find_faces
from pipelines.filter.lines import join
from pipelines.filter.options import Options, checked
from pipelines.filter.preparing import (
    Inputs,
    digest,
    face_specs,
    film_of,
    read_footage,
    read_inputs,
    stack_of,
)
from pipelines.filter.result import FilterPlan, Result
from pipelines.filter.specs import Anonymise, inputs_of_spec, parse_specs
from pipelines.filter.stack import FilterPass
from pipelines.filter.who import look_at, may_be_seen, spelt
from pipelines.people.identities import open_gallery
from pipelines.stylize.canvas import Footage
from studio.codec import to_json
from studio.errors import MediaError, RequestError
from studio.jobs.job import Job

if TYPE_CHECKING:
    from studio.archive.gallery import Gallery
    from studio.media.film_mark import FilmMark
    from studio.media.film_render import FilmReport

_LEAST_SEGMENT_S = 6
#: How often a film is made anew where its audit found a face.
_MOST_ROUNDS = 3
#: Frames of the footage that are really filtered for an estimate.
_SAMPLED = 3


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Filter one film.

    Args:
        source: the film.
        options: what is wanted.
        job: settings, models, store, progress.

    Raises:
        MediaError: the film or a picture cannot be used.
        RequestError: an option cannot work, alone or with this film; nobody in the gallery has
            a name.
        Cancelled: the user stopped it; a later run goes on from what was done.
    """
    from studio.media.work_folder import clear_left
    from studio.provenance.signing import carry_on

    started = time.perf_counter()
    given = [source] if isinstance(source, Path) else list(source)
    checked(options)
    specs = parse_specs(options.apply)
    if len(given) != 1:
        raise RequestError(f"{len(given)} films were given.", "Give one: studio filter FILM")
    gallery = None
    if any(isinstance(s, Anonymise) and (s.exempt or s.only) for s in specs):
        gallery = open_gallery(job, options.gallery)
        specs = tuple(
            replace(s, exempt=spelt(s.exempt, gallery), only=spelt(s.only, gallery))
            if isinstance(s, Anonymise)
            else s
            for s in specs
        )
    inputs = read_inputs(specs, job)
    footage, notes = read_footage(given[0], inputs, job)
    assert footage.info.video is not None
    plan = FilterPlan(
        footage.info.path.name,
        footage.display_wh,
        len(footage.times),
        len(footage.shots),
        options.apply,
        tuple(spec.key for spec in face_specs(specs)),
    )
    for film in inputs.films.values():
        if film.length_s < float(footage.info.duration) - 0.1:
            notes.append(
                f"{film.info.path.name} begins again after {film.length_s:.1f} s: it is shorter "
                "than the footage."
            )
    work = _Work(inputs, footage, options, gallery, job)
    if options.dry_run:
        plan = replace(plan, estimate_s=work.estimated())
        wall_s = time.perf_counter() - started
        noted = (*notes, *footage.info.notes)
        return Result(plan, {}, None, None, work.mark.command, wall_s, noted)
    work.plan_covers()
    path, report = work.made()
    notes = [*notes, *footage.info.notes, *work.notes, *(report.notes if report else ())]
    made_from = [given[0], *(p for spec in specs for p in inputs_of_spec(spec))]
    ours = (path, path.with_suffix(".json"), path.with_suffix(".audit.txt"))
    clear_left(*ours)  # of a run that was killed
    notes += carry_on(path, made_from, work.mark, job.settings)
    files = {"preview" if options.preview_s else "film": path, "report": path.with_suffix(".json")}
    if work.audit is not None:
        files["audit"] = path.with_suffix(".audit.txt")
    result = Result(
        plan,
        files,
        work.audit,
        report,
        work.mark.command,
        time.perf_counter() - started,
        tuple(dict.fromkeys(notes)),
    )
    _write_reports(result, work.mark, footage)
    job.report("done", 1.0)
    return result


class _Work:
    """One film in the making."""

    def __init__(
        self, inputs: Inputs, footage: Footage, options: Options, gallery: Gallery | None, job: Job
    ) -> None:
        from studio.media.render_estimate import workers_of

        assert footage.info.video is not None
        self.inputs, self.footage, self.options, self.job = inputs, footage, options, job
        self._gallery = gallery
        self.audit: Audit | None = None
        self.notes: list[str] = []
        self._plans: dict[int, CoverPlan] = {}
        count, rate = len(footage.times), float(footage.info.video.rate.fps)
        self._rate_hz = rate
        self._span = (0, count)
        if options.preview_s:
            wanted = min(count, max(1, round(options.preview_s * rate)))
            self._span = ((count - wanted) // 2, (count - wanted) // 2 + wanted)
        segments = int(footage.info.duration // _LEAST_SEGMENT_S)
        self._workers = max(1, min(workers_of(job.settings), segments))
        if options.preview_s:
            self._workers = 1
        self.mark = _mark(footage, options, inputs)

    def plan_covers(self) -> None:
        """Find every face of every frame, tell whose they are, decide what is covered."""
        footage, start, end = self.footage, *self._span
        specs = [(p, s) for p, s in enumerate(self.inputs.specs) if isinstance(s, Anonymise)]
        if not specs:
            return
        around = round(self._rate_hz)
        span = (max(0, start - around), min(len(footage.times), end + around))
        seen = find_faces(footage.info, footage.times, self.job, span, "faces")
        if not len(seen.frames):
            raise RequestError(
                f"No face was found in {footage.info.path.name}: nothing would be covered.",
                "If there is one that is not found, cover its place: "
                "--apply box:x,y,width,height:blur",
            )
        shots = [(shot.start_frame, shot.end_frame) for shot in footage.shots]
        lines = join(seen, shots, self._rate_hz)
        samples = None
        for place, spec in specs:
            visible = [[False] * len(line.frames) for line in lines]
            if self._gallery is not None and (spec.exempt or spec.only):
                if samples is None:
                    samples = look_at(lines, footage.info, footage.times, self._rate_hz, self.job)
                visible = may_be_seen(lines, samples, spec, self._gallery)
                shown = sum(map(sum, visible))
                self.notes.append(f"{shown} of {sum(map(len, visible))} faces found may be seen.")
            self._plans[place] = plan_covers(lines, visible, shots, self._rate_hz)

    def made(self) -> tuple[Path, FilmReport | None]:
        """The film; where faces are covered, looked at again and mended."""
        out = self.options.out / f"{self.footage.info.path.stem}.{slug(self.options.apply)}"
        path = out.with_name(
            f"{out.name}.preview.mp4" if self.options.preview_s else f"{out.name}.mp4"
        )
        report = self._render(path)
        for rounds in range(1, _MOST_ROUNDS + 1):
            if not self._plans:
                break
            self.audit = self._looked_at(path, rounds)
            if not self.audit.findings or rounds == _MOST_ROUNDS:
                break
            for place, plan in self._plans.items():
                beside, seen = self.audit.places("uncovered"), self.audit.places("seen")
                self._plans[place] = with_more(plan, beside, seen)
            report = self._render(path)
        if self.audit is not None and self.audit.findings:
            frames = len({finding.frame for finding in self.audit.findings})
            self.notes.append(
                f"NOT SAFE: on {frames} frame(s) a face may still be recognised; see the audit. "
                "Cover what it lists with --apply box:x,y,width,height,from=S,to=S:blur."
            )
        return path, report

    def _covers(self) -> Mapping[int, Mapping[int, tuple[Cover, ...]]]:
        return {place: plan.covers for place, plan in self._plans.items()}

    def _render(self, path: Path) -> FilmReport | None:
        from studio.media.film_preview import render_preview
        from studio.media.film_render import render_film

        info, times, job = self.footage.info, self.footage.times, self.job
        with stack_of(self.inputs, self.footage, self._covers(), self._workers, job) as stack:
            film = film_of(stack, self.inputs, self.footage)
            self.mark = replace(self.mark, digest=digest(self.footage, film))
            if self.options.preview_s:
                render_preview(
                    info,
                    times,
                    film,
                    path,
                    self._span,
                    settings=job.settings,
                    metadata=self.mark.to_metadata(),
                    on_progress=lambda share: job.report("preview", share),
                )
                return None
            before = self._made_before(path)
            if before is not None:
                return before
            name = f"filter-{info.content_hash[:32]}-{self.mark.digest[:16]}"
            return render_film(
                info,
                film,
                path,
                job.settings.cache_dir / "renders" / name,
                settings=job.settings,
                cuts=[shot.start_frame for shot in self.footage.shots[1:]],
                workers=self._workers,
                metadata=self.mark.to_metadata(),
                on_progress=lambda share, message: job.report("render", share, message),
                check=job.check,
            )

    def _made_before(self, path: Path) -> FilmReport | None:
        """What to report of a film that an earlier run had finished; None where there is none."""
        from studio.media.film_mark import read_mark
        from studio.media.film_render import FilmReport
        from studio.media.probe import frame_times, probe

        if not path.is_file():
            return None
        try:
            before = read_mark(path, self.job.settings)
            count = len(frame_times(probe(path, self.job.settings), self.job.settings))
        except (MediaError, RequestError):
            return None
        same = (before.digest, before.software) == (self.mark.digest, self.mark.software)
        if not same or count != len(self.footage.times):
            return None
        note = f"{path.name} was there already, made in the same way; it was not made again."
        return FilmReport(0.0, count, 0, 0, (note,))

    def _looked_at(self, path: Path, rounds: int) -> Audit:
        """Both detectors on every frame of the film that was made."""
        from studio.media.probe import frame_times, probe

        info = probe(path, self.job.settings)
        times = frame_times(info, self.job.settings)
        found = find_faces(info, times, self.job, (0, len(times)), f"audit {rounds}", _unkept)
        start = self._span[0]
        found = replace(found, frames=found.frames + start)
        drawn = any(isinstance(s, Anonymise) and s.cover == "drawn" for s in self.inputs.specs)
        return audit(
            found,
            _joined(list(self._plans.values())),
            (start, start + len(times)),
            self.footage.times.seconds,
            drawn=drawn,
            rounds=rounds,
        )

    def estimated(self) -> float:
        """Wall seconds of the render, from frames in the middle of the footage."""
        from studio.media.reader import decode_range
        from studio.media.rgb_film import RgbConverter

        info, times = self.footage.info, self.footage.times
        assert info.video is not None
        convert, middle = RgbConverter(info.video), len(times) // 2
        nothing: dict[int, CoverPlan] = {
            p: CoverPlan({}, {})
            for p, s in enumerate(self.inputs.specs)
            if isinstance(s, Anonymise)
        }
        self._plans = nothing
        with stack_of(self.inputs, self.footage, self._covers(), self._workers, self.job) as stack:
            work = FilterPass(stack)
            taken = []
            last = min(middle + 1 + _SAMPLED, len(times))
            for number, frame in decode_range(info, times, middle, last):
                started = time.perf_counter()
                work(convert(frame), number)
                taken.append(time.perf_counter() - started)
        # The first picture compiles the networks; alone, a picture does not have every core.
        return float(np.mean(taken[1:] or taken)) * len(times) / self._workers


def _unkept(_number: int, _picture: object) -> None:
    """A finished film is looked at, whatever was found in one of its name before."""


def _joined(plans: Sequence[CoverPlan]) -> CoverPlan:
    """What all anonymising filters cover; open is what none of them covers."""
    covers = {
        n: tuple(c for plan in plans for c in plan.covers.get(n, ()))
        for n in {n for plan in plans for n in plan.covers}
    }
    opened = plans[0].open
    for plan in plans[1:]:
        opened = {n: tuple(o for o in b if o in plan.open.get(n, ())) for n, b in opened.items()}
    return CoverPlan(covers, opened)


def slug(apply: Sequence[str]) -> str:
    """The filters as part of a file's name."""
    parts = [re.sub(r"=[^,]*[/\\]", "=", text) for text in apply]
    short = re.sub(r"[^A-Za-z0-9+.-]+", "-", "+".join(parts)).strip("-.") or "filter"
    return short[:60]


def _mark(footage: Footage, options: Options, inputs: Inputs) -> FilmMark:
    from studio.media.film_mark import FilmMark, software

    words = ["studio", "filter", footage.info.path.name]
    for text, spec in zip(options.apply, inputs.specs, strict=True):
        shown = text
        for path in inputs_of_spec(spec):
            shown = shown.replace(str(path), path.name)
        words += ["--apply", shown]
    if options.gallery is not None:
        words += ["--gallery", options.gallery.name]
    if options.preview_s:
        words += ["--preview", f"{options.preview_s:g}"]
    if options.seed:
        words += ["--seed", str(options.seed)]
    return FilmMark(
        command=tuple(words),
        inputs={footage.info.path.name: footage.info.content_hash, **inputs.digests},
        models=inputs.models(),
        software=software(),
    )


def _write_reports(result: Result, mark: FilmMark, footage: Footage) -> None:
    from pipelines.filter.describe import describe
    from studio.media.writer import write_beside

    body = describe(result) | {"mark": to_json(mark), "source": str(footage.info.path)}
    with write_beside(result.files["report"]) as beside:
        beside.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if result.audit is not None:
        with write_beside(result.files["audit"]) as beside:
            beside.write_text(table(result.audit) + "\n", encoding="utf-8")
