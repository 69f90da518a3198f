"""One trailer from footage to files, as the page follows and edits it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pipelines.desk import Options as Act
from pipelines.trailer.arrange import Arrangement, all_items, arranged
from pipelines.trailer.beats import off_beat
from pipelines.trailer.options import Options
from studio.archive.work_rows import WorkRow
from studio.codec import from_json, to_json
from studio.jobs.record import JobResult, JobState
from studio.media.writer import write_beside
from studio.settings import Settings
from studio.types.media import FrameTimes, MediaInfo
from studio.types.timeline import Card, Clip, Source, Timeline
from ui.web.desk import Asked, Desk, DeskWork, DeskWorks
from ui.web.messages import PageError
from ui.web.subtitle_works import LONG_S

if TYPE_CHECKING:
    from studio.media.render import RenderEstimate

#: Height of the thumbnails: twice what is shown, for dense screens.
THUMBNAIL_PX = 216
_UNDO = 200

Change = Callable[[Timeline, Arrangement], Arrangement]


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


@dataclass(frozen=True)
class Rendered:
    """A version as it was rendered.

    Attributes:
        files: name to path.
        notes: what a user should know.
        arrangement: how the plan was arranged then.
    """

    files: dict[str, Path]
    notes: tuple[str, ...]
    arrangement: Arrangement


@dataclass(frozen=True)
class _Edits:
    """What of a version is written down."""

    arrangement: Arrangement
    past: tuple[Arrangement, ...]
    future: tuple[Arrangement, ...]
    result: Rendered | None


class Pictures(Mapping[str, bytes]):
    """Pictures by the id of their clip, read when they are asked for.

    Args:
        folder: they lie in.
        names: id to file.
    """

    def __init__(self, folder: Path, names: Mapping[str, str]) -> None:
        self._folder, self._names = folder, names

    def __getitem__(self, clip_id: str) -> bytes:
        try:
            return (self._folder / self._names[clip_id]).read_bytes()
        except OSError as exc:
            raise KeyError(clip_id) from exc

    def __iter__(self) -> Any:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass
class Version:
    """One cut of a work.

    Attributes:
        timeline: as planned.
        cost: what rendering all of it takes.
        thumbnails: clip id to a JPEG or PNG; of left-over shots too.
        beats: timeline frames on which the music's beats fall.
        arrangement: what the user decided.
        past, future: for undo and redo.
        result: the files, once rendered.
    """

    timeline: Timeline
    cost: RenderEstimate
    thumbnails: Mapping[str, bytes] = field(default_factory=dict)
    beats: tuple[int, ...] = ()
    arrangement: Arrangement = field(default_factory=Arrangement)
    past: tuple[Arrangement, ...] = ()
    future: tuple[Arrangement, ...] = ()
    result: Rendered | None = None

    @property
    def dropped(self) -> frozenset[str]:
        """Ids of the items the user does not want."""
        return frozenset(self.arrangement.dropped)

    @property
    def items(self) -> list[Clip | Card]:
        """All items in their order, the dropped ones too."""
        return all_items(self.timeline, self.arrangement, frame_times)

    @property
    def kept(self) -> Timeline:
        """The cut as it stands, without what the user dropped."""
        return arranged(self.timeline, self.arrangement, frame_times)

    @property
    def outdated(self) -> bool:
        """Whether the cut was changed since it was rendered."""
        return self.result is not None and self.result.arrangement != self.arrangement

    @property
    def off_beat(self) -> int:
        """How many more cuts fall beside the music's beats than the plan has."""
        planned, now = off_beat(self.timeline, self.beats), off_beat(self.kept, self.beats)
        return max(0, now - planned)

    def change(self, change: Change) -> None:
        """Apply an edit, if what comes of it can be rendered.

        Raises:
            RequestError: it cannot; nothing is changed.
        """
        from studio.media.timeline_io import check_timeline

        made = change(self.timeline, self.arrangement)
        if made == self.arrangement:
            return
        cut = arranged(self.timeline, made, frame_times)
        if cut.clips:
            check_timeline(cut, files=False)
        self.past = (*self.past[-_UNDO:], self.arrangement)
        self.future, self.arrangement = (), made

    def undo(self) -> None:
        """Take the last edit back."""
        if self.past:
            self.future = (*self.future, self.arrangement)
            *rest, self.arrangement = self.past
            self.past = tuple(rest)

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self.future:
            self.past = (*self.past, self.arrangement)
            *rest, self.arrangement = self.future
            self.future = tuple(rest)


@lru_cache(maxsize=32)
def _times(path: str, content_hash: str) -> FrameTimes:
    from studio.jobs.probing import examine_times

    return examine_times(Path(path), Settings())


def frame_times(source: Source) -> FrameTimes:
    """When each frame of a source is shown.

    Raises:
        MediaError: it cannot be read any more.
    """
    return _times(source.path, source.content_hash)


@dataclass(frozen=True)
class _State:
    """What of a work is written down; the plans lie in a file of their own."""

    footage: tuple[MediaInfo, ...]
    music: tuple[MediaInfo, ...]
    options: Options
    versions: Path | None
    edits: tuple[_Edits, ...]
    rendering: int | None
    rendering_as: Arrangement


