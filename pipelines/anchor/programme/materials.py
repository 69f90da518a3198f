"""The files that cues name: found, told apart, hashed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.anchor.programme.programme import Material
from studio.errors import RequestError
from studio.settings import Settings
from studio.types.script import Script, ScriptCue, ScriptLine

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
_TABLES = (".csv", ".tsv")


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
    settings: Settings,
) -> Found:
    """Every file that the cues name, and for words the footage whose name has most of them.

    Args:
        script: what names them.
        folder: beside which relative names lie.
        graphics: pictures and tables that lie elsewhere, found by their file name.
        footage: films and pictures for B-roll, found by their file name or its words.
        settings: limits on media.

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
            path = next((p for p in (base / cue.argument, *named) if p.is_file()), None)
            if path is None and cue.kind == "b-roll":
                path = _by_words(cue.argument, footage)
                row = f"line {cue.source_line or line.source_line or line.id}"
                if path is None:
                    notes.append(
                        f"{row}: no footage is called anything like “{cue.argument}”; the "
                        "presenter stays in the picture."
                    )
                    continue
                notes.append(f"{row}: {path.name} is taken for “{cue.argument}” by its name.")
            if path is None:
                raise missing(line, cue, base)
            found[cue.argument] = _material(path, line, cue, settings)
    return Found(found, tuple(notes))


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
    return Material(path, digest, "film", info.video.duration, info.audio is not None)


def _by_words(wanted: str, footage: Sequence[Path]) -> Path | None:
    """The footage whose name has most of the words; None where none has any."""
    words = _words(wanted)
    scores = [(len(words & _words(path.stem)), -number) for number, path in enumerate(footage)]
    best = max(scores, default=(0, 0))
    return footage[-best[1]] if best[0] else None


def _words(text: str) -> set[str]:
    small = {"at", "a", "an", "the", "of", "in", "on", "and", "by", "to"}
    return {w for w in re.findall(r"[a-z]{2,}|[가-힣]+", text.lower())} - small
