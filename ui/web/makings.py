"""Films made anew, as the page follows them: looks, filters, avatars, and pictures from nothing."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipelines.desk import Options as Act
from studio.archive.work_rows import WorkRow
from studio.codec import from_json, to_json
from studio.jobs.record import JobResult
from studio.types.media import MediaInfo
from ui.web.desk import Asked, Desk, DeskWork, DeskWorks
from ui.web.messages import PageError

KINDS = (
    *("looks", "filters", "avatar", "generate", "anchor"),
    *("search", "people", "cuts", "things", "summary", "report"),
)


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
        path: of the picture, a JPEG.
    """

    name: str
    group: str
    path: Path

    @property
    def jpeg(self) -> bytes:
        """The picture; empty where it is gone."""
        return _read(self.path)


@dataclass(frozen=True)
class Made:
    """What a run made.

    Attributes:
        files: name to path; ``preview``, ``film`` or ``picture`` is shown.
        facts: what the pipeline says of it.
        notes: what a user should know.
    """

    files: dict[str, Path]
    facts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """That makes the same in a terminal."""
        words = self.facts.get("command") or ()
        return shlex.join(str(word) for word in words)


@dataclass(frozen=True)
class _State:
    """What of a work is written down."""

    info: MediaInfo | None
    cards: tuple[Card, ...]
    picked: tuple[str, ...]
    values: dict[str, Any]
    sides: tuple[Path, ...]
    made: Made | None
    turn: int


class Making(DeskWork):
    """One film in the making. Made by :meth:`Makings.begin`.

    Attributes:
        info: of the film; None where none is needed.
        cards: to choose from.
        picked: names of the cards that were chosen last.
        values: of the wishes, as they were last.
        made: what was made last.
        turn: raised whenever a picture or a file is new: addresses carry it.
    """

    def __init__(self, desk: Desk, row: WorkRow, out: Path) -> None:
        super().__init__(desk, row, out)
        self.kind = row.kind  # type: ignore[misc]  # one class makes several kinds
        self.info: MediaInfo | None = None
        self.cards: tuple[Card, ...] = ()
        self.picked: tuple[str, ...] = ()
        self.values: dict[str, Any] = {}
        self.made: Made | None = None
        self.turn = 0
        self._sides: tuple[Path, ...] = ()

    @property
    def phase(self) -> Phase:
        """What to show."""
        if not self.look().state.ended:
            return Phase(self.doing)
        return Phase.READY if self.cards else Phase.STOPPED

    @property
    def before(self) -> bytes:
        """The picture that is compared, as it is."""
        return _read(self._sides[0]) if self._sides else b""

    @property
    def after(self) -> bytes:
        """The picture that is compared, with what was chosen."""
        return _read(self._sides[1]) if self._sides else b""

    @property
    def compared(self) -> bool:
        """Whether there are two sides to show."""
        return bool(self._sides)

    @property
    def results(self) -> dict[str, Path]:
        """Files of the last result."""
        return self.made.files if self.made is not None else {}

    def draw_wall(self, act: str, asked: dict[str, Any] | None = None) -> None:
        """Start to draw the cards."""
        self.start(Phase.WALL, self._act(act, "wall", asked or {}), waited_for=True)

    def compare(self, act: str, asked: dict[str, Any]) -> None:
        """Start to draw one picture before and after; one that is being drawn is left.

        Raises:
            PageError: something else goes on.
        """
        self._make_way()
        self.turn += 1
        work = self._act(act, f"compare-{self.turn}", asked)
        self.start(Phase.COMPARE, work, waited_for=True)

    def show_no_comparison(self) -> None:
        """Nothing is chosen any more."""
        self._sides = ()

    def make(self, phase: Phase, pipeline: str, options: Any) -> None:
        """Start to make a preview or the whole.

        Raises:
            PageError: something goes on already.
        """
        self._make_way()
        asked = Asked(pipeline, options, self._sources)
        self.start(phase, asked, waited_for=phase is Phase.PREVIEW)

    def settle(self, doing: str, result: JobResult) -> None:
        """Cards, two sides, or files."""
        files = {name: Path(path) for name, path in result.files.items()}
        self.turn += 1
        if doing == Phase.WALL:
            top = files["cards"].parent
            rows = json.loads(files["cards"].read_text(encoding="utf-8"))
            self.cards = tuple(Card(name, group, top / file) for name, group, file in rows)
        elif doing == Phase.COMPARE:
            self._sides = (files["before"], files["after"])
        else:
            if self.kind == "generate" and "sheet" in files:
                files["picture"] = files.pop("sheet")
            self.made = Made(files, result.facts, result.notes)

    def plain(self) -> dict[str, Any]:
        """All that is not of the run."""
        state = _State(
            self.info, self.cards, self.picked, self.values, self._sides, self.made, self.turn
        )
        data: dict[str, Any] = to_json(state)
        return data

    def restore(self, plain: dict[str, Any]) -> None:
        """From what :meth:`plain` gave."""
        state = from_json(_State, plain)
        self.info, self.cards, self.picked = state.info, state.cards, state.picked
        self.values, self.made, self.turn = state.values, state.made, state.turn
        self._sides = state.sides

    @property
    def _sources(self) -> tuple[Path, ...]:
        return (self.info.path,) if self.info is not None else ()

    def _act(self, act: str, folder: str, asked: dict[str, Any]) -> Asked:
        return Asked("desk", Act(act, self.page_dir / folder, asked), self._sources)

    def _make_way(self) -> None:
        phase = self.phase
        if phase is Phase.COMPARE:
            self.cancel()
        elif phase.busy:
            raise PageError("run.busy")


class Makings(DeskWorks[Making]):
    """The films of the tabs that make one anew.

    Args:
        desk: queue and library.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, _made_for, KINDS)

    def begin(
        self,
        info: MediaInfo | None,
        kind: str,
        asked: dict[str, Any] | None = None,
        *,
        user: str = "",
        project: str = "",
    ) -> Making:
        """Take a film, and draw the cards to choose from.

        Args:
            info: of the film; None where none is needed.
            kind: one of :data:`KINDS`; the act ``KIND.wall`` draws.
            asked: what that act wants to know.
            user: whose it is.
            project: it belongs to, or "".

        Raises:
            Busy: too many jobs wait.
        """
        title = info.path.stem if info is not None else "pictures"
        work = self.fresh(title, user, project, kind)
        work.info = info
        work.draw_wall(f"{kind}.wall", asked)
        return work


def _made_for(desk: Desk, row: WorkRow, out: Path) -> Making:
    from ui.web.anchor_works import AnchorWork  # they are makings themselves
    from ui.web.study_works import STUDIES

    kinds: dict[str, type[Making]] = {AnchorWork.kind: AnchorWork, **STUDIES}
    return kinds.get(row.kind, Making)(desk, row, out)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
