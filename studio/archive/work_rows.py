"""What is in the making on a screen, row by row in the file of the library."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.archive.library import Library


@dataclass(frozen=True)
class WorkRow:
    """Something in the making, as a screen left it.

    Attributes:
        id: unguessable; it is in the page's address.
        owner: whose.
        project: id, or "".
        kind: which part of the page reads the state.
        title: for people.
        state: plain values.
        made_at, changed_at: seconds since 1970.
    """

    id: str
    owner: str
    project: str
    kind: str
    title: str
    state: dict[str, Any]
    made_at: float
    changed_at: float


def works_of(library: Library, owner: str, kind: str = "", limit: int = 200) -> list[WorkRow]:
    """An owner's works, the one changed last first."""
    with library.database.reading() as db:
        rows = db.execute(
            "SELECT * FROM works WHERE owner = ? AND (? = '' OR kind = ?) "
            "ORDER BY changed_at DESC LIMIT ?",
            (owner, kind, kind, limit),
        ).fetchall()
    return [_work(row) for row in rows]


def work_of(library: Library, work_id: str) -> WorkRow | None:
    """A work of whatever owner, or None."""
    with library.database.reading() as db:
        row = db.execute("SELECT * FROM works WHERE id = ?", (work_id,)).fetchone()
    return None if row is None else _work(row)


def keep_work(library: Library, row: WorkRow) -> None:
    """Write a work down, new or changed."""
    with library.database.writing() as db:
        db.execute(
            "INSERT INTO works VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "project = excluded.project, title = excluded.title, state = excluded.state, "
            "changed_at = excluded.changed_at",
            (
                row.id, row.owner, row.project, row.kind, row.title,
                json.dumps(row.state, ensure_ascii=False, separators=(",", ":")),
                row.made_at, time.time(),
            ),
        )  # fmt: skip


def forget_work(library: Library, work_id: str) -> None:
    """Take a work out; its files stay."""
    with library.database.writing() as db:
        db.execute("DELETE FROM works WHERE id = ?", (work_id,))


def _work(row: sqlite3.Row) -> WorkRow:
    return WorkRow(
        row["id"], row["owner"], row["project"], row["kind"], row["title"],
        json.loads(row["state"]), row["made_at"], row["changed_at"],
    )  # fmt: skip
