"""Which odd events to look for, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: What can be found; things declared abnormal are named by their class.
WAYS = ("wrong way", "running", "loitering", "scatter")
SOUNDS = ("bang", "alarm", "silence")


@dataclass(frozen=True)
class Options:
    """Options of ``studio events``.

    Attributes:
        out: folder for the table, pictures and timelines; None writes nothing.
        abnormal: classes of COCO that should not be seen here: ``dog``, ``knife``.
        sound: whether bangs, alarms and silences are looked for, where there is sound.
        loiter_s: seconds that somebody stays in one place before it is called loitering.
        least_score: 0 to 1; events below are left out.
        clips: also write each event as a film.
        cache: whether what is stored is used.
        seed: nothing is drawn by chance; here so that every pipeline takes it.
        dry_run: only say what is stored and what would be computed.
    """

    out: Path | None = None
    abnormal: tuple[str, ...] = ()
    sound: bool = True
    loiter_s: float = 20.0
    least_score: float = 0.3
    clips: bool = False
    cache: bool = True
    seed: int = 0
    dry_run: bool = False
