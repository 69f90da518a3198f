"""How drawn cues look: the style that goes with a profile, or a file of the house's own."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from pipelines.subtitles.house_file import read_toml, refuse_unknown
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
    data = read_toml(path, "style", _MAX_BYTES)
    refuse_unknown(path, "style", data, [field.name for field in fields(CueStyle)])
    try:
        return codec.from_json(CueStyle, data)
    except RequestError as exc:
        what = exc.message.replace("$.", "").replace("$: ", "")
        raise RequestError(f"{path}: {what}", "Mend the value in the style.") from exc
