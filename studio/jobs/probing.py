"""Looks at a stranger's file in a process of its own, locked in and limited.

A file made to break a decoder breaks that process, and not the page of everybody. It costs about
half a second of processor time, of which a tenth is the file's (2 cores, a clip of 2 s).
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import zlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio import errors
from studio.codec import from_json, to_json
from studio.errors import LimitExceeded, NoSuchMedia, StudioError, UnsupportedMedia
from studio.jobs import confinement
from studio.jobs.scrub import scrubbed
from studio.media.sniff import FileKind, kind_of_file
from studio.settings import Settings
from studio.types.media import FrameTimes, MediaInfo

_BASE_S, _BYTES_A_SECOND = 20.0, 20 << 20
_MEMORY_BYTES = 3 << 30
_MOST_ANSWER_BYTES = 8 << 20
#: A day at 240 a second.
_MOST_FRAMES = 24 * 3600 * 240
#: What is wanted of a film, beside the kinds of files.
_TIMES = "times"
#: A text that people write by hand, and a file of a look.
MOST_TEXT_BYTES = 16 << 20
_COMMAND = (
    sys.executable,
    "-P",
    "-c",
    f"import sys; sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})\n"
    "from studio.jobs.probing import answer; answer(sys.argv[1])",
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
    (found_of,) = _asked([path], settings, wanted, limit_s)
    if isinstance(found_of, StudioError):
        raise found_of
    assert not isinstance(found_of, FrameTimes)
    return found_of


def examine_media(paths: Sequence[Path], settings: Settings) -> list[MediaInfo | StudioError]:
    """Find out what media files are that nobody vouches for, as :func:`examine` does.

    One process looks at all of them, so that a folder of a hundred costs little more than one;
    another takes over where a file breaks it.

    Args:
        paths: files.
        settings: the limits.

    Returns:
        For each what it is, or why it is refused.
    """
    found = _asked(paths, settings, FileKind.MEDIA, None)
    return [each for each in found if isinstance(each, MediaInfo | StudioError)]


def examine_named(path: Path, settings: Settings) -> MediaInfo:
    """Find out what a media file is that somebody named by its path.

    Unlike :func:`examine` it may be of any kind that the probe reads, not only of those that may be
    sent.

    Raises:
        MediaError: it is no media, damaged, over a limit, or takes too long.
    """
    (found,) = examine_media([path], settings)
    if isinstance(found, StudioError):
        raise found
    return found


def examine_times(path: Path, settings: Settings) -> FrameTimes:
    """When each frame of a film is shown that nobody vouches for.

    Raises:
        MediaError: it cannot be read, has no picture, or takes too long.
    """
    (found,) = _asked([path], settings, _TIMES, None)
    if isinstance(found, StudioError):
        raise found
    assert isinstance(found, FrameTimes)
    return found


_Found = MediaInfo | FrameTimes | StudioError | None


def _asked(
    paths: Sequence[Path], settings: Settings, wanted: str, limit_s: float | None
) -> list[_Found]:
    found: list[_Found] = []
    while len(found) < len(paths):
        with _Looker(paths[len(found) :], settings, wanted) as looker:
            for path in paths[len(found) :]:
                told = looker.next(path, limit_s)
                found.append(told)
                if looker.over:
                    break
    return found


class _Looker(contextlib.AbstractContextManager["_Looker"]):
    """The other process, as seen from here; it is ended on leaving.

    Attributes:
        over: it answers no more.
    """

    def __init__(self, paths: Sequence[Path], settings: Settings, wanted: str) -> None:
        self.over = False
        self._process = subprocess.Popen(
            [*_COMMAND, wanted],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )
        self._said: queue.Queue[bytes] = queue.Queue()
        asked = {
            "settings": to_json(settings.model_dump(mode="json")),
            "paths": [str(path.absolute()) for path in paths],
        }
        said = json.dumps(asked).encode()
        threading.Thread(target=self._tell, args=(said,), daemon=True).start()
        threading.Thread(target=self._hear, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        if sys.platform == "win32":
            self._process.kill()
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def next(self, path: Path, limit_s: float | None) -> _Found:
        """What it says of the next file."""
        try:
            limit_s = limit_s or _BASE_S + path.stat().st_size / _BYTES_A_SECOND
            line = self._said.get(timeout=limit_s)
            said = json.loads(line)
        except queue.Empty:
            self.over = True
            return LimitExceeded(
                f"{path.name} could not be read within {limit_s:.0f} s.",
                "It may be damaged; convert it to MP4 and try again.",
            )
        except OSError as exc:
            self.over = True  # it may have said something of it all the same
            return NoSuchMedia(f"{path.name} cannot be read: {exc.strerror}.", "Is it still there?")
        except ValueError:
            self.over = True
            return UnsupportedMedia(
                f"{path.name} broke what tried to read it.",
                "It is damaged, or made to do harm. Copy it again from its source.",
            )
        if "error" in said:
            return error_told(said)
        if "times" in said:
            return _unpacked(said["times"])
        return from_json(MediaInfo, said["info"]) if said["info"] else None

    def _tell(self, said: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError), self._process.stdin as stream:
            stream.write(said)

    def _hear(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError), self._process.stdout as stream:
            # A longer line is cut, and is no JSON then.
            while line := stream.readline(_MOST_ANSWER_BYTES):
                self._said.put(line)
        self._said.put(b"")  # it has ended


_CALLED = {
    FileKind.MEDIA: "a video or sound",
    FileKind.PICTURE: "a picture",
    FileKind.TEXT: "a text",
}


def answer(wanted: str) -> None:
    """The other process: writes what it found to its standard output, a line of JSON a file."""
    asked = json.loads(sys.stdin.buffer.read())
    settings, paths = Settings(**asked["settings"]), [Path(path) for path in asked["paths"]]
    # What a library prints must not be taken for an answer.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    limit_this_process()
    look = _looks(wanted)

    def all_of_them() -> None:
        for path in paths:
            try:
                info = look(path, settings)
                told: dict[str, Any] = (
                    {"times": _packed(info)}
                    if isinstance(info, FrameTimes)
                    else {"info": to_json(info) if info is not None else None}
                )
            except StudioError as exc:
                told = error_words(exc)
            out.write(json.dumps(told) + "\n")
            out.flush()

    confinement.confined(all_of_them, paths, [], settings)
    out.close()


def error_words(error: StudioError) -> dict[str, Any]:
    """An error as plain values, for whoever asked a process that is locked in."""
    message = scrubbed(error.message)
    return {"error": type(error).__name__, "message": message, "hint": error.hint}


def error_told(said: dict[str, Any]) -> StudioError:
    """What :func:`error_words` gave, as an error again; of a kind that footage can cause."""
    kind = getattr(errors, str(said["error"]), UnsupportedMedia)
    of_footage = (errors.MediaError, errors.RequestError)
    if not (isinstance(kind, type) and issubclass(kind, of_footage)):
        kind = UnsupportedMedia
    told: StudioError = kind(str(said["message"]), str(said["hint"]))
    return told


def _packed(times: FrameTimes) -> dict[str, Any]:
    def text(values: NDArray[np.int64]) -> str:
        # Steps are nearly all alike, so that they shrink to next to nothing.
        steps = np.diff(values, prepend=np.int64(0)).astype("<i8")
        return base64.b64encode(zlib.compress(steps.tobytes())).decode("ascii")

    return {
        "pts": text(times.pts),
        "end_pts": times.end_pts,
        "time_base": str(times.time_base),
        "keyframes": text(times.keyframes),
    }


def _unpacked(said: dict[str, Any]) -> FrameTimes:
    def values(text: str) -> NDArray[np.int64]:
        unpacking = zlib.decompressobj()
        steps = unpacking.decompress(base64.b64decode(text), _MOST_FRAMES * 8)
        if unpacking.unconsumed_tail or len(steps) % 8:
            raise LimitExceeded("The film has more frames than can be.", "Is it the right file?")
        return np.cumsum(np.frombuffer(steps, "<i8")).astype(np.int64)

    return FrameTimes(
        values(said["pts"]),
        int(said["end_pts"]),
        from_json(Fraction, said["time_base"]),
        values(said["keyframes"]),
    )


def _looks(wanted: str) -> Any:
    # Imported before the process is locked in and its memory is limited.
    if wanted == _TIMES:
        from studio.media.probe import frame_times
        from studio.media.probe import probe as look

        def times(path: Path, settings: Settings) -> FrameTimes:
            info = look(path, settings)
            if info.video is None:
                raise UnsupportedMedia(f"{path.name} has no picture.", "Choose a film.")
            return frame_times(info, settings)

        return times
    if wanted == FileKind.MEDIA:
        from studio.media.probe import probe

        return probe
    if wanted == FileKind.PICTURE:
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


def limit_this_process() -> None:
    """Let this process take no more memory than a file needs, and write next to nothing."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