class Work(DeskWork):
    """A trailer in the making. Made by :meth:`Works.begin`.

    Attributes:
        footage: what it is made of.
        music: what lies under it, one at most.
        options: what was asked for.
        versions: the cuts, once planned.
    """

    kind: ClassVar[str] = "trailer"
    options: Options

    def __init__(self, desk: Desk, row: WorkRow, out: Path) -> None:
        super().__init__(desk, row, out)
        self.footage: tuple[MediaInfo, ...] = ()
        self.music: tuple[MediaInfo, ...] = ()
        self.versions: tuple[Version, ...] = ()
        self._plans: Path | None = None
        self._rendering: int | None = None
        self._rendering_as = Arrangement()

    @property
    def phase(self) -> Phase:
        """What to show."""
        view = self.look()
        if not view.state.ended:
            return Phase(self.doing)
        if not self.versions:
            return Phase.STOPPED
        if view.state is JobState.DONE and self._rendering is not None:
            return Phase.RENDERED
        return Phase.PLANNED

    @property
    def results(self) -> dict[str, Path]:
        """Files of the version that was rendered last."""
        made = [version.result for version in self.versions if version.result is not None]
        return made[-1].files if made else {}

    def plan(self) -> None:
        """Start to plan."""
        wanted = {"options": to_json(self.options), "height_px": THUMBNAIL_PX}
        act = Act("trailer.plan", self.page_dir / "plan", wanted)
        short = sum(float(info.duration) for info in self.footage) <= LONG_S
        asked = Asked("desk", act, self._sources, self._under)
        self.start(Phase.PLANNING, asked, waited_for=short)

    def keep_item(self, version: int, item_id: str, wanted: bool) -> None:
        """Keep or drop one item of a cut; an unknown id changes nothing."""
        from pipelines.trailer.arrange import kept

        cut = self.versions[version]
        if any(item.id == item_id for item in cut.timeline.items):
            self.change(version, lambda plan, made: kept(plan, made, item_id, wanted))

    def change(self, version: int, change: Change) -> None:
        """Apply an edit to a cut and write it down.

        Raises:
            RequestError: it cannot be; nothing is changed.
        """
        with self.lock:
            self.versions[version].change(change)
            self.keep()

    def step(self, version: int, *, back: bool) -> None:
        """Take the last edit of a cut back, or do it again."""
        with self.lock:
            cut = self.versions[version]
            (cut.undo if back else cut.redo)()
            self.keep()

    def render(self, version: int) -> None:
        """Start to render a cut as it stands.

        Raises:
            PageError: something goes on already, or nothing is left.
        """
        if self.phase.busy:
            raise PageError("run.busy")
        with self.lock:
            cut = self.versions[version]
            plan = cut.kept
            if not plan.clips:
                raise PageError("plan.empty")
            out = self.out / f"version-{version + 1}"
            path = self.page_dir / f"version-{version + 1}.plan.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            with write_beside(path) as beside:
                beside.write_text(json.dumps(to_json(plan), ensure_ascii=False), encoding="utf-8")
            options = replace(self.options, out=out, versions=1, from_plan=path)
            self._rendering, self._rendering_as = version, cut.arrangement
            asked = Asked("trailer", options, self._sources, self._under)
            self.start(Phase.RENDERING, asked, waited_for=False)

    @property
    def _sources(self) -> tuple[Path, ...]:
        return tuple(info.path for info in self.footage)

    @property
    def _under(self) -> tuple[Path, ...]:
        return tuple(info.path for info in self.music)

    def settle(self, doing: str, result: JobResult) -> None:
        """Plans, or files."""
        files = {name: Path(path) for name, path in result.files.items()}
        if doing == Phase.PLANNING:
            self._plans = files["versions"]
            self.versions = _read_versions(self._plans)
        elif self._rendering is not None:
            cut = self.versions[self._rendering]
            cut.result = Rendered(files, result.notes, self._rendering_as)

    def plain(self) -> dict[str, Any]:
        """All but the plans and the run."""
        edits = tuple(_Edits(v.arrangement, v.past, v.future, v.result) for v in self.versions)
        state = _State(
            self.footage, self.music, self.options, self._plans, edits, self._rendering,
            self._rendering_as,
        )  # fmt: skip
        data: dict[str, Any] = to_json(state)
        return data

    def restore(self, plain: dict[str, Any]) -> None:
        """From what :meth:`plain` gave."""
        state = from_json(_State, plain)
        self.footage, self.music, self.options = state.footage, state.music, state.options
        self._plans, self._rendering = state.versions, state.rendering
        self._rendering_as = state.rendering_as
        if self._plans is not None:
            self.versions = _read_versions(self._plans)
            for version, edits in zip(self.versions, state.edits, strict=True):
                version.arrangement, version.result = edits.arrangement, edits.result
                version.past, version.future = edits.past, edits.future


def _read_versions(path: Path) -> tuple[Version, ...]:
    from studio.media.render import RenderEstimate

    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Version(
            from_json(Timeline, row["plan"]),
            from_json(RenderEstimate, row["cost"]),
            Pictures(path.parent, row["pictures"]),
            tuple(row["beats"]),
        )
        for row in rows
    )


class Works(DeskWorks[Work]):
    """Trailers in the making.

    Args:
        desk: queue and library.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Work, (Work.kind,))

    def begin(
        self,
        footage: Sequence[MediaInfo],
        music: Sequence[MediaInfo],
        options: Options,
        *,
        user: str = "",
        project: str = "",
    ) -> Work:
        """Start to plan a trailer; ``options.out`` is replaced by a fresh folder.

        Raises:
            PageError: there is no footage.
            Busy: too many jobs wait.
        """
        if not footage:
            raise PageError("footage.none")
        work = self.fresh(footage[0].path.stem, user, project, Work.kind)
        work.footage, work.music = tuple(footage), tuple(music)[:1]
        under = work.music[0].path if work.music else None
        work.options = replace(options, music=under, out=work.out)
        work.plan()
        return work
