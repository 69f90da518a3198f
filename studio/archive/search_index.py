"""What is known of many files, to be searched: who, what and what words, where and when.

A *document* says that something is true of a file from one frame to another: a thing is seen, a
person, a sentence is said. Documents of the same words share a *phrase*, which is what full text
(SQLite's FTS5) and vectors look through; so a question costs by what can be said, not by how
often it is.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.archive.database import DatabaseFile, Form
from studio.errors import RequestError

_FIRST = """
CREATE TABLE media (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    duration_s REAL NOT NULL,
    frames INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    people_by TEXT NOT NULL DEFAULT '',
    added_at REAL NOT NULL
);
CREATE TABLE collections (
    name TEXT NOT NULL,
    media INTEGER NOT NULL REFERENCES media (number) ON DELETE CASCADE,
    PRIMARY KEY (name, media)
);
CREATE TABLE shots (
    media INTEGER NOT NULL REFERENCES media (number) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    start_frame INTEGER NOT NULL,
    end_frame INTEGER NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    PRIMARY KEY (media, number)
) WITHOUT ROWID;
CREATE TABLE phrases (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL,
    kind TEXT NOT NULL,
    learnt INTEGER NOT NULL DEFAULT 0,
    UNIQUE (text, kind)
);
CREATE INDEX phrases_unlearnt ON phrases (learnt) WHERE learnt = 0;
CREATE VIRTUAL TABLE phrase_words
    USING fts5 (words, tokenize = 'porter unicode61 remove_diacritics 2');
