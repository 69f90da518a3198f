from __future__ import annotations

import resource
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from studio.errors import RequestError
from studio.media.audio_io import SoundNotes, read_audio, stream_audio
from studio.media.probe import probe
from tests.footage import bikes, bunny, counted_clip, ffmpeg, music_video, shared_media, tone
from tests.media.zoo import FAST

pytestmark = pytest.mark.timeout(60)

RATE = 48000


@pytest.fixture(scope="module")
def ramp(footage_dir: Path) -> Path:
    """Noise whose loudness rises, 3 s, two different channels, lossless: every place differs."""
    noise = np.random.default_rng(3).normal(0, 0.1, (3 * RATE, 2))
    noise *= np.linspace(0.2, 1, 3 * RATE)[:, None]
    path = footage_dir / "ramp.wav"
    soundfile.write(path, noise.astype(np.float32), RATE, subtype="FLOAT")
    return path


def true_samples(path: Path) -> np.ndarray:
    samples: np.ndarray = soundfile.read(path, dtype="float32", always_2d=True)[0].T
    return samples


def test_samples_come_back_as_they_are(ramp: Path) -> None:
    clip = read_audio(ramp, rate_hz=RATE)
    assert clip.samples.dtype == np.float32 and clip.start == 0
    assert np.array_equal(clip.samples, true_samples(ramp))
    mono = read_audio(ramp, rate_hz=RATE, mono=True)
    assert np.allclose(mono.samples[0], true_samples(ramp).mean(axis=0), atol=1e-7)


@pytest.mark.parametrize("start", [Fraction(0), Fraction(1, 7), Fraction(2), Fraction(-1, 2)])
@pytest.mark.parametrize("length", [Fraction(1, 3), Fraction(1001, 1000), Fraction(3)])
def test_a_range_holds_exactly_its_samples(ramp: Path, start: Fraction, length: Fraction) -> None:
    clip = read_audio(ramp, rate_hz=RATE, start=start, end=start + length)
    first, last = round(start * RATE), round((start + length) * RATE)
    assert clip.samples.shape == (2, last - first) and clip.start == Fraction(first, RATE)
    whole = np.pad(true_samples(ramp), ((0, 0), (RATE, 2 * RATE)))
    assert np.array_equal(clip.samples, whole[:, first + RATE : last + RATE])


@pytest.mark.parametrize("rate_hz", [16000, 22050, 44100])
def test_resampling_does_not_depend_on_where_it_began(ramp: Path, rate_hz: int) -> None:
    whole = read_audio(ramp, rate_hz=rate_hz).samples
    assert whole.shape == (2, 3 * rate_hz)
    for start in (Fraction(17, 10), Fraction(5, 3)):
        piece = read_audio(ramp, rate_hz=rate_hz, start=start, end=start + 1).samples
        first = round(start * rate_hz)
        assert np.allclose(piece, whole[:, first : first + piece.shape[1]], atol=1e-6)


def test_an_impulse_stays_where_it_is(footage_dir: Path) -> None:
    """Resampling delays nothing."""
    samples = np.zeros(44100, np.float32)
    samples[22050] = 0.9
    path = footage_dir / "impulse.wav"
    soundfile.write(path, samples, 44100, subtype="FLOAT")
    for rate_hz in (16000, 48000):
        out = read_audio(path, rate_hz=rate_hz).samples[0]
        assert int(np.abs(out).argmax()) == rate_hz // 2


def test_stretches_join_to_the_whole(ramp: Path) -> None:
    whole = read_audio(ramp, rate_hz=16000, mono=True)
    pieces = list(stream_audio(ramp, rate_hz=16000, mono=True, chunk_s=0.7))
    assert [p.samples.shape[1] for p in pieces] == [11200] * 4 + [3200]
    assert [p.start for p in pieces] == [Fraction(7 * i, 10) for i in range(5)]
    assert np.array_equal(np.concatenate([p.samples for p in pieces], axis=1), whole.samples)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "mov", "avi"])
def test_sound_lies_on_the_clock_of_the_picture(ending: str, ramp: Path, footage_dir: Path) -> None:
    """Lossy codecs and all: the sound is found where it was put, to a millisecond."""
    clip = footage_dir / f"synced.{ending}"
    encode = (*FAST, "-c:a", "libmp3lame" if ending == "avi" else "aac", "-b:a", "256k")
    counted_clip(clip, 75, before=("-i", ramp), encode=encode)
    found = read_audio(clip, rate_hz=RATE, mono=True).samples[0]
    slack = RATE // 25 if ending == "avi" else 0  # an empty chunk leads the pictures there
    assert 0 <= len(found) - 3 * RATE <= slack
    true = true_samples(ramp).mean(axis=0)
    probe_at = slice(RATE, RATE + 8192)
    lags = range(-200, 201)
    fits = [float(found[probe_at] @ true[RATE + lag : RATE + lag + 8192]) for lag in lags]
    assert abs(lags[int(np.argmax(fits))]) <= (48 if ending != "avi" else 1200), np.argmax(fits)


