"""Footage to the people in it: analyse, join, name, keep what a person decides, write."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from pipelines import analysis
from pipelines.people.corrections import (
    Corrections,
    FaceAt,
    NameTold,
    NotThem,
    SamePerson,
    corrections_file,
    faces_of,
)
from pipelines.people.footage_faces import face_picture, faces_in
from pipelines.people.identities import Embedder, identities, open_gallery
from pipelines.people.options import Options
from pipelines.people.poses import camera_way
from pipelines.people.result import Result
from pipelines.people.screen_time import screen_time
from pipelines.people.walks import Walk, body_at, walks_of
from studio.adapters import face_embedding
from studio.archive.decisions import read_decisions, write_decisions
from studio.archive.gallery import Gallery, clean_name
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.analysis import FootageAnalysis
from studio.types.media import FrameTimes
from studio.types.people import FaceTrack, People, Person

#: Best pictures of a person that become references when a name is given.
_REFERENCES = 4


def run(
    source: Path | Sequence[Path],
    options: Options,
    job: Job,
    *,
    model: Embedder = face_embedding.SPEC,
) -> Result:
    """Say who is seen in one film.

    Args:
        source: the film.
        options: what is wanted.
        job: settings, models, store, progress.
        model: that compares faces.

    Raises:
        MediaError: the film cannot be read.
        RequestError: it has no picture, or an option cannot work with it.
        ModelError: a model is missing, corrupt or failed.
        Cancelled: the user stopped it.
    """
    started = time.perf_counter()
    told_bodies = any(label.strip().casefold().startswith("body ") for label, _ in options.names)
    bodies = options.bodies or told_bodies or bool(options.splits)
    given = [source] if isinstance(source, Path) else list(source)
    if len(given) != 1:
        raise RequestError(
            f"{len(given)} films were given.", "Give one: studio people identify FILM"
        )
    wanted = analysis.Options(
        only=("shots", "faces", *(("bodies", "body_tracks", "views") if bodies else ())),
        cache=options.cache,
        sample_rate=options.sample_rate,
        dry_run=options.dry_run,
    )
    known = analysis.run(given[0], wanted, job)
    footage = known.analysis
    times = footage.frame_times
    if times is None:
        raise RequestError(
            f"{given[0].name} has no picture, so nobody is seen in it.", "Name a film."
        )
    gallery = open_gallery(job, options.gallery, model)
    people = People((), (), (), model.key)
    files: dict[str, Path] = {}
    notes = list(footage.notes)
    if not options.dry_run:

        def look(cache: bool) -> People:
            return identities(
                footage, gallery, job, rate=options.sample_rate, cache=cache, model=model
            )

        people = look(options.cache)
        if options.names or options.merges or options.rejections or options.splits:
            notes += _decide(footage, times, people, gallery, options, job, model)
            gallery = Gallery.open(gallery.path)
            people = look(True)
        notes += [note for note in people.notes if note not in notes]
    walks, lost = _walks(footage, people, times, gallery)
    notes += lost
    result = Result(
        media=footage.media,
        times=times,
        people=people,
        on_screen=screen_time(people, footage.faces, times)
        if people.persons and footage.faces is not None
        else (),
        gallery=gallery.path,
        known=gallery.names,
        limits=gallery.limits,
        files=files,
        stored=known.stored,
        computed=known.computed,
        notes=tuple(notes),
        wall_s=time.perf_counter() - started,
        walks=walks,
        aspect=footage.bodies.aspect if footage.bodies is not None else 1.0,
        camera=camera_way(footage.views, times) if footage.views is not None else None,
        expressions=footage.faces.attribute_names if footage.faces is not None else (),
    )
    if options.out is not None and not options.dry_run:
        files |= _write(result, options.out)
    job.report("people", 1.0, f"{len(people.persons)} people")
    return result


def find_person(people: People, label: str) -> Person:
    """Who has that label or name.

    Raises:
        RequestError: nobody has.
    """
    found = [p for p in people.persons if p.label.casefold() == label.strip().casefold()]
    if not found:
        labels = ", ".join(person.label for person in people.persons)
        raise RequestError(
            f"Nobody here is called {label}.",
            f"There are: {labels}" if labels else "No face here is clear enough to tell.",
        )
    return found[0]


def _decide(
    footage: FootageAnalysis,
    times: FrameTimes,
    people: People,
    gallery: Gallery,
    options: Options,
    job: Job,
    model: Embedder,
) -> list[str]:
    """Keep what a person said; everything is checked before anything is kept."""
    path = corrections_file(gallery.path, footage.media.content_hash)
    corrections = read_decisions(Corrections, path)
    walks, _ = _walks(footage, people, times, gallery)
    by_body = {
        walk.label.casefold(): walk for walk in walks if walk.name is None and not walk.faces
    }
    whose = [pair for pair in options.names if pair[0].strip().casefold() in by_body]
    bodies = [(by_body[label.strip().casefold()], clean_name(name)) for label, name in whose]
    cuts = [_cut(label, at, walks, times) for label, at in options.splits]
    named = [
        (find_person(people, pair[0]), clean_name(pair[1]))
        for pair in options.names
        if pair not in whose
    ]
    merged = [(find_person(people, a), find_person(people, b)) for a, b in options.merges]
    wrong = [_wrong(name, at, people, gallery, times) for name, at in options.rejections]
    notes: list[str] = []
    for person, name in named:
        faces = faces_in(footage.media, times, _best(people, person.tracks), job, model)
        notes += gallery.add(name, faces, model.key)
        anchors = _anchors(people, person.tracks, times)
        corrections = corrections.with_name(NameTold(gallery.spelt(name), anchors))
    for walk, name in bodies:
        told = NameTold(gallery.spelt(name), (body_at(walk.track, times),))
        corrections = corrections.with_body(told)
    for cut in cuts:
        corrections = replace(corrections, body_splits=(*corrections.body_splits, cut))
    for one, other in merged:
        both = (_anchors(people, person.tracks, times) for person in (one, other))
        corrections = corrections.with_merge(SamePerson(*both))
    for name, tracks in wrong:
        corrections = corrections.with_rejection(NotThem(name, _anchors(people, tracks, times)))
        for face in faces_in(footage.media, times, _best(people, tracks), job, model):
            gallery.reject(name, face, model.key)
    write_decisions(path, corrections)
    return notes


def _walks(
    footage: FootageAnalysis, people: People, times: FrameTimes, gallery: Gallery
) -> tuple[tuple[Walk, ...], tuple[str, ...]]:
    """Whose the bodies are; none where they were not looked for."""
    if footage.bodies is None or footage.body_tracks is None:
        return (), ()
    said = read_decisions(Corrections, corrections_file(gallery.path, footage.media.content_hash))
    return walks_of(footage.body_tracks.tracks(footage.bodies), people, times, said)


def _cut(label: str, at: Fraction, walks: Sequence[Walk], times: FrameTimes) -> FaceAt:
    """Where a body's track is to be cut."""
    for walk in walks:
        seconds = times.seconds[walk.track.frames]
        same = walk.label.casefold() == label.strip().casefold()
        if same and seconds[0] < float(at) < seconds[-1]:
            return body_at(walk.track, times, at)
    labels = ", ".join(dict.fromkeys(walk.label for walk in walks))
    raise RequestError(
        f"{label} is not followed at {float(at):g} s.",
        f"There are: {labels}" if labels else "Nobody's body is seen here.",
    )


