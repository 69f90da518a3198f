"""``studio stylize`` on footage: the film, its report, its mark; killed, resumed; refused."""

import json
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

from pipelines import stylize
from pipelines.stylize import pipeline
from pipelines.stylize.chain import ChainPass
from pipelines.stylize.preparing import layers_of, read_materials
from studio.errors import Cancelled, DoesNotFit, MediaError, RequestError
from studio.jobs.job import Job
from studio.media.film_mark import read_mark
from studio.media.probe import frame_times, probe
from studio.settings import Settings
from tests.footage import bikes, ffmpeg, music_video, package_file, tone

ROOT = Path(__file__).resolve().parents[2]
CUT = 20  # of :func:`street`, and at no multiple of anything


@pytest.fixture(scope="module")
def cache(tmp_path_factory, studio_cache):
    """A cache of these tests' own, but for the models, which are converted once a run."""
    folder = tmp_path_factory.mktemp("cache")
    (studio_cache / "models").mkdir(exist_ok=True)
    (folder / "models").symlink_to(studio_cache / "models")
    return folder


@pytest.fixture
def job(cache):
    return Job(Settings(cache_dir=cache, threads=2))


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """Two shots of the street scene with a cut after 20 frames, 160x68, with sound."""
    folder = tmp_path_factory.mktemp("street")
    cut = "select='lt(n,20)+between(n,150,179)',setpts=N/25/TB,scale=160:68"
    path = folder / "street.mp4"
    ffmpeg(
        *("-i", bikes(), *tone(2), "-vf", cut, "-frames:v", 50, "-c:v", "libx264", "-crf", "12"),
        *("-c:a", "aac", "-shortest", path),
    )
    return path


@pytest.fixture(scope="module")
def singer(tmp_path_factory):
    """Thirty seconds of the music video at 4 frames a second, 96x64: several segments."""
    path = tmp_path_factory.mktemp("singer") / "singer.mp4"
    ffmpeg(
        *("-ss", 20, "-t", 30, "-i", music_video(), "-r", 4, "-vf", "scale=96:64"),
        *("-c:v", "libx264", "-g", 8, "-c:a", "aac", path),
    )
    return path


def frames(path):
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def sound(path):
    with av.open(str(path)) as container:
        packets = container.demux(container.streams.audio[0])
        return [bytes(packet) for packet in packets if packet.size]


def test_a_painted_film(street, job, tmp_path):
    options = stylize.Options(tmp_path, ("starry",))
    result = stylize.run(street, options, job)
    film = result.files["film"]
    assert film.name == "street.starry.mp4"
    made, footage = frames(film), frames(street)
    assert made.shape == footage.shape
    assert np.abs(made.astype(int) - footage).mean() > 25
    assert sound(film) == sound(street)
    assert result.plan.shots == 2
    # Steadier than painting each frame anew, by a good deal.
    assert result.flicker.share < 0.6
    assert result.flicker.film < result.flicker.per_frame
    assert result.flicker.pairs >= 2
    report = json.loads(result.files["report"].read_text(encoding="utf-8"))
    assert report["flicker"]["share"] == result.flicker.share
    assert report["plan"]["precision"] in ("bf16", "f32")
    assert "starry" in stylize.summarise(result)
    # What made it is in the film, without a folder of this machine.
    mark = read_mark(film)
    assert mark.command_line == "studio stylize street.mp4 --look starry"
    assert mark.inputs["street.mp4"] == probe(street).content_hash
    assert list(mark.models) == ["style26@1"]
    with av.open(str(film)) as container:
        assert str(tmp_path) not in str(container.metadata)
        assert str(street.parent) not in str(container.metadata)


