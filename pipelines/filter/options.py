"""Which filters are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.errors import RequestError


@dataclass(frozen=True)
class Options:
    """Options of ``studio filter``.

    Attributes:
        out: folder for the results.
        apply: filters, each done to what the one before gave.
        gallery: folder of known people, for names in ``anonymise``; None for the studio's own.
        preview_s: make only so many seconds, from the middle; 0 for the whole film.
        seed: same footage, options and seed give the same film; nothing is drawn by chance yet.
        dry_run: only say what would be made.
    """

    out: Path
    apply: tuple[str, ...] = ()
    gallery: Path | None = None
    preview_s: float = 0.0
    seed: int = 0
    dry_run: bool = False


def checked(options: Options) -> Options:
    """The options, if each can work.

    Raises:
        RequestError: naming the option.
    """
    if not 0 <= options.preview_s <= 600:
        raise RequestError(
            f"--preview {options.preview_s:g} is not from 0 to 600 seconds.", "5 is usual."
        )
    if options.out.exists() and not options.out.is_dir():
        raise RequestError(f"{options.out} is a file.", "Give a folder: --out DIR")
    return options
