from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pipelines.analysis import beats
from pipelines.analysis.meter import LoudnessMeter
from pipelines.analysis.onsets import OnsetListener
from pipelines.analysis.options import Options
from pipelines.analysis.sound import analyse_music, analyse_sound
from studio.errors import RequestError
from studio.media.container import ffmpeg_binary
from studio.media.probe import probe
from studio.types.analysis import SoundFacts
from tests.analysis.drums import RATE_HZ, drum_loop, within
from tests.analysis.spoken import two_cities, write_wav
from tests.footage import bikes, ffmpeg, music_video, shared_media


def measure(path: Path) -> SoundFacts:
    return analyse_sound(probe(path), Options())


def pulse_of(sound: np.ndarray, *, throughout: bool = False) -> beats.Pulse:
    listener = OnsetListener(RATE_HZ)
    listener.feed(sound)
    return beats.find_pulse(listener.finish(), throughout=throughout)


def ffmpeg_loudness(path: Path) -> tuple[float, np.ndarray]:
    """Integrated loudness, and momentary loudness every 100 ms from 0.1 s on."""
    command = [ffmpeg_binary(), "-nostdin", "-hide_banner", "-i", path, "-map", "0:a:0"]
    command += ["-af", "ebur128=metadata=1,ametadata=print:file=-", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    integrated = re.findall(r"lavfi\.r128\.I=(-?[\d.]+)", done.stdout)[-1]
    momentary = re.findall(r"lavfi\.r128\.M=(-?[\d.]+)", done.stdout)
    return float(integrated), np.array(momentary, float)


# Loudness


def meter(samples: np.ndarray, rate_hz: int, piece: int = 10**9) -> tuple[np.ndarray, float]:
    one = LoudnessMeter(rate_hz, len(samples))
    for at in range(0, samples.shape[1], piece):
        one.feed(samples[:, at : at + piece])
    return one.finish()


def sine(level_dbfs: float, seconds: float, rate_hz: int, channels: int = 2) -> np.ndarray:
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    one = 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * 1000 * t)
    return np.repeat(one[None], channels, axis=0).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
@pytest.mark.parametrize(
    ("parts", "lufs"),
    [
        ([(-23, 20)], -23.0),
        ([(-33, 20)], -33.0),
        ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
    ],
)
def test_the_meter_passes_the_trials_of_ebu_tech_3341(rate_hz, parts, lufs):
    sound = np.concatenate([sine(level, seconds, rate_hz) for level, seconds in parts], axis=1)
    assert meter(sound, rate_hz)[1] == pytest.approx(lufs, abs=0.1)


def test_one_channel_is_3_lu_below_two():
    one, two = (meter(sine(-20, 5, 48_000, channels), 48_000)[1] for channels in (1, 2))
    assert two - one == pytest.approx(3.01, abs=0.01)


def test_the_pieces_a_sound_comes_in_do_not_matter():
    random = np.random.default_rng(0)
    sound = (random.normal(0, 0.1, (2, 48_000 * 3 + 1234)) * np.linspace(0, 1, 145_234)).astype(
        np.float32
    )
    momentary, integrated = meter(sound, 48_000)
    for piece in (777, 4800, 50_000):
        again, loud = meter(sound, 48_000, piece)
        np.testing.assert_allclose(again, momentary, atol=1e-3)
        assert loud == pytest.approx(integrated, abs=1e-6)


def test_silence_and_next_to_nothing():
    assert meter(np.zeros((2, 48_000), np.float32), 48_000)[1] == -70
    assert meter(np.zeros((1, 0), np.float32), 48_000)[1] == -70
    momentary, integrated = meter(sine(-20, 0.3, 48_000), 48_000)
    assert len(momentary) == 3 and -25 < integrated < -20, "shorter than one window"
    with pytest.raises(ValueError, match="100 ms"):
        LoudnessMeter(11_025, 1)


def test_a_music_video_is_as_loud_as_ffmpeg_says():
    facts = measure(music_video())
    integrated, momentary = ffmpeg_loudness(music_video())
    assert facts.integrated_lufs == pytest.approx(integrated, abs=0.1)
    # ffmpeg's value k is of the 400 ms that end at (k + 1) / 10 s; ours of those around i / 10.
    count = min(len(momentary) - 4, len(facts.times_s) - 3)
    ours, theirs = facts.loudness_lufs[2 : 2 + count], momentary[3 : 3 + count]
    loud = theirs > -60
    assert np.percentile(np.abs(ours - theirs)[loud], 95) < 0.3
    np.testing.assert_allclose(facts.times_s, np.arange(len(facts.times_s)) / 10)
    assert len(facts.times_s) == len(facts.loudness_lufs) == len(facts.onset_strength) == 2121
    assert facts.onset_strength.min() >= 0 and facts.onset_strength.max() == 1


# Beats