def _wrong(
    name: str, at: Fraction | None, people: People, gallery: Gallery, times: FrameTimes
) -> tuple[str, tuple[int, ...]]:
    """A name that is wrong, as it is spelt, and the tracks it is wrong for."""
    person = find_person(people, name)
    if person.name is None or person.name not in gallery.names:
        raise RequestError(
            f"{person.label} is nobody of the gallery, so there is nothing to take back.",
            "Give a name that the gallery gave.",
        )
    return person.name, _tracks_at(person, people, times, at)


def _anchors(people: People, tracks: Sequence[int], times: FrameTimes) -> tuple[FaceAt, ...]:
    """What a decision about tracks is tied to: a face of each."""
    return tuple(face for n in tracks for face in faces_of(people.tracks[n], times)[:1])


def _best(people: People, numbers: Sequence[int]) -> list[tuple[FaceTrack, int]]:
    """Where somebody is seen best, each time in another track."""
    tracks = sorted((people.tracks[n] for n in numbers), key=lambda t: -float(t.best_quality[0]))
    return [(track, int(track.best_frames[0])) for track in tracks[:_REFERENCES]]


def _tracks_at(
    person: Person, people: People, times: FrameTimes, at: Fraction | None
) -> tuple[int, ...]:
    """A person's tracks at a time; all of them without one."""
    if at is None:
        return person.tracks
    frame = times.frame_at(at)
    found = [
        n
        for n in person.tracks
        if people.tracks[n].frames[0] <= frame <= people.tracks[n].frames[-1]
    ]
    if not found:
        spans = ", ".join(
            f"{float(times.start(int(people.tracks[n].frames[0]))):.1f}–"
            f"{float(times.start(int(people.tracks[n].frames[-1]))):.1f}"
            for n in person.tracks[:8]
        )
        raise RequestError(
            f"{person.label} is not seen at {float(at):g} s.", f"Seen at (seconds): {spans}"
        )
    return tuple(found)


def _write(result: Result, out: Path) -> dict[str, Path]:
    """The JSON, and a picture of everybody."""
    import json

    from pipelines.people.describe import describe
    from pipelines.people.motion_tables import expressions_table, ways_table
    from studio.media.image_io import jpeg_bytes
    from studio.media.writer import write_beside
    from studio.tables.table_files import write_csv

    files = {}
    for person in result.people.persons:
        pixels = face_picture(result.media, result.times, person.frame, person.xyxy)
        safe = "".join(c if c.isalnum() else "_" for c in person.label)
        files[person.label] = out / f"{safe}.jpg"
        with write_beside(files[person.label]) as beside:
            beside.write_bytes(jpeg_bytes(pixels))
    tables = [expressions_table(result.people, result.expressions, result.times)]
    if result.walks:
        tables.append(ways_table(result.walks, result.times, result.aspect, result.camera))
    for table in tables:
        files[table.name] = out / f"{table.name}.csv"
        write_csv(table, files[table.name])
    files["people"] = out / "people.json"
    with write_beside(files["people"]) as beside:
        text = json.dumps(describe(result), ensure_ascii=False, indent=1)
        beside.write_text(text, encoding="utf-8")
    return files
