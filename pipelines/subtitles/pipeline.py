"""Footage to subtitles: hear, plan, then write what was planned."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import analysis
from pipelines.analysis.word_corrections import keep_words, words_file
from pipelines.subtitles import profile as profiles
from pipelines.subtitles.corrections import Corrections
from pipelines.subtitles.drafting import (
    Wishes,
    check_translator,
    drafted,
    heard,
    measured,
    replanned,
)
from pipelines.subtitles.edits import names_given
from pipelines.subtitles.glossary import Glossary, read_glossary
from pipelines.subtitles.options import Options, checked
from pipelines.subtitles.plan import SubtitlePlan, Track, read_plan, write_plan
from pipelines.subtitles.style import read_style, style_for
from studio.archive.decisions import read_decisions, write_decisions
from studio.errors import NoSuchMedia, RequestError
from studio.jobs.job import Job
from studio.types.cue_style import CueStyle
from studio.types.media import MediaInfo
from studio.types.transcript import Word

if TYPE_CHECKING:
    from studio.media.burn_in import BurnInReport


@dataclass(frozen=True)
class Result:
    """What ``studio subtitles`` gives.

    Attributes:
        plan: what was heard and what is shown.
        files: name to path of what was written: ``plan``, ``corrections``, ``en.srt``,
            ``burnt``, ``soft``.
        burnt: what the burn-in measured, None where none was asked for.
        stored: parts of the analysis that were known already.
        computed: parts made by this run.
        wall_s: seconds this run took.
        notes: what a user should know.
    """

    plan: SubtitlePlan
    files: dict[str, Path]
    burnt: BurnInReport | None
    stored: tuple[str, ...]
    computed: tuple[str, ...]
    wall_s: float
    notes: tuple[str, ...]


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Subtitle one file, or render an edited plan.

    Args:
        source: a film or a sound file; may be empty with ``options.from_plan``.
        options: what is wanted.
        job: settings, models, store, progress.

    Raises:
        MediaError: the file cannot be used.
        RequestError: an option cannot work, alone or with this file.
        WeightsMissing: a model is not here; the message names the command that gets it.
        Cancelled: the user stopped it; a later run goes on from what was done.
    """
    started = time.perf_counter()
    given = [source] if isinstance(source, Path) else list(source)
    wishes = check_options(options)
    if len(given) > 1:
        raise RequestError(
            f"{len(given)} files were given.", "Subtitle them one at a time: studio subtitles FILE"
        )
    stored: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    if options.from_plan is not None:
        plan, corrections = _from_plan(options.from_plan, given, options, job)
    else:
        if not given:
            raise RequestError("No footage was given.", "Name a film or a sound file.")
        made = draft(given[0], options, wishes, job)
        plan, corrections = made.plan, made.corrections
        stored, computed = made.found.stored, made.found.computed
    if options.dry_run:
        return Result(plan, {}, None, stored, computed, time.perf_counter() - started, plan.notes)
    files, burnt, notes = write(plan, corrections, options, wishes, job)
    job.report("done", 1.0)
    wall_s = time.perf_counter() - started
    notes = tuple(dict.fromkeys((*plan.notes, *notes)))
    return Result(plan, files, burnt, stored, computed, wall_s, notes)


@dataclass(frozen=True)
class Draft:
    """Subtitles that are planned and not yet written.

    Attributes:
        plan: of the subtitles.
        corrections: that lie over it.
        found: the analysis it stands on.
    """

    plan: SubtitlePlan
    corrections: Corrections
    found: analysis.Result


def draft(source: Path, options: Options, wishes: Wishes, job: Job) -> Draft:
    """Hear and plan; nothing is written. Raises: as :func:`run`."""
    if options.translate:
        check_translator(job)
    found = heard(source, options, wishes, job)
    known = _known_corrections(options.out, found.analysis.media)
    plan, corrections = drafted(found.analysis, options, wishes, known, job)
    return Draft(plan, corrections, found)


