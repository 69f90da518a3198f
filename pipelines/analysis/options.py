"""What to analyse, and how."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

#: Every part of an analysis, in the order they are reported.
PARTS = (
    "shots",
    "objects",
    "faces",
    "embeddings",
    "picture",
    "speech",
    "sound",
    "speakers",
    "sound_events",
    "views",
    "texts",
    "noises",
    "bodies",
    "body_tracks",
    "safety",
)
#: What ``studio analyze`` makes where nothing is named: all but the dear and the delicate.
USUAL_PARTS = tuple(p for p in PARTS if p not in ("bodies", "body_tracks", "safety"))
#: The parts that a cut is made from; subtitles want the others too.
CUTTING_PARTS = PARTS[:7]


@dataclass(frozen=True)
class Options:
    """Options of ``studio analyze``.

    Attributes:
        only: the parts wanted; what they stand on is made too: words for who speaks, bodies and
            shots for their tracks.
        cache: whether stored parts are used; new parts are stored in any case.
        sample_rate: frames a second that objects, faces and embeddings look at.
        language: ISO 639-1 code of the speech, or ``auto``.
        speech_model: name of the model that reads it, ``tiny.en``; ``auto`` for the usual one.
        speakers: how many people speak, ``auto``, or ``off``.
        corrected: whether cuts and words are as a person wants them; else as models found them.
        audio_stream: number in the container or language of the sound that is heard; empty
            for the usual one.
        seed: of anything drawn by chance.
        dry_run: only say what is stored and what would be computed.
        out: folder that also receives ``analysis.json``, or None.
    """

    only: tuple[str, ...] = CUTTING_PARTS
    cache: bool = True
    sample_rate: Fraction = Fraction(2)
    language: str = "auto"
    speech_model: str = "auto"
    speakers: str = "auto"
    corrected: bool = True
    audio_stream: str = ""
    seed: int = 0
    dry_run: bool = False
    out: Path | None = None
