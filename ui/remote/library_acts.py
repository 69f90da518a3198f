"""The library, what was made of it, and what can be searched, from afar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.accounts.role import Role, User
from studio.archive.work_rows import forget_work, work_of, works_of
from studio.errors import RequestError, UnknownJob
from ui.remote.asking import Asking
from ui.remote.calls import error_of, indexed, require_role, told
from ui.web.uploads import kept_upload

if TYPE_CHECKING:
    from studio.archive.library import Footage, Project
    from studio.archive.work_rows import WorkRow


class LibraryActs(Asking):
    """See :mod:`ui.remote.acts`."""

    # The library

    def list_footage(self, user: User, project: str = "", text: str = "") -> dict[str, Any]:
        """Footage of your library, newest first; each can be named as footage:ID.

        Args:
            project: id of a project; all footage where empty.
            text: only what has these words in its path.
        """
        found = self._shelf.library.footage(user.name, project, text)
        return {"footage": [_footage(each) for each in found]}

    def add_footage(self, user: User, sources: list[str], project: str = "") -> dict[str, Any]:
        """Take files into your library, by reference; what is no footage is refused one by one.

        Args:
            sources: files.
            project: id of a project that they belong to; none where empty.
        """
        require_role(user, Role.EDITOR)
        paths = [self._lasting(user, source) for source in sources]
        added, refused = self._shelf.add(paths, user.name, project)
        return {
            "added": [_footage(each) for each in added],
            "refused": [{"name": r.path.name, **error_of(r.error)} for r in refused],
        }

    def remove_footage(self, user: User, footage: str, project: str = "") -> dict[str, Any]:
        """Forget a piece of footage, or take it out of a project; the file stays.

        Args:
            footage: its id.
            project: id of the project it is taken out of; out of the library where empty.
        """
        require_role(user, Role.EDITOR)
        self._shelf.library.remove(footage, user.name, project)
        return {"removed": footage}

    def find_moved_footage(self, user: User) -> dict[str, Any]:
        """Look for footage that is not where it was, below the media roots, for up to 20 s."""
        from studio.jobs.probing import examine_named

        require_role(user, Role.EDITOR)
        found = self._shelf.library.find_again(
            self.calls.roots.folders, self.calls.settings, user.name, look=examine_named
        )
        return {"found": [_footage(each) for each in found]}

    def list_projects(self, user: User) -> dict[str, Any]:
        """Your projects, the one opened last first."""
        return {"projects": [_project(each) for each in self._shelf.library.projects(user.name)]}

    def new_project(self, user: User, name: str) -> dict[str, Any]:
        """Make a project, in a folder of its own among your results.

        Args:
            name: what it is called.
        """
        require_role(user, Role.EDITOR)
        top = self.calls.results_dir / user.name / "projects"
        return _project(self._shelf.library.new_project_below(top, name, user.name))

    def list_results(
        self, user: User, project: str = "", kind: str = "", limit: int = 50
    ) -> dict[str, Any]:
        """What you made on the page, newest first, with its job (its files: job_result) and the
        settings it was made with.

        Args:
            project: id of a project; all where empty.
            kind: trailer, subtitles, looks, filters, avatar, generate, anchor, search, people …;
                all where empty.
            limit: at most so many.
        """
        library = self._shelf.library
        rows = works_of(library, user.name, kind, min(max(limit, 1), 200))
        shown = [row for row in rows if not project or row.project == project]
        return {"results": [self._result(row, user) for row in shown]}

    def forget_result(self, user: User, result: str) -> dict[str, Any]:
        """Take something you made on the page out of the gallery; its files stay.

        Args:
            result: its id.
        """
        require_role(user, Role.EDITOR)
        row = work_of(self._shelf.library, result)
        if row is None or row.owner != user.name:
            raise RequestError("There is no such result.", "See: list_results")
        forget_work(self._shelf.library, result)
        return {"forgotten": result}

    # Search

    def list_searchable(self, user: User) -> dict[str, Any]:
        """What submit_search and submit_recommend look through, and its collections."""
        media = indexed(self._index(user))
        collections = sorted({name for each in media for name in each.collections})
        rows = [{"name": each.name, "content_hash": each.content_hash} for each in media]
        return {"footage": rows, "collections": collections}

    def make_searchable(
        self,
        user: User,
        sources: list[str],
        collection: str = "",
        language: str = "auto",
        people: bool = True,
        texts: bool = False,
    ) -> dict[str, Any]:
        """Queue a job that takes footage into your search index. Answers with the job.

        Args:
            sources: files.
            collection: to put them into as well; none where empty.
            language: of the speech, ISO 639-1, or auto.
            people: whether people are told by the gallery, too.
            texts: whether text in the picture is read.
        """
        from pipelines.search.options import IndexOptions
        from studio.codec import to_json

        index = self._index(user)
        options = IndexOptions(
            collection=collection, language=language, index=index, people=people, texts=texts,
            owner=user.name,
        )  # fmt: skip
        asked = {"options": to_json(options)}
        return self._queued(user, "search.add", asked, sources, writes=[index])

    # Jobs

    def move_job(self, user: User, job: str, ahead: int = 0) -> dict[str, Any]:
        """Put a queued job elsewhere among your own of its class.

        Args:
            job: its id, the beginning of it, or its number.
            ahead: how many of them go before it.
        """
        require_role(user, Role.EDITOR)
        found = self.calls.own(user, job)
        return told(self.calls.queue.move(found.id, ahead, user.name or None))

    # What they share

    def _lasting(self, user: User, source: str) -> Path:
        """A file that stays: an upload is deleted some day, and is kept aside for the library."""
        if source.startswith("upload:") and self.calls.uploads is not None:
            upload = self.calls.uploads.get(source.removeprefix("upload:"), user.name)
            if upload is not None and upload.info is not None:
                return kept_upload(upload, self.calls.settings)
        return self.calls.path(user, source, [])

    def _result(self, row: WorkRow, user: User) -> dict[str, Any]:
        said: dict[str, Any] = {
            "result": row.id, "kind": row.kind, "title": row.title, "project": row.project,
            "made_at": row.made_at, "changed_at": row.changed_at, "job": "", "state": "",
            "settings": {},
        }  # fmt: skip
        try:
            job = self.calls.own(user, str(row.state.get("job", "")))
        except UnknownJob:
            return said  # the queue has forgotten it
        settings = {name: value for name, value in job.request.options.items() if name != "out"}
        return said | {"job": job.id, "state": job.state.value, "settings": settings}


def _footage(each: Footage) -> dict[str, Any]:
    info = each.info
    return {
        "footage": each.id,
        "source": f"footage:{each.id}",
        "name": info.path.name,
        "duration_s": float(info.duration),
        "display_wh": list(info.video.display_wh) if info.video is not None else None,
        "sound": info.audio is not None,
        "present": each.present,
        "content_hash": info.content_hash,
        "added_at": each.added_at,
    }


def _project(each: Project) -> dict[str, Any]:
    return {"project": each.id, "name": each.name, "opened_at": each.opened_at}
