"""The library: footage by reference, and projects. What was made of them on a screen lies in the
same file; see ``work_rows.py``.

No file is ever copied into it. A piece of footage is known by the digest of its content, so that
one that was moved is found again; a project is a folder of its own with a ``project.json``, and
whoever has the folder can open it in another library.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studio.archive.database import DatabaseFile, Form
from studio.archive.media_folders import files_below
from studio.codec import from_json, to_json
from studio.errors import LibraryUnavailable, NoSuchMedia, RequestError
from studio.media.writer import write_beside
from studio.settings import Settings
from studio.types.media import MediaInfo

PROJECT_FILE = "project.json"
_FIRST = """
CREATE TABLE footage (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    path TEXT NOT NULL,
    info TEXT NOT NULL,
    added_at REAL NOT NULL,
    UNIQUE (owner, content_hash)
);
CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    folder TEXT NOT NULL,
    opened_at REAL NOT NULL,
    UNIQUE (owner, folder)
);
CREATE TABLE members (
    project TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    footage TEXT NOT NULL REFERENCES footage (id) ON DELETE CASCADE,
    PRIMARY KEY (project, footage)
);
CREATE TABLE works (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    project TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    made_at REAL NOT NULL,
    changed_at REAL NOT NULL
);
CREATE INDEX works_owner ON works (owner, changed_at);
"""
#: Step ``n`` brings a file of version ``n`` to version ``n + 1``. "mstl" is its number.
STEPS = (_FIRST,)
_FORM = Form(0x6D73746C, STEPS, "library", LibraryUnavailable)


@dataclass(frozen=True)
class Footage:
    """A file that the library knows.

    Attributes:
        id: unguessable.
        owner: whose; "" on a machine without accounts.
        info: as probed when it was added, with its path now.
        added_at: seconds since 1970.
        present: whether a file lies at the path; whether it is still the same is looked at when
            it is used.
    """

    id: str
    owner: str
    info: MediaInfo
    added_at: float
    present: bool


@dataclass(frozen=True)
class Project:
    """A folder with plans and results, and the footage it draws on.

    Attributes:
        id: unguessable.
        owner: whose.
        name: as people call it.
        folder: with ``project.json``, ``plans`` and ``results``.
        opened_at: seconds since 1970.
    """

    id: str
    owner: str
    name: str
    folder: Path
    opened_at: float


def library_path(settings: Settings) -> Path:
    """Where the library of this machine's user lies."""
    return settings.data_dir / "library.db"


class LibraryFile(DatabaseFile):
    """The library's own file; see there."""


