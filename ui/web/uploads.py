"""Files from the browser: streamed to disk, limited, and probed before anything else.

They come by a route of our own and not through the components of Gradio: its upload folder
can be read by every visitor, and an input that takes files also takes their paths.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from studio.settings import Settings
from ui.web.messages import PageError, Say

if TYPE_CHECKING:
    from studio.types.media import MediaInfo

#: Uploads are deleted when the studio starts and they are older than this.
KEPT_DAYS = 14
_BUFFER_BYTES = 1 << 20
_SPARE_BYTES = 256 << 20  # left free on the disk
_MAX_NAME = 100


@dataclass(frozen=True)
class Upload:
    """A file that arrived whole and is media.

    Attributes:
        token: names it towards the page; unguessable.
        path: where it lies.
        info: what the probe found.
    """

    token: str
    path: Path
    info: MediaInfo


class Uploads:
    """Takes files into a folder.

    Args:
        folder: of its own; made where absent.
        max_bytes: of one file.
        settings: limits of the probe.
    """

    def __init__(self, folder: Path, max_bytes: int, settings: Settings) -> None:
        self.folder = folder
        self.max_bytes = min(max_bytes, settings.max_file_bytes)
        self._settings = settings
        self._uploads: dict[str, Upload] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._sweep()

    def get(self, token: str) -> Upload | None:
        """The upload of that token."""
        return self._uploads.get(token)

    def check_room(self, size_bytes: int) -> None:
        """Refuse a file by its announced length, before its first byte.

        Raises:
            PageError: larger than the limit or than the room on the disk.
        """
        if size_bytes > self.max_bytes:
            limit = Say("en").size(self.max_bytes)
            raise PageError("upload.too_large", status=413, limit=limit)
        if size_bytes + _SPARE_BYTES > shutil.disk_usage(self.folder).free:
            need = Say("en").size(size_bytes)
            raise PageError("upload.no_room", status=413, need=need)

    async def take(self, name: str, size_bytes: int, chunks: AsyncIterator[bytes]) -> Upload:
        """Store and probe a file; nothing is left behind if that fails.

        Args:
            name: as the browser gave it; only its last part is used.
            size_bytes: announced length; more is refused, less is an error.
            chunks: the content.

        Raises:
            PageError: too large, or it broke off.
            MediaError: the probe refuses it.
        """
        self.check_room(size_bytes)
        token = secrets.token_urlsafe(16)
        folder = self.folder / token
        folder.mkdir(mode=0o700)
        path = folder / safe_name(name)
        try:
            await _write(path, size_bytes, chunks)
            from studio.media.probe import probe

            info = await run_in_threadpool(probe, path, self._settings)
        except BaseException:  # a closed connection cancels
            shutil.rmtree(folder, ignore_errors=True)
            raise
        upload = Upload(token, path, info)
        self._uploads[token] = upload
        return upload

    def _sweep(self) -> None:
        oldest = time.time() - KEPT_DAYS * 86400
        for folder in self.folder.iterdir():
            if folder.is_dir() and folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)


async def _write(path: Path, size_bytes: int, chunks: AsyncIterator[bytes]) -> None:
    got_bytes = 0
    buffer = bytearray()
    with path.open("xb") as file:
        async for chunk in chunks:
            got_bytes += len(chunk)
            if got_bytes > size_bytes:
                raise PageError("upload.broken", status=413)
            buffer += chunk
            if len(buffer) >= _BUFFER_BYTES:
                await run_in_threadpool(file.write, bytes(buffer))
                buffer.clear()
        await run_in_threadpool(file.write, bytes(buffer))
    if got_bytes < size_bytes:
        raise PageError("upload.broken")


def safe_name(name: str) -> str:
    """A file name that is one harmless name on every system; letters of any script stay."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(c if c.isalnum() or c in " ._-()[]" else "_" for c in last)
    stem, dot, suffix = kept.strip(" .-").rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    short = stem.encode()[: _MAX_NAME - 20].decode(errors="ignore").strip() or "upload"
    return f"{short}{dot}{suffix[:10]}"
