"""One trailer from footage to files, as the page follows it."""

from __future__ import annotations

import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.trailer.options import Options
from studio.errors import StudioError
from studio.jobs.job import Job
from studio.types.media import MediaInfo
from studio.types.timeline import Clip, Timeline
from ui.web.messages import PageError
from ui.web.runner import Run, Runner, RunState, RunView

if TYPE_CHECKING:
    from pipelines.trailer import Version as Rendered
    from studio.media.render import RenderEstimate

#: Height of the thumbnails: twice what is shown, for dense screens.
THUMBNAIL_PX = 216
_KEPT = 40


class Phase(StrEnum):
    """What the page shows of a work."""

    PLANNING = "planning"
    PLANNED = "planned"
    RENDERING = "rendering"
    RENDERED = "rendered"
    STOPPED = "stopped"  # failed or cancelled before there was a plan

    @property
    def busy(self) -> bool:
        """Whether something is going on."""
        return self in (Phase.PLANNING, Phase.RENDERING)


@dataclass
class Version:
    """One cut of a work.

    Attributes:
        timeline: as planned.
        cost: what rendering all of it takes.
        thumbnails: clip id to a JPEG or PNG.
        dropped: ids of the items the user does not want.
        result: the files, once rendered.
        rendered_without: what was dropped when it was rendered.
    """

    timeline: Timeline
    cost: RenderEstimate
    thumbnails: dict[str, bytes] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    result: Rendered | None = None
    rendered_without: frozenset[str] = frozenset()

    @property
    def kept(self) -> Timeline:
        """The cut without what the user dropped."""
        return self.timeline.without(self.dropped)

    @property
    def outdated(self) -> bool:
        """Whether clips were dropped or taken back since it was rendered."""
        return self.result is not None and self.rendered_without != frozenset(self.dropped)


class Work:
    """A trailer in the making. Made by :meth:`Works.begin`.

    Attributes:
        id: unguessable; it is in the page's address.
        footage: what it is made of.
        music: what lies under it, one at most.
        options: what was asked for.
        versions: the cuts, once planned.
        run: the run that goes on, or ended last.
    """

    def __init__(
        self,
        footage: Sequence[MediaInfo],
        music: Sequence[MediaInfo],
        options: Options,
        runner: Runner,
    ) -> None:
        self.id = secrets.token_urlsafe(16)
        self.footage = tuple(footage)
        self.music = tuple(music)[:1]
        self.options = replace(options, music=self.music[0].path if self.music else None)
        self.versions: tuple[Version, ...] = ()
        self._runner = runner
        self._rendering: int | None = None
        self.run: Run = runner.start(self._plan)

    @property
    def view(self) -> RunView:
        """The run as it stands."""
        return self._runner.view(self.run)

    @property
    def phase(self) -> Phase:
        """What to show."""
        if not self.run.state.ended:
            return Phase.PLANNING if self._rendering is None else Phase.RENDERING
        if not self.versions:
            return Phase.STOPPED
        if self.run.state is RunState.DONE and self._rendering is not None:
            return Phase.RENDERED
        return Phase.PLANNED

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
        self._runner.cancel(self.run)

    def keep(self, version: int, item_id: str, wanted: bool) -> None:
        """Keep or drop one item of a cut; an unknown id changes nothing."""
        cut = self.versions[version]
        if any(item.id == item_id for item in cut.timeline.items):
            (cut.dropped.discard if wanted else cut.dropped.add)(item_id)

    def render(self, version: int) -> None:
        """Start to render a cut without what was dropped.

        Raises:
            PageError: something goes on already, or nothing is left.
        """
        if self.phase.busy:
            raise PageError("run.busy")
        cut = self.versions[version]
        kept = cut.kept
        if not any(isinstance(item, Clip) for item in kept.items):
            raise PageError("plan.empty")
        without = frozenset(cut.dropped)
        out = self.options.out
        options = replace(self.options, out=out / f"version-{version + 1}", versions=1)

        def work(job: Job) -> None:
            from pipelines import trailer

            result = trailer.render(kept, options, job)
            cut.result, cut.rendered_without = result.versions[0], without

        self._rendering = version
        self.run = self._runner.start(work)

    def _plan(self, job: Job) -> None:
        from pipelines import trailer
        from studio.media.render import estimate_render

        timelines = trailer.plan([info.path for info in self.footage], self.options, job)
        versions = []
        for n, timeline in enumerate(timelines):
            job.report("strip", n / len(timelines))
            pictures = trailer.thumbnails(timeline, THUMBNAIL_PX)
            ids = [clip.id for clip in timeline.clips]
            cost = estimate_render(timeline, job.settings)
            versions.append(Version(timeline, cost, dict(zip(ids, pictures, strict=True))))
        self.versions = tuple(versions)


class Works:
    """The works of this server, the newest kept.

    Args:
        runner: does the work.
        results_dir: each work gets a folder in it.
    """

    def __init__(self, runner: Runner, results_dir: Path) -> None:
        self._runner = runner
        self._results_dir = results_dir
        self._works: OrderedDict[str, Work] = OrderedDict()

    def begin(
        self, footage: Sequence[MediaInfo], music: Sequence[MediaInfo], options: Options
    ) -> Work:
        """Start to plan a trailer; ``options.out`` is replaced by a fresh folder.

        Raises:
            PageError: there is no footage, or too many runs wait.
        """
        if not footage:
            raise PageError("footage.none")
        stem = re.sub(r"[^\w\- ]", "_", footage[0].path.stem).strip()[:40] or "trailer"
        stamp = time.strftime("%Y-%m-%d %H%M%S")
        out = self._results_dir / f"{stamp} {stem} {secrets.token_hex(2)}"
        work = Work(footage, music, replace(options, out=out), self._runner)
        self._works[work.id] = work
        ended = [w.id for w in self._works.values() if not w.phase.busy]
        for work_id in ended[: max(0, len(self._works) - _KEPT)]:
            del self._works[work_id]
        return work

    def get(self, work_id: object) -> Work | None:
        """The work of that id, if this server knows it."""
        return self._works.get(work_id) if isinstance(work_id, str) else None
