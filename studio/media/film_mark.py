"""What made a film or a picture, written into it: readable by people, and back into the command.

An MP4 keeps the tags ``comment``, a sentence, and ``description``, the whole as JSON; a PNG keeps
texts of the same names. No folder of the machine is written, only names of files and digests of
their content.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from studio.codec import from_json, to_json
from studio.errors import RequestError
from studio.media.container import open_media
from studio.settings import Settings

_KIND = "media-studio-mark-1"


@dataclass(frozen=True)
class FilmMark:
    """What made a film.

    Attributes:
        command: its words, ``("studio", "stylize", "day.mp4", "--look", "starry")``.
        inputs: name of each file the command names to a digest of its content.
        models: name and version of each model to the precision it computed in.
        software: name and version of what ran it.
        digest: of all that decides the pixels; films of one digest are the same. Empty where
            that was not kept.
        deed: what was done to the pictures, ``changed`` or ``made`` by models; or ``edited``,
            cut or lettered.
        signed: whether it was signed when it was made: without a signature it then lacks one.
    """

    command: tuple[str, ...]
    inputs: dict[str, str]
    models: dict[str, str] = field(default_factory=dict)
    software: str = ""
    digest: str = ""
    deed: str = "changed"
    signed: bool = False

    @property
    def command_line(self) -> str:
        """The command as a shell takes it."""
        return shlex.join(self.command)

    def to_metadata(self) -> dict[str, str]:
        """The tags of the film."""
        by = f" with {', '.join(self.models)}" if self.models else ""
        body = {"kind": _KIND, **to_json(self)}
        return {
            "comment": f"Pictures {self.deed} by software{by}: {self.command_line}",
            "description": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        }


def software() -> str:
    """Name and version of what runs."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"media-studio {version('media-studio')}"
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "media-studio"


def read_mark(path: Path, settings: Settings | None = None) -> FilmMark:
    """What a film or a picture says made it.

    Raises:
        MediaError: the file cannot be opened.
        RequestError: it carries no such mark.
    """
    if path.suffix.lower() == ".png":
        from studio.media.still import read_texts

        text = read_texts(path, settings).get("description")
    else:
        with open_media(path, settings) as container:
            tags = {str(k).lower(): str(v) for k, v in container.metadata.items()}
        text = tags.get("description")
    try:
        body = json.loads(text or "")
    except ValueError:
        body = None
    if not isinstance(body, dict) or body.pop("kind", None) != _KIND:
        raise RequestError(
            f"{path.name} does not say what made it.",
            "Only films and PNG pictures the studio made carry that, and a copy through another "
            "program may lose it.",
        )
    return from_json(FilmMark, body)
