"""What a person decided, kept apart from what models found, in a file a person can read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from studio import codec
from studio.errors import RequestError
from studio.media.writer import write_beside

D = TypeVar("D")

_MAX_BYTES = 64 << 20


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
