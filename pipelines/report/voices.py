"""Whose a voice is, as a person said it: kept apart from what was heard, and laid over it.

A decision is tied to times at which the voice speaks: another run may number the voices anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from studio.archive.decisions import read_decisions, write_decisions
from studio.archive.gallery import clean_name
from studio.types.speakers import Turn
from studio.types.timecode import TimeRange


@dataclass(frozen=True)
class VoiceTold:
    """Whose a voice is.

    Attributes:
        name: as a person wrote it.
        spans: times at which it speaks.
    """

    name: str
    spans: tuple[TimeRange, ...]


@dataclass(frozen=True)
class VoicesTold:
    """All that was said of the voices of one file; a later one goes over an earlier one."""

    voices: tuple[VoiceTold, ...] = ()


def voices_file(gallery: Path, content_hash: str) -> Path:
    """Where the decisions about a file's voices lie: beside those about its faces."""
    return gallery / "voices" / f"{content_hash[:40]}.json"


def tell_voice(gallery: Path, content_hash: str, name: str, turns: Sequence[Turn]) -> None:
    """Keep whose a voice is.

    Args:
        gallery: folder of known people.
        content_hash: of the file.
        name: whose it is.
        turns: of the voice.

    Raises:
        RequestError: it is no name, or what is kept cannot be read.
    """
    name = clean_name(name)
    path = voices_file(gallery, content_hash)
    told = read_decisions(VoicesTold, path)
    spans = tuple(TimeRange(turn.start, turn.end) for turn in turns)
    kept = tuple(each for each in told.voices if each.spans != spans)
    write_decisions(path, replace(told, voices=(*kept, VoiceTold(name, spans))))


def heard_as(gallery: Path, content_hash: str, turns: Sequence[Turn]) -> dict[str, str]:
    """Names of the voices of a file, by their labels; a voice nobody spoke of is left out.

    A name goes to the voice that speaks most at the times it was told for.

    Raises:
        RequestError: what is kept cannot be read.
    """
    told = read_decisions(VoicesTold, voices_file(gallery, content_hash))
    names: dict[str, str] = {}
    for each in told.voices:
        shared: dict[str, Fraction] = {}
        for turn in turns:
            for span in each.spans:
                both = min(turn.end, span.end) - max(turn.start, span.start)
                if both > 0 and turn.speaker:
                    shared[turn.speaker] = shared.get(turn.speaker, Fraction(0)) + both
        if shared:
            names[max(shared, key=lambda label: (shared[label], label))] = each.name
    return names
