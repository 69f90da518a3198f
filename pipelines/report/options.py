"""Which tables, of what."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pipelines.report.words import LANGUAGES
from studio.errors import RequestError

#: One sample a shot, the middle one.
KEY = "key"
#: Every frame.
EVERY = "every"


@dataclass(frozen=True)
class Options:
    """Options of ``studio report``.

    Attributes:
        out: folder for the tables; it may hold an older report, nothing else.
        sampling: samples a second (``2``, ``1/5``), ``every`` frame, or ``key``: one sample a
            shot, nearest to its middle, which stands for the whole shot.
        speech: whether speaking time is counted; the dearest part of an analysis.
        texts: whether text in the picture is read; about a second of work a second of film.
        bodies: whether bodies are followed: how many are seen, poses, odd ways.
        safety: whether bare parts of bodies are looked for: a reason to look, nothing more.
        known_things: whether things that were shown with ``studio things add`` are looked for.
        language: of the speech, ISO 639-1 or ``auto``.
        page_language: of the page's own words, ``en`` or ``ko``; ``auto`` for that of the speech
            where it is said, else English. Columns and what tables hold stay as they are.
        gallery: folder of known people; None for the usual one.
        references: folder of known things; None for the usual one.
        thumbnails: whether the page shows a picture of each shot.
        cache: whether stored parts are used.
        seed: nothing here is drawn by chance; checks are, see ``studio report check``.
        dry_run: only say what is stored and what would be computed.
    """

    out: Path
    sampling: str = "2"
    speech: bool = True
    texts: bool = False
    bodies: bool = False
    safety: bool = False
    known_things: bool = False
    language: str = "auto"
    page_language: str = "auto"
    gallery: Path | None = None
    references: Path | None = None
    thumbnails: bool = True
    cache: bool = True
    seed: int = 0
    dry_run: bool = False

    @property
    def words(self) -> str:
        """Language of the page."""
        if self.page_language != "auto":
            return self.page_language
        return self.language if self.language in LANGUAGES else "en"

    @property
    def rate(self) -> Fraction | None:
        """Samples a second that are looked at; None for every frame."""
        if self.sampling == EVERY:
            return None
        return Fraction(2) if self.sampling == KEY else Fraction(self.sampling)


def checked(options: Options) -> Options:
    """The options, if they can work.

    Raises:
        RequestError: naming the option.
    """
    try:
        rate = options.rate
    except (ValueError, ZeroDivisionError):
        rate = Fraction(-1)
    if rate is not None and not 0 < rate <= 60:
        raise RequestError(
            f"--sampling {options.sampling} cannot be used.",
            "Give samples a second (2, or 1/5 for one in five seconds), every, or key.",
        )
    if options.page_language not in ("auto", *LANGUAGES):
        raise RequestError(
            f"--page-language {options.page_language} is not spoken here.",
            f"Give auto, {' or '.join(LANGUAGES)}.",
        )
    if options.out.exists() and not options.out.is_dir():
        raise RequestError(f"{options.out} is a file.", "Give a folder: --out DIR")
    return options
