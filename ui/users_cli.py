"""``studio users …``: who may use the page of a shared machine."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studio.accounts.role import Role
from studio.errors import RequestError
from ui.command import AsJson, emit, settings_of

if TYPE_CHECKING:
    from studio.accounts.book import Accounts

users_app = typer.Typer(
    no_args_is_help=True,
    help="Users of the page on a shared machine: studio users add ada --role admin",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the user.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]
RoleOption = Annotated[
    Role,
    typer.Option(
        "--role", help="viewer looks; editor works; approver approves; admin sees the metrics too."
    ),
]


@users_app.command("add")
def add(
    name: Name,
    role: RoleOption = Role.EDITOR,
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Add a user; asks for a password. The first one has to be an admin."""
    with _book() as book:
        book.add(name, _new_password(password_stdin), role)
        _tell(book, as_json)


@users_app.command("list")
def list_users(as_json: AsJson = False) -> None:
    """Everybody, with role and open sessions."""
    with _book() as book:
        _tell(book, as_json)


@users_app.command("remove")
def remove(name: Name, as_json: AsJson = False) -> None:
    """Take a user out and end the sessions; jobs and files stay."""
    with _book() as book:
        book.remove(name)
        _tell(book, as_json)


@users_app.command("role")
def change_role(
    name: Name,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="The new one.")],
    as_json: AsJson = False,
) -> None:
    """Give a user another role, from the next click on."""
    with _book() as book:
        book.set_role(name, role)
        _tell(book, as_json)


@users_app.command("quota")
def quota(
    name: Name,
    size: Annotated[
        str | None,
        typer.Argument(metavar="SIZE", help="As 50GB or 800MB; none for no limit."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how much disk a user's uploads and results may take up; without SIZE, how much they do.

    What would be more is refused with a message: uploads before their first byte, jobs when they
    are asked for, and a job that writes more than was left is ended.
    """
    with _book() as book:
        if size is not None:
            book.set_quota(name, _size_bytes(size))
        found = next((user for user in book.users() if user.name == name.strip().casefold()), None)
    if found is None:
        raise RequestError(f"There is no user {name!r}.", "See: studio users list")
    taken = _taken_bytes(found.name)
    data = {"name": found.name, "quota_bytes": found.quota_bytes, "taken_bytes": taken}
    most = f"{found.quota_bytes / 1e9:g} GB" if found.quota_bytes else "no limit"
    emit(as_json, data, lambda: print(f"{found.name}: {taken / 1e9:.2f} GB of {most}"))


@users_app.command("password")
def change_password(name: Name, password_stdin: FromStdin = False, as_json: AsJson = False) -> None:
    """Give a user another password; signs out everywhere and ends the keys of scripts."""
    with _book() as book:
        book.set_password(name, _new_password(password_stdin))
        _tell(book, as_json)


@users_app.command("sign-out")
def sign_out(name: Name, as_json: AsJson = False) -> None:
    """End every session and key of a user, at once."""
    with _book() as book:
        ended = book.sign_out_everywhere(name)
    emit(as_json, {"ended": ended}, lambda: print(f"{ended} sessions of {name} were ended"))


@users_app.command("key")
def key(
    name: Name,
    label: Annotated[str, typer.Option(help="What it is for.")] = "script",
    days: Annotated[int, typer.Option(help="How long it is good for.")] = 90,
    as_json: AsJson = False,
) -> None:
    """Make a key for a script of a user; it is shown this once.

    It goes with each request, as Authorization: Bearer KEY.
    """
    with _book() as book:
        made = book.make_key(name, label, days)
    emit(as_json, {"key": made, "days": days}, lambda: print(made))


@contextmanager
def _book() -> Iterator[Accounts]:
    from studio.accounts.book import Accounts, accounts_path

    book = Accounts(accounts_path(settings_of()))
    try:
        yield book
    finally:
        book.close()


def _size_bytes(text: str) -> int:
    if text.strip().casefold() == "none":
        return 0
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*(MB|GB|TB)", text.strip(), re.IGNORECASE)
    units = {"mb": 1e6, "gb": 1e9, "tb": 1e12}
    size = round(float(found[1]) * units[found[2].lower()]) if found else 0
    if not size:
        raise RequestError(f"{text!r} is no size.", "Write 50GB, 800MB or none.")
    return size


def _taken_bytes(name: str) -> int:
    from studio.accounts.quota import taken_bytes
    from studio.archive.library import Library, library_path
    from ui.web.app import kept_by, results_of

    settings = settings_of()
    library = Library.open(library_path(settings))
    try:
        return taken_bytes(kept_by(name, settings, results_of(settings), library))
    finally:
        library.close()


def _new_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise RequestError(
            "There is no terminal to type a password at.", "Pipe it in: --password-stdin"
        )
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def _tell(book: Accounts, as_json: bool) -> None:
    users = book.users()
    data: dict[str, Any] = {
        "users": [
            {
                "name": u.name,
                "role": u.role.value,
                "made_at": u.made_at,
                "sessions": u.sessions,
                "quota_bytes": u.quota_bytes,
            }
            for u in users
        ]
    }

    def show() -> None:
        for u in users:
            since = time.strftime("%Y-%m-%d", time.localtime(u.made_at))
            quota = f", {u.quota_bytes / 1e9:g} GB" if u.quota_bytes else ""
            print(f"{u.name:<24} {u.role:<9} since {since}, {u.sessions} sessions{quota}")
        if not users:
            print("Nobody: studio users add NAME --role admin")

    emit(as_json, data, show)
