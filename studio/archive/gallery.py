"""A folder of people whose faces and names are known.

``gallery.json`` says who there is and which file holds the faces (``faces-….npz``: vectors and
aligned pictures). A change writes a new file of faces, then replaces the JSON: a reader sees the
gallery before or after it, never between. Writers wait for one another.
"""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from studio import codec
from studio.archive.accepting import MOST_DISTANCE, accept_limits
from studio.errors import RequestError
from studio.media.writer import write_beside
from studio.types.people import FaceReference

#: Of the layout on disk.
VERSION = 1
#: The second nearest person has to be farther by so much.
_MARGIN = 0.03
_RESERVED = re.compile(r"(person|unknown)\s*\d*", re.IGNORECASE)
_LONGEST_NAME = 80
#: Seconds that another writer is waited for.
_WAIT_S = 60.0
_HINT = "Move the folder away to begin with an empty gallery, or bring it back from a copy."

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class _Face:
    """One row of the file of faces.

    Attributes:
        name: whose it is; whose it is not where ``rejected``.
        source: file name of the picture.
        sha256: of that file.
        rejected: a person said this is not ``name``.
    """

    name: str
    source: str
    sha256: str
    rejected: bool = False


@dataclass(frozen=True)
class _Index:
    version: int
    model: str
    arrays: str
    faces: tuple[_Face, ...]


def clean_name(name: str) -> str:
    """A name as it is kept: composed, single spaces.

    Raises:
        RequestError: it is empty, too long, or one the studio gives to strangers.
    """
    text = " ".join(unicodedata.normalize("NFC", name).split())
    if not text or len(text) > _LONGEST_NAME or not text.isprintable():
        raise RequestError(
            f"{name[:_LONGEST_NAME]!r} is no name.", f"Use 1 to {_LONGEST_NAME} characters."
        )
    if _RESERVED.fullmatch(text):
        raise RequestError(f"{text} is what strangers are called.", "Give the person a name.")
    return text


