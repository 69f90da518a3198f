"""What to analyse, and how."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

#: Every part of an analysis, in the order they are reported.
PARTS = ("shots", "objects", "faces", "embeddings", "picture", "speech", "sound")


@dataclass(frozen=True)
class Options:
    """Options of ``studio analyze``.

    Attributes:
        only: the parts wanted.
        cache: whether stored parts are used; new parts are stored in any case.
        sample_rate: frames a second that objects, faces and embeddings look at.
        language: ISO 639-1 code of the speech, or ``auto``.
        seed: of anything drawn by chance.
        dry_run: only say what is stored and what would be computed.
        out: folder that also receives ``analysis.json``, or None.
    """

    only: tuple[str, ...] = PARTS
    cache: bool = True
    sample_rate: Fraction = Fraction(2)
    language: str = "auto"
    seed: int = 0
    dry_run: bool = False
    out: Path | None = None
