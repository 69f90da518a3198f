"""What is said of the cuts of a film."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """Options of ``studio cuts``.

    Times are typed as :func:`pipelines.cuts.places.frame_of` reads them. What is removed goes
    first, then what is moved, then what is added; each speaks of the cuts as the one before it
    left them, and either all are kept or none.

    Attributes:
        remove: times of cuts that are none.
        move: times of cuts, and where they really are.
        add: times of cuts that were not found; ``START-END`` for a gradual one.
        kind: of gradual ones that are added: ``dissolve`` or ``fade``.
        undo: take the last decision back.
        asked_as: a name that is asked for once: a job that was killed and begins again says
            nothing twice; empty where every call counts.
        out: folder for the cuts as files, or None.
        cache: whether a stored analysis is used.
        seed: of anything drawn by chance; nothing is.
        dry_run: say what would come of it; nothing is kept or written.
    """

    remove: tuple[str, ...] = ()
    move: tuple[tuple[str, str], ...] = ()
    add: tuple[str, ...] = ()
    kind: str = "dissolve"
    undo: bool = False
    asked_as: str = ""
    out: Path | None = None
    cache: bool = True
    seed: int = 0
    dry_run: bool = False
