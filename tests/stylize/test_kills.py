"""Killed at twenty random moments, a film goes on where it was and comes out as if never killed.

``python -m pytest -m slow tests/stylize/test_kills.py -s`` prints each moment and what was kept.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest

from pipelines import filter as filters
from pipelines import stylize
from studio.jobs.job import Job
from studio.settings import Settings
from tests.footage import ffmpeg, music_video

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]  # a start of the command each
ROOT = Path(__file__).resolve().parents[2]
MOMENTS = 20
COMMANDS = {
    "stylize": (stylize, stylize.Options, ("glass",), ("--look", "glass")),
    "filter": (filters, filters.Options, ("background:green",), ("--apply", "background:green")),
}


def frames(path):
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def finished(cache):
    """Segments that are whole, and when each was made."""
    return {p: p.stat().st_mtime_ns for p in cache.glob("renders/*/segment-*.mp4")}


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_twenty_moments(name, tmp_path):
    module, options, words, flags = COMMANDS[name]
    film = tmp_path / "singer.mp4"
    ffmpeg(
        *("-ss", 20, "-t", 48, "-i", music_video(), "-r", 5, "-vf", "scale=96:64"),
        *("-c:v", "libx264", "-g", 10, "-c:a", "aac", film),
    )
    cache = tmp_path / "cache"
    settings = Settings(cache_dir=cache, threads=2)
    job = Job(settings)
    whole = module.run(film, options(tmp_path / "whole", words), job)
    assert whole.render.segments >= 4
    wanted = frames(whole.files["film"])
    command = [sys.executable, "-m", "ui", name, str(film), *flags, "--json"]
    environment = os.environ | {"STUDIO_CACHE_DIR": str(cache), "STUDIO_THREADS": "2"}

    def begin(out):
        return subprocess.Popen(
            [*command, "--out", str(out)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    started = time.monotonic()
    assert begin(tmp_path / "timed").wait() == 0
    span_s = time.monotonic() - started
    chance, killed = random.Random(20), 0
    for number in range(MOMENTS):
        out = tmp_path / f"out{number}"
        process, moment_s = begin(out), chance.uniform(0.2, 1.0) * span_s
        try:
            process.wait(timeout=moment_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        kept, was_there = finished(cache), bool(list(out.glob("*.mp4")))
        seen = []
        watching = Job(
            settings, pool=job.pool, on_progress=lambda _, s=seen: s.append(finished(cache))
        )
        resumed = module.run(film, options(out, words), watching)
        print(f"{name}: at {moment_s:.1f} of {span_s:.1f} s, {len(kept)} segments kept")
        for state in seen:  # nothing that was finished is made again
            assert all(state.get(path, stamp) == stamp for path, stamp in kept.items())
        if not was_there:
            assert resumed.render.segments_reused == len(kept)
        assert (frames(resumed.files["film"]) == wanted).all()
        assert not list(cache.glob("renders/*"))
        assert sorted(p.suffix for p in out.iterdir()) == [".json", ".mp4"]
    assert killed >= MOMENTS // 2
