"""Films to tables: analyse, tell people, write down what was seen, count, draw, explain."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from pipelines import analysis, events, things
from pipelines.events.judging import odd_events
from pipelines.people import identities, open_gallery
from pipelines.people.corrections import Corrections, corrections_file
from pipelines.people.walks import Walk, walks_of
from pipelines.report.options import KEY, Options, checked
from pipelines.report.raw_tables import Footage, sample_stretches
from pipelines.report.result import Result
from pipelines.report.voices import heard_as
from pipelines.report.writing import Writing
from pipelines.things.known import open_references
from pipelines.things.result import Seen
from studio.archive.decisions import read_decisions
from studio.archive.gallery import Gallery
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.models.spec import AnySpec
from studio.tables.packages import check_packages
from studio.types.analysis import FootageAnalysis
from studio.types.media import MediaInfo

_PARTS = ("shots", "objects", "faces", "views")
_SPOKEN = ("speech", "speakers")
_HEARD = ("sound_events", "noises")
_MOVING = ("bodies", "body_tracks")
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
    check_packages()
    paths = films_of([source] if isinstance(source, Path) else list(source))
    names = names_of(paths)
    gallery = open_gallery(job, options.gallery)
    stored: list[str] = []
    computed: list[str] = []
    notes: list[str] = []

    def looked_at() -> Iterator[FootageAnalysis]:
        for path, name in zip(paths, names, strict=True):
            found = analysis.run(path, _wanted(path, options, job), job)
            stored.extend(f"{name}: {part}" for part in found.stored)
            computed.extend(f"{name}: {part}" for part in found.computed)
            notes.extend(f"{name}: {note}" for note in found.analysis.notes)
            yield found.analysis

    if options.dry_run:
        for _ in looked_at():
            pass
        wall_s = time.perf_counter() - started
        return Result((), {}, {}, {}, tuple(stored), tuple(computed), tuple(notes), wall_s)
    with Writing(options, names, job) as writing:
        for name, footage in zip(names, looked_at(), strict=True):
            job.report("report", len(writing.files) / (2 * len(names) + 1), name)
            film = _film(name, footage, gallery, options, job)
            notes += [f"{name}: {note}" for note in (*film.people.notes, *film.notes)]
            writing.add(film)
            del film, footage  # before the next one is looked at
        figures, methods, rows = writing.finish(_specs(options))
    job.report("report", 1.0, f"{len(writing.files)} files")
    wall_s = time.perf_counter() - started
    told = tuple(dict.fromkeys(notes))
    return Result(
        figures, rows, methods, writing.files, tuple(stored), tuple(computed), told, wall_s
    )


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
        parts = tuple(part for part in parts if part not in (*_SPOKEN, *_HEARD))
    return analysis.Options(
        only=parts,
        cache=options.cache,
        sample_rate=_rate(info, options),
        language=options.language,
        dry_run=options.dry_run,
    )


def _parts(options: Options) -> tuple[str, ...]:
    more: tuple[str, ...] = ("texts",) if options.texts else ()
    more += _MOVING if options.bodies else ()
    more += ("safety",) if options.safety else ()
    return (*_PARTS, *_HEARD, *more, *(_SPOKEN if options.speech else ()))


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
    notes: tuple[str, ...] = ()
    walks: tuple[Walk, ...] = ()
    if footage.bodies is not None and footage.body_tracks is not None:
        said = read_decisions(
            Corrections, corrections_file(gallery.path, footage.media.content_hash)
        )
        walks, notes = walks_of(footage.body_tracks.tracks(footage.bodies), people, times, said)
    voices: dict[str, str] = {}
    if footage.speakers is not None:
        voices = heard_as(gallery.path, footage.media.content_hash, footage.speakers.turns)
    sightings: tuple[Seen, ...] | None = None
    if options.known_things:
        sightings, more = _known_things(footage, options, job)
        notes += more
    return Footage(
        name,
        footage,
        people,
        sampled,
        from_s,
        weights_s,
        walks=walks,
        events=odd_events(footage, events.Options()),
        sightings=sightings,
        voices=voices,
        notes=notes,
    )


def _known_things(
    footage: FootageAnalysis, options: Options, job: Job
) -> tuple[tuple[Seen, ...] | None, tuple[str, ...]]:
    """What was found of the things a person showed; None where nothing was shown."""
    if not open_references(job.settings, options.references).all():
        return None, ("no thing was shown to the studio: studio things add NAME PICTURE",)
    rate = min(options.rate or Fraction(1), Fraction(1))
    wanted = things.Options(references=options.references, sample_rate=rate)
    found = things.run(footage.media.path, wanted, job)
    return found.seen, found.notes


def _specs(options: Options) -> tuple[AnySpec, ...]:
    from pipelines.analysis.models import models_of
    from studio.adapters import face_embedding

    parts = _parts(options)
    found = models_of(parts, analysis.Options(only=parts, language=options.language))
    return tuple(dict.fromkeys((*found, face_embedding.SPEC)))
