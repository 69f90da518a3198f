"""``studio avatar`` on footage: the film, its report, its mark; alpha; killed, resumed; refused."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from pipelines import avatar
from pipelines.avatar import pipeline
from pipelines.avatar.characters import CAST, character
from pipelines.avatar.follow import follow
from pipelines.avatar.painting import BustPass, GlassPainter, Scene, own_backdrop
from pipelines.avatar.watch import watch
from studio.errors import Cancelled, MediaError, RequestError
from studio.jobs.job import Job
from studio.media.alpha_film import decoded_alpha
from studio.media.encoder import frames_in
from studio.media.film_mark import read_mark
from studio.media.probe import frame_times, probe
from studio.settings import Settings
from tests.footage import bunny, ffmpeg, music_video, tone

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def job(studio_cache):
    return Job(Settings(cache_dir=studio_cache, threads=2))


@pytest.fixture(scope="module")
def singer(tmp_path_factory):
    """Two seconds of the music video's singer, 25 frames a second, with sound."""
    path = tmp_path_factory.mktemp("singer") / "singer.mp4"
    ffmpeg(
        *("-ss", "24.8", "-t", 2, "-i", music_video(), "-vf", "scale=256:144"),
        *("-c:v", "libx264", "-crf", 14, "-g", 12, "-c:a", "aac", path),
    )
    return path


def frames(path):
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def sound(path):
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(audio=0) if p.size]


def scene_of(path, job, name, **changes):
    """What the pipeline would draw."""
    film = pipeline._film(path, job)
    following = follow(watch(film.info, film.times, film.shots, job), film.shots, film.fps)
    return Scene(character(name), following, film.size_wh, **changes)


def test_a_film_of_a_character(singer, job, tmp_path):
    options = avatar.Options(tmp_path, "mina", background="#204060")
    result = avatar.run(singer, options, job)
    path = result.files["film"]
    assert path == tmp_path / "singer.mina.mp4"
    made, info = frames(path), probe(singer, job.settings)
    assert len(made) == len(frame_times(info, job.settings)) == 50
    assert made.shape[1:] == (144, 256, 3)
    assert sound(path) == sound(singer)
    assert np.abs(made[:, 4:12, 4:12].astype(int) - (0x20, 0x40, 0x60)).max() < 8
    backdrop = np.full((144, 256, 3), (0x20, 0x40, 0x60), np.uint8)
    paint = BustPass(scene_of(singer, job, "mina", backdrop=backdrop))
    for number in (0, 20, 49):
        want = paint(np.zeros((144, 256, 3), np.uint8), number)
        assert np.abs(made[number].astype(int) - want).mean() < 3
    assert result.plan.followed_share > 0.9
    mark = read_mark(path)
    assert mark.command == result.command
    assert mark.deed == "made"
    report = json.loads(result.files["report"].read_text())
    assert report["mark"]["digest"] == mark.digest
    assert report["plan"]["lost_s"] == [list(s) for s in result.plan.lost_s]
    before = path.stat().st_mtime_ns
    again = avatar.run(singer, options, job)
    assert path.stat().st_mtime_ns == before
    assert any("not made again" in note for note in again.notes)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["singer.mina.json", "singer.mina.mp4"]


def test_kept_footage_shows_beside_the_head(singer, job, tmp_path):
    result = avatar.run(singer, avatar.Options(tmp_path, "ember", background="keep"), job)
    made, source = frames(result.files["film"]), frames(singer)
    heads = scene_of(singer, job, "ember").following.head_px
    assert read_mark(result.files["film"]).deed == "changed"
    for number in range(5, 50, 9):
        x, y, size = heads[number]
        away = np.abs(made[number].astype(int) - source[number]).max(axis=2)
        rows, columns = np.mgrid[:144, :256]
        far = np.hypot(columns - x, rows - y) > 1.5 * size
        near = np.hypot(columns - x, rows - y) < 0.42 * size
        assert np.percentile(away[far], 99) < 24
        assert np.median(away[near]) > 30  # a fox, where a face was


@pytest.mark.parametrize(("kind", "ending"), [("prores", "mov"), ("webm", "webm")])
def test_on_nothing(singer, job, tmp_path, kind, ending):
    options = avatar.Options(tmp_path, "bolt", background="transparent", format=kind)
    result = avatar.run(singer, options, job)
    path = result.files["film"]
    assert path.name == f"singer.bolt.{ending}"
    made = list(decoded_alpha(path))
    assert len(made) == frames_in(path) == 50
    paint = GlassPainter(scene_of(singer, job, "bolt"))
    for number in (0, 25, 49):
        want = paint(number)
        off = np.abs(made[number][..., 3].astype(int) - want[..., 3])
        assert off.mean() < 1
        assert np.percentile(off, 99.5) < 24
        solid = want[..., 3] == 255
        colors = np.abs(made[number][..., :3].astype(int) - want[..., :3]).max(axis=2)
        assert np.median(colors[solid]) < 8
        assert (made[number][:4, :4, 3] == 0).all()
    info = probe(path, job.settings)
    assert info.audio is not None
    assert abs(float(info.audio.start)) < 0.03
    assert abs(float(info.video.duration) - 2) < 0.05
    assert read_mark(path).command == result.command
    if kind == "prores":
        assert sound(path) == sound(singer)
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert stream.codec_context.codec_tag == "ap4h"  # 4444, not 422
            assert stream.codec_context.pix_fmt.startswith("yuva444p1")
    else:
        assert any("Opus" in note for note in result.notes)
    assert avatar.run(singer, options, job).notes[-1].endswith("not made again.")
    with pytest.raises(RequestError, match="no alpha"):
        next(decoded_alpha(singer))


