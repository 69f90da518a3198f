"""Footage of a person to a film of a drawn character that does what the person does."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines import analysis
from pipelines.avatar.background import backdrop_of
from pipelines.avatar.characters import CAST, DRAWING_VERSION, Character, character
from pipelines.avatar.follow import FOLLOW_VERSION, Following, Watched, follow, trusted
from pipelines.avatar.options import Format, Options, checked, format_of
from pipelines.avatar.painting import BustPass, GlassPainter, HeadPass, Scene
from pipelines.avatar.persons import wanted_person
from pipelines.avatar.result import AvatarPlan, Result
from pipelines.avatar.watch import SPECS, seen_share, watch
from studio.errors import MediaError, RequestError
from studio.jobs.job import Job
from studio.types.media import FrameTimes, MediaInfo
from studio.types.shot import Shot, TransitionKind

if TYPE_CHECKING:
    from studio.media.film_mark import FilmMark
    from studio.media.film_render import FilmReport

#: Raised whenever the same scene would be laid over the footage with other pixels.
PAINTING_VERSION = 1
ENDINGS: dict[Format, str] = {"mp4": ".mp4", "prores": ".mov", "webm": ".webm"}


@dataclass(frozen=True)
class _Film:
    """The footage."""

    info: MediaInfo
    times: FrameTimes
    shots: tuple[Shot, ...]

    @property
    def fps(self) -> float:
        assert self.info.video is not None
        return float(self.info.video.rate.fps)

    @property
    def size_wh(self) -> tuple[int, int]:
        assert self.info.video is not None
        return self.info.video.display_wh


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Make a drawn character do what a person does.

    Args:
        source: the film.
        options: what is wanted.
        job: settings, models, store, progress.

    Raises:
        MediaError: the film or the background cannot be used.
        RequestError: an option cannot work, alone or with this film: no such avatar, no face.
        Cancelled: the user stopped it; a later run goes on from what was done.
    """
    from studio.media.work_folder import clear_left
    from studio.provenance.signing import carry_on

    started = time.perf_counter()
    given = [source] if isinstance(source, Path) else list(source)
    checked(options)
    who = named(options.avatar)
    if len(given) != 1:
        raise RequestError(f"{len(given)} films were given.", "Give one: studio avatar FILM")
    film = _film(given[0], job)
    backdrop, inputs = backdrop_of(options.background, who, film.size_wh, job)
    plan = AvatarPlan(
        film.info.path.name,
        who.name,
        options.background,
        format_of(options),
        film.size_wh,
        len(film.times),
        len(film.shots),
    )
    person = wanted_person(options.who, given[0], film.size_wh, job)
    watched = watch(
        film.info,
        film.times,
        film.shots,
        job,
        who=person.key,
        wanted=person.box,
    )
    watched = trusted(watched, film.fps)
    if not np.isfinite(watched.measures[:, 0]).any():
        raise RequestError(
            f"No face was found in {film.info.path.name}"
            + (f" that belongs to {options.who}." if options.who else "."),
            "An avatar follows a face: give footage in which one is seen, from the front or "
            "half turned, and some 40 pixels high.",
        )
    following = follow(watched, film.shots, film.fps)
    plan = _watched_plan(plan, film, watched, following)
    notes = [*person.notes, *_notes(plan, film, watched, options)]
    mark = _mark(film, options, plan, inputs)
    scene = Scene(who, following, film.size_wh, backdrop)
    if options.dry_run:
        plan = replace(plan, estimate_s=_estimated(scene, film, plan, job))
        wall_s = time.perf_counter() - started
        return Result(plan, {}, None, mark.command, wall_s, tuple(notes))
    mark = replace(mark, digest=_digest(film, scene, options, inputs))
    path, report = _made(film, scene, plan, mark, options, inputs, job)
    notes += report.notes if report is not None else ()
    clear_left(path, path.with_suffix(".json"))  # of a run that was killed
    notes += carry_on(path, given, mark, job.settings)
    files = {"preview" if options.preview_s else "film": path, "report": path.with_suffix(".json")}
    result = Result(
        plan,
        files,
        report,
        mark.command,
        time.perf_counter() - started,
        tuple(dict.fromkeys((*notes, *film.info.notes))),
    )
    _write_report(result, mark, film)
    job.report("done", 1.0)
    return result