def check_options(options: Options) -> Wishes:
    """Refuse what cannot work, and read the files that the options name, before anything slow.

    Raises:
        RequestError: naming the option or the place in the file.
    """
    checked(options)
    out = options.out
    if out.exists() and not out.is_dir():
        raise RequestError(f"{out} is a file.", "Give a folder: --out DIR")
    folder = next(p for p in (out, *out.absolute().parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):  # rights alone do not tell: try it
            pass
    except OSError as exc:
        raise RequestError(
            f"{out} cannot be written to: {exc.strerror}.", "Give another folder: --out DIR"
        ) from exc
    return Wishes(
        profile=profiles.load(options.profile) if options.profile else None,
        style=read_style(options.style) if options.style is not None else None,
        glossary=read_glossary(options.glossary) if options.glossary is not None else Glossary(),
        text=read_text(options.align) if options.align is not None else None,
    )


def read_text(path: Path) -> tuple[str, ...]:
    """The lines of a text that is to be set to the sound: of a plain file or of subtitles.

    Raises:
        RequestError: it cannot be read, or holds no words.
    """
    from studio.media import subtitle_io

    if path.suffix.lower() in (".srt", ".vtt", ".ass", ".ssa", ".ttml", ".xml", ".json"):
        cues = subtitle_io.read(path).cues
        lines = tuple(line for cue in cues if cue.kind == "speech" for line in cue.lines)
    else:
        try:
            lines = tuple(path.read_text(encoding="utf-8-sig").splitlines())
        except OSError as exc:
            raise RequestError(
                f"The text {path} cannot be read: {exc.strerror}.", "Check the name of the file."
            ) from exc
        except UnicodeDecodeError as exc:
            raise RequestError(f"The text {path} is not UTF-8.", "Save it as UTF-8.") from exc
    lines = tuple(line.strip() for line in lines if line.strip())
    if not any(c.isalnum() for line in lines for c in line):
        raise RequestError(f"{path} holds no words.", "Give the text that is spoken.")
    return lines


def plan_path(out: Path, media: Path) -> Path:
    """Where the plan of a file's subtitles lies."""
    return out / f"{media.stem}.subtitles.json"


def corrections_path(out: Path, media: Path) -> Path:
    """Where the decisions about a file's subtitles lie."""
    return out / f"{media.stem}.corrections.json"


def _known_corrections(out: Path, info: MediaInfo) -> Corrections:
    """What was decided before: kept in the folder, or edited in the plan that lies there."""
    corrections = read_decisions(Corrections, corrections_path(out, info.path))
    before = plan_path(out, info.path)
    if before.exists():
        plan = read_plan(before)
        if plan.source.content_hash == info.content_hash:
            corrections = plan.with_edits(corrections)
    return corrections


def _from_plan(
    path: Path, given: Sequence[Path], options: Options, job: Job
) -> tuple[SubtitlePlan, Corrections]:
    """An edited plan; footage that has moved is found again by its content."""
    plan = read_plan(path)
    if given:
        from studio.media.probe import probe

        info = probe(given[0], job.settings)
        if info.content_hash != plan.source.content_hash:
            raise RequestError(
                f"{given[0]} is not the file that {path.name} was made from.",
                "Name the file it was made from, or plan anew without --from-plan.",
            )
        plan = replace(plan, source=replace(plan.source, path=str(info.path)))
    media = Path(plan.source.path)
    corrections = read_decisions(Corrections, corrections_path(path.parent, media))
    if path.parent != options.out and corrections_path(options.out, media).exists():
        corrections = read_decisions(Corrections, corrections_path(options.out, media))
    corrections = plan.with_edits(corrections)
    if options.names:
        given_names = names_given(plan.transcript.words, dict(options.names))
        corrections = corrections.with_names(given_names)
    plan = replanned_if_needed(plan, corrections)
    return plan.as_made(), corrections


def replanned_if_needed(plan: SubtitlePlan, corrections: Corrections) -> SubtitlePlan:
    """The plan with its edits: arranged anew where a word or a name was edited; where only
    cues were, they stand as they are."""
    names = {g.name for g in corrections.names}
    edited = plan.transcript.words != plan.made.words or plan.names != plan.made.names
    if edited or names - set(plan.names.values()):
        return replanned(plan, corrections)
    return replace(plan, tracks=tuple(measured(t, plan, t.unmet) for t in plan.tracks))


def _keep_words(plan: SubtitlePlan, before: Corrections, after: Corrections, job: Job) -> None:
    """Have search, report and every later run hear the words as a person mended them."""
    source = plan.source
    if source.sound is not None and (before.words or after.words):
        path = words_file(job.settings.data_dir, source.content_hash, source.sound)
        keep_words(path, before.words, after.words)


def write(
    plan: SubtitlePlan, corrections: Corrections, options: Options, wishes: Wishes, job: Job
) -> tuple[dict[str, Path], BurnInReport | None, tuple[str, ...]]:
    """Write a plan and all that is made from it into ``options.out``.

    Returns:
        What was written where, what the burn-in measured, and what a user should know.

    Raises:
        NoSuchMedia: the film is needed and has gone.
        MediaError: something cannot be written.
    """
    from studio.media import subtitle_io

    out, media = options.out, Path(plan.source.path)
    info = _film(plan, job) if options.burn_in or options.soft else None
    files: dict[str, Path] = {}
    notes: list[str] = []
    before = read_decisions(Corrections, corrections_path(out, media))
    if corrections != Corrections() or corrections != before:
        files["corrections"] = corrections_path(out, media)
        write_decisions(files["corrections"], corrections)
    _keep_words(plan, before, corrections, job)
    files["plan"] = plan_path(out, media)
    write_plan(files["plan"], plan)
    for track in plan.tracks:
        language = track.subtitles.language or "und"
        style = wishes.style or style_for(track.profile)
        for form in options.formats:
            path = out / f"{media.stem}.{language}.{form}"
            files[f"{language}.{form}"] = path
            subtitle_io.write(
                track.subtitles,
                path,
                form,
                words=_words(plan, track),
                rate=plan.source.rate,
                style=style,
                karaoke=track.profile.karaoke,
                picture_wh=plan.source.size_wh or (1920, 1080),
            )
    burnt = None
    shown = plan.tracks[-1]  # the translation, where there is one: the sound speaks for itself
    if info is not None and options.soft:
        files["soft"] = _soft(plan, info, options, notes, job)
    if info is not None and options.burn_in:
        style = wishes.style or style_for(shown.profile)
        files["burnt"] = out / f"{media.stem}.subtitled.mp4"
        burnt = _burnt(plan, shown, info, files["burnt"], style, job)
        notes += burnt.notes
    if info is not None:
        notes += _carried(files, info, job)
    return files, burnt, tuple(notes)


def _carried(files: dict[str, Path], info: MediaInfo, job: Job) -> list[str]:
    """Sign the films after a source that is signed."""
    from studio.media.film_mark import FilmMark, software
    from studio.provenance.signing import carry_on

    notes: list[str] = []
    for kind, option in (("soft", "--soft"), ("burnt", "--burn-in")):
        if kind in files:
            words = ("studio", "subtitles", info.path.name, option)
            inputs = {info.path.name: info.content_hash}
            mark = FilmMark(words, inputs, software=software(), deed="edited")
            notes += carry_on(files[kind], [info.path], mark, job.settings)
    return notes


def _words(plan: SubtitlePlan, track: Track) -> tuple[Word, ...]:
    return track.words if track.words is not None else plan.transcript.words


def _film(plan: SubtitlePlan, job: Job) -> MediaInfo:
    from studio.media.probe import probe

    path = Path(plan.source.path)
    if not path.is_file():
        raise NoSuchMedia(
            f"{path}, which the plan is for, is not there.",
            "Name the file in its new place: studio subtitles FILE --from-plan PLAN",
        )
    info = probe(path, job.settings)
    if info.content_hash != plan.source.content_hash:
        raise RequestError(
            f"{path} is not the file that the plan was made from.",
            "Bring the original back, or plan anew without --from-plan.",
        )
    if info.video is None:
        raise RequestError(
            f"{path.name} has no picture to show subtitles in.",
            "Leave out --burn-in and --soft for a sound file.",
        )
    return info


def _soft(
    plan: SubtitlePlan, info: MediaInfo, options: Options, notes: list[str], job: Job
) -> Path:
    from studio.media import subtitle_io
    from studio.media.mux_subtitles import mux_subtitles, soft_suffix

    job.report("soft", 0.0)
    path = options.out / f"{info.path.stem}.soft{soft_suffix(info)}"
    with tempfile.TemporaryDirectory(prefix="studio-srt-") as folder:
        tracks = []
        for number, track in enumerate(reversed(plan.tracks)):
            text = Path(folder) / f"{number}.srt"
            subtitle_io.write(track.subtitles, text, "srt")
            tracks.append((text, track.subtitles.language))
        notes += mux_subtitles(info, tracks, path, job.check)
    return path


def _burnt(
    plan: SubtitlePlan, track: Track, info: MediaInfo, path: Path, style: CueStyle, job: Job
) -> BurnInReport:
    from studio.media.burn_in import burn_in

    job.report("burn-in", 0.0)
    return burn_in(
        info,
        track.subtitles.cues,
        path,
        # One folder for one film: what an edit of a cue leaves as it was is not encoded again.
        job.settings.cache_dir / "renders" / f"subtitles-{info.content_hash}",
        style=style,
        settings=job.settings,
        words=_words(plan, track),
        on_progress=lambda share, message: job.report("burn-in", share, message),
        check=job.check,
    )
