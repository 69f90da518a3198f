"""A page in a real browser, served by a process of its own, as ``studio ui`` starts it.

One browser serves all files of tests in a process, and one server most of them: what they take to
start, and what the warm process of the jobs takes to load its models, is much of what a test costs.

Screenshots are left in a folder whose name is printed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from studio.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


@dataclass
class Server:
    address: str
    ready_s: float
    ready_cpu_s: float
    cache_dir: Path


@pytest.fixture(scope="session")
def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium on this machine (looked for chromium and google-chrome)")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("screenshots")
    yield folder
    print(f"\nscreenshots: {folder}")


@contextlib.contextmanager
def running(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, float]]:
    """The page as ``studio ui`` serves it; its process, its address, when it was started."""
    if not (home / "cache").exists():  # a second server finds what the first left
        share_models(home / "cache")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = time.monotonic()
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ui", "ui", "--port", str(port), "--media-root", "footage"],
            cwd=home, stdout=log, stderr=log,
            env=os.environ | {
                "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]]),
                "STUDIO_CACHE_DIR": str(home / "cache"),
                "STUDIO_DATA_DIR": str(home / "data"),
                "XDG_DATA_HOME": str(home / "data"),
                "XDG_CONFIG_HOME": str(home / "config"),
            },
        )  # fmt: skip
        address = f"http://127.0.0.1:{port}/"
        try:
            ready_s = _until_it_answers(address, process, started, home / "log")
            yield process, address, ready_s
        finally:
            process.terminate()
            process.wait(20)
    said = (home / "log").read_text()
    assert "Traceback" not in said, said


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an empty library, for one file of tests."""
    yield from _served(tmp_path_factory)


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for files of tests that do not mind what others left in its library; such a file
    gives it the name ``server``."""
    yield from _served(tmp_path_factory)


def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("server")
    (home / "footage").mkdir()
    with running(home) as (process, address, ready_s):
        spent = psutil.Process(process.pid).cpu_times()
        yield Server(address, ready_s, spent.user + spent.system, home / "cache")


def share_models(cache: Path) -> None:
    """Analyses and uploads are the test's own; models that were converted once stay so."""
    cache.mkdir()
    for name in ("models", "joined", "verified"):
        real = Settings().cache_dir / name
        real.mkdir(parents=True, exist_ok=True)
        (cache / name).symlink_to(real)


def _until_it_answers(
    address: str, process: subprocess.Popen[bytes], started: float, log: Path
) -> float:
    while time.monotonic() - started < 180:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                assert answer.status == 200
                return time.monotonic() - started
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError(f"no answer in three minutes: {log.read_text()}")


@pytest.fixture(scope="module")
def browser(chromium):
    """Closed with each file: its loop of events would stand in the way of other tests' own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        launched = play.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield launched
        launched.close()


@dataclass
class Watched:
    """A page, what it asked for, and what went wrong in it."""

    page: object
    requests: list[str]
    errors: list[str]

    def check(self, address: str) -> None:
        foreign = [r for r in self.requests if not r.startswith((address, "data:", "blob:"))]
        assert not foreign, "the page asked for something from elsewhere"
        assert not self.errors


@pytest.fixture
def open_page(browser, server):
    contexts, watched = [], []

    def opened(wh=(1440, 900), language="en-US", light="light") -> Watched:
        context = browser.new_context(
            viewport={"width": wh[0], "height": wh[1]}, locale=language, color_scheme=light,
            accept_downloads=True,
        )  # fmt: skip
        context.set_default_timeout(180_000)  # other tests may keep this machine busy
        contexts.append(context)
        seen = Watched(context.new_page(), [], [])
        seen.page.on("request", lambda r: seen.requests.append(r.url))
        seen.page.on("pageerror", lambda e: seen.errors.append(str(e)))
        seen.page.on(
            "console", lambda m: m.type == "error" and seen.errors.append(f"{m.text} {m.location}")
        )
        watched.append(seen)
        return seen

    yield opened
    for seen in watched:
        seen.check(server.address)
    for context in contexts:
        context.close()
