"""How a tab has work done: it hands it to the queue of jobs, and polls.

Nothing is done in the page's own process, so a closed tab, a crash and a restart lose nothing; the
job is the same that ``studio jobs list`` shows. A tab needs three things:

1. What is to be done, as an :class:`Asked`: a pipeline of ``pipelines/registry.py`` with its
   Options, or an act of ``pipelines/desk`` for what only a screen wants (a wall of cards, a
   picture before and after): write a function there and name it in ``ACTS``.
2. A kind of :class:`DeskWork`: what is being made, kept in the library row by row. It starts a
   run with ``self.start(DOING, asked, waited_for=…)``, takes over what a run made in
   ``settle(doing, result)``, and turns its state into plain values and back (``plain``,
   ``restore``). Whatever ``settle`` needs lies in the files of the result.
3. A :class:`DeskWorks` of that kind, which begins works and finds them again, and a timer in the
   tab that looks at ``work.view`` and ``work.phase`` a few times a second. ``work.phase`` calls
   :meth:`DeskWork.look`, and that calls ``settle`` once, when the job is done: also after a
   restart, and also where nobody was looking when it ended.

Whose a work is stands in ``work.owner``; ``works.open_for(id, user)`` answers for that user alone,
and is the only way in for an id that came from a browser.
"""

from __future__ import annotations

import dataclasses
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from studio.archive.library import Library
from studio.archive.work_rows import WorkRow, keep_work, work_of, works_of
from studio.codec import to_json
from studio.errors import JobError, StudioError, UnknownJob
from studio.jobs.queue import JobQueue
from studio.jobs.record import LOCAL, JobRecord, JobRequest, JobResult, JobState, Priority
from ui.web.runs import RunView, view_of

#: Records are read again after so many seconds: one page asks several times in one answer.
_FRESH_S = 0.15
_LIVE_WORKS = 200


@dataclass(frozen=True)
class Asked:
    """What is to be done.

    Attributes:
        pipeline: its name.
        options: its Options.
        sources: files it works on.
        beside: other files that it reads: music.
    """

    pipeline: str
    options: Any
    sources: tuple[Path, ...] = ()
    beside: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Desk:
    """The queue, the library, and where results go.

    Attributes:
        queue: of jobs.
        library: of footage, projects and works.
        results_dir: where works that belong to no project put their files.
        reads: what the work of an owner may read, beside its sources and results; it is locked
            in. Where None, it may read what the page may.
        may_work: raises where somebody's role does not reach to work.
        writes: folders of an owner's own that work may write to, beside its results.
        room: how many bytes an owner may still write, 0 for no limit; raises where none.
    """

    queue: JobQueue
    library: Library
    results_dir: Path
    reads: Callable[[str], Sequence[Path]] | None = None
    may_work: Callable[[str], None] = lambda _: None
    writes: Callable[[str], Sequence[Path]] = lambda _: ()
    room: Callable[[str], int] = lambda _: 0
    _seen: dict[str, tuple[float, JobRecord]] = field(default_factory=dict, init=False)

    def submit(
        self, asked: Asked, owner: str, *, waited_for: bool, into: Path | None = None
    ) -> JobRecord:
        """Put a piece of work into the queue.

        Args:
            asked: what.
            owner: whose; "" on a machine without accounts.
            waited_for: somebody sits before the screen: it goes before long work, into a process
                that is warm already.
            into: folder that it may write to, beside the one that its options name.

        Raises:
            Busy: as many wait as may.
            JobsUnavailable: it cannot be written down.
            NotAllowed: the owner only looks.
            NoRoom: the owner's disk quota is used up.
        """
        self.may_work(owner)
        most_bytes = self.room(owner)
        out = getattr(asked.options, "out", None)
        own = self.results_dir / owner if owner else self.results_dir
        reads = None
        if self.reads is not None:
            reads = (*self.reads(owner), own, *asked.beside, *_paths_in(asked.options))
        return self.queue.submit(
            JobRequest(
                pipeline=asked.pipeline,
                sources=tuple(str(path) for path in asked.sources),
                options=to_json(asked.options),
                owner=owner or LOCAL,
                priority=Priority.INTERACTIVE if waited_for else Priority.BATCH,
                cwd=self.results_dir,
                reads=None if reads is None else tuple(map(str, reads)),
                writes=tuple(
                    str(path) for path in (out, into, *self.writes(owner)) if path is not None
                ),
                most_bytes=most_bytes,
            )
        )

    def record(self, job_id: str) -> JobRecord | None:
        """A job as it stands; None where the queue has forgotten it."""
        now = time.monotonic()
        at, found = self._seen.get(job_id, (0.0, None))
        if found is not None and now - at < _FRESH_S:
            return found
        try:
            found = self.queue.get(job_id)
        except UnknownJob:
            return None
        if len(self._seen) > 500:
            self._seen.clear()
        self._seen[job_id] = (now, found)
        return found

    def cancel(self, job_id: str) -> None:
        """End a job: at once where it waits, at its next step where it works."""
        with suppress(JobError):  # it has ended by itself
            self.queue.cancel(job_id)
        self._seen.pop(job_id, None)

    def folder(self, title: str, owner: str, project: str) -> Path:
        """A fresh folder for a work's results; it is not made yet."""
        top = self.results_dir / owner if owner else self.results_dir
        if project:
            top = self.library.project(project, owner).folder / "results"
        stem = re.sub(r"[^\w\- ]", "_", title).strip()[:40] or "work"
        return top / f"{time.strftime('%Y-%m-%d %H%M%S')} {stem} {secrets.token_hex(2)}"


