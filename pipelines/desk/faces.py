"""People of a film for a screen: who is seen and heard when, with pictures to tell them by."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipelines.desk.pipeline import write_json
from pipelines.people import Options, describe
from pipelines.people import run as run_people
from pipelines.people.result import Result
from pipelines.report.voices import heard_as, tell_voice
from studio.errors import MediaError, RequestError
from studio.jobs.job import Job
from studio.media.writer import write_beside
from studio.types.people import VoiceFace

Made = tuple[dict[str, Path], dict[str, Any], Sequence[str]]

_FACE_PX = 168
#: Of one person so many appearances are shown by themselves; their times are all there.
_MOST_SHOWN = 24


def look(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Who is seen in a film, after what a person decided was kept.

    ``asked`` may have decisions, each kept where ``studio people`` keeps them: ``names`` and
    ``merges`` (pairs), ``rejections`` (name and seconds or None), ``apart`` (numbers of tracks
    and whose they are), ``voice`` (label of a voice and whose it is). ``voices`` asks who speaks,
    too. ``people.json`` is what ``studio people identify --json`` prints, with a picture for each
    person and appearance.
    """
    options = Options(
        names=tuple((str(a), str(b)) for a, b in asked.get("names", ())),
        merges=tuple((str(a), str(b)) for a, b in asked.get("merges", ())),
        rejections=tuple(
            (str(name), None if at is None else Fraction(str(at)))
            for name, at in asked.get("rejections", ())
        ),
    )
    result = run_people(sources[0], options, job)
    notes = [*result.notes]
    if asked.get("apart"):
        tracks, name = asked["apart"]
        notes += tell_apart(result, [int(n) for n in tracks], str(name), job)
        result = run_people(sources[0], Options(), job)
    voices: list[dict[str, Any]] = []
    if asked.get("voices"):
        voices, more = _voices(sources[0], result, asked.get("voice"), job)
        notes += more
    plain = describe(result)
    _draw(result, plain, out, job)
    plain |= {"duration_s": float(result.media.duration), "voices": voices}
    cards = [[p["label"], "people", p["picture"]] for p in plain["people"] if p["picture"]]
    files = {
        "people": write_json(out / "people.json", plain),
        "cards": write_json(out / "cards.json", cards),
    }
    return files, {"people": len(plain["people"])}, list(dict.fromkeys(notes))


def tell_apart(result: Result, tracks: Sequence[int], name: str, job: Job) -> list[str]:
    """Say that some appearances are somebody's, whoever they were taken for; kept as a name is.

    Args:
        result: of the film.
        tracks: numbers of the appearances.
        name: whose they are, known or new.
        job: models.

    Raises:
        RequestError: there are no such appearances, or it is no name.
    """
    from pipelines.people.corrections import Corrections, NameTold, corrections_file, faces_of
    from pipelines.people.footage_faces import faces_in
    from studio.adapters import face_embedding
    from studio.archive.decisions import read_decisions, write_decisions
    from studio.archive.gallery import Gallery, clean_name

    name = clean_name(name)
    known = result.people.tracks
    if not tracks or any(not 0 <= n < len(known) for n in tracks):
        raise RequestError("There is no such appearance.", "Look at the film again.")
    best = [(known[n], int(known[n].best_frames[0])) for n in tracks if len(known[n].best_frames)]
    gallery = Gallery.open(result.gallery)
    model = face_embedding.SPEC
    faces = faces_in(result.media, result.times, best[:4], job, model)
    notes = gallery.add(name, faces, model.key)
    path = corrections_file(gallery.path, result.media.content_hash)
    anchors = tuple(face for n in tracks for face in faces_of(known[n], result.times)[:1])
    corrections = read_decisions(Corrections, path)
    write_decisions(path, corrections.with_name(NameTold(gallery.spelt(name), anchors)))
    return list(notes)