@pytest.mark.slow  # the renderers are killed with every test
@pytest.mark.parametrize("background", ["own", "transparent"])
def test_killed_it_goes_on(singer, studio_cache, tmp_path, background):
    """Killed in the render; what it makes then equals what was never disturbed."""
    long = tmp_path / "long.mp4"
    ffmpeg("-stream_loop", 13, "-i", singer, "-r", 6, "-vf", "scale=128:72", "-g", 12, long)
    # One segment at a time, so that there is something left to do.
    job = Job(Settings(cache_dir=studio_cache, threads=1))
    whole = avatar.run(long, avatar.Options(tmp_path / "whole", "ravi", background), job)
    out = tmp_path / "killed"
    words = ["--avatar", "ravi", "--background", background, "--out", out]
    process = subprocess.Popen(
        [sys.executable, "-m", "ui", "avatar", long, *words],
        cwd=ROOT,
        env={**os.environ, "STUDIO_CACHE_DIR": str(studio_cache), "STUDIO_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    give_up = time.monotonic() + 100
    try:
        while not segments(studio_cache):
            assert process.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    kept = segments(studio_cache)
    assert not list(out.glob("*.m*"))
    resumed = avatar.run(long, avatar.Options(out, "ravi", background), job)
    assert resumed.render.segments > resumed.render.segments_reused == len(kept) > 0
    made = [r.files["film"] for r in (resumed, whole)]
    if background == "transparent":
        pairs = zip(*(decoded_alpha(p) for p in made), strict=True)
        assert all((a == b).all() for a, b in pairs)
    else:
        assert (frames(made[0]) == frames(made[1])).all()
    assert len(list(out.iterdir())) == 2
    assert not list(studio_cache.glob("renders/avatar-*"))


def segments(cache):
    return list(cache.glob("renders/avatar-*/segment-*.m*"))


def test_a_preview_a_picture_behind_and_a_dry_run(singer, job, tmp_path):
    behind = tmp_path / "behind.png"
    cv2.imwrite(str(behind), np.tile(np.uint8([[[0, 0, 255]]]), (90, 300, 1)))
    options = avatar.Options(tmp_path / "out", "amara", background=str(behind), preview_s=0.4)
    result = avatar.run(singer, options, job)
    made = frames(result.files["preview"])
    assert len(made) == 10
    assert made[:, 4:12, 4:12].mean(axis=(0, 1, 2)) == pytest.approx((254, 0, 0), abs=8)
    assert result.command[result.command.index("--background") + 1] == "behind.png"
    assert "behind.png" in read_mark(result.files["preview"]).inputs
    planned = avatar.run(singer, avatar.Options(tmp_path / "none", "amara", dry_run=True), job)
    assert planned.files == {}
    assert planned.plan.estimate_s > 0
    assert not (tmp_path / "none").exists()
    assert "amara" in avatar.summarise(planned)
    clear = avatar.Options(tmp_path / "out", "amara", background="transparent", preview_s=0.2)
    assert avatar.run(singer, clear, job).files["preview"].suffix == ".mp4"
    assert (own_backdrop(CAST[0], (64, 36)) != own_backdrop(CAST[1], (64, 36))).any()


def test_what_cannot_work_is_refused(singer, job, tmp_path):
    nobody = tmp_path / "nobody.mp4"
    ffmpeg("-i", bunny(), "-t", 1, "-an", "-vf", "scale=320:180", nobody)
    silent = tmp_path / "sound.m4a"
    ffmpeg(*tone(1), "-c:a", "aac", silent)
    wrong = {
        "No face was found": (nobody, {}),
        "no picture": (silent, {}),
        "no avatar 'nobody'": (singer, {"avatar": "nobody"}),
        "No avatar was named": (singer, {"avatar": ""}),
        "cannot be transparent": (singer, {"background": "transparent", "format": "mp4"}),
        "for a transparent background": (singer, {"format": "webm"}),
        "none of": (singer, {"format": "gif"}),
        "no word, colour or file": (singer, {"background": "purplish"}),
        "from 0 to 600": (singer, {"preview_s": -1}),
        "counts from 1": (singer, {"who": "0"}),
        "is a file": (singer, {"out": nobody}),
    }
    for words, (source, changes) in wrong.items():
        options = {"out": tmp_path / "out", "avatar": "mina", **changes}
        with pytest.raises(RequestError) as error:
            avatar.run(source, avatar.Options(**options), job)
        assert words in error.value.message, words
        assert error.value.hint, words
    with pytest.raises(RequestError) as error:
        avatar.run(singer, avatar.Options(tmp_path, "nobody"), job)
    assert all(who.name in error.value.hint for who in CAST)
    with pytest.raises(MediaError):
        gone = avatar.Options(tmp_path, "mina", background=str(tmp_path / "gone.png"))
        avatar.run(singer, gone, job)
    assert not (tmp_path / "out").exists()


def test_cancelled_it_leaves_no_film(singer, studio_cache, tmp_path):
    job = Job(Settings(cache_dir=studio_cache, threads=2))

    def stop(progress):
        if progress.stage == "render" and progress.share > 0.1:
            job.cancel()

    job._on_progress = stop
    with pytest.raises(Cancelled):
        avatar.run(singer, avatar.Options(tmp_path, "miso"), job)
    assert list(tmp_path.iterdir()) == []


def test_the_list_is_the_cast(tmp_path):
    said = subprocess.run(
        [sys.executable, "-m", "ui", "avatar", "--list", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [who["name"] for who in json.loads(said.stdout)["avatars"]]
    assert names == [who.name for who in CAST]
