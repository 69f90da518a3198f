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


@dataclass(frozen=True)
class Found:
    """What was found for the cues.

    Attributes:
        materials: by the cue's argument.
        notes: cues for which nothing was found, and what was taken by its name.
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
        RequestError: a picture or table is missing or is none, naming the line.
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
                row = f"line {cue.source_line or line.source_line or line.id}"
                made, note = _sought(line, cue, footage, job, index)
                notes.append(f"{row}: {note}")
                if made is not None:
                    found[cue.argument] = made
    return Found(found, tuple(notes))


def _sought(
    line: ScriptLine, cue: ScriptCue, footage: Sequence[Path], job: Job, index: Path | None
) -> tuple[Material | None, str]:
    """Footage for words, and where it comes from, in words."""
    wanted = cue.argument
    films = [p for p in footage if p.suffix.lower() not in (*_PICTURES, *_TABLES)]
    by_name = _by_words(wanted, footage)
    whole = by_name is not None and _words(wanted) <= _words(by_name.stem)
    if not whole and index is not None:
        hit = _found(wanted, films, index if films else None, job)
        if hit is not None:
            path, start, end, why = hit
            made = _material(path, line, cue, job.settings)
            length = end - start if end - start >= _SHORT_S else made.seconds - start
            note = f"“{wanted}” is {path.name} at {float(start):.1f} s ({why})."
            return replace(made, from_s=start, seconds=length), note
    if by_name is not None:
        made = _material(by_name, line, cue, job.settings)
        return made, f"{by_name.name} is taken for “{wanted}” by its name."
    return None, f"no footage was found for “{wanted}”; the presenter stays in the picture."


def _found(
    wanted: str, films: Sequence[Path], index: Path | None, job: Job
) -> tuple[Path, Fraction, Fraction, str] | None:
    """The best place the search knows: file, start and end in seconds, and why."""
    from pipelines import search

    if index is None:
        usual = job.settings.data_dir / search_folder()
        # On a machine of several it is not for everybody's work to read.
        if not _may_read(usual):
            return None
    options = search.Options(text=wanted, most=1, index=index)
    result = search.run(films, options, job)
    for hit in result.hits:
        path = Path(hit.media.path)
        if path.is_file() and hit.start_frame >= 0:
            start, end = (Fraction(s).limit_denominator(1000) for s in (hit.start_s, hit.end_s))
            return path, start, end, "; ".join(why.text for why in hit.reasons[:2])
    return None


def _may_read(folder: Path) -> bool:
    try:
        next(folder.iterdir(), None)
    except OSError:
        return False
    return True


def search_folder() -> str:
    """Name of the archive's index in the folder of what a person made."""
    from pipelines.search.options import FOLDER

    return FOLDER


def missing(line: ScriptLine, cue: ScriptCue, folder: Path) -> RequestError:
    """The error for a file that is not there."""
    row = cue.source_line or line.source_line
    where = f"line {row}:{cue.column}" if row else f"line {line.id}"
    return RequestError(
        f"{where}: [{cue.kind}: {cue.argument}] names a file that is not there.",
        f"It is looked for in {folder}, and among --graphics and --footage.",
    )


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
