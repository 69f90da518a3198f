"""Known people and things, and the check of a report, from afar."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.accounts.role import Role, User
from studio.errors import RequestError
from studio.jobs.record import JobRecord
from ui.remote.asking import Asking
from ui.remote.calls import require_role

if TYPE_CHECKING:
    from studio.archive.gallery import Gallery
    from studio.settings import Settings


class StudyActs(Asking):
    """See :mod:`ui.remote.acts`."""

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

    # What they share

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
