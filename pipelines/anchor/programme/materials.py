"""The files that cues name: found, told apart, hashed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from pipelines.anchor.programme.programme import Material
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.settings import Settings
from studio.types.script import Script, ScriptCue, ScriptLine

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
_TABLES = (".csv", ".tsv")
#: A place shorter than that is shown longer than it was found.
_SHORT_S = 3
#: So many answers of the search are weighed against each other.
_ANSWERS = 6


@dataclass(frozen=True)
class Found:
    """What was found for the cues.

    Attributes:
        materials: by the cue's argument.
        notes: what was found by the search, what was taken by its name, and what was not looked
            for as nothing may be written.
    """

    materials: dict[str, Material]
    notes: tuple[str, ...]


def find_materials(
    script: Script,
    folder: Path,
    graphics: Sequence[Path],
    footage: Sequence[Path],
    job: Job,
    index: Path | None = None,
) -> Found:
    """Every file that the cues name; for words, what the search finds in the footage.

    Args:
        script: what names them.
        folder: beside which relative names lie.
        graphics: pictures and tables that lie elsewhere, found by their file name.
        footage: films and pictures for B-roll, found by their file name, by the search, or by
            words of their name.
        job: limits on media; models of the search.
        index: folder where the footage given is made searchable; None to search no footage.
            Where none is given, the archive is searched, if there is one.

    Raises:
        RequestError: a picture or table is missing or is none, or nothing is found for words;
            it names the line.
        MediaError: footage cannot be read.
    """
    for path in (*graphics, *footage):
        if not path.is_file():
            raise RequestError(f"{path} is no file.", "Check the names given.")
    base = Path(script.media_folder) if script.media_folder else folder
    found: dict[str, Material] = {}
    notes: list[str] = []
    for line in script.lines():
        for cue in line.cues:
            if cue.kind not in ("b-roll", "over-the-shoulder", "graphic"):
                continue
            if cue.argument in found:
                continue
            named = [p for p in (*graphics, *footage) if p.name == Path(cue.argument).name]
            there = next((p for p in (base / cue.argument, *named) if p.is_file()), None)
            if there is not None:
                found[cue.argument] = _material(there, line, cue, job.settings)
            elif cue.kind != "b-roll":
                raise missing(line, cue, base)
            else:
                made, note = _sought(line, cue, footage, job, index)
                notes.append(f"{_where(line, cue)}: {note}")
                if made is not None:
                    found[cue.argument] = made
    return Found(found, tuple(notes))


def _sought(
    line: ScriptLine, cue: ScriptCue, footage: Sequence[Path], job: Job, index: Path | None
) -> tuple[Material | None, str]:
    """Footage for words, and where it comes from, in words; none where it was not looked for."""
    wanted = cue.argument
    films = [p for p in footage if p.suffix.lower() not in (*_PICTURES, *_TABLES)]
    archive = (job.settings.data_dir / search_folder()).is_dir()
    by_name = _by_words(wanted, footage)
    whole = by_name is not None and _words(wanted) <= _words(by_name.stem)
    if index is not None and (not whole or by_name in films):
        only = by_name if whole else None
        hit = _found(wanted, films, index if films else None, job, only)
        if hit is not None:
            path, start, end, why = hit
            made = _material(path, line, cue, job.settings)
            length = end - start if end - start >= _SHORT_S else made.seconds - start
            note = f"“{wanted}” is {path.name} at {float(start):.1f} to {float(end):.1f} s ({why})."
            return replace(made, from_s=start, seconds=length), note
    if by_name is not None:
        made = _material(by_name, line, cue, job.settings)
        return made, f"{by_name.name} is taken for “{wanted}” by its name."
    if index is None and (films or archive):
        return None, f"“{wanted}” is looked for in the footage when the segment is made."
    looked = f"in {', '.join(p.name for p in footage)}" if footage else "in the archive"
    raise RequestError(
        f"{_where(line, cue)}: [b-roll: {wanted}] finds nothing {looked}.",
        "Say it in other words, or give the film: --footage FILE"
        + ("." if footage or archive else "; or make an archive: studio index add FILE."),
    )


def _found(
    wanted: str, films: Sequence[Path], index: Path | None, job: Job, only: Path | None = None
) -> tuple[Path, Fraction, Fraction, str] | None:
    """The best place the search knows: file, start and end in seconds, and why.

    Of the best answers those in one film are added up: one ball on its own speaks less for
    basketball than a ball, a hall and the game.
    """
    from pipelines import search

    if index is None:
        usual = job.settings.data_dir / search_folder()
        if not usual.is_dir():
            return None
    options = search.Options(text=wanted, most=_ANSWERS, index=index)
    result = search.run(films, options, job)
    by_film: dict[Path, list[search.Hit]] = {}
    for hit in result.hits:
        path = Path(hit.media.path)
        of_it = only is None or path.resolve() == only.resolve()
        if of_it and hit.start_frame >= 0 and path.is_file():
            by_film.setdefault(path, []).append(hit)
    if not by_film:
        return None
    path, hits = max(by_film.items(), key=lambda item: sum(hit.score for hit in item[1]))
    start, end = (Fraction(s).limit_denominator(1000) for s in (hits[0].start_s, hits[0].end_s))
    return path, start, end, "; ".join(why.text for why in hits[0].reasons[:2])


def search_folder() -> str:
    """Name of the archive's index in the folder of what a person made."""
    from pipelines.search.options import FOLDER

    return FOLDER


