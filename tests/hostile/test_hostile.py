"""Five hundred and sixty files made to do harm: no crash, no hang, nothing read or asked that is
not theirs. A short run of every kind here; all of them with ``-m slow``."""

from __future__ import annotations

import asyncio
import ctypes
import os
import queue
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from studio.errors import StudioError
from studio.media.sniff import kind_of_head
from studio.settings import Settings
from tests.footage import ffmpeg
from tests.hostile.mutations import FULL, Bait, Case, cases
from ui.web.uploads import Uploads, safe_name

ROOT = Path(__file__).resolve().parents[2]
#: Seconds of the processor that one file may take, all ways in together; the longest took 6: 30,000
#: cues, read and linted. By the clock it may be more, where others use the cores too.
LIMIT_S, LONGEST_S = 25.0, 240.0
#: A full run is cut into so many tests.
PARTS = 16


class Lure:
    """A file that nobody may open and a server that nobody may ask."""

    def __init__(self, folder: Path) -> None:
        self.canary = folder / "canary.mp4"
        self.canary.write_bytes(b"\0\0\0\x18ftypisom the canary")
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.setblocking(False)
        self.bait = Bait(str(self.canary), f"http://127.0.0.1:{self.server.getsockname()[1]}")
        libc = ctypes.CDLL(None, use_errno=True)
        self._watch = libc.inotify_init1(os.O_NONBLOCK)
        opened = 0x20  # IN_OPEN
        assert libc.inotify_add_watch(self._watch, str(self.canary).encode(), opened) >= 0

    def taken(self) -> str:
        """Who fell for it; "" where nobody did."""
        if select.select([self._watch], [], [], 0)[0]:
            os.read(self._watch, 4096)
            return "the canary was opened"
        if select.select([self.server], [], [], 0)[0]:
            self.server.accept()
            return "the server was asked"
        return ""

    def close(self) -> None:
        self.server.close()
        os.close(self._watch)


@pytest.fixture
def lure(tmp_path) -> Iterator[Lure]:
    (tmp_path / "elsewhere").mkdir()
    made = Lure(tmp_path / "elsewhere")
    yield made
    made.close()


class Reader:
    """The process of ``reading.py``; a new one where the last died or hung."""

    def __init__(self, folder: Path, commands: bool) -> None:
        self._folder, self._commands = folder, commands
        self._process: subprocess.Popen[str] | None = None
        self._said: queue.Queue[str] = queue.Queue()

    def read(self, path: Path) -> str:
        """How it ended: as the process says, ``died`` or ``hung``."""
        process = self._started()
        assert process.stdin is not None
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        began, until = _worked_s(process.pid), time.monotonic() + LONGEST_S
        while time.monotonic() < until and _worked_s(process.pid) - began < LIMIT_S:
            try:
                return self._said.get(timeout=0.1)
            except queue.Empty:
                if process.poll() is not None:
                    self._process = None
                    return f"died of {process.returncode}"
        self.close()
        return "hung"

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            process = self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.hostile.reading", *["commands"] * self._commands],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                text=True, cwd=ROOT,
                env=os.environ | {
                    "STUDIO_CACHE_DIR": str(self._folder / "cache"),
                    "STUDIO_DATA_DIR": str(self._folder / "data"),
                    # As a page would have it for a stranger's file.
                    "STUDIO_MAX_PIXELS": str(64 << 20), "STUDIO_MAX_FILE_BYTES": str(256 << 20),
                },
            )  # fmt: skip
            said = self._said = queue.Queue()

            def listen() -> None:
                for line in process.stdout or ():
                    said.put(line.rstrip("\n"))

            threading.Thread(target=listen, daemon=True).start()
        return self._process


def _worked_s(pid: int) -> float:
    try:
        took = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return took.user + took.system


@pytest.fixture
def reader(tmp_path, request) -> Iterator[Reader]:
    """With the commands where all files are read: they take most of the time."""
    made = Reader(tmp_path, commands=request.node.get_closest_marker("slow") is not None)
    yield made
    made.close()