def test_no_ghost_at_the_cut(street, job, tmp_path):
    """The first picture of the second shot is painted as if nothing had been before it."""
    looks = tuple(pipeline.parse_look(t) for t in ("starry",))
    options = stylize.Options(tmp_path, ("starry",), strength=1.0)
    materials = read_materials(looks, job)
    footage, _ = pipeline._footage(street, materials, job)
    assert [s.start_frame for s in footage.shots] == [0, CUT]
    source = frames(street)
    with layers_of(materials, footage, options, 1, job) as layers:
        through = ChainPass(layers)
        made = [through(picture, n).copy() for n, picture in enumerate(source)]
        alone = ChainPass(layers)(source[CUT], CUT)
        later = ChainPass(layers)(source[CUT + 1], CUT + 1)
    assert (made[CUT] == alone).all()
    assert (made[CUT + 1] != later).any(), "nothing of the picture before was used"


def test_a_stretch_begins_in_step(street, job, tmp_path):
    """A segment that begins inside a shot is as if the film had been made in one go."""
    looks = tuple(pipeline.parse_look(t) for t in ("mosaic",))
    options = stylize.Options(tmp_path, ("mosaic",))
    materials = read_materials(looks, job)
    footage, _ = pipeline._footage(street, materials, job)
    source = frames(street)
    with layers_of(materials, footage, options, 1, job) as layers:
        film = pipeline._film(footage, layers, {}, options)
        whole, part = film.rgb_pass(0, 50), film.rgb_pass(44, 50)
        made = [whole(picture, n).copy() for n, picture in enumerate(source)]
        first = 44 - film.lead_frames
        assert first > CUT - film.lead_frames
        for n in range(first, 46):
            again = part(source[n], n)
            if n < CUT:
                assert (again == source[n]).all(), "what lies before the cut was painted"
    assert np.abs(made[45].astype(int) - again).mean() < 1.2


def test_strength_colour_and_smoothing_do_what_they_say(street, job, tmp_path):
    def mean_chroma_change(**known):
        result = stylize.run(
            street, stylize.Options(tmp_path, ("crimson",), preview_s=0.3, **known), job
        )
        made = frames(result.files["preview"]).astype(float)
        start = (50 - len(made)) // 2
        footage = frames(street)[start : start + len(made)].astype(float)
        away = (made - made.mean(axis=3, keepdims=True)) - (
            footage - footage.mean(axis=3, keepdims=True)
        )
        return np.abs(away).mean(), np.abs(made - footage).mean()

    full, weak = mean_chroma_change(strength=1.0), mean_chroma_change(strength=0.25)
    grey = mean_chroma_change(strength=1.0, keep_color=True)
    none = mean_chroma_change(strength=0.0)
    assert none[1] < 5  # what encoding costs
    assert 0.15 * full[1] < weak[1] < 0.35 * full[1] + 2
    assert grey[0] < 0.35 * full[0]


def test_a_picture_and_a_table_in_one_film(street, job, tmp_path):
    table = tmp_path / "red.cube"
    corners = [f"{min(1, r * 0.8 + 0.2)} {g} {b}" for b in (0, 1) for g in (0, 1) for r in (0, 1)]
    table.write_text("LUT_3D_SIZE 2\n" + "\n".join(corners) + "\n", encoding="utf-8")
    picture = package_file("ultralytics", "assets/zidane.jpg")
    options = stylize.Options(tmp_path, (str(picture), str(table)), preview_s=0.4)
    result = stylize.run(street, options, job)
    mark = read_mark(result.files["preview"])
    assert mark.command[3:7] == ("--look", "zidane.jpg", "--look", "red.cube")
    assert set(mark.inputs) == {"street.mp4", "zidane.jpg", "red.cube"}
    made = frames(result.files["preview"])
    assert made.shape == (10, 68, 160, 3)
    assert made[..., 0].min() > 40  # the table lifts red
    assert result.plan.smooth > 0
    assert result.render is None


def test_a_dry_run_writes_nothing(street, job, tmp_path):
    out = tmp_path / "out"
    result = stylize.run(street, stylize.Options(out, ("weave",), dry_run=True), job)
    assert not out.exists()
    assert result.files == {}
    assert result.plan.estimate_s > 0
    assert result.plan.tiles == 1


def test_colour_looks_need_no_network(street, job, tmp_path):
    before = job.pool.held_bytes
    result = stylize.run(street, stylize.Options(tmp_path, ("mono",)), job)
    made = frames(result.files["film"]).astype(int)
    assert np.ptp(made, axis=3).mean() < 3
    assert job.pool.held_bytes <= before
    assert result.flicker.per_frame is None and result.flicker.share is None
    assert read_mark(result.files["film"]).models == {}


