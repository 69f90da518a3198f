"""How the camera moves, what colours and scene words a picture has."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipelines import analysis
from pipelines.analysis.views import camera_movement, palette, sky_share
from studio.jobs.job import Job
from studio.settings import Settings
from tests.footage import ffmpeg, package_file

WH = (320, 180)


@pytest.fixture(scope="module")
def photo():
    pixels = cv2.cvtColor(
        cv2.imread(str(package_file("ultralytics", "assets/bus.jpg"))), cv2.COLOR_BGR2GRAY
    )
    return cv2.resize(pixels, (600, 800), interpolation=cv2.INTER_AREA)


def seen(photo, x=0.0, y=0.0, zoom=1.0, turn_deg=0.0):
    """What a camera sees that stands at a place of a photograph, turned and zoomed."""
    matrix = cv2.getRotationMatrix2D((300 + x, 300 + y), -turn_deg, zoom)
    matrix[:, 2] += np.array([WH[0] / 2 - 300 - x, WH[1] / 2 - 300 - y])
    return cv2.warpAffine(photo, matrix, WH, flags=cv2.INTER_LINEAR)


@pytest.mark.parametrize("seconds", [0.08, 0.1])
@pytest.mark.parametrize(
    ("moved", "index", "per_step"),
    [
        ({"x": 6.0}, 0, 6 / 180),
        ({"x": -9.0}, 0, -9 / 180),
        ({"y": -5.0}, 1, 5 / 180),
        ({"zoom": 1.04}, 2, np.log(1.04)),
        ({"zoom": 0.97}, 2, np.log(0.97)),
        ({"turn_deg": 3.0}, 3, -3.0),
        ({}, 0, 0.0),
    ],
)
def test_a_known_movement_is_measured(photo, moved, index, per_step, seconds):
    found = camera_movement(seen(photo), seen(photo, **moved), seconds)
    assert found[index] == pytest.approx(per_step / seconds, rel=0.05, abs=0.01)
    others = [abs(v) for n, v in enumerate(found) if n != index]
    assert max(others) < (0.35 if index != 3 else 0.1), found


def test_what_walks_through_is_not_the_camera(photo):
    before, now = seen(photo), seen(photo)
    before[60:120, 40:100] = photo[500:560, 200:260]
    now[60:120, 52:112] = photo[500:560, 200:260]
    assert np.abs(camera_movement(before, now, 0.08)).max() < 0.02


def test_a_cut_and_fog_have_no_movement(photo):
    fog = np.full(WH[::-1], 128, np.uint8)
    assert np.isnan(camera_movement(fog, fog, 0.08)).all()
    other = np.random.default_rng(1).integers(0, 255, WH[::-1]).astype(np.uint8)
    assert np.isnan(camera_movement(seen(photo), other, 0.08)).all()


def test_the_palette_holds_what_was_painted():
    pixels = np.zeros((180, 320, 3), np.uint8)
    pixels[:, :192], pixels[:, 192:288], pixels[:, 288:] = (200, 30, 20), (20, 40, 180), (250,) * 3
    rows = palette(pixels).reshape(5, 4)
    assert rows[:, 3].sum() == pytest.approx(1, abs=1e-4)
    for color, share in (((200, 30, 20), 0.6), ((20, 40, 180), 0.3), ((250,) * 3, 0.1)):
        near = np.abs(rows[:, :3] - color).max(axis=1) <= 6
        assert rows[near, 3].sum() == pytest.approx(share, abs=0.04)
    assert (palette(pixels) == palette(pixels)).all()


def test_the_sky_is_bright_cold_and_plain():
    pixels = np.full((180, 320, 3), (120, 170, 230), np.uint8)
    assert sky_share(pixels) > 0.95
    pixels[:] = (120, 60, 30)
    assert sky_share(pixels) == 0
    noise = np.random.default_rng(0).integers(0, 255, (180, 320, 3)).astype(np.uint8)
    assert sky_share(noise) < 0.1


def test_a_film_is_looked_at_once_and_kept(studio_cache, footage_dir):
    """A photograph of a bus: panned across for two seconds."""
    clip = footage_dir / "panned-bus.mp4"
    source = package_file("ultralytics", "assets/bus.jpg")
    pan = "scale=810:1080,crop=480:270:x='100*t':y=300"
    ffmpeg("-loop", "1", "-framerate", "25", "-i", source, "-t", "2", "-vf", pan, clip)
    job = Job(Settings(cache_dir=studio_cache, device="cpu", threads=1))
    options = analysis.Options(only=("views",))
    made = analysis.run(clip, options, job)
    views = made.analysis.views
    assert views is not None
    assert len(views.frames) == 8
    assert np.isnan(views.pan[0])
    assert np.nanmedian(views.pan) == pytest.approx(100 / 270, rel=0.05)
    assert abs(np.nanmedian(views.tilt)) < 0.01
    known = views.class_ids[:, 0] >= 0
    assert known.tolist() == [True, False, False, False] * 2
    words = {views.class_names[n] for n in views.class_ids[known].ravel()}
    assert words & {"trolleybus", "streetcar", "minibus", "passenger car", "school bus"}, words
    again = analysis.run(clip, options, job)
    assert again.stored == ("views",)
    assert (again.analysis.views.pan[1:] == views.pan[1:]).all()
    assert "#" in str(analysis.describe(again)["views"]["frames"][0]["colors"])
