"""The file of settings, read and changed: ``studio.toml`` in the user's configuration folder."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studio.errors import RequestError
from studio.settings import Settings, config_file

_WRITING = threading.Lock()


class BadSetting(RequestError):
    """A value that a setting cannot have.

    Args:
        name: of the setting; empty where the whole file is at fault.
        reason: what is wrong, in words.
        kind: the same for programs: pydantic's name of the error.
        least: what it has to be at least, or above, where that is what is wrong.
    """

    def __init__(self, name: str, reason: str, kind: str = "", least: float = 0) -> None:
        self.name, self.reason, self.kind, self.least = name, reason, kind, least
        super().__init__(f"{name or config_file()}: {reason}", "Nothing was changed.")


def from_environment(name: str) -> bool:
    """Whether a variable sets it: the file has no say then."""
    return f"STUDIO_{name.upper()}" in os.environ


def in_file() -> dict[str, Any]:
    """What the file says now; nothing where there is none or it cannot be read."""
    path = config_file()
    try:
        stat = path.stat()
        return dict(_read(path, stat.st_mtime_ns, stat.st_ino))
    except (OSError, ValueError):  # of its letters or its grammar
        return {}


@lru_cache(maxsize=1)
def _read(path: Path, changed_ns: int, inode: int) -> dict[str, Any]:
    """The file as it was when it was changed last: it is asked for often."""
    import tomllib

    return tomllib.loads(path.read_text("utf-8"))


def now(name: str) -> Any:
    """A setting as it stands now: the file may have been changed since the studio started."""
    usual = Settings.model_fields[name].get_default(call_default_factory=True)
    variable = os.environ.get(f"STUDIO_{name.upper()}")
    found = in_file().get(name) if variable is None else variable
    if found is None:
        return usual
    try:
        return getattr(_settings({name: found}), name)
    except ValueError:  # pydantic's is one, and so is a file that is none
        return usual


def change(values: dict[str, Any]) -> Path:
    """Write settings into the file; what else stands there, comments too, stays.

    Args:
        values: name to value; None takes the setting out of the file.

    Raises:
        BadSetting: a value cannot be, a variable sets it, or the file cannot be read or written.
            Nothing is changed then.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    from studio.media.writer import write_beside

    for name, value in values.items():
        if name not in Settings.model_fields:
            raise ValueError(f"no setting is called {name!r}")
        if value is not None:
            _check(name, value)
    path = config_file()
    with _WRITING:
        try:
            text = path.read_text("utf-8") if path.is_file() else ""
            document = tomlkit.parse(text)
            for name, value in values.items():
                if value is None:
                    document.pop(name, None)
                else:
                    document[name] = str(value) if isinstance(value, Path) else value
            path.parent.mkdir(parents=True, exist_ok=True)
            with write_beside(path) as beside:
                beside.write_text(tomlkit.dumps(document), encoding="utf-8")
        except (OSError, UnicodeDecodeError, TOMLKitError) as exc:
            raise BadSetting("", str(exc)) from exc
    return path


def _check(name: str, value: Any) -> None:
    if from_environment(name):
        raise BadSetting(name, f"the variable STUDIO_{name.upper()} sets it")
    try:
        _settings({name: value})
    except ValidationError as exc:
        wrong = [error for error in exc.errors() if error["loc"][:1] == (name,)]
        if wrong:  # another may be at fault in the file, and is not what is changed here
            limits = wrong[0].get("ctx", {})
            least = limits.get("ge", limits.get("gt", 0))
            raise BadSetting(name, wrong[0]["msg"], wrong[0]["type"], least) from exc
    except ValueError as exc:  # of the file's grammar
        raise BadSetting("", str(exc)) from exc


def _settings(values: dict[str, Any]) -> Settings:
    return Settings(**values)