def named(avatar: str) -> Character:
    """A character by its name.

    Raises:
        RequestError: there is none of that name; the hint names all.
    """
    who = character(avatar)
    if who is None:
        names = ", ".join(c.name for c in CAST)
        raise RequestError(
            f"There is no avatar {avatar!r}." if avatar else "No avatar was named.",
            f"Name one with --avatar: {names}. studio avatar --list shows them.",
        )
    return who


def _film(path: Path, job: Job) -> _Film:
    from studio.media.probe import frame_times, probe
    from studio.media.rgb_film import refuse_alpha

    job.report("probe", 0.0, path.name)
    info = probe(path, job.settings)
    if info.video is None:
        raise RequestError(f"{path.name} has no picture.", "Give footage with a picture.")
    refuse_alpha(info.video)
    times = frame_times(info, job.settings)
    count = len(times)
    whole = Shot(0, count, times.start(0), times.start(count), TransitionKind.START, 0, count)
    if count < 2:
        return _Film(info, times, (whole,))
    found = analysis.run(path, analysis.Options(only=("shots",)), job).analysis
    return _Film(info, times, found.shots or (whole,))


def _watched_plan(
    plan: AvatarPlan, film: _Film, watched: Watched, following: Following
) -> AvatarPlan:
    def at(frame: int) -> float:
        return float(film.times.start(frame) - film.times.start(0))

    return replace(
        plan,
        followed_share=seen_share(watched),
        hands_share=float(np.isfinite(watched.hands_px[..., 0, 0]).any(axis=1).mean()),
        lost_s=tuple((at(a), at(b)) for a, b in following.lost),
    )


def _notes(plan: AvatarPlan, film: _Film, watched: Watched, options: Options) -> list[str]:
    notes = []
    if plan.lost_s:
        total = sum(b - a for a, b in plan.lost_s)
        shown = ", ".join(f"{a:.1f}-{b:.1f} s" for a, b in plan.lost_s[:6])
        more = f" and {len(plan.lost_s) - 6} more" if len(plan.lost_s) > 6 else ""
        rests = (
            "the footage is left as it is"
            if options.background == "keep"
            else "the avatar eases to rest"
        )
        notes.append(f"No face to follow for {total:.1f} s ({shown}{more}): there {rests}.")
    crowd = int(watched.faces.max(initial=0))
    if crowd > 1 and not options.who:
        notes.append(
            f"Up to {crowd} faces are seen; the largest of each shot is followed. Choose with "
            "--who."
        )
    if options.background == "keep" and (plan.hands_share or 0) > 0:
        notes.append("With --background keep the person's own hands stay in the picture.")
    return notes


def _made_by(scene: Scene, options: Options, inputs: dict[str, str], start: int, end: int) -> Any:
    """All that decides the pixels of a stretch besides the source."""
    following, span = scene.following, slice(start, end)
    moving = hashlib.sha256()
    for array in (
        following.values,
        following.seen,
        following.head_px,
        following.hands,
        following.hands_seen,
    ):
        moving.update(np.ascontiguousarray(array[span]).tobytes())
    return [
        [DRAWING_VERSION, FOLLOW_VERSION, PAINTING_VERSION],
        [scene.who.name, options.background, sorted(inputs.items()), options.seed],
        moving.hexdigest(),
    ]


def _digest(film: _Film, scene: Scene, options: Options, inputs: dict[str, str]) -> str:
    made_by = [
        film.info.content_hash,
        format_of(options),
        _made_by(scene, options, inputs, 0, len(film.times)),
    ]
    return hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()