def missing(line: ScriptLine, cue: ScriptCue, folder: Path) -> RequestError:
    """The error for a file that is not there."""
    return RequestError(
        f"{_where(line, cue)}: [{cue.kind}: {cue.argument}] names a file that is not there.",
        f"It is looked for in {folder}, and among --graphics and --footage.",
    )


def _where(line: ScriptLine, cue: ScriptCue) -> str:
    row = cue.source_line or line.source_line
    return f"line {row}:{cue.column}" if row else f"line {line.id}"


def _material(path: Path, line: ScriptLine, cue: ScriptCue, settings: Settings) -> Material:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    suffix = path.suffix.lower()
    where = f"line {cue.source_line or line.source_line or line.id}"
    if suffix in _TABLES:
        if cue.kind != "graphic":
            raise RequestError(
                f"{where}: [{cue.kind}: {cue.argument}] names a table.", "Show it as [graphic: …]."
            )
        from pipelines.anchor.graphics.table import read_table

        read_table(path, where)  # its errors belong before the slow part
        return Material(path, digest, "table")
    if suffix in _PICTURES:
        from studio.media.still import read_still

        read_still(path, settings)
        return Material(path, digest, "picture")
    if cue.kind != "b-roll":
        raise RequestError(
            f"{where}: [{cue.kind}: {cue.argument}] names neither picture nor table.",
            "Give a PNG, JPEG, WebP, BMP or TIFF picture, or a CSV table.",
        )
    from studio.media.probe import probe

    info = probe(path, settings)
    if info.video is None:
        raise RequestError(f"{where}: {path.name} has no picture.", "Name a film.")
    return Material(path, digest, "film", info.video.duration, sound=info.audio is not None)


def _by_words(wanted: str, footage: Sequence[Path]) -> Path | None:
    """The footage whose name has most of the words; None where none has any."""
    words = _words(wanted)
    scores = [(len(words & _words(path.stem)), -number) for number, path in enumerate(footage)]
    best = max(scores, default=(0, 0))
    return footage[-best[1]] if best[0] else None


def _words(text: str) -> set[str]:
    small = {"at", "a", "an", "the", "of", "in", "on", "and", "by", "to"}
    return set(re.findall(r"[a-z]{2,}|[가-힣]+", text.lower())) - small
