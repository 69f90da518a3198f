"""What the page does beside whole pipelines, for whoever asks from afar: the library and what was
made, what can be searched, who is known, and the check of a report.

Each act is a method with typed parameters and their meanings; ``ways.py`` offers it by its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.accounts.role import Role, User
from studio.archive.work_rows import forget_work, work_of, works_of
from studio.errors import RequestError, UnknownJob
from studio.jobs.confinement import index_of
from studio.jobs.record import JobRecord, Priority
from ui.remote.calls import Calls, error_of, indexed, require_role, told
from ui.web.uploads import kept_upload

if TYPE_CHECKING:
    from studio.archive.gallery import Gallery
    from studio.archive.library import Footage, Project, WorkRow
    from studio.settings import Settings
    from ui.web.shelf import Shelf

#: Acts that a program may ask for, by the names of the methods.
ACTS = (
    *("list_footage", "add_footage", "remove_footage", "find_moved_footage"),
    *("list_projects", "new_project", "list_results", "forget_result"),
    *("list_searchable", "make_searchable"),
    *("list_people", "remember_person", "rename_person", "join_people", "split_person"),
    *("forget_person", "see_people", "tell_appearances", "tell_voice"),
    *("list_things", "remember_thing", "forget_thing"),
    *("draw_sample", "judge_sample", "move_job"),
)


@dataclass(frozen=True)
class Acts:
    """The acts; every one takes who asks first, and is about what is theirs.

    Attributes:
        calls: put jobs into the queue.
    """

    calls: Calls

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

    # People

    def list_people(self, user: User) -> dict[str, Any]:
        """Who is known on this machine, with how many pictures."""
        del user  # the gallery is the machine's
        return _known(self._gallery())

    def remember_person(self, user: User, name: str, photos: list[str]) -> dict[str, Any]:
        """Queue a job that remembers somebody from photographs. Answers with the job.

        Args:
            name: who it is.
            photos: pictures that show this one face clearly.
        """
        reads: list[Path] = []
        require_role(user, Role.EDITOR)
        paths = [str(self.calls.path(user, photo, reads)) for photo in photos]
        if not paths:
            raise RequestError("There is no photograph.", "Name one at least.")
        return self._queued(user, "people.add", {"name": name, "photos": paths}, reads=reads)

    def rename_person(self, user: User, name: str, new: str) -> dict[str, Any]:
        """Give somebody known another name, in all footage too.

        Args:
            name: as it is.
            new: as it shall be.
        """
        from pipelines.people import gallery_edits

        require_role(user, Role.EDITOR)
        gallery = self._gallery()
        gallery_edits.rename(gallery, name, new)
        return _known(gallery)

    def join_people(self, user: User, name: str, into: str) -> dict[str, Any]:
        """Say that two who are known are one person, in all footage too.

        Args:
            name: of the one.
            into: the name that stays.
        """
        from pipelines.people import gallery_edits

        require_role(user, Role.EDITOR)
        gallery = self._gallery()
        gallery_edits.merge(gallery, name, into)
        return _known(gallery)

    def split_person(self, user: User, name: str, pictures: list[int], new: str) -> dict[str, Any]:
        """Say that some pictures of somebody known are somebody else's.

        Args:
            name: whose they are taken for.
            pictures: their numbers, from 0.
            new: whose they are.
        """
        require_role(user, Role.EDITOR)
        gallery = self._gallery()
        gallery.split(name, pictures, new)
        return _known(gallery)

    def forget_person(self, user: User, name: str) -> dict[str, Any]:
        """Forget somebody, in all footage too.

        Args:
            name: who.
        """
        from pipelines.people import gallery_edits

        require_role(user, Role.EDITOR)
        gallery = self._gallery()
        gallery_edits.remove(gallery, name)
        return _known(gallery)

    def see_people(self, user: User, source: str, voices: bool = False) -> dict[str, Any]:
        """Queue a job that says who is seen in a film, with a picture of each and the numbers of
        their appearances. To name and join them: submit_people. Answers with the job.

        Args:
            source: a film.
            voices: also who is heard, which takes much longer.
        """
        return self._queued(user, "people.look", {"voices": voices}, [source])

    def tell_appearances(
        self, user: User, source: str, appearances: list[int], name: str
    ) -> dict[str, Any]:
        """Queue a job that keeps that some appearances in a film are somebody's, whoever they were
        taken for. Answers with the job.

        Args:
            source: a film.
            appearances: numbers of tracks, as see_people has them.
            name: whose they are.
        """
        return self._queued(user, "people.look", {"apart": [appearances, name]}, [source])

    def tell_voice(self, user: User, source: str, voice: str, name: str) -> dict[str, Any]:
        """Queue a job that keeps whose a voice in a film is. Answers with the job.

        Args:
            source: a film.
            voice: its label, as see_people has it.
            name: whose it is.
        """
        asked = {"voices": True, "voice": [voice, name]}
        return self._queued(user, "people.look", asked, [source])

    # The check of a report

    def list_things(self, user: User) -> dict[str, Any]:
        """Things that submit_things looks for, with how many pictures each."""
        del user  # what is known is the machine's
        return _things_known(self.calls.settings)

    def remember_thing(self, user: User, name: str, photos: list[str]) -> dict[str, Any]:
        """Queue a job that remembers a thing from pictures, to be found again in footage.
        Answers with the job.

        Args:
            name: what it is called.
            photos: that show it and little else; of a plain thing before a plain ground.
        """
        reads: list[Path] = []
        require_role(user, Role.EDITOR)
        paths = [str(self.calls.path(user, photo, reads)) for photo in photos]
        if not paths:
            raise RequestError("There is no picture.", "Name one at least.")
        return self._queued(user, "things.add", {"name": name, "pictures": paths}, reads=reads)

    def forget_thing(self, user: User, name: str) -> dict[str, Any]:
        """Forget a thing and its pictures.

        Args:
            name: of the thing.
        """
        from pipelines.things.known import open_references

        require_role(user, Role.EDITOR)
        open_references(self.calls.settings, None).remove(name)
        return _things_known(self.calls.settings)

    def draw_sample(
        self, user: User, report: str, count: int = 50, seed: int = 0
    ) -> dict[str, Any]:
        """Queue a job that draws a random sample of a report's frames and shots to check by eye.
        Answers with the job.

        Args:
            report: the job that made the report: its id or number.
            count: how many of each.
            seed: that they are drawn by.
        """
        require_role(user, Role.EDITOR)
        made = self._own(user, report, "report")
        folder = _out(made)
        asked = {"report": str(folder), "sample": count, "seed": seed}
        films = [Path(path) for path in made.request.sources]
        return self._queued(user, "report.draw", asked, reads=[folder, *films])

    def judge_sample(
        self,
        user: User,
        sample: str,
        coder: str,
        marks: dict[str, list[int]] | None = None,
        labels: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Queue a job that counts how right a report is by what a person marked, and where several
        did, how much they agree. Answers with the job.

        Args:
            sample: the job of draw_sample: its id or number.
            coder: who looked.
            marks: number of a row of the check sheet to how many finds are wrong and how many are
                missing.
            labels: number of a row of the coding sheet to its word.
        """
        require_role(user, Role.EDITOR)
        if not marks and not labels:
            raise RequestError("Nothing was marked.", "Give marks or labels.")
        drawn = self._own(user, sample, "desk")
        if drawn.request.options.get("act") != "report.draw":
            raise RequestError(f"Job {drawn.number} drew no sample.", "See: draw_sample")
        report, folder = Path(drawn.request.options["asked"]["report"]), _out(drawn)
        asked = {
            "report": str(report), "sample": str(folder), "coder": coder,
            "marks": marks or {}, "labels": labels or {},
        }  # fmt: skip
        return self._queued(user, "report.judge", asked, reads=[report], writes=[folder])

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

    @property
    def _shelf(self) -> Shelf:
        if self.calls.shelf is None:
            raise RequestError("There is no library here.", "Ask where the page is served.")
        return self.calls.shelf

    def _lasting(self, user: User, source: str) -> Path:
        """A file that stays: an upload is deleted some day, and is kept aside for the library."""
        if source.startswith("upload:") and self.calls.uploads is not None:
            upload = self.calls.uploads.get(source.removeprefix("upload:"), user.name)
            if upload is not None and upload.info is not None:
                return kept_upload(upload, self.calls.settings)
        return self.calls.path(user, source, [])

    def _index(self, user: User) -> Path:
        folder = index_of(user.name, self.calls.settings)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _gallery(self) -> Gallery:
        from pipelines.people.options import GALLERY
        from studio.archive.gallery import Gallery

        return Gallery.open(self.calls.settings.data_dir / GALLERY)

    def _own(self, user: User, text: str, pipeline: str) -> JobRecord:
        found = self.calls.own(user, text)
        if found.request.pipeline != pipeline or found.result is None:
            raise RequestError(
                f"Job {found.number} is {found.request.pipeline}, {found.state}.",
                f"It takes a {pipeline} that is done.",
            )
        return found

    def _queued(
        self,
        user: User,
        act: str,
        asked: dict[str, Any],
        sources: Sequence[str] = (),
        *,
        reads: Iterable[Path] = (),
        writes: Iterable[Path] = (),
    ) -> dict[str, Any]:
        from pipelines.desk import Options

        return self.calls.queued(
            user, "desk", lambda out: Options(act, out, asked), sources, reads, writes,
            priority=Priority.BATCH if sources else Priority.INTERACTIVE,
        )  # fmt: skip

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


def _known(gallery: Gallery) -> dict[str, Any]:
    return {
        "people": [
            {"name": name, "pictures": len(gallery.references(name))} for name in gallery.names
        ]
    }


def _out(job: JobRecord) -> Path:
    return job.request.cwd / str(job.request.options["out"])


def _things_known(settings: Settings) -> dict[str, Any]:
    from pipelines.things.known import open_references

    known = open_references(settings, None)
    counts = Counter(reference.name for reference in known.all())
    return {"things": [{"name": name, "pictures": counts[name]} for name in known.names]}
