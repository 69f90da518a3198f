"""Killed at twenty random moments, a film goes on where it was and comes out as if never killed.

``python -m pytest -m slow tests/stylize/test_kills.py -s`` prints each moment and what was kept.
"""

import multiprocessing
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
#: What a render imports; no thread is begun by it.
PRELOADED = ["studio.media.film_render", "studio.adapters.openvino_runtime", "openvino", "cv2"]


def frames(path):
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def finished(cache):
    """Segments that are whole, and when each was made."""
    return {p: p.stat().st_mtime_ns for p in cache.glob("renders/*/segment-*.mp4")}


def make(name, film, out, settings, share):
    """Make the film, telling how much of it is rendered."""
    module, options, words, _ = COMMANDS[name]

    def tell(progress):
        if progress.stage == "render":
            share.value = progress.share

    module.run(film, options(out, words), Job(settings, on_progress=tell))


class Victims:
    """Starts renders and kills them: every fifth as a user's own command."""

    def __init__(self, name, film, settings, folder):
        self._chance = random.Random(20)
        self._name, self._film, self._settings = name, film, settings
        # Of a server that has imported everything: else most moments would be those of imports.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.stylize.test_kills", *PRELOADED])
        started = time.monotonic()
        assert self._command(folder / "timed").wait() == 0
        self._span_s = time.monotonic() - started

    def _command(self, out):
        cache, words = self._settings.cache_dir, ("--out", str(out), "--json")
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "ui",
                self._name,
                str(self._film),
                *COMMANDS[self._name][3],
                *words,
            ],
            cwd=ROOT,
            env=os.environ | {"STUDIO_CACHE_DIR": str(cache), "STUDIO_THREADS": "2"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, number, out):
        """Begin and kill: whether it was still at work, and when."""
        if number % 5 == 4:
            moment_s = self._chance.uniform(0.3, 1.0) * self._span_s
            process = self._command(out)
            try:
                process.wait(timeout=moment_s)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                return process.wait() == -signal.SIGKILL, f"command, {moment_s:.1f} s"
            return False, f"command, {moment_s:.1f} s"
        share, moment = self._context.Value("d", -1.0), self._chance.uniform(0.0, 1.05)
        words = (self._name, self._film, out, self._settings, share)
        process = self._context.Process(target=make, args=words)
        process.start()
        while share.value < min(moment, 1.0) and process.is_alive():
            time.sleep(0.002)
        time.sleep(self._chance.uniform(0.0, 0.1 if moment < 1 else 1.0))
        process.kill()
        process.join()
        return process.exitcode == -signal.SIGKILL, f"{moment:.2f} of the render"


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_twenty_moments(name, tmp_path):
    module, options, words, _ = COMMANDS[name]
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
    victims = Victims(name, film, settings, tmp_path)
    killed = kept_in_all = 0
    for number in range(MOMENTS):
        out = tmp_path / f"out{number}"
        was_killed, moment = victims.kill(number, out)
        killed += was_killed
        kept, was_there = finished(cache), bool(list(out.glob("*.mp4")))
        seen = []
        watching = Job(
            settings, pool=job.pool, on_progress=lambda _, s=seen: s.append(finished(cache))
        )
        resumed = module.run(film, options(out, words), watching)
        kept_in_all += len(kept)
        print(f"{name}: killed {was_killed} at {moment}, {len(kept)} segments kept", flush=True)
        for state in seen:  # nothing that was finished is made again
            assert all(state.get(path, stamp) == stamp for path, stamp in kept.items())
        if not was_there:
            assert resumed.render.segments_reused == len(kept)
        assert (frames(resumed.files["film"]) == wanted).all()
        assert not list(cache.glob("renders/*"))
        assert sorted(p.suffix for p in out.iterdir()) == [".json", ".mp4"]
    print(f"{name}: {killed} of {MOMENTS} killed, {kept_in_all} segments kept in all", flush=True)
    assert killed >= MOMENTS * 3 // 4
    assert kept_in_all >= MOMENTS
