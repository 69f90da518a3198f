"""Films to tables: analyse, tell people, write down what was seen, count, draw, explain."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from pipelines import analysis
from pipelines.people import identities, open_gallery
from pipelines.report.annotations import cues_of, tiers_of
from pipelines.report.counting import Row, count
from pipelines.report.methods import methods_card
from pipelines.report.options import KEY, Options, checked
from pipelines.report.raw_tables import Footage, raw_tables, sample_stretches
from pipelines.report.result import Result
from studio.archive.gallery import Gallery
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.models.spec import AnySpec
from studio.types.analysis import FootageAnalysis
from studio.types.media import MediaInfo
from studio.types.table import Table

_PARTS = ("shots", "objects", "faces", "views")
_SPOKEN = ("speech", "speakers")
#: Every frame of faster footage is not looked at.
_MOST_RATE = Fraction(60)
_SUFFIXES = frozenset(".mp4 .mov .mkv .webm .avi .m4v .mpg .mpeg .mts .m2ts .ts .mxf .wmv".split())


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Make the tables of one film or of many.

    Args:
        source: films, or folders of films.
        options: what is wanted.
        job: settings, models, store, progress.

    Raises:
        MediaError: a film cannot be read.
        RequestError: there is no film, or an option cannot work.
        ModelError: a model is missing, corrupt or failed.
        Cancelled: the user stopped it; analyses that were done are stored.
    """
    started = time.perf_counter()
    checked(options)
    paths = films_of([source] if isinstance(source, Path) else list(source))
    names = names_of(paths)
    gallery = open_gallery(job, options.gallery)
    films: list[Footage] = []
    stored: list[str] = []
    computed: list[str] = []
    notes: list[str] = []
    for path, name in zip(paths, names, strict=True):
        found = analysis.run(path, _wanted(path, options, job), job)
        stored += [f"{name}: {part}" for part in found.stored]
        computed += [f"{name}: {part}" for part in found.computed]
        notes += [f"{name}: {note}" for note in found.analysis.notes]
        if not options.dry_run:
            films.append(_film(name, found.analysis, gallery, options, job))
            notes += [f"{name}: {note}" for note in films[-1].people.notes]
    if options.dry_run:
        wall_s = time.perf_counter() - started
        return Result((), (), {}, {}, tuple(stored), tuple(computed), tuple(notes), wall_s)
    job.report("report", 0.0, "counting")
    raw = raw_tables(films)
    figures = count(raw)
    methods = methods_card(films, options, _specs(options))
    files = _write(films, raw, figures, methods, options, job)
    job.report("report", 1.0, f"{len(files)} files")
    wall_s = time.perf_counter() - started
    told = tuple(dict.fromkeys(notes))
    return Result(raw, figures, methods, files, tuple(stored), tuple(computed), told, wall_s)


def films_of(sources: Sequence[Path]) -> list[Path]:
    """The films among files and folders, each once; those of a folder in order of their names.

    Raises:
        RequestError: there is none.
    """
    found: dict[Path, None] = {}
    for source in sources:
        if source.is_dir():
            inside = sorted(p for p in source.iterdir() if p.suffix.lower() in _SUFFIXES)
            found |= dict.fromkeys(p.resolve() for p in inside if p.is_file())
        else:
            found[source.resolve()] = None
    if not found:
        raise RequestError("There is no film to report on.", "Name films, or a folder of films.")
    return list(found)


def names_of(paths: Sequence[Path]) -> list[str]:
    """What the tables call each film: its file's name, or its path where two are alike."""
    names = [path.name.strip() for path in paths]
    return [
        name if names.count(name) == 1 else str(path).strip()
        for name, path in zip(names, paths, strict=True)
    ]


def _wanted(path: Path, options: Options, job: Job) -> analysis.Options:
    from studio.media.probe import probe

    info = probe(path, job.settings)
    if info.video is None:
        raise RequestError(
            f"{path.name} has no picture.", "A report is of films; leave sound files out."
        )
    parts = _parts(options)
    if info.audio is None:
        parts = tuple(part for part in parts if part not in _SPOKEN)
    return analysis.Options(
        only=parts,
        cache=options.cache,
        sample_rate=_rate(info, options),
        language=options.language,
        dry_run=options.dry_run,
    )


