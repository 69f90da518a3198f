"""The book of users: who there is, who is signed in, who tried too often."""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studio.accounts import passwords, throttle
from studio.accounts.role import Role, User
from studio.archive.database import DatabaseFile, Form
from studio.errors import NotAllowed, RequestError, SignInRefused
from studio.settings import Settings

_SCHEMA = """
CREATE TABLE users (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, made_at REAL NOT NULL
);
CREATE TABLE sessions (
    digest TEXT PRIMARY KEY,
    name TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    label TEXT NOT NULL,
    made_at REAL NOT NULL, used_at REAL NOT NULL, ends_at REAL NOT NULL, idle_s REAL NOT NULL
);
CREATE TABLE former (name TEXT PRIMARY KEY);
CREATE TABLE failures (who TEXT PRIMARY KEY, count INTEGER NOT NULL, at REAL NOT NULL);
"""
_SECOND = "ALTER TABLE users ADD COLUMN quota_bytes INTEGER NOT NULL DEFAULT 0;"
STEPS = (_SCHEMA, _SECOND)
#: "msac" is its number.
_FORM = Form(0x6D736163, STEPS, "book of users", RequestError, private=True)
#: A browser's session ends so long after it was last used, and at the latest.
IDLE_S, LONGEST_S = 12 * 3600.0, 7 * 86400.0
#: A key for scripts.
KEY_DAYS = 90
_TOUCH_S = 60.0
_NAME = re.compile(r"^\w[\w.\-]{0,31}$")
#: Names that stand for something else: the owner of jobs asked for at the terminal.
_TAKEN = ("local", "all", "none")


@dataclass(frozen=True)
class Entry:
    """A line of the book.

    Attributes:
        name, role: of the user.
        made_at: seconds since 1970.
        sessions: how many are open, keys of scripts among them.
        quota_bytes: that uploads and results may take up; 0 for no limit.
    """

    name: str
    role: Role
    made_at: float
    sessions: int
    quota_bytes: int = 0


def accounts_path(settings: Settings) -> Path:
    """Where the book of this machine lies."""
    return settings.data_dir / "accounts.db"


class _BookFile(DatabaseFile):
    """The book's own file; see there."""


