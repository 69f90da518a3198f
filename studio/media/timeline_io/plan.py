"""The plan file: a timeline as JSON that a person can read and edit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from studio.codec import from_json, to_json
from studio.errors import RequestError
from studio.media.writer import write_beside
from studio.types.timeline import Timeline

SCHEMA = 1
#: A plan of an hour with a thousand clips is about 2 MB; anything far larger is something else.
MOST_BYTES = 64 << 20
_WIDTH = 112


def plan_text(timeline: Timeline) -> str:
    """The plan as JSON: what fits on a line is on one, so a clip reads as a small table."""
    text = _pretty(to_json(timeline), 0) + "\n"
    # Names of files may hold bytes that are no UTF-8; Python keeps them as lone surrogates.
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _pretty(value: Any, indent: int) -> str:
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not isinstance(value, dict | list) or not value or len(flat) + indent <= _WIDTH:
        return flat
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        rows = [
            f"{pad}{json.dumps(key, ensure_ascii=False)}: {_pretty(item, indent + 2)}"
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
    rows = [pad + _pretty(item, indent + 2) for item in value]
    return "[\n" + ",\n".join(rows) + "\n" + " " * indent + "]"


def write_plan(timeline: Timeline, path: Path) -> None:
    """Write the plan; the file appears whole or not at all.

    Raises:
        EncodeFailed: it cannot be written.
    """
    text = plan_text(timeline)
    with write_beside(path) as beside:
        beside.write_text(text, encoding="utf-8")


def read_plan(path: Path) -> Timeline:
    """Read a plan, perhaps edited by hand. Its layout is checked here; whether it can be
    rendered is for :func:`check_timeline`.

    Raises:
        RequestError: it cannot be read or is not a plan; the message names line or field.
    """
    name = path.name
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RequestError(f"{name} is too large for a plan", "Name a .plan.json file.")
        text = path.read_text(encoding="utf-8-sig")
        data = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except OSError as exc:
        raise RequestError(
            f"The plan {path} cannot be read: {exc.strerror or exc}", "Check the name."
        ) from exc
    except UnicodeDecodeError as exc:
        raise RequestError(
            f"{name} is not text in UTF-8 (byte {exc.start})", "Name a .plan.json file."
        ) from exc
    except json.JSONDecodeError as exc:
        raise RequestError(
            f"{name}, line {exc.lineno}, column {exc.colno}: {exc.msg}",
            "Mend the JSON there: often a comma or a quote is missing or too many.",
        ) from exc
    except (_BadObjectError, RecursionError) as exc:
        raise RequestError(f"{name}: {exc}", "Mend the JSON.") from exc
    schema = data.get("schema", SCHEMA) if isinstance(data, dict) else SCHEMA
    if schema != SCHEMA:
        raise RequestError(
            f"{name} has layout {schema!r}; this studio reads layout {SCHEMA}",
            "Use the version of the studio that wrote it, or plan anew.",
        )
    try:
        return from_json(Timeline, data)
    except RequestError as exc:
        raise RequestError(f"{name}: {exc.message}", exc.hint) from exc


class _BadObjectError(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _BadObjectError(f"{twice!r} stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise _BadObjectError(f"{name} is not a number")