def _paths_in(value: Any) -> list[Path]:
    """The files and folders that options name; they were checked where they were taken."""
    if isinstance(value, Path):
        return [value]
    if dataclasses.is_dataclass(value):
        return [p for f in dataclasses.fields(value) for p in _paths_in(getattr(value, f.name))]
    if isinstance(value, tuple | list):
        return [p for each in value for p in _paths_in(each)]
    return []


class DeskWork:
    """Something in the making. Made by :class:`DeskWorks`.

    Attributes:
        id: unguessable; it is in the page's address.
        owner: whose.
        project: id, or "".
        title: for people.
        out: folder of its results.
        doing: what the last run is for.
    """

    kind: ClassVar[str]

    def __init__(self, desk: Desk, row: WorkRow, out: Path) -> None:
        self.id, self.owner, self.project = row.id, row.owner, row.project
        self.title, self.out = row.title, out
        self.doing = ""
        self.lock = threading.RLock()
        self._desk, self._row = desk, row
        self._job, self._settled = "", True

    # What each kind says for itself.

    def settle(self, doing: str, result: JobResult) -> None:
        """Take over what a run made."""
        raise NotImplementedError

    def plain(self) -> dict[str, Any]:
        """The state as plain values."""
        raise NotImplementedError

    def restore(self, plain: dict[str, Any]) -> None:
        """Take the state back; the inverse of :meth:`plain`."""
        raise NotImplementedError

    @property
    def changed_at(self) -> float:
        """When it was changed last, seconds since 1970."""
        return self._row.changed_at

    @property
    def results(self) -> dict[str, Path]:
        """Files of the last result, for the gallery."""
        return {}

    # Runs

    @property
    def page_dir(self) -> Path:
        """Where pictures lie that only the page shows."""
        return self.out / ".page" / self.id

    def start(self, doing: str, asked: Asked, *, waited_for: bool) -> None:
        """Hand a run to the queue.

        Raises:
            Busy: as many wait as may.
        """
        with self.lock:
            record = self._desk.submit(asked, self.owner, waited_for=waited_for, into=self.out)
            self._job = record.id
            self.doing, self._settled = doing, False
            self.keep()

    @property
    def view(self) -> RunView:
        """The last run as it stands."""
        return view_of(self._desk.record(self._job) if self._job else None)

    @property
    def run(self) -> RunView:
        """The same, by the name that says what it is about."""
        return self.view

    def look(self) -> RunView:
        """The last run; what it made is taken over, once."""
        view = self.view
        if view.state is JobState.DONE and not self._settled:
            with self.lock:
                if not self._settled:
                    record = self._desk.record(self._job)
                    if record is not None and record.result is not None:
                        self.settle(self.doing, record.result)
                    self._settled = True
                    self.keep()
        return view

    @property
    def error(self) -> StudioError | None:
        """What ended the last run."""
        return self.view.error

    @property
    def cancelled(self) -> bool:
        """Whether the user stopped the last run."""
        return self.view.state is JobState.CANCELLED

    def cancel(self) -> None:
        """Stop what goes on."""
        if self._job:
            self._desk.cancel(self._job)

    def keep(self) -> None:
        """Write the state down."""
        state = {
            "out": str(self.out),
            "job": self._job,
            "doing": self.doing,
            "settled": self._settled,
            "own": self.plain(),
        }
        self._row = WorkRow(
            self.id, self.owner, self.project, self.kind, self.title, state,
            self._row.made_at, time.time(),
        )  # fmt: skip
        keep_work(self._desk.library, self._row)

    def take_back(self) -> None:
        """Take the state of the row over."""
        state = self._row.state
        self._job, self.doing = state["job"], state["doing"]
        self._settled = state["settled"]
        self.restore(state["own"])


