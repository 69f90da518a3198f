"""Who is seen in one file: tracks, persons over shots, names."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.people import grouping
from pipelines.people.corrections import (
    Corrections,
    Decided,
    corrections_file,
    decide,
)
from pipelines.people.head_pose import turns_by
from pipelines.people.naming import names_of_tracks
from pipelines.people.options import GALLERY
from pipelines.people.quality import LEAST_QUALITY
from pipelines.people.tracks import TrackMaker, TrackTable
from studio.adapters import face_embedding, face_mesh
from studio.archive.decisions import read_decisions
from studio.archive.gallery import Gallery
from studio.archive.store import Part
from studio.jobs.job import Job
from studio.models.spec import ModelSpec
from studio.types.analysis import FootageAnalysis
from studio.types.frames import FrameRequest
from studio.types.people import FaceTrack, People, Person

#: Of the way faces are joined to tracks and looked at; part of what is stored.
_VERSION = 2
#: Longer side of the pictures that faces are cut from.
_MAX_SIDE_PX = 1280
#: A face whose best picture is smaller belongs to nobody who can be told.
_LEAST_PX = 20.0

Embedder = ModelSpec[face_embedding.FaceEmbedder]


def open_gallery(job: Job, path: Path | None, model: Embedder = face_embedding.SPEC) -> Gallery:
    """The gallery, of this model: another model's is looked at again.

    Args:
        job: settings and models.
        path: its folder; None for the usual one.
        model: that makes the vectors.

    Raises:
        RequestError: the folder holds something else.
    """
    gallery = Gallery.open(path or job.settings.data_dir / GALLERY)
    if gallery.names and gallery.model != model.key:
        with job.pool.lease(model) as embedder:
            gallery.renew(model.key, embedder.embed_aligned)
    return gallery


def identities(
    analysis: FootageAnalysis,
    gallery: Gallery,
    job: Job,
    *,
    rate: Fraction = Fraction(2),
    cache: bool = True,
    model: Embedder = face_embedding.SPEC,
) -> People:
    """Who is seen, with names where the gallery or a person knows them.

    Args:
        analysis: with shots and faces.
        gallery: known people, of ``model``; empty where nobody is known.
        job: models, store, progress.
        rate: frames a second at which the analysis looked for faces.
        cache: whether tracks are taken from the store.
        model: that compares faces.

    Raises:
        MediaError: the file cannot be read any more.
        ModelError: the model is missing, corrupt or failed.
        Cancelled: the user stopped it.
    """
    times = analysis.frame_times
    if analysis.faces is None or analysis.shots is None or times is None:
        raise ValueError("people are told from shots and faces")
    tracks, notes = find_tracks(analysis, job, rate=rate, cache=cache, model=model)
    corrections = read_decisions(
        Corrections, corrections_file(gallery.path, analysis.media.content_hash)
    )
    decided = decide(corrections, tracks, times)
    if decided.lost:
        notes = (*notes, f"{decided.lost} decisions are about faces that were not found again")
    return people_of(tracks, gallery, decided, model.key, notes)


def find_tracks(
    analysis: FootageAnalysis,
    job: Job,
    *,
    rate: Fraction,
    cache: bool = True,
    model: Embedder = face_embedding.SPEC,
) -> tuple[tuple[FaceTrack, ...], tuple[str, ...]]:
    """The faces of an analysis joined to tracks, stored or made in one decode pass."""
    faces, shots = analysis.faces, analysis.shots
    if faces is None or shots is None:
        raise ValueError("people are told from shots and faces")
    made_by = tracks_made_by(analysis, model)
    content = analysis.media.content_hash
    stored = job.store.get(TrackTable, content, "tracks", made_by) if cache else None
    if stored is None:
        stored = _make_tracks(analysis, job, rate, model)
        job.store.put(stored, content, "tracks", made_by)
    return stored.value.tracks(faces), stored.notes


def tracks_made_by(analysis: FootageAnalysis, model: Embedder) -> dict[str, Any]:
    """What stored tracks depend on."""
    models = analysis.models or {}
    return {
        "embedding": model.key,
        "mesh": face_mesh.SPEC.key,
        "max_side_px": _MAX_SIDE_PX,
        "version": _VERSION,
        "faces": models.get("faces", ""),
        "shots": models.get("shots", ""),
    }


def _make_tracks(
    analysis: FootageAnalysis, job: Job, rate: Fraction, model: Embedder
) -> Part[TrackTable]:
    assert analysis.faces is not None and analysis.shots is not None
    started, begun_s = time.perf_counter(), time.time()
    with (
        job.pool.lease(model, least_units=0.25) as embedder,
        job.pool.lease(face_mesh.SPEC) as mesh,
    ):
        maker = TrackMaker(
            analysis.faces,
            analysis.shots,
            face_embedding.align,
            embedder.embed_aligned,
            turns_by(mesh),
        )
        seen_share, notes = 1.0, tuple[str, ...]()
        if len(analysis.faces):
            from studio.media.reader import Subscription, read_frames

            report = read_frames(
                analysis.media,
                [Subscription(FrameRequest(None, _MAX_SIDE_PX, rate=rate, batch=4), maker.take)],
                times=analysis.frame_times,
                on_progress=lambda share: job.report("people", share, "faces"),
            )
            seen_share, notes = report.seen_share, tuple(report.notes)
        table = maker.finish()
        missed = len(analysis.faces) - len(table.rows)
        if missed > len(analysis.faces) // 2:
            raise ValueError(f"the analysis did not look at {rate} frames a second")
        if missed:
            notes = (*notes, f"{missed} faces are on pictures that could not be decoded again")
    notes = (*notes, *job.pool.notes_since(begun_s, (model, face_mesh.SPEC)))
    return Part(table, time.perf_counter() - started, seen_share, notes)


def people_of(
    tracks: Sequence[FaceTrack],
    gallery: Gallery,
    decided: Decided,
    model: str,
    notes: tuple[str, ...] = (),
) -> People:
    """Tracks to persons: what a person said first, then the gallery, then likeness. Pure.

    A track that is named takes along the tracks of its group that have no other name and are
    never seen beside it.
    """
    clear = [n for n, track in enumerate(tracks) if _is_clear(track) or n in decided.names]
    together = grouping.in_one_frame(tracks)
    names = _names(tracks, clear, gallery, decided)
    groups = _groups(tracks, clear, names, decided, together)
    _spread(names, groups, decided.refused, together)
    members: dict[tuple[str, int], list[int]] = {}
    for track in clear:
        name = names.get(track)
        key = (name, -1) if name is not None else ("", groups[track])
        members.setdefault(key, []).append(track)
    persons = [
        _person(tracks, sorted(some), name or None, gallery, decided)
        for (name, _), some in members.items()
    ]
    persons.sort(key=lambda p: (p.name is None, -_rows(tracks, p), p.tracks[0]))
    strangers = 0
    labelled = []
    for person in persons:
        strangers += person.name is None
        label = person.name or f"Person {strangers}"
        labelled.append(replace(person, label=label))
    unclear = tuple(n for n in range(len(tracks)) if n not in set(clear))
    if unclear:
        notes = (*notes, f"{len(unclear)} faces are too small, blurred or turned away to tell")
    return People(tuple(tracks), tuple(labelled), unclear, model, notes)


def _is_clear(track: FaceTrack) -> bool:
    good = len(track.best_quality) > 0 and float(track.best_quality[0]) >= LEAST_QUALITY
    return good and track.size_px >= _LEAST_PX


def _names(
    tracks: Sequence[FaceTrack], clear: Sequence[int], gallery: Gallery, decided: Decided
) -> dict[int, str]:
    """Names that a person told, then those that the gallery tells."""
    asked = [n for n in clear if n not in decided.names]
    told = list(decided.names)
    # Tracks that were told are there too, so that nobody gets a name beside its bearer.
    found = names_of_tracks(
        [_telling(tracks[n]) for n in asked],
        [tracks[n].frames for n in asked],
        gallery,
        {row: decided.refused[n] for row, n in enumerate(asked) if n in decided.refused},
    )
    names = dict(decided.names)
    for track, name in zip(asked, found, strict=True):
        beside = (n for n in told if decided.names[n] == name)
        if name is not None and not any(
            len(np.intersect1d(tracks[track].frames, tracks[n].frames)) for n in beside
        ):
            names[track] = name
    return names


def _telling(track: FaceTrack) -> NDArray[np.float32]:
    """The pictures of a track that are good enough to be compared."""
    return track.vectors[track.best_quality >= LEAST_QUALITY]


def _groups(
    tracks: Sequence[FaceTrack],
    clear: Sequence[int],
    names: Mapping[int, str],
    decided: Decided,
    together: Sequence[tuple[int, int]],
) -> dict[int, int]:
    """Track to the number of its group."""
    if not clear:
        return {}
    row = {track: number for number, track in enumerate(clear)}
    bearers: dict[str, list[int]] = {}
    for track, name in names.items():
        bearers.setdefault(name, []).append(track)
    same = [(some[0], other) for some in bearers.values() for other in some[1:]]
    same += decided.same
    apart = [*together]
    firsts = [some[0] for some in bearers.values()]
    apart += [(a, b) for n, a in enumerate(firsts) for b in firsts[n + 1 :]]
    for track, wrong in decided.refused.items():
        apart += [(track, bearers[name][0]) for name in wrong if name in bearers]
    pairs = [[(row[a], row[b]) for a, b in some if a in row and b in row] for some in (same, apart)]
    vectors = np.stack([grouping.mean_vector(tracks[n]) for n in clear])
    return dict(zip(clear, grouping.group(vectors, *pairs).tolist(), strict=True))


def _spread(
    names: dict[int, str],
    groups: Mapping[int, int],
    refused: Mapping[int, Set[str]],
    together: Sequence[tuple[int, int]],
) -> None:
    """Give a group's name to its tracks that have none."""
    beside: dict[int, set[int]] = {}
    for one, other in together:
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    for number in set(groups.values()):
        members = [track for track, other in groups.items() if other == number]
        found = Counter(names[track] for track in members if track in names)
        if len(found) != 1:
            continue
        (name,) = found
        for track in members:
            taken = any(names.get(other) == name for other in beside.get(track, ()))
            if track not in names and not taken and name not in refused.get(track, ()):
                names[track] = name


def _person(
    tracks: Sequence[FaceTrack],
    members: Sequence[int],
    name: str | None,
    gallery: Gallery,
    decided: Decided,
) -> Person:
    best = max(members, key=lambda n: float(tracks[n].best_quality[0]))
    track = tracks[best]
    frame = int(track.best_frames[0])
    left, top, right, bottom = map(float, track.xyxy[np.searchsorted(track.frames, frame)])
    distance = None
    if name is not None and name in gallery.names:
        column = gallery.names.index(name)
        vectors = np.concatenate([tracks[n].vectors for n in members])
        near = float(gallery.distances(vectors)[:, column].min())
        distance = near if np.isfinite(near) else None
    told = any(decided.names.get(n) == name for n in members) if name else False
    return Person("", name, tuple(members), frame, (left, top, right, bottom), distance, told)


def _rows(tracks: Sequence[FaceTrack], person: Person) -> int:
    return sum(len(tracks[n].frames) for n in person.tracks)
