"""Draws single frames of footage nobody vouches for, in processes that stay, locked in and limited.

Whoever trims a clip frame by frame asks for two pictures at every step. A fresh process, as
``probing.py`` starts, would take half a second for each of them; one that stays has its imports
done and remembers what it opened last. Each owner has a process of their own: what a file of one
breaks, or reads, is nobody else's.
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
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.codec import from_json, to_json
from studio.errors import LimitExceeded, StudioError, UnsupportedMedia
from studio.jobs import confinement
from studio.jobs.probing import error_told, error_words, limit_this_process
from studio.settings import Settings
from studio.types.timeline import Clip, Timeline

if TYPE_CHECKING:
    from studio.media.picture_render import Footage

#: Seconds a picture may take: an hour's film is read through once to be opened.
_LIMIT_S = 30.0
#: A process that nobody asks anything ends.
_IDLE_S = 120.0
_MOST_PROCESSES = 3
_MOST_OPEN = 8
_MOST_ANSWER_BYTES = 8 << 20
_COMMAND = (
    sys.executable,
    "-P",
    "-c",
    f"import sys; sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})\n"
    "from studio.jobs.frame_drawing import answer; answer()",
)


class FrameDrawing(contextlib.AbstractContextManager["FrameDrawing"]):
    """The side of whoever asks. Threads may share it; its processes end on leaving.

    Args:
        settings: limits on the footage, and where caches lie.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._drawers: OrderedDict[str, _Drawer] = OrderedDict()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            drawers = [*self._drawers.values()]
            self._drawers.clear()
        for drawer in drawers:
            drawer.end()

    def jpeg(
        self, owner: str, timeline: Timeline, clip: Clip, number: int, at: int, height_px: int
    ) -> bytes:
        """One frame of a clip as the film shows it, a JPEG.

        Args:
            owner: whose footage it is.
            timeline: the cut.
            clip: of it, or one that stands in for another.
            number: of the source frame.
            at: timeline frames from the clip's start, for its crop.
            height_px: of the picture.

        Raises:
            MediaError: the source has gone, cannot be read, broke what tried, or takes too long.
            RequestError: it has changed since the plan was made.
        """
        source = timeline.source(clip.source)
        alone = replace(
            timeline, items=(clip,), broll=(), sources=(source,), music=None, options={}, notes=()
        )
        asked = {
            "settings": to_json(self._settings.model_dump(mode="json")),
            "timeline": to_json(alone),
            "number": number,
            "at": at,
            "height_px": height_px,
        }
        return self._drawer(owner).jpeg(json.dumps(asked).encode(), Path(source.path).name)

    def _drawer(self, owner: str) -> _Drawer:
        with self._lock:
            drawer = self._drawers.setdefault(owner, _Drawer())
            self._drawers.move_to_end(owner)
            spare = len(self._drawers) - _MOST_PROCESSES
            over = [self._drawers.popitem(last=False)[1] for _ in range(spare)]
        for each in over:
            each.end()
        return drawer


class _Drawer:
    """A process, started when it is first asked and again where it has ended."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._said: queue.Queue[bytes] = queue.Queue()

    def jpeg(self, asked: bytes, name: str) -> bytes:
        slow = LimitExceeded(
            f"A picture of {name} took longer than {_LIMIT_S:.0f} s.",
            "It may be damaged; convert it to MP4 and try again.",
        )
        if not self._turn.acquire(timeout=_LIMIT_S):
            raise slow
        try:
            # One that was idle may end just now; a fresh one that dies died of the file.
            for fresh in (self._process is None, True):
                if self._process is None:
                    self._start()
                line = self._answer(asked, slow)
                if line or fresh:
                    return _picture(line, name)
            raise AssertionError("unreachable")
        finally:
            self._turn.release()

    def end(self) -> None:
        """Kill it."""
        process, self._process = self._process, None
        if process is None:
            return
        if sys.platform == "win32":
            process.kill()
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()

    def _start(self) -> None:
        self._said = queue.Queue()
        self._process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )
        threading.Thread(target=_hear, args=(self._process, self._said), daemon=True).start()

    def _answer(self, asked: bytes, slow: StudioError) -> bytes:
        """A line; empty where the process has ended."""
        process = self._process
        assert process is not None and process.stdin is not None
        try:
            process.stdin.write(asked + b"\n")
            process.stdin.flush()
            line = self._said.get(timeout=_LIMIT_S)
        except queue.Empty:
            self.end()
            raise slow from None
        except OSError:
            line = b""
        if not line:
            self.end()
        return line


def _hear(process: subprocess.Popen[bytes], said: queue.Queue[bytes]) -> None:
    assert process.stdout is not None
    with contextlib.suppress(OSError, ValueError), process.stdout as stream:
        # A longer line is cut, and is no JSON then.
        while line := stream.readline(_MOST_ANSWER_BYTES):
            said.put(line)
    said.put(b"")


def _picture(line: bytes, name: str) -> bytes:
    try:
        said = json.loads(line)
        if "error" in said:
            raise error_told(said)
        return base64.b64decode(said["jpeg"], validate=True)
    except (ValueError, KeyError, TypeError) as exc:
        raise UnsupportedMedia(
            f"{name} broke what tried to read it.",
            "It is damaged, or made to do harm. Copy it again from its source.",
        ) from exc


def answer() -> None:
    """The other process: a line of JSON for each that it reads; ends when nobody asks any more."""
    # What a library prints must not be taken for an answer.
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    # Imported before anything is locked in and memory is limited.
    import studio.media.image_io
    import studio.media.thumbnails  # noqa: F401

    limit_this_process()
    asked: queue.Queue[bytes] = queue.Queue()

    def hear() -> None:
        for line in sys.stdin.buffer:
            asked.put(line)
        os._exit(0)  # whoever asked is gone, whatever is being decoded

    threading.Thread(target=hear, daemon=True).start()
    opened: OrderedDict[tuple[Any, ...], Footage] = OrderedDict()
    with contextlib.suppress(queue.Empty):
        while True:
            out.write(json.dumps(_told(json.loads(asked.get(timeout=_IDLE_S)), opened)) + "\n")
            out.flush()
    os._exit(0)


def _told(asked: dict[str, Any], opened: OrderedDict[tuple[Any, ...], Footage]) -> dict[str, Any]:
    from studio.media.image_io import jpeg_bytes
    from studio.media.picture_render import open_footage
    from studio.media.thumbnails import clip_frame

    settings, timeline = Settings(**asked["settings"]), from_json(Timeline, asked["timeline"])
    (clip,), (source,) = timeline.clips, timeline.sources
    path = Path(source.path)

    def draw() -> bytes:
        key = (source.path, source.content_hash, *_seen_of(path))
        if key not in opened:
            opened[key] = open_footage(timeline, settings)[source.id]
            while len(opened) > _MOST_OPEN:
                opened.popitem(last=False)
        number, at = int(asked["number"]), int(asked["at"])
        rgb = clip_frame(timeline, clip, opened[key], number, at, int(asked["height_px"]))
        return jpeg_bytes(rgb)

    try:
        jpeg = confinement.confined(draw, [path], [], settings)
    except StudioError as exc:
        return error_words(exc)
    return {"jpeg": base64.b64encode(jpeg).decode("ascii")}


def _seen_of(path: Path) -> tuple[int, ...]:
    """What tells a file from another that was put in its place."""
    with contextlib.suppress(OSError):
        found = path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns
    return ()
