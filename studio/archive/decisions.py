"""What a person decided, kept apart from what models found, in a file a person can read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from studio import codec
from studio.errors import RequestError
from studio.media.writer import write_beside

D = TypeVar("D")

_MAX_BYTES = 64 << 20
#: Seconds that another writer is waited for.
_WAIT_S = 30.0


def read_decisions(kind: type[D], path: Path) -> D:
    """Decisions from a file; none where there is no file.

    Args:
        kind: a dataclass whose fields all have defaults.
        path: of the file.

    Raises:
        RequestError: the file is there and is not what the studio wrote.
    """
    if not path.exists():
        return kind()
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
        if len(raw) > _MAX_BYTES:
            raise ValueError("it is too long")
        return codec.from_json(kind, json.loads(raw.decode("utf-8")))
    except (OSError, ValueError, RequestError, RecursionError) as exc:
        what = exc.message if isinstance(exc, RequestError) else str(exc)
        raise RequestError(
            f"The corrections in {path} cannot be read: {what}.",
            "Mend the file, or move it away to begin without corrections.",
        ) from exc


def write_decisions(path: Path, decisions: Any) -> None:
    """Keep decisions; the file appears whole or not at all."""
    with write_beside(path) as beside:
        text = json.dumps(codec.to_json(decisions), ensure_ascii=False, indent=1)
        beside.write_text(text, encoding="utf-8")


def change_decisions(kind: type[D], path: Path, change: Callable[[D], D]) -> D:
    """Read decisions, change them and keep them; of two who do so at once neither is lost.

    Args:
        kind: a dataclass whose fields all have defaults.
        path: of the file.
        change: from the decisions as they are to those as they shall be; what it raises leaves
            the file as it was.

    Returns:
        The decisions as they are now.

    Raises:
        RequestError: the file cannot be read, or somebody else has kept it for too long.
        EncodeFailed: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=_WAIT_S):
            before = read_decisions(kind, path)
            after = change(before)
            if after != before:
                write_decisions(path, after)
            return after
    except Timeout as exc:
        raise RequestError(
            f"Somebody else is changing {path}.", "Try again when they are done."
        ) from exc
    except OSError as exc:
        raise RequestError(
            f"{path} cannot be written: {exc.strerror or exc}.",
            "Check the folder that STUDIO_DATA_DIR names.",
        ) from exc