class Library:
    """Footage, projects and works. Threads may share one; processes open one each.

    What belongs to another owner is as if it were not there.

    Args:
        database: opened.
    """

    def __init__(self, database: LibraryFile) -> None:
        self.database = database

    @classmethod
    def open(cls, path: Path) -> Library:
        """The library in a file, made where there is none.

        Raises:
            LibraryUnavailable: it cannot be used, or a newer studio wrote it; it is as it was.
        """
        return cls(LibraryFile.open_as(_FORM, path))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of how the file was opened."""
        return self.database.notes

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    # Footage

    def add(self, info: MediaInfo, owner: str = "", project: str = "") -> Footage:
        """Take a file; one that is known by its content gets its new place.

        Raises:
            RequestError: there is no such project.
        """
        with self.database.writing() as db:
            db.execute(
                "INSERT INTO footage VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (owner, content_hash) "
                "DO UPDATE SET path = excluded.path, info = excluded.info",
                (
                    secrets.token_hex(8),
                    owner,
                    info.content_hash,
                    str(info.path),
                    json.dumps(to_json(info)),
                    time.time(),
                ),
            )
            row = db.execute(
                "SELECT * FROM footage WHERE owner = ? AND content_hash = ?",
                (owner, info.content_hash),
            ).fetchone()
            if project:
                self._project_row(db, project, owner)
                db.execute("INSERT OR IGNORE INTO members VALUES (?, ?)", (project, row["id"]))
        if project:
            self._write_project(project, owner)
        return _footage(row)

    def footage(self, owner: str = "", project: str = "", text: str = "") -> list[Footage]:
        """What there is, the newest first.

        Args:
            owner: whose.
            project: only of this one.
            text: only what has it in name or path, in whatever case.
        """
        with self.database.reading() as db:
            rows = db.execute(
                "SELECT * FROM footage WHERE owner = ? AND (? = '' OR id IN "
                "(SELECT footage FROM members WHERE project = ?)) ORDER BY added_at DESC, id",
                (owner, project, project),
            ).fetchall()
        wanted = text.casefold().split()
        return [
            _footage(row) for row in rows if all(word in row["path"].casefold() for word in wanted)
        ]

    def get(self, footage_id: str, owner: str = "") -> Footage:
        """A piece of footage.

        Raises:
            NoSuchMedia: there is none of that id that the owner may see.
        """
        with self.database.reading() as db:
            row = db.execute(
                "SELECT * FROM footage WHERE id = ? AND owner = ?", (footage_id, owner)
            ).fetchone()
        if row is None:
            raise NoSuchMedia(
                f"The library has no footage {footage_id!r}.", "See: studio library list"
            )
        return _footage(row)

    def find(self, text: str, owner: str = "") -> Footage:
        """What a person means by an id's beginning, a name or a path.

        Raises:
            NoSuchMedia: nothing, or several.
        """
        known = self.footage(owner)
        found = [f for f in known if text and f.id.startswith(text)] or [
            f for f in known if text in (f.info.path.name, str(f.info.path))
        ]
        if len(found) != 1:
            said = "Several files are called" if found else "The library has no footage"
            raise NoSuchMedia(f"{said} {text!r}.", "Give an id: studio library list")
        return found[0]

    def remove(self, footage_id: str, owner: str = "", project: str = "") -> None:
        """Forget a piece of footage, or take it out of a project; the file stays.

        Raises:
            NoSuchMedia: there is none of that id that the owner may see.
        """
        self.get(footage_id, owner)
        with self.database.writing() as db:
            if project:
                db.execute(
                    "DELETE FROM members WHERE project = ? AND footage = ?", (project, footage_id)
                )
            else:
                db.execute("DELETE FROM footage WHERE id = ?", (footage_id,))
        if project:
            self._write_project(project, owner)

    def find_again(
        self,
        folders: Iterable[Path],
        settings: Settings,
        owner: str = "",
        budget_s: float = 20.0,
        look: Callable[[Path, Settings], MediaInfo | None] | None = None,
    ) -> list[Footage]:
        """Look for footage that has vanished, and take over where it lies now.

        Only files of the same length are read, and only their digest decides.

        Args:
            folders: where to look, with all below them.
            settings: limits on a media file.
            owner: whose.
            budget_s: seconds after which the search ends.
            look: finds out what a file is; the probe, in this process, where not given.

        Returns:
            What was found.
        """
        from studio.media.probe import content_hash, probe

        look = look or probe
        sizes: dict[int, list[Footage]] = {}
        for each in self.footage(owner):
            if not each.present:
                sizes.setdefault(each.info.size_bytes, []).append(each)
        until, found = time.monotonic() + budget_s, []
        for path in files_below(folders):
            if not sizes or time.monotonic() > until:
                break
            with suppress(OSError):
                same = sizes.get(path.stat().st_size)
                if not same:
                    continue
                digest = content_hash(path)
                for each in [f for f in same if f.info.content_hash == digest]:
                    info = look(path, settings)
                    if info is not None:
                        found.append(self.add(info, owner))
                    same.remove(each)
                if not same:
                    del sizes[path.stat().st_size]
        return found

    # Projects

    def new_project(self, name: str, folder: Path, owner: str = "") -> Project:
        """Make a project in a folder, which is made where there is none.

        Raises:
            RequestError: the name is empty, the folder holds a project or cannot be written.
        """
        name = " ".join(name.split())[:80]
        if not name:
            raise RequestError("The project has no name.", "Give it one.")
        folder = folder.absolute()
        if (folder / PROJECT_FILE).exists():
            raise RequestError(
                f"{folder} holds a project already.", f"Open it: studio project open {folder}"
            )
        return self._enter(secrets.token_hex(8), name, folder, owner)

    def new_project_below(self, top: Path, name: str, owner: str = "") -> Project:
        """Make a project in a fresh folder below another, called as like it as a folder can be.

        Raises:
            RequestError: the name is empty, or the folder cannot be written.
        """
        plain = "".join(c if c.isalnum() or c in " -_" else "_" for c in name)
        stem = " ".join(plain.split())[:60].strip() or "-"
        folder, number = top / stem, 2
        while folder.exists():
            folder, number = top / f"{stem} {number}", number + 1
        return self.new_project(name, folder, owner)

    def open_project(self, folder: Path, owner: str = "") -> Project:
        """Open the project in a folder; footage that it names and that is there is taken in.

        Raises:
            RequestError: it holds none, or one that cannot be read.
        """
        from studio.errors import StudioError
        from studio.media.probe import probe

        folder = folder.absolute()
        try:
            data = json.loads((folder / PROJECT_FILE).read_text(encoding="utf-8"))
            name, listed = str(data["name"]), [Path(str(f["path"])) for f in data["footage"]]
            if data["project"] != 1:
                raise RequestError(
                    f"{folder} holds a project of a newer studio.", "Use that studio."
                )
            project_id = str(data["id"])
        except FileNotFoundError as exc:
            raise RequestError(
                f"{folder} holds no project.", "Make one: studio project new NAME --at FOLDER"
            ) from exc
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise RequestError(
                f"{folder / PROJECT_FILE} cannot be read: {exc}.", "Bring it back from a copy."
            ) from exc
        known = {p.id: p for p in self.projects(owner)}
        if project_id in known and known[project_id].folder != folder:
            moved = not (known[project_id].folder / PROJECT_FILE).exists()
            project_id = project_id if moved else secrets.token_hex(8)
        project = self._enter(project_id, name, folder, owner, write=False)
        for path in listed:
            with suppress(StudioError):
                self.add(probe(path), owner, project.id)
        return project

    def projects(self, owner: str = "") -> list[Project]:
        """All of them, the one opened last first."""
        with self.database.reading() as db:
            rows = db.execute(
                "SELECT * FROM projects WHERE owner = ? ORDER BY opened_at DESC", (owner,)
            ).fetchall()
        return [_project(row) for row in rows]

    def project(self, project_id: str, owner: str = "") -> Project:
        """One of them.

        Raises:
            RequestError: there is none of that id that the owner may see.
        """
        with self.database.reading() as db:
            return _project(self._project_row(db, project_id, owner))

    def _enter(
        self, project_id: str, name: str, folder: Path, owner: str, *, write: bool = True
    ) -> Project:
        try:
            for part in ("plans", "results"):
                (folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise RequestError(
                f"{folder} cannot be written: {exc.strerror}.", "Choose another folder."
            ) from exc
        with self.database.writing() as db:
            db.execute("DELETE FROM projects WHERE owner = ? AND folder = ? AND id != ?",
                       (owner, str(folder), project_id))  # fmt: skip
            db.execute(
                "INSERT INTO projects VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                "name = excluded.name, folder = excluded.folder, opened_at = excluded.opened_at",
                (project_id, owner, name, str(folder), time.time()),
            )
        if write:
            self._write_project(project_id, owner)
        return self.project(project_id, owner)

    def _write_project(self, project_id: str, owner: str) -> None:
        project = self.project(project_id, owner)
        data = {
            "project": 1,
            "id": project.id,
            "name": project.name,
            "footage": [
                {"path": str(f.info.path), "content_hash": f.info.content_hash}
                for f in self.footage(owner, project_id)
            ],
        }
        with write_beside(project.folder / PROJECT_FILE) as beside:
            beside.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")

    def _project_row(self, db: sqlite3.Connection, project_id: str, owner: str) -> sqlite3.Row:
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM projects WHERE id = ? AND owner = ?", (project_id, owner)
        ).fetchone()
        if row is None:
            raise RequestError(f"There is no project {project_id!r}.", "See: studio project list")
        return row


def _footage(row: sqlite3.Row) -> Footage:
    info = from_json(MediaInfo, json.loads(row["info"]))
    return Footage(row["id"], row["owner"], info, row["added_at"], info.path.is_file())


def _project(row: sqlite3.Row) -> Project:
    return Project(row["id"], row["owner"], row["name"], Path(row["folder"]), row["opened_at"])
