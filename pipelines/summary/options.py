"""How short a summary is to be, and who decides what is important."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from studio.errors import RequestError

#: What the field reports on: a summary of 15 %.
USUAL_RATIO = 0.15


@dataclass(frozen=True)
class Options:
    """Options of ``studio summary``.

    Attributes:
        out: folder for film, plan, timelines, curve and contact sheet.
        ratio: share of the footage; 0 where ``length_s`` says it, and 0.15 where neither does.
        length_s: seconds; 0 where ``ratio`` says it.
        scorer: a network of ``studio train summary``; None for the studio's own editor, whose
            measures also choose the clips of trailers.
        loudness_lufs: integrated loudness of the result.
        seed: nothing is drawn by chance; here so that every pipeline takes it.
        dry_run: plan only, render nothing.
    """

    out: Path = Path("summary")
    ratio: float = 0.0
    length_s: float = 0.0
    scorer: Path | None = None
    loudness_lufs: float = -14.0
    seed: int = 0
    dry_run: bool = False


def checked(options: Options) -> Options:
    """The options, once each can work.

    Raises:
        RequestError: naming the one that cannot.
    """
    if options.ratio and options.length_s:
        raise RequestError("--ratio and --length say the same thing twice.", "Give one of them.")
    if options.ratio and not (math.isfinite(options.ratio) and 0.01 <= options.ratio <= 0.9):
        raise RequestError(
            f"--ratio {options.ratio:g} is not possible.", "Give a share from 0.01 to 0.9."
        )
    if options.length_s and not (math.isfinite(options.length_s) and options.length_s >= 1):
        raise RequestError(f"--length {options.length_s:g} is not possible.", "Give 1 s or more.")
    if not -70 < options.loudness_lufs <= -5:
        raise RequestError(
            f"--loudness {options.loudness_lufs:g} is not possible.", "Give LUFS below -5."
        )
    return options
