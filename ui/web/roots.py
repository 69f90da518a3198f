"""The folders whose footage the page may open, and nothing outside them."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from studio.errors import RequestError
from ui.web.messages import PageError

#: Endings that are offered in the list; what a file is decides the probe, not its name.
VIDEO_SUFFIXES = frozenset(
    (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mxf", ".mts", ".m2ts", ".ts", ".mpg")
)


class MediaRoots:
    """Folders that were declared when the page was started.

    Args:
        folders: existing folders.

    Raises:
        RequestError: one of them is no folder.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        resolved = []
        for folder in folders:
            if not folder.is_dir():
                raise RequestError(f"{folder} is no folder.", "Name a folder with footage.")
            resolved.append(folder.resolve())
        self.folders = tuple(dict.fromkeys(resolved))

    def resolve(self, text: str) -> Path:
        """The file that was typed or picked.

        A relative path is looked for in every root. Links are followed before the check, and
        a path outside the roots is refused before anything is asked of the disk, so nobody
        learns what exists there.

        Raises:
            PageError: nothing was typed, it lies outside the roots, or it is no file.
        """
        text = text.strip().strip('"')
        if not text or "\0" in text:
            raise PageError("path.empty")
        typed = Path(text)
        tries = [typed] if typed.is_absolute() else [root / typed for root in self.folders]
        inside = [p for p in map(_real, tries) if p is not None and self._holds(p)]
        if not inside:
            roots = ", ".join(map(str, self.folders))
            raise PageError("path.outside", path=text, roots=roots)
        for path in inside:
            if os.path.isfile(path):  # noqa: PTH113 - false, not an error, for a name too long
                return path
        raise PageError("path.absent", path=text)

    def _holds(self, path: Path) -> bool:
        return any(path.is_relative_to(root) for root in self.folders)

    def _leads_inside(self, link: Path) -> bool:
        target = _real(link)
        return target is not None and self._holds(target)

    def label(self, path: Path) -> str:
        """The path as the page shows it: relative where there is one root."""
        if len(self.folders) == 1 and path.is_relative_to(self.folders[0]):
            return str(path.relative_to(self.folders[0]))
        return str(path)

    def listing(
        self, *, max_files: int = 300, max_depth: int = 4, budget_s: float = 0.5
    ) -> list[Path]:
        """Videos in the roots, nearest first. Hidden folders and links to folders are passed
        over; the search ends at ``max_files``, ``max_depth`` folders down, or after
        ``budget_s`` seconds."""
        ends_s = time.monotonic() + budget_s
        found: list[Path] = []
        level = list(self.folders)
        for _ in range(max_depth + 1):
            below: list[Path] = []
            for folder in level:
                files, folders = _entries(folder)
                found += [f for f in files if not f.is_symlink() or self._leads_inside(f)]
                below += folders
                if len(found) >= max_files or time.monotonic() > ends_s:
                    return found[:max_files]
            level = below
        return found


def _real(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a loop of links, a name too long
        return None


def _entries(folder: Path) -> tuple[list[Path], list[Path]]:
    files, folders = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith((".", "__")) or entry.name == "node_modules":
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
                elif Path(entry.name).suffix.lower() in VIDEO_SUFFIXES:
                    files.append(Path(entry.path))
    except OSError:
        pass  # a folder that may not be read offers nothing
    return sorted(files), sorted(folders)
