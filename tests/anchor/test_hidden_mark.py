"""The sign in a voice: not heard, found again after other programs, absent where it was not put."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly, welch

from pipelines.anchor.hidden_mark import listen_for_mark, with_hidden_mark
from studio.adapters import piper, sound_mark
from studio.archive.store import AnalysisStore
from studio.jobs.job import Job
from studio.media.loudness import measure_loudness
from studio.media.wav_io import write_wav
from studio.types.audio import AudioClip
from tests.footage import ffmpeg, music_video
from tests.picture_pool import picture_pool

__all__ = ["picture_pool"]

TEXT = "The harbour opened again at seven thirty, and fourteen ships left before noon."


def _bands_db(samples: np.ndarray) -> np.ndarray:
    """Level in the octaves from 125 Hz to 16 kHz."""
    frequencies, power = welch(samples[0], 48_000, nperseg=4096)
    edges = 88.4 * 2.0 ** np.arange(9)
    found = [power[(frequencies >= a) & (frequencies < b)].sum() for a, b in pairwise(edges)]
    return 10 * np.log10(found)


def test_a_voice_carries_a_sign_that_other_programs_leave_in(picture_pool, tmp_path: Path):
    job = Job(pool=picture_pool, store=AnalysisStore(tmp_path / "store"))
    with picture_pool.lease(piper.SPEC) as voice:
        said = voice.speak(TEXT).clip
    spoken = resample_poly(said.samples, 48_000, said.rate_hz, axis=1).astype(np.float32)
    # A second of nothing: the mark adds no sound where there is none.
    plain = np.concatenate([spoken, np.zeros((1, 48_000), np.float32)], axis=1)
    before = plain.copy()
    marked, key, notes = with_hidden_mark(plain, job)
    np.testing.assert_array_equal(plain, before)
    assert marked.shape == plain.shape and key == sound_mark.SPEC.key and notes == ()
    middle = slice(spoken.shape[1] + 6_000, spoken.shape[1] + 48_000)
    assert np.abs(marked[0, middle]).max() < 1e-4  # -80 dBFS
    # As loud, and as bright, as it was.
    loud, after = (measure_loudness(s, 48_000) for s in (plain, marked))
    assert abs(loud.integrated_lufs - after.integrated_lufs) < 0.5
    assert np.abs(_bands_db(marked) - _bands_db(plain)).max() < 2
    ratio = np.sum(plain**2) / np.sum((marked - plain) ** 2)
    assert 10 * np.log10(ratio) > 17

    for name, samples in (("marked", marked), ("plain", plain)):
        write_wav(AudioClip(samples, 48_000), tmp_path / f"{name}.wav")
    ways = {
        "aac.m4a": ["-c:a", "aac", "-b:a", "64k"],
        "cut.mp3": ["-ss", "1.3", "-ar", "22050", "-c:a", "libmp3lame", "-b:a", "64k"],
    }
    for name, how in ways.items():
        for source, state in (("marked", "heard"), ("plain", "silent")):
            out = tmp_path / f"{source}.{name}"
            ffmpeg("-i", tmp_path / f"{source}.wav", *how, out)
            heard = listen_for_mark(out, job)
            assert heard.state == state, (out.name, heard)
            assert heard.score > 0.9 if state == "heard" else heard.score < 0.3
    ffmpeg("-i", music_video(), "-t", 12, "-vn", tmp_path / "song.wav")
    song = listen_for_mark(tmp_path / "song.wav", job)
    assert (song.state, song.stretches, song.with_sign) == ("silent", 2, 0)
    assert "none (in 0 of 2" in song.told


def test_without_the_extra_it_is_said(picture_pool, tmp_path: Path, monkeypatch):
    job = Job(pool=picture_pool, store=AnalysisStore(tmp_path / "store"))
    absent = replace(sound_mark.SPEC.weights[0], distribution="no-such-package")
    spec = replace(sound_mark.SPEC, name="sound-mark-absent", weights=(absent,))
    monkeypatch.setattr(sound_mark, "SPEC", spec)
    samples = np.full((1, 48_000), 0.1, np.float32)
    same, key, notes = with_hidden_mark(samples, job)
    assert same is samples and key == "" and "no hidden mark" in notes[0]
    write_wav(AudioClip(samples, 48_000), tmp_path / "a.wav")
    assert "resemble-perth" in listen_for_mark(tmp_path / "a.wav", job).told