def _parts(options: Options) -> tuple[str, ...]:
    read = ("texts",) if options.texts else ()
    return (*_PARTS, *read, *(_SPOKEN if options.speech else ()))


def _rate(info: MediaInfo, options: Options) -> Fraction:
    if options.rate is not None:
        return options.rate
    assert info.video is not None
    return min(info.video.rate.fps, _MOST_RATE)


def _film(
    name: str, footage: FootageAnalysis, gallery: Gallery, options: Options, job: Job
) -> Footage:
    rate = _rate(footage.media, options)
    people = identities(footage, gallery, job, rate=rate, cache=options.cache)
    times, shots = footage.frame_times, footage.shots
    assert times is not None and shots is not None and footage.faces is not None
    sampled, from_s, weights_s = sample_stretches(
        footage.faces.sampled_frames, times, shots, one_a_shot=options.sampling == KEY
    )
    return Footage(name, footage, people, sampled, from_s, weights_s)


def _specs(options: Options) -> tuple[AnySpec, ...]:
    from pipelines.analysis.models import models_of
    from studio.adapters import face_embedding

    parts = _parts(options)
    found = models_of(parts, analysis.Options(only=parts, language=options.language))
    return tuple(dict.fromkeys((*found, face_embedding.SPEC)))


def _write(
    films: Sequence[Footage],
    raw: Sequence[Table],
    figures: Sequence[Table],
    methods: dict[str, object],
    options: Options,
    job: Job,
) -> dict[str, Path]:
    """Everything, the page last: where it is there, the rest is."""
    from pipelines.report.page import write_page, write_thumbnails
    from studio.media.writer import write_beside
    from studio.tables.elan import write_eaf, write_metadata_vtt
    from studio.tables.table_files import write_csv, write_parquet

    out = options.out
    files: dict[str, Path] = {}
    for folder, tables in ((out / "raw", raw), (out, figures)):
        for table in tables:
            job.check()
            for suffix, write in ((".csv", write_csv), (".parquet", write_parquet)):
                files[table.name + suffix] = folder / (table.name + suffix)
                write(table, files[table.name + suffix])
    records: dict[str, list[Row]] = {table.name: list(table.records()) for table in raw}
    stems = stems_of([film.name for film in films])
    for film, stem in zip(films, stems, strict=True):
        media = film.analysis.media.path
        files[f"{stem}.eaf"] = out / f"{stem}.eaf"
        write_eaf(tiers_of(film.name, records), media, files[f"{stem}.eaf"])
        files[f"{stem}.vtt"] = out / f"{stem}.vtt"
        write_metadata_vtt(cues_of(film.name, records), files[f"{stem}.vtt"])
    files["sources"] = out / "raw" / "sources.json"
    sources = {film.name: str(film.analysis.media.path) for film in films}
    with write_beside(files["sources"]) as beside:
        beside.write_text(json.dumps(sources, ensure_ascii=False, indent=1), encoding="utf-8")
    files["methods"] = out / "methods.json"
    with write_beside(files["methods"]) as beside:
        beside.write_text(json.dumps(methods, ensure_ascii=False, indent=1), encoding="utf-8")
    thumbnails = write_thumbnails(films, stems, out, job) if options.thumbnails else {}
    files["page"] = out / "report.html"
    write_page(files["page"], records, figures, methods, thumbnails)
    return files


def stems_of(names: Sequence[str]) -> list[str]:
    """Names of files made of the films' names: letters, digits, points and dashes, each once."""
    stems: list[str] = []
    for name in names:
        safe = "".join(c if c.isalnum() or c in "-." else "_" for c in Path(name).name)
        stem, number = safe.lstrip(".") or "film", 2
        while stem in stems:
            stem, number = f"{safe}-{number}", number + 1
        stems.append(stem)
    return stems
