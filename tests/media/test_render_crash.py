"""Renders that are killed, cancelled, or have no room: nothing half-made, nothing lost."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from studio.errors import Cancelled, EncodeFailed, NoSuchMedia, RequestError
from studio.media.render import render_timeline
from studio.media.timeline_io import write_plan
from studio.types.timeline import Card, Music, Sound
from tests.footage import bikes, counted_clip, tone
from tests.media.cuts import SETTINGS, clip_of, cut_of, dissolve, frame_bytes, sound_of, source_of

ROOT = Path(__file__).resolve().parents[2]
SEGMENTS = 7
#: Renders a plan in a process of its own; a limit on the length of its files plays a full disk.
RENDER = """
import resource, sys
from pathlib import Path
from studio.errors import StudioError
from studio.media.render import render_timeline
from studio.media.timeline_io import read_plan
from studio.settings import Settings

plan, out, work, most = sys.argv[1:]
if int(most):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
try:
    timeline, settings = read_plan(Path(plan)), Settings(threads=2)
    print(render_timeline(timeline, Path(out), Path(work), settings=settings))
except StudioError as error:
    print(type(error).__name__, error)
    sys.exit(error.exit_code)
"""


@pytest.fixture(scope="module")
def timeline(tmp_path_factory):
    """Sixteen seconds of a street with a card, a dissolve and sound: seven segments."""
    folder = tmp_path_factory.mktemp("crash")
    sound = counted_clip(
        folder / "tone.mp4", 50, encode=("-c:v", "libx264", "-c:a", "aac"), before=tone(2)
    )
    street, hum = source_of(bikes(), "street"), source_of(sound, "hum")
    rate = street.rate
    items = [Card("t", "거리", 50)]
    for n in range(6):
        known = {"transition": dissolve(12)} if n == 3 else {}
        items.append(clip_of(f"c{n}", street, 20 + 30 * n, 50, rate, **known))
    items.append(clip_of("hum", hum, 0, 50, rate, sound=Sound("ambience")))
    music = Music(str(sound), hum.content_hash, Fraction(0))
    return cut_of(items, [street, hum], size=(320, 136), music=music)


@pytest.fixture(scope="module")
def whole(timeline, tmp_path_factory):
    """The film of a render that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    report = render_timeline(timeline, folder / "film.mp4", folder / "work", settings=SETTINGS)
    assert report.segments == SEGMENTS
    assert report.segments_reused == 0
    return folder / "film.mp4"