def _voices(
    path: Path, result: Result, told: Sequence[str] | None, job: Job
) -> tuple[list[dict[str, Any]], list[str]]:
    """Each voice with when it is heard, the face that moves with it, and whose a person said it
    is."""
    from pipelines import analysis
    from pipelines.people.speaking import proposed_names

    if result.media.audio is None:
        return [], [f"{path.name} has no sound, so nobody speaks."]
    parts = ("shots", "faces", "speech", "speakers")
    found = analysis.run(path, analysis.Options(only=parts), job).analysis
    speakers = found.speakers
    if speakers is None or found.speech is None or found.speech.transcript is None:
        return [], [*found.notes, "Nobody is heard to speak."]
    spans = {
        label: [turn for turn in speakers.turns if turn.speaker == label]
        for label in speakers.labels
    }
    if told:
        label, name = told
        if label not in spans:
            raise RequestError(f"No voice is called {label}.", "Look at the film again.")
        tell_voice(result.gallery, result.media.content_hash, name, spans[label])
    faces = {face.speaker: face for face in proposed_names(found, result.people, job)}
    known = heard_as(result.gallery, result.media.content_hash, speakers.turns)
    return [
        {
            "speaker": label,
            "name": known.get(label, ""),
            "spans": [[float(t.start), float(t.end)] for t in turns],
            "seconds": round(float(sum(t.end - t.start for t in turns)), 2),
            "proposed": _proposed(faces.get(label)),
        }
        for label, turns in spans.items()
    ], list(found.notes)


def _proposed(face: VoiceFace | None) -> dict[str, Any] | None:
    if face is None:
        return None
    return {"name": face.proposed_name, "known": face.known, "score": face.score}


def _draw(result: Result, plain: dict[str, Any], out: Path, job: Job) -> None:
    """A picture for each person and for their appearances; ``picture`` names its file."""
    kept = job.settings.cache_dir / "faces" / result.media.content_hash[:40]
    kept.mkdir(parents=True, exist_ok=True)
    wanted: list[tuple[dict[str, Any], int, tuple[float, float, float, float]]] = []
    for person, row in zip(result.people.persons, plain["people"], strict=True):
        wanted.append((row, person.frame, person.xyxy))
        for track in row["tracks"][:_MOST_SHOWN]:
            of = result.people.tracks[track["track"]]
            at = int(of.best_frames[0]) if len(of.best_frames) else int(of.frames[0])
            box = of.xyxy[int((of.frames == at).argmax())]
            left, top, right, bottom = (float(side) for side in box)
            wanted.append((track, at, (left, top, right, bottom)))
    for number, (row, frame, xyxy) in enumerate(wanted):
        job.report("pictures", number / len(wanted), result.media.path.name)
        row["picture"] = _picture(result, frame, xyxy, kept, out)


def _picture(
    result: Result,
    frame: int,
    xyxy: tuple[float, float, float, float],
    kept: Path,
    out: Path,
) -> str:
    """A face, square, as a file in ``out``; "" where the frame is broken."""
    import cv2

    from pipelines.people.footage_faces import face_picture
    from studio.media.image_io import jpeg_bytes

    where = hashlib.sha256(repr([round(side, 4) for side in xyxy]).encode()).hexdigest()[:8]
    name = f"{frame}-{where}.jpg"
    if not (kept / name).is_file():
        try:
            pixels = face_picture(result.media, result.times, frame, xyxy)
        except MediaError:
            return ""
        side = min(pixels.shape[:2])
        top, left = ((n - side) // 2 for n in pixels.shape[:2])
        square = pixels[top : top + side, left : left + side]
        way = cv2.INTER_AREA if side > _FACE_PX else cv2.INTER_CUBIC
        with write_beside(kept / name) as beside:
            beside.write_bytes(
                jpeg_bytes(cv2.resize(square, (_FACE_PX, _FACE_PX), interpolation=way))
            )
    with write_beside(out / name) as beside:
        beside.write_bytes((kept / name).read_bytes())
    return name


def add(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Remember somebody from photographs: ``name``, and ``photos`` by their paths. One that is no
    good refuses them all, and says why."""
    from pipelines.people.gallery_edits import add_photos

    gallery, notes = add_photos(str(asked["name"]), [Path(p) for p in asked["photos"]], None, job)
    files = {"known": write_json(out / "known.json", {"names": list(gallery.names)})}
    return files, {"known": len(gallery.names)}, notes