class Gallery:
    """Known people. Made by :meth:`open`; every change is on disk when the call returns.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._forget()

    def _forget(self) -> None:
        self._index = _Index(VERSION, "", "", ())
        self._vectors: Vectors = np.zeros((0, 0), np.float32)
        self._chips: NDArray[np.uint8] = np.zeros((0, 0, 0, 3), np.uint8)
        self._limits: dict[str, float] = {}
        self._own: dict[str, NDArray[np.int64]] = {}
        self._wrong: dict[str, NDArray[np.int64]] = {}

    @classmethod
    def open(cls, path: Path) -> Gallery:
        """The gallery in a folder; an empty one where there is none yet.

        Raises:
            RequestError: the folder holds something else, or is damaged.
        """
        gallery = cls(path)
        gallery._read()
        return gallery

    @property
    def names(self) -> tuple[str, ...]:
        """Everybody here, in order of the alphabet."""
        return tuple(self._limits)

    @property
    def model(self) -> str:
        """Name and version of what made the vectors; empty for an empty gallery."""
        return self._index.model

    @property
    def limits(self) -> dict[str, float]:
        """How near a face has to come to each person, see :mod:`studio.archive.accepting`."""
        return dict(self._limits)

    def references(self, name: str) -> tuple[FaceReference, ...]:
        """What is known of somebody.

        Raises:
            RequestError: nobody here has that name.
        """
        return tuple(self._face(row) for row in self._rows(self._find(name)))

    def distances(self, vectors: Vectors) -> NDArray[np.float32]:
        """How far faces are from people.

        Args:
            vectors: ``(n, d)``.

        Returns:
            ``(n, len(names))``, to the nearest reference; infinite where the face is nearer to
            one that was rejected for that person.
        """
        if not self._limits or not len(vectors):
            return np.full((len(vectors), len(self._limits)), np.inf, np.float32)
        order = np.concatenate([*self._own.values()])
        starts = np.cumsum([0, *map(len, self._own.values())])[:-1]
        near = np.minimum.reduceat(_apart(vectors, self._vectors[order]), starts, axis=1)
        for column, name in enumerate(self.names):
            if len(rows := self._wrong[name]):
                wrong = _apart(vectors, self._vectors[rows]).min(axis=1)
                near[:, column] = np.where(wrong < near[:, column], np.inf, near[:, column])
        return near

    def name_of(self, vectors: Vectors) -> list[str | None]:
        """Who each face is, each looked at alone; None for a stranger.

        Args:
            vectors: ``(n, d)`` of the model in :attr:`model`.
        """
        apart = self.distances(vectors)
        found: list[str | None] = []
        for row in apart:
            order = np.argsort(row, kind="stable")
            if not len(order) or row[order[0]] > self._limits[self.names[order[0]]]:
                found.append(None)
                continue
            sure = len(order) == 1 or row[order[1]] - row[order[0]] >= _MARGIN
            found.append(self.names[order[0]] if sure else None)
        return found

    def add(self, name: str, faces: Sequence[FaceReference], model: str) -> tuple[str, ...]:
        """Remember faces of somebody; a picture that is there already is not kept twice.

        Args:
            name: whose they are.
            faces: at least one.
            model: name and version of what made their vectors.

        Returns:
            What the user should know.

        Raises:
            RequestError: it is no name, or another model made what is here.
        """
        if not faces:
            raise ValueError("somebody is known by at least one face")
        name = clean_name(name)
        notes = []
        with self._changing():
            known = self.spelt(name)
            self._same_model(model)
            new = [face for face in faces if not self._has(known, face)]
            near = self.distances(np.stack([face.vector for face in new])) if new else None
            for column, other in enumerate(self.names):
                if near is not None and other != known and near[:, column].min() < MOST_DISTANCE:
                    notes.append(
                        f"{known} looks like {other} ({near[:, column].min():.2f} apart); if they "
                        f"are one, merge them, if not, both are told only by very like faces"
                    )
            self._append(model, [(_Face(known, f.source, f.sha256), f) for f in new])
            if len(new) < len(faces):
                notes.append(f"{len(faces) - len(new)} pictures of {known} were known already")
        return tuple(notes)

    def reject(self, name: str, face: FaceReference, model: str) -> None:
        """Remember that a face is not somebody's.

        Raises:
            RequestError: nobody here has that name, or another model made what is here.
        """
        with self._changing():
            name = self._find(name)
            self._same_model(model)
            self._append(model, [(_Face(name, face.source, face.sha256, rejected=True), face)])

    def rename(self, old: str, new: str) -> None:
        """Give somebody another name.

        Raises:
            RequestError: nobody has the old name, or somebody else the new one.
        """
        new = clean_name(new)
        with self._changing():
            old = self._find(old)
            if self.spelt(new) in self.names and self.spelt(new) != old:
                raise RequestError(
                    f"There is a {self.spelt(new)} already.",
                    f"If both are one: studio people merge {old!r} {new!r}",
                )
            self._rename(old, new)

    def merge(self, name: str, into: str) -> None:
        """Say that two are one person; the second name stays.

        Raises:
            RequestError: nobody has one of the names.
        """
        with self._changing():
            name, into = self._find(name), self._find(into)
            if name == into:
                raise RequestError(f"{name} cannot be merged with itself.", "Give two names.")
            self._rename(name, into)

    def split(self, name: str, pictures: Sequence[int], new: str) -> None:
        """Say that some of somebody's pictures are somebody else's.

        Args:
            name: whose they were taken for.
            pictures: numbers from 0 among :meth:`references`.
            new: whose they are; somebody known or not.

        Raises:
            RequestError: there is no such name or picture, or none would be left.
        """
        new = clean_name(new)
        with self._changing():
            name, new = self._find(name), self.spelt(new)
            rows = self._rows(name)
            wrong = [n for n in pictures if not 0 <= n < len(rows)]
            if wrong or not pictures or len(set(pictures)) == len(rows):
                raise RequestError(
                    f"{name} has {len(rows)} pictures, and one at least has to stay.",
                    f"Give numbers from 0 to {len(rows) - 1}, not all of them.",
                )
            moved = {int(rows[n]) for n in pictures}
            faces = tuple(
                replace(face, name=new) if row in moved else face
                for row, face in enumerate(self._index.faces)
            )
            self._index = replace(self._index, faces=faces)

    def remove(self, name: str) -> None:
        """Forget somebody: name, pictures and vectors.

        Raises:
            RequestError: nobody here has that name.
        """
        with self._changing():
            name = self._find(name)
            self._keep([row for row, face in enumerate(self._index.faces) if face.name != name])

    def renew(self, model: str, look: Callable[[NDArray[np.uint8]], Vectors]) -> bool:
        """Look at every kept face again where another model made the vectors.

        Args:
            model: name and version.
            look: aligned faces ``(n, 150, 150, 3)`` to vectors ``(n, d)``.

        Returns:
            Whether that was needed.
        """
        if not self._index.faces or self._index.model == model:
            return False
        with self._changing():
            self._vectors = look(self._chips)
            self._index = replace(self._index, model=model)
        return True

    # what is kept

    def _rows(self, name: str, rejected: bool = False) -> NDArray[np.int64]:
        faces = enumerate(self._index.faces)
        rows = [n for n, face in faces if face.name == name and face.rejected == rejected]
        return np.array(rows, np.int64)

    def _face(self, row: int) -> FaceReference:
        face = self._index.faces[row]
        return FaceReference(self._vectors[row], self._chips[row], face.source, face.sha256)

    def _has(self, name: str, face: FaceReference) -> bool:
        return any(
            self._index.faces[row].sha256 == face.sha256
            and np.array_equal(self._chips[row], face.chip)
            for row in self._rows(name)
        )

    def spelt(self, name: str) -> str:
        """The name as it is written here already, whatever its capitals."""
        same = [known for known in self.names if known.casefold() == name.casefold()]
        return same[0] if same else name

    def _find(self, name: str) -> str:
        found = self.spelt(" ".join(unicodedata.normalize("NFC", name).split()))
        if found not in self.names:
            known = ", ".join(self.names)
            raise RequestError(
                f"Nobody in the gallery is called {name}.",
                f"There are: {known}" if known else "Add somebody: studio people add NAME PHOTO",
            )
        return found

    def _same_model(self, model: str) -> None:
        if self._index.faces and self._index.model != model:
            raise ValueError(f"the gallery is of {self._index.model}: renew it for {model} first")

    def _rename(self, old: str, new: str) -> None:
        faces = tuple(replace(f, name=new) if f.name == old else f for f in self._index.faces)
        self._index = replace(self._index, faces=faces)

    def _append(self, model: str, new: Sequence[tuple[_Face, FaceReference]]) -> None:
        if not new:
            return
        vectors = np.stack([face.vector for _, face in new]).astype(np.float32)
        chips = np.stack([face.chip for _, face in new])
        old = bool(self._index.faces)
        self._vectors = np.concatenate([self._vectors, vectors]) if old else vectors
        self._chips = np.concatenate([self._chips, chips]) if old else chips
        faces = (*self._index.faces, *(face for face, _ in new))
        self._index = replace(self._index, model=model, faces=faces)

    def _keep(self, rows: list[int]) -> None:
        self._vectors, self._chips = self._vectors[rows], self._chips[rows]
        self._index = replace(self._index, faces=tuple(self._index.faces[row] for row in rows))

    # the disk

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Read what is there now, let it be changed, write it; one at a time."""
        with self._locked():
            self._read()
            try:
                yield
                self._write()
            except BaseException:
                self._read()
                raise

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            held = FileLock(self.path / ".lock").acquire(timeout=_WAIT_S)
        except Timeout as exc:
            raise RequestError(
                f"Another program is changing the gallery in {self.path}.", "Try again later."
            ) from exc
        except OSError as exc:
            raise RequestError(
                f"The gallery in {self.path} cannot be changed: {exc.strerror or exc}.",
                "Check the folder and its permissions, or name another: --gallery DIR.",
            ) from exc
        with held:
            yield

    def _read(self) -> None:
        file = self.path / "gallery.json"
        try:
            if not file.exists():
                self._forget()
                return
            index, vectors, chips = self._load(file)
            if not len(vectors) == len(chips) == len(index.faces) or vectors.ndim != 2:
                raise RequestError("faces are missing")
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, RequestError) as exc:
            what = exc.message if isinstance(exc, RequestError) else str(exc)
            raise RequestError(
                f"The gallery in {self.path} cannot be read: {what[:200]}", _HINT
            ) from exc
        self._index, self._vectors, self._chips = index, vectors.astype(np.float32), chips
        self._measure()

    def _load(self, file: Path) -> tuple[_Index, Vectors, NDArray[np.uint8]]:
        for last in (False, True):
            data = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(data, dict) and data.get("version") != VERSION:
                raise RequestError(f"it is of version {data.get('version')}")
            index = codec.from_json(_Index, data)
            try:
                with np.load(self.path / Path(index.arrays).name, allow_pickle=False) as stored:
                    return index, stored["vectors"], stored["chips"]
            except FileNotFoundError:
                if last:  # else another process wrote in between
                    raise
        raise AssertionError("unreachable")

    def _measure(self) -> None:
        """The limits, and where each person's faces are, of what is kept."""
        rows = [row for row, face in enumerate(self._index.faces) if not face.rejected]
        owners = [self._index.faces[row].name for row in rows]
        limits = accept_limits(self._vectors[rows], owners)
        self._limits = {name: limits[name] for name in sorted(limits)}
        self._own = {name: self._rows(name) for name in self._limits}
        self._wrong = {name: self._rows(name, rejected=True) for name in self._limits}

    def _write(self) -> None:
        old = self._index.arrays
        index = replace(self._index, arrays=f"faces-{secrets.token_hex(6)}.npz")
        with write_beside(self.path / index.arrays) as beside, beside.open("wb") as file:
            np.savez_compressed(file, vectors=self._vectors, chips=self._chips)
        with write_beside(self.path / "gallery.json") as beside:
            text = json.dumps(codec.to_json(index), ensure_ascii=False, indent=1)
            beside.write_text(text, encoding="utf-8")
        self._index = index
        self._measure()
        if old:
            with suppress(OSError):
                (self.path / Path(old).name).unlink()


def _apart(vectors: Vectors, references: Vectors) -> NDArray[np.float32]:
    """Distances ``(n, m)``, by |a - b|^2 = |a|^2 + |b|^2 - 2ab."""
    ones, others = vectors.astype(np.float64), references.astype(np.float64)
    squares = (ones**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * ones @ others.T
    apart: NDArray[np.float32] = np.sqrt(np.maximum(squares, 0)).astype(np.float32)
    return apart
