"""Jobs for whoever asks from afar: submit, plan, look, stop, take the result."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.accounts.role import Role, User
from studio.errors import NotAllowed, RequestError, StudioError, UnknownJob
from studio.jobs.queue import JobQueue
from studio.jobs.record import LOCAL, JobRecord, JobRequest, JobState, Priority
from studio.jobs.report import report_of
from studio.settings import Settings
from ui.web.roots import MediaRoots

if TYPE_CHECKING:
    from studio.archive.search_index import IndexedMedia
    from ui.web.shelf import Shelf
    from ui.web.uploads import Uploads

_LOG = logging.getLogger(__name__)
#: Options that are words of a person, in which a stroke is no path.
_WORDS = frozenset(("title", "end_card", "prompt", "negative", "who", "names"))
_UPLOAD, _RESULT, _FOOTAGE = "upload:", "job:", "footage:"


@dataclass(frozen=True)
class Calls:
    """What can be asked; every call takes who asks first.

    Attributes:
        queue: of jobs.
        roots: folders that footage may be named from.
        results_dir: each user has a folder in it.
        uploads: files that came by the page's route; None where there is none.
        index: folder of a user's own search index; None where the usual one is meant.
        room: how many bytes a user may still write, 0 for no limit; raises where none.
        shelf: the library; None where there is none to ask.
        settings: where what is kept lies.
    """

    queue: JobQueue
    roots: MediaRoots
    results_dir: Path
    uploads: Uploads | None = None
    index: Callable[[str], Path] | None = None
    room: Callable[[str], int] = lambda _: 0
    shelf: Shelf | None = None
    settings: Settings = field(default_factory=Settings)

    def submit(
        self, user: User, pipeline: str, sources: list[str], options: dict[str, Any], plan: bool
    ) -> dict[str, Any]:
        """Queue a job.

        Args:
            user: who asks.
            pipeline: its name.
            sources: paths below the media roots, ``footage:ID`` of the own library,
                ``upload:TOKEN``, or ``job:ID/FILE`` for what an own job made.
            options: fields of the pipeline's Options, as JSON; ``out`` is chosen here.
            plan: only say what would be done, which goes before long work.

        Raises:
            NotAllowed: a viewer asks.
            RequestError: a path is outside, or an option does not fit.
            Busy: as many jobs wait as may.
            NoRoom: the user's disk quota is used up.
        """
        require_role(user, Role.EDITOR)
        from pipelines.registry import find
        from studio.codec import from_json

        found = find(pipeline)
        reads: list[Path] = []
        given = {
            name: self._checked(user, name, value, reads)
            for name, value in options.items()
            if name != "out"
        }
        if given.get("approve_by"):
            raise NotAllowed(
                "A segment is approved by a person, not by a program.",
                "On the page, or: studio approve DIR --by NAME",
            )
        names, writes = {f.name for f in fields(found.options)}, []
        if "owner" in names:
            given["owner"] = user.name  # whoever asks, asks about what is theirs
        if self.index is not None and "index" in names:
            # What others made searchable is theirs.
            index = self.index(user.name)
            given["index"] = str(index)
            writes.append(index)
            reads += [media.path for media in indexed(index)]
        preview = bool(given.get("preview_s", 0))
        return self.queued(
            user,
            pipeline,
            lambda out: from_json(found.options, {**given, "out": str(out), "dry_run": plan}),
            sources,
            reads,
            writes,
            Priority.INTERACTIVE if plan or preview else Priority.BATCH,
        )

    def queued(
        self,
        user: User,
        pipeline: str,
        options: Callable[[Path], Any],
        sources: Sequence[str],
        reads: Iterable[Path] = (),
        writes: Iterable[Path] = (),
        priority: Priority = Priority.BATCH,
    ) -> dict[str, Any]:
        """Queue a job in a folder of its own.

        Args:
            user: who asks.
            pipeline: its name.
            options: makes its Options for the folder; they name what the user may open.
            sources: as of :meth:`submit`.
            reads: files and folders it reads beside the sources and the media roots.
            writes: folders it writes to beside its own.
            priority: of the job.

        Raises:
            StudioError: as :meth:`submit`.
        """
        require_role(user, Role.EDITOR)
        most_bytes = self.room(user.name)
        from studio.codec import to_json

        out = self._folder(user, pipeline)
        opened = [*reads]
        paths = [str(self.path(user, text, opened)) for text in sources]
        typed = options(out)
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        job = self.queue.submit(
            JobRequest(
                pipeline=pipeline,
                sources=tuple(paths),
                options=to_json(typed),
                owner=user.name or LOCAL,
                priority=priority,
                cwd=out,
                reads=tuple(str(path) for path in (*self.roots.folders, *opened)),
                writes=tuple(str(path) for path in (out, *writes)),
                most_bytes=most_bytes,
            )
        )
        about = {"user": user.name, "job": job.id, "pipeline": pipeline}
        _LOG.info("A job was asked for by a program", extra=about)
        return told(job)

    def job(self, user: User, job_id: str) -> dict[str, Any]:
        """How a job stands.

        Raises:
            UnknownJob: there is none, or it is another's.
        """
        return told(self.own(user, job_id))

    def jobs(self, user: User, state: str = "", limit: int = 50) -> dict[str, Any]:
        """The user's jobs, newest first.

        Raises:
            RequestError: there is no such state.
        """
        if state and state not in list(JobState):
            raise RequestError(
                f"No state is called {state!r}.", f"There are {', '.join(JobState)}."
            )
        wanted = (JobState(state),) if state else None
        found = self.queue.jobs(self._owner(user), wanted, min(max(limit, 1), 500))
        return {"jobs": [told(job) for job in found]}

    def act(self, user: User, job_id: str, act: str) -> dict[str, Any]:
        """``cancel``, ``pause``, ``resume`` or ``retry`` a job.

        Raises:
            NotAllowed: a viewer asks.
            UnknownJob: there is none, or it is another's.
            RequestError: its state does not let it.
        """
        require_role(user, Role.EDITOR)
        acts = {
            "cancel": self.queue.cancel,
            "pause": self.queue.pause,
            "resume": self.queue.resume,
            "retry": self.queue.retry,
        }
        return told(acts[act](self._own(user, job_id), self._owner(user)))

    def result(self, user: User, job_id: str) -> dict[str, Any]:
        """What a job made: files with the addresses they are fetched from, summary and notes.

        Raises:
            UnknownJob: there is none, or it is another's.
            RequestError: it is not done.
        """
        job = self.own(user, job_id)
        if job.result is None:
            raise RequestError(
                f"Job {job.number} is {job.state}.", "Ask again when its state is done."
            )
        files = {
            name: {"url": f"/studio/jobs/{job.id}/files/{name}", "name": Path(path).name}
            for name, path in job.result.files.items()
        }
        return {
            **told(job),
            "files": files,
            "summary": job.result.summary,
            "facts": job.result.facts,
        }

    def log(self, user: User, job_id: str) -> dict[str, Any]:
        """The lines of a job's log, oldest first.

        Raises:
            UnknownJob: there is none, or it is another's.
        """
        lines = self.queue.log(self._own(user, job_id), self._owner(user))
        return {"lines": [{"at": line.at, "text": line.text} for line in lines]}

    def report(self, user: User, job_id: str) -> dict[str, Any]:
        """All of a job in one object, to send with a bug; no secret is in it.

        Raises:
            UnknownJob: there is none, or it is another's.
        """
        return report_of(self.queue, self._own(user, job_id), self._owner(user))

    def result_file(self, user: User, job_id: str, name: str) -> Path:
        """A file that a job made.

        Raises:
            UnknownJob: there is none, or it is another's.
            RequestError: it made no such file, or the file is gone.
        """
        job = self.own(user, job_id)
        path = Path(job.result.files.get(name, "")) if job.result else Path()
        inside = self._top(user).resolve()
        # A link that was put there leads nowhere.
        if not path.is_file() or not path.resolve().is_relative_to(inside):
            raise RequestError(f"Job {job.number} made no {name!r}.", "See its result.")
        return path

    def own(self, user: User, text: str) -> JobRecord:
        """A job of the user's by its id, the beginning of it, or its number.

        Raises:
            UnknownJob: there is none, or it is another's.
        """
        return self.queue.get(self._own(user, text))

    def _own(self, user: User, text: str) -> str:
        # By its number or the beginning of its id, and only among the user's own.
        if not isinstance(text, str) or len(text) > 64:
            raise UnknownJob("No job is called that.", "Ask for jobs.")
        return self.queue.find(text, self._owner(user))

    @staticmethod
    def _owner(user: User) -> str | None:
        """Whose jobs a user sees: of a machine without accounts, all."""
        return user.name or None

    def _top(self, user: User) -> Path:
        return self.results_dir / user.name if user.name else self.results_dir

    def _folder(self, user: User, pipeline: str) -> Path:
        stamp = time.strftime("%Y-%m-%d %H%M%S")
        return self._top(user) / f"{stamp} {pipeline} {secrets.token_hex(3)}"

    def path(self, user: User, text: Any, reads: list[Path]) -> Path:
        """What a source names, if the user may open it.

        Args:
            user: who asks.
            text: as a source of :meth:`submit`.
            reads: takes what lies outside the media roots.

        Raises:
            StudioError: there is nothing of that name for this user.
        """
        if not isinstance(text, str) or not text.strip():
            raise RequestError("A path is empty.", "Name a file below the media roots.")
        if text.startswith(_UPLOAD):
            token = text.removeprefix(_UPLOAD)
            upload = self.uploads.get(token, user.name) if self.uploads is not None else None
            if upload is None or self.uploads is None:
                raise RequestError("There is no such upload.", "Upload the file again.")
            reads.append(upload.path)
            return upload.path
        if text.startswith(_RESULT):
            job_id, _, name = text.removeprefix(_RESULT).partition("/")
            path = self.result_file(user, job_id, name)
            reads.append(path)
            return path
        if text.startswith(_FOOTAGE) and self.shelf is not None:
            footage_id = text.removeprefix(_FOOTAGE)
            known = self.shelf.library.get(footage_id, user.name).info.path
            reads.append(known)
            return known
        return self.roots.resolve(text)

    def _checked(self, user: User, name: str, value: Any, reads: list[Path]) -> Any:
        """A value in which every path is one that may be opened."""
        if isinstance(value, dict):
            return {key: self._checked(user, name, each, reads) for key, each in value.items()}
        if isinstance(value, list):
            return [self._checked(user, name, each, reads) for each in value]
        if not isinstance(value, str) or name in _WORDS or _NUMBER.fullmatch(value):
            return value
        if value.startswith((_UPLOAD, _RESULT, _FOOTAGE)):
            return str(self.path(user, value, reads))
        parts = re.split(r"([=,;+])", value)
        return "".join(
            str(self.path(user, part, reads)) if _is_path(part) else part for part in parts
        )


_NUMBER = re.compile(r"-?\d+/\d+")


def _is_path(part: str) -> bool:
    return (
        "/" in part
        or "\\" in part
        or part.startswith(("~", _UPLOAD, _RESULT, _FOOTAGE))
        or ".." in part
    )


def require_role(user: User, role: Role) -> None:
    """Raises NotAllowed where a user's role does not reach so far."""
    if not user.role.may(role):
        raise NotAllowed(
            f"That takes the role {role}; {user.name} is {user.role}.",
            "Ask an admin of the studio.",
        )


