"""The library behind the page: what comes in gets a poster, a strip and a proxy, each as a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.desk import Options as Act
from studio.archive.library import MEDIA_SUFFIXES, Footage, Library, media_in
from studio.errors import StudioError
from studio.settings import Settings
from studio.types.media import MediaInfo
from ui.web.desk import Asked, Desk


@dataclass(frozen=True)
class Refused:
    """A file that was not taken, and why."""

    path: Path
    error: StudioError


@dataclass(frozen=True)
class Shelf:
    """Takes footage in.

    Attributes:
        library: it goes into.
        desk: has the pictures made; None where nobody would look at them.
        settings: of the machine.
    """

    library: Library
    desk: Desk | None
    settings: Settings

    def add(
        self, paths: Sequence[Path], owner: str = "", project: str = ""
    ) -> tuple[list[Footage], list[Refused]]:
        """Take files, and all media of folders, by reference.

        Raises:
            LibraryUnavailable: the library cannot be written.
            NotAllowed: the owner only looks.
        """
        if self.desk is not None:
            self.desk.may_work(owner)
        from studio.media.probe import probe

        files: list[Path] = []
        for path in paths:
            files += media_in(path, MEDIA_SUFFIXES) if path.is_dir() else [path]
        added, refused = [], []
        for path in files:
            try:
                info = probe(path.absolute(), self.settings)
            except StudioError as exc:
                refused.append(Refused(path, exc))
                continue
            added.append(self.library.add(info, owner, project))
            self.prepare(info, owner)
        return added, refused

    def prepare(self, info: MediaInfo, owner: str = "") -> None:
        """Have the poster and the strip drawn now, and the proxy made when there is time for it,
        where they are wanted and not there."""
        from studio.errors import Busy, NotAllowed
        from studio.media.proxy import plays_as_it_is

        if self.desk is None or info.video is None:
            return
        try:
            if self.file(info, "strip") is None:
                act = Act("library.look", self.folder(info))
                self.desk.submit(Asked("desk", act, (info.path,)), owner, waited_for=True)
            light = plays_as_it_is(info) and min(info.video.display_wh) <= 1080
            if not light and self.file(info, "proxy") is None:
                act = Act("library.proxy", self.folder(info))
                self.desk.submit(Asked("desk", act, (info.path,)), owner, waited_for=False)
        except (Busy, NotAllowed):
            pass  # they are asked for again when the library is looked at

    def folder(self, info: MediaInfo) -> Path:
        """Where the pictures of a file lie."""
        return self.settings.cache_dir / "library" / info.content_hash[:40]

    def file(self, info: MediaInfo, kind: str) -> Path | None:
        """``poster``, ``strip`` or ``proxy`` of a file, where it is there."""
        from studio.media.proxy import proxy_path

        if kind == "proxy":
            path = proxy_path(self.settings, info.content_hash)
        elif kind in ("poster", "strip"):
            path = self.folder(info) / f"{kind}.jpg"
        else:
            return None
        return path if path.is_file() else None