CREATE TABLE documents (
    number INTEGER PRIMARY KEY,
    media INTEGER NOT NULL REFERENCES media (number) ON DELETE CASCADE,
    phrase INTEGER NOT NULL REFERENCES phrases (number),
    shot INTEGER NOT NULL,
    start_frame INTEGER NOT NULL,
    end_frame INTEGER NOT NULL,
    peak_frame INTEGER NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    score REAL NOT NULL,
    words TEXT
);
CREATE INDEX documents_phrase ON documents (phrase, score DESC);
CREATE INDEX documents_media ON documents (media);
"""


class IndexUnavailable(RequestError):
    """The index cannot be opened, read or written now."""

    exit_code = 1


#: "msts" is its number.
_FORM = Form(0x6D737473, (_FIRST,), "index of footage", IndexUnavailable)


@dataclass(frozen=True)
class Document:
    """Something that is true of a stretch of a file.

    Attributes:
        kind: ``object``, ``scene``, ``speech``, ``person``, ``look``, ``sound``.
        text: what, in words.
        shot: number of the shot that holds it; -1 where it is bound to none.
        start_frame, end_frame: half-open; -1 where the file has no picture.
        peak_frame: where it is plainest.
        start_s, end_s: the same on the source clock.
        score: how sure, 0 to 1.
        words: of speech, ``(text, start_s, end_s)`` each.
    """

    kind: str
    text: str
    shot: int
    start_frame: int
    end_frame: int
    peak_frame: int
    start_s: float
    end_s: float
    score: float
    words: tuple[tuple[str, float, float], ...] = ()


@dataclass(frozen=True)
class Phrase:
    """What documents say.

    Attributes:
        number: in this index.
        text, kind: of its documents.
    """

    number: int
    text: str
    kind: str


@dataclass(frozen=True)
class IndexedMedia:
    """A file that can be searched.

    Attributes:
        number: in this index.
        content_hash: of the file.
        path: where it was.
        name: of the file.
        duration_s: seconds.
        frames: pictures; 0 for sound alone.
        made_by: what its documents were made by.
        people_by: what its people were told by; empty before they were.
        collections: it is in.
    """

    number: int
    content_hash: str
    path: Path
    name: str
    duration_s: float
    frames: int
    made_by: str
    people_by: str
    collections: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """A document where it was found.

    Attributes:
        media: number of the file.
        phrase: number of the phrase.
        document: what is there.
    """

    media: int
    phrase: int
    document: Document


@dataclass(frozen=True)
class Shots:
    """The shots of a file.

    Attributes:
        spans: ``start_frame, end_frame, start_s, end_s`` of each, rising.
        starts: the first of each alone, to be looked up in.
    """

    spans: tuple[tuple[int, int, float, float], ...]
    starts: tuple[int, ...]


class SearchIndex(DatabaseFile):
    """The documents of many files. Made by :meth:`open`.

    Shots that were read are kept: a question that nothing was written since need not fetch those
    of every file again, which took a third of its time over 25,000 shots.
    """

    _shots: dict[int, Shots]
    _shots_of: tuple[int, int] = (-1, -1)

    @classmethod
    def open(cls, path: Path, wait_s: float = 30.0) -> SearchIndex:
        """Open the file, made where there is none.

        Raises:
            IndexUnavailable: see :meth:`DatabaseFile.open_as`.
        """
        return cls.open_as(_FORM, path, wait_s)

    def media(self, collection: str = "") -> tuple[IndexedMedia, ...]:
        """The files, or those of a collection, in the order in which they were added."""
        with self.reading() as db:
            rows = db.execute(
                "SELECT m.*, (SELECT group_concat(name, char(10)) FROM collections c "
                "WHERE c.media = m.number) AS lists FROM media m WHERE ? = '' OR EXISTS "
                "(SELECT 1 FROM collections c WHERE c.media = m.number AND c.name = ?) "
                "ORDER BY m.number",
                (collection, collection),
            ).fetchall()
        return tuple(_media(row) for row in rows)

    def collections(self) -> tuple[str, ...]:
        """Their names, in order of the alphabet."""
        with self.reading() as db:
            rows = db.execute("SELECT DISTINCT name FROM collections ORDER BY name").fetchall()
        return tuple(row["name"] for row in rows)

    def find(self, content_hash: str) -> IndexedMedia | None:
        """The file of that content, or None."""
        return next((m for m in self.media() if m.content_hash == content_hash), None)

    def put(
        self,
        *,
        content_hash: str,
        path: Path,
        duration_s: float,
        frames: int,
        made_by: str,
        shots: Iterable[tuple[int, int, float, float]],
        documents: Sequence[Document],
        words_of: dict[tuple[str, str], str],
    ) -> int:
        """Keep all that is known of a file, in the place of what was known before.

        Args:
            content_hash, path, duration_s, frames, made_by: of the file, see there.
            shots: ``start_frame, end_frame, start_s, end_s`` each.
            documents: of the file.
            words_of: ``(kind, text)`` of each phrase to the words by which full text finds it.

        Returns:
            The file's number.
        """
        with self.writing() as db:
            db.execute(
                "INSERT INTO media (hash, path, name, duration_s, frames, made_by, added_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE SET "
                "path = excluded.path, name = excluded.name, made_by = excluded.made_by, "
                "duration_s = excluded.duration_s, frames = excluded.frames, people_by = ''",
                (content_hash, str(path), path.name, duration_s, frames, made_by, time.time()),
            )
            (number,) = db.execute(
                "SELECT number FROM media WHERE hash = ?", (content_hash,)
            ).fetchone()
            db.execute("DELETE FROM shots WHERE media = ?", (number,))
            db.execute("DELETE FROM documents WHERE media = ?", (number,))
            db.executemany(
                "INSERT INTO shots VALUES (?, ?, ?, ?, ?, ?)",
                [(number, n, *shot) for n, shot in enumerate(shots)],
            )
            _insert(db, number, documents, words_of)
        return int(number)

    def replace_kind(
        self,
        media: int,
        kind: str,
        documents: Sequence[Document],
        words_of: dict[tuple[str, str], str],
        people_by: str,
    ) -> None:
        """Keep documents of one kind in the place of those before."""
        with self.writing() as db:
            db.execute(
                "DELETE FROM documents WHERE media = ? AND phrase IN "
                "(SELECT number FROM phrases WHERE kind = ?)",
                (media, kind),
            )
            db.execute("UPDATE media SET people_by = ? WHERE number = ?", (people_by, media))
            _insert(db, media, documents, words_of)

    def move(self, media: int, path: Path) -> None:
        """Remember that a file lies elsewhere now."""
        with self.writing() as db:
            db.execute(
                "UPDATE media SET path = ?, name = ? WHERE number = ?",
                (str(path), path.name, media),
            )

    def count(self, media: int) -> int:
        """Documents of a file."""
        with self.reading() as db:
            row = db.execute(
                "SELECT count(*) AS n FROM documents WHERE media = ?", (media,)
            ).fetchone()
        return int(row["n"])

    def remove(self, media: int) -> None:
        """Forget a file."""
        with self.writing() as db:
            db.execute("DELETE FROM media WHERE number = ?", (media,))

    def put_into(self, media: int, collection: str) -> None:
        """Put a file into a collection."""
        with self.writing() as db:
            db.execute("INSERT OR IGNORE INTO collections VALUES (?, ?)", (collection, media))

    def take_out(self, media: int, collection: str) -> None:
        """Take a file out of a collection; it stays in the index."""
        with self.writing() as db:
            db.execute("DELETE FROM collections WHERE name = ? AND media = ?", (collection, media))

    def unlearnt(self) -> tuple[Phrase, ...]:
        """Phrases whose vectors nobody has made yet."""
        with self.reading() as db:
            rows = db.execute("SELECT number, text, kind FROM phrases WHERE learnt = 0").fetchall()
        return tuple(Phrase(row["number"], row["text"], row["kind"]) for row in rows)

    def learnt(self, phrases: Iterable[Phrase]) -> None:
        """Remember that these have vectors."""
        with self.writing() as db:
            db.executemany(
                "UPDATE phrases SET learnt = 1 WHERE number = ?", [(p.number,) for p in phrases]
            )

    def phrases(self, kinds: Collection[str], *, most: int = 100_000) -> tuple[Phrase, ...]:
        """Phrases of some kinds that some document says, those of the most documents first."""
        with self.reading() as db:
            rows = db.execute(
                "SELECT p.number, p.text, p.kind, count(*) AS n FROM phrases p JOIN documents d "
                f"ON d.phrase = p.number WHERE p.kind IN ({', '.join('?' * len(kinds))}) "
                "GROUP BY p.number ORDER BY n DESC, p.text LIMIT ?",
                (*kinds, most),
            ).fetchall()
        return tuple(Phrase(row["number"], row["text"], row["kind"]) for row in rows)

    def phrases_of(self, numbers: Collection[int]) -> dict[int, Phrase]:
        """Phrases by their numbers; those that are no more are left out."""
        with self.reading() as db:
            rows = db.execute(
                f"SELECT number, text, kind FROM phrases WHERE number IN "
                f"({', '.join(str(int(n)) for n in numbers)})"
            ).fetchall()
        return {row["number"]: Phrase(row["number"], row["text"], row["kind"]) for row in rows}

    def phrases_like(self, kind: str, text: str) -> tuple[int, ...]:
        """Numbers of the phrases of a kind that say exactly a text, whatever its capitals."""
        with self.reading() as db:
            rows = db.execute("SELECT number, text FROM phrases WHERE kind = ?", (kind,)).fetchall()
        wanted = text.strip().casefold()
        return tuple(row["number"] for row in rows if row["text"].casefold() == wanted)

    def phrases_saying(self, words: Sequence[str], kinds: Collection[str] = ()) -> dict[int, float]:
        """Phrases that hold some of the words, and how well they fit: 1 the best of them.

        Args:
            words: morphemes or words; each is looked for as it is.
            kinds: of phrases; all where empty.
        """
        asked = " OR ".join('"' + word.replace('"', '""') + '"' for word in words if word.strip())
        if not asked:
            return {}
        where = f" AND p.kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        with self.reading() as db:
            rows = db.execute(
                "SELECT p.number, bm25(phrase_words) AS cost FROM phrase_words "
                f"JOIN phrases p ON p.number = phrase_words.rowid WHERE phrase_words MATCH ?{where}"
                " ORDER BY cost LIMIT 400",
                (asked, *kinds),
            ).fetchall()
        if not rows:
            return {}
        best = min(row["cost"] for row in rows)
        return {row["number"]: (row["cost"] / best if best < 0 else 1.0) for row in rows}

    def places(
        self, phrases: Collection[int], media: Collection[int] | None, most_each: int
    ) -> list[Place]:
        """Where phrases are true, the surest first, at most so many a phrase."""
        found: list[Place] = []
        inside = "" if media is None else f" AND d.media IN ({', '.join('?' * len(media))})"
        with self.reading() as db:
            for phrase in phrases:
                rows = db.execute(
                    "SELECT d.*, p.text, p.kind FROM documents d JOIN phrases p "
                    f"ON p.number = d.phrase WHERE d.phrase = ?{inside} "
                    "ORDER BY d.score DESC, d.media, d.start_s LIMIT ?",
                    (phrase, *(media or ()), most_each),
                ).fetchall()
                found += [_place(row) for row in rows]
        return found

    def shots(self, media: int) -> Shots:
        """The shots of a file, in order; none where it has no picture."""
        return self.shots_of((media,))[media]

    def shots_of(self, media: Collection[int]) -> dict[int, Shots]:
        """The shots of several files."""
        with self.reading() as db:
            # The first tells what other connections wrote, the second what this one did.
            (others,) = db.execute("PRAGMA data_version").fetchone()
            now = (int(others), db.total_changes)
            if now != self._shots_of:
                self._shots, self._shots_of = {}, now
            for number in media:
                if number in self._shots:
                    continue
                rows = db.execute(
                    "SELECT start_frame, end_frame, start_s, end_s FROM shots WHERE media = ? "
                    "ORDER BY number",
                    (number,),
                ).fetchall()
                spans = tuple((row[0], row[1], row[2], row[3]) for row in rows)
                self._shots[number] = Shots(spans, tuple(span[0] for span in spans))
            return {number: self._shots[number] for number in media}


def _insert(
    db: sqlite3.Connection,
    media: int,
    documents: Sequence[Document],
    words_of: dict[tuple[str, str], str],
) -> None:
    numbers: dict[tuple[str, str], int] = {}
    for document in documents:
        key = (document.kind, document.text)
        if key in numbers:
            continue
        row = db.execute(
            "SELECT number FROM phrases WHERE text = ? AND kind = ?", (document.text, document.kind)
        ).fetchone()
        if row is None:
            made = db.execute(
                "INSERT INTO phrases (text, kind) VALUES (?, ?)", (document.text, document.kind)
            )
            numbers[key] = int(made.lastrowid or 0)
            db.execute(
                "INSERT INTO phrase_words (rowid, words) VALUES (?, ?)",
                (numbers[key], words_of.get(key, document.text)),
            )
        else:
            numbers[key] = int(row["number"])
    db.executemany(
        "INSERT INTO documents (media, phrase, shot, start_frame, end_frame, peak_frame, start_s, "
        "end_s, score, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                media,
                numbers[d.kind, d.text],
                d.shot,
                d.start_frame,
                d.end_frame,
                d.peak_frame,
                d.start_s,
                d.end_s,
                d.score,
                json.dumps(d.words, ensure_ascii=False) if d.words else None,
            )
            for d in documents
        ],
    )


def _media(row: sqlite3.Row) -> IndexedMedia:
    lists = tuple(sorted(row["lists"].split("\n"))) if row["lists"] else ()
    return IndexedMedia(
        row["number"],
        row["hash"],
        Path(row["path"]),
        row["name"],
        row["duration_s"],
        row["frames"],
        row["made_by"],
        row["people_by"],
        lists,
    )


def _place(row: sqlite3.Row) -> Place:
    words = tuple((w[0], w[1], w[2]) for w in json.loads(row["words"])) if row["words"] else ()
    document = Document(
        row["kind"],
        row["text"],
        row["shot"],
        row["start_frame"],
        row["end_frame"],
        row["peak_frame"],
        row["start_s"],
        row["end_s"],
        row["score"],
        words,
    )
    return Place(row["media"], row["phrase"], document)
