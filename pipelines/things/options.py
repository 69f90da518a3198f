"""Which things to find, and how."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

#: Name of the references in the folder of what a person made.
FOLDER = "things"


@dataclass(frozen=True)
class Options:
    """Options of ``studio things find``.

    Attributes:
        out: folder for ``things.json`` and a picture of each sighting; None writes nothing.
        references: folder of known things; None for the usual one.
        names: only these; empty for all.
        sample_rate: frames a second that are looked at.
        seed: nothing is drawn by chance; here so that every pipeline takes it.
        dry_run: only say what would be looked for.
    """

    out: Path | None = None
    references: Path | None = None
    names: tuple[str, ...] = ()
    sample_rate: Fraction = Fraction(1)
    seed: int = 0
    dry_run: bool = False