W = TypeVar("W", bound=DeskWork)


class DeskWorks(Generic[W]):
    """The works of one kind, or of several that one class makes.

    Args:
        desk: queue and library.
        make: makes an empty one of a row and a folder.
        kinds: of the rows that are its.
    """

    def __init__(
        self, desk: Desk, make: Callable[[Desk, WorkRow, Path], W], kinds: tuple[str, ...]
    ) -> None:
        self.desk = desk
        self._make, self._kinds = make, kinds
        self._live: OrderedDict[str, W] = OrderedDict()
        self._lock = threading.Lock()

    def fresh(self, title: str, owner: str, project: str, kind: str, out: Path | None = None) -> W:
        """An empty work that is not written down yet: its first ``start`` does that.

        Raises:
            RequestError: there is no such project.
        """
        now = time.time()
        row = WorkRow(secrets.token_urlsafe(16), owner, project, kind, title, {}, now, now)
        work = self._make(self.desk, row, out or self.desk.folder(title, owner, project))
        with self._lock:
            self._live[work.id] = work
            while len(self._live) > _LIVE_WORKS:  # the library has them all
                self._live.popitem(last=False)
        return work

    def get(self, work_id: object) -> W | None:
        """The work of an id that this server gave out."""
        if not isinstance(work_id, str) or not work_id:
            return None
        with self._lock:
            found = self._live.get(work_id)
            if found is not None:
                return found
        row = work_of(self.desk.library, work_id)
        return self._loaded(row) if row is not None and row.kind in self._kinds else None

    def open_for(self, work_id: object, user: str) -> W | None:
        """The work of an id that came from a browser, if it is the user's."""
        work = self.get(work_id)
        return work if work is not None and work.owner == user else None

    def all_of(self, user: str) -> list[W]:
        """A user's works, the one changed last first; those that cannot be read are left out."""
        rows = works_of(self.desk.library, user)
        found = (self.get(row.id) for row in rows if row.kind in self._kinds)
        return [work for work in found if work is not None]

    def _loaded(self, row: WorkRow) -> W | None:
        try:
            work = self._make(self.desk, row, Path(row.state["out"]))
            work.take_back()
        except (StudioError, OSError, KeyError, TypeError, ValueError):
            return None  # of an older studio, or its files are gone
        with self._lock:
            return self._live.setdefault(row.id, work)
