"""Our own routes: uploads in; thumbnails, previews and results out.

A work's pictures and files are read by its owner alone; to everybody else they are not there.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from studio.accounts.role import Role
from studio.errors import NoRoom, StudioError
from studio.media.sniff import FileKind
from ui.web.guard import current_user, require
from ui.web.makings import Makings
from ui.web.messages import PageError, Say, preferred_language
from ui.web.subtitle_works import SubtitleWorks
from ui.web.uploads import Uploads
from ui.web.works import Version, Works

_LOG = logging.getLogger(__name__)
#: What a result is to a browser; XML and JSON are never run or rendered by it.
_TYPES = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm",
    ".wav": "audio/wav", ".mp3": "audio/mpeg", ".flac": "audio/flac", ".ogg": "audio/ogg",
    ".m4a": "audio/mp4", ".png": "image/png", ".jpg": "image/jpeg",
}  # fmt: skip


@dataclass(frozen=True)
class Routes:
    """Routes below ``/studio``.

    Attributes:
        uploads: takes files.
        works: know the results.
        subtitles: know theirs.
        makings: know theirs.
    """

    uploads: Uploads
    works: Works
    subtitles: SubtitleWorks
    makings: Makings

    def table(self) -> list[BaseRoute]:
        """For the application."""
        return [
            Route("/studio/uploads", self.upload, methods=["PUT"]),
            Route("/studio/works/{work}/{version:int}/thumbnails/{clip}", self.thumbnail),
            Route("/studio/works/{work}/{version:int}/files/{kind}", self.file),
            Route("/studio/subtitles/{work}/media", self.recording),
            Route("/studio/subtitles/{work}/files/{kind}", self.subtitle_file),
            Route("/studio/makings/{work}/cards/{name}", self.card),
            Route("/studio/makings/{work}/files/{kind}", self.made),
            Route("/studio/makings/{work}/{side}", self.compared),
        ]

    async def upload(self, request: Request) -> Response:
        """Take a file: its name in ``X-File-Name`` (percent-encoded), its bytes as the body, and
        in ``X-File-Kind`` what it is sent as, if it is no media: ``picture`` or ``text``.

        A header of our own makes browsers ask before another site may send this.
        """
        user = require(request, Role.EDITOR)
        name = unquote(request.headers.get("x-file-name", ""))
        kind = request.headers.get("x-file-kind", FileKind.MEDIA)
        announced = request.headers.get("content-length", "")
        if not name or not announced.isdecimal() or kind not in list(FileKind):
            return _refused(request, PageError("upload.broken", status=411))
        try:
            upload = await self.uploads.take(
                name, int(announced), _body(request), user, FileKind(kind)
            )
        except StudioError as exc:
            return _refused(request, exc)
        except ClientDisconnect:
            return _refused(request, PageError("upload.broken", status=400))
        return JSONResponse({"token": upload.token})

    async def thumbnail(self, request: Request) -> Response:
        """The picture of a clip."""
        version = self._version(request)
        picture = version.thumbnails.get(request.path_params["clip"]) if version else None
        if picture is None:
            return _no_such()
        kind = "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
        headers = {"cache-control": "private, max-age=86400"}
        return Response(picture, media_type=kind, headers=headers)

    async def file(self, request: Request) -> Response:
        """A result; with ranges, so that the preview can be scrubbed. ``?download`` saves it."""
        version = self._version(request)
        result = version.result if version else None
        path = result.files.get(request.path_params["kind"]) if result else None
        return served(request, path)

    async def recording(self, request: Request) -> Response:
        """What is subtitled, as browsers play it; with ranges."""
        work = _of(self.subtitles, request)
        return served(request, work.media if work else None)

    async def subtitle_file(self, request: Request) -> Response:
        """Subtitles that were written, or the film with them. ``?download`` saves it."""
        work = _of(self.subtitles, request)
        return served(request, work.files.get(request.path_params["kind"]) if work else None)

    async def card(self, request: Request) -> Response:
        """A picture to choose by."""
        work = _of(self.makings, request)
        name = request.path_params["name"]
        cards = work.cards if work else ()
        return _picture(next((card.jpeg for card in cards if card.name == name), b""))

    async def compared(self, request: Request) -> Response:
        """One picture, ``before`` or ``after``."""
        work = _of(self.makings, request)
        side = request.path_params["side"]
        if work is None or side not in ("before", "after"):
            return _no_such()
        return _picture(work.before if side == "before" else work.after)

    async def made(self, request: Request) -> Response:
        """A film made anew, or what lies beside it. ``?download`` saves it."""
        work = _of(self.makings, request)
        made = work.made if work else None
        return served(request, made.files.get(request.path_params["kind"]) if made else None)

    def _version(self, request: Request) -> Version | None:
        work = _of(self.works, request)
        number: int = request.path_params["version"]
        if work is None or number >= len(work.versions):
            return None
        return work.versions[number]


def _of(works: Any, request: Request) -> Any:
    """The work that an address names, if it is of whoever asks."""
    return works.open_for(request.path_params["work"], current_user(request))


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        yield chunk


def _picture(jpeg: bytes) -> Response:
    if not jpeg:
        return _no_such()
    headers = {"cache-control": "private, max-age=86400"}
    return Response(jpeg, media_type="image/jpeg", headers=headers)


def served(request: Request, path: Path | None) -> Response:
    """A file, with ranges; ``?download`` saves it. Whoever calls has checked whose it is."""
    if path is None or not path.is_file():
        return _no_such()
    kind = "attachment" if "download" in request.query_params else "inline"
    return FileResponse(
        path,
        media_type=_TYPES.get(path.suffix.lower(), "application/octet-stream"),
        filename=path.name,
        content_disposition_type=kind,
        headers={"cache-control": "private, no-cache"},
    )


def _no_such() -> Response:
    return PlainTextResponse("Not found.", status_code=404)


def _refused(request: Request, error: StudioError) -> JSONResponse:
    _LOG.info("An upload was refused: %s", error.message)
    message, hint, status = error.message, error.hint, 413 if isinstance(error, NoRoom) else 422
    if isinstance(error, PageError):
        language = preferred_language(
            request.cookies.get("studio_language"), request.headers.get("accept-language", "")
        )
        message, hint = error.told(Say(language))
        status = error.status
    return JSONResponse({"error": message, "hint": hint}, status_code=status)
