"""The library behind the page: what comes in gets a poster, a strip and a proxy, each as a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.desk import Options as Act
from studio import settings_file
from studio.archive.library import Footage, Library
from studio.archive.media_folders import MEDIA_SUFFIXES, media_in
from studio.errors import StudioError
from studio.jobs.probing import examine_media
from studio.settings import Settings
from studio.types.media import MediaInfo
from ui.web.desk import Asked, Desk

#: A film of no more lines, that browsers play as it is, needs no proxy.
_LIGHT_LINES = 1080
#: Posters of so many files are drawn at once, before long work.
_FEW = 6


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
    _asked: set[tuple[str, str]] = field(default_factory=set, init=False)

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
        files: list[Path] = []
        for path in paths:
            files += media_in(path, MEDIA_SUFFIXES) if path.is_dir() else [path]
        added, refused = [], []
        for path, info in zip(files, self._looked_at(files), strict=True):
            if isinstance(info, StudioError):
                refused.append(Refused(path, info))
            else:
                added.append(self.library.add(info, owner, project))
        self.prepare([each.info for each in added], owner)
        return added, refused

    def _looked_at(self, files: Sequence[Path]) -> list[MediaInfo | StudioError]:
        """What each is. Of the page in a process of its own, locked in: a file that breaks a
        decoder breaks that; at the terminal in this one."""
        paths = [path.absolute() for path in files]
        if self.desk is not None:
            return examine_media(paths, self.settings)
        from studio.media.probe import probe

        found: list[MediaInfo | StudioError] = []
        for path in paths:
            try:
                found.append(probe(path, self.settings))
            except StudioError as exc:
                found.append(exc)
        return found

    def prepare(self, infos: Sequence[MediaInfo], owner: str = "") -> None:
        """Have posters and strips drawn now, and proxies made when there is time for it, where they
        are wanted and not there; what was asked for once is not asked for again.

        All posters are one job, and of many files none that somebody waits for: previews go first.
        """
        from studio.errors import Busy, NotAllowed

        films = [info for info in infos if info.video is not None]
        bare = [info for info in films if self.file(info, "strip") is None]
        heavy = [info for info in films if self.playable(info) is None]
        wanted = [("library.look", bare)] if bare else []
        if settings_file.now("proxies"):
            wanted += [("library.proxy", [info]) for info in heavy]
        for act, some in wanted:
            new = [info for info in some if (act, info.content_hash) not in self._asked]
            if self.desk is None or not new:
                continue
            asked = Asked(
                "desk",
                Act(act, self.settings.cache_dir / "library"),
                tuple(info.path for info in new),
            )
            soon = act == "library.look" and len(new) <= _FEW
            try:
                self.desk.submit(asked, owner, waited_for=soon)
            except (Busy, NotAllowed):
                return  # they are asked for again when the library is looked at
            self._asked.update((act, info.content_hash) for info in new)

    def playable(self, info: MediaInfo) -> Path | None:
        """What a browser may play of a film: itself where it is light, else its proxy, where there
        is one: masters never go through a browser."""
        from studio.media.proxy import plays_as_it_is

        if info.video is None:
            return None
        if plays_as_it_is(info) and min(info.video.display_wh) <= _LIGHT_LINES:
            return info.path
        return self.file(info, "proxy")

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