def _made(
    film: _Film,
    scene: Scene,
    plan: AvatarPlan,
    mark: FilmMark,
    options: Options,
    inputs: dict[str, str],
    job: Job,
) -> tuple[Path, FilmReport | None]:
    """The film, or a preview of it."""
    from studio.media.film_preview import render_preview
    from studio.media.film_render import render_film
    from studio.media.rgb_film import RgbFilm

    assert film.info.video is not None
    begin = HeadPass if options.background == "keep" else BustPass
    stem = f"{film.info.path.stem}.{scene.who.name}"
    report = None
    if options.preview_s:
        count = len(film.times)
        wanted = min(count, max(1, round(options.preview_s * film.fps)))
        start = (count - wanted) // 2
        path = options.out / f"{stem}.preview.mp4"
        if plan.format != "mp4":  # looked at before what transparent pictures are looked at on
            backdrop, _ = backdrop_of("#808080", scene.who, film.size_wh, job)
            scene = replace(scene, backdrop=backdrop)
        render_preview(
            film.info,
            film.times,
            RgbFilm(film.info.video, lambda _a, _b: begin(scene), lambda _a, _b: None),
            path,
            (start, start + wanted),
            settings=job.settings,
            metadata=mark.to_metadata(),
            on_progress=lambda share: job.report("preview", share),
        )
        return path, None
    path = options.out / f"{stem}{ENDINGS[plan.format]}"
    report = _made_before(path, mark, film, job)
    if report is not None:
        return path, report
    work_dir = (
        job.settings.cache_dir
        / "renders"
        / f"avatar-{film.info.content_hash[:32]}-{mark.digest[:16]}"
    )

    def made_by(start: int, end: int) -> Any:
        return _made_by(scene, options, inputs, start, end)

    def tell(share: float, message: str) -> None:
        job.report("render", share, message)

    if plan.format == "mp4":
        return path, render_film(
            film.info,
            RgbFilm(film.info.video, lambda _a, _b: begin(scene), made_by),
            path,
            work_dir,
            settings=job.settings,
            cuts=[shot.start_frame for shot in film.shots[1:]],
            metadata=mark.to_metadata(),
            on_progress=tell,
            check=job.check,
        )
    from studio.media.alpha_film import render_alpha_film

    even = (film.size_wh[0] - film.size_wh[0] % 2, film.size_wh[1] - film.size_wh[1] % 2)
    return path, render_alpha_film(
        film.info,
        film.times,
        lambda: GlassPainter(replace(scene, size_wh=even)),
        made_by,
        path,
        work_dir,
        plan.format,
        settings=job.settings,
        size_wh=even,
        metadata=mark.to_metadata(),
        on_progress=tell,
        check=job.check,
    )


def _made_before(path: Path, mark: FilmMark, film: _Film, job: Job) -> FilmReport | None:
    """What to report of a film that an earlier run had finished; None where there is none."""
    from studio.media.encoder import frames_in
    from studio.media.film_mark import read_mark
    from studio.media.film_render import FilmReport

    if not path.is_file():
        return None
    try:
        before = read_mark(path, job.settings)
    except (MediaError, RequestError):
        return None
    same = (before.digest, before.software) == (mark.digest, mark.software)
    if not same or frames_in(path) != len(film.times):
        return None
    note = f"{path.name} was there already, made in the same way; it was not made again."
    return FilmReport(0.0, len(film.times), 0, 0, (note,))


def _mark(film: _Film, options: Options, plan: AvatarPlan, inputs: dict[str, str]) -> FilmMark:
    from studio.media.film_mark import FilmMark, software

    background = options.background
    if inputs:  # no folder of the machine is written into a film
        background = next(iter(inputs))
    words = ["studio", "avatar", film.info.path.name, "--avatar", plan.avatar]
    words += ["--background", background]
    if options.who:
        words += ["--who", options.who]
    if plan.format != "mp4":
        words += ["--format", plan.format]
    if options.preview_s:
        words += ["--preview", f"{options.preview_s:g}"]
    if options.seed:
        words += ["--seed", str(options.seed)]
    return FilmMark(
        tuple(words),
        {film.info.path.name: film.info.content_hash, **inputs},
        dict.fromkeys((spec.key for spec in SPECS), "f32"),
        software(),
        deed="changed" if options.background == "keep" else "made",
    )


def _estimated(scene: Scene, film: _Film, plan: AvatarPlan, job: Job) -> float:
    """Wall seconds of the render: drawing timed on a few frames, encoding by the usual."""
    from studio.media.render_estimate import workers_of

    frames = np.linspace(0, len(film.times) - 1, 4).astype(int)
    painter = GlassPainter(scene)
    painter(int(frames[0]))
    started = time.perf_counter()
    for frame in frames:
        painter(int(frame))
    drawing = (time.perf_counter() - started) / len(frames)
    megapixels = film.size_wh[0] * film.size_wh[1] / 1e6
    # Core seconds a megapixel, measured on 40 drawn frames of 1280x720: x264, ProRes, VP9.
    coding = {"mp4": 0.030, "prores": 0.095, "webm": 0.097}[plan.format] * megapixels
    return (drawing + coding) * len(film.times) / workers_of(job.settings)


def _write_report(result: Result, mark: FilmMark, film: _Film) -> None:
    from pipelines.avatar.describe import describe
    from studio.codec import to_json
    from studio.media.writer import write_beside

    body = {**describe(result), "mark": to_json(mark), "shots": to_json(film.shots)}
    with write_beside(result.files["report"]) as beside:
        beside.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