def test_small_memory_means_tiles(street, cache, tmp_path):
    """A budget for less than the picture: painted in tiles, and the same to the eye."""
    ffmpeg("-i", street, "-vf", "scale=640:136,setsar=1", "-frames:v", 4, tmp_path / "large.mp4")
    looks = stylize.Options(tmp_path, ("starry",), preview_s=0.1)
    roomy = stylize.run(tmp_path / "large.mp4", looks, Job(Settings(cache_dir=cache, threads=1)))
    assert roomy.plan.tiles == 1
    whole = frames(roomy.files["preview"])
    from studio.adapters.style import MEASURING, SPEC

    def tight(megapixels):
        one, two = (Job(Settings(cache_dir=cache)).pool.preflight([SPEC], units=n) for n in (1, 2))
        working = two.need_bytes - one.need_bytes
        budget = one.need_bytes - working + int(working * megapixels * (1 + MEASURING)) + 1
        settings = Settings(cache_dir=cache, threads=1, memory_budget_bytes=budget)
        return stylize.run(tmp_path / "large.mp4", looks, Job(settings))

    result = tight(0.065)
    assert result.plan.tiles > 1
    tiled = frames(result.files["preview"])
    # Before it is encoded it differs by less than 0.01 of 255; x264 then decides otherwise here
    # and there.
    assert np.abs(tiled.astype(int) - whole).mean() < 6
    with pytest.raises(DoesNotFit, match="small tiles"):
        tight(0.0)


# Killed, cancelled, resumed.


