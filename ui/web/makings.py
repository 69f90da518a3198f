"""Films made anew, as the page follows them: looks, filters, avatars, and pictures from nothing."""

from __future__ import annotations

import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from studio.errors import StudioError
from studio.jobs.job import Job
from studio.types.media import MediaInfo
from ui.web.messages import PageError
from ui.web.runner import Run, Runner, RunState, RunView

_KEPT = 20


class Phase(StrEnum):
    """What the page shows of a work."""

    WALL = "wall"  # small pictures to choose from
    COMPARE = "compare"  # one picture before and after
    PREVIEW = "preview"
    WHOLE = "whole"
    READY = "ready"
    STOPPED = "stopped"  # failed or cancelled before there was a wall

    @property
    def busy(self) -> bool:
        """Whether something is going on."""
        return self not in (Phase.READY, Phase.STOPPED)


@dataclass(frozen=True)
class Card:
    """Something to choose by its picture.

    Attributes:
        name: as the pipeline takes it.
        group: cards of one group stand together.
        jpeg: the picture.
    """

    name: str
    group: str
    jpeg: bytes


@dataclass(frozen=True)
class Made:
    """What a run made.

    Attributes:
        files: name to path; ``preview``, ``film`` or ``picture`` is shown.
        told: facts about it, as lines.
        notes: what a user should know.
        command: that makes the same in a terminal.
    """

    files: dict[str, Path]
    told: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    command: str = ""


@dataclass
class Making:
    """One film in the making. Made by :meth:`Makings.begin`.

    Attributes:
        id: unguessable; it is in the page's address.
        info: of the film; None where none is needed.
        out: folder of its results.
        runner: does the work.
        cards: to choose from.
        picked: names of the cards that were chosen last.
        before, after: JPEGs of one picture.
        made: what was made last.
        turn: raised whenever a picture or a file is new: addresses carry it.
        run: the run that goes on, or ended last.
    """

    id: str
    info: MediaInfo | None
    out: Path
    runner: Runner
    cards: tuple[Card, ...] = ()
    picked: tuple[str, ...] = ()
    before: bytes = b""
    after: bytes = b""
    made: Made | None = None
    turn: int = 0
    run: Run = field(init=False)
    _doing: Phase = Phase.WALL

    @property
    def view(self) -> RunView:
        """The run as it stands."""
        return self.runner.view(self.run)

    @property
    def phase(self) -> Phase:
        """What to show."""
        if not self.run.state.ended:
            return self._doing
        return Phase.READY if self.cards else Phase.STOPPED

    @property
    def error(self) -> StudioError | None:
        """What ended the last run."""
        return self.run.error

    @property
    def cancelled(self) -> bool:
        """Whether the user stopped the last run."""
        return self.run.state is RunState.CANCELLED

    def cancel(self) -> None:
        """Stop what goes on."""
        self.runner.cancel(self.run)

    def draw_wall(self, draw: Callable[[Job], tuple[Card, ...]]) -> None:
        """Start to draw the cards."""

        def work(job: Job) -> None:
            self.cards = draw(job)

        self._start(Phase.WALL, work)

    def compare(self, draw: Callable[[Job], tuple[bytes, bytes]]) -> None:
        """Start to draw one picture before and after; one that is being drawn is left.

        Raises:
            PageError: something else goes on.
        """
        if self.phase is Phase.COMPARE:
            self.cancel()
        elif self.phase.busy:
            raise PageError("run.busy")

        def work(job: Job) -> None:
            before, after = draw(job)
            job.check()
            self.before, self.after = before, after
            self.turn += 1

        self._start(Phase.COMPARE, work)

    def make(self, phase: Phase, act: Callable[[Job], Made]) -> None:
        """Start to make a preview or the whole.

        Raises:
            PageError: something goes on already.
        """
        if self.phase is Phase.COMPARE:
            self.cancel()
        elif self.phase.busy:
            raise PageError("run.busy")

        def work(job: Job) -> None:
            self.made = act(job)
            self.turn += 1

        self._start(phase, work)

    def _start(self, phase: Phase, work: Callable[[Job], None]) -> None:
        self.run = self.runner.start(work)
        self._doing = phase


class Makings:
    """The films of one tab, the newest kept.

    Args:
        runner: does the work.
        results_dir: each gets a folder in it.
    """

    def __init__(self, runner: Runner, results_dir: Path) -> None:
        self._runner, self._results_dir = runner, results_dir
        self._works: OrderedDict[str, Making] = OrderedDict()

    def begin(self, info: MediaInfo | None, draw: Callable[[Job], tuple[Card, ...]]) -> Making:
        """Take a film, and draw the cards to choose from.

        Raises:
            PageError: too many runs wait.
        """
        name = info.path.stem if info is not None else "pictures"
        stem = re.sub(r"[^\w\- ]", "_", name).strip()[:40] or "film"
        stamp = time.strftime("%Y-%m-%d %H%M%S")
        out = self._results_dir / f"{stamp} {stem} {secrets.token_hex(2)}"
        work = Making(secrets.token_urlsafe(16), info, out, self._runner)
        work.draw_wall(draw)
        self._works[work.id] = work
        ended = [w.id for w in self._works.values() if not w.phase.busy]
        for work_id in ended[: max(0, len(self._works) - _KEPT)]:
            del self._works[work_id]
        return work

    def get(self, work_id: object) -> Making | None:
        """The work of that id, if this server knows it."""
        return self._works.get(work_id) if isinstance(work_id, str) else None