@pytest.mark.parametrize("shift", ["0.5", "-0.25"])
def test_late_and_early_sound(shift: str, ramp: Path, footage_dir: Path) -> None:
    clip = footage_dir / f"shifted{shift}.mkv"
    before = ("-itsoffset", "1" if shift == "-0.25" else shift, "-i", ramp)
    encode = (*FAST, "-c:a", "pcm_f32le")
    if shift == "-0.25":  # the picture starts later than the sound
        counted_clip(footage_dir / "picture.mkv", 100, encode=FAST)
        ffmpeg(
            *("-itsoffset", "0.25", "-i", footage_dir / "picture.mkv", "-i", ramp),
            *("-c:v", "copy", "-c:a", "pcm_f32le", clip),
        )
    else:
        counted_clip(clip, 100, before=before, encode=encode)
    info = probe(clip)
    assert info.audio is not None and info.audio.start == Fraction(shift)
    found = read_audio(info, rate_hz=RATE).samples
    assert found.shape == (2, 4 * RATE)
    lead = round(float(shift) * RATE)
    true = true_samples(ramp)
    if lead > 0:
        assert not found[:, : lead - 48].any()
        assert np.array_equal(found[:, lead : lead + RATE], true[:, :RATE])
    else:
        assert np.array_equal(found[:, :RATE], true[:, -lead : RATE - lead])
    assert not found[:, lead + 3 * RATE + 48 :].any()


def test_a_gap_stays_a_gap(ramp: Path, footage_dir: Path) -> None:
    """Half a second of packets is missing; what follows keeps its place."""
    clip = footage_dir / "gap.mkv"
    keep = "aselect='lt(t,1)+gte(t,1.5)'"
    ffmpeg("-i", ramp, "-af", keep, "-c:a", "pcm_f32le", clip)
    found, true = read_audio(clip, rate_hz=RATE).samples, true_samples(ramp)
    edges = np.flatnonzero(np.abs(found).sum(axis=0) == 0)
    assert edges.size == pytest.approx(RATE // 2, abs=4096)
    assert np.array_equal(found[:, : edges[0]], true[:, : edges[0]])
    behind = edges[-1] + 1
    piece = found[:, behind : behind + 9000]
    assert any(
        np.array_equal(piece, true[:, behind + k : behind + k + 9000]) for k in range(-48, 49)
    )


def test_more_than_two_channels_are_mixed_down() -> None:
    info = probe(bunny())
    assert info.audio is not None and info.audio.channels == 6
    stereo = read_audio(info, rate_hz=RATE)
    mono = read_audio(info, rate_hz=RATE, mono=True)
    assert stereo.samples.shape == (2, round(info.duration * RATE))
    assert mono.samples.shape == (1, round(info.duration * RATE))
    assert (
        np.allclose(mono.samples[0], stereo.mono, atol=1e-6) and np.abs(mono.samples).max() > 0.02
    )


def test_the_other_stream_can_be_read() -> None:
    path = shared_media("nasa_multi_audio.mp4")
    info = probe(path, audio_stream=1)
    assert info.audio is not None
    own = read_audio(info, rate_hz=8000, mono=True).samples
    other = read_audio(
        replace(info, audio=replace(info.audio, index=4)), rate_hz=8000, mono=True
    ).samples
    assert own.shape == other.shape == (1, 104104) and not np.allclose(own, other, atol=1e-3)


def test_no_sound_is_a_clear_error() -> None:
    with pytest.raises(RequestError, match="no sound"):
        read_audio(bikes(), rate_hz=16000)


def test_an_empty_range_is_empty(ramp: Path) -> None:
    clip = read_audio(ramp, rate_hz=16000, start=Fraction(1), end=Fraction(1))
    assert clip.samples.shape == (2, 0)
    with pytest.raises(ValueError, match="no sound at"):
        read_audio(ramp, rate_hz=16000, start=Fraction(2), end=Fraction(1))


def test_broken_packets_become_silence_and_are_told(footage_dir: Path) -> None:
    clip = footage_dir / "broken.mp4"
    ffmpeg(*tone(6), "-c:a", "aac", clip)
    data = bytearray(clip.read_bytes())
    start = data.index(b"mdat") + 4
    for place in np.random.default_rng(5).integers(start, len(data) - 4000, 60):
        data[place] ^= 0xFF
    clip.write_bytes(data)
    notes = SoundNotes()
    found = read_audio(clip, rate_hz=RATE, notes=notes)
    assert abs(found.samples.shape[1] - 6 * RATE) <= 2048
    assert notes.decode_errors > 0 and "silence replaces" in notes.notes[0]
    late = found.samples[0, -RATE // 4 :]
    assert np.isfinite(found.samples).all() and np.abs(late).max() > 0.01


def test_memory_does_not_grow_with_length(footage_dir: Path) -> None:
    """40 minutes of stereo would be 0.9 GB; the stretches are let go one by one."""
    clip = footage_dir / "long-sound.mka"
    ffmpeg("-stream_loop", "11", "-i", music_video(), "-vn", "-c", "copy", clip)
    info = probe(clip)
    list(stream_audio(info, rate_hz=48000, chunk_s=5, end=Fraction(20)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    total = sum(
        c.samples.shape[1] for c in stream_audio(info, rate_hz=48000, chunk_s=5, end=Fraction(1200))
    )
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert total == 1200 * 48000 and grown < 40_000
