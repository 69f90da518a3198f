"""Subtitles of one file in the making, as the page follows and edits them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pipelines.desk import Options as Act
from pipelines.subtitles.options import Options
from studio.archive.work_rows import WorkRow
from studio.codec import from_json, to_json
from studio.jobs.record import JobResult
from studio.types.media import MediaInfo
from ui.web.desk import Asked, Desk, DeskWork, DeskWorks
from ui.web.messages import PageError

if TYPE_CHECKING:
    from pipelines.subtitles.editing import Change, Edited

_UNDO = 200
#: Files of more seconds are long work and wait in line with the renders.
LONG_S = 300.0


class Phase(StrEnum):
    """What the page shows of a work."""

    HEARING = "hearing"
    READY = "ready"
    WRITING = "writing"
    TIMING = "timing"
    STOPPED = "stopped"  # failed or cancelled before there was a plan

    @property
    def busy(self) -> bool:
        """Whether something is going on."""
        return self in (Phase.HEARING, Phase.WRITING, Phase.TIMING)


@dataclass(frozen=True)
class _State:
    """What of a work is written down; the plan has a file of its own."""

    info: MediaInfo
    options: Options
    files: dict[str, Path]
    outdated: bool
    notes: tuple[str, ...]
    media: Path | None
    edited: bool


class SubtitleWork(DeskWork):
    """Subtitles in the making. Made by :meth:`SubtitleWorks.begin`.

    Attributes:
        info: of the film or sound file.
        options: what was asked for.
        files: name to path of what was written last.
        outdated: whether it was edited since.
        notes: what a user should know of what was written.
        media: what a browser plays.
    """

    kind: ClassVar[str] = "subtitles"
    info: MediaInfo
    options: Options

    def __init__(self, desk: Desk, row: WorkRow, out: Path) -> None:
        super().__init__(desk, row, out)
        self.files: dict[str, Path] = {}
        self.outdated = False
        self.notes: tuple[str, ...] = ()
        self.media: Path | None = None
        self._now: Edited | None = None
        self._before: list[Edited] = []

    @property
    def now(self) -> Edited | None:
        """The plan as it stands, once there is one."""
        return self._now

    @property
    def phase(self) -> Phase:
        """What to show."""
        if not self.look().state.ended:
            return Phase(self.doing)
        return Phase.READY if self._now is not None else Phase.STOPPED

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._before)

    @property
    def results(self) -> dict[str, Path]:
        """What was written last."""
        return self.files

    def hear(self) -> None:
        """Start to hear the file."""
        asked = {"options": to_json(self.options)}
        short = float(self.info.duration) <= LONG_S
        self.start(Phase.HEARING, self._act("hear", asked), waited_for=short)

    def edit(self, change: Change) -> None:
        """Apply an edit and keep what was decided on disk.

        Raises:
            PageError: something goes on already, or there is no plan yet.
            RequestError: the edit makes no sense.
        """
        with self.lock:
            if self.phase is not Phase.READY or self._now is None:
                raise PageError("run.busy")
            made = change(self._now)
            self._before = [*self._before[-_UNDO:], self._now]
            self._take(made)
            self.keep()

    def undo(self) -> None:
        """Take the last edit back."""
        with self.lock:
            if self.phase is Phase.READY and self._before:
                self._take(self._before.pop())
                self.keep()

    def retime(self) -> None:
        """Start to set edited cues to the sound again.

        Raises:
            PageError: something goes on already.
        """
        self._begin(Phase.TIMING, "retime", {}, waited_for=True)

    def write(self, *, burn_in: bool, soft: bool = False) -> None:
        """Start to write all formats, and the film with the cues in it where that is asked for.

        Raises:
            PageError: something goes on already.
        """
        asked = {"burn_in": burn_in, "soft": soft}
        self._begin(Phase.WRITING, "write", asked, waited_for=not burn_in)

    def settle(self, doing: str, result: JobResult) -> None:
        """A plan, or files."""
        from pipelines.desk.cues import read_edited

        self.notes = result.notes
        if doing == Phase.WRITING:
            self.files = {name: Path(path) for name, path in result.files.items()}
            self.outdated = False
            return
        made = read_edited(Path(result.files["edited"]))
        if doing == Phase.TIMING and self._now is not None:
            self._before.append(self._now)
            self._take(made)
        else:
            self.media = Path(str(result.facts["media"]))
            self._now = made
            self._write_plan()

    def plain(self) -> dict[str, Any]:
        """All but the plan and the run."""
        state = _State(
            self.info, self.options, self.files, self.outdated, self.notes, self.media,
            self._now is not None,
        )  # fmt: skip
        data: dict[str, Any] = to_json(state)
        return data

    def restore(self, plain: dict[str, Any]) -> None:
        """From what :meth:`plain` gave."""
        from pipelines.desk.cues import read_edited

        state = from_json(_State, plain)
        self.info, self.options, self.files = state.info, state.options, state.files
        self.outdated, self.notes, self.media = state.outdated, state.notes, state.media
        self._now = read_edited(self._plan) if state.edited else None

    @property
    def _plan(self) -> Path:
        return self.page_dir / "now.json"

    def _take(self, made: Edited) -> None:
        from pipelines.subtitles.pipeline import corrections_path
        from studio.archive.decisions import write_decisions

        self._now = made
        self.outdated = bool(self.files)
        write_decisions(corrections_path(self.options.out, self.info.path), made.corrections)
        self._write_plan()

    def _write_plan(self) -> None:
        from pipelines.desk.cues import write_edited

        assert self._now is not None
        self.page_dir.mkdir(parents=True, exist_ok=True)
        write_edited(self._plan, self._now)

    def _begin(self, phase: Phase, act: str, asked: dict[str, Any], *, waited_for: bool) -> None:
        with self.lock:
            if self.phase is not Phase.READY:
                raise PageError("run.busy")
            # What is edited while the job waits is not what was asked for.
            frozen = self.page_dir / f"{act}.json"
            frozen.write_bytes(self._plan.read_bytes())
            known = {"options": to_json(self.options), "edited": str(frozen)}
            self.start(phase, self._act(act, known | asked), waited_for=waited_for)

    def _act(self, act: str, asked: dict[str, Any]) -> Asked:
        out = self.page_dir / act
        return Asked("desk", Act(f"subtitles.{act}", out, asked), (self.info.path,))


class SubtitleWorks(DeskWorks[SubtitleWork]):
    """Subtitles in the making.

    Args:
        desk: queue and library.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, SubtitleWork, (SubtitleWork.kind,))

    def begin(
        self, info: MediaInfo | None, options: Options, *, user: str = "", project: str = ""
    ) -> SubtitleWork:
        """Start to hear a file; ``options.out`` is replaced by the file's folder, in which its
        corrections are found again.

        Raises:
            PageError: no file was chosen, it is silent, or it is being heard.
            Busy: too many jobs wait.
        """
        if info is None:
            raise PageError("recording.none")
        if info.audio is None:
            raise PageError("recording.silent")
        top = self.desk.results_dir / user if user else self.desk.results_dir
        if project:
            top = self.desk.library.project(project, user).folder / "results"
        out = top / "subtitles" / f"{info.path.stem[:60]} {info.content_hash[:8]}"
        if any(work.out == out and work.phase.busy for work in self.all_of(user)):
            raise PageError("run.busy")
        work = self.fresh(info.path.stem, user, project, SubtitleWork.kind, out)
        work.info, work.options = info, replace(options, out=out)
        work.hear()
        return work
