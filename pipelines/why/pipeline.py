"""Footage to a film that shows what a model saw: decide, look, render."""

from __future__ import annotations

import hashlib
import json
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines import analysis
from pipelines.why.asked import Question, hit_of, question_of
from pipelines.why.carrying import CARRYING_VERSION, Carrier, WhyPass
from pipelines.why.drawing import Painter
from pipelines.why.evidence import Evidence, Sample
from pipelines.why.options import Options, checked
from pipelines.why.result import Moment, Result, WhyPlan
from studio.codec import to_json
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.analysis import FootageAnalysis
from studio.types.frames import FrameBatch
from studio.types.media import FrameTimes, MediaInfo

if TYPE_CHECKING:
    from studio.media.film_mark import FilmMark
    from studio.media.film_render import FilmReport
    from studio.media.rgb_film import RgbFilm

#: Seconds before a stretch from which its map is carried.
_LEAD_S = 1.0
#: Of the strongest evidence of all samples the one drawn strongest, and what it is at least: a
#: film that shows nothing of what was asked stays grey.
_FULL_SHARE = 0.95
_FULL_LEAST = {"word": 0.6, "like": 0.9, "object": 0.6, "expression": 0.12}


@dataclass(frozen=True)
class _Footage:
    info: MediaInfo
    times: FrameTimes
    known: FootageAnalysis
    starts: tuple[int, ...]
    span: tuple[int, int]
    whole: bool

    @property
    def fps(self) -> float:
        assert self.info.video is not None
        return float(self.info.video.rate.fps)


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Show what of a film speaks for an answer.

    Args:
        source: the film; with ``hit`` the ``search.json`` that holds the answer.
        options: what is to be explained.
        job: settings, models, store, progress.

    Raises:
        MediaError: the film, or a picture to be like, cannot be read.
        RequestError: an option cannot work, or no model knows what was asked.
        Cancelled: the user stopped it; a later run goes on from what was rendered.
    """
    from studio.provenance.signing import carry_on

    started = time.perf_counter()
    options = checked(options)
    given = [source] if isinstance(source, Path) else list(source)
    if len(given) != 1:
        raise RequestError(f"{len(given)} films were given.", "Give one: studio why FILM")
    film, span = given[0], None
    if options.hit:
        place = hit_of(film, options, job)
        film, span, question = place.film, place.span, place.question
    else:
        question = question_of(options, job)
    footage = _footage(film, span, question, options, job)
    plan = _plan(footage, question, options)
    mark = _mark(footage, given[0], options, plan)
    notes = [*question.notes, *footage.info.notes, *footage.known.notes]
    if options.dry_run:
        wall_s = time.perf_counter() - started
        return Result(plan, (), {}, None, mark.command, wall_s, tuple(dict.fromkeys(notes)))
    samples, said = _look(footage, question, options, job)
    notes += said
    if question.kind == "expression" and not any(s.patches for s in samples):
        notes.append("No face was seen, so there is nothing to explain.")
    full = _full(samples, question)
    painter = Painter(question.text, full)
    drawn = _film(footage, samples, painter, plan, options)
    files, report = _render(footage, drawn, mark, question, job, options)
    files |= _stills(footage, samples, painter, options, mark, question, job)
    for name, path in files.items():
        if name in ("film", "preview") or name.startswith("still"):
            notes += carry_on(path, [film], mark, job.settings)
    moments = tuple(_moment(sample, footage.times) for sample in samples)
    files["report"] = options.out / f"{film.stem}.{_slug(question)}.why.json"
    notes += report.notes if report is not None else ()
    result = Result(
        plan, moments, files, report, mark.command, time.perf_counter() - started,
        tuple(dict.fromkeys(notes)),
    )  # fmt: skip
    _write_report(result, full)
    job.report("done", 1.0)
    return result


def _footage(
    film: Path, span: tuple[int, int] | None, question: Question, options: Options, job: Job
) -> _Footage:
    """Probe, and find the shots; the faces too where they are asked about."""
    from studio.media.probe import frame_times, probe
    from studio.media.rgb_film import refuse_alpha

    job.report("probe", 0.0, film.name)
    info = probe(film, job.settings)
    if info.video is None:
        raise RequestError(f"{film.name} has no picture.", "Give footage with a picture.")
    refuse_alpha(info.video)
    times = frame_times(info, job.settings)
    parts = ("shots", "faces") if question.kind == "expression" else ("shots",)
    known = analysis.run(film, analysis.Options(only=parts, dry_run=options.dry_run), job).analysis
    starts = tuple(shot.start_frame for shot in known.shots or ()) or (0,)
    whole = span is None and not options.preview_s
    if span is None:
        count = len(times)
        wanted = count
        if options.preview_s:
            wanted = min(count, max(1, round(options.preview_s * float(info.video.rate.fps))))
        first = (count - wanted) // 2
        span = (first, first + wanted)
    span = (min(span[0], len(times) - 1), min(span[1], len(times)))
    return _Footage(info, times, known, starts, span, whole)


def _wanted(footage: _Footage, options: Options) -> NDArray[np.int64]:
    """Frames that are looked at, with those that lead to the stretch and the stills."""
    from studio.media.reader import sampled_frames

    frames = sampled_frames(footage.times, options.sample_rate)
    if frames is None:
        frames = np.arange(len(footage.times), dtype=np.int64)
    if footage.whole:
        return frames
    lead = ceil(_LEAD_S * footage.fps)
    spans = [(footage.span[0] - lead, footage.span[1] + lead)]
    spans += [(at - lead, at + lead) for at in _still_frames(footage, options)]
    kept = np.zeros(len(frames), np.bool_)
    for low, high in spans:
        kept |= (frames >= low) & (frames < high)
    return frames[kept]


def _plan(footage: _Footage, question: Question, options: Options) -> WhyPlan:
    assert footage.info.video is not None
    kind = question.evidence
    return WhyPlan(
        footage.info.path.name,
        footage.info.video.display_wh,
        footage.span[1] - footage.span[0],
        footage.span[0],
        len(footage.starts),
        question.text,
        question.kind,
        kind.method,
        kind.unit,
        question.classes,
        len(_wanted(footage, options)),
        tuple(spec.key for spec in kind.specs),
    )


def _look(
    footage: _Footage, question: Question, options: Options, job: Job
) -> tuple[list[Sample], list[str]]:
    """The evidence on each frame that is looked at."""
    from studio.media.reader import Subscription, read_frames

    assert footage.info.video is not None
    samples: list[Sample] = []
    notes: list[str] = []
    wh = footage.info.video.display_wh
    with question.looking(job, wh, options, footage.known.faces) as evidence:
        if footage.whole:

            def take(batch: FrameBatch) -> None:
                job.check()
                samples.extend(evidence.look(batch))

            report = read_frames(
                footage.info,
                [Subscription(evidence.request, take)],
                times=footage.times,
                on_progress=lambda share: job.report("look", share, question.text),
            )
            notes += report.notes
        else:
            wanted = _wanted(footage, options)
            for number, batch in enumerate(_single(footage, wanted, evidence)):
                job.report("look", number / len(wanted), question.text)
                samples += evidence.look(batch)
    return samples, notes


def _single(
    footage: _Footage, wanted: NDArray[np.int64], evidence: Evidence
) -> Iterator[FrameBatch]:
    """Frames here and there, one by one, as the request wants them."""
    import cv2

    from studio.media.picture import upright_rgb
    from studio.media.reader import decode_range

    assert footage.info.video is not None
    gaps = np.flatnonzero(np.diff(wanted) > 4 * footage.fps) + 1
    for run_of in np.split(wanted, gaps):
        if not len(run_of):
            continue
        due = set(run_of.tolist())
        for number, frame in decode_range(
            footage.info, footage.times, int(run_of[0]), int(run_of[-1]) + 1
        ):
            if number not in due:
                continue
            rgb = upright_rgb(frame, footage.info.video)
            wh = evidence.request.size_wh
            if wh is None:
                scale = min(1.0, (evidence.request.max_side_px or 10**6) / max(rgb.shape[:2]))
                wh = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
            small = cv2.resize(rgb, wh, interpolation=cv2.INTER_AREA)
            at = np.array([float(footage.times.start(number))])
            yield FrameBatch(np.asarray(small, np.uint8)[None], np.array([number]), at)


def _full(samples: Sequence[Sample], question: Question) -> float:
    """The value that is drawn strongest."""
    tops = [max(float(p.values.max()) for p in s.patches) for s in samples if s.patches]
    found = float(np.quantile(tops, _FULL_SHARE)) if tops else 0.0
    return max(found, _FULL_LEAST[question.kind])


def _film(
    footage: _Footage, samples: Sequence[Sample], painter: Painter, plan: WhyPlan, options: Options
) -> RgbFilm:
    from studio.media.rgb_film import RgbFilm

    assert footage.info.video is not None
    lead = ceil(_LEAD_S * footage.fps)

    def begin(_start: int, _end: int) -> WhyPass:
        return WhyPass(_carrier(footage, samples, options), painter)

    def made_by(start: int, end: int) -> Any:
        around = [s for s in samples if start - 2 * lead <= s.frame < end + 2 * lead]
        told = hashlib.sha256()
        for sample in around:
            told.update(f"{sample.frame} {sample.score:.6f} {sample.said}".encode())
            for patch in sample.patches:
                told.update(f"{patch.xyxy}".encode() + patch.values.tobytes())
        starts = [s for s in footage.starts if start - lead <= s < end]
        return [CARRYING_VERSION, painter.made_by, plan.method, told.hexdigest(), starts,
                str(options.sample_rate)]  # fmt: skip

    return RgbFilm(footage.info.video, begin, made_by, lead)


def _carrier(footage: _Footage, samples: Sequence[Sample], options: Options) -> Carrier:
    assert footage.info.video is not None
    period = round(footage.fps / float(options.sample_rate))
    wh = footage.info.video.display_wh
    return Carrier(samples, footage.starts, period, wh, len(footage.times))


def _render(
    footage: _Footage, film: RgbFilm, mark: FilmMark, question: Question, job: Job, options: Options
) -> tuple[dict[str, Path], FilmReport | None]:
    stem = f"{footage.info.path.stem}.{_slug(question)}"
    if not footage.whole:
        from studio.media.film_preview import render_preview

        kind = f".hit{options.hit}" if options.hit else ".preview"
        path = options.out / f"{stem}{kind}.why.mp4"
        render_preview(
            footage.info,
            footage.times,
            film,
            path,
            footage.span,
            settings=job.settings,
            metadata=mark.to_metadata(),
            on_progress=lambda share: job.report("render", share),
        )
        return {"preview": path}, None
    from studio.media.film_render import render_film

    path = options.out / f"{stem}.why.mp4"
    made_by = [footage.info.content_hash, film.made_by(0, len(footage.times))]
    digest = hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()
    report = render_film(
        footage.info,
        film,
        path,
        job.settings.cache_dir / "renders" / f"why-{digest[:24]}",
        settings=job.settings,
        cuts=footage.starts[1:],
        metadata=replace(mark, digest=digest).to_metadata(),
        on_progress=lambda share, message: job.report("render", share, message),
        check=job.check,
    )
    return {"film": path}, report


def _still_frames(footage: _Footage, options: Options) -> list[int]:
    found = []
    for at_s in options.stills_s:
        if at_s >= float(footage.times.start(len(footage.times))):
            last = float(footage.info.duration)
            raise RequestError(
                f"There is no picture at {at_s:g} s.", f"The film lasts {last:.1f} s."
            )
        found.append(int(np.searchsorted(footage.times.seconds, at_s + 1e-6, side="right")) - 1)
    return [max(number, 0) for number in found]


def _stills(
    footage: _Footage,
    samples: Sequence[Sample],
    painter: Painter,
    options: Options,
    mark: FilmMark,
    question: Question,
    job: Job,
) -> dict[str, Path]:
    from studio.media.reader import decode_range
    from studio.media.rgb_film import RgbConverter
    from studio.media.still import write_still

    assert footage.info.video is not None
    files: dict[str, Path] = {}
    lead = ceil(_LEAD_S * footage.fps)
    for at_s, wanted in zip(options.stills_s, _still_frames(footage, options), strict=True):
        job.check()
        draw = WhyPass(_carrier(footage, samples, options), painter)
        convert = RgbConverter(footage.info.video)
        made = None
        first = max(0, wanted - lead, _sampled_before(samples, footage.starts, wanted))
        for number, frame in decode_range(footage.info, footage.times, first, wanted + 1):
            made = draw(convert(frame), number)
        if made is None:
            raise RequestError(f"The picture at {at_s:g} s cannot be decoded.", "Choose another.")
        path = options.out / f"{footage.info.path.stem}.{_slug(question)}.{at_s:g}s.why.png"
        eight = (made >> 8).astype(np.uint8) if made.dtype == np.uint16 else made
        write_still(path, eight, mark)
        files[f"still-{at_s:g}"] = path
    return files


def _sampled_before(samples: Sequence[Sample], starts: Sequence[int], wanted: int) -> int:
    """The last sample of a frame's shot that is not behind it, 0 where there is none: a picture
    shows what that one found, where a film is still on its way there from the one before."""
    shot = bisect_right(starts, wanted) - 1
    least = starts[shot] if shot >= 0 else 0
    found = bisect_right(samples, wanted, key=lambda sample: sample.frame) - 1
    return samples[found].frame if found >= 0 and samples[found].frame >= least else 0


def _moment(sample: Sample, times: FrameTimes) -> Moment:
    second = round(float(times.start(sample.frame)), 4)
    x = y = -1.0
    best = 0.0
    for patch in sample.patches:
        if float(patch.values.max()) > best:
            best = float(patch.values.max())
            row, column = np.unravel_index(int(patch.values.argmax()), patch.values.shape)
            left, top, right, bottom = patch.xyxy
            x = left + (right - left) * (float(column) + 0.5) / patch.values.shape[1]
            y = top + (bottom - top) * (float(row) + 0.5) / patch.values.shape[0]
    score = round(sample.score, 4)
    return Moment(sample.frame, second, score, round(x, 4), round(y, 4), sample.said)


def _slug(question: Question) -> str:
    safe = "".join(c if c.isalnum() else "-" for c in question.text)
    return safe.strip("-")[:40] or question.kind


def _mark(footage: _Footage, given: Path, options: Options, plan: WhyPlan) -> FilmMark:
    from studio.adapters.openvino_runtime import cpu_precision
    from studio.media.film_mark import FilmMark, software

    words = ["studio", "why", given.name]
    for flag, value in (
        ("--word", options.word),
        ("--object", options.thing),
        ("--expression", options.expression),
        ("--like", Path(options.like).name if options.like else ""),
        ("--hit", str(options.hit) if options.hit else ""),
    ):
        words += [flag, value] if value else []
    for at_s in options.stills_s:
        words += ["--at", f"{at_s:g}"]
    words += ["--preview", f"{options.preview_s:g}"] if options.preview_s else []
    words += ["--sample-rate", f"{float(options.sample_rate):g}"]
    words += ["--seed", str(options.seed)] if options.seed else []
    precision = "f32" if plan.kind == "expression" else cpu_precision()
    return FilmMark(
        command=tuple(words),
        inputs={footage.info.path.name: footage.info.content_hash},
        models=dict.fromkeys(plan.networks, precision),
        software=software(),
    )


def _write_report(result: Result, full: float) -> None:
    from pipelines.why.describe import describe
    from studio.media.writer import write_beside

    body = describe(result) | {"drawn_strongest": round(full, 4)}
    with write_beside(result.files["report"]) as beside:
        text = json.dumps(to_json(body), ensure_ascii=False, indent=1) + "\n"
        beside.write_text(text, encoding="utf-8")
