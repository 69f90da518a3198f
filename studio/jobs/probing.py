"""Looks at a stranger's file in a process of its own, locked in and limited.

A file made to break a decoder breaks that process, and not the page of everybody. It costs about
half a second of processor time, of which a tenth is the file's (2 cores, a clip of 2 s).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from studio import errors
from studio.codec import from_json, to_json
from studio.errors import LimitExceeded, StudioError, UnsupportedMedia
from studio.jobs import confinement
from studio.jobs.scrub import scrubbed
from studio.media.sniff import FileKind, kind_of_file
from studio.settings import Settings
from studio.types.media import MediaInfo

_BASE_S, _BYTES_A_SECOND = 20.0, 20 << 20
_MEMORY_BYTES = 3 << 30
_MOST_ANSWER_BYTES = 8 << 20
#: A text that people write by hand, and a file of a look.
MOST_TEXT_BYTES = 16 << 20
_COMMAND = (
    sys.executable,
    "-P",
    "-c",
    f"import sys; sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})\n"
    "from studio.jobs.probing import answer; answer(sys.argv[1], sys.argv[2])",
)


def examine(
    path: Path, settings: Settings, wanted: FileKind = FileKind.MEDIA, limit_s: float | None = None
) -> MediaInfo | None:
    """Find out what a file is that nobody vouches for.

    Args:
        path: a file that is here whole.
        settings: the limits.
        wanted: what it has to be.
        limit_s: seconds it may take; by its length where not given.

    Returns:
        As :func:`studio.media.probe.probe`; None where it is a picture or a text.

    Raises:
        MediaError: it is something else, damaged, over a limit, or takes too long.
    """
    found = kind_of_file(path)
    if found is not wanted:
        said = f"a {found}" if found else "of a kind that the studio does not take"
        raise UnsupportedMedia(
            f"{path.name} is {said} by its content, not {_CALLED[wanted]}.",
            "Choose another file, or convert this one.",
        )
    if wanted is FileKind.TEXT and path.stat().st_size > MOST_TEXT_BYTES:
        raise LimitExceeded(f"{path.name} is too long for a text.", "Is it the right file?")
    limit_s = limit_s or _BASE_S + path.stat().st_size / _BYTES_A_SECOND
    try:
        done = subprocess.run(
            [*_COMMAND, str(path.absolute()), wanted.value],
            input=json.dumps(to_json(settings.model_dump(mode="json"))).encode(),
            capture_output=True,
            timeout=limit_s,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            start_new_session=True,
            check=False,
        )
        said = json.loads(done.stdout[:_MOST_ANSWER_BYTES])
    except subprocess.TimeoutExpired as exc:
        raise LimitExceeded(
            f"{path.name} could not be read within {limit_s:.0f} s.",
            "It may be damaged; convert it to MP4 and try again.",
        ) from exc
    except ValueError as exc:
        raise UnsupportedMedia(
            f"{path.name} broke what tried to read it.",
            "It is damaged, or made to do harm. Copy it again from its source.",
        ) from exc
    if "error" in said:
        kind = getattr(errors, str(said["error"]), UnsupportedMedia)
        if not (isinstance(kind, type) and issubclass(kind, errors.MediaError)):
            kind = UnsupportedMedia
        raise kind(said["message"], said["hint"])
    return from_json(MediaInfo, said["info"]) if said["info"] else None


_CALLED = {
    FileKind.MEDIA: "a video or sound",
    FileKind.PICTURE: "a picture",
    FileKind.TEXT: "a text",
}


def answer(path: str, wanted: str) -> None:
    """The other process: writes what it found to its standard output, as JSON."""
    said = sys.stdin.buffer.read()
    settings = Settings(**json.loads(said))
    # What a library prints must not be taken for an answer.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _limit()
    look = _looks(FileKind(wanted))
    try:
        info = confinement.confined(lambda: look(Path(path), settings), [Path(path)], [], settings)
        told: dict[str, Any] = {"info": to_json(info) if info is not None else None}
    except StudioError as exc:
        told = {
            "error": type(exc).__name__,
            "message": scrubbed(exc.message),
            "hint": exc.hint,
        }
    json.dump(told, out)
    out.close()


def _looks(wanted: FileKind) -> Any:
    # Imported before the process is locked in and its memory is limited.
    if wanted is FileKind.MEDIA:
        from studio.media.probe import probe

        return probe
    if wanted is FileKind.PICTURE:
        from studio.media.still import read_still

        def picture(path: Path, settings: Settings) -> None:
            read_still(path, settings)

        return picture

    def text(path: Path, _: Settings) -> None:
        try:
            path.read_text("utf-8-sig")
        except UnicodeDecodeError as exc:
            raise UnsupportedMedia(f"{path.name} is no UTF-8 text.", "Save it as UTF-8.") from exc

    return text


def _limit() -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
