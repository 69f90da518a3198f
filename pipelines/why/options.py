"""What is to be explained, and how."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from studio.errors import RequestError

#: An expression that stands for whichever a face has.
ANY = "any"


@dataclass(frozen=True)
class Options:
    """Options of ``studio why``.

    Attributes:
        out: folder for the film, the stills and the report.
        word: a scene word, English or Korean; what speaks for it in the picture.
        thing: a kind of thing, one of the detector's.
        expression: one of the seven, or ``any``: what speaks for it in the faces.
        like: a picture; what of the film makes it look like it.
        hit: number of an answer in the ``search.json`` that is given as the footage, from 1;
            0 for none.
        stills_s: seconds at which a picture is written, too.
        preview_s: only so many seconds from the middle, without sound; 0 for all.
        sample_rate: frames a second that are looked at; the map is carried between them.
        seed: of the masks that faces are tried with.
        dry_run: only say what would be made.
    """

    out: Path = Path("why")
    word: str = ""
    thing: str = ""
    expression: str = ""
    like: str = ""
    hit: int = 0
    stills_s: tuple[float, ...] = ()
    preview_s: float = 0.0
    sample_rate: Fraction = Fraction(4)
    seed: int = 0
    dry_run: bool = False


def checked(options: Options) -> Options:
    """The options, once each can work.

    Raises:
        RequestError: naming the one that cannot.
    """
    asked = [
        flag
        for flag, value in (
            ("--word", options.word.strip()),
            ("--object", options.thing.strip()),
            ("--expression", options.expression.strip()),
            ("--like", options.like.strip()),
            ("--hit", options.hit),
        )
        if value
    ]
    if not asked:
        raise RequestError(
            "Nothing is to be explained.",
            "Say what: --word WORD, --object KIND, --expression NAME, --like PICTURE, or --hit N "
            "of a search.json.",
        )
    if len(asked) > 1:
        raise RequestError(f"{' and '.join(asked)} were given.", "Give one of them.")
    if options.hit < 0:
        raise RequestError(f"There is no answer {options.hit}.", "Answers are numbered from 1.")
    if not 0 < options.sample_rate <= 60:
        raise RequestError("A sample rate must lie between 0 and 60.", "4 is usual.")
    if not math.isfinite(options.preview_s) or options.preview_s < 0:
        raise RequestError(f"--preview {options.preview_s:g} is no time.", "Give seconds.")
    bad = [at for at in options.stills_s if not math.isfinite(at) or at < 0]
    if bad:
        raise RequestError(f"--at {bad[0]:g} is no time.", "Give seconds from the film's start.")
    return options
