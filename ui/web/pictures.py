"""Routes of pictures and films that no other work has: single frames of a cut, and what the library
shows. Each is answered to its owner alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from studio.errors import StudioError
from studio.jobs.frame_drawing import FrameDrawing
from studio.types.timeline import Clip
from ui.web.guard import current_user
from ui.web.routes import served
from ui.web.shelf import Shelf
from ui.web.works import THUMBNAIL_PX, Work, Works

_KEPT = {"cache-control": "private, max-age=86400"}


@dataclass(frozen=True)
class Pictures:
    """Routes below ``/studio``.

    Attributes:
        works: trailers in the making.
        shelf: the library.
        drawing: draws frames, in processes that are locked in.
    """

    works: Works
    shelf: Shelf
    drawing: FrameDrawing

    def table(self) -> list[BaseRoute]:
        """For the application."""
        return [
            Route("/studio/works/{work}/{version:int}/frames/{item}/{edge}", self.frame),
            Route("/studio/works/{work}/{version:int}/source/{item}", self.source),
            Route("/studio/library/{footage}/{kind}", self.footage),
        ]

    async def frame(self, request: Request) -> Response:
        """The first (``head``) or last (``tail``) picture of a clip as it stands now; what is
        asked for behind the ``?`` only tells one state from another."""
        asked = request.path_params
        work = self.works.open_for(asked["work"], current_user(request))
        if work is None or asked["version"] >= len(work.versions):
            return _no_such()
        try:
            jpeg = await run_in_threadpool(
                self._edge, work, asked["version"], asked["item"], asked["edge"]
            )
        except StudioError:
            return _no_such()
        return Response(jpeg, media_type="image/jpeg", headers=_KEPT) if jpeg else _no_such()

    async def source(self, request: Request) -> Response:
        """The footage that a clip is taken from, as browsers play it; with ranges. Where that has
        to be made first, it is asked for, and is not there yet."""
        asked = request.path_params
        work = self.works.open_for(asked["work"], current_user(request))
        if work is None or asked["version"] >= len(work.versions):
            return _no_such()
        version = work.versions[asked["version"]]
        item = next((i for i in version.items if i.id == asked["item"]), None)
        if not isinstance(item, Clip):
            return _no_such()
        digest = version.timeline.source(item.source).content_hash
        info = next((each for each in work.footage if each.content_hash == digest), None)
        if info is None:
            return _no_such()
        path = self.shelf.playable(info)
        if path is None:
            await run_in_threadpool(self.shelf.prepare, [info], work.owner)
        return served(request, path)

    async def footage(self, request: Request) -> Response:
        """``poster``, ``strip`` or ``proxy`` of a piece of footage."""
        asked = request.path_params
        try:
            info = self.shelf.library.get(asked["footage"], current_user(request)).info
        except StudioError:
            return _no_such()
        path: Path | None = self.shelf.file(info, asked["kind"])
        if path is None:
            return _no_such()
        kind = "video/mp4" if path.suffix == ".mp4" else "image/jpeg"
        return FileResponse(path, media_type=kind, headers=_KEPT)

    def _edge(self, work: Work, number: int, item_id: str, edge: str) -> bytes:
        version = work.versions[number]
        item = next((i for i in version.items if i.id == item_id), None)
        if not isinstance(item, Clip) or edge not in ("head", "tail"):
            return b""
        frame, at = (
            (item.start_frame, 0) if edge == "head" else (item.end_frame - 1, item.frames - 1)
        )
        return self.drawing.jpeg(work.owner, version.timeline, item, frame, at, THUMBNAIL_PX)


def _no_such() -> Response:
    return PlainTextResponse("Not found.", status_code=404)
