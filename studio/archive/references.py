"""Pictures of things that a person wants to find again: buildings, products, signs."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from studio.errors import RequestError
from studio.media.writer import write_beside

_FILE = "thing.json"
_MOST_NAME = 80


@dataclass(frozen=True)
class Reference:
    """One picture of a thing.

    Attributes:
        name: of the thing.
        picture: the kept picture.
        source: file name it came from.
        sha256: of that file, hexadecimal.
    """

    name: str
    picture: Path
    source: str
    sha256: str


class References:
    """A folder of things, each a folder of pictures.

    Args:
        path: the folder; made when the first thing is added.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def names(self) -> tuple[str, ...]:
        """Of all things, in order."""
        return tuple(sorted({reference.name for reference in self.all()}))

    def all(self) -> tuple[Reference, ...]:
        """Every picture, by name and source.

        Raises:
            RequestError: a thing's file cannot be read.
        """
        found = []
        for file in sorted(self.path.glob(f"*/{_FILE}")) if self.path.is_dir() else ():
            try:
                data = json.loads(file.read_text(encoding="utf-8"))
                for row in data["pictures"]:
                    picture = file.parent / Path(str(row["picture"])).name
                    digest = str(row["sha256"])
                    found.append(Reference(str(data["name"]), picture, str(row["source"]), digest))
            except (OSError, ValueError, KeyError, TypeError) as exc:
                raise RequestError(
                    f"{file} cannot be read.", "Restore it, or delete its folder."
                ) from exc
        return tuple(sorted(found, key=lambda r: (r.name, r.source, r.sha256)))

    def add(self, name: str, jpeg: bytes, source: Path) -> bool:
        """Keep a picture of a thing.

        Args:
            name: of the thing; case and spaces around do not count.
            jpeg: the picture to be kept.
            source: the file it came from.

        Returns:
            Whether it is new.

        Raises:
            RequestError: the name is none.
        """
        name = clean(name)
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        mine = [r for r in self.all() if r.name.casefold() == name.casefold()]
        if any(r.sha256 == digest for r in mine):
            return False
        name = mine[0].name if mine else name
        folder = self._folder(name)
        with write_beside(folder / f"{digest[:16]}.jpg") as beside:
            beside.write_bytes(jpeg)
        rows = [(r.picture.name, r.source, r.sha256) for r in mine]
        rows.append((f"{digest[:16]}.jpg", source.name, digest))
        self._write(folder, name, rows)
        return True

    def remove(self, name: str) -> int:
        """Forget a thing.

        Returns:
            Of how many pictures.

        Raises:
            RequestError: there is none of that name.
        """
        mine = [r for r in self.all() if r.name.casefold() == clean(name).casefold()]
        if not mine:
            raise RequestError(
                f"Nothing is called {name}.",
                f"There are: {', '.join(self.names)}" if self.names else "Add a thing first.",
            )
        shutil.rmtree(mine[0].picture.parent)
        return len(mine)

    def _folder(self, name: str) -> Path:
        safe = re.sub(r"[^\w-]+", "_", name)[:40].strip("_") or "thing"
        return self.path / f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    def _write(self, folder: Path, name: str, rows: list[tuple[str, str, str]]) -> None:
        keys = ("picture", "source", "sha256")
        data = {"name": name, "pictures": [dict(zip(keys, row, strict=True)) for row in rows]}
        with write_beside(folder / _FILE) as beside:
            beside.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")


def clean(name: str) -> str:
    """A name without spaces around.

    Raises:
        RequestError: nothing is left, or it is too long, or no line of text.
    """
    name = " ".join(name.split())
    if not name or len(name) > _MOST_NAME or not name.isprintable():
        raise RequestError(f"{name[:20]!r} is no name.", f"Give one of 1 to {_MOST_NAME} letters.")
    return name
