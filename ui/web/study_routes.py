"""Routes of what is understood of footage: pictures of answers and faces, references of known
people, and the page of a report, shown in a frame that runs nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from studio.errors import StudioError
from studio.settings import Settings
from ui.web.guard import current_user
from ui.web.makings import Makings
from ui.web.study_works import ReportWork, StudyWork

_KEPT = {"cache-control": "private, max-age=86400"}
#: Folders and names that acts write pictures by.
_PICTURE = re.compile(r"(?:[a-z]+-\d{1,9}/)?(?:pictures/)?[^/\\]{1,160}\.jpg")


@dataclass(frozen=True)
class StudyRoutes:
    """Routes below ``/studio``.

    Attributes:
        works: know what was made.
        settings: where known people are kept.
    """

    works: Makings
    settings: Settings

    def table(self) -> list[BaseRoute]:
        """For the application."""
        return [
            Route("/studio/makings/{work}/stills/{name:path}", self.still),
            Route("/studio/makings/{work}/page/report.html", self.page),
            Route("/studio/makings/{work}/page/{name:path}", self.beside),
            Route("/studio/known/{name}/{number:int}", self.known),
        ]

    async def still(self, request: Request) -> Response:
        """A picture that an act drew."""
        work = self._work(request)
        name = request.path_params["name"]
        if work is None or not _PICTURE.fullmatch(name):
            return _no_such()
        for top in (work.page_dir, work.out):
            path = top / name
            if path.is_file() and path.resolve().is_relative_to(top.resolve()):
                return FileResponse(path, media_type="image/jpeg", headers=_KEPT)
        return _no_such()

    async def page(self, request: Request) -> Response:
        """The page of a report. The frame it is shown in runs no script, and the guard lets this
        path alone be framed."""
        work = self._work(request)
        path = work.out / "report.html" if isinstance(work, ReportWork) else None
        if path is None or not path.is_file():
            return _no_such()
        text = await run_in_threadpool(path.read_text, "utf-8")
        return HTMLResponse(text, headers={"cache-control": "private, no-cache"})

    async def beside(self, request: Request) -> Response:
        """A picture of that page."""
        work = self._work(request)
        name = request.path_params["name"]
        if not isinstance(work, ReportWork) or not _PICTURE.fullmatch(name):
            return _no_such()
        path: Path = work.out / name
        if not path.is_file() or not path.resolve().is_relative_to(work.out.resolve()):
            return _no_such()
        return FileResponse(path, media_type="image/jpeg", headers=_KEPT)

    async def known(self, request: Request) -> Response:
        """A reference picture of somebody in the gallery."""
        asked = request.path_params
        jpeg = await run_in_threadpool(_chip, self.settings, asked["name"], asked["number"])
        if not jpeg:
            return _no_such()
        headers = {"cache-control": "private, no-cache"}
        return Response(jpeg, media_type="image/jpeg", headers=headers)

    def _work(self, request: Request) -> StudyWork | None:
        """The work that an address names, if it is of whoever asks."""
        work = self.works.open_for(request.path_params["work"], current_user(request))
        return work if isinstance(work, StudyWork) else None


def _chip(settings: Settings, name: str, number: int) -> bytes:
    from pipelines.people.options import GALLERY
    from studio.archive.gallery import Gallery
    from studio.media.image_io import jpeg_bytes

    try:
        faces = Gallery.open(settings.data_dir / GALLERY).references(name)
    except StudioError:
        return b""
    return jpeg_bytes(faces[number].chip) if number < len(faces) else b""


def _no_such() -> Response:
    return PlainTextResponse("Not found.", status_code=404)