_TEXTS = {
    "a.srt": "1\n00:00:01,000 --> 00:00:02,500\nHello <i>there</i>\n\n2\n00:00:03,000 --> "
    "00:00:04,000\n안녕하세요\n",
    "a.vtt": "WEBVTT\n\n00:01.000 --> 00:02.500 line:85%\n<v Ann>Hello\n\n00:03.000 --> 00:04.000\n"
    "안녕\n",
    "a.ass": "[Script Info]\nScriptType: v4.00+\nPlayResX: 640\nPlayResY: 360\n\n[V4+ Styles]\n"
    "Format: Name, Fontname, Fontsize\nStyle: Default,Arial,20\n\n[Events]\nFormat: Layer, Start, "
    "End, Style, Text\nDialogue: 0,0:00:01.00,0:00:02.00,Default,{\\b1}Hello\n",
    "a.cube": "TITLE \"x\"\nLUT_3D_SIZE 2\n" + "".join(
        f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1)
    ),
    "a.csv": "term,translation\nstudio,스튜디오\ncut,컷\n",
    "a.toml": "[terms]\nstudio = \"스튜디오\"\nsize = 1.5\n",
    "a.json": '{"language": "en", "lines": [{"text": "Hello.", "n": 12}], "rate": "24000/1001"}',
    "a.md": "---\nlanguage: ko\n---\n\n오늘 기온은 영상 12도입니다. 3.5% 올랐습니다.\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def seeds(tmp_path_factory) -> dict[str, bytes]:
    """Healthy files of every kind that is read, as small as they can be."""
    folder = tmp_path_factory.mktemp("seeds")
    picture = ("-f", "lavfi", "-i", "testsrc2=s=96x64:r=10:d=1")
    tone = ("-f", "lavfi", "-i", "sine=440:d=1:r=8000")
    both = (*picture, *tone, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast")
    both_old = (*picture, *tone, "-c:v", "mpeg2video", "-q:v", "20")
    for name, made in {
        "a.mp4": both, "a.mov": both, "a.mkv": both, "a.ts": both, "a.avi": (*both, "-c:a", "mp3"),
        "a.mpg": (*both_old, "-r", "25", "-c:a", "mp2", "-ar", "44100"),
        "a.webm": (*picture, "-c:v", "libvpx", "-b:v", "50k"), "a.wav": tone, "a.flac": tone,
        "a.mp3": tone, "a.ogg": tone, "a.aiff": tone, "a.m4a": tone,
        "a.png": (*picture, "-frames:v", 1), "a.jpg": (*picture, "-frames:v", 1),
        "a.webp": (*picture, "-frames:v", 1),
    }.items():  # fmt: skip
        ffmpeg(*made, folder / name)
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    return found | {name: text.encode() for name, text in _TEXTS.items()}


def _placed(case: Case, folder: Path) -> Path:
    path = folder / f"{case.number:03}-{safe_name(case.name)}"
    path.write_bytes(case.content)
    return path


def _sent(uploads: Uploads, case: Case) -> str:
    async def chunks():
        yield case.content

    kind = kind_of_head(case.content[:1024])
    try:
        asyncio.run(
            uploads.take(case.name, len(case.content), chunks(), "eve", *([kind] if kind else []))
        )
    except StudioError as exc:
        return f"refused {type(exc).__name__}"
    return "taken"


def _run(chosen: list[Case], sent: set[int], tmp_path, lure, reader) -> list[str]:
    """What went wrong."""
    wrong: list[str] = []
    (tmp_path / "files").mkdir()
    settings = Settings(cache_dir=tmp_path / "cache", max_pixels=64 << 20, max_file_bytes=256 << 20)
    uploads = Uploads(tmp_path / "uploads", 64 << 20, settings)
    for case in chosen:
        said = reader.read(_placed(case, tmp_path / "files"))
        if not said.startswith(("done", "refused")):
            wrong.append(f"{case.number} {case.what}: {said}")
        if case.number in sent:
            try:
                _sent(uploads, case)
            except Exception as exc:
                wrong.append(f"{case.number} {case.what}: upload: {exc!r}")
        if taken := lure.taken():
            wrong.append(f"{case.number} {case.what}: {taken}")
    # Nothing was written but where it belongs.
    for path in uploads.folder.rglob("*"):
        assert path.resolve().is_relative_to(uploads.folder), path
    for name in ("/tmp/evil", "evil"):
        assert not Path(name).exists()
    left = {path.name for path in (tmp_path / "files").iterdir()}
    assert len(left) == len(chosen)
    return wrong


def test_the_lure_works(lure):
    assert lure.taken() == ""
    lure.canary.read_bytes()
    assert lure.taken() == "the canary was opened"
    host, _, port = lure.bait.address.removeprefix("http://").partition(":")
    socket.create_connection((host, int(port))).close()
    assert lure.taken() == "the server was asked"


def test_the_files_follow_from_the_seed(seeds):
    bait = Bait("/canary", "http://127.0.0.1:9")
    made = list(cases(seeds, bait))
    assert len(made) == FULL >= 500
    assert made[:40] == list(cases(seeds, bait, 40))
    assert len({case.content for case in made}) > 400
    kinds = {case.what.split()[0] for case in made}
    for kind in ("flipped", "cut_short", "shuffled_boxes", "absurd_boxes", "foreign_reference",
                 "playlist", "concat", "zip", "picture", "absurd_png"):  # fmt: skip
        assert kind in kinds, kind
    assert {name for name in seeds if any(name in case.what for case in made)} == set(seeds)


def test_some_files_made_to_do_harm_do_none(seeds, tmp_path, lure, reader):
    every = FULL // 40
    chosen = list(cases(seeds, lure.bait))[:: every + 1]
    assert len(chosen) >= 36
    wrong = _run(chosen, {chosen[20].number}, tmp_path, lure, reader)
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
def test_all_files_made_to_do_harm_do_none(seeds, tmp_path, lure, reader, part):
    chosen = list(cases(seeds, lure.bait))[part::PARTS]
    wrong = _run(chosen, {case.number for case in chosen}, tmp_path, lure, reader)
    assert not wrong, f"{len(wrong)} of {len(chosen)}\n" + "\n".join(wrong)
