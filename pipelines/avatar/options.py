"""What kind of avatar film is wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from studio.errors import RequestError

FORMATS = ("auto", "mp4", "prores", "webm")
#: Colours that have a name; others are written ``#rrggbb``.
COLORS = {
    "white": "#ffffff",
    "black": "#000000",
    "gray": "#808080",
    "green": "#00b140",
    "blue": "#0047bb",
}

Format = Literal["mp4", "prores", "webm"]


@dataclass(frozen=True)
class Options:
    """Options of ``studio avatar``.

    Attributes:
        out: folder for the results.
        avatar: name of the character.
        background: ``own`` (the character's), ``keep`` (the footage, the character's head over
            the person's), ``transparent``, a colour (``#rrggbb`` or a name), or a picture file.
        who: whom to follow: empty for the largest face of each shot, a number (1 is the person
            who is longest on screen) or a name.
        format: ``mp4``, ``prores`` or ``webm``; ``auto`` is ProRes where the background is
            transparent, else MP4.
        preview_s: make only so many seconds, from the middle; 0 for the whole film.
        seed: same footage, options and seed give the same film; nothing is drawn by chance.
        dry_run: only say what would be made and what it costs.
    """

    out: Path
    avatar: str = ""
    background: str = "own"
    who: str = ""
    format: str = "auto"
    preview_s: float = 0.0
    seed: int = 0
    dry_run: bool = False


def checked(options: Options) -> Options:
    """The options, if each can work.

    Raises:
        RequestError: naming the option.
    """
    if options.format not in FORMATS:
        raise RequestError(
            f"--format {options.format} is none of {', '.join(FORMATS)}.", "auto is usual."
        )
    clear = options.background == "transparent"
    if clear and options.format == "mp4":
        raise RequestError(
            "An MP4 cannot be transparent.",
            "Take --format prores (for editing) or --format webm (for pages).",
        )
    if not clear and options.format in ("prores", "webm"):
        raise RequestError(
            f"--format {options.format} is for a transparent background.",
            "Add --background transparent, or leave --format out.",
        )
    if not 0 <= options.preview_s <= 600:
        raise RequestError(
            f"--preview {options.preview_s:g} is not from 0 to 600 seconds.", "5 is usual."
        )
    if options.who.isdigit() and int(options.who) < 1:
        raise RequestError("--who counts from 1.", "1 is who is longest on screen.")
    if options.out.exists() and not options.out.is_dir():
        raise RequestError(f"{options.out} is a file.", "Give a folder: --out DIR")
    return options


def format_of(options: Options) -> Format:
    """What is written."""
    if options.background == "transparent":
        return "webm" if options.format == "webm" else "prores"
    return "mp4"


def color_of(background: str) -> str | None:
    """A background as ``#rrggbb``; None where it is no colour."""
    text = background.strip().lower()
    if text in COLORS:
        return COLORS[text]
    if re.fullmatch(r"#?[0-9a-f]{6}", text):
        return "#" + text.removeprefix("#")
    return None
