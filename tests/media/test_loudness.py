"""Loudness against FFmpeg's own meter, the standard's test tones, and a second library."""

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pyloudnorm
import pytest
import soundfile
from scipy.signal import butter, sosfilt

from studio.media.loudness import limit_peaks, master_sound, measure_loudness

RATE = 48_000


def faded(sound):
    """Without the step at its ends, whose height between samples depends on the filter."""
    ramp = np.hanning(2001)[:1000]
    sound[:, :1000] *= ramp
    sound[:, -1000:] *= ramp[::-1]
    return sound.astype(np.float32)


def tone(hz, level_db, seconds, phase=0.0):
    t = np.arange(round(seconds * RATE)) / RATE
    one = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * t + phase)
    return faded(np.stack([one, one]))


def babble(seconds, seed=3):
    """Something like speech: bursts of coloured noise at changing levels, with pauses."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE)
    band = butter(2, [150, 4000], "bandpass", fs=RATE, output="sos")
    noise = sosfilt(band, rng.standard_normal((2, n)), axis=1)
    steps = rng.choice([0.03, 0.2, 0.5, 1.0], n // 9600 + 1).repeat(9600)[:n]
    envelope = np.convolve(steps, np.hanning(2400) / np.hanning(2400).sum(), "same")
    return faded(0.3 * noise * envelope)


def ffmpeg_says(path: Path) -> tuple[float, float, float]:
    """Integrated loudness, range and true peak as the program prints them."""
    run = subprocess.run(
        f"{imageio_ffmpeg.get_ffmpeg_exe()} -nostdin -hide_banner -i {path.name} "
        "-af ebur128=peak=true -f null -".split(),
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    summary = run.stderr.rsplit("Summary:", 1)[1]
    found = [
        float(re.search(rf"{name}:\s+(-?[\d.]+)", summary)[1]) for name in ("I", "LRA", "Peak")
    ]
    return found[0], found[1], found[2]


@pytest.mark.parametrize(
    "sound",
    [
        tone(1000, -23, 6),
        tone(997, -3, 4),
        tone(12_000, -1, 4, phase=np.pi / 4),
        babble(25),
        np.concatenate([tone(1000, -36, 10), tone(1000, -23, 20), tone(1000, -36, 10)], axis=1),
    ],
    ids=["1 kHz", "loud", "between samples", "bursts", "EBU 3341 case 3"],
)
def test_agrees_with_ffmpeg(sound, tmp_path):
    path = tmp_path / "sound.wav"
    soundfile.write(path, sound.T, RATE, subtype="FLOAT")
    integrated, spread, peak = ffmpeg_says(path)
    measured = measure_loudness(sound, RATE)
    assert measured.integrated_lufs == pytest.approx(integrated, abs=0.1)
    assert measured.range_lu == pytest.approx(spread, abs=0.1)
    assert measured.true_peak_dbtp == pytest.approx(peak, abs=0.1)


@pytest.mark.parametrize(("level_db", "lufs"), [(-23.0, -23.0), (-33.0, -33.0)])
def test_ebu_3341_tones(level_db, lufs):
    assert measure_loudness(tone(1000, level_db, 20), RATE).integrated_lufs == pytest.approx(
        lufs, abs=0.1
    )


def test_agrees_with_pyloudnorm():
    sound = babble(12, seed=8)
    theirs = pyloudnorm.Meter(RATE).integrated_loudness(sound.T.astype(np.float64))
    assert measure_loudness(sound, RATE).integrated_lufs == pytest.approx(theirs, abs=0.1)


def test_a_true_peak_lies_between_the_samples():
    """A quarter of the rate at 45 degrees: samples reach 0.707 of the wave's height."""
    sound = tone(RATE / 4, 0.0, 1, phase=np.pi / 4)
    assert np.abs(sound).max() == pytest.approx(0.7071, abs=1e-3)
    assert measure_loudness(sound, RATE).true_peak_dbtp == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("n", [0, 1, 5_000, 30_000])
def test_silence_and_scraps(n):
    measured = measure_loudness(np.zeros((2, n), np.float32), RATE)
    assert measured.is_silent
    assert measured.true_peak_dbtp == -120


def test_refuses_other_shapes():
    with pytest.raises(ValueError, match="one channel or two"):
        measure_loudness(np.zeros(100, np.float32), RATE)


def test_limiter_holds_the_ceiling_and_touches_nothing_else():
    sound = babble(12)
    sound[:, 200_000] = 3.0
    sound[0, 400_001] = -2.0
    limited = limit_peaks(sound, RATE, -1.0)
    assert measure_loudness(limited, RATE).true_peak_dbtp <= -0.99
    far = np.ones(sound.shape[1], bool)
    for at in (200_000, 400_001):
        far[at - RATE // 20 : at + RATE // 20] = False
    assert np.allclose(limited[:, far], sound[:, far], rtol=1e-5, atol=0)
    ratio = limited[:, 199_000:201_000] / np.where(sound == 0, 1, sound)[:, 199_000:201_000]
    both = (sound[:, 199_000:201_000] != 0).all(axis=0)
    assert np.abs(ratio[0, both] - ratio[1, both]).max() < 1e-5, "the image moved"
    assert np.abs(np.diff(ratio[0, both])).max() < 0.01, "the gain jumped"


@pytest.mark.parametrize("target", [-14.0, -23.0, -9.0])
def test_mastering_reaches_the_target(target):
    sound = babble(8)
    kept = []

    def round_trip(samples):
        kept.append(samples)
        rng = np.random.default_rng(1)  # a codec that adds noise and so lifts the peaks
        return samples + 0.02 * rng.standard_normal(samples.shape).astype(np.float32)

    result = master_sound(sound, RATE, target, round_trip)
    assert result.loudness.integrated_lufs == pytest.approx(target, abs=0.2)
    assert result.loudness.true_peak_dbtp <= -1.0
    assert len(kept) == result.passes
    assert result.notes == ()


def test_mastering_leaves_silence_alone_and_says_so():
    result = master_sound(np.zeros((2, RATE), np.float32), RATE, -14.0, lambda s: s)
    assert result.gain_db == 0
    assert "silent" in result.notes[0]


def test_mastering_says_where_it_cannot():
    """Single clicks in silence have no loudness that peaks under -1 dBTP could reach."""
    clicks = np.zeros((2, 5 * RATE), np.float32)
    clicks[:, :: 2 * RATE] = 0.5
    result = master_sound(clicks, RATE, -5.0, lambda s: s)
    assert result.loudness.true_peak_dbtp <= -1.0
    assert any("peaks are too far" in note for note in result.notes)


def test_mastering_warns_of_noise():
    result = master_sound(tone(500, -60, 4), RATE, -14.0, lambda s: s)
    assert any("very quiet" in note for note in result.notes)