def indexed(folder: Path) -> tuple[IndexedMedia, ...]:
    """What a search index looks through; nothing where there is none yet."""
    from studio.archive.search_index import SearchIndex

    if not (folder / "index.sqlite").is_file():
        return ()
    index = SearchIndex.open(folder / "index.sqlite")
    try:
        return index.media()
    finally:
        index.close()


def told(job: JobRecord) -> dict[str, Any]:
    """A job in the words of the API."""
    stage = job.progress.stages[-1] if job.progress.stages else None
    return {
        "job": job.id,
        "number": job.number,
        "pipeline": job.request.pipeline,
        "state": job.state.value,
        "ahead": job.ahead,
        "stage": stage.name if stage else "",
        "share": round(stage.share, 4) if stage else 0.0,
        "message": stage.message if stage else "",
        "left_s": job.progress.left_s,
        "submitted_at": job.submitted_at,
        "ended_at": job.ended_at,
        "ran_s": round(job.ran_s, 2),
        "notes": list(job.result.notes) if job.result else [],
        "error": _error(job),
    }


def _error(job: JobRecord) -> dict[str, str] | None:
    if job.error is None:
        return None
    return {"kind": job.error.kind, "message": job.error.message, "hint": job.error.hint}


def error_of(error: StudioError) -> dict[str, str]:
    """An error in the words of the API."""
    return {"kind": type(error).__name__, "message": error.message, "hint": error.hint}
