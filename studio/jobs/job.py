"""One run of a pipeline: its tools, its progress, its end."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studio.archive.store import AnalysisStore
from studio.errors import Cancelled
from studio.models.pool import ModelPool
from studio.settings import Settings


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        stage: what is being done, ``analyse``.
        share: of that stage, 0 to 1.
        message: in words.
    """

    stage: str
    share: float
    message: str


class Job:
    """What every pipeline is handed: ``run(source, options, job)``.

    Args:
        settings: read from the machine where not given.
        pool: of models; one of its own where not given.
        store: of analyses; the one in the cache folder where not given.
        on_progress: called from the thread that works, with each step.
        batch: whether its waits for models give way to interactive work.

    Attributes:
        may_read: folders and files that it was given, on a machine of several; None where it may
            read whatever the machine's user may.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        pool: ModelPool | None = None,
        store: AnalysisStore | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        batch: bool = False,
    ) -> None:
        self.settings = settings or Settings()
        self._cancelled = threading.Event()
        # The same pool for all; a wait for a model ends with this job.
        self.pool = (pool or ModelPool(self.settings)).serving(self._cancelled.is_set, batch)
        self.store = store or AnalysisStore(self.settings.cache_dir / "analyses")
        self._on_progress = on_progress
        self.may_read: tuple[Path, ...] | None = None

    def may_open(self, path: Path) -> bool:
        """Whether a file that material names by itself may be opened: a cue of a script, a list.

        Links are followed first, and nothing is asked of the file: nobody learns what exists.
        """
        if self.may_read is None:
            return True
        try:
            real = path.resolve()
        except (OSError, RuntimeError):  # a loop of links, a name too long
            return False
        return any(real.is_relative_to(folder) for folder in self.may_read)

    def report(self, stage: str, share: float, message: str = "") -> None:
        """Say how far a stage is; also the point where a cancelled run ends.

        Raises:
            Cancelled: the user stopped it.
        """
        self.check()
        if self._on_progress is not None:
            self._on_progress(Progress(stage, min(max(share, 0.0), 1.0), message))

    def cancel(self) -> None:
        """Ask the run to stop at its next step; from any thread."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether the run was asked to stop."""
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise :class:`Cancelled` if the run was asked to stop."""
        if self._cancelled.is_set():
            raise Cancelled()


def print_progress(progress: Progress) -> None:
    """A line a step on stderr, rewritten in place on a terminal."""
    line = f"{progress.stage:<10} {progress.share:>4.0%}  {progress.message}"
    if sys.stderr.isatty():
        print(f"\r\033[K{line[:110]}", end="", file=sys.stderr, flush=True)