@pytest.mark.parametrize("beats_a_bar", [3, 4])
@pytest.mark.parametrize(
    ("bpm", "more"),
    [
        (76, {"swing": 0.12}),
        (92, {"noise": 0.05}),
        (108, {"drift": 0.02}),
        (120, {}),
        (126, {"chords": False}),
        (144, {"swing": 0.1}),
        (160, {"drift": 0.015}),
    ],
)
def test_beats_and_bars_of_drum_loops_are_found(bpm, beats_a_bar, more):
    sound, true, true_bars = drum_loop(bpm, beats_a_bar, seconds=24, **more)
    pulse = pulse_of(sound)
    assert pulse.tempo_bpm == pytest.approx(bpm, rel=0.02)
    assert min(within(pulse.beats_s, true, 0.02)) >= 0.95
    assert min(within(pulse.downbeats_s, true_bars, 0.02)) >= 0.9
    off = np.abs(np.subtract.outer(pulse.beats_s, true)).min(axis=1)
    assert np.median(off) < 0.005
    assert pulse.musicality > 0.8


def test_every_downbeat_is_a_beat_and_bars_are_even():
    sound, _, _ = drum_loop(118, 4, seconds=40)
    pulse = pulse_of(sound)
    assert np.isin(pulse.downbeats_s, pulse.beats_s).all()
    assert (np.diff(np.searchsorted(pulse.beats_s, pulse.downbeats_s)) == 4).all()


def test_a_change_of_tempo_is_followed():
    slow, slow_beats, _ = drum_loop(90, seconds=30)
    fast, fast_beats, _ = drum_loop(130, seconds=30)
    true = np.concatenate([slow_beats, fast_beats + 30])
    pulse = pulse_of(np.concatenate([slow, fast]))
    precision, recall = within(pulse.beats_s, true, 0.03)
    assert precision > 0.9 and recall > 0.85


def test_music_keeps_its_beat_through_a_break_where_footage_does_not():
    sound, true, _ = drum_loop(100, seconds=60, quiet=(20, 40), chords=False)
    inside = true[(true > 22) & (true < 38)]
    through = pulse_of(sound, throughout=True).beats_s
    assert within(inside, through, 0.04)[0] > 0.9
    only_where_heard = pulse_of(sound).beats_s
    assert not ((only_where_heard > 25) & (only_where_heard < 35)).any()


def test_a_bar_that_is_cut_short_does_not_shift_all_that_follow():
    score = np.tile([2.0, -1, 0.5, -1], 12)
    score = np.concatenate([score[:22], score[24:]])  # two beats are missing
    downs = beats.find_downbeats(score)
    assert set(np.arange(0, 20, 4)) <= set(downs) and set(np.arange(22, 44, 4)) <= set(downs)
    assert len(beats.find_downbeats(np.zeros(2))) == 0


def test_speech_noise_and_silence_have_no_beat():
    facts = measure(two_cities())
    assert facts.musicality < 0.15 and len(facts.beats_s) == 0 and facts.tempo_bpm == 0
    assert len(facts.onsets_s) > 50
    random = np.random.default_rng(0)
    noise = pulse_of(random.normal(0, 0.1, 30 * RATE_HZ).astype(np.float32))
    silent = pulse_of(np.zeros(30 * RATE_HZ, np.float32))
    short = pulse_of(np.ones(500, np.float32))
    for pulse in (noise, silent, short):
        assert pulse.musicality < 0.15 and len(pulse.beats_s) == len(pulse.downbeats_s) == 0


def test_a_famous_line_has_no_beat():
    assert measure(shared_media("speech_jfk.flac")).musicality < 0.15


def test_a_music_video_has_a_beat():
    facts = analyse_music(music_video())
    assert facts.musicality > 0.8
    assert facts.tempo_bpm == pytest.approx(113.6, abs=1)  # librosa says 112.3, on its own grid
    gaps = np.diff(facts.beats_s)
    assert np.percentile(np.abs(gaps - np.median(gaps)), 90) < 0.02
    assert np.isin(facts.downbeats_s, facts.beats_s).all()
    assert len(facts.beats_s) / len(facts.downbeats_s) == pytest.approx(4, abs=0.15)


# The clock


def test_beats_are_on_the_clock_of_the_picture(tmp_path):
    """An AAC track that begins 0.6 s after the picture, its encoder's delay included."""
    sound, true, bars = drum_loop(112, seconds=20)
    wav = write_wav(tmp_path / "loop.wav", sound, RATE_HZ)
    path = tmp_path / "late.mp4"
    picture = ["-f", "lavfi", "-i", "color=gray:size=64x64:rate=25:duration=21"]
    ffmpeg(
        *picture, "-itsoffset", "0.6", "-i", wav, "-map", "0:v", "-map", "1:a", "-c:a", "aac", path
    )
    facts = measure(path)
    off = facts.beats_s[:, None] - (true + 0.6)[None]
    nearest = off[np.arange(len(off)), np.abs(off).argmin(axis=1)]
    assert np.abs(np.median(nearest)) < 0.006 and np.percentile(np.abs(nearest), 95) < 0.02
    assert min(within(facts.downbeats_s, bars + 0.6, 0.02)) > 0.9
    assert facts.onsets_s[0] == pytest.approx(true[0] + 0.6, abs=0.01)
    assert facts.loudness_lufs[3] == -70, "nothing is heard before the sound begins"


def test_what_has_no_sound_is_refused():
    with pytest.raises(RequestError, match="no sound"):
        measure(bikes())
    with pytest.raises(ValueError, match="10 ms"):
        OnsetListener(44_150 + 3)
