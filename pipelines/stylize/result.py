"""What ``studio stylize`` decides and gives, and the words that make it again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.stylize.looks import Look, inputs_of
from pipelines.stylize.options import Options

if TYPE_CHECKING:
    from pipelines.stylize.flicker import Flicker
    from studio.media.film_render import FilmReport


@dataclass(frozen=True)
class StylizePlan:
    """What would be made.

    Attributes:
        footage: name of the file.
        size_wh: of the upright picture.
        frames: in the film.
        shots: that it is cut into.
        looks: what ``--look`` means.
        tile_wh: pieces that a painted picture is made of, ``tiles`` of them; None where none
            is painted.
        tiles: pieces a picture.
        smooth: share of each picture that comes from the one before.
        precision: that a network computes in; empty where there is none.
        estimate_s: wall seconds, from a few frames of this footage; None where not estimated.
    """

    footage: str
    size_wh: tuple[int, int]
    frames: int
    shots: int
    looks: tuple[Look, ...]
    tile_wh: tuple[int, int] | None = None
    tiles: int = 0
    smooth: float = 0.0
    precision: str = ""
    estimate_s: float | None = None


@dataclass(frozen=True)
class Result:
    """What ``studio stylize`` gives.

    Attributes:
        plan: what was decided.
        files: ``film`` or ``preview``, and ``report``; none of a dry run.
        flicker: measured on the result, None where it cannot be.
        render: of the renderer, None of a dry run or a preview.
        command: that makes the same again.
        wall_s: seconds this run took.
        notes: what a user should know.
    """

    plan: StylizePlan
    files: dict[str, Path]
    flicker: Flicker | None
    render: FilmReport | None
    command: tuple[str, ...]
    wall_s: float
    notes: tuple[str, ...]


def slug(options: Options) -> str:
    """The looks as part of a file's name."""
    text = "+".join(Path(look).stem if Path(look).suffix else look for look in options.looks)
    short = re.sub(r"[^A-Za-z0-9+.-]+", "-", text).strip("-.") or "look"
    return short[:48]


def command_of(source: Path, options: Options, looks: Sequence[Look]) -> tuple[str, ...]:
    """The words that make the same again; of paths only the last name."""
    words = ["studio", "stylize", source.name]
    for look, parsed in zip(options.looks, looks, strict=True):
        text = look
        for path in inputs_of(parsed):
            text = text.replace(str(path), path.name)
        words += ["--look", text]
    if options.strength is not None:
        words += ["--strength", f"{options.strength:g}"]
    words += ["--keep-color"] * options.keep_color
    if options.smooth != "auto":
        words += ["--smooth", options.smooth]
    if options.where != "all":
        words += ["--where", options.where]
    if options.method != "net":
        words += ["--method", options.method, "--steps", str(options.steps)]
    if options.preview_s:
        words += ["--preview", f"{options.preview_s:g}"]
    if options.seed:
        words += ["--seed", str(options.seed)]
    return tuple(words)
