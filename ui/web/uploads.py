"""Files from the browser: streamed to disk, limited, and looked at before anything else.

Their content says what they are, before a decoder sees them; then a process of its own, locked
in, reads them (``studio/jobs/probing.py``). They come by a route of our own and not through the
components of Gradio: its upload folder can be read by every visitor, and an input that takes
files also takes their paths.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from studio.codec import from_json, to_json
from studio.errors import StudioError
from studio.jobs.probing import examine
from studio.media.sniff import FileKind
from studio.settings import Settings
from studio.types.media import MediaInfo
from ui.web.messages import PageError, Say

#: Uploads are deleted when the studio starts and they are older than this.
KEPT_DAYS = 14
_BUFFER_BYTES = 1 << 20
_SPARE_BYTES = 256 << 20  # left free on the disk
_MAX_NAME = 100
_MOST_REMEMBERED = 5000  # the others are read again from their folders
_FACTS = ".upload.json"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True)
class Upload:
    """A file that arrived whole and is what it was sent as.

    Attributes:
        token: names it towards the page; unguessable.
        path: where it lies.
        owner: who sent it; "" on a machine without accounts.
        kind: what it was sent as.
        info: what the probe found; None of a picture or text.
    """

    token: str
    path: Path
    owner: str
    kind: FileKind
    info: MediaInfo | None

    @property
    def media(self) -> MediaInfo:
        """What the probe found.

        Raises:
            PageError: it is a picture or a text.
        """
        if self.info is None:
            raise PageError("upload.broken")
        return self.info


class Uploads:
    """Takes files into a folder.

    Args:
        folder: of its own; made where absent.
        max_bytes: of one file.
        settings: limits of the probe.
        check_quota: raises where an owner may not keep so many bytes more.
    """

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        settings: Settings,
        check_quota: Callable[[str, int], object] = lambda _owner, _bytes: None,
    ) -> None:
        self.folder = folder
        self._check_quota = check_quota
        self.max_bytes = min(max_bytes, settings.max_file_bytes)
        self._settings = settings
        self._uploads: dict[str, Upload] = {}
        #: Token to whose it is and what of its announced length is not on the disk yet.
        self._coming: dict[str, tuple[str, int]] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._sweep()

    def get(self, token: str, owner: str = "") -> Upload | None:
        """The upload of that token, if it is the owner's; also one from before a restart."""
        upload = self._uploads.get(token)
        if upload is None and _TOKEN.fullmatch(token):
            upload = _kept(self.home(owner) / token)
            if upload is not None:
                self._uploads[token] = upload
        return upload if upload is not None and upload.owner == owner else None

    def home(self, owner: str) -> Path:
        """The folder of an owner's uploads; no other's are in it."""
        return home_of(self.folder, owner)

    def check_room(self, size_bytes: int) -> None:
        """Refuse a file by its announced length, before its first byte.

        Raises:
            PageError: larger than the limit or than the room on the disk.
        """
        if size_bytes > self.max_bytes:
            limit = Say("en").size(self.max_bytes)
            raise PageError("upload.too_large", status=413, limit=limit)
        coming = sum(left for _, left in self._coming.values())
        if size_bytes + coming + _SPARE_BYTES > shutil.disk_usage(self.folder).free:
            need = Say("en").size(size_bytes)
            raise PageError("upload.no_room", status=413, need=need)

    async def take(
        self,
        name: str,
        size_bytes: int,
        chunks: AsyncIterator[bytes],
        owner: str = "",
        kind: FileKind = FileKind.MEDIA,
    ) -> Upload:
        """Store and examine a file; nothing is left behind if that fails.

        Args:
            name: as the browser gave it; only its last part is used.
            size_bytes: announced length; more is refused, less is an error.
            chunks: the content.
            owner: who sends it.
            kind: what it has to be.

        Raises:
            PageError: too large, or it broke off.
            NoRoom: more than the owner's disk quota has left.
            MediaError: it is something else, or refused by the probe.
        """
        self.check_room(size_bytes)
        # Of several that are sent at once each counts whole from its beginning.
        token = secrets.token_urlsafe(16)
        before = sum(left for whose, left in self._coming.values() if whose == owner)
        self._coming[token] = owner, size_bytes
        try:
            await run_in_threadpool(self._check_quota, owner, before + size_bytes)
            return await self._taken(token, name, size_bytes, chunks, owner, kind)
        finally:
            del self._coming[token]

    async def _taken(
        self,
        token: str,
        name: str,
        size_bytes: int,
        chunks: AsyncIterator[bytes],
        owner: str,
        kind: FileKind,
    ) -> Upload:
        if len(self._uploads) >= _MOST_REMEMBERED:
            del self._uploads[next(iter(self._uploads))]
        folder = self.home(owner) / token
        folder.mkdir(mode=0o700, parents=True)
        path = folder / safe_name(name)
        try:
            await self._write(token, path, chunks)
            info = await run_in_threadpool(examine, path, self._settings, kind)
            upload = Upload(token, path, owner, kind, info)
            said = json.dumps(to_json(upload))
            (folder / _FACTS).write_text(said, encoding="utf-8")
        except BaseException:  # a closed connection cancels
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._uploads[token] = upload
        return upload

    async def _write(self, token: str, path: Path, chunks: AsyncIterator[bytes]) -> None:
        owner, left_bytes = self._coming[token]
        buffer = bytearray()
        with path.open("xb") as file:
            async for chunk in chunks:
                buffer += chunk
                if len(buffer) > left_bytes:
                    raise PageError("upload.broken", status=413)
                if len(buffer) >= _BUFFER_BYTES:
                    await run_in_threadpool(file.write, bytes(buffer))
                    left_bytes -= len(buffer)
                    self._coming[token] = owner, left_bytes
                    buffer.clear()
            await run_in_threadpool(file.write, bytes(buffer))
        if len(buffer) < left_bytes:
            raise PageError("upload.broken")

    def _sweep(self) -> None:
        oldest = time.time() - KEPT_DAYS * 86400
        for folder in self.folder.glob("*/*"):
            if folder.is_dir() and folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)


def kept_upload(upload: Upload, settings: Settings) -> Path:
    """An upload's file where it stays, for the library: other uploads are deleted some day."""
    folder = settings.data_dir / "footage" / secrets.token_hex(8)
    folder.mkdir(parents=True, mode=0o700)
    path = folder / upload.path.name
    try:
        path.hardlink_to(upload.path)
    except OSError:
        shutil.copyfile(upload.path, path)
    return path


def home_of(folder: Path, owner: str) -> Path:
    """The folder of an owner's uploads in the one of all."""
    # A name may have any letters; of what it is hashed to, folders can always be made.
    return folder / hashlib.sha256(owner.encode()).hexdigest()[:16]


def _kept(folder: Path) -> Upload | None:
    try:
        said = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        upload = from_json(Upload, said)
    except (OSError, ValueError, StudioError):
        return None
    return upload if upload.path.is_file() and upload.token == folder.name else None


def safe_name(name: str) -> str:
    """A file name that is one harmless name on every system; letters of any script stay."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(c if c.isalnum() or c in " ._-()[]" else "_" for c in last)
    stem, dot, suffix = kept.strip(" .-").rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    short = stem.encode()[: _MAX_NAME - 20].decode(errors="ignore").strip() or "upload"
    return f"{short}{dot}{suffix[:10]}"
