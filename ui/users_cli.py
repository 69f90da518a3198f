"""``studio users …``: who may use the page of a shared machine."""

from __future__ import annotations

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
            {"name": u.name, "role": u.role.value, "made_at": u.made_at, "sessions": u.sessions}
            for u in users
        ]
    }

    def show() -> None:
        for u in users:
            since = time.strftime("%Y-%m-%d", time.localtime(u.made_at))
            print(f"{u.name:<24} {u.role:<9} since {since}, {u.sessions} sessions")
        if not users:
            print("Nobody: studio users add NAME --role admin")

    emit(as_json, data, show)
