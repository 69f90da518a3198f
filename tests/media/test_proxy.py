"""A proxy cuts as its master does: every frame at its own time, upright, with its sound."""

from fractions import Fraction

import numpy as np
import pytest

from studio.errors import Cancelled
from studio.media.probe import frame_times, probe
from studio.media.proxy import make_proxy, plays_as_it_is, proxy_path, proxy_wh
from studio.settings import Settings
from tests.footage import ffmpeg


@pytest.fixture(scope="module")
def master(tmp_path_factory):
    """A tall ProRes film of a varying rate, turned by its container, with sound."""
    folder = tmp_path_factory.mktemp("master")
    plain = folder / "plain.mov"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=960x800:r=25:d=1.6", "-f", "lavfi", "-i",
           "sine=440:d=1.6", "-vf", "select='not(eq(mod(n,7),3))'", "-fps_mode", "vfr",
           "-c:v", "prores", "-c:a", "pcm_s16le", plain)  # fmt: skip
    turned = folder / "turned.mov"
    ffmpeg("-display_rotation", "-90", "-i", plain, "-c", "copy", turned)
    return turned


def test_frame_for_frame_upright_and_goes_on_where_it_was_stopped(master, tmp_path, monkeypatch):
    monkeypatch.setattr("studio.media.proxy._SEGMENT_S", 0.5)
    info = probe(master)
    assert info.video.rotation_deg and not plays_as_it_is(info)
    out, seen = tmp_path / "proxies" / "p.mp4", []

    def stop():
        if len(list(out.with_suffix(".parts").glob("segment-*"))) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        make_proxy(info, out, Settings(), lines=360, check=stop)
    assert not out.exists()
    first = sorted(out.with_suffix(".parts").glob("segment-*"))
    stamps = [p.stat().st_mtime_ns for p in first]
    make_proxy(
        info,
        out,
        Settings(),
        lines=360,
        on_progress=seen.append,
        check=lambda: (
            None if len(seen) else [p.stat().st_mtime_ns for p in first] == stamps or 1 / 0
        ),
    )
    made = probe(out)
    assert (made.video.codec, made.video.pixel_format) == ("h264", "yuv420p")
    assert made.video.display_wh == proxy_wh(info.video.display_wh, 360) == (360, 432)
    assert made.video.rotation_deg == 0 and plays_as_it_is(made)
    assert made.audio.codec == "aac"
    ours, theirs = frame_times(made), frame_times(info)
    assert len(ours) == len(theirs)
    assert np.abs(ours.seconds - theirs.seconds).max() < 0.002
    assert abs(made.duration - info.duration) < Fraction(1, 20)
    assert not out.with_suffix(".parts").exists()


def test_a_small_film_keeps_its_size_and_a_hash_names_the_file(tmp_path):
    assert proxy_wh((160, 90)) == (160, 90)
    assert proxy_wh((3840, 2160)) == (1280, 720)
    assert proxy_wh((2160, 3840)) == (720, 1280)
    assert proxy_path(Settings(cache_dir=tmp_path), "ab" * 30).name == "ab" * 20 + ".mp4"
