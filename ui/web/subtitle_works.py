"""Subtitles of one file in the making, as the page follows and edits them."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.subtitles.options import FORMATS, Options
from studio.errors import StudioError
from studio.jobs.job import Job
from studio.types.media import MediaInfo
from ui.web.messages import PageError
from ui.web.runner import Run, Runner, RunState, RunView

if TYPE_CHECKING:
    from pipelines.subtitles.drafting import Wishes
    from pipelines.subtitles.editing import Change, Edited
    from studio.types.analysis import FootageAnalysis

_KEPT = 20
_UNDO = 200
#: What browsers play as it is.
_PLAYED_PICTURES = frozenset(("h264", "vp8", "vp9", "av1", "libdav1d"))
_PLAYED_SOUND = frozenset(("aac", "mp3", "mp3float", "opus", "vorbis", "flac"))
_PLAYED_PIXELS = frozenset(("yuv420p", "yuvj420p"))


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


class SubtitleWork:
    """Subtitles in the making. Made by :meth:`SubtitleWorks.begin`.

    Attributes:
        id: unguessable; it is in the page's address.
        info: of the film or sound file.
        options: what was asked for.
        files: name to path of what was written last.
        outdated: whether it was edited since.
        notes: what a user should know of what was written.
        run: the run that goes on, or ended last.
    """

    def __init__(self, info: MediaInfo, options: Options, runner: Runner) -> None:
        self.id = secrets.token_urlsafe(16)
        self.info, self.options = info, options
        self.files: dict[str, Path] = {}
        self.outdated = False
        self.notes: tuple[str, ...] = ()
        self.media: Path | None = None
        self._now: Edited | None = None
        self._before: list[Edited] = []
        self._wishes: Wishes | None = None
        self._found: FootageAnalysis | None = None
        self._doing = Phase.HEARING
        self._lock = threading.Lock()
        self._runner = runner
        self.run: Run = runner.start(self._hear)

    @property
    def now(self) -> Edited | None:
        """The plan as it stands, once there is one."""
        return self._now

    @property
    def view(self) -> RunView:
        """The run as it stands."""
        return self._runner.view(self.run)

    @property
    def phase(self) -> Phase:
        """What to show."""
        if not self.run.state.ended:
            return self._doing
        return Phase.READY if self._now is not None else Phase.STOPPED

    @property
    def error(self) -> StudioError | None:
        """What ended the last run."""
        return self.run.error

    @property
    def cancelled(self) -> bool:
        """Whether the user stopped the last run."""
        return self.run.state is RunState.CANCELLED

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._before)

    def cancel(self) -> None:
        """Stop what goes on."""
        self._runner.cancel(self.run)

    def edit(self, change: Change) -> None:
        """Apply an edit and keep what was decided on disk.

        Raises:
            PageError: something goes on already, or there is no plan yet.
            RequestError: the edit makes no sense.
        """
        with self._lock:
            if self.phase is not Phase.READY or self._now is None:
                raise PageError("run.busy")
            made = change(self._now)
            self._before = [*self._before[-_UNDO:], self._now]
            self._keep(made)

    def undo(self) -> None:
        """Take the last edit back."""
        with self._lock:
            if self.phase is Phase.READY and self._before:
                self._keep(self._before.pop())

    def _keep(self, made: Edited) -> None:
        from pipelines.subtitles.pipeline import corrections_path
        from studio.archive.decisions import write_decisions

        self._now = made
        self.outdated = bool(self.files)
        write_decisions(corrections_path(self.options.out, self.info.path), made.corrections)

    def retime(self) -> None:
        """Start to set edited cues to the sound again.

        Raises:
            PageError: something goes on already.
        """
        self._begin(Phase.TIMING, self._retime)

    def write(self, *, burn_in: bool, soft: bool = False) -> None:
        """Start to write all formats, and the film with the cues in it where that is asked for.

        Raises:
            PageError: something goes on already.
        """
        self._begin(Phase.WRITING, lambda job: self._write(job, burn_in, soft))

    def _begin(self, phase: Phase, task: object) -> None:
        with self._lock:
            if self.phase is not Phase.READY:
                raise PageError("run.busy")
            self._doing = phase
            self.run = self._runner.start(task)  # type: ignore[arg-type]

    def _hear(self, job: Job) -> None:
        from pipelines.subtitles.editing import Edited
        from pipelines.subtitles.pipeline import check_options, draft

        self._wishes = check_options(self.options)
        made = draft(self.info.path, self.options, self._wishes, job)
        self._found = made.found.analysis
        self.media = self._playable(job)
        self._now = Edited(made.plan, made.corrections)

    def _retime(self, job: Job) -> None:
        from pipelines.subtitles.editing import retimed

        assert self._now is not None and self._found is not None
        made, self.notes = retimed(self._now, self._found, self.options, job)
        with self._lock:
            self._before.append(self._now)
            self._keep(made)

    def _write(self, job: Job, burn_in: bool, soft: bool) -> None:
        from pipelines.subtitles import pipeline

        assert self._now is not None and self._wishes is not None
        plan = self._now.plan.as_made()
        options = replace(self.options, burn_in=burn_in, soft=soft, formats=FORMATS)
        files, _, notes = pipeline.write(plan, self._now.corrections, options, self._wishes, job)
        self.files, self.notes, self.outdated = files, notes, False

    def _playable(self, job: Job) -> Path:
        """The file itself where browsers play it, else a copy that they do."""
        info = self.info
        if info.video is None or (
            info.video.codec in _PLAYED_PICTURES
            and info.video.pixel_format in _PLAYED_PIXELS
            and (info.audio is None or info.audio.codec in _PLAYED_SOUND)
            and ({"mp4", "webm"} & set(info.container.split(",")))
        ):
            return info.path
        from studio.media.burn_in import burn_in
        from studio.types.cue_style import CueStyle

        copy = job.settings.cache_dir / "previews" / f"{info.content_hash}.mp4"
        if not copy.exists():
            job.report("preview", 0.0)
            work = job.settings.cache_dir / "renders" / f"preview-{info.content_hash}"
            burn_in(
                info, (), copy, work, style=CueStyle(), settings=job.settings,
                on_progress=lambda share, message: job.report("preview", share, message),
                check=job.check,
            )  # fmt: skip
        return copy


class SubtitleWorks:
    """The works of this server, the newest kept.

    Args:
        runner: does the work.
        results_dir: each file gets a folder in it, in which its corrections are found again.
    """

    def __init__(self, runner: Runner, results_dir: Path) -> None:
        self._runner = runner
        self._results_dir = results_dir
        self._works: OrderedDict[str, SubtitleWork] = OrderedDict()

    def begin(self, info: MediaInfo | None, options: Options) -> SubtitleWork:
        """Start to hear a file; ``options.out`` is replaced by the file's folder.

        Raises:
            PageError: no file was chosen, it is silent, or too many runs wait.
        """
        if info is None:
            raise PageError("recording.none")
        if info.audio is None:
            raise PageError("recording.silent")
        out = self._results_dir / "subtitles" / f"{info.path.stem[:60]} {info.content_hash[:8]}"
        busy = [w for w in self._works.values() if w.options.out == out and w.phase.busy]
        if busy:
            raise PageError("run.busy")
        work = SubtitleWork(info, replace(options, out=out), self._runner)
        self._works[work.id] = work
        ended = [w.id for w in self._works.values() if not w.phase.busy]
        for work_id in ended[: max(0, len(self._works) - _KEPT)]:
            del self._works[work_id]
        return work

    def get(self, work_id: object) -> SubtitleWork | None:
        """The work of that id, if this server knows it."""
        return self._works.get(work_id) if isinstance(work_id, str) else None
