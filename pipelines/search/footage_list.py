"""The library's list of footage, as the index draws on it: what is in a project, and what of it
cannot be searched yet. The index knows each content once, whatever the library calls it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from studio.archive.library import Library, library_path
from studio.errors import RequestError
from studio.settings import Settings
from studio.types.media import MediaInfo


@dataclass(frozen=True)
class Listed:
    """Footage of a project, or all that an owner has.

    Attributes:
        hashes: of its content, the newest first.
        paths: of what is there.
        missing: names of what is not where it was.
        project: id of the project; empty where all is meant.
    """

    hashes: tuple[str, ...]
    paths: tuple[Path, ...]
    missing: tuple[str, ...]
    project: str = ""


@contextmanager
def _opened(settings: Settings) -> Iterator[Library]:
    library = Library.open(library_path(settings))
    try:
        yield library
    finally:
        library.close()


def project_names(settings: Settings, owner: str = "") -> tuple[str, ...]:
    """Of all projects; none where no library was begun."""
    if not library_path(settings).is_file():
        return ()
    with _opened(settings) as library:
        return tuple(project.name for project in library.projects(owner))


def listed(settings: Settings, owner: str = "", project: str = "") -> Listed | None:
    """What the library has; None where no project has that name or id.

    Args:
        settings: say where the library lies.
        owner: whose; what belongs to others is as if it were not there.
        project: a name or an id; all footage where empty.

    Raises:
        RequestError: several projects have that name.
        LibraryUnavailable: its file cannot be used.
    """
    if not library_path(settings).is_file():
        return None if project else Listed((), (), ())
    with _opened(settings) as library:
        number = ""
        if project:
            every = library.projects(owner)
            same = [p.id for p in every if p.id == project] or [
                p.id for p in every if p.name.casefold() == project.strip().casefold()
            ]
            if not same:
                return None
            if len(same) > 1:
                raise RequestError(
                    f"{len(same)} projects are called {project}.",
                    "Give an id: studio project list",
                )
            (number,) = same
        found = library.footage(owner, number)
    return Listed(
        tuple(f.info.content_hash for f in found),
        tuple(f.info.path for f in found if f.present),
        tuple(f.info.path.name for f in found if not f.present),
        number,
    )


def enter(settings: Settings, info: MediaInfo, owner: str = "", project: str = "") -> None:
    """Put a file on the list, and into a project where an id is given."""
    with _opened(settings) as library:
        library.add(info, owner, project)
