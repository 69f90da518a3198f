"""Frames of footage nobody vouches for are drawn by a process that stays, each owner's own."""

from __future__ import annotations

import io
import os
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from studio.errors import LimitExceeded, NoSuchMedia, RequestError, UnsupportedMedia
from studio.jobs import frame_drawing
from studio.jobs.frame_drawing import FrameDrawing
from studio.media.probe import frame_times, probe
from studio.settings import Settings
from studio.types.timecode import FrameRate
from studio.types.timeline import Clip, Role, Source, Timeline
from tests.footage import counted_clip, number_in


@pytest.fixture
def settings(tmp_path):
    return Settings(cache_dir=tmp_path / "cache", data_dir=tmp_path / "data")


@pytest.fixture
def cut(tmp_path, settings):
    """Frames 10 to 30 of a film whose every picture says its number."""
    path = counted_clip(tmp_path / "counted.mp4", 50)
    info = probe(path, settings)
    rate = FrameRate(25)
    source = Source(
        "s", str(path), info.content_hash, rate, len(frame_times(info)), info.duration,
        (320, 180), "", False, False,
    )  # fmt: skip
    clip = Clip("c", "s", 10, 30, Fraction(10, 25), Fraction(30, 25), 20, Role.HOOK)
    return Timeline("t", rate, (320, 180), (source,), (clip,))


def number_of(jpeg: bytes) -> int:
    return number_in(np.asarray(Image.open(io.BytesIO(jpeg))))


def test_a_frame_is_drawn_elsewhere_soon_and_of_the_file_as_it_is(cut, settings, monkeypatch):
    def never(*_):
        raise AssertionError("decoded in the process that asks")

    monkeypatch.setattr("av.open", never)
    (clip,) = cut.clips
    with FrameDrawing(settings) as drawing:
        assert number_of(drawing.jpeg("ada", cut, clip, 10, 0, 180)) == 10
        ada = drawing._drawers["ada"]._process
        began = time.perf_counter()
        assert number_of(drawing.jpeg("ada", cut, clip, 29, 19, 180)) == 29
        took = time.perf_counter() - began
        spent = psutil.Process(ada.pid).cpu_times()
        assert drawing._drawers["ada"]._process is ada
        assert number_of(drawing.jpeg("ada", cut, clip, 11, 1, 90)) == 11
        after = psutil.Process(ada.pid).cpu_times()
        assert after.user + after.system - spent.user - spent.system <= 0.5, took
        # Another's is another process.
        drawing.jpeg("bob", cut, clip, 12, 2, 90)
        assert drawing._drawers["bob"]._process.pid != ada.pid
        # The file is looked at again once it is another.
        path = Path(cut.sources[0].path)
        kept = path.read_bytes()
        path.write_bytes(kept[:-1] + b"x")
        with pytest.raises(RequestError, match="changed"):
            drawing.jpeg("ada", cut, clip, 10, 0, 90)
        path.write_bytes(b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n")
        with pytest.raises(UnsupportedMedia):
            drawing.jpeg("ada", cut, clip, 10, 0, 90)
        path.unlink()
        with pytest.raises(NoSuchMedia):
            drawing.jpeg("ada", cut, clip, 10, 0, 90)
        path.write_bytes(kept)
        # One that ended meanwhile, as an idle one does, is started again.
        ada.kill()
        ada.wait()
        assert number_of(drawing.jpeg("ada", cut, clip, 13, 3, 180)) == 13
        begun = [each._process for each in drawing._drawers.values()]
    assert all(process.poll() is not None for process in (ada, *begun))


def test_it_sees_the_file_that_is_asked_for_and_no_other(cut, settings, tmp_path, monkeypatch):
    """What is drawn with runs locked in: here it draws the size of a file beside the film."""
    secret = tmp_path / "secret.txt"
    secret.write_text("x" * 77)
    code = (
        frame_drawing._COMMAND[-1].rpartition("\n")[0]
        + "\nimport studio.media.thumbnails as t\n"
        + "def peek(timeline, clip, *_):\n"
        + "    from studio.errors import RequestError\n"
        + f"    try:\n        said = open({str(secret)!r}).read()\n"
        + "    except PermissionError:\n        said = 'refused'\n"
        + "    open(timeline.sources[0].path, 'rb').read(1)\n"
        + "    raise RequestError(said)\n"
        + "t.clip_frame = peek\n"
        + "from studio.jobs.frame_drawing import answer; answer()"
    )
    monkeypatch.setattr(frame_drawing, "_COMMAND", (*frame_drawing._COMMAND[:-1], code))
    with FrameDrawing(settings) as drawing, pytest.raises(RequestError) as told:
        drawing.jpeg("ada", cut, cut.clips[0], 10, 0, 90)
    assert told.value.message == "refused"


@pytest.mark.parametrize("does", ["died", "hangs", "lies"])
def test_what_breaks_it_is_told(cut, settings, monkeypatch, does):
    code = {
        "died": "import os; os.kill(os.getpid(), 9)",
        "hangs": "import time; time.sleep(60)",
        "lies": "print('{' * 10)",
    }[does]
    monkeypatch.setattr(frame_drawing, "_COMMAND", (frame_drawing.sys.executable, "-c", code))
    monkeypatch.setattr(frame_drawing, "_LIMIT_S", 0.5 if does == "hangs" else 30.0)
    with FrameDrawing(settings) as drawing:
        with pytest.raises(LimitExceeded if does == "hangs" else UnsupportedMedia):
            drawing.jpeg("ada", cut, cut.clips[0], 10, 0, 90)
        left = [each._process for each in drawing._drawers.values() if each._process]
    assert all(process.poll() is not None for process in left)


def test_it_ends_with_who_asked(cut, settings):
    drawing = FrameDrawing(settings)
    drawing.jpeg("ada", cut, cut.clips[0], 10, 0, 90)
    process = drawing._drawers["ada"]._process
    os.close(process.stdin.fileno())  # as a killed server's end is
    assert process.wait(20) == 0