def start(timeline, folder, most_bytes=0):
    write_plan(timeline, folder / "plan.json")
    arguments = [folder / "plan.json", folder / "film.mp4", folder / "work", str(most_bytes)]
    return subprocess.Popen(
        [sys.executable, "-c", RENDER, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished_segments(folder):
    work = folder / "work"
    return sorted(p.name for p in work.glob("segment-*.mp4")) if work.exists() else []


def until(condition, process, limit_s=60):
    give_up = time.monotonic() + limit_s
    while not condition():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < give_up
        time.sleep(0.002)


def test_killed_again_and_again_it_goes_on(timeline, whole, tmp_path):
    """SIGKILL while the first segment is written, after one, after four, and while joining."""

    def writing():
        return any(tmp_path.glob("work/.segment-*.mp4"))

    def joining():
        return any(tmp_path.glob(".film.*.mp4"))

    moments = [writing] + [lambda n=n: len(finished_segments(tmp_path)) >= n for n in (1, 4)]
    kept: list[str] = []
    for moment in [*moments, joining]:
        process = start(timeline, tmp_path)
        until(moment, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert not (tmp_path / "film.mp4").exists()
        assert set(kept) <= set(finished_segments(tmp_path)), "a finished segment was lost"
        kept = finished_segments(tmp_path)
    assert len(kept) == SEGMENTS
    times = {name: (tmp_path / "work" / name).stat().st_mtime_ns for name in kept}
    seen = []
    report = render_timeline(
        timeline,
        tmp_path / "film.mp4",
        tmp_path / "work",
        settings=SETTINGS,
        check=lambda: seen.append(
            {p.name: p.stat().st_mtime_ns for p in (tmp_path / "work").glob("segment-*.mp4")}
        ),
    )
    assert report.segments_reused == SEGMENTS
    assert all(moment == times for moment in seen), "a finished segment was made again"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["film.mp4", "plan.json"]
    assert frame_bytes(tmp_path / "film.mp4") == frame_bytes(whole)
    assert (sound_of(tmp_path / "film.mp4") == sound_of(whole)).all()


@pytest.mark.slow
def test_a_damaged_segment_is_made_again(timeline, whole, tmp_path):
    process = start(timeline, tmp_path)
    until(lambda: len(finished_segments(tmp_path)) >= 2, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    first = tmp_path / "work" / finished_segments(tmp_path)[0]
    first.write_bytes(first.read_bytes()[:2000])
    report = render_timeline(timeline, tmp_path / "film.mp4", tmp_path / "work", settings=SETTINGS)
    assert 1 <= report.segments_reused < SEGMENTS
    assert frame_bytes(tmp_path / "film.mp4") == frame_bytes(whole)


def test_cancelled_it_stops_at_once_and_resumes(timeline, whole, tmp_path):
    def check():
        if finished_segments(tmp_path):
            raise Cancelled()

    with pytest.raises(Cancelled):
        render_timeline(
            timeline, tmp_path / "film.mp4", tmp_path / "work", settings=SETTINGS, check=check
        )
    assert not (tmp_path / "film.mp4").exists()
    assert not list(tmp_path.glob("work/.segment-*"))
    report = render_timeline(timeline, tmp_path / "film.mp4", tmp_path / "work", settings=SETTINGS)
    assert report.segments_reused >= 1
    assert frame_bytes(tmp_path / "film.mp4") == frame_bytes(whole)


@pytest.mark.parametrize("share", [0.01, 0.8], ids=["a segment", "the join"])
def test_a_full_disk(timeline, whole, tmp_path, share):
    """No file may grow past a limit: the error says what to do and nothing half-made stays."""
    process = start(timeline, tmp_path, round(whole.stat().st_size * share))
    said, _ = process.communicate(timeout=100)
    assert process.returncode == 2, said
    assert said.startswith("NoRoom"), said
    assert "room" in said
    left = [p.name for p in tmp_path.rglob("*") if p.is_file() and p.name != "plan.json"]
    assert [n for n in left if not n.startswith(("segment-", "sound-"))] in ([], [".lock"])
    assert (len(finished_segments(tmp_path)) == SEGMENTS) == (share > 0.5)


def test_an_older_film_survives_a_failure(timeline, tmp_path):
    out = tmp_path / "film.mp4"
    out.write_bytes(b"the film before")
    process = start(timeline, tmp_path, 10_000)
    process.communicate(timeout=100)
    assert out.read_bytes() == b"the film before"


def test_places_that_cannot_be_written(timeline, tmp_path):
    (tmp_path / "file").write_text("no folder")
    for out, work in (("file/film.mp4", "work"), ("film.mp4", "file/work")):
        with pytest.raises(EncodeFailed) as caught:
            render_timeline(timeline, tmp_path / out, tmp_path / work, settings=SETTINGS)
        assert "written to" in caught.value.hint
    assert (tmp_path / "file").read_text() == "no folder"


def test_a_source_that_went_or_changed(timeline, tmp_path):
    street = timeline.source("street")
    copy = tmp_path / "copy.mp4"

    def render(source):
        cut = replace(timeline, sources=(source, timeline.sources[1]))
        render_timeline(cut, tmp_path / "film.mp4", tmp_path / "work", settings=SETTINGS)

    moved = replace(street, path=str(copy))
    with pytest.raises(NoSuchMedia, match=r"copy\.mp4 is gone"):
        render(moved)
    copy.write_bytes(bikes().read_bytes() + b"\0")
    with pytest.raises(RequestError, match=r"copy\.mp4 is not the file the plan was made from"):
        render(moved)
    music = replace(timeline.music, path=str(tmp_path / "none.mp3"))
    with pytest.raises(NoSuchMedia, match=r"none\.mp3 is gone"):
        render_timeline(
            replace(timeline, music=music),
            tmp_path / "film.mp4",
            tmp_path / "work",
            settings=SETTINGS,
        )
    assert [p.name for p in tmp_path.iterdir()] == ["copy.mp4"]


def test_two_renders_do_not_share_a_folder(timeline, tmp_path):
    process = start(timeline, tmp_path)
    until(lambda: any(tmp_path.glob("work/.segment-*.mp4")), process)
    with pytest.raises(RequestError, match="Another render"):
        render_timeline(timeline, tmp_path / "film.mp4", tmp_path / "work", settings=SETTINGS)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
