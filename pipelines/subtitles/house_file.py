"""Files a house writes by hand: glossaries, profiles, styles."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from studio.errors import RequestError

_MOST_DOTS = 64
_DEEP = re.compile(r"(?m)^[\s\[]*(?:[\w\"'-]+[ \t]*\.[ \t]*){64}")


def read_bytes(path: Path, kind: str, most_bytes: int, hint: str = "") -> bytes:
    """A whole file.

    Args:
        path: of the file.
        kind: what it is, in words.
        most_bytes: longer ones are refused unread.
        hint: where it cannot be read.

    Raises:
        RequestError: it cannot be read, or is too long.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(most_bytes + 1)
    except OSError as exc:
        raise RequestError(
            f"The {kind} {path} cannot be read: {exc.strerror}.",
            hint or "Check the name of the file.",
        ) from exc
    if len(raw) > most_bytes:
        raise RequestError(
            f"{path} is too long for a {kind}.",
            f"Check that it is the right file; a {kind} has {most_bytes >> 10} KiB at the most.",
        )
    return raw


def read_toml(path: Path, kind: str, most_bytes: int, hint: str = "") -> dict[str, Any]:
    """A TOML file; arguments and errors as :func:`read_bytes`, and an error where it is none."""
    raw = read_bytes(path, kind, most_bytes, hint)
    try:
        return parse_toml(raw.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise RequestError(f"{path} is no TOML: {exc}", "Mend the file.") from exc


def parse_toml(text: str) -> dict[str, Any]:
    """TOML as plain values.

    Raises:
        tomllib.TOMLDecodeError: it is none, or is nested deeper than people write: the parser
            takes hours over a key of a hundred thousand parts.
    """
    if any(line.count(".") > _MOST_DOTS for line in text.splitlines()) and _DEEP.search(text):
        raise tomllib.TOMLDecodeError("a key has too many parts")
    try:
        return tomllib.loads(text)
    except RecursionError as exc:
        raise tomllib.TOMLDecodeError("it is nested too deeply") from exc


def refuse_unknown(path: Path, kind: str, data: Iterable[str], keys: list[str]) -> None:
    """Name the first key that no such file has, and the one that was meant.

    Raises:
        RequestError: there is one.
    """
    for key in data:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, 1)
            raise RequestError(
                f"{path} has a key that no {kind} has: {key}",
                f"Did you mean {near[0]}?" if near else f"The keys are {', '.join(keys)}.",
            )
