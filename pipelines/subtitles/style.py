"""How drawn cues look: the style that goes with a profile, or a file of the house's own."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import fields
from pathlib import Path

from pipelines.subtitles.profile import Profile
from studio import codec
from studio.errors import RequestError
from studio.types.cue_style import CueStyle

_FOLDER = Path(__file__).parent / "styles"
_MAX_BYTES = 64 * 1024


def style_for(profile: Profile) -> CueStyle:
    """The style that goes with a profile: the one of its name, or the one for its kind."""
    own = _FOLDER / f"{profile.name}.toml"
    name = profile.name if own.exists() else "social" if profile.karaoke else "plain"
    return read_style(_FOLDER / f"{name}.toml")


def read_style(path: Path) -> CueStyle:
    """A style from a TOML file that gives what differs from the usual one.

    Raises:
        RequestError: the file cannot be read, or a key or value makes no sense; the message
            names file and key.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as exc:
        raise RequestError(
            f"The style {path} cannot be read: {exc.strerror}.", "Check the name of the file."
        ) from exc
    if len(raw) > _MAX_BYTES:
        raise RequestError(f"{path} is too long for a style.", "Check that it is the right file.")
    try:
        data = tomllib.loads(raw.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise RequestError(f"{path} is no TOML: {exc}", "Mend the file.") from exc
    keys = [field.name for field in fields(CueStyle)]
    for key in data:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, 1)
            raise RequestError(
                f"{path} has a key that no style has: {key}",
                f"Did you mean {near[0]}?" if near else f"The keys are {', '.join(keys)}.",
            )
    try:
        return codec.from_json(CueStyle, data)
    except RequestError as exc:
        what = exc.message.replace("$.", "").replace("$: ", "")
        raise RequestError(f"{path}: {what}", "Mend the value in the style.") from exc
