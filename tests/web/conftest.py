"""A whole page behind a test client, with folders of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from studio.settings import Settings
from tests.footage import ffmpeg
from tests.web.browsing import browser, chromium, open_page, pictures, server, shared_server
from ui.web.app import Studio, make_app

__all__ = ["browser", "chromium", "open_page", "pictures", "server", "shared_server"]


@dataclass
class Page:
    studio: Studio
    app: object
    client: TestClient


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    home = tmp_path_factory.mktemp("page")
    (home / "footage").mkdir()
    settings = Settings(cache_dir=home / "cache", data_dir=home / "data")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GRADIO_ANALYTICS_ENABLED", "GRADIO_TEMP_DIR", "HF_HUB_DISABLE_TELEMETRY"):
            patch.delenv(name, raising=False)  # so that what the page sets is undone after it
        studio = Studio.open(
            settings, [home / "footage"], home / "results", max_upload_bytes=3_000_000
        )
        app = make_app(studio)
        with TestClient(app, base_url="http://127.0.0.1:7860") as client:
            yield Page(studio, app, client)


@pytest.fixture(scope="session")
def small_clip(footage_dir: Path) -> Path:
    """2 s of moving bars with a tone."""
    path = footage_dir / "small.mp4"
    sources = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2", "-f", "lavfi", "-i")
    ffmpeg(*sources, "sine=440:d=2", "-pix_fmt", "yuv420p", "-c:v", "libx264", path)
    return path


@pytest.fixture(scope="session")
def tone(footage_dir: Path) -> Path:
    """1 s of sound without picture."""
    path = footage_dir / "tone.wav"
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=1", path)
    return path