def start(footage, out, cache, *more):
    return subprocess.Popen(
        [sys.executable, "-m", "ui", "stylize", footage, "--look", "glass", "--out", out, *more],
        cwd=ROOT,
        env={**os.environ, "STUDIO_CACHE_DIR": str(cache), "STUDIO_THREADS": "2"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def segments(cache):
    return {p: p.stat().st_mtime_ns for p in cache.glob("renders/*/segment-*.mp4")}


def test_killed_it_goes_on(singer, job, cache, tmp_path):
    whole = stylize.run(singer, stylize.Options(tmp_path / "whole", ("glass",)), job)
    assert whole.render.segments >= 3 and whole.render.segments_reused == 0
    out = tmp_path / "killed"
    process = start(singer, out, cache)
    give_up = time.monotonic() + 100
    while not segments(cache):
        assert process.poll() is None and time.monotonic() < give_up
        time.sleep(0.01)
    time.sleep(random.uniform(0, 0.3))
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = segments(cache)
    assert kept and not list(out.glob("*.mp4"))
    seen = []
    watching = Job(job.settings, pool=job.pool, on_progress=lambda _: seen.append(segments(cache)))
    resumed = stylize.run(singer, stylize.Options(out, ("glass",)), watching)
    assert resumed.render.segments_reused == len(kept)
    for moment in seen:
        assert all(moment.get(path, time_ns) == time_ns for path, time_ns in kept.items())
    assert (frames(resumed.files["film"]) == frames(whole.files["film"])).all()
    assert sorted(p.name for p in out.iterdir()) == ["singer.glass.json", "singer.glass.mp4"]
    assert not list(cache.glob("renders/*"))


def test_stopped_while_measuring_it_is_not_made_again(street, job, tmp_path, monkeypatch):
    def stopped(*_, **__):
        raise Cancelled()

    options = stylize.Options(tmp_path, ("cool",))
    with monkeypatch.context() as patch, pytest.raises(Cancelled):
        patch.setattr(pipeline, "measure_flicker", stopped)
        stylize.run(street, options, job)
    film = tmp_path / "street.cool.mp4"
    made = film.stat().st_mtime_ns
    result = stylize.run(street, options, job)
    assert film.stat().st_mtime_ns == made
    assert result.flicker is not None
    assert any("not made again" in note for note in result.notes)
    # Another strength is another film, and takes its place.
    stylize.run(street, stylize.Options(tmp_path, ("cool",), strength=0.5), job)
    assert film.stat().st_mtime_ns != made


def test_cancelled_it_leaves_no_film(street, cache, tmp_path):
    job = Job(Settings(cache_dir=cache, threads=2))

    def stop(progress):
        if progress.stage == "render" and progress.share > 0.1:
            job.cancel()

    job._on_progress = stop
    with pytest.raises(Cancelled):
        stylize.run(street, stylize.Options(tmp_path, ("dusk",)), job)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_leaves_nothing(street, cache, tmp_path):
    """No file may grow past a limit, which plays a full disk."""
    import resource

    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-m", "ui", "stylize", street, "--look", "vivid", "--out", out, "--json"],
        cwd=ROOT,
        env={**os.environ, "STUDIO_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    error = json.loads(done.stdout)["error"]
    assert done.returncode == 2 and error["kind"] == "NoRoom"
    assert "room" in error["hint"]
    assert not list(out.glob("*"))
    assert not list(cache.glob("renders/*/.segment*"))


def test_too_little_room_is_said_before_anything_slow(street, job, tmp_path, monkeypatch):
    import shutil

    full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    with pytest.raises(RequestError, match=r"may need \d+\.\d MiB, .* has 1 KiB free") as caught:
        stylize.run(street, stylize.Options(tmp_path, ("warm",)), job)
    assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


# What cannot be used.


def refused(*words):
    done = subprocess.run(
        [sys.executable, "-m", "ui", "stylize", *map(str, words), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)["error"]


def still(path, wh):
    ffmpeg("-f", "lavfi", "-i", f"color=red:size={wh}", "-frames:v", 1, path)
    return path


def test_bad_looks_are_refused(street, job, tmp_path):
    nothing = tmp_path / "out"
    broken = tmp_path / "broken.cube"
    broken.write_text("LUT_3D_SIZE 2\n0 0 0\n", encoding="utf-8")
    text = tmp_path / "text.png"
    text.write_text("no picture", encoding="utf-8")
    for look, error, said in (
        ("stary", RequestError, "no look called"),
        (still(tmp_path / "two.png", "2x2"), RequestError, "2x2 pixels"),
        (broken, RequestError, "holds 1 colours"),
        (text, MediaError, "no picture that can be read"),
        (tmp_path / "none.jpg", RequestError, "cannot be read"),
    ):
        with pytest.raises(error, match=said) as caught:
            stylize.run(street, stylize.Options(nothing, (str(look),)), job)
        assert caught.value.exit_code == 2 and caught.value.hint
    with pytest.raises(RequestError, match="Two looks are painted"):
        stylize.run(street, stylize.Options(nothing, ("starry", "dots")), job)
    assert not nothing.exists()


def test_bad_footage_is_refused(job, tmp_path):
    ffmpeg(*tone(1), tmp_path / "sound.wav")
    small = tmp_path / "small.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=24x24", "-frames:v", 5, small)
    for path, said in ((tmp_path / "sound.wav", "no picture"), (small, "24x24 pixels")):
        with pytest.raises(RequestError, match=said):
            stylize.run(path, stylize.Options(tmp_path / "out", ("starry",)), job)
    assert stylize.run(small, stylize.Options(tmp_path / "out", ("warm",)), job).files


def test_the_command_line_says_what_is_wrong(street, tmp_path):
    code, error = refused(street, "--look", "stary", "--out", tmp_path / "out")
    assert code == 2
    assert "Did you mean 'starry'" in error["hint"]


def test_a_film_that_was_not_made_here_says_so(street):
    with pytest.raises(RequestError, match="does not say"):
        read_mark(street)


def test_frames_of_a_very_short_film(tmp_path, job):
    one = tmp_path / "one.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64", "-frames:v", 1, one)
    result = stylize.run(one, stylize.Options(tmp_path / "out", ("pastel",)), job)
    assert frames(result.files["film"]).shape == (1, 64, 64, 3)
    assert result.flicker is None
    assert len(frame_times(probe(result.files["film"]))) == 1
