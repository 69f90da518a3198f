"""A real disk that fills up while films are made: told, nothing half-written, and gone on from."""

import json
import os
import subprocess
import sys
from pathlib import Path

import av
import pytest

from tests.footage import ffmpeg, music_video
from tests.small_disk import mounted

ROOT = Path(__file__).resolve().parents[2]
#: What is asked, its options, and what lies in the folder at the end.
COMMANDS = {
    "stylize": (("--look", "dusk"), ["film.dusk.json", "film.dusk.mp4"]),
    "filter": (
        ("--apply", "box:0.1,0.1,0.4,0.4:blur"),
        ["film.box-0.1-0.1-0.4-0.4-blur.json", "film.box-0.1-0.1-0.4-0.4-blur.mp4"],
    ),
}


@pytest.fixture
def small_disk(tmp_path):
    with mounted(tmp_path / "disk", "2900k") as disk:
        yield disk


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Twelve seconds of noise, which takes far more room than is reckoned with."""
    path = tmp_path_factory.mktemp("noise") / "film.mp4"
    noise = "scale=400:224,noise=alls=100:allf=t"
    ffmpeg("-ss", 30, "-t", 12, "-i", music_video(), "-r", 10, "-vf", noise, "-crf", 8, path)
    return path


def ask(name, film, out, cache):
    words = (*COMMANDS[name][0], "--out", str(out), "--json")
    done = subprocess.run(
        [sys.executable, "-m", "ui", name, str(film), *words],
        cwd=ROOT,
        env=os.environ | {"STUDIO_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("name", ["filter", pytest.param("stylize", marks=pytest.mark.slow)])
def test_a_disk_fills_up_and_is_emptied(film, small_disk, tmp_path, name):
    """The finished stretches lie on another disk: the film that they are joined to has no room."""
    out, cache = small_disk / "out", tmp_path / "cache"
    code, told = ask(name, film, out, cache)
    assert code == 2 and told["error"]["kind"] == "NoRoom", told
    assert "No space left" in told["error"]["message"] and str(out) in told["error"]["message"]
    assert "still to be written" in told["error"]["message"] and "again" in told["error"]["hint"]
    assert list(out.iterdir()) == []
    kept = list(cache.glob("renders/*/segment-*.mp4"))
    assert len(kept) == 2
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    code, told = ask(name, film, out, cache)
    assert code == 0 and told["render"]["segments_reused"] == len(kept), told
    assert sorted(p.name for p in out.iterdir()) == COMMANDS[name][1]
    with av.open(told["files"]["film"]) as made:
        assert sum(1 for _ in made.decode(video=0)) == told["render"]["frames"] >= 120
    assert not list(cache.glob("renders/*"))