class Accounts:
    """Users of one machine, in a file that only its owner may read. Threads may share it.

    Args:
        path: of the file; made where there is none.
        clock: seconds since 1970, for tests.

    Raises:
        RequestError: it cannot be used, is of a newer studio, or is another program's.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._file = _BookFile.open_as(_FORM, path)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def users(self) -> list[Entry]:
        """Everybody, by name."""
        with self._file.reading() as db:
            rows = db.execute(
                "SELECT users.*, (SELECT count(*) FROM sessions WHERE sessions.name = users.name "
                "AND ends_at > ? AND used_at + idle_s > ?) AS open FROM users ORDER BY name",
                (self._clock(), self._clock()),
            ).fetchall()
        return [
            Entry(r["name"], Role(r["role"]), r["made_at"], r["open"], r["quota_bytes"])
            for r in rows
        ]

    def add(self, name: str, password: str, role: Role) -> None:
        """Write a new user into the book; the first one must be an admin.

        Raises:
            RequestError: the name is taken or no name, the password is too weak, or somebody
                has to be admin first.
        """
        name = checked_name(name)
        passwords.check_new_password(password, name)
        kept = passwords.hashed(password)
        with self._file.writing() as db:
            if db.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone():
                raise RequestError(
                    f"There is a user {name} already.", f"Change it: studio users password {name}"
                )
            if db.execute("SELECT 1 FROM former WHERE name = ?", (name,)).fetchone():
                raise RequestError(
                    f"There was a user {name} once, whose jobs a new one would see.",
                    "Take another name.",
                )
            admins = db.execute("SELECT 1 FROM users WHERE role = ?", (Role.ADMIN,)).fetchone()
            if role is not Role.ADMIN and not admins:
                raise RequestError(
                    "The first user is the admin.", f"Add one: studio users add {name} --role admin"
                )
            db.execute(
                "INSERT INTO users (name, role, password, made_at) VALUES (?, ?, ?, ?)",
                (name, role, kept, self._clock()),
            )

    def remove(self, name: str) -> None:
        """Take a user out, and end the sessions. Jobs and files stay where they are;
        nobody can take the name again and find them.

        Raises:
            RequestError: there is none, or it is the last admin.
        """
        with self._file.writing() as db:
            row = _row(db, name)
            _check_admin_left(db, row)
            db.execute("DELETE FROM users WHERE name = ?", (row["name"],))
            db.execute("INSERT INTO former VALUES (?)", (row["name"],))

    def set_role(self, name: str, role: Role) -> None:
        """Give a user another role; it holds from the next request on.

        Raises:
            RequestError: there is none, or it is the last admin.
        """
        with self._file.writing() as db:
            row = _row(db, name)
            if role is not Role.ADMIN:
                _check_admin_left(db, row)
            db.execute("UPDATE users SET role = ? WHERE name = ?", (role, row["name"]))

    def set_quota(self, name: str, quota_bytes: int) -> None:
        """Say how much disk a user's uploads and results may take up; 0 for no limit.

        Raises:
            RequestError: there is none, or it is less than nothing.
        """
        if quota_bytes < 0:
            raise RequestError("A quota is not less than nothing.", "Give a size, or none.")
        with self._file.writing() as db:
            row = _row(db, name)
            db.execute(
                "UPDATE users SET quota_bytes = ? WHERE name = ?", (quota_bytes, row["name"])
            )

    def quota_bytes(self, name: str) -> int:
        """How much disk a user may take up; 0 for no limit, or no such user."""
        with self._file.reading() as db:
            row = db.execute("SELECT quota_bytes FROM users WHERE name = ?", (name,)).fetchone()
        return int(row["quota_bytes"]) if row is not None else 0

    def set_password(self, name: str, password: str) -> None:
        """Give a user another password, end all sessions and keys, and forget wrong tries.

        Raises:
            RequestError: there is none, or the password is too weak.
        """
        passwords.check_new_password(password, _folded(name))
        kept = passwords.hashed(password)
        with self._file.writing() as db:
            row = _row(db, name)
            db.execute("UPDATE users SET password = ? WHERE name = ?", (kept, row["name"]))
            db.execute("DELETE FROM sessions WHERE name = ?", (row["name"],))
            db.execute("DELETE FROM failures WHERE who = ?", (f"name:{row['name']}",))

    def sign_in(self, name: str, password: str, address: str, label: str = "page") -> str:
        """The token of a new session.

        Args:
            name, password: as typed.
            address: where the request comes from.
            label: what the session is for.

        Raises:
            SignInRefused: wrong, in words that do not tell which of the two; or too many tries.
        """
        name = _folded(name)
        by_name, by_address = f"name:{name}"[:80], f"address:{address}"
        keys = ((by_name, throttle.FREE_PER_NAME), (by_address, throttle.FREE_PER_ADDRESS))
        with self._file.writing() as db:
            self._check_tries(db, keys)
            row = db.execute("SELECT password FROM users WHERE name = ?", (name,)).fetchone()
            # Counted before it is known to be wrong: tries that come at once do not slip through.
            for who, _ in keys:
                db.execute(
                    "INSERT INTO failures VALUES (?, 1, ?) ON CONFLICT (who) "
                    "DO UPDATE SET count = count + 1, at = excluded.at",
                    (who, self._clock()),
                )
        if not passwords.matches(password, row["password"] if row else passwords.NOBODY):
            raise SignInRefused(
                "Name and password do not belong together.",
                "Try again; a new password is set with: studio users password NAME",
            )
        with self._file.writing() as db:
            # An address that is shared keeps what others of it got wrong.
            db.execute("DELETE FROM failures WHERE who = ?", (by_name,))
            db.execute("UPDATE failures SET count = count - 1 WHERE who = ?", (by_address,))
            return self._begin(db, name, label, IDLE_S, LONGEST_S)

    def make_key(self, name: str, label: str, days: int = KEY_DAYS) -> str:
        """A token for a script, which is shown once and kept as a hash.

        Raises:
            RequestError: there is no such user.
        """
        if not 1 <= days <= 3650:
            raise RequestError("A key is good for 1 to 3650 days.", "Give --days.")
        with self._file.writing() as db:
            row = _row(db, name)
            seconds = days * 86400.0
            return self._begin(db, row["name"], f"key {label}", seconds, seconds)

    def who(self, token: str) -> User | None:
        """Whose session a token is, as long as it has not ended."""
        if not token or len(token) > 200:
            return None
        now = self._clock()
        with self._file.reading() as db:
            row = db.execute(
                "SELECT sessions.*, users.role FROM sessions JOIN users USING (name) "
                "WHERE digest = ?",
                (_digest(token),),
            ).fetchone()
        if row is None or now > row["ends_at"] or now > row["used_at"] + row["idle_s"]:
            return None
        if now - row["used_at"] > _TOUCH_S:
            # It is signed in all the same.
            with suppress(RequestError), self._file.writing() as db:
                db.execute("UPDATE sessions SET used_at = ? WHERE digest = ?", (now, row["digest"]))
        return User(row["name"], Role(row["role"]))

    def check_role(self, name: str, role: Role) -> None:
        """Raise where a user's role, as the book has it now, does not reach so far.

        Raises:
            NotAllowed: so it is, or there is no such user any more.
        """
        with self._file.reading() as db:
            row = db.execute("SELECT role FROM users WHERE name = ?", (name,)).fetchone()
        if row is None or not Role(row["role"]).may(role):
            raise NotAllowed(f"That takes the role {role}.", "Ask an admin of the studio.")

    def sign_out(self, token: str) -> None:
        """End a session."""
        with self._file.writing() as db:
            db.execute("DELETE FROM sessions WHERE digest = ?", (_digest(token),))

    def sign_out_everywhere(self, name: str) -> int:
        """End every session and key of a user; how many there were.

        Raises:
            RequestError: there is no such user.
        """
        with self._file.writing() as db:
            row = _row(db, name)
            return db.execute("DELETE FROM sessions WHERE name = ?", (row["name"],)).rowcount

    def _begin(
        self, db: sqlite3.Connection, name: str, label: str, idle_s: float, longest_s: float
    ) -> str:
        token, now = secrets.token_urlsafe(32), self._clock()
        db.execute("DELETE FROM sessions WHERE ends_at < ? OR used_at + idle_s < ?", (now, now))
        made = db.execute(
            "INSERT INTO sessions SELECT ?, name, ?, ?, ?, ?, ? FROM users WHERE name = ?",
            (_digest(token), label[:60], now, now, now + longest_s, idle_s, name),
        )
        if made.rowcount != 1:  # removed between the two looks
            raise SignInRefused("Name and password do not belong together.")
        return token

    def _check_tries(self, db: sqlite3.Connection, keys: tuple[tuple[str, int], ...]) -> None:
        now = self._clock()
        db.execute("DELETE FROM failures WHERE at < ?", (now - throttle.FORGOTTEN_S,))
        wait_s = 0.0
        for who, free in keys:
            row = db.execute("SELECT * FROM failures WHERE who = ?", (who,)).fetchone()
            if row is not None:
                until = row["at"] + throttle.wait_after(row["count"], free)
                wait_s = max(wait_s, throttle.left_s(until, now))
        if wait_s > 0:
            raise SignInRefused(
                f"Too many wrong tries: wait {wait_s:.0f} s.",
                "An admin can set a new password: studio users password NAME",
                wait_s=wait_s,
            )


def checked_name(name: str) -> str:
    """A user's name as the book writes it: letters and digits of any script, small.

    Raises:
        RequestError: it is none.
    """
    folded = _folded(name)
    if not _NAME.match(folded) or folded in _TAKEN or ".." in folded:
        raise RequestError(
            f"{name[:40]!r} is no name for a user.",
            "Letters, digits, '.', '-' and '_', beginning with a letter or digit, 32 at most.",
        )
    return folded


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _digest(token: str) -> str:
    # A token has 256 random bits, so a plain hash is enough: it cannot be guessed from it.
    return hashlib.sha256(token.encode()).hexdigest()


def _row(db: sqlite3.Connection, name: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM users WHERE name = ?", (_folded(name),)
    ).fetchone()
    if row is None:
        raise RequestError(f"There is no user {name[:40]!r}.", "See: studio users list")
    return row


def _check_admin_left(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    (others,) = db.execute(
        "SELECT count(*) FROM users WHERE role = ? AND name != ?", (Role.ADMIN, row["name"])
    ).fetchone()
    if row["role"] == Role.ADMIN and not others:
        raise RequestError(
            f"{row['name']} is the last admin.", "Make somebody else admin first: studio users role"
        )
