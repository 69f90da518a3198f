"""Whom to look for, and how."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

#: Name of the gallery in the folder of what a person made.
GALLERY = "people"


@dataclass(frozen=True)
class Options:
    """Options of ``studio people identify``.

    Attributes:
        out: folder for ``people.json`` and a picture of everybody; None writes nothing.
        gallery: folder of known people; None for the usual one.
        names: ``(label, name)``: who a person is, as labelled by this analysis; kept.
        merges: ``(label, label)``: two that are one person; kept.
        rejections: ``(name, seconds or None)``: not this person, at that time or anywhere; kept.
        bodies: also follow people by their bodies; ``names`` then take ``Body 1`` … too.
        splits: ``(label, seconds)``: from then on the body of that label is somebody else; kept.
        cache: whether what is stored is used.
        sample_rate: frames a second that are looked at.
        seed: nothing is drawn by chance; here so that every pipeline takes it.
        dry_run: only say what is stored and what would be computed.
    """

    out: Path | None = None
    gallery: Path | None = None
    names: tuple[tuple[str, str], ...] = ()
    merges: tuple[tuple[str, str], ...] = ()
    rejections: tuple[tuple[str, Fraction | None], ...] = ()
    bodies: bool = False
    splits: tuple[tuple[str, Fraction], ...] = ()
    cache: bool = True
    sample_rate: Fraction = Fraction(2)
    seed: int = 0
    dry_run: bool = False
